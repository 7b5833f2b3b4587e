"""Rows of .jsonl and Parquet files as columns, many at a time: what fills templates fast.

A batch that holds anything unusual (a broken line, a number where text is expected, a value that is not there) says
nothing by columns; its rows are then read one by one, by the readers that every other format goes through, so that
the outcome is the same.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers import json_rows, parquet_rows
from polyclinic.tasks.readers.compressed import DAMAGE, open_bytes, plain_name
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.text_lines import decoded, is_utf8, text_lines
from polyclinic.tasks.source import Source

CHUNK = 4 << 20  # bytes of lines that are read at a time
LOOKED_AT = 64  # lines by which the types of fields are found
DEEP = 800  # brackets in a line, each closed again, from which Python's reader might refuse it
LONG_NUMBER = b"0" * 4300  # digits from which Python's reader refuses a number
_DIGITS = bytes(ord("0") if chr(i).isdecimal() and i < 128 else ord(" ") for i in range(256))


@dataclass
class Batch:
    """Consecutive rows of a file."""

    before_number: str  # what stands before the number in a row's place: "file:" or "file, row "
    numbers: Any  # Arrow int64: the number of each row in the file
    columns: dict[str, Any] | None  # field -> Arrow array: text, whole numbers, lists, maps of text; None: unusual
    rows: Callable[[], Iterator[Row | Bad]]  # the same rows, one by one


def can_batch(file: Path, source: Source) -> bool:
    """Return whether the rows of a file can come as columns."""
    name = plain_name(file)
    if source.format not in ("json_rows", "parquet_rows", "multiple_choice", "sentence_pairs"):
        return False
    if name.endswith(".parquet"):
        return source.format != "json_rows"
    return (
        name.endswith((".jsonl", ".ndjson"))
        and source.format != "parquet_rows"
        and not (source.format == "json_rows" and source.each)
        and is_utf8(source.encoding)
    )


def row_batches(file: Path, source: Source, wanted: frozenset[str]) -> Iterator[Batch]:
    """Yield the rows of a file in batches, in order; of the fields only those that are wanted become columns."""
    if plain_name(file).endswith(".parquet"):
        yield from _table_batches(file, source, wanted)
    else:
        yield from _line_batches(file, source, wanted)


def _line_batches(file: Path, source: Source, wanted: frozenset[str]) -> Iterator[Batch]:
    import numpy as np
    import pyarrow as pa

    encoding = source.encoding
    number, decode = 1, None
    with open_bytes(file) as stream:
        while True:
            try:
                lines = stream.readlines(CHUNK)
            except DAMAGE:  # said by the reader of rows, which reads on from here and names the line
                rest = itertools.islice(text_lines(file, encoding), number - 1, None)
                yield Batch(f"{file}:", None, None, _line_rows(rest, file, encoding, number))
                return
            if not lines:
                return
            if number == 1:
                if lines[0].strip() in (b"[", b"{"):  # one document, whatever the file is called
                    yield Batch(f"{file}:", None, None, lambda: json_rows.read(file, source))
                    return
                decode = _decoder(lines, wanted)
            columns = None if decode is None else _decoded_columns(lines, *decode)
            numbers = None if columns is None else pa.array(np.arange(number, number + len(lines)))
            texts = decoded(lines, file, encoding, number)
            yield Batch(f"{file}:", numbers, columns, _line_rows(texts, file, encoding, number))
            number += len(lines)


def _line_rows(
    lines: Iterator[str | Bad], file: Path, encoding: str, first: int
) -> Callable[[], Iterator[Row | Bad]]:
    return lambda: json_rows.line_rows(lines, file, encoding, first)


def _decoder(lines: Sequence[bytes], wanted: frozenset[str]) -> tuple[Any, dict[str, str]] | None:
    """Return a decoder for lines like these that makes only the wanted fields, and its names for them.

    None when one of them is of no simple type.
    """
    import msgspec

    types: dict[str, Any] = {}
    for line in lines[:LOOKED_AT]:
        try:
            row = json.loads(line.decode())
        except (ValueError, RecursionError):
            continue
        for name in wanted & row.keys() if isinstance(row, dict) else ():
            if row[name] is not None and name not in types:
                types[name] = _simple_type(row[name])
    if not types or None in types.values():
        return None
    # Fields of a struct are called a, b, ... since a field of a file may have any name.
    names = {f"field_{place}": name for place, name in enumerate(sorted(types))}
    struct = msgspec.defstruct(
        "Line", [(field, types[name] | None, None) for field, name in names.items()], rename=names, gc=False
    )
    return msgspec.json.Decoder(struct), names


def _simple_type(value: Any) -> Any:
    if type(value) in (str, int):
        return type(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return list[str]
    if isinstance(value, dict) and all(isinstance(part, str) for part in value.values()):
        return dict[str, str]
    return None


def _decoded_columns(lines: Sequence[bytes], decoder: Any, names: dict[str, str]) -> dict[str, Any] | None:
    import msgspec
    import pyarrow as pa

    decode = decoder.decode
    try:
        rows = [decode(line) for line in lines]
        # Fields that are not wanted were passed over: what Python's reader would refuse in them is looked for here.
        if not all(map(bytes.isascii, lines)):
            b"".join(lines).decode()
        if max(map(len, lines)) > 2 * DEEP and any(map(_refused, lines)):
            return None
        columns = {name: _array(list(map(attrgetter(field), rows))) for field, name in names.items()}
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, pa.ArrowException):
        return None
    return columns


def _refused(line: bytes) -> bool:
    """Return whether Python's reader might refuse a line for what it is nested, or for a number of endless digits."""
    if len(line) > 2 * DEEP and line.count(b"[") + line.count(b"{") > DEEP:
        return True
    return len(line) > len(LONG_NUMBER) and LONG_NUMBER in line.translate(_DIGITS)


