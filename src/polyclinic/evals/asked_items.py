"""Which items are asked: those of given samples, or of catalog tasks, made here from the user's data.

A set that is not here is no error where a suite is asked: it is reported as not run, with who grants access. This
file knows nothing about models.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.evals.run_settings import RunSettings
from polyclinic.records import Sample, read_records
from polyclinic.steps import Work, find_kind
from polyclinic.tasks import Task, build, load_catalog, load_task, missing_reason, suite_tasks

# Suites whose prompts ask for the letter of an option in writing; elsewhere options are weighed.
WRITTEN_SUITES = frozenset({"clue", "clue+", "meds-bench", "medcare"})


@dataclass(frozen=True)
class AskedItems:
    """Items on disk, and what could not be made."""

    folders: tuple[Path, ...]
    not_run: tuple[dict[str, str], ...] = ()  # task, data_set, reason, granted_by
    splits: Mapping[str, str] = field(default_factory=dict)  # of the tasks made here
    facts: Mapping[str, Any] = field(default_factory=dict)

    def read(self, catalog: Path | None) -> Iterator[tuple[Task, Sample]]:
        """Yield the items with their tasks, in order; see `read_items`."""
        return iterate_items(self.folders, catalog)


def choose_items(settings: RunSettings, work: Work) -> AskedItems:
    """Make the items of named tasks or of a suite in the scratch folder, beside the samples that are given.

    Raises UserError when a named task cannot be made, or nothing of a suite is here.
    """
    given = tuple(settings.samples)
    if not (settings.tasks or settings.suite):
        return AskedItems(given)
    if settings.suite:
        tasks = [task for task in suite_tasks(settings.suite, settings.catalog) if not task.only_by_name]
    else:
        tasks = [load_task(name, settings.catalog) for name in dict.fromkeys(settings.tasks)]
    splits = {task.name: settings.split or task.test_split for task in tasks}
    not_run: list[dict[str, str]] = []
    here: list[Task] = []
    for task in tasks:
        split = splits[task.name]
        reason = missing_reason(task, settings.data, split, settings.download) if split else without_test(task)
        if reason and not settings.suite:
            raise UserError(f"eval.run: {task.name}: {reason}")
        if not reason and task.builder == "held_out_text" and not settings.documents:
            reason = "it is made from documents, and none are given"
            if not settings.suite:
                raise UserError(f"eval.run.documents: missing; {task.name} is made from documents")
        if not reason and task.builder == "samples":
            reason = "it is made from requests with good replies: make its items with tasks.build"
            if not settings.suite:
                raise UserError(f"eval.run.tasks: {task.name}: {reason}, and give them as samples")
        if reason:
            not_run.append(_not_run(task, reason))
        else:
            here.append(task)
    if not here and not given:
        raise UserError(
            f"eval.run.suite: no data set of '{settings.suite}' is here; the first, {not_run[0]['task']}: "
            f"{not_run[0]['reason']}"
        )
    folders, facts = _made(here, splits, settings, work)
    return AskedItems((*given, *folders), tuple(not_run), {task.name: splits[task.name] for task in here}, facts)


def without_test(task: Task) -> str:
    """Return why a task whose data set has no `test_split` is not asked, and how to ask it all the same."""
    name = task.source.name if task.source is not None else task.name
    return (
        f"{name} has neither a test nor a validation split; to ask what models are trained on all the same, give "
        f"split: {' or '.join(task.splits)}"
    )


def is_written(task: Task, settings: RunSettings) -> bool:
    """Say whether the options of a multiple-choice task are answered in writing rather than weighed."""
    if settings.choices != "suite":
        return settings.choices == "written"
    return task.builder == "source" and not WRITTEN_SUITES.isdisjoint(suites_of(task, settings))


def suites_of(task: Task, settings: RunSettings) -> tuple[str, ...]:
    """Return the suites that say how a task is asked: the one that is run, else the task's own."""
    return (settings.suite,) if settings.suite else task.suites


def iterate_items(paths: Sequence[Path], extra_catalog: Path | None = None) -> Iterator[tuple[Task, Sample]]:
    """Yield all items with their tasks, in order, holding eight bytes of each.

    Raises UserError for no items at all, an unknown task, or an item that is there twice.
    """
    catalog = load_catalog(extra_catalog)
    seen: set[bytes] = set()
    for path in paths:
        for sample in read_records(path, Sample):
            if sample.task not in catalog:
                try:
                    load_task(sample.task, extra_catalog)
                except UserError as error:
                    raise UserError(f"{path}: item {sample.id}: {error}") from error
            name = blake2b(f"{sample.task}\0{sample.id}".encode(), digest_size=8).digest()
            if name in seen:
                raise UserError(
                    f"{path}: item {sample.id} of task {sample.task} is there twice; an item may be asked once only"
                )
            seen.add(name)
            yield catalog[sample.task], sample
    if not seen:
        raise UserError(f"{', '.join(map(str, paths))}: no items here; there is nothing to ask")


def read_items(paths: Sequence[Path], extra_catalog: Path | None = None) -> list[tuple[Task, Sample]]:
    """Return all items with their tasks, in order; see `iterate_items`."""
    return list(iterate_items(paths, extra_catalog))


def _made(
    tasks: Sequence[Task], splits: Mapping[str, str], settings: RunSettings, work: Work
) -> tuple[list[Path], dict[str, Any]]:
    """Make the items of tasks; those of one split that are asked in one way come from one build."""
    shutil.rmtree(work.scratch / "items", ignore_errors=True)
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for task in tasks:
        form = "written" if task.family == "multiple_choice" and is_written(task, settings) else "items"
        groups[splits[task.name], form].append(task.name)
    folders: list[Path] = []
    facts: dict[str, Any] = {}
    documents = list(settings.documents)
    if any(task.builder == "icd10cm_questions" for task in tasks) and not documents:
        documents = [_code_documents(work)]
    for (split, form), names in groups.items():
        folder = work.scratch / "items" / f"{split}-{form}"
        making = Work(folder, work.scratch, work.seed, work.name)
        wanted = build.settings.model_validate(
            {
                "tasks": names,
                "documents": documents,
                "data": settings.data,
                "items": settings.items,
                "split": split,
                "catalog": settings.catalog,
                "form": form,
                "skip_bad": settings.skip_bad,
                "download": settings.download,
            }
        )
        build.function(wanted, making)
        folders.append(folder)
        facts.update(making.facts)
    return folders, facts


def _code_documents(work: Work) -> Path:
    """Make the documents of the whole ICD-10-CM code set, which come with a package."""
    kind = find_kind("corpus.icd10cm")
    folder = work.scratch / "items" / "codes"
    kind.function(
        kind.settings.model_validate({"render": "line", "seventh_characters": False}),
        Work(folder, work.scratch, work.seed, work.name),
    )
    return folder


def _not_run(task: Task, reason: str) -> dict[str, str]:
    source = task.source
    return {
        "task": task.name,
        "data_set": source.name if source is not None else "",
        "reason": reason,
        "granted_by": source.granted_by if source is not None else "",
    }
