"""Samples from the sources of tasks: the instruction builder. Streams; what it keeps does not grow with the data,
except eight bytes an item where a number of items is asked for.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from polyclinic.errors import UserError
from polyclinic.progress import Progress
from polyclinic.records import Sample
from polyclinic.tasks.mixture import shares, threshold
from polyclinic.tasks.names import LANGUAGES
from polyclinic.tasks.prompts import PromptName, draw_shots, place, prompt, shot_pool
from polyclinic.tasks.readers import Bad
from polyclinic.tasks.source_items import Item, task_items
from polyclinic.tasks.task import Task
from polyclinic.tasks.task_file import Instance, TaskFile, TaskFileWriter
from polyclinic.tasks.wordings import Wording

SIDE_FILE = "set_aside.jsonl"
DEFAULT_SHOTS = 3  # MedS-Ins and MedS-Bench use three


@dataclass(frozen=True)
class Choices:
    """What a build takes and how it is asked; see BuildSettings."""

    data: Path | None
    split: Literal["train", "validation", "test", "all"]
    form: Literal["instructions", "items", "written"]
    prompt: PromptName
    few_shot_share: float
    shots: int | None
    items: int | None
    limit: int
    weights: Mapping[str, float]
    exponent: float
    longest: int
    skip_bad: bool
    task_json: bool
    download: bool
    subset: str
    seed: int
    wording_share: float = 0.0
    wordings: Mapping[str, Sequence[Wording]] = field(default_factory=dict)  # by task: those of its definition


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
) -> Iterator[Sample]:
    """Yield the samples of tasks, one task after the other, and write the side file and MedS-Ins JSON beside them.

    Raises UserError for missing data, a task without items, and (without skip_bad) the first item that is broken.
    """
    with SideFile(out / SIDE_FILE, choices.skip_bad) as side_file:
        surveys = {task.name: _survey(task, choices) for task in tasks}
        _choose(tasks, surveys, choices)
        for task in tasks:
            counts = {"items": 0, "few_shot": 0, **({"reworded": 0} if choices.wording_share else {})}
            usual = {"category": task.category, "split": choices.split}
            with ExitStack() as stack:
                writer = None
                if choices.task_json:
                    file = out / "meds-ins" / f"{task_file_stem(task)}.json"
                    writer = stack.enter_context(TaskFileWriter(file, task_head(task)))
                for item in _taken(task, surveys[task.name], choices, side_file):
                    sample, shots = _sample(task, item, surveys[task.name].pool, choices, usual)
                    counts["items"] += 1
                    counts["few_shot"] += bool(shots)
                    if choices.wording_share:
                        counts["reworded"] += "wording" in sample.metadata
                    if writer is not None:
                        writer.add(Instance(f"{task.name}-{item.id}", item.input, item.outputs))
                    yield sample
            counts["set_aside"] = side_file.counts.get(task.name, 0)
            facts[task.name] = counts
            bar.advance(1, f"{task.name}: {counts['items']}")
            if not counts["items"] and not surveys[task.name].count:
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
    if choices.items is not None or choices.limit:
        for item in _good(task, choices.split, choices):
            survey.places.append(place(choices.seed, "taken", task.name, item.id))
        survey.count = len(survey.places)
    if choices.few_shot_share and choices.form == "instructions":
        survey.pool = shot_pool(_good(task, "train", choices), choices.seed, task.name)
        if not survey.pool:
            raise UserError(f"tasks.build: {task.name} has no training items to draw worked examples from")
    return survey


def _choose(tasks: Sequence[Task], surveys: Mapping[str, _Survey], choices: Choices) -> None:
    if choices.items is None and not choices.limit:
        return
    most = {t.name: min(surveys[t.name].count, choices.items or surveys[t.name].count) for t in tasks}
    given = shares(most, choices.weights, choices.exponent, choices.limit)
    for name, survey in surveys.items():
        survey.below = threshold(survey.places, given[name])
        survey.places = array("Q")


def _taken(task: Task, survey: _Survey, choices: Choices, side_file: SideFile) -> Iterator[Item]:
    everything = survey.below == 1 << 64
    if not choices.weights.get(task.name, 1.0):
        return
    for item in _items(task, choices.split, choices):
        if isinstance(item, Bad):
            side_file.put(task.name, item)
        elif everything or place(choices.seed, "taken", task.name, item.id) < survey.below:
            yield item


def _items(task: Task, split: str, choices: Choices) -> Iterator[Item | Bad]:
    as_choice = choices.form == "items" and task.family == "multiple_choice"
    return task_items(
        task,
        choices.data,
        split,
        as_choice=as_choice,
        to_ask=choices.form != "instructions",
        longest=choices.longest,
        download=choices.download,
    )


def _good(task: Task, split: str, choices: Choices) -> Iterator[Item]:
    return (item for item in _items(task, split, choices) if isinstance(item, Item))


def _sample(
    task: Task, item: Item, pool: Sequence[Item], choices: Choices, usual: dict[str, Any]
) -> tuple[Sample, list[Item]]:
    shots: list[Item] = []
    if pool and place(choices.seed, "few", task.name, item.id) < choices.few_shot_share * 2**64:
        wanted = choices.shots if choices.shots is not None else _usual_shots(task)
        shots = draw_shots(pool, item, wanted, choices.seed, task.name)
    definition, wording = _definition(task, item, choices)
    metadata = usual  # one object for all samples without more to say, so that it is written as text only once
    if shots or wording or item.cuttable or len(item.outputs) > 1:
        metadata = dict(usual)
        if item.cuttable:
            metadata["cuttable"] = list(item.cuttable)
        if wording:
            metadata["wording"] = wording
        if len(item.outputs) > 1:
            metadata["references"] = list(item.outputs)
        if shots:
            metadata["shots"] = [shot.id for shot in shots]
    instruction, text = task.definition, item.input
    if choices.form == "instructions":
        instruction, text = prompt(choices.prompt, definition, item, shots)
    source = task.source
    assert source is not None
    return (
        Sample(
            id=f"{task.name}-{item.id}",
            task=task.name,
            instruction=instruction,
            input=text,
            output=item.outputs[0],
            options=item.options,
            subset=choices.subset,
            document=f"{source.name}/{item.document}" if item.document else "",
            domain=task.domain,
            language=task.language,
            source=source.name,
            license=task.license,
            author=source.name,
            metadata=metadata,
        ),
        shots,
    )


def _definition(task: Task, item: Item, choices: Choices) -> tuple[str, str]:
    """Return the definition that an item is asked with, and whose wording it is: empty for the task's own."""
    wordings = choices.wordings.get(task.name, ())
    if not wordings or place(choices.seed, "reworded", task.name, item.id) >= choices.wording_share * 2**64:
        return task.definition, ""
    drawn = wordings[place(choices.seed, "wording", task.name, item.id) % len(wordings)]
    return drawn.text, drawn.author


def _usual_shots(task: Task) -> int:
    return task.shots if isinstance(task.shots, int) and task.shots > 0 else DEFAULT_SHOTS
