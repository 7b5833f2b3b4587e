"""Parquet tables, read in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

BATCH = 4096
BUFFER = 1 << 20  # bytes read at a time of each column, so that memory does not grow with a row group


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the rows of a Parquet file; cells without a value are not there."""
    import pyarrow as pa

    number = 1
    try:
        with open_table(file) as table:
            for batch in table.iter_batches(batch_size=BATCH, use_threads=False):
                yield from batch_rows(batch, file, number)
                number += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        yield damaged(file, error)


def open_table(file: Path) -> Any:
    """Open a Parquet file so that only a piece of each column is in memory."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False)


def batch_rows(batch: Any, file: Path, first: int) -> Iterator[Row | Bad]:
    """Yield the rows of a record batch, of which the first has the number `first` in the file."""
    names = batch.schema.names
    try:
        # Column by column: several times faster than making a dict of each row from Arrow's own cells.
        columns = [column.to_pylist() for column in batch.columns]
    except UnicodeDecodeError as error:
        last = first + batch.num_rows - 1
        yield Bad(
            f"{file}, rows {first} to {last}", f"text that is not UTF-8 ({error.reason}); write the table again"
        )
        return
    for number, cells in enumerate(zip(*columns, strict=True), start=first):
        fields = dict(zip(names, cells, strict=True))
        if None in cells:
            fields = {name: cell for name, cell in fields.items() if cell is not None}
        yield Row(f"{file}, row {number}", fields)


def damaged(file: Path, error: Exception) -> Bad:
    """Return what to say of a file that Arrow cannot read; raises the error again when it is the disk's."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    return Bad(str(file), f"not a whole Parquet file ({error}); copy or download it again")
