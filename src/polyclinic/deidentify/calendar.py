"""Dates as they are written: which strings of digits and words are dates, and which day they mean.

`find_numeric` looks at the place of a digit, `find_worded` at the place of a month's name, so that a text is searched
for digits and capitals only once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.look_back import LookBack

FIRST_YEAR, LAST_YEAR = 1850, 2100
FULL = re.compile(
    r"(\d{1,4})(\s?[/.\-–]\s?)(\d{1,2})(\s?[/.\-–]\s?)(\d{4}|'?\d{2})(?![\d/]|"
    r"[.\-–]\d)(?:T\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
RANGE = re.compile(
    r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?\s?(?:-|–|to|through|thru|and|&)\s?(\d{1,2})/(\d{1,2})/(\d{2,4})(?![\d/])"
)
DAYS = re.compile(r"(\d{1,2})/(\d{1,2})\s?(?:-|–)\s?(\d{1,2})/(\d{1,2})(?![\d/])")
MONTH_YEAR = re.compile(r"(\d{1,2})(?:/|-)(\d{4})(?![\d/\-])")
YEAR_MONTH = re.compile(r"(\d{4})[/-](\d{2})(?![\d/\-])")
MONTH_DAY = re.compile(r"(\d{1,2})[/](\d{1,2})(?![\d/%])(?!-\d)")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)(?:T?\d{4,6})?(?![\w])")


SINCE = re.compile(r"\b(?:since|until|till|last|of|by)\s+$")
TIME_AFTER = re.compile(
    r",?\s{1,3}(?:at\s+|@\s?)?(?:(?:[01]?\d|2[0-3]):[0-5]\d|(?:[01]\d|2[0-3])[0-5]\d(?!\d|/|\s?m[lg]))"
)
# What scores, murmurs, doses and durations are out of; a day of the month of these needs more than its form.
DENOMINATORS = frozenset((1, 2, 3, 4, 5, 6, 7, 10, 12, 15))
_DAYS_OF_ALL = frozenset(["day", "new", "years", "eve", "of"])  # "new years" is looked for as it stands


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


class CalendarRules:
    """The dates of one language."""

    def __init__(self, words: Words) -> None:
        """Compile what the words of a language make of dates."""
        self.words = words
        months = either(words.months)
        self.months = words.months
        ordinals = either(words.ordinals)
        numbers = either(words["number_words"] | set(words.ordinals))
        rf"(?:(?:{words.any_of('weekdays')})\b\.?,?\s+(?:the\s+)?)?"
        # two thousand twenty one, twenty nineteen, O eight
        spoken = rf"(?:,?\s+(?:{numbers})(?:[\s-]+(?:and\s+)?(?:{numbers})){{1,4}})"
        year = r"(?:(?:\s*,\s*|\s+(?:of\s+)?|[-/.])(?:(?:18|19|20)\d{2}|['’]\d{2})(?!\d|-\d)|"
        year += r"[-/]\d{2}(?![\d/-])|,\s?\d{2}(?=[\s.,;)]|$))"
        ordinary_number = rf"(?:(?:twenty|thirty)[\s-])?(?:{ordinals})"
        # Mar 14, 2024; March 14th; March the third; Mar-14-2024; July thirty first O eight; March 3-7, 2024
        self.after_month = re.compile(
            rf"(?:{months})\b\.?(?:"
            rf"(?:\s*[-/.]?\s*|\s+the\s+)\d{{1,2}}(?!\d|[.:]\d|%|/\d|\s?(?:mg|mcg|ml|cm|mm|units?|tablets?|"
            rf"years?|yo|weeks?|months?|days?|hours?|pm|am)\b)"
            rf"(?:\s?(?:st|nd|rd|th)\b)?(?:\s*(?:-|–|to|through|and|&)\s*\d{{1,2}}(?!\d|[.:/]\d)(?:\s?(?:st|nd|"
            rf"rd|th)\b)?)?{year}?"
            rf"|\s+(?:the\s+)?(?:{ordinary_number})\b(?:{spoken}|{year})?"
            rf"|{year}"
            rf"|{spoken})",
            re.IGNORECASE,
        )
        self.month_alone = re.compile(rf"(?:{months})\b", re.IGNORECASE)
        # 14 March 2024; 14th of March; 14-Mar-24; 3rd to 7th March
        self.day_month = re.compile(
            rf"(?:\d{{1,2}}\s?(?:st|nd|rd|th)?\s*(?:-|–|to|and|&)\s*)?\d{{1,2}}\s?(?:st|nd|rd|"
            rf"th)?(?:\s+day)?(?:\s+of\s+|\s*[-/.]?\s*|,\s+)(?:{months})\b(?:\.?{year})?"
            rf"(?![a-z])",
            re.IGNORECASE,
        )
        self.worded_day = re.compile(rf"(?:the\s+)?({ordinary_number})\s+(?:day\s+)?of\s+$", re.IGNORECASE)
        self.weekday_before = re.compile(rf"(?:{words.any_of('weekdays')})\b\.?,?\s+(?:the\s+)?$", re.IGNORECASE)
        cues = either(words["day_cues"])
        self.cue = LookBack(rf"(?<![a-z0-9])(?:{cues})\.?:?\s*(?:the\s+)?[(\[]?|@\s?", [*words["day_cues"], "@"])
        self.not_after = re.compile(rf"\s*-?(?:{either(words['not_days_after'])})\b", re.IGNORECASE)
        self.not_before = LookBack(
            rf"(?<![a-z0-9])(?:{either(words['not_days_before'])})\s*(?:(?:of|is|was|at|:|=|-|score|scored|"
            rf"total|today|now|about|around)\s*)*",
            words["not_days_before"],
        )
        month_cues = either(words["month_cues"])
        self.month_cue = LookBack(rf"(?<![a-z0-9])(?:{month_cues})\s+", words["month_cues"])
        holidays = either(words["holidays"]).replace("'", "['’]?")
        self.holiday = re.compile(rf"\b(?:{holidays})\b(?:,?\s+(?:of\s+)?(?:19|20)\d{{2}})?", re.IGNORECASE)
        # The rarest word of each, so that few texts are searched.
        keys: dict[str, str] = {}
        for holiday in words["holidays"]:
            key = max((w for w in holiday.split() if w not in _DAYS_OF_ALL), key=len, default=holiday)
            for form in (key, key.replace("'", "’")):
                keys.update({form + sign: form for sign in ("", ".", ",", ":", ";", ")", "?")})
        self.holiday_keys = keys
        self.holiday_words = frozenset(keys)

    def find_holidays(self, text: str, lowered: str, words: set[str]) -> Iterator[tuple[int, int]]:
        """Yield where holidays stand in a text whose words are `words`."""
        keys = {self.holiday_keys[word] for word in self.holiday_words & words}
        if "new years" in lowered:
            keys.add("new years")
        for key in sorted(keys):
            place = lowered.find(key)
            while place >= 0:
                for found in self.holiday.finditer(text, max(0, place - 16), min(len(text), place + 40)):
                    if found.start() <= place < found.end():
                        yield found.span()
                place = lowered.find(key, place + 1)

    def find_numeric(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date of digits stands that begins at the digit `start`, or None."""
        if (found := FULL.match(text, start)) and self._full(found):
            return start, found.end()
        if (
            (found := RANGE.match(text, start))
            and self._either_order(found[1], found[2])
            and self._either_order(found[4], found[5])
        ):
            return start, found.end()
        if ((found := MONTH_YEAR.match(text, start)) and 1 <= int(found[1]) <= 12 and is_year(int(found[2]))) and (
            "/" in found[0] or len(found[1]) == 2
        ):
            return start, found.end()
        if (found := YEAR_MONTH.match(text, start)) and 1 <= int(found[2]) <= 12 and is_year(int(found[1])):
            return start, found.end()
        return None

    def find_month_day(self, text: str, start: int) -> tuple[int, int] | None:
        """Return where a date like 3/14 stands, if what is around it does not say that it is a score or a dose."""
        found = MONTH_DAY.match(text, start)
        days = DAYS.match(text, start)
        if days and self._either_order(days[1], days[2]) and self._either_order(days[3], days[4]):
            found = days
        elif found is None or not self._either_order(found[1], found[2]):
            return None
        before = text[max(0, start - 32) : start]
        first, second = found[1], found[2]
        if self.not_after.match(text, found.end()):
            return None
        if TIME_AFTER.match(text, found.end()) or self.cue.search(text, start - 32, start):
            return start, found.end()
        if self.not_before.search(text, start - 32, start):
            return None
        if found is days or int(second) not in DENOMINATORS:
            return start, found.end()
        if len(first) == 2 and len(second) == 2 and "0" in (first[0], second[0]):
            return start, found.end()
        behind = text[found.end() : found.end() + 2]
        if not before.rpartition("\n")[2].strip(" \t-*•[(") and (
            behind[:1] in (":", "\t", ")", "]") or behind in (" -", " –", "  ")
        ):
            return start, found.end()
        return None

    def find_worded(self, text: str, start: int, caseless: bool = False) -> tuple[int, int] | None:
        """Return where a date stands whose month's name begins at `start`, or None."""
        before = text[max(0, start - 32) : start]
        begin = start
        if day := self.worded_day.search(before):
            begin = start - (len(before) - day.start(1))
        if found := self.after_month.match(text, start):
            end = found.end()
        elif begin < start:  # the fourteenth of March
            end = self.month_alone.match(text, start).end()  # type: ignore[union-attr]
        else:
            alone = self.month_alone.match(text, start)
            if alone is None:
                return None
            word = alone[0].lower()
            if (
                word in self.words["months_that_are_words"]
                and not alone[0][0].isupper()
                and not (
                    (caseless and len(word) != 3 and self.month_cue.search(text, start - 24, start))
                    or (caseless and SINCE.search(before))
                )
            ):
                return None
            if word in self.words["months_that_are_words"] and alone[0].isupper() and len(word) <= 4:
                return None
            if (not self.month_cue.search(text, start - 24, start)) and (
                word in self.words["months_that_are_words"] or len(word) < 4
            ):
                return None
            end = alone.end()
        if (
            not caseless
            and text[start : start + 1].islower()
            and text[start : start + 3] in ("may", "mar")
            and begin == start
        ) and not re.search(r"\d|st\b|nd\b|rd\b|th\b", text[start:end]):
            return None
        return begin, end

    def _full(self, found: re.Match[str]) -> bool:
        first, separator, second, other, third = found.groups()
        if separator.strip() != other.strip():
            return False
        sign = separator.strip()
        if (separator != sign or other != sign) and not (len(third) == 4 or sign == "/"):
            return False  # 3 - 4 - 5
        if len(first) == 4:
            return len(third) == 2 and is_day(int(first), int(second), int(third)) and is_year(int(first))
        if len(first) == 3:
            return False
        year = int(third.lstrip("'"))
        if len(third) == 4 and not is_year(year):
            return False
        if sign == "." and len(third) != 4 and not (len(first) == len(second) == 2):
            return False
        return self._either_order(first, second)

    @staticmethod
    def _either_order(first: str, second: str) -> bool:
        return is_day(0, int(first), int(second)) or is_day(0, int(second), int(first))
