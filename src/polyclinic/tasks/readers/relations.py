"""Relations, events and entities in JSON: a text with a list of triples, of events, or of typed mentions.

CMeIE and CBLUE write `spo_list`, others `relations`, `events`, `entities`; `columns` says what a file calls them.
"""

from __future__ import annotations

from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

USUAL = {
    "text": ("text", "sentence", "content"),
    "relations": ("relations", "spo_list", "relation"),
    "events": ("events", "event"),
    "entities": ("entities", "entity", "mentions"),
}
HEADS, TAILS, NAMES = ("subject", "head", "arg1"), ("object", "tail", "arg2"), ("predicate", "relation", "type")


def normalise(row: Row, source: Source) -> Row | Bad:
    """Return the row with text, relations, events, entities, types, typed.

    A relation has subject, predicate, object. `typed` is type -> mentions in the order of the text.
    """
    made: dict[str, Any] = {}
    for name, usual in USUAL.items():
        key = next((key for key in (name, *usual) if key in row.fields), "")
        value = row.fields[key] if key else []
        if name == "text":
            if not isinstance(value, str):
                return Bad(row.place, f"field 'text' is missing; found {', '.join(row.fields)}", str(row.fields))
        elif not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            return Bad(row.place, f"field '{key}': expected a list of objects", str(row.fields))
        made[name] = value
    relations = []
    for entry in made["relations"]:
        found = {
            name: _text(next((entry[key] for key in keys if key in entry), None))
            for name, keys in (("subject", HEADS), ("predicate", NAMES), ("object", TAILS))
        }
        if not all(found.values()):
            return Bad(row.place, f"field 'relations': expected subject, predicate and object, found {entry}")
        relations.append({**entry, **found})
    typed: dict[str, list[str]] = {}
    for entry in made["entities"]:
        mention = next((entry[key] for key in ("entity", "mention", "text", "name") if entry.get(key)), "")
        kind = str(entry.get("type", entry.get("label", "")))
        if not mention:
            return Bad(row.place, f"field 'entities': expected entity and type, found {entry}")
        if not source.types or kind in source.types:
            typed.setdefault(kind, []).append(str(mention))
    entities = list(dict.fromkeys(mention for mentions in typed.values() for mention in mentions))
    row.fields.update(made, relations=relations, entities=entities, types=list(typed), typed=typed)
    return row


def _text(value: Any) -> str:
    """Return a subject or object as text; CMeIE writes objects as {"@value": ...}."""
    if isinstance(value, dict):
        value = next(iter(value.values()), "")
    return "" if value is None else str(value)
