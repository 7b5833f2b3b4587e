"""Items become samples: worded by definition and prompt, with worked examples for a share of them.

One by one, or a batch of items at a time as Arrow columns; both give the same samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from polyclinic.records import Sample, encode_object, record_schema
from polyclinic.tasks.item_columns import ItemColumns
from polyclinic.tasks.prompts import PAPER_INPUT, PromptName, draw_shots, place, places, prompt
from polyclinic.tasks.source_items import Item
from polyclinic.tasks.task import Task
from polyclinic.tasks.wordings import Wording

DEFAULT_SHOTS = 3  # MedS-Ins and MedS-Bench use three
SPAN = 1 << 64  # places are below


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
    fewest_shots: int | None = None
    wording_share: float = 0.0
    wordings: Mapping[str, Sequence[Wording]] = field(default_factory=dict)  # by task: those of its definition


@dataclass(frozen=True)
class Asked:
    """How an item is put to a model."""

    instruction: str
    input: str
    metadata: dict[str, Any]
    few_shot: bool
    reworded: bool


class SampleMaker:
    """Makes the samples of one task."""

    def __init__(self, task: Task, choices: Choices, pool: Sequence[Item]) -> None:
        self.task, self.choices, self.pool = task, choices, pool
        assert task.source is not None
        self.source = task.source
        # One object for all samples without more to say, so that it is written as text only once.
        self.usual: dict[str, Any] = {"category": task.category, "split": choices.split}
        self.wordings = choices.wordings.get(task.name, ())

    def sample(self, item: Item) -> tuple[Sample, Asked]:
        """Return the sample of an item, and how it is asked."""
        asked = self._asked(item)
        sample = Sample(
            id=f"{self.task.name}-{item.id}",
            instruction=asked.instruction,
            input=asked.input,
            output=item.outputs[0],
            options=item.options,
            document=f"{self.source.name}/{item.document}" if item.document else "",
            metadata=asked.metadata,
            **self._constants(),
        )
        return sample, asked

    def batch(self, items: ItemColumns) -> tuple[Any, int, int]:
        """Return the samples of items as an Arrow record batch, how many have worked examples, how many a wording."""
        import pyarrow as pa
        import pyarrow.compute as pc

        count = len(items)
        schema = record_schema(Sample)
        instruction, text, metadata, few_shot, reworded = self._asked_columns(items)
        document = items.documents
        if pc.any(pc.not_equal(document, "")).as_py():
            named = pc.binary_join_element_wise(pa.scalar(f"{self.source.name}/"), document, "")
            document = pc.if_else(pc.equal(document, ""), "", named)
        columns = {name: pa.repeat(pa.scalar(value, pa.string()), count) for name, value in self._constants().items()}
        columns |= {
            "id": pc.binary_join_element_wise(pa.scalar(f"{self.task.name}-"), items.ids, ""),
            "instruction": instruction,
            "input": text,
            "output": items.outputs,
            "options": pa.ListArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count + 1), pa.array([], "str")),
            "document": document,
            "metadata": metadata,
        }
        batch = pa.record_batch([columns[name] for name in schema.names], schema=schema)
        return batch, few_shot, reworded

    def _constants(self) -> dict[str, str]:
        """Return what all samples of the task have in common."""
        task = self.task
        return {
            "task": task.name,
            "subset": self.choices.subset,
            "domain": task.domain,
            "language": task.language,
            "source": self.source.name,
            "license": task.license,
            "author": self.source.name,
        }

    def _asked(self, item: Item) -> Asked:
        choices, task = self.choices, self.task
        shots: list[Item] = []
        if self.pool and place(choices.seed, "few", task.name, item.id) < choices.few_shot_share * SPAN:
            shots = draw_shots(self.pool, item, self._wanted_shots(item.id), choices.seed, task.name)
        definition, wording = self._definition(item.id)
        metadata = self.usual
        if shots or wording or item.cuttable or item.kept or len(item.outputs) > 1:
            metadata = {**self.usual, **item.kept}
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
        return Asked(instruction, text, metadata, bool(shots), bool(wording))

    def _asked_columns(self, items: ItemColumns) -> tuple[Any, Any, Any, int, int]:
        """Return instruction, input and metadata of items, how many have worked examples, how many a wording.

        Items that are asked with the definition alone, usually most, are worded together.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        choices, task, count = self.choices, self.task, len(items)
        plain = items.inputs
        if choices.prompt == "paper":
            plain = pc.binary_join_element_wise(pa.scalar(PAPER_INPUT), plain, "")
        usual = encode_object(self.usual)
        special = self._special(items)
        if not special:
            constants = [pa.repeat(pa.scalar(value, pa.string()), count) for value in (task.definition, usual)]
            return constants[0], plain, constants[1], 0, 0
        instructions, metadata, inputs = [task.definition] * count, [usual] * count, plain.to_pylist()
        few_shot = reworded = 0
        for number, item in special:
            asked = self._asked(item)
            instructions[number], inputs[number] = asked.instruction, asked.input
            metadata[number] = encode_object(asked.metadata)
            few_shot += asked.few_shot
            reworded += asked.reworded
        texts = [pa.array(values, pa.string()) for values in (instructions, inputs, metadata)]
        return texts[0], texts[1], texts[2], few_shot, reworded

    def _special(self, items: ItemColumns) -> list[tuple[int, Item]]:
        """Return, with their numbers, the items that get worked examples or a wording."""
        drawn: set[int] = set()
        for what, share in (
            ("few", self.choices.few_shot_share if self.pool else 0.0),
            ("reworded", self.choices.wording_share if self.wordings else 0.0),
        ):
            if share:
                hashed = places(self.choices.seed, what, self.task.name, items.ids.to_pylist())
                drawn |= {number for number, value in enumerate(hashed) if value < share * SPAN}
        if not drawn:
            return []
        numbers = sorted(drawn)
        return list(zip(numbers, items.items(numbers), strict=True))

    def _definition(self, name: str) -> tuple[str, str]:
        """Return the definition that an item is asked with, and whose wording it is: empty for the task's own."""
        choices, task = self.choices, self.task
        if not self.wordings or place(choices.seed, "reworded", task.name, name) >= choices.wording_share * SPAN:
            return task.definition, ""
        drawn = self.wordings[place(choices.seed, "wording", task.name, name) % len(self.wordings)]
        return drawn.text, drawn.author

    def _wanted_shots(self, name: str) -> int:
        most = self.choices.shots
        if most is None:
            most = self.task.shots if isinstance(self.task.shots, int) and self.task.shots > 0 else DEFAULT_SHOTS
        fewest = most if self.choices.fewest_shots is None else min(self.choices.fewest_shots, most)
        return fewest + place(self.choices.seed, "how many", self.task.name, name) % (most - fewest + 1)
