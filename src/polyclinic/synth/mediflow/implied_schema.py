"""The shape of JSON that an instruction implies: its own words name the keys, its outputs share a shape.

No schema is written with a MediFlow instruction, so it is read off: the outputs of one instruction must be of one
kind, a key must hold the same type everywhere, and a key that most outputs have, or that the instruction names in
quotes and any output has, must be in all of them. Not in the paper, which did not look at the outputs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

_QUOTED = re.compile(r"""["'`“‘]([A-Za-z_][\w -]{0,40})["'`”’]""")


def implied_schema(instruction: str, outputs: Sequence[Any]) -> dict[str, Any]:
    """Return a JSON Schema for the parsed outputs of one instruction; at least one output is needed.

    Keys beyond the schema are allowed: an instruction may have optional ones.
    """
    kinds = Counter(_kind(output) for output in outputs)
    kind = kinds.most_common(1)[0][0]
    rows = [row for output in outputs if _kind(output) == kind for row in _objects(output)]
    named = set(_QUOTED.findall(instruction))
    counts = Counter(key for row in rows for key in row)
    types = {
        key: Counter(_kind(row[key]) for row in rows if key in row and row[key] is not None).most_common(1)
        for key in counts
    }
    shape: dict[str, Any] = {
        "type": "object",
        "required": sorted(key for key, n in counts.items() if n > len(rows) / 2 or key in named),
        "properties": {key: {"type": [types[key][0][0], "null"]} for key in sorted(counts) if types[key]},
    }
    if kind == "object":
        return shape
    return {"type": "array", "items": shape} if rows else {"type": "array"}


def schema_problem(schema: dict[str, Any], output: Any) -> str:
    """Return what is wrong with a parsed output by a schema of `implied_schema`, or an empty text."""
    if _kind(output) != schema["type"]:
        return f"it is of type {_kind(output)}, the others of type {schema['type']}"
    shape = schema if schema["type"] == "object" else schema.get("items")
    if shape is None:
        return ""
    rows = _objects(output)
    if schema["type"] == "array" and len(rows) < len(output):
        return "an element is no object, those of the others are"
    for row in rows:
        for key in shape["required"]:
            if key not in row:
                return f"the key '{key}' is missing"
        for key, allowed in shape["properties"].items():
            if key in row and _kind(row[key]) not in allowed["type"]:
                return f"'{key}' is of type {_kind(row[key])} instead of {allowed['type'][0]}"
    return ""


def _objects(output: Any) -> list[dict[str, Any]]:
    if isinstance(output, dict):
        return [output]
    return [element for element in output if isinstance(element, dict)] if isinstance(output, list) else []


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array"
