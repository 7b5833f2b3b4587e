"""Rows of any file as records: names and types are checked, errors name the place."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Callable, Mapping
from typing import Any

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records.types import Record


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
