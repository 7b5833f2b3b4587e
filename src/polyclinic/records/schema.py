"""The Parquet form of records: one column for each field, objects as JSON."""

from __future__ import annotations

import dataclasses
import json
import operator
import typing
from typing import Any


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


def column_of(batch: list[Any], name: str) -> list[Any]:
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
