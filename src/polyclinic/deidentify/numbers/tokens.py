"""Runs of letters and digits that are neither date nor phone: numbers with a label, or of a form of their own."""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.numbers.labels import NumberLabels
from polyclinic.deidentify.numbers.professions import of_profession
from polyclinic.deidentify.numbers.shapes import (
    BEFORE_DIGITS,
    CODE_BEFORE,
    CODED,
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

# What stands before a stroke in a number: LC/22/0093, 24/0088172, NDC/24/60118
STROKES = re.compile(
    r"(?<![A-Za-z0-9/.-])(?:[A-Z]{1,6}\d{0,3}|\d{2,4}|[a-z]{1,3}\d{2})(?:/(?:[A-Z]{1,6}|\d{1,4})){0,2}/$"
)
NOT_HASHED = re.compile(r"\b(?:room|rm|bed|apt|unit|suite|ste|flat|lot|box|bay)\s?#\s?$", re.IGNORECASE)
# Groups with spaces between that only a number of donated blood has: W0447 24 118820
DONATION = re.compile(r"[A-Z]{1,2}\d{3,4} \d{2} \d{6}(?!\d)(?: [A-Z0-9]\b)?")
LETTERS_APART = re.compile(
    r"(?:[a-z0-9,;:|(]\s|[(|]|^)((?!(?:CT|MR|US|XR|PO|RM|WT|HT|BP|HR|RR|IV|ID|NO|AT|IN|ON|OF|TO|MRN|ICD|CPT|INR|WBC|"
    r"PLT|HGB|HCT)\b)[A-Z]{1,4} )$"
)
# 884 2210 7756, 0117 4488 2: nine digits or more
IN_SEVERAL = re.compile(r"\d{3,5}(?: \d{3,5}){1,3}(?: \d{1,2})?(?![\w%/]|[.,:-]\d| \d| [a-z]{1,3}\b)")
PLATE_OF_THREE = re.compile(r"[ (]([A-Z]{2} \d{3} [A-Z]{3})(?![A-Za-z0-9])")
# A word that nobody expected, and a number: shield no. 2217
NUMBERED = re.compile(
    r"\b([A-Za-z][a-z]{2,}|[A-Z]{2,})\s(?:no\.|nr\.?|number|num\.|No\.?|NO\.?|Nr\.?|Number|NUMBER)\s?[:#]?\s?$"
)
LONG_NUMBER = re.compile(r"(?:[ -]?\d){6}")
_OF_THINGS = frozenset(
    words_of(
        "room bed bay ward floor page table figure size grade stage model version catalog catalogue cpt icd code "
        "part item "
        "bus route gate channel station total cell phase step question chapter section version gauge needle "
        "french blade"
    )
)
DESK_ALONE = re.compile(r"[2-9]-(?!\d{2}00)(?:[1-9]\d{3}|0[1-9]\d\d)")  # 6-1190: no range goes so far
ASKED_LAST_FOUR = re.compile(r"\blast\s(?:4|four)\b(?:[^\d\n]{0,30}\n)?[^\d\n]{0,20}$", re.IGNORECASE)
DESK = re.compile(r"\d{1,2}-\d{4}")  # 5-4432: a number within a house
EMERGENCY = frozenset(("000", "111", "112", "211", "311", "811", "911", "988", "999"))  # everybody's numbers
EXTENSION = re.compile(r"\d{3,7}|\d{1,3}-\d{4}")
HIDDEN = re.compile(r"[x*]{3}-?[x*]{2}-?\d{4}$", re.IGNORECASE)
WITHOUT_LETTERS = re.compile(r"[0-9._:–-]+")
HOUR = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")
CLOCK_AFTER_VERB = re.compile(
    r"\b(?:paged|dialed|reached|page|dial|desk|station|call ?back|voicemail|"
    r"(?:by|on|over|via)\s(?:the\s)?(?:tele)?phone)\.?\s(?:at\s|on\s|to\s)?$",
    re.IGNORECASE,
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
        if (digits < 3 and token.isdigit()) or MEASURED.match(token) or REGISTRY.match(token) or CODED.match(token):
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
        if text[begin - 1 : begin] == "/" and (whole := self._over_strokes(text, begin, end, token)) is not None:
            return whole
        if digits in (3, 4) and (donation := DONATION.match(text, begin)) is not None:
            return Span(begin, donation.end(), "other_id")
        if joined is not None and self.pager_label.search(text, begin - 12, begin + joined.end()):  # ext-54432
            return Span(begin + joined.end(), end, "phone")
        if (
            (text[begin - 1 : begin] == "#" or (text[begin - 2 : begin] == "# " and digits > 3))
            and digits >= 3
            and (digits >= 4 or len(token) > 4)
            and not NOT_HASHED.search(text, max(0, begin - 10), begin)
        ):
            return Span(begin, self._to_its_end(text, begin, end, "other_id"), "other_id")
        if (
            3 <= digits <= 7
            and EXTENSION.fullmatch(token)
            and self.pager_label.search(text, begin - 24, begin)
            and not (CLOCK_AFTER_VERB.search(text, max(0, begin - 24), begin) and HOUR.fullmatch(token))
            and token not in EMERGENCY
        ):
            return Span(begin, end, "phone")
        if digits == 4 and len(token) == 4 and ASKED_LAST_FOUR.search(text, max(0, begin - 60), begin):
            return Span(begin, end, "ssn")
        if DESK_ALONE.fullmatch(token) and not UNIT.match(text, end) and text[end : end + 1] not in ("-", "/", "%"):
            return Span(begin, end, "phone")
        if digits < 4 and WITHOUT_LETTERS.fullmatch(token):  # has no shape
            if digits == 3 and len(token) > 4 and _numbered(text, begin, end):
                return Span(begin, end, "other_id")
            return self._far(text, begin, end, token, digits) or _in_groups(text, begin, end)
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
        spot = shape_of(text, begin, end, token, digits, self.phone_label)
        if (spot is None or spot.type == "other_id") and (
            licensed := of_profession(text, begin, end, token, digits)
        ) is not None:
            return licensed
        if (
            spot is not None
            and spot.type == "other_id"
            and (more := LETTERS_APART.search(text, max(0, begin - 6), begin))
        ):
            return Span(more.start(1), spot.end, spot.type)  # RNA 5504182
        if spot is None and (digits > 3 or (digits == 3 and len(token) > 4)) and _numbered(text, begin, end):
            return Span(begin, end, "other_id")
        return spot or self._far(text, begin, end, token, digits) or _in_groups(text, begin, end)

    def _over_strokes(self, text: str, begin: int, end: int, token: str) -> Span | None:
        """Return a number with strokes in it, from its first part on, whose last part stands from `begin` on."""
        head = STROKES.search(text, max(0, begin - 14), begin)
        if head is None:
            return None
        digits = sum(c.isdigit() for c in head[0]) + sum(c.isdigit() for c in token)
        kind = self._label_type(text, head.start()) if digits >= 4 else ""
        if not kind and digits >= 6 and head[0][0].isdigit() and "-" in token and UNIT.match(text, end) is None:
            kind = "other_id"
        if not kind and (
            digits < 6
            or UNIT.match(text, end)
            or not (
                (token.isdigit() and len(token) >= 6)
                or (head[0][0].isalpha() and len(token) >= 3 and head[0].count("/") == 2)
                or (head[0][0].isalpha() and len(token) >= 5)
            )
        ):
            return None
        return Span(head.start(), self._to_its_end(text, begin, end, kind or "other_id"), kind or "other_id")

    def _after_letters(self, text: str, begin: int) -> tuple[int, str]:
        """Return where a number begins with groups of letters before it, and its type: plate EJB 3815."""
        groups = BEFORE_DIGITS.search(text, max(0, begin - 15), begin)
        if groups is None:
            low = LOWER_LETTERS.search(text, max(0, begin - 6), begin)
            kind = self._label_type(text, low.start(), shaped=True) if low is not None else ""
            if low is not None and (kind == "vehicle" or (kind in IN_GROUPS and LONG_NUMBER.match(text, begin))):
                return low.start(), kind
            return begin, ""
        if len(groups[0]) > 3 and PUBLIC_CODE.match(groups[0].strip(" ·*/.-")):
            return begin, ""  # exam (PMID 29083767)
        timed = HOUR.match(text, begin) is not None and not text[begin + 4 : begin + 5].isalnum()
        starts = [groups.start()]
        if (last := re.search(r"[ ·*/.-][A-Z]{1,6}[ ·*/.-]$", groups[0])) is not None:
            starts.append(groups.start() + last.start() + 1)
        for start in starts:
            kind = self._label_type(text, start, shaped=True)
            if kind in IN_GROUPS and not (
                timed and kind in ("other_id", "device", "health_plan", "mrn")
            ):  # call TC 0305
                return start, kind
        return begin, ""

    def _far(self, text: str, begin: int, end: int, token: str, digits: int) -> Span | None:
        """Return a number whose label stands some words before it, when the number looks like one."""
        if digits == 3 and len(token) == 3 and (three := PLATE_OF_THREE.match(text, max(0, begin - 4))) is not None:
            label = FAR_LABEL.search(text, max(text.rfind("\n", 0, begin) + 1, begin - 72), begin - 4)
            if label is not None and label.lastgroup == "vehicle":
                return Span(three.start(1), three.end(), "vehicle")
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


def _in_groups(text: str, begin: int, end: int) -> Span | None:
    """Return nine digits or more in groups, one of which is longer than a measure and no time or year."""
    found = IN_SEVERAL.match(text, begin) if end - begin in (3, 4, 5) and text[end : end + 1] == " " else None
    if found is None or (begin and text[begin - 1] not in " (\n:|\t") or text[begin - 2 : begin - 1].isdigit():
        return None
    groups = found[0].split(" ")
    long = [g for g in groups if len(g) > 3 and not HOUR.fullmatch(g) and not is_year(int(g)) and int(g) % 100]
    if sum(map(len, groups)) < 9 or not long or UNIT.match(text, found.end()):
        return None
    return Span(begin, found.end(), "other_id")


def _numbered(text: str, begin: int, end: int) -> bool:
    """Say whether `no.` or `number` stands before a number, behind a word that counts no rooms and no codes."""
    found = NUMBERED.search(text, max(0, begin - 30), begin)
    if found is None or UNIT.match(text, end) or CODE_BEFORE.search(text, begin - 24, begin):
        return False
    return found[1].lower() not in _OF_THINGS
