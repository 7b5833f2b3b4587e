"""`synth.export`: samples and preferences as a data set of MediFlow's published layout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Preference, Sample, read_records
from polyclinic.step_settings import Preferences, Samples, Settings
from polyclinic.steps import Work, step_kind
from polyclinic.synth.dataset_card import Described, write_card
from polyclinic.synth.mediflow.published import COLUMNS, SCORES, SPLITS, published_row

ROWS_OF_A_FILE = 500_000
ROWS_AT_ONCE = 4096


class ExportSettings(Settings):
    """What goes into the two splits."""

    samples: list[Samples] = Field(min_length=1, description="samples of the split mediflow, with their scores")
    preferences: list[Preferences] = Field([], description="preferences of the split mediflow_dpo")
    name: str = Field("MediFlow-like instructions", min_length=1, description="name of the data set, for its card")


@step_kind("synth.export", ExportSettings, output="dataset", version=1)
def export(settings: ExportSettings, work: Work) -> None:
    """Write a data set with the columns and split names of `microsoft/mediflow`, and its card.

    `datasets.load_dataset(FOLDER)` gives the splits `mediflow` and `mediflow_dpo`. Axes and scores of a preference
    are those of the sample with the same instruction, input and output, where it is among the samples.
    """
    described = Described(settings.name)

    def rows() -> Iterator[dict[str, Any]]:
        for path in settings.samples:
            for sample in read_records(path, Sample):
                described.take(sample)
                yield published_row(sample)

    counts = {SPLITS[0]: write_split(work.out / "data", SPLITS[0], rows())}
    if not counts[SPLITS[0]]:
        raise UserError(f"synth.export: no samples in {', '.join(map(str, settings.samples))}")
    if settings.preferences:
        counts[SPLITS[1]] = write_split(work.out / "data", SPLITS[1], _rows_of_pairs(settings))
    write_card(work.out, described, splits=counts)
    work.facts.update(rows=counts, columns=list(COLUMNS))


def write_split(folder: Path, split: str, rows: Iterator[dict[str, Any]]) -> int:
    """Write the rows of a split into files of at most 500,000 rows and return how many there were."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([(name, pa.float64() if name in SCORES else pa.string()) for name in COLUMNS])
    total, gathered = 0, list[dict[str, Any]]()
    writer: Any = None

    def flush() -> None:
        nonlocal writer, total
        if writer is None or total % ROWS_OF_A_FILE == 0:
            if writer is not None:
                writer.close()
            writer = pq.ParquetWriter(
                folder / f"{split}-{total // ROWS_OF_A_FILE:05d}.parquet", schema, compression="zstd"
            )
        writer.write_table(pa.Table.from_pylist(gathered, schema))
        total += len(gathered)
        gathered.clear()

    try:
        for row in rows:
            gathered.append(row)
            if len(gathered) == ROWS_AT_ONCE or (total + len(gathered)) % ROWS_OF_A_FILE == 0:
                flush()
        if gathered:
            flush()
    finally:
        if writer is not None:
            writer.close()
    return total


def _rows_of_pairs(settings: ExportSettings) -> Iterator[dict[str, Any]]:
    """Yield the rows of the second split in the order of the preferences."""
    wanted = {
        _key(pair.instruction, pair.input, pair.chosen)
        for path in settings.preferences
        for pair in read_records(path, Preference)
    }
    known: dict[bytes, dict[str, Any]] = {}
    for path in settings.samples:
        for sample in read_records(path, Sample):
            key = _key(sample.instruction, sample.input, sample.output)
            if key in wanted:
                known[key] = sample.metadata
    for path in settings.preferences:
        for pair in read_records(path, Preference):
            sample = Sample(
                id=pair.id,
                task=pair.task,
                output=pair.chosen,
                input=pair.input,
                instruction=pair.instruction,
                metadata=known.get(_key(pair.instruction, pair.input, pair.chosen), {}),
            )
            yield published_row(sample, pair.rejected, pair.error_type)


def _key(*texts: str) -> bytes:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
