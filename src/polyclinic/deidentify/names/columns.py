"""Names in tables: cells below a heading such as Patient, RN, Ordered by; names with an age behind them in lists."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import (
    COMMON,
    CREDENTIAL,
    EPONYM,
    MONTH,
    NAME,
    RARE,
    SOFT_TITLE,
    STATE,
    STOP,
    TITLE,
)
from polyclinic.deidentify.tokens import Tokens

HEADING = re.compile(
    r"(?:(?:pt|patient|client|resident|student|member|subscriber|guarantor|insured|contact|"
    r"emergency contact|nok|next of "
    r"kin|caregiver|guardian|spouse|family|provider|staff|nurse|employee|full|"
    r"legal)(?:['’]?s)?[ _]?(?:first|last|full)?"
    r"[ _]?names?|(?:last|first|sur|fore|given|family|middle)[ _]?name|name|names|last|first|patient|"
    r"patients|pt|client|"
    r"resident|attg|attd|attending|rn|nurse|lpn|cna|md|np|pa|provider|pcp|physician|doctor|dr|surgeon|"
    r"anesthesia|crna|"
    r"assistant|circulator|scrub|therapist|tech|technologist|fellow|intern|consultant|cosigner|co-signer|signature|"
    r"caller|contact|caregiver|prescriber|interpreter|responder|phlebotomist|operator|counselor|"
    r"case manager|social worker|"
    r"(?:ordering|referring|primary|attending|covering|admitting|consulting|rendering|"
    r"responsible)[ _]?(?:md|physician|"
    r"provider|doctor|dr|rn|nurse|np)?|"
    r"(?:ordered|collected|entered|given|performed|verified|reported|called|resulted|admin(?:istered)?|"
    r"seen|drawn|signed|"
    r"charted|documented|received|notified|prepared|checked|taken|witnessed|dispensed|filled)[ _]?(?:by|to)|by|staff|"
    r"emergency[ _]contact|nok|next of kin)(?: ?[/,(&] ?(?:age|sex|first|mrn|dob|initials?|title|rel\w*|"
    r"phone|credentials?|"
    r"room|bed|name|mi)\.?\)?)*",
    re.IGNORECASE,
)
CSV_CELL = re.compile(r'"([^"\n]*)"|([^,"\n]*)')
SPACED = re.compile(r"\S+(?: \S+)*")
NAME_CELL = re.compile(r"[^\W\d_][^\d|\t\n;:=%]*")
AGE_OF_SEX = re.compile(
    r"(?:,?[ \t]{1,4}\(?|,)(?:\d{1,3}[ -]?(?:[mf]|male|female|y\.?[/ ]?o\.?|yrs?|years?[ -]old)\b|"
    r"[mf][/ ]?\d{2,3}\b)",
    re.IGNORECASE,
)
# The last digit of an age with what follows it, or the letter before it: 64F, 64 y, m/64
PATTERNS = {
    "age": tuple(
        [rf"\d{sign}{letter}" for sign in ("", " ", "-") for letter in "mfy"]
        + [rf"{letter}{sign}\d" for sign in ("", "/") for letter in "mf"]
    )
}
EMPTY_CELLS = frozenset(
    words_of(
        "none pending open float agency vacant unknown unassigned self other same available closed "
        "transferred discharged "
        "cancelled canceled refused completed done stable deferred staff family patient"
    )
)
MOST_ROWS = 80
NOT_IN_NAMES = TITLE | SOFT_TITLE | CREDENTIAL | MONTH


def names_of_columns(tokens: Tokens, shut: list[bool]) -> Iterator[tuple[int, int]]:
    """Yield the names, as first and last token, in cells below a heading that announces people."""
    text = tokens.text
    if "|" not in text and "\t" not in text and text.count("   ") < 3 and text.count(",") - text.count(", ") < 6:
        return
    columns: list[tuple[int, int]] = []  # number and place of each column of names
    sign, count, rows, place = "", 0, 0, 0
    for line in text.split("\n"):
        kind = "|" if "|" in line else "\t" if "\t" in line else "   " if "   " in line.strip() else ","
        if kind == "," and (sign not in ("", ",") or (sign == "" and line.count(",") < 3)):
            if not line.strip() or sign in ("|", "\t"):
                sign, columns = ("", []) if line.strip(" -=+|") or sign != "   " else (sign, columns)
            place += len(line) + 1
            continue
        cells = list(_cells(line, kind))
        heads = [
            (i, at) for i, (at, cell) in enumerate(cells) if HEADING.fullmatch(cell.strip(" :*_#").replace("_", " "))
        ]
        if heads and len(cells) > 2 and sum(c.isdigit() for c in line) < 3:
            sign, columns, count, rows = kind, heads, len(cells), 0
        elif columns and kind == sign and rows < MOST_ROWS:
            rows += 1
            for number, at in columns:
                cell = next(((a, c) for a, c in cells if abs(a - at) < 2), None) if sign == "   " else None
                if cell is None and len(cells) == count:
                    cell = cells[number]
                if cell is not None and (found := _name_in(tokens, place + cell[0], cell[1], shut)):
                    yield found
        place += len(line) + 1


def _cells(line: str, kind: str) -> Iterator[tuple[int, str]]:
    """Yield the cells of a line with their places."""
    if kind == "   ":
        yield from ((m.start(), m[0]) for m in SPACED.finditer(line))
    elif kind == ",":
        place = 0
        while place <= len(line):
            found = CSV_CELL.match(line, place)
            if found is None:
                return
            group = 1 if found[1] is not None else 2
            yield found.start(group), found[group]
            place = found.end() + 1
    else:
        place = 0
        for cell in line.split(kind):
            yield place + len(cell) - len(cell.lstrip()), cell.strip()
            place += len(cell) + 1


def _name_in(tokens: Tokens, start: int, cell: str, shut: list[bool]) -> tuple[int, int] | None:
    """Return the words of a cell, as first and last token, when they may be a name."""
    if found := AGE_OF_SEX.search(cell):
        cell = cell[: found.start()]
    cell = cell.partition("(")[0].rstrip(" .,-")
    if not 2 <= len(cell) <= 44 or NAME_CELL.fullmatch(cell) is None or cell.count(" ") > 5:
        return None
    first = bisect_left(tokens.starts, start)
    last = bisect_left(tokens.starts, start + len(cell)) - 1
    while first <= last and tokens.bits[first] & TITLE:
        first += 1
    while last > first and tokens.bits[last] & CREDENTIAL and not tokens.bits[last] & NAME:
        last -= 1
    return (first, last) if first <= last and _may_name(tokens, first, last, shut, True) else None


def _ages(text: str, places: Iterable[int]) -> list[int]:
    """Return where numbers begin that may be ages, with the letter before them, from what the vocabulary found."""
    begins = set()
    for place in places:
        if not text[place].isdecimal():
            begins.add(place)
            continue
        while place and text[place - 1].isdecimal():
            place -= 1
        if not place or text[place - 1] not in "mfMF/":
            begins.add(place)
    return sorted(begins)


def names_before_ages(tokens: Tokens, shut: list[bool]) -> Iterator[tuple[int, int]]:
    """Yield the names, as first and last token, that begin a line or field before an age: Sun, Mai L 64F."""
    text, starts, ends = tokens.text, tokens.starts, tokens.ends
    for begin in _ages(text, tokens.hits.get("age", ())):
        end = begin
        while end > 0 and text[end - 1] in " ,(\t" and begin - end < 5:
            end -= 1
        if end == begin or end < 1 or not (text[end - 1].isalpha() or text[end - 1] == "."):
            continue
        last = bisect_left(starts, end) - 1
        if last < 0 or ends[last] not in (end, end - 1) or AGE_OF_SEX.match(text, end) is None:
            continue
        first = last
        while (
            first
            and last - first < 4
            and text[ends[first - 1] : starts[first]] in (" ", ", ", ". ", ",", ".", " de ")
        ):
            first -= 1
        before = text[max(0, starts[first] - 3) : starts[first]]
        field = not before.strip(" ") or before[-1] in "\n\t|:>*•-[" or before[-2:] in ("  ", ": ", "- ", ") ", "# ")
        if field and last > first and _may_name(tokens, first, last, shut, False):
            yield first, last


def _may_name(tokens: Tokens, first: int, last: int, shut: list[bool], column: bool) -> bool:
    """Say whether words can be a name by the lists: no titles or headings, one that may be a name."""
    some = False
    if column and tokens.text[tokens.starts[first] : tokens.ends[last]].lower() in EMPTY_CELLS:
        return False
    for j in range(first, last + 1):
        bit = tokens.bits[j]
        if shut[j] or (bit & (NOT_IN_NAMES | STOP) and not bit & (NAME | RARE)):
            return False
        if tokens.ends[j] - tokens.starts[j] > 1:
            some = some or not bit or bool(bit & (NAME | RARE)) or (bool(bit & (EPONYM | COMMON)) and column)
    return some and not (first == last and bool(tokens.bits[first] & STATE))
