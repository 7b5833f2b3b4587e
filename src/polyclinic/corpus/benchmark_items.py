"""The items of benchmarks that no training text may hold: of given samples, and of the catalog's test splits.

A data set that is not in the user's folder is left out and named. What is not an item in its files is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records
from polyclinic.tasks import Task, load_catalog, load_task, missing_reason, suite_tasks
from polyclinic.tasks.readers import Bad
from polyclinic.tasks.source_items import task_items


@dataclass(frozen=True)
class Item:
    """An item with the texts that a document may hold: what is asked, and the right answer.

    Wrong options are no evidence: they are right answers to other questions, and are often taken from a list.
    """

    task: str
    name: str
    family: str  # the patient or article it shares with other items, else its name
    texts: tuple[str, ...]


@dataclass
class Benchmarks:
    """Where items come from; `counts`, `broken` and `missing` are filled while they are read.

    Args:
        samples: folders or files of items.
        tasks: of the catalog.
        data: the user's data folder.
    """

    samples: Sequence[Path] = ()
    tasks: Sequence[Task] = ()
    data: Path | None = None
    counts: dict[str, int] = field(default_factory=dict)  # task -> items
    broken: dict[str, int] = field(default_factory=dict)  # task -> rows that are no items
    missing: dict[str, str] = field(default_factory=dict)  # task -> why it has no items, and what to do

    def read(self) -> Iterator[Item]:
        """Yield all items; those of a data set come once for each task that is made of it."""
        for path in self.samples:
            for sample in read_records(path, Sample):
                yield self._counted(
                    Item(sample.task, sample.id, sample.document or sample.id, (sample.input, sample.output))
                )
        for task in self.tasks:
            split = task.test_split
            if reason := missing_reason(task, self.data, split):
                self.missing[task.name] = reason
                continue
            for item in task_items(task, self.data, split, as_choice=task.family == "multiple_choice"):
                if isinstance(item, Bad):
                    self.broken[task.name] = self.broken.get(task.name, 0) + 1
                else:
                    texts = (item.input, *item.outputs)
                    yield self._counted(Item(task.name, item.id, item.document or item.id, texts))

    def _counted(self, item: Item) -> Item:
        self.counts[item.task] = self.counts.get(item.task, 0) + 1
        return item


def asked_tasks(names: Sequence[str], suite: str, catalog: Path | None, data: Path | None) -> list[Task]:
    """Return the named tasks, those of a suite, or all of the catalog that have a split to be tested with.

    Raises UserError for an unknown name, and when the files of a named task are not there or are there to be learnt.
    """
    if names:
        found = [load_task(name, catalog) for name in dict.fromkeys(names)]
        for task in found:
            if task.source is None:
                raise UserError(f"corpus.decontaminate.tasks: {task.name} is made from documents; give its items")
            if not task.test_split:
                raise UserError(
                    f"corpus.decontaminate.tasks: {task.name}: its data set has neither a test nor a validation "
                    "split; make what documents shall not hold (tasks.build, split: train) and give it as `items`"
                )
            if reason := missing_reason(task, data, task.test_split):
                raise UserError(f"corpus.decontaminate.tasks: {task.name}: {reason}")
        return found
    every = suite_tasks(suite, catalog) if suite else load_catalog(catalog).values() if data is not None else ()
    return [task for task in every if task.source is not None and task.test_split]
