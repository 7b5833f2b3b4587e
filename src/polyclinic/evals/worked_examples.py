"""Worked examples: items of a task's training split that stand before each of its items.

A task that is made from documents has no training split; there they are other items of the same task. Which ones
follows from the seed: the first in the order of a hash. All items of a task get the same, but for those that share
the document or the input of the item itself.
"""

from __future__ import annotations

from polyclinic.errors import UserError
from polyclinic.evals.asked_items import AskedItems, is_written
from polyclinic.evals.run_settings import RunSettings
from polyclinic.records import Sample
from polyclinic.tasks import Task
from polyclinic.tasks.prompts import shot_pool
from polyclinic.tasks.source_items import Item, task_items

SPARE = 24  # examples kept beside those wanted, for items that may not be shown their own


class WorkedExamples:
    """The examples of each task, read from the user's data once.

    Args:
        settings: of the run.
        seed: decides which examples are taken.
        items: what is asked.
    """

    def __init__(self, settings: RunSettings, seed: int, items: AskedItems) -> None:
        self.settings, self.seed, self.items = settings, seed, items
        self.problems: dict[str, str] = {}  # task -> why it has none though it wants some
        self._pools: dict[str, list[Item]] = {}

    def wanted(self, task: Task) -> int:
        """Return how many examples a task's items should have; its own number counts where items are made here."""
        if self.settings.shots is not None:
            return self.settings.shots
        return task.shots if task.name in self.items.splits and isinstance(task.shots, int) else 0

    def of(self, task: Task, sample: Sample) -> tuple[tuple[str, str], ...]:
        """Return (input, good reply) of each example for an item; fewer where the training split has no more."""
        wanted = self.wanted(task)
        if not wanted:
            return ()
        if task.name not in self._pools:
            self._pools[task.name] = self._pool(task, wanted)
        own = sample.document.removeprefix(f"{task.source.name}/" if task.source is not None else "")
        found: list[Item] = []
        for item in self._pools[task.name]:
            same = item.input == sample.input or (bool(item.document) and item.document == own)
            if not same and all(item.input != other.input for other in found):
                found.append(item)
                if len(found) == wanted:
                    break
        return tuple((item.input, item.outputs[0]) for item in found)

    def _pool(self, task: Task, wanted: int) -> list[Item]:
        if task.builder == "icd10cm_questions":
            others = (
                Item(other.id, "", other.input, (other.output,), other.document)
                for asked, other in self.items.read(self.settings.catalog)
                if asked.name == task.name
            )
            return shot_pool(others, self.seed, task.name, wanted + SPARE)
        if self.settings.data is None and not self.settings.download:
            self.problems[task.name] = "no data folder is given"
            return []
        if "train" not in task.splits:
            self.problems[task.name] = "its data set has no training split"
            return []
        as_choice = task.family == "multiple_choice" and not is_written(task, self.settings)
        items = task_items(
            task, self.settings.data, "train", as_choice=as_choice, to_ask=True, download=self.settings.download
        )
        try:
            return shot_pool((i for i in items if isinstance(i, Item)), self.seed, task.name, wanted + SPARE)
        except UserError as error:
            self.problems[task.name] = str(error)
            return []
