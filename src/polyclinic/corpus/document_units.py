"""Corpora of documents in units of work: some row groups of one Parquet file each, numbered through.

A unit is read in batches, and what becomes of it is a part of the artifact, so that neither grows with the corpus.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from polyclinic.records import Document, read_records, record_schema, write_parts, write_records

UNIT_ROWS, UNIT_BYTES = 1 << 14, 256 << 20  # of one unit, unless a single row group has more
GROUP_ROWS, GROUP_BYTES = 1 << 16, 512 << 20  # of a row group that is read as it is
BATCH_ROWS = 512  # read at a time
RECORDS = "records.parquet"  # of a part


class Unit(msgspec.Struct, frozen=True):
    """Documents `first` to `first + rows - 1` of all; those of its row groups behind the first `skipped`."""

    corpus: int  # place of the corpus among those named
    file: str
    row_groups: list[int]
    first: int
    rows: int
    skipped: int = 0


def list_units(corpora: Sequence[Path], folder: Path, most_rows: int | None = None) -> list[Unit]:
    """Return the units of all corpora; written into `folder` once, and the same ever after.

    A corpus that is not a folder of Parquet files as this package writes them is copied into `folder` as one.

    Args:
        corpora: folders or files of documents.
        folder: for the list, and for copies.
        most_rows: of a unit, where a document takes so long that even a row group is too much for one process.

    Raises UserError for what is not documents.
    """
    listed = folder / "units.json"
    if listed.exists():
        return msgspec.json.decode(listed.read_bytes(), type=list[Unit])
    folder.mkdir(parents=True, exist_ok=True)
    units: list[Unit] = []
    first = 0
    for corpus, path in enumerate(corpora):
        for file in _parquet_files(path, folder / f"corpus-{corpus:03d}"):
            for row_groups, rows in _grouped(file, most_rows or UNIT_ROWS):
                most = most_rows or rows
                for skipped in range(0, rows, most):
                    size = min(most, rows - skipped)
                    units.append(Unit(corpus, str(file), row_groups, first + skipped, size, skipped))
                first += rows
    half = listed.with_suffix(".half")
    half.write_bytes(msgspec.json.encode(units))
    os.replace(half, listed)
    return units


def read_unit(unit: Unit, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Yield a unit's documents as Arrow record batches, with these columns or all."""
    import pyarrow.parquet as pq

    begin, end, seen = unit.skipped, unit.skipped + unit.rows, 0
    with pq.ParquetFile(unit.file) as stream:
        for group in unit.row_groups:
            # One row group at a time: several would be read ahead.
            for batch in stream.iter_batches(
                batch_size=BATCH_ROWS,
                row_groups=[group],
                columns=list(columns) if columns else None,
                use_threads=False,
            ):
                first, last = max(begin - seen, 0), min(end - seen, len(batch))
                if first < last:
                    yield batch.slice(first, last - first)
                seen += len(batch)
                if seen >= end:
                    return


def texts_of(batch: Any, name: str) -> list[str]:
    """Return a text column of a record batch; what is missing is empty."""
    return [value or "" for value in batch.column(name).to_pylist()]


def link_parts(parts: Sequence[Path], out: Path) -> None:
    """Make the records of parts those of the artifact `out`: a file for each part that has any, in their order."""
    out.mkdir(parents=True, exist_ok=True)
    filled = [part for part in parts if (part / RECORDS).exists()]
    for number, part in enumerate(filled):
        target = out / (RECORDS if len(filled) == 1 else f"records-{number:05d}.parquet")
        try:
            os.link(part / RECORDS, target)
        except OSError:  # a file system without hard links
            shutil.copyfile(part / RECORDS, target)
    if not filled:
        write_records(out, [], Document)


def write_unit(folder: Path, batches: Iterator[Any]) -> int:
    """Write what is left of a unit into a part, no file where it is nothing; return how many documents there are."""
    count = write_parts(folder, batches, Document)
    if not count:
        (folder / RECORDS).unlink()
    return count


def corpus_names(corpora: Sequence[Path]) -> list[str]:
    """Return a name for each corpus: that of its file or folder, with its number where several have the same."""
    names = [path.name for path in corpora]
    return [name if names.count(name) == 1 else f"{name} ({at})" for at, name in enumerate(names, start=1)]


def _parquet_files(path: Path, copy: Path) -> list[Path]:
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path] if path.suffix == ".parquet" else []
    if files and all(map(is_ours, files)):
        return [file.resolve() for file in files]
    whole = copy.with_name(f"{copy.name}-whole")
    if not whole.exists():
        write_records(copy, read_records(path, Document), Document)
        os.replace(copy, whole)
    return [(whole / "records.parquet").resolve()]


def is_ours(file: Path) -> bool:
    """Return whether a file has the columns of documents and row groups of a bounded size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as stream:
            about = stream.metadata
            groups = [about.row_group(i) for i in range(about.num_row_groups)]
            small = all(
                g.num_rows <= GROUP_ROWS and (g.total_byte_size <= GROUP_BYTES or g.num_rows == 1) for g in groups
            )
            return small and bool(stream.schema_arrow.equals(record_schema(Document)))
    except (pa.ArrowException, OSError):
        return False  # reading it as records says what is wrong


def _grouped(file: Path, most_rows: int) -> Iterator[tuple[list[int], int]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as stream:
        about = stream.metadata
    gathered: list[int] = []
    rows = size = 0
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        if gathered and (rows + group.num_rows > most_rows or size + group.total_byte_size > UNIT_BYTES):
            yield gathered, rows
            gathered, rows, size = [], 0, 0
        gathered.append(number)
        rows, size = rows + group.num_rows, size + group.total_byte_size
    if rows:
        yield gathered, rows
