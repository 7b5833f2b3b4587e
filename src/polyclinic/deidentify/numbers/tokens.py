"""Runs of letters and digits that are neither date nor phone: numbers with a label, or of a form of their own."""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.numbers.labels import NumberLabels
from polyclinic.deidentify.numbers.shapes import (
    BEFORE_DIGITS,
    CODE_BEFORE,
    FAR_LABEL,
    IN_GROUPS,
    LOWER_HEAD,
    LOWER_LETTERS,
    MAC,
    MAC_OF_THREE,
    MASKED_SSN,
    MEASURED,
    MODEL,
    NUMBER_LABEL_BEHIND,
    PLATE_LETTERS,
    PUBLIC_CODE,
    REGISTRY,
    TOKEN,
    UNIT,
    shape_of,
)
from polyclinic.deidentify.spans import Span

DESK = re.compile(r"\d{1,2}-\d{4}")  # 5-4432: a number within a house
EXTENSION = re.compile(r"\d{3,7}|\d{1,3}-\d{4}")
HIDDEN = re.compile(r"[x*]{3}-?[x*]{2}-?\d{4}$", re.IGNORECASE)
WITHOUT_LETTERS = re.compile(r"[0-9._:–-]+")
HOUR = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")
CLOCK_AFTER_VERB = re.compile(
    r"\b(?:paged|dialed|reached|page|dial|desk|station|call ?back|voicemail)\s(?:at\s|on\s|to\s)?$", re.I
)


