"""Rows of .jsonl, .json, .csv, .tsv and .parquet files, and documents from them by a map of fields."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from polyclinic.corpus.readers.opened import plain
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece, Row, UnreadableError
from polyclinic.corpus.readers.plain import decoded, filled
from polyclinic.errors import UserError
from polyclinic.records import Document, row_reader

FIELDS = frozenset(Document.__dataclass_fields__) - {"type_name"}
BATCH = 256  # rows of a Parquet file that are held at a time
Layout = Callable[[Row, str], Row]  # a row and its place -> fields of a document


def rows_of(piece: Piece) -> Iterator[tuple[str, Row]]:
    """Yield (place, row) for the rows of a piece; raises UnreadableError when it holds none."""
    name = plain(piece.name).lower()
    if name.endswith(".parquet"):
        yield from _parquet_rows(piece)
    elif name.endswith((".csv", ".tsv")):
        yield piece.place, _csv_row(piece, "\t" if name.endswith(".tsv") else ",")
    else:
        yield piece.place, json_object(decoded(piece.data))


def read_rows(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield a document for each row that has the fields of one, or that the map of fields makes one."""
    yield from _documents(piece, lambda row, place: filled(_mapped(row, options), options))


def read_layout(piece: Piece, options: Options, layout: Layout) -> Iterator[Made]:
    """Yield a document for each row, through a published layout; what it refuses is left out.

    Domain and source are the layout's unless the user names others.
    """
    named = {name: value for name in ("domain", "source") if (value := options.defaults.get(name))}
    yield from _documents(piece, lambda row, place: {**filled(layout(row, place), options), **named})


def _documents(piece: Piece, layout: Layout) -> Iterator[Made]:
    make = _document_reader()
    for place, row in rows_of(piece):
        try:
            fields = layout(row, place)
            if fields.get("id") in (None, ""):
                fields["id"] = place
            yield make(fields, place)
        except UserError as error:
            yield LeftOut(place, "not a document", str(error).removeprefix(f"{place}: "))
        except UnreadableError as error:
            yield LeftOut(place, error.reason, error.detail)


@functools.cache
def _document_reader() -> Callable[[Row, str], Document]:
    return row_reader(Document)


def as_text(value: Any) -> str:
    """Return a cell as text; numbers without a needless decimal."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else str(value)


def needed(row: Row, *names: str) -> str:
    """Return the first of these columns that has something in it; raises UnreadableError when none has."""
    for name in names:
        if text := as_text(row.get(name)):
            return text
    if any(name in row for name in names):
        raise UnreadableError("no text", f"the column '{names[0]}' is empty")
    raise UnreadableError("another layout", f"no column '{names[0]}'; found {', '.join(map(str, list(row)[:12]))}")


def json_object(text: str) -> Row:
    """Return a JSON object; raises UnreadableError when it is none."""
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        detail = f"broken JSON at column {error.colno}: {error.msg}; expected one object a line"
        raise UnreadableError("broken JSON", detail) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, endless brackets
        raise UnreadableError("broken JSON", f"JSON that cannot be read: {error}") from error
    if not isinstance(row, dict):
        raise UnreadableError("broken JSON", f"expected a JSON object, found {type(row).__name__}")
    return row


def _mapped(row: Row, options: Options) -> Row:
    fields: Row = {}
    used = set()
    for field, column in options.fields.items():
        if column not in row:
            raise UnreadableError("another layout", f"no column '{column}'; found {', '.join(list(row)[:12])}")
        fields[field] = row[column]
        used.add(column)
    for column, value in row.items():
        if column in used:
            continue
        if column in FIELDS:
            fields.setdefault(column, value)
        elif options.extra_fields == "error":
            fields[column] = value  # named, with what a document has, where the document is made
        elif options.extra_fields == "metadata" and value not in (None, ""):
            fields["metadata"] = {**_metadata(fields), column: plain_value(value)}
    if isinstance(fields.get("id"), (int, float)) and not isinstance(fields["id"], bool):
        fields["id"] = as_text(fields["id"])
    if fields.get("sections") == "":
        del fields["sections"]
    return fields


def _metadata(fields: Row) -> Row:
    found = fields.get("metadata")
    if isinstance(found, str) and found:
        found = json_object(found)
    return found if isinstance(found, dict) else {}


def plain_value(value: Any) -> Any:
    """Return a cell as JSON can hold it."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, dict):
        return {str(name): plain_value(one) for name, one in value.items()}
    return [plain_value(one) for one in value] if isinstance(value, (list, tuple)) else str(value)


def _csv_row(piece: Piece, delimiter: str) -> Row:
    csv.field_size_limit(2**31 - 1)  # a document may be longer than Python's 131,072 characters
    names = next(csv.reader([piece.header], delimiter=delimiter))
    text = decoded(piece.data)
    try:
        # Not by lines: a cell may hold line breaks of every kind.
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableError("broken csv", str(error)) from error
    if len(found) != 1 or len(found[0]) != len(names):
        cells = len(found[0]) if found else 0
        detail = f"the row has {cells} cells, the header {len(names)}"
        raise UnreadableError("broken csv", detail)
    return dict(zip(names, found[0], strict=True))


def _parquet_rows(piece: Piece) -> Iterator[tuple[str, Row]]:
    """Yield the rows of the row group that a piece names: `path`, the group and its first row, by lines."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, group, first = piece.header.split("\n")
    number = int(first)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH, row_groups=[int(group)]):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{piece.name}:{number}", row
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError("broken Parquet", f"after row {number}: {error}") from error
