"""Digits outside of what was found that nothing explains: neither a unit nor what is measured, counted or coded.

A number of four digits or less is harmless unless a word beside it says that it identifies; a longer one, and letters
mixed with digits, are harmless only where a unit, a code or a count explains them. Fractions and ranges that may be
days, ranks without a thing, and numbers from 90 on beside a word of age are suspicious as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.dates.calendar import CalendarRules
from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.dates.ordinal_days import ordinal_day
from polyclinic.deidentify.numbers.ages import OLD, OLDEST
from polyclinic.deidentify.numbers.rules import MEASURED
from polyclinic.deidentify.numbers.shapes import (
    CODE_BEFORE,
    COUNT_BEFORE,
    PLATE_LETTERS,
    PUBLIC_CODE,
    STAGE,
    TIMES,
    UNIT,
    VARIANT,
    YEARS,
)

DIGITS = re.compile(r"\d+")
TOKEN_END = re.compile(r"[A-Za-z0-9]*(?:(?:[-–./_:]|(?<=\d),(?=\d{3}(?!\d)))[A-Za-z0-9]+)*")
SPACED_DIGITS = re.compile(r"(?:[ .-]{1,2}\d{2,}(?![\d/%]|\.\d)){1,5}")
LABEL = re.compile(
    r"(?:\b(?:mrns?|ssn|npi|dea|vin|plates?|placard|imei|badge|locker|docket|pager|ext|beeper|pgr|bleep|fax|"
    r"finger ?prints?|voice ?prints?|iris|retinal?|palm ?print|biometric|last (?:4|four)|id|account|acct|serial|"
    r"policy|member|medicare|medicaid|passport|accession|licen[cs]e|"
    r"social|phone|tel|extension|tag|card|number)\b|#)(?:[\s:#=(-]|\.(?!\s)){0,4}(?:(?:is|no|"
    r"number|ending|in|of|at|code)\b[\s:#.]*){0,2}$",
    re.IGNORECASE,
)
DRIVEN = re.compile(
    r"\b(?:plates?|cars?|truck|van|suv|sedan|vehicle|honda|toyota|ford|chevy|jeep|motorcycle|towed|parked|driv\w+)\b",
    re.IGNORECASE,
)
AGED = re.compile(
    r"\b(?:age[ds]?|old|year|years|yrs?|yo|y/o|y\.o|y|birthday|turn\w*|born|died|elderly)\b", re.IGNORECASE
)
# A word one of whose letters a reader of scanned pages took for a digit: 8atista, Memoria1, A1ene.
MISREAD_WORD = re.compile(
    r"[A-Za-z]{0,9}[0158](?!st|nd|rd|th|hour|week|month|year|dose|minute|time)[a-z]{3,}|[A-Z][a-z]{3,}[0158]"
)
SEX_BEFORE = re.compile(r"\b[MF]\"?\s?[,|/\t]\s?\"?$")
SEXED = re.compile(r"\s?[-/,]?\s?[MF]\b")
NO_AGE = re.compile(
    r"(?:\b(?:bp|hr|pulse|rate|sats?|spo2|o2|saturation|temp\w*|weight|wt|glucose|sugar|for|past|last|over|than|every|"
    r"about|score|systolic|diastolic|map|percent|iq|was)\W{0,3}|[<>=~/.-])$",
    re.IGNORECASE,
)
ROWED = re.compile(r"\d{1,3}(?: \d{1,3})+|(?:[0-2]\d[0-5]\d ?)+|\d+\. \d.*")  # numbers of a table
ROOM_BEFORE = re.compile(r"\b(?:room|rm|bed|ward|unit)\b[\s.:#]*$", re.IGNORECASE)
LEVELS = re.compile(r"[CTLS]\d{1,2}(?:[-/][CTLS]?\d{1,2})+", re.IGNORECASE)  # of the spine: T11-12
BOX_BEFORE = re.compile(r"\b(?:box|apt|suite|ste)\b\.?\s?#?\s?$", re.IGNORECASE)
MONTH_AND_YEAR = re.compile(r"(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d|(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])")
NUMBERED_WORD = re.compile(
    r"\d+(?:st|nd|rd|th|s|mg|mcg|ml|kg|cm|mm|am|pm|hrs?|min|yo|x|d|h|w|wk|mo|yr|y|k|g|l|u|f|c)$"
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST_CODE = 8  # characters of a code with letters: ICD-10-CM with its dot
IN_WORDS = 6  # characters of a token in which letters and digits mix from which it needs a reason
PLAIN = 4  # digits that are harmless without a label


def unexplained(text: str, covered: bytearray, calendar: CalendarRules) -> Iterator[tuple[int, int, str]]:
    """Yield where digits stand that nothing explains, and why they are suspicious."""
    until = 0
    for run in DIGITS.finditer(text):
        start, end = run.span()
        if start < until or covered[start]:
            continue
        begin = start
        while begin > until and start - begin < 24 and (text[begin - 1].isalnum() or text[begin - 1] in "-_/"):
            begin -= 1
        while not text[begin].isalnum():
            begin += 1
        found = TOKEN_END.match(text, end)
        last = found.end() if found is not None else end
        if any(covered[begin:last]):
            continue
        token = text[begin:last].rstrip(".,:")
        until = last = begin + len(token)
        reason = _of_word(text, begin, last, token) if any(c.isalpha() for c in token) else ""
        if not reason and token.replace("–", "-")[:1].isdigit():
            reason = _of_digits(text, begin, last, token, calendar)
            if reason and (more := SPACED_DIGITS.match(text, last)) is not None:
                until = last = more.end()
        if reason:
            yield begin, last, reason


def _of_word(text: str, begin: int, end: int, token: str) -> str:
    """Return why letters with digits are suspicious; nothing where they are not."""
    digits = sum(c.isdigit() for c in token)
    low = max(0, begin - 60)
    if MISREAD_WORD.fullmatch(token) and not UNIT.match(text, begin + 1):
        return "a word with a digit in it"
    head = token[: len(token) - len(token.lstrip(LETTERS))]
    if (
        token[:2].isdigit()
        and token[-1] in "MFmf"
        and OLD <= int(token[:-1] if token[:-1].isdigit() else 0) <= OLDEST
    ):
        return "" if NO_AGE.search(text, max(0, begin - 14), begin) else "a number that may be an age"
    if (digits > 1 or len(token) > 2) and LABEL.search(text, max(low, begin - 36), begin):
        return "" if NUMBERED_WORD.match(token.lower()) else "a label with a number"
    if NUMBERED_WORD.match(token.lower()) or (
        PUBLIC_CODE.match(head or "-") and (len(head) > 2 or digits < IN_WORDS)
    ):
        return ""
    if digits > 2 and token.upper() == token and DRIVEN.search(text, low, begin):
        return "letters with digits"
    if ROOM_BEFORE.search(text, max(low, begin - 8), begin) or LEVELS.fullmatch(token):
        return ""
    if digits < 4 or len(token) < IN_WORDS or STAGE.match(token) or VARIANT.match(token):
        return ""
    if (len(token) <= LONGEST_CODE and CODE_BEFORE.search(text, begin - 24, begin)) or UNIT.match(
        text, begin + len(token.rstrip("abcdefghijklmnopqrstuvwxyz"))
    ):
        return ""
    return "letters with digits"


def _of_digits(text: str, begin: int, end: int, token: str, calendar: CalendarRules) -> str:
    """Return why a number is suspicious; nothing where it is not."""
    digits = sum(c.isdigit() for c in token)
    first = DIGITS.match(text, begin)
    assert first is not None
    if digits <= PLAIN and "/" in token and calendar.find_month_day(text, begin) is not None:
        return "digits that may be a day"
    spaced = SPACED_DIGITS.match(text, end)
    whole = token + spaced[0] if spaced is not None else token
    total = sum(c.isdigit() for c in whole)
    ahead = text[begin - 1 : begin]
    if total > digits and (total > 6 or ahead == "+") and not ROWED.fullmatch(whole):
        return "a long number"
    if (
        total >= PLAIN
        and not (len(token) == 4 and is_year(int(token) if token.isdigit() else 0))
        and LABEL.search(text, max(0, begin - 36), begin)
    ):
        return "a label with a number"
    if BOX_BEFORE.search(text, max(0, begin - 12), begin):
        return "a label with a number"
    if MONTH_AND_YEAR.fullmatch(token):
        return "digits like a date"
    if MEASURED.match(text, begin) or UNIT.match(text, end):
        return ""
    if digits <= 3 and token.isdigit():
        return _of_age(text, begin, end, int(token)) or (
            "a rank that may be a day" if ordinal_day(text, begin, first.end()) is not None else ""
        )
    if (
        digits >= PLAIN
        and not (len(token) == 4 and is_year(int(token)))
        and LABEL.search(text, max(0, begin - 36), begin)
    ):
        return "a label with a number"
    if digits <= PLAIN:
        plate = PLATE_LETTERS.search(text, max(0, begin - 5), begin)
        return "letters with digits" if plate and DRIVEN.search(text, max(0, begin - 40), begin) else ""
    if CODE_BEFORE.search(text, begin - 24, begin) or YEARS.match(token) or TIMES.match(token):
        return ""
    if token.isdigit():
        counted = digits <= 6 and COUNT_BEFORE.search(text, max(0, begin - 24), begin)
        return "" if counted else "a long number"
    parts = re.split(r"[-–./_:,]", token)
    if "," in token or ("." in token and len(parts) == 2) or (":" in token and max(map(len, parts)) <= 2):
        return ""
    if "/" in token and (len(parts) == 2 or "." in token):
        return ""
    if len(parts) > 2 and all(part.isdigit() and int(part) % 5 == 0 for part in parts) and "-0" not in token:
        return ""  # 40-40-30-20-10: a dose that goes down
    if all(len(part) <= 3 for part in parts) and digits < 7 and not _like_date(parts):
        return ""
    return "a long number"


def _of_age(text: str, begin: int, end: int, number: int) -> str:
    if not OLD <= number <= OLDEST or NO_AGE.search(text, max(0, begin - 14), begin):
        return ""
    if SEX_BEFORE.search(text, max(0, begin - 5), begin):
        return "a number that may be an age"
    near = AGED.search(text, max(0, begin - 18), begin) or AGED.match(text, min(len(text), end + 1))
    return "a number that may be an age" if near or SEXED.match(text, end) else ""


def _like_date(parts: list[str]) -> bool:
    return len(parts) == 3 and len(parts[0]) in (1, 2, 4) and len(parts[1]) <= 2 and len(parts[2]) in (1, 2, 4)
