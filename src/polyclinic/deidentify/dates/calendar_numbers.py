"""Dates of digits alone, with their year or with other signs of a whole date; month_days has 3/14."""

from __future__ import annotations

import re
from datetime import date

FIRST_YEAR, LAST_YEAR = 1850, 2100
FULL = re.compile(
    r"(\d{1,4})(\s?[/.\-–]\s?)(\d{1,2})(\s?[/.\-–]\s?)(\d{4}|'?\d{2}|\d)(?![\d/]|"
    r"[.\-–]\d)(?:T\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
RANGE = re.compile(
    r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?\s?(?:-|–|to|through|thru|and|&)\s?(\d{1,2})/(\d{1,2})/(\d{2,4})(?![\d/])"
)
MONTH_YEAR = re.compile(
    r"(\d{1,2})(?:\s?/\s?|-)(\d{4})(?![\d/]|-(?!\d{1,2}/\d{4}))|(0\d)\.((?:19|20)\d{2})(?![\d.])|(\d{1,2})/['’](\d{2})(?!\d)"
)
MONTH_YEAR_ON = re.compile(r"\s?[-–]\s?(?:0?[1-9]|1[0-2])/(?:19|20)\d{2}(?![\d/\-])")  # 05/2019-08/2021
MONTH_OF_CENTURY = re.compile(r"(\d{1,2})/(3[2-9]|4[1-9]|5[013-9]|[6-9]\d)(?![\d/%]|\.\d)")  # 9/95; 4/52: weeks
MONTH_CUE = re.compile(
    r"\b(?:in|since|from|until|till|through|by|early|mid|late|dated|last|on|before|after)[\s-]$", re.I
)
YEAR_MONTH = re.compile(r"(\d{4})[/-](\d{2})(?![\d/\-])")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)(?:T?\d{4,6})?(?![\w])")
# Signs that only a whole date has between its numbers: 03|04|2019, 03_04_2019.
ODD_SIGNS = re.compile(r"(\d{1,2})([|_\\·~,])(\d{1,2})\2((?:18|19|20)\d{2})(?!\d)")
# Only after a label: 03 04 1961, 1961 03 04.
SPACED = re.compile(
    r"(\d{1,2})[ |](\d{1,2})[ |](\d{4}|\d{2})(?![\d/.:,%]|\s?[a-z])|(\d{4}) (\d{2}) (\d{2})(?![\d/.:])"
)
# In a box of a form: | 02 06 24 |, 3 08 15 1969 F.
IN_CELL = re.compile(r"(0\d|1[0-2]) ([0-3]\d) (?:\d{2}(?= ?\||\s{2}|\s*\n)|(?:19|20)\d{2}(?![\w/.:%-]))")
IN_FORM = re.compile(r"[|.A-Z]\s$")
# Digits set apart, as by a reader of scanned pages: 0 3 / 0 4 / 2 0 1 9.
APART = re.compile(r"\d(?: ?\d)? ?([/.-]) ?\d(?: ?\d)? ?\1 ?\d(?: ?\d)(?:(?: ?\d){2})?(?![\d/])")
DATE_LABEL = re.compile(
    r"(?:\bd\.?o\.?[bsda]\.?|\b(?:birth|birthday|born|date|dated|admitted|admit|admission|discharged?|service|"
    r"seen|collected|signed|dictated|transcribed|printed|visit|expires|exp|on|since)\b\.?)"
    r"(?:\s(?:on|is|was|of|date))*\s*[:=#]?\s*$",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"\b(?:v|ver|version|release|rev(?:ision)?|section|sect?|table|figure|fig|step|chapter|ch|item|part|build|firmware|"
    r"software|no|level|appendix|page|grade)\b[.:]?\s*$|[A-Za-z(=<>]$",
    re.IGNORECASE,
)


