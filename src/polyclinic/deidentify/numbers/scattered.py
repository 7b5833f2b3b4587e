"""Numbers that a reader of scanned pages took apart: (9O7) 55 5- O l l9, l O /O3/ 38, 2l0 - 44 - 77 O6.

Digits stand there for letters of a like form, and spaces within groups. What is left when spaces are taken out must
have a form of its own, or a label before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.look_alikes import DIGIT_FOR
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.spans import Span

_ALIKE = "OoIlSB"  # of the letters that digits are taken for, those that stand in numbers
_LETTERS = frozenset(_ALIKE)
_GROUP = rf"(?:[OoIl]+(?![A-Za-z\d])|[{_ALIKE}]*\d[\d{_ALIKE}]*(?![A-Za-z]))"
_SIGNS = r"(?:[ ]{1,2}|[ ]{0,2}[-–/.=()_]{1,2}[ ]{0,2})"
NUMBER = re.compile(rf"[(]?[ ]?{_GROUP}(?:{_SIGNS}{_GROUP})*")
BEFORE = re.compile(rf"(?<![A-Za-z\d])[(]?[ ]?(?:[\d{_ALIKE}]+{_SIGNS})*[\d{_ALIKE}]*$")
# What is near a run of digits that may be taken apart: a letter of a like form, or digits by themselves.
NEAR = re.compile(rf"[\d ()=./_–-]{{0,12}}(?:[{_ALIKE}]{{1,3}}(?![A-Za-z])|(?<!\d)\d (?:\d[ /.-]|\d\d? ?[-/.]))")
LOOKED_BACK = 16
MOST = 26  # characters of a number
SIGN = re.compile(r"[-–/.=()_]+")
DATE_SIGNS = frozenset("/-.–")


def find_scattered(
    text: str,
    start: int,
    end: int,
    phone_label: LookBack,
    pager_label: LookBack,
    label_type: Callable[[str, int], str],
) -> Span | None:
    """Return the phone, date or identifier whose parts stand around a run of digits, or None.

    Args:
        text: the text.
        start: where the run begins.
        end: where it ends.
        phone_label: what stands before phones.
        pager_label: what stands before numbers of pagers and extensions.
        label_type: says of which type a number is by the label before a place; nothing where none is.
    """
    if NEAR.match(text, start) is None and _LETTERS.isdisjoint(text[max(0, start - 2) : start]):
        return None
    before = BEFORE.search(text, max(0, start - LOOKED_BACK), start)
    begin = before.start() if before is not None else start
    found = NUMBER.match(text, begin, begin + MOST + 2)  # a row of a table may be endless
    if found is None or found.end() < end or len(found[0]) > MOST:
        return None
    written = found[0].rstrip(" .-–/(=_")
    last = begin + len(written)
    written = written.lstrip(" ")
    begin = last - len(written)
    if text[last : last + 1].isalnum() or (text[last : last + 1] == "-" and text[last + 1 : last + 2].isalnum()):
        return None
    kind = _type_of(text, begin, written, phone_label, pager_label, label_type)
    if kind in ("phone", "date", "ssn") and written.startswith("(") and ")" not in written:
        begin += 1
    if kind == "phone" and text[begin - 1 : begin] == "+":
        begin -= 1
    return Span(begin, last, kind) if kind else None


def _type_of(
    text: str,
    begin: int,
    written: str,
    phone_label: LookBack,
    pager_label: LookBack,
    label_type: Callable[[str, int], str],
) -> str:
    plain = written.replace(" ", "").translate(DIGIT_FOR)
    digits = "".join(c for c in plain if c.isdigit())
    letters = sum(c.isalpha() for c in written)
    groups = [len(part) for part in SIGN.split(plain) if part]
    count = len(digits)
    if not letters and " " not in written:
        return ""
    if letters < count and _is_date(written, letters):
        return "date"
    if letters > count // 2 + 1:
        return ""
    if count == 9 and groups == [3, 2, 4] and "-" in plain:
        return "ssn"
    called = phone_label.search(text, max(0, begin - 40), begin) is not None
    gaps = _gaps(written)
    if count == 11 and letters and (called or digits[0] in "01"):
        return "phone"
    if count == 10 and digits[0] != "1" and (called or groups == [3, 3, 4] or (letters and 3 in gaps)):
        return "phone"
    if (
        (letters or count > 5)
        and count > 3
        and letters + written.count(" ") < count
        and (kind := label_type(text, begin))
    ):
        return kind
    if called and letters and count == 7 and 3 in gaps:
        return "phone"
    paged = letters and 3 <= count <= 5 and pager_label.search(text, max(0, begin - 24), begin) is not None
    return "phone" if paged and text[begin - 2 : begin].lower() != "x " else ""


def _gaps(written: str) -> set[int]:
    """Return behind how many digits something stands between groups."""
    gaps, digits = set(), 0
    for one in written:
        if one.isalnum():
            digits += 1
        else:
            gaps.add(digits)
    return gaps


def _is_date(written: str, letters: int) -> bool:
    """Say whether a number is a day, with a year or, where a letter was misread, without one."""
    parts = [part.translate(DIGIT_FOR) for part in re.split(r" *[-–/.=()_]+ *", written)]
    signs = set(SIGN.findall(written))
    if len(signs) != 1 or not signs <= DATE_SIGNS or "I" in {part.strip() for part in re.split(r"[-–/.]", written)}:
        return False
    if len(parts) == 2:
        if not letters or signs != {"/"} or not all(part.isdecimal() and len(part) < 3 for part in parts):
            return False
        first, second = int(parts[0]), int(parts[1])
    else:
        parts = [part.replace(" ", "") for part in parts]
        if len(parts) != 3 or not all(part.isdecimal() for part in parts):
            return False
        if len(parts[0]) == 4:
            parts = [*parts[1:], parts[0]]
        if len(parts[2]) not in (2, 4) or (len(parts[2]) == 4 and not is_year(int(parts[2]))):
            return False
        first, second = int(parts[0]), int(parts[1])
        if max(len(parts[0]), len(parts[1])) > 2:
            return False
    return 1 <= min(first, second) <= 12 and max(first, second) <= 31
