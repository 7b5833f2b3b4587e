"""What a data set holds, counted while its records pass once: axes, scores, lengths, copies, a few to look at."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.records import Preference, Sample, read_records
from polyclinic.synth.dataset_card import Described

SHOWN_AT_MOST = 1500  # records in the browser of a page
SCORE_NAMES = (
    *("quality", "alignment", "coherence", "realism", "difficulty"),
    *("correctness", "grounding", "format"),
)
STEPS_OF_SCORE = 5  # columns of a distribution between two whole scores
GRIDS = (
    ("task_type", "difficulty_level"),
    ("task_type", "output_format"),
    ("input_data", "task_type"),
    ("error_type", "task_type"),
    ("topic", "aspect"),
    ("task", "domain"),
    ("task", "language"),
)
MOST_VALUES = 60  # of an axis that is shown


@dataclass
class Counted:
    """The counts of one data set."""

    described: Described
    grids: dict[tuple[str, str], Counter[tuple[str, str]]] = field(default_factory=dict)
    scores: dict[str, Counter[int]] = field(default_factory=dict)  # name -> step of the score -> records
    lengths: dict[str, array[int]] = field(default_factory=dict)  # part -> words
    contents: dict[str, array[int]] = field(default_factory=dict)  # part -> hash of its text
    shown: list[Sample] = field(default_factory=list)

    def take(self, number: int, sample: Sample, every: int) -> None:
        """Count one record; every so many are kept to be shown."""
        self.described.take(sample)
        known: Mapping[str, Any] = {
            **sample.metadata,
            "task": sample.task,
            "domain": sample.domain or "none said",
            "language": sample.language,
        }
        for grid in GRIDS:
            if known.get(grid[0]) and known.get(grid[1]):
                self.grids.setdefault(grid, Counter())[str(known[grid[0]]), str(known[grid[1]])] += 1
        for name in SCORE_NAMES:
            value = known.get(name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self.scores.setdefault(name, Counter())[round(value * STEPS_OF_SCORE)] += 1
        parts = {"instruction": sample.instruction, "input": sample.input, "output": sample.output}
        parts["rejected output"] = str(known.get("rejected_output", ""))
        for part, text in parts.items():
            if text:
                self.lengths.setdefault(part, array("l")).append(len(text.split()))
                self.contents.setdefault(part, array("Q")).append(_hash(text))
        self.contents.setdefault("instruction with input and output", array("Q")).append(
            _hash("\0".join((sample.instruction, sample.input, sample.output)))
        )
        if number % every == 0 and len(self.shown) < SHOWN_AT_MOST:
            self.shown.append(sample)

    def different(self) -> dict[str, tuple[int, int]]:
        """Return for each part how many there are and how many different ones."""
        import numpy as np

        return {
            part: (len(found), len(np.unique(np.frombuffer(found, dtype=np.uint64))))
            for part, found in self.contents.items()
        }


def count_records(folder: Path, record_type: type[Sample] | type[Preference], name: str) -> Counted:
    """Return the counts of the records in an artifact's folder; preferences are counted as samples with a rejected
    output.

    Args:
        folder: with `records.parquet`.
        record_type: Sample or Preference.
        name: of the data set, for people.
    """
    import pyarrow.parquet as pq

    total = pq.ParquetFile(folder / "records.parquet").metadata.num_rows
    counted = Counted(Described(name))
    every = max(1, -(-total // SHOWN_AT_MOST))
    for number, sample in enumerate(_as_samples(folder, record_type)):
        counted.take(number, sample, every)
    return counted


def _as_samples(folder: Path, record_type: type[Sample] | type[Preference]) -> Iterator[Sample]:
    if record_type is Sample:
        yield from read_records(folder, Sample)
        return
    pairs: Iterable[Preference] = read_records(folder, Preference)
    for pair in pairs:
        yield Sample(
            id=pair.id,
            task=pair.task,
            output=pair.chosen,
            input=pair.input,
            instruction=pair.instruction,
            document=pair.document,
            domain=pair.domain,
            language=pair.language,
            source=pair.source,
            license=pair.license,
            author=pair.author,
            metadata={
                "rejected_output": pair.rejected,
                "error_type": pair.error_type,
                "task_type": pair.task.rpartition(".")[2],
            },
        )


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
