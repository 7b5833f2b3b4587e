"""Phones, pagers and faxes: by their form, and by the words beside shorter ones."""

from __future__ import annotations

import re

from polyclinic.deidentify.numbers.places import NumberPlaces
from polyclinic.deidentify.numbers.shapes import UNIT
from polyclinic.deidentify.spans import Span

EXTENSION = (
    r"(?:\s*[,;(]?\s*(?:[ec]?xt?\.?|extension|extn\.?|option|opt\.?|press)\s*[.:#]?\s*\d{1,6}\)?|"
    r"\s#\s?\d{1,6}(?!\d)|(?:\s?/\s?|\s(?:or|and)\s)-?\d{4}(?!\d))?"
)
SIGN = r"\s?(?:--|\.\.|[.\-–·~_•‐‑/*])\s?"
PHONE = re.compile(
    rf"(?:\+?1[\s.\-]?[(\[]?|[(\[])?\d{{3}}(?:[)\]]\s?[-.]?\s?|\s?[/]\s?|{SIGN}|\s)\d{{3}}"
    rf"(?:{SIGN}(?:\d{{4}}|\d\d \d\d)|\s\d{{4}})(?!\d)" + EXTENSION,
    re.IGNORECASE,
)
PHONE_JOINED = re.compile(r"(?:\(\d{3}\)\s?|\d{3}[-.–\s^])\d{7}(?!\d)" + EXTENSION, re.IGNORECASE)
PHONE_OF_SEVEN = re.compile(r"\d{3}[-.–]\d{4}(?!\d|[-–.]\d)" + EXTENSION, re.IGNORECASE)
SEVEN_APART = re.compile(r"\d{3} \d{4}(?!\d|[-–./:]\d|\s\d)" + EXTENSION, re.IGNORECASE)
INTERNATIONAL = re.compile(
    r"\d{1,3}[\s.\-]?(?:\(0?\d{0,4}\)[\s.\-]?)?\d{1,5}(?:[\s.\-]?\d{2,5}){1,4}(?!\d)" + EXTENSION
)
NATIONAL = re.compile(
    r"(?:00\d{0,3}[\s.-]\d{1,3}[\s.-]\d{2,5}(?:[\s.-]\d{2,5}){1,3}|0\d{2,4}\)?[\s\-]\d{3,4}[\s\-]?\d{3,4}|"
    r"0\d{4,5}[\s\-]\d{5,6}|07\d{3}\s?\d{6}|0\d(?:[\s.]\d{2}){4}|"
    r"0\d\)?\s\d{4}\s\d{4}|0\d[\s-]\d{3}[\s-]\d{4}|04\d\d\s\d{3}\s\d{3}|1[38]00\s\d{3}\s\d{3}|"
    r"0\d{10})(?!\d)" + EXTENSION
)
# 1-800-FLOWERS, 800-GET-WELL, 1-800-555-CARE
WITH_LETTERS = re.compile(
    r"(?:1[-. ])?8(?:00|22|33|44|55|66|77|88)[-. ]"
    r"(?:[A-Z]{7}|[A-Z0-9]{3}-?[A-Z0-9]{4}|[A-Z]{4}-[A-Z]{3})(?![A-Za-z0-9])"
)
# (pager), (fax), - cell: a label behind the number
LABEL_BEHIND = re.compile(
    r"\s?(?:[(\[-]|is\s+(?:his|her|the|their|my)\s)\s?(pager|beeper|phone|cell|mobile|home|work|office|ext|extension|"
    r"fax|facsimile|tel|direct|landline|voicemail)\b",
    re.IGNORECASE,
)
APART = re.compile(r"\d{3} \d{3}[-.–]\d{4}|\d{3} ?- ?\d{3} ?- ?\d{4}|\d{3} \d{3} \d{4}(?!\s\d)")
# Digits in groups, which are a phone after a word for one: 617 555 01 43, 1300 555 143.
GROUPED = re.compile(r"\d{1,5}(?:(?:, |[ .-])\d{2,5}){1,4}(?!\d|[-/.:]\d|\s?%)" + EXTENSION)
CALLED = re.compile(
    r"\b(?:phone|telephone|tel|cell|mobile|mob|call(?:ed|back)?|ring|landline|contact|number)\b(?:\s(?:number|no|"
    r"is|at|me|"
    r"on|back|him|her|them|us|to|the|line))*[\s.:#-]*$",
    re.IGNORECASE,
)
SHORT_PHONE = re.compile(r"\d{1,3}-\d{4}(?!\d)")


class PhoneRules(NumberPlaces):
    """Which digits are a telephone."""

    def _phone(self, text: str, start: int, length: int, ahead: str) -> Span | None:
        begin = start - 1 if ahead in "(+[" else start
        if ahead == "(" and start > 2 and text[start - 2] in " -." and text[start - 3] == "1":
            begin = start - 3
        if length in (1, 3) and (found := PHONE.match(text, begin if ahead in "([" else start)):
            end = found.end()
            if (
                length == 3
                and text[start + 3 : start + 4] == " "
                and ahead not in "(["
                and not self.phone_label.search(text, start - 40, start)
            ) and (
                not re.match(r"\d{3} \d{3}[-.–]\d{4}|\d{3} ?- ?\d{3} ?- ?\d{4}|\d{3} \d{3} \d{4}(?!\s\d)", found[0])
            ):
                # 120 100 2024 may be a row of a table
                return None
            if end < len(text) and text[end] == "-" and text[end + 1 : end + 2].isdigit():
                return None
            kind = self._label_type(text, begin) if "(" not in found[0] else ""
            if kind and not self.phone_label.search(text, start - 40, start):
                return Span(begin, end, kind)
            return Span(begin, end, self._phone_or_fax(text, begin, end))
        if length == 3 and (found := PHONE_JOINED.match(text, begin if ahead == "(" else start)):
            kind = self._label_type(text, begin)
            if ahead == "(" or not kind or self.phone_label.search(text, start - 40, start):
                return Span(begin, found.end(), self._phone_or_fax(text, begin, found.end()))
        if length in (1, 3) and (found := WITH_LETTERS.match(text, start)):
            return Span(start, found.end(), "phone")
        if length == 3 and ahead not in "-/.":
            if found := PHONE_OF_SEVEN.match(text, start):
                if text[end_of_area := start + 3] != "-" and UNIT.match(text, found.end()):
                    return None
                if text[end_of_area] == "–" and not self.phone_label.search(text, start - 40, start):
                    return None  # 500–1000
                label = self._label_type(text, start)
                if label and not self.phone_label.search(text, start - 40, start):
                    return None
                return Span(start, found.end(), self._phone_or_fax(text, start, found.end()))
            if (
                (found := SEVEN_APART.match(text, start))
                and not UNIT.match(text, found.end())
                and not self._label_type(text, start)
                and self.phone_label.search(text, start - 24, start)
            ):
                return Span(start, found.end(), self._phone_or_fax(text, start, found.end()))
        if (
            (grouped := GROUPED.match(text, start)) is not None
            and 7 <= sum(c.isdigit() for c in grouped[0]) <= 13
            and CALLED.search(text, max(0, start - 40), start)
            and not self._label_type(text, start)
        ):
            return Span(begin, grouped.end(), self._phone_or_fax(text, start, grouped.end()))
        if length <= 3 and (short := SHORT_PHONE.match(text, start)) and LABEL_BEHIND.match(text, short.end()):
            return Span(start, short.end(), "phone")
        return None
