"""Identifiers that hold digits: dates, phones, numbers of records, ages, postal codes, streets.

A text is searched once for runs of digits; what a run is part of is decided by its length, by the character behind it
and, where that leaves it open, by the words before it.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.month_days import STRONG_CUE, settled
from polyclinic.deidentify.dates.ordinal_days import MONTH_LONG, ordinal_day
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.look_alikes import LOOK_ALIKES
from polyclinic.deidentify.numbers.ages import OLD, OLDEST, age_end, decade_end
from polyclinic.deidentify.numbers.misread import FORMS, begins, read_again
from polyclinic.deidentify.numbers.phones import INTERNATIONAL, NATIONAL, PhoneRules
from polyclinic.deidentify.numbers.relatives import find_relatives
from polyclinic.deidentify.numbers.scattered import find_scattered
from polyclinic.deidentify.numbers.shapes import AGED, MAC, SSN
from polyclinic.deidentify.screens import NumberScreen
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

DIGITS = re.compile(r"\d+")
LETTER = re.compile(r"[A-Za-z]")
# The bulk of numbers is measured, and passed over without another question: doses, pressures, decimals, durations,
# years; A1c, COVID-19, L5, C5-6, x3.
# Numbers before whole words of these need not even be looked at (tokens.py).
UNITS = words_of("mg mcg milligram milligrams ml percent unit units cm mm bpm liter liters degrees pounds beats")
COUNTS = words_of(
    "year years month months week weeks day days hour hours minute minutes times tablet tablets pack packs inch "
    "to or and x"
)
MEASURED = re.compile(
    rf"(?<![\w./#+:@-])(?:\d{{1,4}}(?:\.\d+)?(?=(?: |-)?(?:%|{'|'.join(UNITS)})\b)|"
    r"(?:[4-9]\d|\d{3})/\d{2,3}(?![\d/\w-]|\.\d| ?-)|"
    r"\d{1,3}\.\d{1,2}(?![\d/\w-]|\.\d| ?-| (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))|"
    r"\d(?=\. (?!Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[A-Z][a-z])|"
    rf"[1-8]?\d(?=(?: |-)(?:{'|'.join(COUNTS)})\b(?![ -]\d))|"
    r"(?<=[a-z] )(?<!no )(?<!id )(?<!ext )(?<!ber )(?<!ger )(?<!ing in )(?<!nds in )(?<!our )(?<!is )(?<!of )"
    r"(?<!gits )"
    r"(?:19|20)\d{2}(?=[.,;)]?(?:\s|$)))"
    r"|(?<=\bA)1(?=c)|(?<=VID-)19\b|(?<=\b[CTLS])\d{1,2}(?:-[CTLS]?\d{1,2})?\b"
    r"(?![-/.]\d| (?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{4}\b)|(?<=\bx)\d\b|"
    r"(?<=[pS][Oo])2\b"
)
NEARLY = re.compile(rf"[-/.)\d ]{{1,9}}[{LOOK_ALIKES}][\d/.-]|[-/.)\d ]{{1,9}}\d[{LOOK_ALIKES}]")
TIMES_ONLY = re.compile(r"(?:(?:[01]\d|2[0-3])[0-5]\d ?){2,}")
LETTER_BEHIND = re.compile(r"[A-Z]\d?(?![A-Za-z0-9])")
IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)(?::\d{2,5}\b)?(?:/\d{1,2}\b)?")
# Single digits with spaces, and perhaps signs, between them.
SET_APART = re.compile(r"\d(?:[ ](?:[-/.)(][ ])?\d(?!\d)){4,}(?![\d/.])")
# 44 55 22; 22 1JK: after a label
IN_GROUPS = re.compile(r"\d{1,2}(?: (?=[A-Z]*\d)[A-Z0-9]{1,5}){1,5}(?: [A-Z])?(?![\w/.:%])")
UDI = re.compile(r"(?<=\()01\)\d{14}(?:\(\d{2}\)[A-Za-z0-9]+)*")
CLOCK = re.compile(r"(?:[01]\d|2[0-3])(?:[0-5]\d)(?!\d)|(?:19|20)\d\d(?!\d)")  # 118 72 1430: a pressure at a time
ROW = re.compile(r"\d\s*\0|\0\s?[\d/%]")  # other numbers beside: a row of a table
AUSTRALIAN_STATE = re.compile(r"(?:(?<=[a-z,] )(?:Vic|Tas|ACT|SA|WA|NT)|\b(?:NSW|QLD|Qld|VIC|TAS))\s$")
_BEFORE_MONTHS = frozenset("-.stnrdth/ STNRDH") | frozenset("JFMASONDjfmasond")
_VERBS = frozenset(("may", "mar"))  # in lower case: he may, mar 1 dose
_MONTH_HEADS = frozenset(words_of("jan feb mar apr may jun jul aug sep oct nov dec"))
_MONTH_HEAD = re.compile("|".join(sorted(_MONTH_HEADS)))


class NumberRules(PhoneRules):
    """The identifiers with digits of one language."""

    @property
    def screen(self) -> NumberScreen:
        """What is around numbers that `find` looks at: the kernel leaves the others out."""
        return NumberScreen(_MONTH_HEADS, self.box, LOOK_ALIKES, self.street_ends)

    def find(self, tokens: Tokens, taken: list[Span]) -> list[Span]:
        """Return the identifiers of a text that hold digits; places in `taken`, in order, are passed over."""
        text = tokens.text
        found: list[Span] = []
        if not tokens.runs:
            return found
        unsure: list[tuple[int, int]] = []  # 3/4: a day where the text has others of that month
        until = 0
        streets = "^" in text or not self.street_ends.isdisjoint(tokens.words)
        holes = iter([(s.start, s.end) for s in taken])
        hole = next(holes, None)
        size = len(text)
        for start, end, owner in tokens.runs:
            if start < until or (owner and until < owner):
                continue
            named = text[start - 4 : start - 1] in _MONTH_HEADS and text[start - 1] == " "
            if not named and (measured := MEASURED.match(text, start)) is not None:
                until = measured.end()
                continue
            while hole is not None and hole[1] <= start:
                hole = next(holes, None)
            if hole is not None and hole[0] <= start:
                continue
            length = end - start
            behind = text[end] if end < size else " "
            ahead = text[start - 1] if start else " "
            if (
                ahead == " "
                and length in (1, 2, 4)
                and text[start - 4 : start - 1] in _MONTH_HEADS
                and not text[start - 5 : start - 4].isalnum()
                and (
                    text[start - 4 : start - 1] not in _VERBS
                    or STRONG_CUE.search(text, max(0, start - 22), start - 4)
                )
                and (day := self.calendar.find_worded(text, start - 4)) is not None
            ):
                found.append(Span(*day, "date"))  # nov 3, 2022 in lower case
                until = day[1]
                continue
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
                    if not (after.isdigit() or after in "/-–"):
                        if length == 1 and ahead != "+":
                            continue
                    elif (spot := self._set_apart(text, start)) is not None:
                        found.append(spot)
                        until = spot.end
                        continue
                elif behind not in ":%":
                    spot = self._small(text, start, end, "", streets)
                    if spot is not None:
                        found.append(spot)
                        until = spot.end
                        continue
                if length == 1 and ahead != "+" and behind != " ":
                    continue
            spot = self._at(text, start, end, length, ahead, behind, streets, unsure)
            apart = find_scattered(text, start, end, self.phone_label, self.pager_label, self._label_type)
            if apart is not None and apart.start >= until and (spot is None or apart.end > spot.end):
                spot = apart
            if spot is not None:
                found.append(spot)
                until = spot.end
        if unsure:
            found += settled(text, found, unsure, self.words)
        return found + find_relatives(text, tokens.runs, [*taken, *found])

    def _set_apart(self, text: str, start: int) -> Span | None:
        """Look at digits with spaces between them: 6 1 7 5 5 5 1 2 3 4; 0 3 / 0 4 / 2 0 1 9."""
        if (date := self.calendar.find_rare(text, start)) is not None:
            return Span(*date, "date")
        if (found := SET_APART.match(text, start)) is not None:
            digits = sum(c.isdigit() for c in found[0])
            kind = self._label_type(text, start)
            if kind or digits >= 9 or (digits >= 7 and self.phone_label.search(text, start - 40, start)):
                kind = kind or ("ssn" if digits == 9 else self._phone_or_fax(text, start))
                return Span(start, found.end(), kind)
        if (found := IN_GROUPS.match(text, start)) is not None:
            begin, kind = start, self._label_type(text, start)
            if not kind and text[start - 2 : start - 1].isupper():
                begin, kind = self._after_letters(text, start)
            digits = sum(c.isdigit() for c in found[0])
            if kind and digits >= (3 if kind == "vehicle" else 5) and not AGED.match(text, found.end()):
                return Span(begin, found.end(), kind)
        return None

    def _small(self, text: str, start: int, end: int, after: str, streets: bool) -> Span | None:
        """Look at one or two digits with a space or a stop behind: a day before a month, a street's number, "
        "an age."""
        if after.isalpha():
            word = text[end + 1 : end + 5].lower()
            if word[:3] in _MONTH_HEADS and (spot := self.calendar.day_month.match(text, start)):
                return Span(self.calendar.with_weekday(text, start, spot.end()), spot.end(), "date")
            if word.startswith("of ") and (spot := self.calendar.day_month.match(text, start)):
                return Span(self.calendar.with_weekday(text, start, spot.end()), spot.end(), "date")
            if (
                (after.isupper() or text[end + 1 : end + 30].islower()) and streets and self._street(text, start)
            ) and ((address := self._address(text, start)) is not None):
                return address
        if text[start] == "9" and end - start == 2 and (old := age_end(text, start, end)) is not None:
            return Span(start, old, "age")
        return None

    def _at(
        self,
        text: str,
        start: int,
        end: int,
        length: int,
        ahead: str,
        behind: str,
        streets: bool,
        unsure: list[tuple[int, int]],
    ) -> Span | None:
        calendar = self.calendar
        size = len(text)
        after = text[end + 1] if end + 1 < size else " "
        if (
            ahead.isalnum()
            or ahead in "_"
            or (ahead in "-–#" and start > 1 and text[start - 2].isalnum() and ahead != "#")
        ):
            if ahead == "T" and length in (1, 2) and text[start - 2 : start - 1].isdigit():
                return None
            if ahead in LOOK_ALIKES and (again := self._misread(text, begins(text, start), unsure)) is not None:
                return again
            if ahead == "_" and length in (4, 8) and (stamp := calendar.find_numeric(text, start)) is not None:
                return Span(*stamp, "date")
            return self._mixed(text, start)
        if (
            length == 2
            and behind in ":)"
            and (code := (UDI if behind == ")" else MAC).match(text, start)) is not None
        ):
            return Span(start - (behind == ")"), code.end(), "device")
        if (
            ahead in "-/."
            and start > 1
            and text[start - 2] in LOOK_ALIKES
            and (again := self._misread(text, begins(text, start), unsure)) is not None
        ):
            return again
        # Dates and phones: what stands behind the run says which.
        if length <= 4 and behind in "/-.– " and (after.isdigit() or after in " '/-–"):
            if behind == "." and length <= 3 and (ip := IP.match(text, start)):
                return Span(start, ip.end(), "ip")
            if ahead != "." or behind != ".":
                if behind != " " or after in "/-–":
                    spot = calendar.find_numeric(text, start)
                    if spot is not None and not (ahead in "/-" and start > 1 and text[start - 2].isdigit()):
                        return Span(calendar.with_weekday(text, *spot), spot[1], "date")
                if behind == "/" and length <= 2 and ahead not in "/.":
                    day = calendar.find_month_day(text, start)
                    if day is not None and day[1]:
                        return Span(calendar.with_weekday(text, start, day[0]), day[0], "date")
                    if day is not None:
                        unsure.append((start, day[0]))
                        return self._at_age(text, start, end, behind, ahead)
                if behind == "-" and length <= 2 and ahead not in "/.":
                    day = calendar.find_dashed(text, start)
                    if day is not None and day[1]:
                        return Span(calendar.with_weekday(text, start, day[0]), day[0], "date")
                    if day is not None:
                        unsure.append((start, day[0]))
        if length in (1, 2, 4) and (behind in "|_\\·~," or (behind == " " and after.isdigit())):
            rare = calendar.find_rare(text, start)
            if rare is not None:
                return Span(*rare, "date")
        if length <= 2 and behind in _BEFORE_MONTHS and _month_near(text, end):
            spot2 = calendar.day_month.match(text, start)
            if spot2 is not None:
                return Span(calendar.with_weekday(text, start, spot2.end()), spot2.end(), "date")
        if length <= 2 and behind in "snrtSNRT" and text[end + 1 : end + 2] in "tdhTDH":
            if (ordinal := ordinal_day(text, start, end)) is not None:
                return Span(*ordinal, "date")
            if int(text[start:end]) <= MONTH_LONG:
                return None
        if length == 3 and behind in "-– ./" and (ssn := SSN.match(text, start)):
            row = behind == " " and (
                ROW.search(text[max(0, start - 3) : start] + "\0" + text[ssn.end() : ssn.end() + 3])
                or CLOCK.match(text, ssn.end() - 4)
            )
            if behind == " " and text[start - 2 : start - 1].isupper():
                begin, kind = self._after_letters(text, start)
                if kind and kind != "ssn":
                    return Span(begin, ssn.end(), kind)  # Member ID JQZ 442 90 1187
            if (behind != "/" and not row) or self._label_type(text, start) == "ssn":
                letter = LETTER_BEHIND.match(text, ssn.end())  # an old number of Medicare
                return Span(start, ssn.end() + 1, "health_plan") if letter else Span(start, ssn.end(), "ssn")
        if length <= 4 and behind in "-.–) /(\n~_·•]‐‑*,^":
            phone = self._phone(text, start, length, ahead)
            if phone is not None:
                return phone
        if (
            ahead == "+"
            or (length <= 5 and text[start] == "0" and length >= 2 and behind in " -).")
            or (length == 11 and text[start] == "0")
            or (length == 4 and behind == " " and text[start + 1 : end] in ("300", "800"))
        ):
            number = (INTERNATIONAL if ahead == "+" else NATIONAL).match(text, start)
            if number and sum(c.isdigit() for c in number[0]) >= 9 and not TIMES_ONLY.fullmatch(number[0]):
                begin = start - 1 if ahead in "+(" else start
                return Span(begin, number.end(), self._phone_or_fax(text, begin))
        if (old := self._at_age(text, start, end, behind, ahead)) is not None:
            return old
        if (length <= 6 and behind in " ,-") or (behind.isalpha() and length <= 5):
            if (box := self._post_box(text, start, end)) is not None:
                return box
            if (behind != "-" or after.isdigit() or after.isalpha()) and (streets and self._street(text, start)):
                address = self._address(text, start)
                if address is not None:
                    return address
        elif length <= 6 and (box := self._post_box(text, start, end)) is not None:
            return box
        if (
            length == 4
            and ahead == " "
            and behind in " \n.,;)|"
            and not (behind in ".," and after.isdigit())
            and AUSTRALIAN_STATE.search(text, max(0, start - 6), start)
        ):
            return Span(start, end, "zip")
        if length == 5 and (zip_end := self._zip(text, start, end)) is not None:
            return Span(start, zip_end, "zip")
        if (
            behind in LOOK_ALIKES
            or ((behind in "-/.)" or (length == 3 and behind == " ")) and NEARLY.match(text, end))
        ) and (again := self._misread(text, start, unsure)) is not None:
            return again
        if (
            (length <= 4 and behind in "-–" and after.isdigit())
            or length >= 3
            or behind.isalpha()
            or ahead == "#"
            or (length == 2 and behind == "-")
        ):
            return self._mixed(text, start)
        return None

    def _misread(self, text: str, start: int, unsure: list[tuple[int, int]]) -> Span | None:
        """Look at a number some of whose digits are letters of a like form."""
        low = text.rfind("\n", 0, max(0, start - 60)) + 1
        again = read_again(text[low : start + 60], start - low)
        if again is None:
            return None
        first = DIGITS.match(again, start - low)
        assert first is not None
        begin, end = first.span()
        ahead, behind = again[begin - 1 : begin] or " ", again[end : end + 1] or " "
        spot = self._at(again, begin, end, end - begin, ahead, behind, False, unsure)
        if spot is None or spot.type not in FORMS or not LETTER.search(text, low + begin, low + spot.end):
            return None
        country = 3 if spot.type in ("phone", "fax") and again[spot.start - 3 : spot.start] == "+1 " else 0
        return Span(low + spot.start - country, low + spot.end, spot.type)

    def _at_age(self, text: str, start: int, end: int, behind: str, ahead: str) -> Span | None:
        if not 2 <= end - start <= 3 or ahead in ".,":
            return None
        value = int(text[start:end])
        if not OLDEST >= value >= OLD:
            return None
        if value == OLD and behind in "s'’" and (last := decade_end(text, start, end)) is not None:
            return Span(start, last, "age")
        last = age_end(text, start, end)
        return Span(start, last, "age") if last is not None else None


def _month_near(text: str, place: int) -> bool:
    return _MONTH_HEAD.search(text[place : place + 26].lower()) is not None
