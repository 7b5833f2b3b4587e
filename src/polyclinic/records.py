"""What flows between the stages: Document, Sample, Preference, Reply, Score, and their Parquet form.

A set of records is a folder of Parquet files. Wherever records are asked for, a single `.parquet`, `.jsonl`,
`.jsonl.gz` or `.csv` file is taken as well. Reading streams, so memory does not grow with the number of records.
This file knows nothing about models, recipes or where the records came from.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
import operator
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from polyclinic.errors import UserError, did_you_mean

BATCH = 4096  # records held in memory while reading or writing
GROUP_BYTES = 64 << 20  # text in a row group, at most, but for the last record of it
GATHERED = 256  # records that become columns at a time


@dataclass(frozen=True, slots=True)
class Document:
    """A text that somebody wrote."""

    type_name: ClassVar[str] = "documents"

    id: str  # unique within its source
    text: str  # the text itself, plain or Markdown
    title: str = ""  # heading under which a person would find it
    domain: str = ""  # which specialist reads it: notes, guidelines, encyclopedia, medcode, pubmed, ...
    language: str = "en"  # BCP 47
    source: str = ""  # data set or file it was taken from
    license: str = ""  # SPDX name where there is one
    metadata: dict[str, Any] = field(default_factory=dict)  # what a source knows beyond this, e.g. an ICD code


@dataclass(frozen=True, slots=True)
class Sample:
    """Something to do and what a good reply is: a training example, or an item of a test."""

    type_name: ClassVar[str] = "samples"

    id: str  # unique within its set
    task: str  # catalog name, or the kind of work a teacher was asked for, e.g. pit.summary
    output: str  # the good reply
    input: str = ""  # the text the work is done on: the user's turn
    instruction: str = ""  # what is to be done: the system turn
    options: tuple[str, ...] = ()  # closed choices, the right one among them
    subset: str = ""  # part of the task that is reported apart, e.g. seen or unseen
    document: str = ""  # id of the document it was made from
    domain: str = ""  # as in Document
    language: str = "en"  # BCP 47
    source: str = ""  # as in Document
    license: str = ""  # as in Document
    author: str = ""  # who wrote the reply: a data set, a teacher model, the extractive teacher
    metadata: dict[str, Any] = field(default_factory=dict)  # what a task knows beyond this


@dataclass(frozen=True, slots=True)
class Preference:
    """Two replies to the same request, the first better than the second."""

    type_name: ClassVar[str] = "preferences"

    id: str  # unique within its set
    task: str  # as in Sample
    chosen: str  # the better reply
    rejected: str  # the worse reply
    input: str = ""  # as in Sample
    instruction: str = ""  # as in Sample
    error_type: str = ""  # what was made worse
    document: str = ""  # as in Sample
    domain: str = ""  # as in Document
    language: str = "en"  # BCP 47
    source: str = ""  # as in Document
    license: str = ""  # as in Document
    author: str = ""  # who wrote the rejected reply


@dataclass(frozen=True, slots=True)
class Score:
    """What one model got for one item of one task."""

    type_name: ClassVar[str] = "scores"

    model: str  # name of the model for people
    fingerprint: str  # fingerprint of its weights, tokenizer and template
    task: str  # catalog name
    item: str  # id of the Sample
    metric: str  # accuracy, negative_log_likelihood, ...
    scorer: str  # name and version of the scorer
    value: float | None  # None when the item could not be scored
    unscored_reason: str = ""  # why, when value is None
    subset: str = ""  # as in Sample
    weight: float = 1.0  # share in the mean: 1 for an item, the number of tokens for a perplexity
    cluster: str = ""  # patient or document that several items share
    prompt: str = ""  # what the model was asked
    reply: str = ""  # what it answered, or the option it preferred
    gold: str = ""  # what was right
    parts: dict[str, Any] = field(default_factory=dict)  # what a pooled figure is made of: matched, gold ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What one model answered to one item, with all that scoring it needs."""

    type_name: ClassVar[str] = "replies"

    model: str  # as in Score
    fingerprint: str  # as in Score
    task: str  # catalog name
    item: str  # id of the Sample
    text: str = ""  # the reply, or the option that was preferred
    unanswered_reason: str = ""  # why there is no reply; such an item is never scored
    finish_reason: str = ""  # stop, length, ...
    prompt: str = ""  # what the model read
    cuts: tuple[str, ...] = ()  # what was left out of the prompt for it to fit the window
    input: str = ""  # the Sample's
    gold: str = ""  # the Sample's output
    options: tuple[str, ...] = ()  # the Sample's
    subset: str = ""  # the Sample's
    cluster: str = ""  # the Sample's document
    metadata: dict[str, Any] = field(default_factory=dict)  # the Sample's; log-likelihoods where options were weighed


