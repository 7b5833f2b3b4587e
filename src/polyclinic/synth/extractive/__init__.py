"""The extractive teacher: rules, no model. It only rearranges what a document already says.

It is there for quickstarts and tests, where no teacher model can be asked. It writes plain, correct and dull tasks:
sentences it chose, questions made from headings and definitions, terms found by their endings. Equal documents give
equal text on every machine; there is no randomness and no network. Anything it cannot find it leaves out.
"""

from __future__ import annotations

from polyclinic.records import Document
from polyclinic.synth.extractive.codes import CodeBook, find_code, write_code_task
from polyclinic.synth.extractive.entities import list_entities
from polyclinic.synth.extractive.passages import read_passages
from polyclinic.synth.extractive.questions import write_questions
from polyclinic.synth.extractive.relations import list_relations
from polyclinic.synth.extractive.summary import summarise

AUTHOR = "extractive teacher (no model)"


def write_tasks(document: Document, tasks: tuple[str, ...], book: CodeBook) -> dict[str, str]:
    """Return the text of each task for one document; a task for which nothing was found is an empty text.

    Args:
        document: any document; one of a code set (see `find_code`) is written about from its metadata.
        tasks: names out of summary, question_answer, entities, relations.
        book: the code set the document stands in; empty when there is none.
    """
    code = find_code(document)
    if code is not None:
        return {task: write_code_task(task, code, book) for task in tasks}
    passages = read_passages(document)
    writers = {
        "summary": summarise,
        "question_answer": write_questions,
        "entities": list_entities,
        "relations": list_relations,
    }
    return {task: writers[task](passages) for task in tasks}


__all__ = ["AUTHOR", "CodeBook", "find_code", "write_tasks"]
