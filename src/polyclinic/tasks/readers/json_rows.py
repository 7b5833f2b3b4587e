"""JSON: one object a line (.jsonl), or one document: a list of objects, or objects by their id (as in PubMedQA).

With `each` every element of a list inside a record becomes a row of its own, with the record's other fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.compressed import plain_name
from polyclinic.tasks.readers.row import LONGEST_SHOWN, Bad, Row
from polyclinic.tasks.readers.text_lines import text_lines, whole_text
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the records of a .jsonl or .json file; broken lines come as Bad, as does a broken document."""
    if plain_name(file).endswith((".jsonl", ".ndjson")):
        records = line_rows(text_lines(file, source.encoding), file, source.encoding)
    else:
        records = _document(file, source)
    for record in records:
        if isinstance(record, Bad) or not source.each:
            yield record
        else:
            yield from _elements(record, source.each)


def line_rows(lines: Iterable[str | Bad], file: Path, encoding: str, first: int = 1) -> Iterator[Row | Bad]:
    """Yield the records of lines, of which the first has the number `first` in the file."""
    loads = json.loads
    for number, line in enumerate(lines, start=first):
        if isinstance(line, Bad):
            yield line
            continue
        if not line.strip():
            continue
        try:
            found = loads(line)
        except json.JSONDecodeError as error:
            if number == 1 and line.strip() in ("[", "{"):  # a document that is called .jsonl, as MedS-Ins has some
                yield from _document(file, Source(name="-", encoding=encoding))
                return
            yield Bad(f"{file}:{number}", f"broken JSON at column {error.colno}: {error.msg}", line[:LONGEST_SHOWN])
            continue
        except (ValueError, RecursionError) as error:
            yield Bad(f"{file}:{number}", f"JSON that cannot be read: {error}", line[:LONGEST_SHOWN])
            continue
        yield _row(found, f"{file}:{number}")


def _document(file: Path, source: Source) -> Iterator[Row | Bad]:
    text = whole_text(file, source.encoding)
    if isinstance(text, Bad):
        yield text
        return
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        yield Bad(f"{file}:{error.lineno}", f"broken JSON at column {error.colno}: {error.msg}")
        return
    except (ValueError, RecursionError) as error:
        yield Bad(str(file), f"JSON that cannot be read: {error}")
        return
    if isinstance(found, list):
        for number, record in enumerate(found, start=1):
            yield _row(record, f"{file}, record {number}")
    elif isinstance(found, dict) and found and all(isinstance(value, dict) for value in found.values()):
        for key, record in found.items():
            yield _row({"key": key, **record}, f"{file}, record {key}")
    elif isinstance(found, dict):
        yield _row(found, str(file))
    else:
        yield Bad(str(file), f"expected a list of objects, or objects by their id; found {type(found).__name__}")


def _row(record: Any, place: str) -> Row | Bad:
    if not isinstance(record, dict):
        return Bad(place, f"expected a JSON object, found {type(record).__name__}", str(record)[:LONGEST_SHOWN])
    if None in record.values():
        record = {name: value for name, value in record.items() if value is not None}
    return Row(place, record)


def _elements(row: Row, name: str) -> Iterator[Row | Bad]:
    elements = row.fields.get(name)
    if not isinstance(elements, list):
        yield Bad(row.place, f"field '{name}': expected a list, found {type(elements).__name__}")
        return
    others = {key: value for key, value in row.fields.items() if key != name}
    for number, element in enumerate(elements, start=1):
        own = element if isinstance(element, dict) else {name: element}
        yield Row(f"{row.place}, {name} {number}", {**others, **{k: v for k, v in own.items() if v is not None}})
