"""Named fields in a reply, such as gender and age: each compared by itself.

Fields are lines `Name: value` or the members of a JSON object. Values are compared folded; lists as sets; ages as
number and unit; genders by their first letter. A field that a reply fills twice with different values is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from polyclinic.evals.scoring.json_in_text import json_in
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean, folded, lines_of
from polyclinic.records import Reply
from polyclinic.tasks import Task

_FIELD = re.compile(r"^[\s*#>\-•]*([^\W\d][\w /()&-]{0,60}?)\*{0,3}\s{0,20}[:：]\s{0,20}\*{0,3}(.*)$")
_NUMBER_UNIT = re.compile(
    r"(\d+(?:\.\d+)?)\W{0,4}(years?|yrs?|y|months?|mos?|m|weeks?|wks?|w|days?|d|hours?|hrs?|h)?(?!\w)"
)
_UNITS = {"y": "year", "m": "month", "w": "week", "d": "day", "h": "hour"}
_GENDERS = {"f": "f", "female": "f", "woman": "f", "girl": "f", "m": "m", "male": "m", "man": "m", "boy": "m"}


def score_fields(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score fields: the share of the gold's that are right, and whether all are.

    A gold without fields is taken for a set of lines: then the share is that of the lines both have among the lines
    of either.
    """
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold = fields_in(clean(reply.gold))
        if gold:
            said = fields_in(text)
            share = sum(_same(name, value, said.get(name)) for name, value in gold.items()) / len(gold)
            found = bool(said)
        else:
            wanted = {folded(line) for line in lines_of(clean(reply.gold))} - {""}
            lines = {folded(line) for line in lines_of(text)} - {""}
            share = len(wanted & lines) / len(wanted | lines) if wanted | lines else 0.0
            found = bool(lines)
        row = [("field_accuracy", share), ("exact_set", float(share == 1.0)), ("answer_found", float(found))]
        scored.append([Measured(name, value) for name, value in row])
    return scored


def fields_in(text: str) -> dict[str, str | None]:
    """Return the fields of a text by their folded names; None for one that is filled twice with different values."""
    pairs: list[tuple[str, str]] = []
    found = json_in(text) if "{" in text else None
    if isinstance(found, dict):
        pairs = [(str(name), _written(value)) for name, value in found.items()]
    else:
        pairs = [(m.group(1), m.group(2).strip()) for line in text.split("\n") if (m := _FIELD.match(line))]
    fields: dict[str, str | None] = {}
    for name, value in pairs:
        key = folded(name)
        fields[key] = value if key not in fields or fields[key] == value else None
    return fields


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _same(name: str, gold: str | None, said: str | None) -> bool:
    if gold is None or said is None:
        return False
    if name in ("gender", "sex"):
        wanted, given = (_GENDERS.get(folded(value), folded(value)) for value in (gold, said))
        return bool(wanted) and wanted == given
    if name == "age" and (ages := _ages(gold)):
        return ages == _ages(said)
    listed = _list(gold)
    return listed == _list(said) if listed else folded(gold) == folded(said)


def _ages(text: str) -> frozenset[tuple[float, str]]:
    found = _NUMBER_UNIT.findall(text.casefold())
    return frozenset((float(number), _UNITS.get(unit[:1], "year")) for number, unit in found)


def _list(text: str) -> frozenset[str]:
    """Return the elements of a list in brackets or with commas; empty for a single value."""
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    parts = frozenset(folded(part) for part in re.split(r"[,;，；、]", inner)) - {""}
    return parts if len(parts) > 1 else frozenset()
