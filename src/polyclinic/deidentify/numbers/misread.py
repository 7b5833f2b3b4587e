"""Digits that a reader of scanned pages took for letters: 2O12, S.25.24, (4O6) 555-0l61.

A number some of whose digits may be letters is read again with digits in their place; the text keeps its length, so
whatever the rules find there stands at the same place in the original.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.look_alikes import DIGIT_FOR, LOOK_ALIKES

NUMBER = re.compile(
    rf"[\d{LOOK_ALIKES}]+(?:[-/.)]\s?[\d{LOOK_ALIKES}]+|\s[\d{LOOK_ALIKES}]{{2,4}}(?![A-Za-z]))*(?![A-Za-z])"
)
# What a number read again may be: of these the form says enough.
FORMS = frozenset(("date", "phone", "fax", "ssn", "zip"))
LETTERS_MOST = 3
FEWEST = 4  # digits of a date: 3.1.24


def begins(text: str, start: int) -> int:
    """Return where the number begins that the digit at `start` is part of, signs and look-alikes included."""
    while start and (
        text[start - 1] in LOOK_ALIKES or text[start - 1].isdigit() or (text[start - 1] in "-/." and start > 1)
    ):
        start -= 1
    while text[start] in "-/.":
        start += 1
    return start


def read_again(text: str, start: int) -> str | None:
    """Return a text with the look-alikes of the number at `start` as digits; None where there are none, or many."""
    if start and text[start - 1].isalpha():
        return None
    found = NUMBER.match(text, start)
    if found is None:
        return None
    letters = sum(c.isalpha() for c in found[0])
    digits = sum(c.isdigit() for c in found[0])
    if not 0 < letters <= LETTERS_MOST or digits <= letters or letters + digits < FEWEST:
        return None
    return text[:start] + found[0].translate(DIGIT_FOR) + text[found.end() :]
