"""Identifiers that hold digits: dates, phones, numbers of records, ages, postal codes, streets.

A text is searched once for runs of digits; what a run is part of is decided by its length, by the character behind it
and, where that leaves it open, by the words before it.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.calendar import CalendarRules
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.number_labels import SSN, NumberLabels
from polyclinic.deidentify.spans import Span

WORDS = re.compile(r"[A-Za-z]+")
DIGITS = re.compile(r"\d+")
EXTENSION = r"(?:\s*[,;(]?\s*(?:x|ext\.?|extension|extn\.?)\s*[.:#]?\s*\d{1,6}\)?)?"
PHONE = re.compile(
    r"(?:\+?1[\s.\-]?\(?|\()?\d{3}(?:\)\s?[-.]?\s?|\s?[.\-–/]\s?|\s)\d{3}(?:\s?[.\-–]\s?|\s)\d{4}(?!\d)" + EXTENSION,
    re.IGNORECASE,
)
PHONE_OF_SEVEN = re.compile(r"\d{3}[-.–]\d{4}(?!\d|[-–.]\d)" + EXTENSION, re.IGNORECASE)
INTERNATIONAL = re.compile(
    r"\d{1,3}[\s.\-]?(?:\(0?\d{0,4}\)[\s.\-]?)?\d{1,5}(?:[\s.\-]?\d{2,5}){1,4}(?!\d)" + EXTENSION
)
NATIONAL = re.compile(
    r"(?:0\d{2,4}\)?[\s\-]\d{3,4}[\s\-]?\d{3,4}|0\d{4,5}[\s\-]\d{5,6}|07\d{3}\s?\d{6}|0\d(?:[\s.]\d{2}){4}|"
    r"0\d{10})(?!\d)" + EXTENSION
)
IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?![\d.])(?::\d{2,5}\b)?(?:/\d{1,2}\b)?")
ZIP_PLUS = re.compile(r"\d{5}(?:-\d{4})?(?!\d)")
AGE_AFTER = re.compile(
    r"\s*-?\s*(?:years?|yrs?|yr|y)\.?[\s./-]*(?:old|of\s+age|olds?\b|o\b|/o\b|o\.)|\s?-?(?:yo|y\.o\.?|y/o|yof|"
    r"yom|y\.?o)\b|"
    r"\s?(?:yo\s?)?(?:[MF](?![a-zA-Z/°])(?=\s+(?:with|who|presents?|presenting|s/p|here|c/o|w/|admitted|h/o|"
    r"hx|adm|from|seen)|\s*[,;:-]|\s*$|\n))|"
    r"\s+years\s+young|\s+(?:y|yr)\s+(?:male|female|woman|man|lady|gentleman|[MF])\b|-year\b|"
    r"\s+year\s+(?:male|female|man|woman|lady|gentleman)",
    re.IGNORECASE,
)
AGE_BEFORE = LookBack(
    r"(?:\bages?d?|\bage\s*(?:is|was|of|at\s+\w+)?|\bturn(?:ed|s|ing)|\bbirthday)\s*[:=(]?\s*|"
    r"\b(?:s?he|patient|pt|mother|father|mom|dad|husband|wife|who|grandmother|grandfather|i|you|brother|sister)"
    r"(?:\s+(?:is|was|am|are)|['’](?:s|m))\s+(?:now\s+|almost\s+|nearly\s+|already\s+|about\s+)?|"
    r"\bat\s+(?:the\s+)?age\s+(?:of\s+)?|"
    r"\b(?:died|deceased|passed(?:\s+away)?)\s+(?:at|aged)\s+",
    words_of(
        "age turn birthday she he patient pt mother father mom dad husband wife who grandmother i you brother "
        "sister at died deceased passed"
    ),
)
AGE_IS = re.compile(r"\s*(?:[.,;)\n?!]|$|and\b|now\b|but\b|years)")
DAY_ALONE = re.compile(r"\b(?:on|until|till|since|by|from|before|after)\s+the\s+$", re.IGNORECASE)
NOT_A_DAY = re.compile(
    r"(?:st|nd|rd|th)\s+(?:day|floor|percentile|hospital|postoperative|pod|post|rib|ribs|toe|finger|digit|"
    r"metatarsal|metacarpal|week|month|year|trimester|degree|dose|cycle|round|visit|time|nerve|ventricle|"
    r"intercostal|cranial|grade|ward|level|attempt|try|line|generation|pregnancy|one|street|avenue|and\s+\d)",
    re.IGNORECASE,
)
NINETIES = re.compile(
    r"(?:in|of)\s+(?:(?:his|her|their|my|your|the)\s+)?(?:(?:early|mid|late)[-\s]+)?$", re.IGNORECASE
)
SPELLED_AGE = re.compile(
    r"\b(ninety(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one|"
    r"a)\s+hundred(?:\s+(?:and\s+)?(?:one|two|three|four|five|six|"
    r"seven|eight|nine|ten|eleven|twelve))?)[\s-]+(?:years?[\s-]+(?:old|of\s+age|young)|yo\b|y/o\b)",
    re.IGNORECASE,
)
_NO_STATES = frozenset(words_of("in or me hi ok de la pa ma al on id co mt mo oh ms md do ne ct"))
_MONTH_HEADS = frozenset(words_of("jan feb mar apr may jun jul aug sep oct nov dec"))


class NumberRules(NumberLabels):
    """The identifiers with digits of one language."""

    def find(self, text: str, taken: list[Span], words: set[str] | None = None) -> list[Span]:
        """Return the identifiers of a text that hold digits; places in `taken`, in order, are passed over."""
        found: list[Span] = []
        until = 0
        streets = words is None or "^" in text or not self.street_ends.isdisjoint(words)
        holes = iter([(s.start, s.end) for s in taken])
        hole = next(holes, None)
        size = len(text)
        calendar = self.calendar
        for run in DIGITS.finditer(text):
            start, end = run.span()
            if start < until:
                continue
            while hole is not None and hole[1] <= start:
                hole = next(holes, None)
            if hole is not None and hole[0] <= start:
                continue
            length = end - start
            behind = text[end] if end < size else " "
            ahead = text[start - 1] if start else " "
            if (
                length <= 2
                and (behind in " .,\n;)%:]" or behind == "+")
                and ahead not in "#-/."
                and not (behind == "." and text[end + 1 : end + 2].isdigit())
                and not ahead.isalnum()
            ):
                # The bulk of numbers: doses, scores, counts, items of lists. Three questions are enough.
                if behind == " " and end + 1 < size:
                    after = text[end + 1]
                    spot = self._small(text, start, end, after, streets)
                    if spot is not None:
                        found.append(spot)
                        until = spot.end
                        continue
                elif behind not in ":%":
                    spot = self._small(text, start, end, "", streets)
                    if spot is not None:
                        found.append(spot)
                        until = spot.end
                        continue
                if length == 1 and ahead != "+":
                    continue
            spot = self._at(text, start, end, length, ahead, behind, calendar, streets)
            if spot is not None:
                found.append(spot)
                until = spot.end
        return found

    def _small(self, text: str, start: int, end: int, after: str, streets: bool) -> Span | None:
        """Look at one or two digits with a space or a stop behind: a day before a month, a street's number, "
        "an age."""
        if after.isalpha():
            word = text[end + 1 : end + 5].lower()
            if word[:3] in _MONTH_HEADS and (spot := self.calendar.day_month.match(text, start)):
                return Span(start, spot.end(), "date")
            if word.startswith("of ") and (spot := self.calendar.day_month.match(text, start)):
                return Span(start, spot.end(), "date")
            if (
                (after.isupper() or text[end + 1 : end + 30].islower()) and streets and self._street(text, start)
            ) and ((address := self._address(text, start)) is not None):
                return address
        if text[start] == "9" and end - start == 2 and self._is_age(text, start, end):
            return Span(start, end, "age")
        return None

    def _street(self, text: str, start: int) -> bool:
        return not self.street_words.isdisjoint(WORDS.findall(text[start : start + 70].lower()))

    def _address(self, text: str, start: int) -> Span | None:
        found = self.address.match(text, start)
        if found is None or text[max(0, start - 1) : start] in (".", "/", "$"):
            return None
        street = found[0]
        begin = start
        if (flat := self.flat.search(text[max(0, start - 16) : start])) is not None:
            begin = max(0, start - 16) + flat.start()
        if street.split()[-1].lower().rstrip(".") in (
            "dr",
            "st",
            "way",
            "place",
            "court",
            "run",
            "walk",
            "close",
            "path",
            "row",
            "ct",
            "pl",
            "hill",
            "ridge",
        ):
            middle = street.split()[1:-1]
            if not middle or not (middle[0][:1].isupper() or middle[0][:1].isdigit()):
                return None
            if (
                street.split()[-1] in ("Dr", "Dr.")
                and text[found.end() : found.end() + 2].strip()[:1].isupper()
                and text[found.end() : found.end() + 1] == " "
            ):
                return None  # 12 Seen by Dr. Smith
        return Span(begin, found.end(), "address")

    def _is_age(self, text: str, start: int, end: int) -> bool:
        if AGE_AFTER.match(text, end):
            return not re.search(
                r"\b(?:temp(?:erature)?|t|tmax|tm|for|past|last|over|than)\W*(?:of\s*)?$",
                text[max(0, start - 14) : start],
                re.IGNORECASE,
            )
        if AGE_BEFORE.search(text, start - 30, start) and (
            AGE_IS.match(text, end) or "ag" in text[max(0, start - 12) : start].lower()
        ):
            return text[end : end + 1] != "%"
        return False

    def _at(
        self,
        text: str,
        start: int,
        end: int,
        length: int,
        ahead: str,
        behind: str,
        calendar: CalendarRules,
        streets: bool,
    ) -> Span | None:
        size = len(text)
        after = text[end + 1] if end + 1 < size else " "
        if (
            ahead.isalnum()
            or ahead in "_"
            or (ahead in "-–#" and start > 1 and text[start - 2].isalnum() and ahead != "#")
        ):
            if ahead == "T" and length in (1, 2):
                return None
            return self._mixed(text, start)
        # Dates and phones: what stands behind the run says which.
        if length <= 4 and behind in "/-.– " and (after.isdigit() or after == " " or after == "'"):
            if behind == "." and length <= 3 and (ip := IP.match(text, start)):
                return Span(start, ip.end(), "ip")
            if ahead != "." or behind != ".":
                if behind != " " or text[end + 1 : end + 2] in "/-–":
                    spot = calendar.find_numeric(text, start)
                    if spot is not None and not (ahead in "/-" and start > 1 and text[start - 2].isdigit()):
                        return Span(*spot, "date")
                if behind == "/" and length <= 2 and ahead not in "/.":
                    spot = calendar.find_month_day(text, start)
                    if spot is not None:
                        return Span(*spot, "date")
        if (
            length <= 2
            and behind in "-.stnrdth/ "
            and _month_near(text, end)
            and (spot2 := calendar.day_month.match(text, start))
        ):
            return Span(start, spot2.end(), "date")
        if (
            length <= 2
            and behind in "snrt"
            and text[end : end + 2] in ("st", "nd", "rd", "th")
            and DAY_ALONE.search(text, max(0, start - 14), start)
        ):
            return (
                None
                if NOT_A_DAY.match(text, end) or not 1 <= int(text[start:end]) <= 31
                else Span(start, end + 2, "date")
            )
        if (length == 3 and behind in "-– " and (ssn := SSN.match(text, start))) and (
            behind != " " or self._label_type(text, start) == "ssn"
        ):
            return Span(start, ssn.end(), "ssn")
        if length <= 4 and behind in "-.–) /(\n":
            phone = self._phone(text, start, length, ahead)
            if phone is not None:
                return phone
        if (
            ahead == "+"
            or (length <= 5 and text[start] == "0" and length >= 2 and behind in " -).")
            or (length == 11 and text[start] == "0")
        ):
            number = (INTERNATIONAL if ahead == "+" else NATIONAL).match(text, start)
            if number and sum(c.isdigit() for c in number[0]) >= 9:
                begin = start - 1 if ahead in "+(" else start
                return Span(begin, number.end(), self._phone_or_fax(text, begin))
        if 2 <= length <= 3:
            value = int(text[start:end])
            if 90 <= value <= 125 and self._is_age(text, start, end):
                return Span(start, end, "age")
            if value == 90 and behind == "s" and NINETIES.search(text, max(0, start - 24), start):
                return Span(start, end, "age")
            if behind in "'’" and value == 90 and after == "s" and NINETIES.search(text, max(0, start - 24), start):
                return Span(start, end, "age")
        if (length <= 6 and behind in " ,-") or (behind.isalpha() and length <= 5):
            if (box := self.box.search(text, start - 14, start)) is not None:
                return Span(box.start(), end, "address")
            if (behind != "-" or after.isdigit() or after.isalpha()) and (streets and self._street(text, start)):
                address = self._address(text, start)
                if address is not None:
                    return address
        elif length <= 6 and (box := self.box.search(text, start - 14, start)) is not None:
            return Span(box.start(), end, "address")
        if (
            length == 5
            and (zip_code := ZIP_PLUS.match(text, start))
            and (state := self.state_before.search(text, start - 20, start))
            and state[0].strip() not in _NO_STATES
            and state[0] != "ID "
        ):
            return Span(start, zip_code.end(), "zip")
        if (
            (length <= 4 and behind in "-–" and after.isdigit())
            or length >= 3
            or behind.isalpha()
            or ahead == "#"
            or (length == 2 and behind == "-")
        ):
            return self._mixed(text, start)
        return None

    def _phone(self, text: str, start: int, length: int, ahead: str) -> Span | None:
        begin = start - 1 if ahead in "(+" else start
        if ahead == "(" and start > 2 and text[start - 2] in " -." and text[start - 3] == "1":
            begin = start - 3
        if length in (1, 3) and (found := PHONE.match(text, begin if ahead == "(" else start)):
            end = found.end()
            if (
                length == 3
                and text[start + 3 : start + 4] == " "
                and ahead != "("
                and not self.phone_label.search(text, start - 40, start)
            ) and (not re.match(r"\d{3} \d{3}[-.–]\d{4}|\d{3} \d{3} \d{4}(?!\s\d)", found[0])):
                # 120 100 2024 may be a row of a table
                return None
            if end < len(text) and text[end] == "-" and text[end + 1 : end + 2].isdigit():
                return None
            kind = self._label_type(text, begin) if "(" not in found[0] else ""
            if kind and not self.phone_label.search(text, start - 40, start):
                return Span(begin, end, kind)
            return Span(begin, end, self._phone_or_fax(text, begin))
        if length == 3 and (found := PHONE_OF_SEVEN.match(text, start)) and ahead not in "-/.":
            label = self._label_type(text, start)
            if label and not self.phone_label.search(text, start - 40, start):
                return None
            return Span(start, found.end(), self._phone_or_fax(text, start))
        return None


def _month_near(text: str, place: int) -> bool:
    near = text[place : place + 26].lower()
    return any(head in near for head in _MONTH_HEADS)
