"""The ATC classification of medicines as documents, from the user's own table.

The index is the WHO Collaborating Centre's (Oslo); its use is theirs to allow, so no copy comes with the package.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from polyclinic.corpus.code_pages import CodePage, CodePageSettings, CodeSet, sentence, table_text, write_code_pages
from polyclinic.errors import UserError
from polyclinic.step_settings import SourcePath
from polyclinic.steps import Work, step_kind

CODE = re.compile(r"^[A-Z](?:\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?)?$")
LENGTHS = (1, 3, 4, 5, 7)  # of the codes of the five levels
LEVELS = (
    "anatomical main group",
    "therapeutic subgroup",
    "pharmacological subgroup",
    "chemical subgroup",
    "chemical substance",
)
# Names that tables in use give to a column.
COLUMNS = {
    "code": ("atc_code", "atc code", "code", "class id", "atc"),
    "name": ("atc_name", "atc level name", "name", "preferred label", "atc name"),
    "synonyms": ("synonyms", "synonym"),
    "note": ("note", "notes", "comment", "definitions"),
    "ddd": ("ddd",),
    "unit": ("uom", "unit", "u"),
    "route": ("adm_r", "adm.r", "route", "admr"),
}
ROUTES = {
    **{"O": "by mouth", "P": "by injection", "R": "rectally", "N": "by the nose", "SL": "under the tongue"},
    **{"TD": "through the skin", "V": "by the vagina", "INHAL": "inhaled", "IMPLANT": "as an implant"},
}


class AtcSettings(CodePageSettings):
    """Which codes, from which table, as which text."""

    table: SourcePath = Field(
        description="csv with a column for code and name, and any of synonyms, note, ddd, uom, adm_r"
    )
    license: str = Field("LicenseRef-WHOCC-ATC", description="licence under which you have the table")
    release: str = Field("", description="year of the index")


@dataclass
class _Entry:
    name: str
    synonyms: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    doses: dict[str, None] = field(default_factory=dict)


@step_kind("corpus.atc", AtcSettings, output="documents", version=1)
def atc(settings: AtcSettings, work: Work) -> None:
    """Make a document of each ATC code: name, place in the tree, daily doses, synonyms, neighbours."""
    entries = _read(settings.table)
    below: dict[str, list[str]] = {}
    for code in entries:
        below.setdefault(_above(code, entries), []).append(code)
    pages = [_page(code, entry, entries, below) for code, entry in entries.items()]
    write_code_pages(CodeSet("ATC", "atc", settings.release, settings.license, pages), settings, work)


def _page(code: str, entry: _Entry, entries: Mapping[str, _Entry], below: Mapping[str, list[str]]) -> CodePage:
    path, at = [], code
    while at := _above(at, entries):
        path.append((at, entries[at].name))
    level = LENGTHS.index(len(code))
    beside = [one for one in below.get(path[0][0] if path else "", []) if one != code]
    lines = [f"It is a code of level {level + 1}: {LEVELS[level]}."]
    if entry.doses:
        lines.append(f"Defined daily dose: {'; '.join(entry.doses)}.")
    return CodePage(
        code=code,
        description=entry.name,
        path=tuple(path),
        leaf=code not in below,
        lines=(*lines, *(sentence(f"Note: {note}") for note in entry.notes)),
        synonyms=tuple(entry.synonyms),
        related=tuple(
            (lead, tuple((one, entries[one].name) for one in found))
            for lead, found in (("It is divided into", below.get(code, [])), ("In the same group", beside))
            if found
        ),
        metadata={"level": level + 1},
    )


def _above(code: str, entries: Mapping[str, _Entry]) -> str:
    return next((code[:n] for n in reversed(LENGTHS) if n < len(code) and code[:n] in entries), "")


def _read(path: Path) -> dict[str, _Entry]:
    """Return the entries by code; a code may have several rows, one for each daily dose."""
    text = table_text(path)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().casefold() for name in next(rows, [])]
    places = {
        what: next((names.index(known) for known in known_names if known in names), -1)
        for what, known_names in COLUMNS.items()
    }
    if places["code"] < 0 or places["name"] < 0:
        raise UserError(
            f"{path}:1: expected a column atc_code and one atc_name, found {', '.join(names) or 'nothing'}"
        )
    entries: dict[str, _Entry] = {}
    try:
        for row in rows:
            cells = {what: row[at].strip() if 0 <= at < len(row) else "" for what, at in places.items()}
            code = cells["code"].rpartition("/")[2].upper()  # ontologies name a code by an address
            if not cells["name"] or not CODE.match(code):
                if code and not cells["code"].startswith("http"):
                    raise UserError(f"{path}:{rows.line_num}: not an ATC code with its name: {cells['code']!r}")
                continue
            _add(entries.setdefault(code, _Entry(cells["name"])), cells)
    except csv.Error as error:
        raise UserError(f"{path}:{rows.line_num}: broken csv: {error}") from error
    if not entries:
        raise UserError(f"{path}: no ATC code in it; expected codes like A10BA02")
    return dict(sorted(entries.items()))


def _add(entry: _Entry, cells: Mapping[str, str]) -> None:
    for synonym in cells["synonyms"].split("|"):
        if synonym.strip() and synonym.strip().casefold() != entry.name.casefold():
            entry.synonyms[synonym.strip()] = None
    for what, into in (("note", entry.notes),):
        if cells[what] and cells[what].upper() != "NA":
            into[cells[what]] = None
    if cells["ddd"] and cells["ddd"].upper() != "NA":
        route = ROUTES.get(cells["route"].upper(), cells["route"])
        entry.doses[" ".join(filter(None, (cells["ddd"], cells["unit"], route)))] = None