def _array(values: list[Any]) -> Any:
    import pyarrow as pa

    first = next((value for value in values if value is not None), "")
    if isinstance(first, str):
        return pa.array(values, pa.string())
    if isinstance(first, int):
        return pa.array(values, pa.int64())
    if None in values:
        kind = pa.map_(pa.string(), pa.string()) if isinstance(first, dict) else pa.list_(pa.string())
        return pa.array([list(v.items()) if isinstance(v, dict) else v for v in values], kind)
    # By hand, since Arrow is slow to make nested arrays.
    offsets = pa.array(list(itertools.accumulate(map(len, values), initial=0)), pa.int32())
    if isinstance(first, dict):
        keys = pa.array(list(itertools.chain.from_iterable(values)), pa.string())
        cells = pa.array([cell for value in values for cell in value.values()], pa.string())
        return pa.MapArray.from_arrays(offsets, keys, cells)
    return pa.ListArray.from_arrays(offsets, pa.array(list(itertools.chain.from_iterable(values)), pa.string()))


def _table_batches(file: Path, source: Source, wanted: frozenset[str]) -> Iterator[Batch]:
    import numpy as np
    import pyarrow as pa

    number = 1
    whole = _WholeRows(file)
    try:
        with parquet_rows.open_table(file) as table:
            names = [name for name in table.schema_arrow.names if name in wanted]
            for batch in table.iter_batches(batch_size=parquet_rows.BATCH, columns=names or None, use_threads=False):
                columns = {name: simple_array(batch.column(name)) for name in names}
                usual = bool(names) and None not in columns.values()
                numbers = pa.array(np.arange(number, number + batch.num_rows))
                rows = whole.reader(number, batch.num_rows)
                yield Batch(f"{file}, row ", numbers, columns if usual else None, rows)
                number += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        problem = parquet_rows.damaged(file, error)
        yield Batch(f"{file}, row ", None, None, lambda: iter([problem]))


class _WholeRows:
    """The rows of a Parquet file with all their columns, read only where they are asked for, in order."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._batches: Iterator[Any] | None = None
        self._batch: Any = None
        self._first = 1  # number of the batch's first row

    def reader(self, first: int, count: int) -> Callable[[], Iterator[Row | Bad]]:
        """Return a function that yields `count` rows, of which the first has the number `first`."""
        return lambda: self._rows(first, first + count)

    def _rows(self, number: int, stop: int) -> Iterator[Row | Bad]:
        if self._batches is None:
            table = parquet_rows.open_table(self.file)
            self._batches = table.iter_batches(batch_size=parquet_rows.BATCH, use_threads=False)
            self._batch = next(self._batches)
        while number < stop:
            while number >= self._first + self._batch.num_rows:
                self._first += self._batch.num_rows
                self._batch = next(self._batches)
            part = self._batch.slice(number - self._first, stop - number)
            yield from parquet_rows.batch_rows(part, self.file, number)
            number += part.num_rows


def simple_array(array: Any) -> Any:
    """Return an Arrow array of text, whole numbers, lists or maps of text; None where it is of another type."""
    import pyarrow as pa

    try:
        return _simple_array(array)
    except pa.ArrowInvalid:  # text that is not UTF-8, a number too large
        return None


def _simple_array(array: Any) -> Any:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        array = array.cast(pa.string())
        kind = array.type
    if pa.types.is_string(kind):
        array.validate(full=True)  # text that is not UTF-8
        return array
    if pa.types.is_integer(kind):
        return array.cast(pa.int64())
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and pa.types.is_string(kind.value_type):
        made = array.cast(pa.list_(pa.string()))
        made.flatten().validate(full=True)
        return made
    if pa.types.is_struct(kind) and all(pa.types.is_string(field.type) for field in kind) and kind.num_fields:
        return _map_of(array)
    return None


def _map_of(array: Any) -> Any:
    """Return a struct of texts, such as options by letter, as a map; None when a value is not there."""
    import numpy as np
    import pyarrow as pa

    names = [field.name for field in array.type]
    cells = [array.field(place) for place in range(len(names))]
    if array.null_count or any(cell.null_count for cell in cells):
        return None
    count, width = len(array), len(names)
    # Column after column becomes row after row.
    order = np.arange(count * width).reshape(width, count).T.ravel()
    values = pa.concat_arrays(cells).take(pa.array(order))
    values.validate(full=True)
    keys = pa.array(names * count, pa.string())
    return pa.MapArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * width), keys, values)
