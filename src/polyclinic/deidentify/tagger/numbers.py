"""Which numbers, and words said for them, are dates, ages and identifiers: where only the tagger's weights say so.

What the rules find is not asked again. The weights see the words around a number and how what it is part of is
written; they find the day that no word announces, and the number of a kind that has no label. What cannot be a day
or a number of somebody, whatever stands around it, is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger.weights import Candidate

LEAST_DATE = 0.5  # share at which a number or a word belongs to a date
LEAST_DAY = 0.8  # the same for a day without a month
LEAST_NUMBER = 0.5  # share at which it belongs to an identifier
LEAST_SHORT = 0.9  # the same for four digits
LEAST_AGE = 0.5  # share at which it is an age over 89
LEAST_STREET = 0.5  # share at which it belongs to an address
JOINED = {
    "date": re.compile(r"[ .,/–-]{0,2}|'"),
    "other_id": re.compile(r"[ .:/_#()–-]{0,2}"),
    "age": re.compile(r"[ -]?"),
    "address": re.compile(r"[ .,#-]{0,2}|, ?\n ?"),
}
IN_DATE, IN_NUMBER = re.compile(r"[\dOoIlSB/.–-]"), re.compile(r"[A-Za-z\d]")
MISREAD = str.maketrans("OoIlSB", "001158")  # letters that a scanner takes a digit for
TWO = re.compile(r"(\d{1,2})[/.–-](\d{1,2})")
THREE = re.compile(r"(\d{1,4})[/.–-](\d{1,2})[/.–-](\d{4}|\d{2})")
ENDING = re.compile(r"(?:st|nd|rd|th)", re.IGNORECASE)
CLOCK = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d")
AGE_OVER_89 = re.compile(r"9\d|1[01]\d|12[0-5]")
AGE_SAID = re.compile(r"ninet(?:y|ieth)|hundred", re.IGNORECASE)
BETWEEN = 3  # characters between two parts, at most


def find_numbers(text: str, candidates: Sequence[Candidate], closed: Sequence[Span]) -> list[Span]:
    """Return the dates, ages, identifiers and addresses that only the weights find.

    Args:
        text: the text.
        candidates: its words and numbers, from `Tagger.find`.
        closed: what was found already, in order; what lies in it is not looked at.
    """
    shut = bytearray(len(text) + 1)
    for span in closed:
        shut[span.start : span.end] = b"\1" * (span.end - span.start)
    groups: list[tuple[Span, float]] = []  # and the share of their surest part
    for one in candidates:
        if shut[one.start]:
            continue
        kind, share = _type_of(one)
        if kind is None:
            continue
        if groups and groups[-1][0].type == kind and _joins(text, groups[-1][0], one, shut):
            before, surest = groups[-1]
            groups[-1] = Span(before.start, one.end, kind), max(share, surest)
        else:
            groups.append((Span(one.start, one.end, kind), share))
    found = (_whole(text, span, share, shut) for span, share in groups)
    return [span for span in found if span is not None]


def _type_of(one: Candidate) -> tuple[str | None, float]:
    """Return the type of identifier that a word or a number is taken for, None for none, and its share."""
    if one.date >= LEAST_DATE:
        return "date", one.date
    if one.number >= LEAST_NUMBER:
        return "other_id", one.number
    if one.age >= LEAST_AGE:
        return "age", one.age
    return ("address", one.street) if one.street >= LEAST_STREET else (None, 0.0)


def _joins(text: str, before: Span, one: Candidate, shut: bytearray) -> bool:
    between = text[before.end : one.start]
    return (
        len(between) <= BETWEEN
        and JOINED[before.type].fullmatch(between) is not None
        and not any(shut[before.end : one.start])
    )


def _whole(text: str, span: Span, share: float, shut: bytearray) -> Span | None:
    """Return a span with all of what it is part of, or None when that is nothing of its type."""
    if span.type == "date":
        return _whole_date(text, span, share, shut)
    if span.type == "other_id":
        grown = _grown(text, span, IN_NUMBER, shut)
        return grown if _may_identify(text[grown.start : grown.end], share) else None
    written = text[span.start : span.end]
    if span.type == "age" and not (AGE_OVER_89.fullmatch(written) or AGE_SAID.match(written)):
        return None
    return span


def _grown(text: str, span: Span, over: re.Pattern[str], shut: bytearray) -> Span:
    start, end = span.start, span.end
    while start and over.match(text[start - 1]) and not shut[start - 1]:
        start -= 1
    while end < len(text) and over.match(text[end]) and not shut[end]:
        end += 1
    while end > span.end and text[end - 1] in ".-–/":
        end -= 1
    while start < span.start and text[start] in ".-–/":
        start += 1
    return Span(start, end, span.type)


def _whole_date(text: str, span: Span, share: float, shut: bytearray) -> Span | None:
    grown = _grown(text, span, IN_DATE, shut)
    written = text[grown.start : grown.end].translate(MISREAD)
    if any(c.isalpha() for c in text[span.start : span.end]) and not (
        TWO.fullmatch(written) or THREE.fullmatch(written)
    ):
        return None if ENDING.fullmatch(text[span.start : span.end]) else span
    span = grown
    if two := TWO.fullmatch(written):
        return span if _is_day(int(two[1]), int(two[2])) else None
    if three := THREE.fullmatch(written):
        numbers = [int(part) for part in three.groups()]
        first = three[1]
        whole = _is_day(*numbers[:2]) if len(first) < 3 else len(first) == 4 and _is_day(*numbers[1:])
        return span if whole else None
    alone = written.isdecimal() and len(written) < 3 and 1 <= int(written) <= 31
    return span if alone and share >= LEAST_DAY and not text[span.end : span.end + 1].isalpha() else None


def _is_day(first: int, second: int) -> bool:
    """Say whether two numbers are a month and a day, or a day and a month."""
    return 1 <= min(first, second) <= 12 and max(first, second) <= 31


def _may_identify(written: str, share: float) -> bool:
    """Say whether what was written may be somebody's number: long enough, and no time of day."""
    digits = sum(c.isdigit() for c in written)
    if not digits:
        return len(written.split()) > 2  # in words
    if written.isdecimal():
        return digits > 4 or (digits == 4 and share >= LEAST_SHORT and not CLOCK.fullmatch(written))
    return digits > 2
