"""Dates moved by a number of days, written as they were: the same shift for a patient keeps every interval.

A date without a year or a day is read with those of the first whole date of the text, so that it moves along. Where
a year of birth would tell an age over 89, the year is that of 90 years before the latest date of the text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.look_alikes import DIGIT_FOR, LOOK_ALIKES

SCANNED = re.compile(rf"(?=.*[\d])(?=.*[/.–-])(?=.*[ {LOOK_ALIKES}])[\d{LOOK_ALIKES} /.–-]+")  # 8 - 3O - 2l
OLDEST = 90  # years before the latest date of a text, at most
THREE = re.compile(r"(\d{1,4})(\s?[/.\-–]\s?)(\d{1,2})(\s?[/.\-–]\s?)('?)(\d{4}|\d{2})(?!\d)")
COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?=\d{0,6}(?!\d))")
YEAR_MONTH = re.compile(r"(\d{4})([/-])(\d{2})(?!\d)")
MONTH_YEAR = re.compile(r"(\d{1,2})([/-])(\d{4})(?!\d)")
MONTH_DAY = re.compile(r"(\d{1,2})(/)(\d{1,2})(?![\d/])")
DASHED_DAY = re.compile(r"(\d{1,2})(-)(\d{1,2})")
DAY_ALONE = re.compile(r"(?:the\s+)?(\d{1,2})\s?(?:st|nd|rd|th)?", re.IGNORECASE)
UNKNOWN = date(2001, 1, 15)


@dataclass
class DateShift:
    """Moves the dates of one text."""

    words: Words
    days: int  # by which dates are moved
    day_first: bool = False  # 03/04/2024 is the third of April
    anchor: date = UNKNOWN  # the first whole date of the text, before it was moved
    latest: date = UNKNOWN

    def __post_init__(self) -> None:
        """Take the language's names of months."""
        self.months, self.short, self.month, self.spoken = _names_of(self.words)

    def look_at(self, dates: Sequence[str]) -> None:
        """Learn from the dates of the text: which comes first, day or month; the first whole one; the latest."""
        self.day_first = self.words.date_order == "day_first"
        for text in map(_as_digits, dates):
            if (found := THREE.search(text)) and len(found[1]) < 3 and not self.month.search(text):
                if int(found[1]) > 12:
                    self.day_first = True
                    break
                if int(found[3]) > 12:
                    self.day_first = False
                    break
        whole = [day for text in dates if (day := self.whole(text)) is not None]
        if whole:
            self.anchor, self.latest = whole[0], max(whole)

    def whole(self, text: str) -> date | None:
        """Return the day that a whole date means, or None when it is not whole."""
        text = _as_digits(text)
        if found := self.month.search(text):
            rest = text[: found.start()] + " " + text[found.end() :]
            numbers = re.findall(r"\d+", rest)
            if len(numbers) < 2:
                return None
            years = [n for n in numbers if len(n) == 4] or numbers[-1:]
            days = [n for n in numbers if n is not years[0] and len(n) <= 2]
            return _day(self._year(years[0]), self.words.months[found[0].lower()], int(days[0])) if days else None
        if three := THREE.search(text):
            return self._three(three)
        if compact := COMPACT.match(text):
            return _day(int(compact[1]), int(compact[2]), int(compact[3]))
        return None

    def moved(self, text: str) -> str:
        """Return a date as it is written, moved; what cannot be read becomes some day of the year."""
        text = _as_digits(text)
        if self.month.search(text):
            return self._worded(text)
        for pattern, write in (
            (THREE, self._write_three),
            (COMPACT, self._write_compact),
            (YEAR_MONTH, self._write_year_month),
            (MONTH_YEAR, self._write_month_year),
            (MONTH_DAY, self._write_month_day),
        ):
            if pattern.search(text):
                made = pattern.sub(write, text)
                if pattern is THREE and MONTH_DAY.search(text):  # 3/14-3/18/2024
                    found = THREE.search(text)
                    assert found is not None
                    head = MONTH_DAY.sub(self._write_month_day, text[: found.start()])
                    return head + THREE.sub(write, text[found.start() :])
                return made
        if (dashed := DASHED_DAY.fullmatch(text)) is not None:
            return self._write_month_day(dashed)
        return self._unread(text)

    def _unread(self, text: str) -> str:
        """Write a holiday, or a day of a month that is not named."""
        if (found := DAY_ALONE.fullmatch(text)) and (day := _day(self.anchor.year, self.anchor.month, int(found[1]))):
            moved = self._move(day)
            return f"{text[: found.start(1)]}{moved.day}{_ending(moved.day)}"
        number = sum(text.lower().encode()) % 365
        moved = self._move(date(self.anchor.year, 1, 1) + timedelta(days=number))
        return f"{self.months.get(moved.month, str(moved.month)).capitalize()} {moved.day}"

    def _move(self, day: date) -> date:
        try:
            moved = day + timedelta(days=self.days)
        except OverflowError:
            return day
        if self.latest is not UNKNOWN and day.year <= self.latest.year - OLDEST:
            year = (self.latest + timedelta(days=self.days)).year - OLDEST
            return _day(year, moved.month, min(moved.day, 28)) or moved
        return moved

    def _year(self, text: str) -> int:
        number = int(text)
        if len(text) > 2:
            return number
        limit = (self.anchor.year if self.anchor is not UNKNOWN else 2030) + 1
        return number + (2000 if number + 2000 <= limit else 1900)

    def _order(self, first: int, second: int) -> tuple[int, int]:
        """Return month and day."""
        if first > 12 or (self.day_first and second <= 12):
            return second, first
        return first, second

    def _three(self, found: re.Match[str]) -> date | None:
        if len(found[1]) == 4:
            return _day(int(found[1]), int(found[3]), int(found[6]))
        month, day = self._order(int(found[1]), int(found[3]))
        return _day(self._year(found[6]), month, day)

    def _write_three(self, found: re.Match[str]) -> str:
        day = self._three(found)
        if day is None:
            return "0" * len(found[1]) + found[2] + "0" * len(found[3]) + found[4] + "0" * len(found[6])
        moved = self._move(day)
        if len(found[1]) == 4:
            return (
                f"{moved.year:04d}{found[2]}{_padded(moved.month, found[3])}{found[4]}{_padded(moved.day, found[6])}"
            )
        first, second = (
            (moved.month, moved.day)
            if self._order(int(found[1]), int(found[3]))[0] == int(found[1])
            else (moved.day, moved.month)
        )
        if int(found[1]) == int(found[3]) and self.day_first:
            first, second = moved.day, moved.month
        year = f"{moved.year:04d}" if len(found[6]) == 4 else f"{moved.year % 100:02d}"
        return f"{_padded(first, found[1])}{found[2]}{_padded(second, found[3])}{found[4]}{found[5]}{year}"

    def _write_compact(self, found: re.Match[str]) -> str:
        day = _day(int(found[1]), int(found[2]), int(found[3]))
        return self._move(day).strftime("%Y%m%d") if day else "0" * 8

    def _write_year_month(self, found: re.Match[str]) -> str:
        moved = self._move(_day(int(found[1]), int(found[3]), 15) or self.anchor)
        return f"{moved.year:04d}{found[2]}{moved.month:02d}"

    def _write_month_year(self, found: re.Match[str]) -> str:
        moved = self._move(_day(int(found[3]), int(found[1]), 15) or self.anchor)
        return f"{_padded(moved.month, found[1])}{found[2]}{moved.year:04d}"

    def _write_month_day(self, found: re.Match[str]) -> str:
        month, day = self._order(int(found[1]), int(found[3]))
        moved = self._move(_day(self.anchor.year, month, day) or self.anchor)
        first, second = (
            (moved.month, moved.day)
            if month == int(found[1]) and not (self.day_first and month == day)
            else (moved.day, moved.month)
        )
        return f"{_padded(first, found[1])}{found[2]}{_padded(second, found[3])}"

    def _worded(self, text: str) -> str:
        """Write a date with a month's name."""
        found = self.month.search(text)
        assert found is not None
        month = self.words.months[found[0].lower()]
        numbers = [n for n in re.finditer(r"\d+", text) if not found.start() <= n.start() < found.end()]
        years = [n for n in numbers if len(n[0]) == 4]
        if (
            not years
            and numbers
            and (len(numbers) > 1 or text[numbers[-1].start() - 1 : numbers[-1].start()] in ("'", "’"))
        ):
            last = numbers[-1]
            joined = last.start() == found.end() and len(last[0]) == 2 and len(numbers) > 1  # 13OCT24
            if (
                joined
                or text[last.start() - 1 : last.start()] in ("'", "’", "-", "/")
                or (
                    last.start() > found.end()
                    and len(last[0]) == 2
                    and len(numbers) > 1
                    and "," in text[found.end() : last.start()]
                )
            ):
                years = [last]
        days = [n for n in numbers if n not in years and len(n[0]) <= 2 and 1 <= int(n[0]) <= 31]
        spoken = self.spoken.search(text)
        day = int(days[0][0]) if days else self._spoken_day(spoken[0]) if spoken else 15
        year = self._year(years[0][0]) if years else self.anchor.year
        moved = self._move(_day(year, month, day) or _day(year, month, 28) or self.anchor)
        name = (self.short if len(found[0]) <= 3 else self.months).get(moved.month, str(moved.month))
        name = name.upper() if found[0].isupper() else name if found[0].islower() else name.capitalize()
        if spoken and not days:
            said = f"{name} {moved.day}{_ending(moved.day)}"
            return f"{said}, {moved.year}" if years or len(text[found.end() :].split()) > 2 else said
        pieces, place = [], 0
        edits = [(found.start(), found.end(), name)]
        edits += [
            (y.start(), y.end(), str(moved.year) if len(y[0]) == 4 else f"{moved.year % 100:02d}") for y in years[:1]
        ]
        for another in [*self.month.finditer(text)][1:]:  # Nov-Dec 2018
            later = self._move(_day(year, self.words.months[another[0].lower()], 15) or self.anchor)
            named = (self.short if len(another[0]) <= 3 else self.months).get(later.month, str(later.month))
            edits.append((another.start(), another.end(), named.capitalize() if another[0][0].isupper() else named))
        for each in days:
            other = self._move(_day(year, month, int(each[0])) or date(moved.year, moved.month, 1))
            end = each.end()
            made = _padded(other.day, each[0])
            if re.match(r"\s?(?:st|nd|rd|th)\b", text[end : end + 3]):
                suffix = re.match(r"\s?(?:st|nd|rd|th)", text[end:])
                assert suffix is not None
                end, made = end + suffix.end(), made + _ending(other.day)
            edits.append((each.start(), end, made))
        for start, end, made in sorted(edits):
            pieces += [text[place:start], made]
            place = end
        return "".join([*pieces, text[place:]])

    def _spoken_day(self, text: str) -> int:
        tens = (
            20
            if text.lower().startswith("twenty") and text.lower() != "twentieth"
            else 30
            if text.lower().startswith("thirty")
            else 0
        )
        last = re.split(r"[\s-]", text.lower())[-1]
        return min(31, tens + self.words.ordinals.get(last, 1))


