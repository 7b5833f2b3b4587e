"""Which numbers, and words said for them, are dates, ages and identifiers: where only the tagger's weights say so.

What the rules find is not asked again. The weights see the words around a number and how what it is part of is
written; they find the day that no word announces, and the number of a kind that has no label. What cannot be a day
or a number of somebody, whatever stands around it, is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from polyclinic.deidentify.dates.calendar import CalendarRules
from polyclinic.deidentify.look_alikes import DIGIT_FOR
from polyclinic.deidentify.numbers.rules import MEASURED
from polyclinic.deidentify.numbers.shapes import (
    CODE_BEFORE,
    COUNT_BEFORE,
    PUBLIC_CODE,
    STAGE,
    TIMES,
    UNIT,
    VARIANT,
    YEARS,
)
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger.weights import Candidate


@dataclass(frozen=True, slots=True)
class Leasts:
    """Shares from which something is taken.

    Attributes:
        date: for a part of a date.
        day: for a day without a month.
        unsure: for two numbers that may be a score, a part or a range as well.
        unlikely: for two numbers that the rules take for one of these.
        number: for a part of an identifier.
        short: for four digits.
        age: for an age over 89.
        street: for a part of an address.
    """

    date: float = 0.5
    day: float = 0.85
    unsure: float = 0.5
    unlikely: float = 0.8
    number: float = 0.5
    short: float = 0.9
    age: float = 0.5
    street: float = 0.5


FOUND = Leasts()
SUSPECTED = Leasts(date=0.3, day=0.5, unsure=0.3, unlikely=0.5, number=0.3, short=0.5, age=0.3, street=0.3)
JOINED = {
    "date": re.compile(r"[ .,/–-]{0,2}|'"),
    "other_id": re.compile(r"[ .:/_#()–-]{0,2}"),
    "age": re.compile(r"[ -]?"),
    "address": re.compile(r"[ .,#-]{0,2}|, ?\n ?"),
}
IN_DATE, IN_NUMBER = re.compile(r"[\dOoIlSB/.–-]"), re.compile(r"[A-Za-z\d]")
TWO = re.compile(r"(\d{1,2})([/.–-])(\d{1,2})")
NO_DAY_BEHIND = re.compile(
    r"[A-Za-z]|\s?(?:or|to|x|times|of|percent|weeks?|days?|months?|years?|hours?|h|hrs?|min|mg|ml|cm|mm|toe|finger|dose)\b"
    r"|[%/+]|\s?[-–]\s?\d|[.,]\d",
    re.IGNORECASE,
)
LETTERS = re.compile(r"[^\W\d_]+")
HEAD = re.compile(r"[A-Za-z]+")
PAIR = re.compile(r"(?<![\d/.–-])\d{1,2}[/–-]\d{1,2}(?![\d/.–-])")
MONTH_LETTERS = re.compile(r"[a-z]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
THREE = re.compile(r"(\d{1,4})[/.–-](\d{1,2})[/.–-](\d{4}|\d{2})")
ENDING = re.compile(r"(?:st|nd|rd|th)", re.IGNORECASE)
CLOCK = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d")
AGE_OVER_89 = re.compile(r"9\d|1[01]\d|12[0-5]")
AGE_SAID = re.compile(r"ninet(?:y|ieth)|hundred", re.IGNORECASE)
BETWEEN = 3  # characters between two parts, at most
MOST_GROWN = 40  # characters that a part becomes longer by, on both sides


def find_numbers(
    text: str,
    candidates: Sequence[Candidate],
    closed: Sequence[Span],
    calendar: CalendarRules,
    least: Leasts = FOUND,
) -> list[Span]:
    """Return the dates, ages, identifiers and addresses that only the weights find.

    Args:
        text: the text.
        candidates: its words and numbers, from `Tagger.find`.
        closed: what was found already, in order; what lies in it is not looked at.
        calendar: the language's; says which pairs of numbers are scores, parts and doses.
        least: shares from which something is taken.
    """
    shut = bytearray(len(text) + 1)
    for span in closed:
        shut[span.start : span.end] = b"\1" * (span.end - span.start)
    groups: list[tuple[Span, float]] = []  # and the share of their surest part
    for one in candidates:
        if shut[one.start]:
            continue
        kind, share = _type_of(one, least)
        if kind is None:
            continue
        if groups and groups[-1][0].type == kind and _joins(text, groups[-1][0], one, shut):
            before, surest = groups[-1]
            groups[-1] = Span(before.start, one.end, kind), max(share, surest)
        else:
            groups.append((Span(one.start, one.end, kind), share))
    found = (_whole(text, span, share, shut, calendar, least) for span, share in groups)
    return [span for span in found if span is not None]


def _type_of(one: Candidate, least: Leasts) -> tuple[str | None, float]:
    """Return the type of identifier that a word or a number is taken for, None for none, and its share."""
    if one.date >= least.date:
        return "date", one.date
    if one.number >= least.number:
        return "other_id", one.number
    if one.age >= least.age:
        return "age", one.age
    return ("address", one.street) if one.street >= least.street else (None, 0.0)


def _joins(text: str, before: Span, one: Candidate, shut: bytearray) -> bool:
    between = text[before.end : one.start]
    return (
        len(between) <= BETWEEN
        and JOINED[before.type].fullmatch(between) is not None
        and not any(shut[before.end : one.start])
    )


def _whole(
    text: str, span: Span, share: float, shut: bytearray, calendar: CalendarRules, least: Leasts
) -> Span | None:
    """Return a span with all of what it is part of, or None when that is nothing of its type."""
    if span.type == "date":
        return _whole_date(text, span, share, shut, calendar, least)
    if span.type == "other_id":
        grown = _grown(text, span, IN_NUMBER, shut)
        known = not _may_identify(text[grown.start : grown.end], share, least) or _is_explained(text, grown)
        return None if known else grown
    written = text[span.start : span.end]
    if span.type == "age" and not (AGE_OVER_89.fullmatch(written) or AGE_SAID.match(written)):
        return None
    return span


def _grown(text: str, span: Span, over: re.Pattern[str], shut: bytearray) -> Span:
    """Return a span with what adjoins it and looks like a part of it, up to MOST_GROWN characters on both sides."""
    start, end = span.start, span.end
    low, high = max(0, start - MOST_GROWN), min(len(text), end + MOST_GROWN)
    while start > low and over.match(text[start - 1]) and not shut[start - 1]:
        start -= 1
    while end < high and over.match(text[end]) and not shut[end]:
        end += 1
    while end > span.end and text[end - 1] in ".-–/":
        end -= 1
    while start < span.start and text[start] in ".-–/":
        start += 1
    return Span(start, end, span.type)


def _whole_date(
    text: str, span: Span, share: float, shut: bytearray, calendar: CalendarRules, least: Leasts
) -> Span | None:
    grown = _grown(text, span, IN_DATE, shut)
    written = text[grown.start : grown.end].translate(DIGIT_FOR)
    if two := TWO.fullmatch(written):
        if not _is_day(int(two[1]), int(two[3])):
            return None
        ask = {"/": calendar.find_month_day, "-": calendar.find_dashed}.get(two[2])
        if ask is None or written != text[grown.start : grown.end]:  # or misread
            return grown
        told = ask(text, grown.start)
        if told is not None and told[1]:
            return grown
        enough = share >= (least.unlikely if told is None else least.unsure)
        possible = told is not None or two[2] == "/"
        return grown if enough and possible and not calendar.is_score(text, grown.start) else None
    if three := THREE.fullmatch(written):
        first, second, third = (int(part) for part in three.groups())
        year_first = len(three[1]) == 4
        whole = _is_day(second, third) if year_first else len(three[1]) < 3 and _is_day(first, second)
        return grown if whole else None
    pair = PAIR.search(text, span.start, span.end)
    if pair is not None and span.start < pair.start() and not MONTH_LETTERS.search(text, span.start, span.end):
        return _whole_date(text, Span(*pair.span(), "date"), share, shut, calendar, least)  # Humphrey 24-2
    if any(c.isalpha() for c in text[span.start : span.end]):
        return span if _is_said(text[span.start : span.end], calendar) else None
    alone = written.isdecimal() and len(written) < 3 and 1 <= int(written) <= 31
    return grown if alone and share >= least.day and not NO_DAY_BEHIND.match(text, grown.end) else None


def _is_said(written: str, calendar: CalendarRules) -> bool:
    """Say whether words may be a day: not the ending of a number, a month that is a word, nor a holiday or a weekday
    by itself."""
    words = [word[0].lower() for word in LETTERS.finditer(written)]
    if ENDING.fullmatch(written):
        return False
    months = calendar.words["months_that_are_words"]
    if words[0] in months and written.islower():
        return False
    if len(words) > 1 or any(c.isdigit() for c in written):
        return True
    return not any(words[0] in known for known in (months, calendar.holidays.words, calendar.words["weekdays"]))


def _is_day(first: int, second: int) -> bool:
    """Say whether two numbers are a month and a day, or a day and a month."""
    return 1 <= min(first, second) <= 12 and max(first, second) <= 31


def _may_identify(written: str, share: float, least: Leasts) -> bool:
    """Say whether what was written may be somebody's number: long enough, and no time of day."""
    digits = sum(c.isdigit() for c in written)
    if not digits:
        return len(written.split()) > 2  # in words
    if written.isdecimal():
        return digits > 4 or (digits == 4 and share >= least.short and not CLOCK.fullmatch(written))
    return digits > 2


def _is_explained(text: str, span: Span) -> bool:
    """Say whether a unit, a code or a count explains a number."""
    written = text[span.start : span.end]
    digits = sum(c.isdigit() for c in written)
    head = HEAD.match(written)
    if MEASURED.match(text, span.start) or UNIT.match(text, span.end) or TIMES.match(written) or YEARS.match(written):
        return True
    if head is not None and (PUBLIC_CODE.match(head[0]) or STAGE.match(written) or VARIANT.match(written)):
        return True
    if CODE_BEFORE.search(text, span.start - 24, span.start):
        return True
    return digits < 7 and written.isdecimal() and bool(COUNT_BEFORE.search(text, max(0, span.start - 24), span.start))
