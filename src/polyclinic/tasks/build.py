"""Test items of catalog tasks, made from documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.steps import Documents, Settings, SourcePath, Work, step_kind
from polyclinic.tasks.catalog import load_task
from polyclinic.tasks.code_tree import CodeEntry, CodeTree, read_code_tree
from polyclinic.tasks.held_out_text import text_items
from polyclinic.tasks.icd10cm_questions import code_questions
from polyclinic.tasks.task import Task


class BuildSettings(Settings):
    """Which tasks, about which documents."""

    tasks: list[str] = Field(min_length=1, description="names of catalog tasks, e.g. icd10cm-easy, perplexity-notes")
    documents: list[Documents] = Field(min_length=1, description="what the items are about")
    table: list[Documents] = Field(
        [], description="where wrong answers and the code tree come from; empty = the same documents"
    )
    items: int = Field(300, ge=1, description="items of each task, at most")
    subset: str = Field("", description="name under which these items are reported apart, e.g. seen or unseen")
    words: int = Field(120, ge=8, description="longest piece of text in a perplexity item, in words")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")


def check_build(settings: BuildSettings) -> None:
    """Look the tasks up in the catalog; raises UserError."""
    _load(settings)


@step_kind("tasks.build", BuildSettings, output="samples", version=1, check=check_build)
def build(settings: BuildSettings, work: Work) -> None:
    """Make test items of catalog tasks from documents.

    Questions about codes follow MedConceptsQA (Shoham and Rappoport 2024) as MediPhi uses it (Corbeil et al., ACL
    2025, A.8): four definitions, wrong ones from anywhere or from a given distance in the code tree. Perplexity items
    are pieces of the documents. Raises UserError when a task gets no item.
    """
    tasks = _load(settings)
    asked: list[CodeEntry] = []
    tree = CodeTree()
    if any(task.builder == "icd10cm_questions" for task in tasks):
        asked, tree = _codes(settings)

    def samples() -> Iterator[Sample]:
        with work.progress("making items", len(tasks)) as bar:
            for task in tasks:
                facts: dict[str, Any] = {}
                yield from _items(task, settings, asked, tree, work.seed, facts)
                work.facts[task.name] = facts
                bar.advance()

    write_records(work.out, samples(), Sample)


def _items(
    task: Task, settings: BuildSettings, asked: Sequence[CodeEntry], tree: CodeTree, seed: int, facts: dict[str, Any]
) -> list[Sample]:
    if task.builder == "icd10cm_questions":
        made = code_questions(task, asked, tree, settings.items, settings.subset, seed, facts)
        missing = f"no code has {task.options - 1} different wrong definitions; give a larger `table`"
    else:
        documents = _read(settings.documents)
        made = text_items(task, documents, settings.items, settings.words, settings.subset, seed, facts)
        missing = "the documents are empty"
    if not made:
        raise UserError(f"tasks.build: {task.name} got no item: {missing}")
    return made


def _codes(settings: BuildSettings) -> tuple[list[CodeEntry], CodeTree]:
    """Return the codes to ask about and the tree with the wrong answers."""
    own = read_code_tree(_read(settings.documents))
    if not own.entries:
        raise UserError(
            f"tasks.build.documents: no document carries a code ({', '.join(map(str, settings.documents))}); "
            "questions about codes need documents as corpus.icd10cm makes them"
        )
    tree = read_code_tree(_read(settings.table)) if settings.table else own
    strange = [code for code in own.entries if code not in tree.entries]
    if strange:
        raise UserError(
            f"tasks.build.table: {len(strange)} of the codes asked about are not in it, e.g. {strange[0]}; "
            "the table should hold all of them"
        )
    return list(own.entries.values()), tree


def _load(settings: BuildSettings) -> list[Task]:
    return [load_task(name, settings.catalog) for name in dict.fromkeys(settings.tasks)]


def _read(paths: Sequence[Path]) -> Iterator[Document]:
    return itertools.chain.from_iterable(read_records(path, Document) for path in paths)