@functools.lru_cache(maxsize=16)
def _names_of(words: Words) -> tuple[dict[int, str], dict[int, str], re.Pattern[str], re.Pattern[str]]:
    """Return the full names of months by number, the short ones, and what finds a month and a spoken day."""
    months: dict[int, str] = {}
    short: dict[int, str] = {}
    for name, number in words.months.items():
        if len(name) > len(months.get(number, "")):
            months[number] = name
        if len(name) == 3 or number not in short:
            short[number] = name
    month, day = either(words.months), either(words.ordinals)
    return (
        months,
        short,
        re.compile(rf"\b(?:{month})\b|(?<=\d)(?:{month})(?=\d|\b)", re.IGNORECASE),
        re.compile(rf"\b(?:(?:twenty|thirty)[\s-])?(?:{day})\b", re.IGNORECASE),
    )


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _padded(number: int, like: str) -> str:
    return (
        f"{number:02d}"
        if len(like) == 2 and like[0] == "0"
        else str(number)
        if len(like) == 1 or number > 9
        else f"{number:02d}"
    )


def _ending(day: int) -> str:
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _as_digits(text: str) -> str:
    """Return a date without what a reader of scanned pages made of its digits, and spaces between them."""
    return text.translate(DIGIT_FOR).replace(" ", "") if SCANNED.fullmatch(text) else text
