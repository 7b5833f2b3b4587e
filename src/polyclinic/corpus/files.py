"""Files of documents: which ones a path holds, and one file after the other as documents."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.records import BATCH, Document, read_json_lines, row_reader

ROW_SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
TEXT_SUFFIXES = (".txt", ".md")
SUFFIXES = ROW_SUFFIXES + TEXT_SUFFIXES
FIELDS = frozenset(Document.__dataclass_fields__) - {"type_name"}


@dataclass(frozen=True)
class FoundFiles:
    """What a path holds."""

    root: Path  # files without ids are named by their path from here
    readable: list[Path]  # in the order of their names
    others: dict[str, int]  # suffix -> files that are left out


@dataclass(frozen=True)
class RowRules:
    """How a row becomes a document."""

    defaults: Mapping[str, str]  # fields of rows that leave them empty
    ignore_extra_fields: bool = False  # whether fields that a document does not have are passed over


def find_files(path: Path) -> FoundFiles:
    """Return the readable files under `path`, which is a file or a folder; hidden ones are passed over.

    Raises UserError when there is none.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file or folder; expected documents")
    if path.is_file():
        if not _suffix(path):
            raise UserError(
                f"{path}: cannot read documents from this; expected {', '.join(SUFFIXES)}, or a folder of them"
            )
        return FoundFiles(path.parent, [path], {})
    files = [f for f in path.rglob("*") if f.is_file() and not _hidden(f.relative_to(path))]
    readable = sorted((f for f in files if _suffix(f)), key=lambda f: f.relative_to(path).as_posix())
    others: dict[str, int] = {}
    for file in sorted(f for f in files if not _suffix(f)):
        others[file.suffix or file.name] = others.get(file.suffix or file.name, 0) + 1
    if not readable:
        held = f"; it holds {', '.join(others)}" if others else "; it is empty"
        raise UserError(f"{path}: no file here that can be read{held}; expected {', '.join(SUFFIXES)}")
    return FoundFiles(path, readable, others)


def text_size(file: Path) -> int:
    """Return about how many characters of text a file holds, for a progress bar: its size when unpacked."""
    size = file.stat().st_size
    if file.suffix == ".gz" and size >= 4:
        with file.open("rb") as stream:
            stream.seek(-4, os.SEEK_END)
            # The last four bytes say the unpacked size, without what exceeds 4 GiB.
            return max(size, int.from_bytes(stream.read(4), "little"))
    return size


def read_file(file: Path, root: Path, rules: RowRules) -> Iterator[tuple[str, Document]]:
    """Yield (place, document) for each row of a .jsonl, .jsonl.gz or .parquet file, or the one of a text file.

    Raises UserError, naming file and line, row or byte, for whatever is not a document.
    """
    name = file.relative_to(root).as_posix()
    if _suffix(file) in TEXT_SUFFIXES:
        yield str(file), _text_file(file, name, rules)
        return
    read = row_reader(Document)
    rows = _parquet_rows(file) if _suffix(file) == ".parquet" else read_json_lines(file)
    for number, (where, row) in enumerate(rows, start=1):
        fields = {k: v for k, v in row.items() if k in FIELDS} if rules.ignore_extra_fields else dict(row)
        if fields.get("id") in (None, ""):
            line = where.removeprefix(f"{file}:") if ":" in where.removeprefix(str(file)) else str(number)
            fields["id"] = f"{name}:{line}"
        for field, value in rules.defaults.items():
            if value and not fields.get(field):
                fields[field] = value
        document = read(fields, where)
        _refuse_half_characters(document, where)
        yield where, document


def _text_file(file: Path, name: str, rules: RowRules) -> Document:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    heading = next((line for line in text.splitlines() if line.strip()), "")
    title = heading.lstrip("#").strip() if heading.startswith("#") else file.stem
    fields = {field: value for field, value in rules.defaults.items() if value}
    return row_reader(Document)({**fields, "id": name, "text": text.strip(), "title": title}, str(file))


def _parquet_rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(file) as stream:
            for batch in stream.iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{file}, row {number}", row
    except pa.ArrowInvalid as error:
        raise UserError(f"{file}: not a whole Parquet file ({error})") from error


def _refuse_half_characters(document: Document, where: str) -> None:
    # JSON can spell half of a surrogate pair; no file can hold it.
    for field in ("id", "text", "title"):
        try:
            getattr(document, field).encode()
        except UnicodeEncodeError as error:
            raise UserError(
                f"{where}: field '{field}': half a character (\\u{ord(error.object[error.start]):04x}) at "
                f"{error.start}; the text was cut or decoded wrongly"
            ) from error


def _suffix(file: Path) -> str:
    """Return which of the readable suffixes a file has, or an empty string; capitals do for all but .gz."""
    name = file.name if file.suffix == ".gz" else file.name.lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