def is_day(year: int, month: int, day: int) -> bool:
    """Return whether a month has such a day; a year of 0 is unknown."""
    if not 1 <= month <= 12 or day < 1:
        return False
    try:
        date(year or 2000, month, day)
    except ValueError:
        return False
    return True


def is_year(year: int) -> bool:
    """Return whether a number of four digits is likely a year of a patient's life."""
    return FIRST_YEAR <= year <= LAST_YEAR


class NumericDates:
    """The dates of one language that have no words."""

    def find_numeric(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date of digits stands that begins at the digit `start`, or None."""
        if (found := FULL.match(text, start)) and self._full(found, text, start):
            return start, found.end()
        if (
            (found := RANGE.match(text, start))
            and either_order(found[1], found[2])
            and either_order(found[4], found[5])
        ):
            return start, found.end()
        if (found := MONTH_YEAR.match(text, start)) is not None:
            month, year = (number for number in found.groups() if number is not None)
            if 1 <= int(month) <= 12 and (len(year) == 2 or is_year(int(year))):
                more = MONTH_YEAR_ON.match(text, found.end())
                return start, more.end() if more is not None else found.end()
        if (
            (found := MONTH_OF_CENTURY.match(text, start)) is not None
            and 1 <= int(found[1]) <= 12
            and MONTH_CUE.search(text, max(0, start - 12), start)
        ):
            return start, found.end()
        if (found := YEAR_MONTH.match(text, start)) and 1 <= int(found[2]) <= 12 and is_year(int(found[1])):
            return start, found.end()
        return None

    def find_rare(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date stands that is written with other signs, or with its digits apart."""
        if (found := ODD_SIGNS.match(text, start)) and either_order(found[1], found[3]):
            return start, found.end()
        if (found := APART.match(text, start)) and " " in found[0]:
            parts = found[0].replace(" ", "").split(found[1])
            if len(parts[2]) in (2, 4) and either_order(parts[0], parts[1]):
                return start, found.end()
        if (found := IN_CELL.match(text, start)) and either_order(found[1], found[2]):
            whole = found.end() - found.end(2) > 3
            if whole or (text[start] == "0" and IN_FORM.search(text, max(0, start - 4), start)):
                return start, found.end()
        if (found := SPACED.match(text, start)) and DATE_LABEL.search(text, max(0, start - 24), start):
            if found[4] and is_year(int(found[4])) and is_day(int(found[4]), int(found[5]), int(found[6])):
                return start, found.end()
            if found[1] and either_order(found[1], found[2]) and (len(found[3]) == 2 or is_year(int(found[3]))):
                return start, found.end()
        return None

    def _full(self, found: re.Match[str], text: str, start: int) -> bool:
        first, separator, second, other, third = found.groups()
        if separator.strip() != other.strip():
            return False
        sign = separator.strip()
        if (separator != sign or other != sign) and not (
            len(third) == 4 or sign == "/" or DATE_LABEL.search(text, max(0, start - 24), start)
        ):
            return False  # 3 - 4 - 5
        if len(first) == 4:
            return len(third) <= 2 and is_day(int(first), int(second), int(third)) and is_year(int(first))
        if len(first) == 3 or len(third) == 1:
            return False
        year = int(third.lstrip("'"))
        if len(third) == 4 and not is_year(year):
            return False
        if sign == "." and len(third) != 4 and not (len(first) == len(second) == 2):
            # 9.17.64 is a day, 1.2.10 at the head of a line or after `version` is none.
            head = text[max(0, start - 24) : start].rpartition("\n")[2]
            born = head[-1:] == "(" and text[found.end() : found.end() + 1] == ")" and year > 31
            if (not head.strip() and year < 13) or (NUMBERED.search(head) and not born):
                return bool(DATE_LABEL.search(head))
        return either_order(first, second)


def either_order(first: str, second: str) -> bool:
    """Return whether two numbers are a month and a day, whichever comes first."""
    return is_day(0, int(first), int(second)) or is_day(0, int(second), int(first))
