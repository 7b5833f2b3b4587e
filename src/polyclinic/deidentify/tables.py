"""Cells of a table whose heading says what is in them: under MRN, SSN, DOB, Phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.spans import Span

CELL = re.compile(r"[^|\t\n]+?(?=[ ]*(?:\||\t|\n|$)|[ ]{2,})")
HEADINGS = (
    ("ssn", r"ssn|social security(?: no\.?| number)?|soc(?:ial)? sec"),
    (
        "mrn",
        r"mrn|mr ?(?:#|no\.?)|medical record(?: no\.?| number)?|chart ?(?:#|no\.?|number)|patient ?(?:id|#|no\.?)|pt ?(?:id|#)",
    ),
    (
        "health_plan",
        r"(?:member|policy|group|subscriber|plan|insurance|medicare|medicaid)(?: ?(?:id|#|no\.?|number))?|mbi",
    ),
    ("account", r"(?:account|acct)\.?(?: ?(?:#|no\.?|number))?"),
    ("license", r"npi|dea(?: ?#)?|licen[cs]e(?: ?(?:#|no\.?|number))?|dl ?#?"),
    ("vehicle", r"plates?|vin|license plate"),
    ("device", r"serial(?: ?(?:#|no\.?|number))?|s/n|lot(?: ?#)?|udi"),
    ("other_id", r"(?:accession|case|encounter|visit|order|specimen)(?: ?(?:id|#|no\.?|number))|csn|accession"),
    ("phone", r"(?:home |cell |work )?(?:phone|tel(?:ephone)?|pager|mobile|ext(?:ension)?)(?: ?(?:#|no\.?|number))?"),
    ("fax", r"fax(?: ?(?:#|no\.?|number))?"),
    ("zip", r"zip(?: ?code)?|postal code"),
    ("date", r"dob|date(?: of (?:birth|service|visit))?|dos|admitted|discharged|birth ?date"),
)
HEADING = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in HEADINGS), re.IGNORECASE)
WHOLE_DAY = re.compile(r"\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?$")
MOST_ROWS = 60


def find_cells(text: str) -> Iterator[Span]:
    """Yield the cells that hold digits below a heading that names an identifier."""
    if "|" not in text and "\t" not in text and "  " not in text:
        return
    place = 0
    columns: list[tuple[int, str]] = []  # number of the cell, type
    count = rows = 0
    for line in text.split("\n"):
        if "|" in line or "\t" in line or "  " in line.strip():
            cells = [(m.start(), m.end(), m[0]) for m in CELL.finditer(line) if m[0].strip(" -=")]
            heads = [
                (i, found.lastgroup)
                for i, (_, _, cell) in enumerate(cells)
                if (found := HEADING.fullmatch(cell.strip(" :*"))) is not None
            ]
            if len(cells) > 1 and heads and not any(c.isdigit() for c in line):
                columns, count, rows = [(i, kind) for i, kind in heads if kind], len(cells), 0
            elif columns and len(cells) == count and rows < MOST_ROWS:
                rows += 1
                for i, kind in columns:
                    start, end, cell = cells[i]
                    inner = cell.strip(" *:")
                    if sum(c.isdigit() for c in inner) >= 2 and (kind != "date" or WHOLE_DAY.match(inner)):
                        begin = place + start + cell.index(inner)
                        yield Span(begin, begin + len(inner), kind)
            elif cells:
                columns = []
        elif line.strip(" -=|+"):
            columns = []
        place += len(line) + 1
