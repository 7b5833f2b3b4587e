"""Parquet tables, read in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

BATCH = 4096


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the rows of a Parquet file; cells without a value are not there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=BATCH):
                names = batch.schema.names
                # Column by column: several times faster than making a dict of each row from Arrow's own cells.
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    fields = dict(zip(names, cells, strict=True))
                    if None in cells:
                        fields = {name: cell for name, cell in fields.items() if cell is not None}
                    yield Row(f"{file}, row {number}", fields)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the file
        yield Bad(str(file), f"not a whole Parquet file ({error}); copy or download it again")
