"""Samples from the sources of tasks: the instruction builder. Streams; what it keeps does not grow with the data,
except some bytes an item: eight where a number of items is asked for, 16 to 32 where the data set names its items.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from polyclinic.errors import UserError
from polyclinic.progress import Progress
from polyclinic.tasks.item_columns import ItemColumns, item_batches
from polyclinic.tasks.item_samples import Choices, SampleMaker
from polyclinic.tasks.mixture import shares, threshold
from polyclinic.tasks.names import LANGUAGES
from polyclinic.tasks.prompts import ShotPool, place, places
from polyclinic.tasks.readers import Bad
from polyclinic.tasks.source_items import Item, task_items
from polyclinic.tasks.task import Task
from polyclinic.tasks.task_file import Instance, TaskFile, TaskFileWriter

SIDE_FILE = "set_aside.jsonl"


@dataclass
class _Survey:
    """What is known of a task before its samples are written."""

    count: int = 0
    places: array[int] = field(default_factory=lambda: array("Q"))
    pool: list[Item] = field(default_factory=list)
    below: int = 1 << 64  # items whose place lies below are taken


class SideFile:
    """Where items go that cannot be read, with the reason; or, without skip_bad, the error that names the first."""

    def __init__(self, path: Path, skip_bad: bool) -> None:
        self.path, self.skip_bad, self.counts = path, skip_bad, dict[str, int]()
        self._stream = None if not skip_bad else path.open("w", encoding="utf-8", newline="\n")

    def put(self, task: str, bad: Bad) -> None:
        """Set an item aside and count it; raises UserError when bad items are not to be skipped."""
        if self._stream is None:
            raise UserError(f"{bad.place}: task {task}: {bad.reason} (skip_bad sets such items aside)")
        self.counts[task] = self.counts.get(task, 0) + 1
        row = {"task": task, "place": bad.place, "reason": bad.reason, "text": bad.text}
        self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            if not self.counts:
                self.path.unlink()


def source_samples(
    tasks: Sequence[Task], choices: Choices, out: Path, facts: dict[str, Any], bar: Progress
) -> Iterator[Any]:
    """Yield the samples of tasks, one task after the other, and write the side file and MedS-Ins JSON beside them.

    They come one by one, or as Arrow record batches: what `records.write_parts` takes.
    Raises UserError for missing data, a task without items, and (without skip_bad) the first item that is broken.
    """
    with SideFile(out / SIDE_FILE, choices.skip_bad) as side_file:
        surveys = {task.name: _survey(task, choices) for task in tasks}
        _choose(tasks, surveys, choices)
        for task in tasks:
            survey = surveys.pop(task.name)
            counts = {"items": 0, "few_shot": 0, **({"reworded": 0} if choices.wording_share else {})}
            maker = SampleMaker(task, choices, survey.pool)
            with ExitStack() as stack:
                writer = None
                if choices.task_json:
                    file = out / "meds-ins" / f"{task_file_stem(task)}.json"
                    writer = stack.enter_context(TaskFileWriter(file, task_head(task)))
                for items in _taken(task, survey, choices, side_file):
                    if isinstance(items, Item):
                        made, asked = maker.sample(items)
                        count, few_shot, reworded = 1, int(asked.few_shot), int(asked.reworded)
                    else:
                        made, few_shot, reworded = maker.batch(items)
                        count = len(items)
                    counts["items"] += count
                    counts["few_shot"] += few_shot
                    if choices.wording_share:
                        counts["reworded"] += reworded
                    if writer is not None:
                        for item in [items] if isinstance(items, Item) else items.items():
                            writer.add(Instance(f"{task.name}-{item.id}", item.input, item.outputs))
                    yield made
            counts["set_aside"] = side_file.counts.get(task.name, 0)
            facts[task.name] = counts
            bar.advance(1, f"{task.name}: {counts['items']}")
            if not counts["items"] and not survey.count:
                raise UserError(
                    f"tasks.build: {task.name} got no item from the split '{choices.split}'; "
                    f"{counts['set_aside']} were set aside"
                )


def task_head(task: Task) -> TaskFile:
    """Return what a MedS-Ins task file says of a task before its instances."""
    source = task.source
    definition = task.definition or task.description
    return TaskFile(
        contributors=("Polyclinic",),
        source=(source.name if source is not None else task.title,),
        url=(source.address if source is not None else "unknown",),
        categories=(task.category,),
        reasoning=(),
        definition=(definition,),
        input_language=(language_name(task.language),),
        output_language=(language_name(task.output_language or task.language),),
        instruction_language=(language_name(task.instruction_language),),
        domains=(task.domain,),
    )


def task_file_stem(task: Task) -> str:
    """Return the file name of a task in MedS-Ins JSON: the published one, where it is known."""
    number = task.published.meds_ins_number
    return task.published.meds_ins_file or f"task{number if number is not None else ''}_{task.name.replace('-', '_')}"


def language_name(code: str) -> str:
    """Return the ISO 639 name of a language; raises UserError for a code that the catalog does not know."""
    name = LANGUAGES.get(code.partition("-")[0])
    if name is None:
        raise UserError(f"language '{code}': no ISO 639 name known; expected one of {', '.join(LANGUAGES)}")
    return name


def _survey(task: Task, choices: Choices) -> _Survey:
    survey = _Survey()
    counted = choices.items is not None or bool(choices.limit)
    with_shots = bool(choices.few_shot_share) and choices.form == "instructions"
    pool = ShotPool(choices.seed, task.name)
    if counted:
        for items in _good(task, choices.split, choices):
            names = [items.id] if isinstance(items, Item) else items.ids.to_pylist()
            survey.places.extend(places(choices.seed, "taken", task.name, names))
            if with_shots and choices.split == "train":
                _offer(pool, items)
        survey.count = len(survey.places)
    if with_shots:
        if not (counted and choices.split == "train"):
            for items in _good(task, "train", choices):
                _offer(pool, items)
        survey.pool = pool.drawn()
        if not survey.pool:
            raise UserError(f"tasks.build: {task.name} has no training items to draw worked examples from")
    return survey


def _offer(pool: ShotPool, items: Item | ItemColumns) -> None:
    if isinstance(items, Item):
        pool.offer([items.id], lambda numbers: [items])
    else:
        pool.offer(items.ids.to_pylist(), items.items)


def _choose(tasks: Sequence[Task], surveys: Mapping[str, _Survey], choices: Choices) -> None:
    if choices.items is None and not choices.limit:
        return
    most = {t.name: min(surveys[t.name].count, choices.items or surveys[t.name].count) for t in tasks}
    given = shares(most, choices.weights, choices.exponent, choices.limit)
    for name, survey in surveys.items():
        survey.below = threshold(survey.places, given[name])
        survey.places = array("Q")


def _taken(task: Task, survey: _Survey, choices: Choices, side_file: SideFile) -> Iterator[Item | ItemColumns]:
    everything = survey.below == 1 << 64
    if not choices.weights.get(task.name, 1.0):
        return
    for items in _items(task, choices.split, choices):
        if isinstance(items, Bad):
            side_file.put(task.name, items)
        elif everything:
            yield items
        elif isinstance(items, Item):
            if place(choices.seed, "taken", task.name, items.id) < survey.below:
                yield items
        else:
            found = places(choices.seed, "taken", task.name, items.ids.to_pylist())
            yield items.taken([number < survey.below for number in found])


def _items(task: Task, split: str, choices: Choices) -> Iterator[Item | ItemColumns | Bad]:
    if choices.form == "instructions":
        return item_batches(task, choices.data, split, longest=choices.longest, download=choices.download)
    return task_items(
        task,
        choices.data,
        split,
        as_choice=choices.form == "items" and task.family == "multiple_choice",
        to_ask=True,
        longest=choices.longest,
        download=choices.download,
    )


def _good(task: Task, split: str, choices: Choices) -> Iterator[Item | ItemColumns]:
    return (items for items in _items(task, split, choices) if not isinstance(items, Bad))
