"""Checks of tasks and items: the rules of the Super-NaturalInstructions validator, and what it does not look for.

In: catalog tasks with the user's data, or task files, or samples that were built. Out: findings, each with task, file
and line. What is looked for stands in `item_checks.py`, `task_file_checks.py`, `sample_checks.py`, `overlap.py` and,
for what a catalog file says, here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.tasks.catalog import field_place, load_catalog, load_task, suite_tasks
from polyclinic.tasks.findings import SHOWN, Finding, finding_rows
from polyclinic.tasks.item_checks import item_findings
from polyclinic.tasks.names import LANGUAGES
from polyclinic.tasks.overlap import Overlap, overlap
from polyclinic.tasks.readers import Row, read_source, source_files
from polyclinic.tasks.sample_checks import is_samples, sample_findings, sample_items
from polyclinic.tasks.source_items import LONGEST_ITEM, Item, task_items
from polyclinic.tasks.task import Task
from polyclinic.tasks.task_file import read_task_file
from polyclinic.tasks.task_file_checks import SPLIT_LIST, file_findings, file_items, split_findings
from polyclinic.tasks.templates import template_names
from polyclinic.tasks.wording_rules import wording_problem
from polyclinic.tasks.wordings import load_wordings


def check_tasks(
    names: Iterable[str] = (), suite: str = "", data: Path | None = None, catalog: Path | None = None
) -> list[dict[str, Any]]:
    """Check tasks of the catalog with their wordings, and their items where their data are in the user's folder.

    Without names and suite the whole catalog is looked at. Returns findings as rows, the errors first.
    Raises UserError for unknown names, and for a catalog file that is no task.
    """
    if suite:
        tasks = suite_tasks(suite, catalog)
    else:
        tasks = [load_task(name, catalog) for name in names] or list(load_catalog(catalog).values())
    found = [finding for task in tasks for finding in _task_findings(task, catalog)]
    if data is not None:
        for task in tasks:
            if task.builder == "source" and task.buildable:
                found += _data_findings(task, data, catalog)
    return finding_rows(found)


def check_files(
    paths: Iterable[Path],
    data: Path | None = None,
    catalog: Path | None = None,
    against: Iterable[Path] = (),
) -> list[dict[str, Any]]:
    """Check task files, samples that were built, or the lists of a split; returns findings as rows, the errors first.

    Args:
        paths: MedS-Ins or Super-NaturalInstructions task files, workbooks, samples, folders with `train_tasks.txt`.
        data: the user's data folder; what stands in the split there that a catalog task is tested with is found.
        catalog: folder of the user's own tasks.
        against: samples or task files of tests, which are looked for too.
    """
    found: list[Finding] = []
    state = Overlap()
    for path in against:
        for item in _items_of(path):
            state.add_test(item.place, item.input)
    if data is not None:
        _add_tests(state, data, catalog)
    for path in paths:
        if path.is_dir() and any(path.glob(SPLIT_LIST)):
            found += split_findings(path)
            continue
        if not path.exists():
            raise UserError(f"{path}: no such file or folder; expected a task file or samples")
        before = len(found)
        found += sample_findings(path, catalog) if is_samples(path) else file_findings(path)
        if len(state) and not any(finding.rule == "broken" for finding in found[before:]):
            found += _found_in(path, state)
    return finding_rows(found)


def _task_findings(task: Task, catalog: Path | None) -> Iterator[Finding]:
    def told(field: str, level: Any, rule: str, message: str) -> Finding:
        return Finding(task.name, field_place(task.name, field, catalog), level, rule, message)

    if task.builder == "source":
        if task.license == "unknown":
            yield told("license", "warning", "license", "the licence is unknown; check it before use")
        spoken = {LANGUAGES.get(code, code) for code in (task.language, task.output_language or task.language)}
        if task.instruction_language == "en":
            for name in sorted(spoken - {"English"}):
                if name not in task.definition:
                    yield told("definition", "error", "language", f"the definition should name the language {name}")
        try:
            for wording in load_wordings(task, catalog=catalog):
                if problem := wording_problem(task, wording.text):
                    message = f"by {wording.author}: {problem}: {wording.text!r}"
                    yield told("definition", "error", "wording", message)
        except UserError as error:
            place, _, message = str(error).partition(": ")
            yield Finding(task.name, place, "error", "wording", message)
    for field, texts in (("labels", task.labels), ("suites", task.suites)):
        if len(set(texts)) < len(texts):
            yield told(field, "error", field, f"a value of {field} stands twice")


def _data_findings(task: Task, data: Path, catalog: Path | None) -> Iterator[Finding]:
    closed = task.access != "open"
    there = []
    for split in task.splits:
        try:
            yield from item_findings(f"{task.name}/{split}", task_items(task, data, split), restricted=closed)
            there.append(split)
        except UserError as error:
            yield Finding(task.name, split, "warning", "data", str(error))
    for test in ("validation", "test"):
        if "train" in there and test in there:
            yield from _overlap_findings(task, data, test)
    if there:
        yield from _empty_fields(task, data, there[0], catalog)


def _overlap_findings(task: Task, data: Path, test: str) -> Iterator[Finding]:
    def texts(split: str) -> Iterator[tuple[str, str]]:
        for item in task_items(task, data, split, longest=LONGEST_ITEM):
            if isinstance(item, Item):
                yield item.place, item.input

    found = overlap(texts(test), texts("train"))
    for place, (other, how) in list(found.items())[:SHOWN]:
        yield Finding(f"{task.name}/{test}", place, "warning", "overlap", f"{other} of the training split {how}")
    if len(found) > SHOWN:
        yield Finding(f"{task.name}/{test}", "", "warning", "overlap", f"{len(found)} items in all")


def _add_tests(state: Overlap, data: Path, catalog: Path | None) -> None:
    """Take in what catalog tasks are tested with, where the official files of that split are in the user's folder."""
    seen: set[tuple[Path, ...]] = set()
    for task in load_catalog(catalog).values():
        split = task.test_split
        if task.source is None or not task.buildable or split not in task.source.files:
            continue
        files = tuple(source_files(task.source, data, split))
        if files and files not in seen:
            seen.add(files)
            for item in task_items(task, data, split):
                if isinstance(item, Item):
                    state.add_test(f"{task.name}: {item.place}", item.input)


