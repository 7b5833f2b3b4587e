"""`synth.pit`: the tasks of pre-instruction tuning (arXiv 2402.12847), one sample per document and task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.steps import Documents, Settings, Work, step_kind
from polyclinic.synth.extractive import AUTHOR, CodeBook, find_code, write_tasks

Task = Literal["summary", "question_answer", "entities", "relations"]


class PitSettings(Settings):
    """What to write for each document, and who writes it."""

    documents: list[Documents] = Field(min_length=1, description="the documents to write tasks for")
    tasks: list[Task] = Field(
        ["summary"],
        min_length=1,
        description="what is written for every document: summary, question_answer, entities, relations",
    )
    teacher: Literal["extractive"] = Field("extractive", description="extractive: rules without a model")

    @field_validator("tasks")
    @classmethod
    def _each_once(cls, tasks: list[Task]) -> list[Task]:
        if len(set(tasks)) < len(tasks):
            raise ValueError(f"each task once; found {', '.join(tasks)}")
        return tasks


@step_kind("synth.pit", PitSettings, output="samples", version=1)
def pit(settings: PitSettings, work: Work) -> None:
    """Write a summary, questions with answers, entities or relations for every document, with a teacher."""
    count, book = _survey(settings.documents)
    write_extractive(settings, work, count, book)


def write_extractive(settings: PitSettings, work: Work, count: int, book: CodeBook) -> None:
    """Write the samples of the extractive teacher (rules, no model), in the order of the documents."""
    written: Counter[str] = Counter()
    nothing: Counter[str] = Counter()
    tasks = tuple(settings.tasks)

    def samples() -> Iterator[Sample]:
        with work.progress("writing tasks", count) as progress:
            for document in all_documents(settings.documents):
                for task, text in write_tasks(document, tasks, book).items():
                    if text:
                        written[task] += 1
                        yield make_sample(document, task, text, AUTHOR)
                    else:
                        nothing[task] += 1
                progress.advance()

    if not write_records(work.out, samples(), Sample):
        raise UserError(
            f"synth.pit: the extractive teacher found nothing to write about in {count} documents for "
            f"{', '.join(tasks)}; it needs sentences or codes to work on"
        )
    work.facts.update(
        teacher=AUTHOR,
        documents=count,
        samples={task: written[task] for task in tasks},
        nothing_found={task: nothing[task] for task in tasks},
    )


def make_sample(document: Document, task: str, text: str, author: str, **metadata: Any) -> Sample:
    """Return the sample of one task of a document; what the document says of its origin goes with it."""
    return Sample(
        id=f"{document.id}.{task}",
        task=f"pit.{task}",
        output=text,
        document=document.id,
        domain=document.domain,
        language=document.language,
        source=document.source,
        license=document.license,
        author=author,
        metadata=metadata,
    )


def all_documents(paths: list[Path]) -> Iterator[Document]:
    """Yield the documents of all inputs in order."""
    for path in paths:
        yield from read_records(path, Document)


def _survey(paths: list[Path]) -> tuple[int, CodeBook]:
    """Return the number of documents and the codes among them; raises UserError for none or an id given twice."""
    book = CodeBook()
    seen: dict[str, Path] = {}
    for path in paths:
        for document in read_records(path, Document):
            if document.id in seen:
                raise UserError(
                    f"{path}: the document id '{document.id}' occurs twice (first in {seen[document.id]}); "
                    "samples are matched to documents by it, so give each document its own"
                )
            seen[document.id] = path
            code = find_code(document)
            if code is not None:
                book.add(code)
    if not seen:
        raise UserError(f"synth.pit: no documents in {', '.join(map(str, paths))}; nothing to write about")
    return len(seen), book
