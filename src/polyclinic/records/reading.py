"""Records from a folder of Parquet files, or from one .parquet, .jsonl, .jsonl.gz or .csv file, streamed."""

from __future__ import annotations

import csv
import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.records.json_lines import read_json_lines
from polyclinic.records.rows import row_reader
from polyclinic.records.types import Record
from polyclinic.records.writing import BATCH


def read_records(path: Path, record_type: type[Record]) -> Iterator[Record]:
    """Yield the records under `path`: a folder of Parquet files or one .parquet, .jsonl, .jsonl.gz or .csv file.

    Raises UserError, naming file and line or row, for an unknown or missing field, a wrong type, broken JSON,
    text that is not UTF-8, or a path that holds no such file.
    """
    if path.is_dir():
        files = sorted(path.glob("*.parquet"))
        if not files:
            raise UserError(f"{path}: no Parquet files here; expected a folder of {record_type.type_name}")
        for file in files:
            yield from _read_parquet(file, record_type)
    elif not path.exists():
        raise UserError(f"{path}: no such file or folder; expected {record_type.type_name}")
    elif path.suffix == ".parquet":
        yield from _read_parquet(path, record_type)
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        read = row_reader(record_type)
        for where, row in read_json_lines(path):
            yield read(row, where)
    elif path.suffix == ".csv":
        yield from _read_csv(path, record_type)
    else:
        raise UserError(
            f"{path}: cannot read {record_type.type_name} from this; "
            "expected a folder of Parquet files, .parquet, .jsonl, .jsonl.gz or .csv"
        )


def count_values(path: Path, record_type: type[Record], column: str) -> dict[str, int]:
    """Return how many records under `path` have each value of a text column, in the order of first appearance.

    Of a folder of Parquet files only that column is read; otherwise as `read_records`.
    """
    counts: dict[str, int] = {}
    if not path.is_dir() or not any(path.glob("*.parquet")):
        for record in read_records(path, record_type):
            value = getattr(record, column)
            counts[value] = counts.get(value, 0) + 1
        return counts
    import pyarrow.parquet as pq

    for file in sorted(path.glob("*.parquet")):
        with pq.ParquetFile(file) as stream:
            for batch in stream.iter_batches(batch_size=BATCH, columns=[column]):
                for entry in batch.column(0).value_counts().to_pylist():
                    value = entry["values"] or ""
                    counts[value] = counts.get(value, 0) + entry["counts"]
    return counts


def _read_parquet(path: Path, record_type: type[Record]) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    read = row_reader(record_type)
    try:
        with pq.ParquetFile(path) as file:
            row_number = 0
            for batch in file.iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    row_number += 1
                    yield read(row, f"{path}, row {row_number}")
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the file
        raise UserError(f"{path}: not a whole Parquet file ({error})") from error


def _read_csv(path: Path, record_type: type[Record]) -> Iterator[Record]:
    numbers = {n for n, h in typing.get_type_hints(record_type).items() if h in (float, float | None)}
    defaults = {f.name for f in dataclasses.fields(record_type) if f.default is not dataclasses.MISSING}
    read = row_reader(record_type)
    csv.field_size_limit(2**31 - 1)  # a document may be longer than Python's 131,072 characters
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        try:
            for row in reader:
                where = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise UserError(f"{where}: the row has another number of cells than the header")
                # An empty cell is a value that is not there; only a text that must be there may be empty.
                cells: dict[str, Any] = {k: v for k, v in row.items() if v != "" or k not in numbers | defaults}
                for name in numbers & cells.keys():
                    try:
                        cells[name] = float(cells[name])
                    except ValueError as error:
                        raise UserError(
                            f"{where}: field '{name}': expected a number, found {cells[name]!r}"
                        ) from error
                yield read(cells, where)
        except csv.Error as error:
            # Where the row begins: a quote that is never closed runs on to the end of the file.
            raise UserError(f"{path}:{reader.line_num + 1}: broken csv: {error}") from error
        except UnicodeDecodeError as error:
            where = f"{path}:{_line_that_is_not_utf8(path)}"
            raise UserError(f"{where}: not UTF-8 ({error.reason}); save the file as UTF-8") from error


def _line_that_is_not_utf8(path: Path) -> int:
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            try:
                raw.decode()
            except UnicodeDecodeError:
                return number
    return 1