def _found_in(path: Path, state: Overlap) -> Iterator[Finding]:
    found = state.against((item.place, item.input) for item in _items_of(path))
    for number, (test, (place, how)) in enumerate(found.items(), start=1):
        if number <= SHOWN:
            yield Finding(path.stem, place, "error", "overlap", f"against the test item {test}: {how}")
    if len(found) > SHOWN:
        yield Finding(path.stem, str(path), "error", "overlap", f"{len(found)} test items in all")


def _items_of(path: Path) -> Iterator[Item]:
    return sample_items(path) if is_samples(path) else file_items(path, read_task_file(path))


def _empty_fields(task: Task, data: Path, split: str, catalog: Path | None) -> Iterator[Finding]:
    """Look for template fields that no row fills."""
    assert task.source is not None
    part = "all" if "all" in task.source.files else split
    usual = {"row", "labels", "id", "document"}
    left = {field: set(template_names(getattr(task, field)) - usual) for field in ("input", "output")}
    for row in read_source(task.source, data, part):
        if isinstance(row, Row):
            filled = {name for name, value in row.fields.items() if value not in (None, "", [], {})}
            left = {field: names - filled for field, names in left.items()}
        if not any(left.values()):
            return
    for field, names in left.items():
        for name in sorted(names):
            message = f"no row of the split '{split}' has the field '{name}' that the template names"
            yield Finding(task.name, field_place(task.name, field, catalog), "error", "never-fills", message)
