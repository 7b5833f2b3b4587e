"""Cells of a table whose heading says what is in them: under MRN, SSN, DOB, Phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.numbers.ages import OLD, OLDEST
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

CELL = re.compile(r"[^|\t\n ]+(?: [^|\t\n ]+)*")  # between strokes, tabs, and two blanks or more
_NUMBER = r"(?: ?(?:id|#|no\.?|num(?:ber)?))?"
HEADINGS = (
    (
        "ssn",
        r"(?:last (?:4|four) )?(?:ssn|social|soc(?:ial)? sec(?:urity)?\.?)(?: no\.?| number|"
        r" ?#)?(?: ?\(?last (?:4|four)\)?)?",
    ),
    ("ssn", r"last (?:4|four)(?: \(?ssn\)?)?"),
    ("mrn", r"mrn|mr ?(?:#|no\.?)|med(?:ical)?\.? rec(?:ord)?\.?(?: no\.?| number| ?#)?|chart" + _NUMBER),
    ("mrn", r"(?:patient|pt|hospital|hosp|unit|record|file) ?(?:id|#|no\.?|number)"),
    (
        "health_plan",
        r"(?:member|policy|group|subscriber|plan|insurance|ins\.?|medicare|medicaid|payer|beneficiary|coverage|hic)",
    ),
    (
        "health_plan",
        r"(?:member|policy|group|grp|subscriber|plan|insurance|ins\.?|medicare|medicaid|payer|coverage|hic)"
        + _NUMBER,
    ),
    ("health_plan", r"mbi|policy/group|insurance/id"),
    ("account", r"(?:account|acct|billing|guarantor)\.?" + _NUMBER),
    ("license", r"npi|dea|(?:driver'?s )?licen[cs]e|dl|lic\.?(?: #)?|npi" + _NUMBER),
    ("vehicle", r"plates?|vin|license plate|tag" + _NUMBER),
    ("device", r"(?:serial|lot|device|implant)" + _NUMBER + r"|s/n|udi"),
    ("other_id", r"(?:accession|acc|case|encounter|enc|visit|order|specimen|study)" + _NUMBER + "|csn|fin"),
    (
        "phone",
        r"(?:home |cell |work |contact |day |night |emergency )?(?:phone|tel(?:ephone)?|pager|mobile|mob|cell|"
        r"ext(?:ension)?|bleep|beeper|"
        r"dect|vocera|contact|call ?back|landline|ascom|spectra(?:link)?)" + _NUMBER,
    ),
    ("mrn", r"(?:nhs|chi|nhi|urn|umrn|phn|hcn|ohip|uhid|ihi|emis|h&c|health card|wristband|id band)" + _NUMBER),
    ("mrn", r"(?:cr|hn|pt|ur|medical|client|person) ?(?:id|#|no\.?|num(?:ber)?)"),
    (
        "other_id",
        r"(?:our ref|your ref|ticket|job|claim|trip|request|req|rx|script|kit|sample|slide|block|barcode|"
        r"tracking|event|incident|donation|badge|employee|student|confirmation|conf|msg|message|docket)" + _NUMBER,
    ),
    (
        "other_id",
        r"(?:(?:our|your|lab|case) )?(?:ref(?:erence)?|unit|lab|log|rec|staff|donor|path|image|film|form) ?(?:id|"
        r"#|no\.?|num(?:ber)?)",
    ),
    ("license", r"gmc|nmc|hcpc|ahpra|cpso|pin|provider" + _NUMBER),
    ("other_id", r"id|ids|identifier|uid"),
    ("fax", r"fax" + _NUMBER),
    ("zip", r"zip(?: ?code)?|postal code"),
    ("age", r"(?:pt |patient )?age(?: ?\(?(?:yrs?|years)\)?)?|age ?/ ?sex"),
    (
        "date",
        r"dob|dos|date|date of (?:birth|service|visit)|birth ?date|admit(?:ted)?|d/c|discharged?|onset|started?|"
        r"stop(?:ped)?|"
        r"(?:last )?(?:filled|seen|visit|dose|given)|due|next due|given|exp(?:ires)?|collected|resulted|"
        r"performed|when|day",
    ),
    (
        "institution",
        r"(?:referring |sending |receiving |accepting |current |transfer )?(?:facility|hospital|clinic|employer|"
        r"school|pharmacy|agency|nursing home|practice|snf|lab(?:oratory)?)(?: name)?|transferred (?:from|to)",
    ),
    ("city", r"city|town|city/town|hometown|county"),
    ("address", r"(?:home |street |mailing )?(?:address|street)(?: (?:line )?1)?"),
)
HEADING = re.compile("|".join(f"({pattern})" for _, pattern in HEADINGS), re.IGNORECASE)
SENTENCE_ENDS = frozenset("?!,;")  # with which no heading ends
LONGEST = 64  # characters of a heading, with what stands around it
WHOLE_DAY = re.compile(r"\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?$")
# Cells between commas, perhaps in quotes, below a heading whose commas have no blank behind them.
TIGHT_COMMAS = re.compile(r',[A-Za-z"#][^,\n]{0,30},[A-Za-z"#]')
PATTERNS = {"tight": (",[a-z]", ",[A-Z]", ',"', ",#")}  # with which TIGHT_COMMAS begins
QUOTED = re.compile(r'"[^"\n]*"')
COMMA_HEADING = re.compile(r"[A-Za-z#][\w /#.\"]*(?:,[A-Za-z#\"][\w /#.\"]*){2,}\s*$")
PLAIN_CELL = re.compile(r"[#A-Za-z0-9][\w ./#*:()+-]*$")
LONG_WORD = re.compile(r"[A-Za-z]{5}|(?<![A-Za-z])[a-z]{4}")
MOST_ROWS = 60
_SMALL = frozenset(("of", "and", "the", "for", "at", "&", "-", "de", "la"))
_NO_NAMES = frozenset(
    words_of(
        "none unknown n/a self same home retired unemployed disabled student homeless other yes no local pending"
    )
)


def find_cells(tokens: Tokens) -> Iterator[Span]:
    """Yield the cells that hold digits below a heading that names an identifier."""
    text = tokens.text
    if ("|" not in text and "\t" not in text and "  " not in text) and not any(
        TIGHT_COMMAS.match(text, place) for place in tokens.hits.get("tight", ())
    ):
        return
    place = 0
    commas = False
    columns: list[tuple[int, str, int]] = []  # number of the cell, type, where its heading begins
    count = rows = 0
    for line in text.split("\n"):
        if "," in line and not commas:
            commas = ", " not in line and COMMA_HEADING.match(line) is not None
        if commas or "|" in line or "\t" in line or "  " in line.strip():
            cells = _cells(line, commas)
            if len(cells) > 1 and (heads := _headings(cells)) and sum(c.isdigit() for c in line) < 2:
                columns, count, rows = heads, len(cells), 0
            elif columns and rows < MOST_ROWS and (chosen := _below(columns, cells, count, line, commas)):
                rows += 1
                for i, kind in chosen:
                    start, _, cell = cells[i]
                    inner = cell.strip(' *:"')
                    if _fits(inner, kind):
                        begin = place + start + cell.index(inner)
                        yield Span(begin, begin + len(inner), kind)
            elif cells:
                columns, commas = [], False
        elif line.strip(" -=|+"):
            columns = []
        place += len(line) + 1


def _headings(cells: list[tuple[int, int, str]]) -> list[tuple[int, str, int]]:
    """Return the cells that are headings: their number, what is below them, where they begin in the line."""
    return [
        (i, HEADINGS[(found.lastindex or 1) - 1][0], start + len(cell) - len(cell.lstrip()))
        for i, (start, _, cell) in enumerate(cells)
        if len(cell) <= LONGEST
        and cell[-1:] not in SENTENCE_ENDS
        and (found := HEADING.fullmatch(cell.strip(' :*"').replace("_", " "))) is not None
    ]


def _below(
    columns: list[tuple[int, str, int]], cells: list[tuple[int, int, str]], count: int, line: str, commas: bool
) -> list[tuple[int, str]]:
    """Return the cells of a row that stand below headings, by their number, or where a heading begins."""
    if len(cells) == count or (commas and len(cells) > count):
        return [(i, kind) for i, kind, _ in columns]
    if commas or len(cells) < 2 or "|" in line or "\t" in line:
        return []
    begins = {start + len(cell) - len(cell.lstrip()): i for i, (start, _, cell) in enumerate(cells)}
    return [(begins[place], kind) for _, kind, place in columns if place in begins]


def _cells(line: str, commas: bool) -> list[tuple[int, int, str]]:
    """Return the cells of a line with their places."""
    if not commas:
        return [(m.start(), m.end(), m[0]) for m in CELL.finditer(line) if m[0].strip(" -=")]
    cells = []
    start = 0
    while start <= len(line):
        quoted = QUOTED.match(line, start) if line[start : start + 1] == '"' else None
        end = line.find(",", quoted.end() if quoted is not None else start)
        end = len(line) if end < 0 else end
        cells.append((start, end, line[start:end]))
        start = end + 1
    return cells


def _fits(cell: str, kind: str) -> bool:
    if kind in ("institution", "city", "address"):
        words = cell.split()
        named = len(cell) > 3 and all(w[:1].isupper() or w[:1].isdigit() or w in _SMALL for w in words)
        return named and cell.lower() not in _NO_NAMES and any(c.isalpha() for c in cell)
    if sum(c.isdigit() for c in cell) < 2:
        return False
    if kind == "date":
        return WHOLE_DAY.match(cell) is not None
    if kind == "age":
        digits = re.match(r"\d+", cell)
        return digits is not None and OLD <= int(digits[0]) <= OLDEST
    if kind not in ("phone", "fax", "zip"):
        return (
            len(cell) <= 40
            and PLAIN_CELL.match(cell) is not None
            and not LONG_WORD.search(cell)
            and not ("/" in cell and WHOLE_DAY.match(cell))
        )
    return True
