"""Pairs of sentences with a label: natural language inference, as MedNLI and SNLI write it."""

from __future__ import annotations

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source

USUAL = {"premise": "sentence1", "hypothesis": "sentence2", "label": "gold_label"}


def normalise(row: Row, source: Source) -> Row | Bad:
    """Return the row with premise, hypothesis and label; MedNLI's names are taken where the source gives none."""
    for name, usual in USUAL.items():
        if name not in row.fields and usual in row.fields:
            row.fields[name] = row.fields[usual]
        if not isinstance(row.fields.get(name), str):
            return Bad(row.place, f"field '{name}' is missing; found {', '.join(row.fields)}", str(row.fields))
    return row