class NumberTokens(NumberLabels):
    """What a token with digits is."""

    def _mixed(self, text: str, start: int) -> Span | None:
        """Look at a token of digits, and perhaps letters, that is neither date nor phone: a number with a "
        "label, or a shape."""
        begin = start
        low = max(0, start - 24)
        while begin > low and (
            text[begin - 1].isalnum() or (text[begin - 1] in "-_" and begin - 1 > low and text[begin - 2].isalnum())
        ):
            begin -= 1
        found = TOKEN.match(text, begin)
        if found is None:
            return None
        token, end = found[0], found.end()
        digits = sum(c.isdigit() for c in token)
        if ":" in token:
            if mac := MAC.match(text, begin):
                return Span(begin, mac.end(), "device")
            token = token.split(":")[0] if not token.split(":")[0].isalpha() else token
            if ":" in token:  # MRN:12345
                head, _, tail = token.partition(":")
                begin, token = begin + len(head) + 1, tail
                if not tail[:1].isalnum():
                    return None
                token = tail.partition(":")[0]
            end = begin + len(token)
            digits = sum(c.isdigit() for c in token)
        elif (len(token) == 17 and "-" in token and (mac := MAC.match(text, begin))) or (
            "." in token and (mac := MAC_OF_THREE.match(text, begin))
        ):
            return Span(begin, mac.end(), "device")
        if not digits:
            return None
        if begin and text[begin - 1] == "." and text[begin - 2 : begin - 1].isdigit():
            return None  # the end of a decimal
        if (
            digits <= 2
            and len(token) > 4
            and "-" in token
            and not token[0].isdigit()
            and token.replace("-", "").isalpha() is False
        ) and not re.search(r"[#:]\s*$", text[max(0, begin - 3) : begin]):
            return None  # COVID-19, half-life-2
        if (digits < 3 and token.isdigit()) or MEASURED.match(token) or REGISTRY.match(token):
            return None
        kind = self._label_type(text, begin)
        if not kind and text[begin - 2 : begin - 1].isalpha():
            begin, kind = self._after_letters(text, begin)
        if not kind and (behind := NUMBER_LABEL_BEHIND.match(text, end)) is not None and digits >= 3:
            kind = behind.lastgroup or ""
        joined = LOWER_HEAD.match(token)
        if not kind and joined is not None:  # ssn-123456789
            kind = self._label_type(text, begin + joined.end())
        if kind:
            return self._labelled(text, begin, end, kind, digits)
        if joined is not None and self.pager_label.search(text, begin - 12, begin + joined.end()):  # ext-54432
            return Span(begin + joined.end(), end, "phone")
        if text[begin - 1 : begin] == "#" and digits >= 5:
            return Span(begin, self._to_its_end(text, begin, end, "other_id"), "other_id")
        if (
            3 <= digits <= 7
            and EXTENSION.fullmatch(token)
            and self.pager_label.search(text, begin - 24, begin)
            and not (CLOCK_AFTER_VERB.search(text, max(0, begin - 12), begin) and HOUR.fullmatch(token))
        ):
            return Span(begin, end, "phone")
        if digits < 4 and WITHOUT_LETTERS.fullmatch(token):  # has no shape
            return self._far(text, begin, end, token, digits)
        if DESK.fullmatch(token) and self.phone_label.search(text, begin - 40, begin):
            return Span(begin, end, self._phone_or_fax(text, begin, end))
        if digits >= 10 and token.isdigit() and self.phone_label.search(text, begin - 40, begin):
            return Span(begin, end, self._phone_or_fax(text, begin, end))
        if (
            digits == 4
            and text[begin - 1 : begin] in ("-", "*", "x", "X", " ", "–", "•", "●", "·", "_", "#")
            and MASKED_SSN.search(text, max(0, begin - 8), begin)
        ):
            return Span(begin, end, "ssn")
        if HIDDEN.match(token):
            return Span(end - 4, end, "ssn")
        return shape_of(text, begin, end, token, digits, self.phone_label) or self._far(
            text, begin, end, token, digits
        )

    def _after_letters(self, text: str, begin: int) -> tuple[int, str]:
        """Return where a number begins with groups of letters before it, and its type: plate EJB 3815."""
        groups = BEFORE_DIGITS.search(text, max(0, begin - 15), begin)
        if groups is None:
            low = LOWER_LETTERS.search(text, max(0, begin - 4), begin)
            if low is not None and self._label_type(text, low.start()) == "vehicle":
                return low.start(), "vehicle"
            return begin, ""
        starts = [groups.start()]
        if (last := re.search(r"[ ·*/.-][A-Z]{1,6}[ ·*/.-]$", groups[0])) is not None:
            starts.append(groups.start() + last.start() + 1)
        for start in starts:
            kind = self._label_type(text, start, shaped=True)
            if kind in IN_GROUPS:
                return start, kind
        return begin, ""

    def _far(self, text: str, begin: int, end: int, token: str, digits: int) -> Span | None:
        """Return a number whose label stands some words before it, when the number looks like one."""
        letters = any(c.isupper() for c in token)
        plate = None if letters or digits > 4 else PLATE_LETTERS.search(text, max(0, begin - 5), begin)
        if (
            digits < 2
            or len(token) < 4
            or (not letters and digits < 4 and plate is None)
            or UNIT.match(text, end)
            or text[begin - 1 : begin] in ("$", ".")
            or (token.isdigit() and len(token) == 4 and is_year(int(token)))
            or (re.match(r"[-/.:]?\s?(?:[a-z%]|\d)", text[end : end + 3]) and token.isdigit())
        ):
            return None
        low = max(text.rfind("\n", 0, begin) + 1, begin - 72)
        label = FAR_LABEL.search(text, low, begin)
        if label is None or CODE_BEFORE.search(text, begin - 24, begin) or PUBLIC_CODE.search(token):
            return None
        kind = label.lastgroup or "other_id"
        if kind == "vehicle" and plate is not None:
            return Span(plate.start(), end, kind)
        if kind == "vehicle" and (not letters or not 4 <= len(token) <= 17 or MODEL.match(token)):
            return None
        if kind not in ("biometric", "ssn", "vehicle") and not letters and digits < 5:
            return None
        return Span(begin, self._to_its_end(text, begin, end, kind), kind)
