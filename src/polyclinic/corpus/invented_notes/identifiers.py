"""The types of identifiers that labels name, and labelled notes as lines of JSON.

The types follow the 18 identifiers of the HIPAA Safe Harbor rule (45 CFR 164.514(b)(2)(i), A to R); some of its
letters are divided, since a phone and a street are found in different ways.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from polyclinic.errors import UserError, did_you_mean
from polyclinic.records import read_json_lines

# Type: the letter of the rule, and what its spans hold.
IDENTIFIERS: Mapping[str, tuple[str, str]] = types.MappingProxyType(
    {
        "name": ("A", "a person's name or initials, of patient, relative or staff, without titles and degrees"),
        "address": ("B", "street, with its number, flat or suite; post box"),
        "city": ("B", "city, town, village, county"),
        "zip": ("B", "ZIP or postal code"),
        "date": ("C", "a date with a day or a month, whole; its year too if it is part of it"),
        "age": ("C", "the number of an age over 89"),
        "phone": ("D", "phone, mobile or pager number, with its extension"),
        "fax": ("E", "fax number"),
        "email": ("F", "e-mail address"),
        "ssn": ("G", "social security number, or its last four digits"),
        "mrn": ("H", "number of the medical record"),
        "health_plan": ("I", "member, policy or group number of a health plan"),
        "account": ("J", "account or bill number"),
        "license": ("K", "number of a certificate or licence: NPI, DEA, driver's licence"),
        "vehicle": ("L", "licence plate or vehicle identification number"),
        "device": ("M", "serial number of a device or implant"),
        "url": ("N", "web address"),
        "ip": ("O", "internet protocol address"),
        "biometric": ("P", "number of a finger, voice or iris print"),
        "photo": ("Q", "file name of a photograph of the patient"),
        "other_id": ("R", "any other number that is one patient's: visit, order, specimen, accession, message"),
        "institution": ("R", "hospital, clinic, nursing home, school or employer by name"),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where an identifier stands: from character `start` up to `end`, which is not part of it."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A note and its identifiers, in the order of the text; they do not overlap."""

    id: str
    text: str
    spans: tuple[Span, ...]
    style: str = ""  # how it is written
    patient: str = ""  # whose note it is; the same for every note of a patient


def label_line(note: LabelledNote) -> str:
    """Return a note as a line of JSON."""
    spans = [{"start": s.start, "end": s.end, "type": s.type} for s in note.spans]
    row = {"id": note.id, "text": note.text, "spans": spans, "style": note.style, "patient": note.patient}
    return json.dumps(row, ensure_ascii=False) + "\n"


def read_labels(path: Path) -> Iterator[LabelledNote]:
    """Yield the labelled notes of a file; `style` and `patient` may be missing.

    Raises UserError, naming file and line, for an unknown type, spans out of the text or over each other, a missing
    or repeated id.
    """
    seen: set[str] = set()
    for where, row in read_json_lines(path):
        for name in ("id", "text"):
            if not isinstance(row.get(name), str):
                raise UserError(f"{where}: field '{name}': expected text; a labelled note has id, text and spans")
        if row["id"] in seen:
            raise UserError(f"{where}: the id {row['id']!r} stands in the file twice; give each note its own")
        seen.add(row["id"])
        if not isinstance(row.get("spans"), list):
            raise UserError(f"{where}: field 'spans': expected a list of objects with start, end and type")
        spans = sorted(_span(cell, len(row["text"]), f"{where}: span {i + 1}") for i, cell in enumerate(row["spans"]))
        for before, after in pairwise(spans):
            if after.start < before.end:
                raise UserError(f"{where}: the spans at {before.start} and {after.start} overlap; keep one of them")
        yield LabelledNote(
            id=row["id"],
            text=row["text"],
            spans=tuple(spans),
            style=str(row.get("style") or ""),
            patient=str(row.get("patient") or ""),
        )


def _span(cell: object, length: int, where: str) -> Span:
    if not isinstance(cell, dict):
        raise UserError(f"{where}: expected an object with start, end and type")
    start, end, kind = cell.get("start"), cell.get("end"), cell.get("type")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        raise UserError(f"{where}: expected 0 <= start < end <= {length} (characters), found {start!r} and {end!r}")
    if not isinstance(kind, str) or kind not in IDENTIFIERS:
        close = did_you_mean(str(kind), IDENTIFIERS)
        raise UserError(f"{where}: unknown type {kind!r}{close}; there are {', '.join(IDENTIFIERS)}")
    return Span(start, end, kind)