Record = TypeVar("Record", Document, Sample, Preference, Score, Reply)
RECORD_TYPES: Mapping[str, type[Any]] = types.MappingProxyType(
    {t.type_name: t for t in (Document, Sample, Preference, Score, Reply)}
)


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


def read_json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, object) for each line of a .jsonl or .jsonl.gz file; a place is `file:line`.

    Raises UserError for broken JSON, a line that is not an object, bad UTF-8 or a damaged gzip.
    """
    number = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        try:
            for number, raw in enumerate(stream, start=1):
                if not raw.strip():
                    continue
                where = f"{path}:{number}"
                try:
                    row = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip())
                except UnicodeDecodeError as error:
                    raise UserError(f"{where}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
                except json.JSONDecodeError as error:
                    raise UserError(
                        f"{where}: broken JSON at column {error.colno}: {error.msg}; expected one object a line"
                    ) from error
                except (ValueError, RecursionError) as error:  # a number of thousands of digits, endless brackets
                    raise UserError(f"{where}: JSON that cannot be read: {error}") from error
                if not isinstance(row, dict):
                    raise UserError(f"{where}: expected a JSON object, found {type(row).__name__}")
                yield where, row
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UserError(
                f"{path}:{number + 1}: the gzip file is damaged or cut off ({error}); copy it again"
            ) from error


def row_reader(record_type: type[Record]) -> Callable[[Mapping[str, Any], str], Record]:
    """Return a function (row, place) -> record that checks names and types; the place is named in errors."""
    hints = typing.get_type_hints(record_type)
    fields = dataclasses.fields(record_type)
    names = [f.name for f in fields]
    # A number that may be absent (a score without a value) needs no default of its own.
    required = [
        f.name
        for f in fields
        if f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
        and hints[f.name] != float | None
    ]
    absent: dict[str, Any] = {f.name: None for f in fields if hints[f.name] == float | None}

    def read(row: Mapping[str, Any], where: str) -> Record:
        values = dict(absent)
        for name, cell in row.items():
            if name not in hints or name == "type_name":
                raise UserError(
                    f"{where}: unknown field '{name}'{did_you_mean(name, names)}; "
                    f"{record_type.type_name} have {', '.join(names)}"
                )
            if cell is not None:
                values[name] = _from_cell(cell, hints[name], f"{where}: field '{name}'")
        for name in required:
            if name not in values:
                raise UserError(f"{where}: field '{name}' is missing")
        return record_type(**values)

    return read


def _as_batches(parts: Iterable[Any], schema: Any) -> Iterator[Any]:
    """Yield Arrow record batches; records that come one by one are gathered."""
    import pyarrow as pa

    records: list[Any] = []

    def gathered() -> Any:
        columns = [_column(records, name) for name in schema.names]
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


def record_schema(record_type: type[Any]) -> Any:
    """Return the Arrow schema of a type of records; objects are JSON with sorted keys."""
    import pyarrow as pa

    arrow = {
        str: pa.string(),
        float: pa.float64(),
        float | None: pa.float64(),
        tuple[str, ...]: pa.list_(pa.string()),
        dict[str, Any]: pa.string(),  # JSON, since Parquet has no free-form object
    }
    hints = typing.get_type_hints(record_type)
    return pa.schema([(f.name, arrow[hints[f.name]]) for f in dataclasses.fields(record_type)])


def _column(batch: list[Any], name: str) -> list[Any]:
    """Return one field of all records; objects become JSON, since Parquet has no free-form object."""
    values = list(map(operator.attrgetter(name), batch))
    if not isinstance(values[0], dict):
        return values
    cells, written, text = [], None, ""
    for value in values:
        if value is not written:  # records may share one object
            written, text = value, encode_object(value)
        cells.append(text)
    return cells


encode_object = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def _from_cell(value: Any, hint: Any, where: str) -> Any:
    if hint is str and isinstance(value, str):
        _refuse_half_characters(value, where)
        return value
    if hint in (float, float | None) and isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise UserError(f"{where}: the number is too large") from error
    if hint == tuple[str, ...]:
        if isinstance(value, str):
            value = _parse_json(value, where)
        if isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
            for text in value:
                _refuse_half_characters(text, where)
            return tuple(value)
    if hint == dict[str, Any]:
        if isinstance(value, str):
            value = _parse_json(value, where)
        if isinstance(value, dict):
            _refuse_half_characters(json.dumps(value, ensure_ascii=False), where)
            return value
    expected = {str: "text", float: "a number", float | None: "a number", tuple[str, ...]: "a list of texts"}
    raise UserError(f"{where}: expected {expected.get(hint, 'an object')}, found {type(value).__name__}")


def _refuse_half_characters(text: str, where: str) -> None:
    # JSON can spell half of a surrogate pair; no file can hold it.
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where}: half a character (\\u{ord(error.object[error.start]):04x}) at {error.start}; "
            "the text was cut or decoded wrongly"
        ) from error


def _parse_json(text: str, where: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: expected JSON: {error}") from error


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
