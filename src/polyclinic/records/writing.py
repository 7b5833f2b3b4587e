"""Records into a folder of Parquet files, in row groups of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from polyclinic.records.schema import column_of, record_schema
from polyclinic.records.types import Record

BATCH = 4096  # records held in memory while writing
GROUP_BYTES = 64 << 20  # text in a row group, at most, but for the last record of it
GATHERED = 256  # records that become columns at a time


def write_records(folder: Path, records: Iterable[Record], record_type: type[Record]) -> int:
    """Write records into `folder/records.parquet`, in order, and return how many there were.

    The bytes depend on the records alone, so equal records give equal files.
    """
    return write_parts(folder, records, record_type)


def write_parts(
    folder: Path,
    parts: Iterable[Any],
    record_type: type[Any],
    *,
    compression: Literal["zstd", "snappy"] = "zstd",
    unlike: Sequence[str] = (),
) -> int:
    """Write records that come one by one or, as Arrow record batches with `record_schema`, many at a time.

    The bytes depend on the records alone, not on how they come; with the usual arguments they are those of
    `write_records`.

    Args:
        folder: where `records.parquet` is written.
        parts: records and record batches, in order.
        record_type: what they are.
        compression: zstd, or snappy, which takes two thirds of the time to write and half as much space again.
        unlike: text columns whose values hardly ever repeat; no dictionary of them is tried.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    schema = record_schema(record_type)
    count = 0
    # Columns are named as Parquet does: of a list, its elements.
    paths = [f"{f.name}.list.element" if pa.types.is_list(f.type) else f.name for f in schema if f.name not in unlike]
    dictionary = paths if unlike else True
    file = folder / "records.parquet"
    with pq.ParquetWriter(file, schema, compression=compression, use_dictionary=dictionary) as writer:
        for group in _groups(_as_batches(parts, schema)):
            writer.write_table(pa.Table.from_batches(group, schema).combine_chunks())
            count += sum(batch.num_rows for batch in group)
    return count


def _as_batches(parts: Iterable[Any], schema: Any) -> Iterator[Any]:
    """Yield Arrow record batches; records that come one by one are gathered."""
    import pyarrow as pa

    records: list[Any] = []

    def gathered() -> Any:
        columns = [column_of(records, name) for name in schema.names]
        arrays = [pa.array(c, type=schema.field(i).type) for i, c in enumerate(columns)]
        return pa.record_batch(arrays, schema=schema)

    for part in parts:
        if not isinstance(part, pa.RecordBatch):
            records.append(part)
        if records and (len(records) == GATHERED or isinstance(part, pa.RecordBatch)):
            yield gathered()
            records.clear()
        if isinstance(part, pa.RecordBatch):
            yield part
    if records:
        yield gathered()


def _groups(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield row groups, each as batches: BATCH rows, or fewer when these hold GROUP_BYTES of text.

    Where a group ends depends on the rows alone, not on the batches they come in.
    """
    import numpy as np

    group: list[Any] = []
    rows = most = 0  # rows in the group, and its bytes, of which text is a part
    for whole in batches:
        batch = whole
        while batch.num_rows:
            part, full = batch.slice(0, BATCH - rows), False
            if most + part.nbytes >= GROUP_BYTES:  # rare, so that texts are measured only here
                room = GROUP_BYTES - sum(int(_text_bytes(one).sum()) for one in group)
                sums = np.cumsum(_text_bytes(part))
                if full := bool(sums[-1] >= room):
                    part = batch.slice(0, int(np.searchsorted(sums, room)) + 1)
            group.append(part)
            rows, most = rows + part.num_rows, most + part.nbytes
            batch = batch.slice(part.num_rows)
            if full or rows == BATCH:
                yield group
                group, rows, most = [], 0, 0
    if group:
        yield group


def _text_bytes(batch: Any) -> Any:
    """Return the bytes of text in each row of a record batch."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    sizes = np.zeros(batch.num_rows, dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_string(column.type):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    return sizes
