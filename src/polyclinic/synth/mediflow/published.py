"""The layout of the published MediFlow data set: its columns, and what a row is as a sample.

Source: data card of `microsoft/mediflow`: splits `mediflow` and `mediflow_dpo`, licence CDLA-Permissive-2.0. How its
column `input_data` names a section of a document is not known to us; ours are written `Document Type: section`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import Sample, read_json_lines

SPLITS = ("mediflow", "mediflow_dpo")
SCORES = ("quality", "alignment", "coherence", "realism", "difficulty")
AXES = ("task_type", "input_data", "output_format", "difficulty_level")
OF_PAIRS = ("rejected_output", "error_type")  # empty outside of mediflow_dpo
COLUMNS = ("instruction", "input", "output", *AXES, *OF_PAIRS, *SCORES)
NEEDED = ("instruction", "input", "output")
LICENSE = "CDLA-Permissive-2.0"
SOURCE = "microsoft/mediflow"
AUTHOR = "GPT-4o-0806"  # who wrote the published set
WHOLE = "complete document"
BATCH = 2048


def published_row(sample: Sample, rejected: str = "", error_type: str = "") -> dict[str, Any]:
    """Return a sample as a row of the published set; scores that are not there are None."""
    known = sample.metadata
    part = str(known.get("input_data_granular", ""))
    source = str(known.get("input_data", ""))
    return {
        "instruction": sample.instruction,
        "input": sample.input,
        "output": sample.output,
        "task_type": str(known.get("task_type", "") or sample.task.removeprefix("mediflow.")),
        "input_data": f"{source}: {part}" if part and part != WHOLE else source,
        "output_format": str(known.get("output_format", "")),
        "difficulty_level": str(known.get("difficulty_level", "")),
        "rejected_output": rejected,
        "error_type": error_type,
        **{name: _number(known.get(name)) for name in SCORES},
    }


def row_as_sample(row: Mapping[str, Any], number: int, split: str, where: str) -> Sample:
    """Return a row of the published set as a sample; raises UserError for a column or a type it cannot have."""
    for name in row:
        if name not in COLUMNS:
            raise UserError(
                f"{where}: unknown column '{name}'{did_you_mean(name, COLUMNS)}; the published set has "
                f"{', '.join(COLUMNS)}"
            )
    for name in NEEDED:
        if not isinstance(row.get(name), str):
            raise UserError(f"{where}: column '{name}': expected text, found {type(row.get(name)).__name__}")
    known: dict[str, Any] = {name: str(row.get(name) or "") for name in AXES}
    source, _, part = known["input_data"].partition(": ")
    known["input_data"], known["input_data_granular"] = source, part or WHOLE
    known["output_format"] = known["output_format"].lower().replace(" ", "_")
    for name in SCORES:
        value = row.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise UserError(f"{where}: column '{name}': expected a number, found {value!r}")
        if value is not None:
            known[name] = float(value)
    known |= {name: str(row[name]) for name in OF_PAIRS if row.get(name)}
    key = re.sub(r"\W+", "_", known["task_type"].casefold().replace("&", "and")).strip("_")
    return Sample(
        id=f"{split}-{number}",
        task=f"mediflow.{key or 'unknown'}",
        instruction=row["instruction"],
        input=row["input"],
        output=row["output"],
        source=SOURCE,
        license=LICENSE,
        author=AUTHOR,
        metadata=known,
    )


def published_rows(data: Path, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, row) of one split, in order.

    Args:
        data: the user's copy: the data set's folder, a folder of its Parquet files, or one .parquet, .jsonl or
            .jsonl.gz file, which is taken for the split that is asked for.
        split: mediflow or mediflow_dpo.

    Raises:
        UserError: there is no such split, or a file cannot be read.
    """
    for path in split_files(data, split):
        if path.suffix == ".parquet":
            yield from _parquet_rows(path)
        else:
            yield from read_json_lines(path)


def split_files(data: Path, split: str) -> list[Path]:
    """Return the files of a split, in order; raises UserError when there is none."""
    if data.is_file():
        if not data.name.endswith((".parquet", ".jsonl", ".jsonl.gz")):
            raise UserError(f"{data}: expected .parquet, .jsonl or .jsonl.gz")
        return [data]
    # `mediflow-00000.parquet` and `mediflow/part.parquet`, and nothing of `mediflow_dpo`.
    named = re.compile(rf"(?:^|/){split}(?:[-./][^/]*)?\.(?:parquet|jsonl|jsonl\.gz)$")
    files = [path for path in sorted(data.rglob("*")) if path.is_file()]
    found = [path for path in files if named.search(path.relative_to(data).as_posix())]
    if not found:
        there = ", ".join(path.relative_to(data).as_posix() for path in files[:5]) or "nothing"
        raise UserError(f"{data}: no files of the split {split}; expected data/{split}-*.parquet, found {there}")
    return found


def _parquet_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", row
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(f"{path}: not a whole Parquet file ({error})") from error


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
