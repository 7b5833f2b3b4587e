"""Numbers with a label before them, or of a form that only an identifier has."""

from __future__ import annotations

import re

from polyclinic.deidentify.calendar import CalendarRules
from polyclinic.deidentify.calendar_numbers import is_year
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.number_shapes import (
    AGED,
    BEFORE_DIGITS,
    CARD,
    CODE_BEFORE,
    COUNTED,
    FAR_LABEL,
    GROUPS,
    IN_GROUPS,
    LETTER_GROUP,
    LOWER_HEAD,
    LOWER_LETTERS,
    MAC,
    MAC_OF_THREE,
    MASKED_SSN,
    MEASURED,
    MISREAD,
    MODEL,
    MORE_GROUPS,
    NUMBER_LABEL_BEHIND,
    PLATE_LETTERS,
    PUBLIC_CODE,
    REGISTRY,
    SHAPED,
    SSN,
    STATE_BEHIND,
    TAIL,
    TOKEN,
    UNIT,
    misread,
    shape_of,
)
from polyclinic.deidentify.phones import FAX_BEHIND
from polyclinic.deidentify.spans import Span

LOOK_BACK = 60  # characters before a number in which its label is looked for
_SIGNS = ("", ".", ",", ";", ".,", ")", "?", ":")
# Labels that are words of their own: they need `#`, `number`, `id` or a colon behind them.
_NEEDS_MORE = frozenset(
    words_of(
        "record chart unit hospital hosp patient group grp plan coverage policy member insurance ins benefit "
        "bill claim statement card receipt license licence certificate certification registration permit tag "
        "lot device implant lead pump pacemaker generator batch ref catalog cat prosthesis case specimen "
        "order visit study exam ticket document doc report sample message trial subject reference participant "
        "incident employee badge referral prescription path pathology surgical cytology slide block bag donor "
        "session call event episode admission adm registry protocol file folder number id identifier mr ur "
        "ser mac acc account medicare medicaid auth authorization pa billing fin har job har crash docket "
        "court student locker image series transaction workstation serial/lot encounter enc req rx "
        "clinic history hx register pt certificate social bin hmo ppo beneficiary subscriber dictation conf "
        "model/serial"
    )
)


class NumberLabels:
    """What labels and forms say of a number."""

    def __init__(self, words: Words, calendar: CalendarRules) -> None:
        """Compile the labels and street names of a language."""
        self.words, self.calendar = words, calendar
        joined = "|".join(
            f"(?P<{kind}>{pattern})" for kind, pattern in sorted(words.id_labels.items(), key=_label_order)
        )
        connector = r"(?:[\s.:;#=*()\[\]|<>\"'/•●·…_~→>]|\b(?:no|nos|num|nbr|number|numbers|"
        connector += r"numero|id|ids|is|was|of|ending|ends|in|code|"
        connector += r"identifier|ref|social|security|hic|template|hash|token|key|profile|scan|record|"
        connector += r"date|digits|last|four|4|are|on|file|the|card|model|name|holder|reads|read|as|and)\b|['’]s|-)*"
        starts = [piece for pattern in words.id_labels.values() for piece in top_level(pattern)]
        self.label = LookBack(rf"(?<![a-z0-9/])(?:{joined})(?![a-z]){connector}", starts)
        # A label that is also an ordinary word needs `#`, `no`, `id`, `:` or their like behind it.
        self.explicit = re.compile(
            r"(?:[#:=]|\b(?:no|num|nbr|number|numbers|id|ids|identifier|code|ending|ends)\b)", re.IGNORECASE
        )
        phone = either(words["phone_labels"])
        self.phone_label = LookBack(
            rf"(?<![a-z0-9])(?:{phone})(?:\s*\b(?:phone|number|no|line|to|is|at|me|him|her|us|them|my|his|on|"
            rf"back|or|and|the|office|desk|for|"
            r"questions|with)\b)*[\s.:#()*-]*",
            words["phone_labels"],
        )
        self.fax_label = LookBack(
            rf"\b(?:{words.any_of('fax_labels')})(?:\s*\b(?:number|no|to|is|at|line|it|the|results|"
            rf"records)\b)*[\s.:#()+*1-]*",
            words["fax_labels"],
        )
        self.pager_label = LookBack(
            rf"(?<![a-z0-9])(?:{words.any_of('pager_labels')})(?:\s*\b(?:number|no|id|is|at|me|him|her|"
            rf"on)\b)*[\s.:#()-]*",
            words["pager_labels"],
        )
        streets = either(words["street_types"])
        short = either(words["short_street_types"])
        not_street = either(words["no_street_words"])
        unit = (
            r"(?:(?:\s*,\s*|\s+|\s*\n\s*)(?:(?:apt|apartment|suite|ste|unit|flat|floor|fl|bldg|building|lot|"
            r"trailer|trlr|room|rm|space|spc|no)\b\.?"
            r"\s*#?\s*[\w-]{1,6}\b|#\s?[\w-]{1,6}\b|\d{1,2}(?:st|nd|rd|th)\s+(?:floor|fl)\b))?"
        )
        compass = (
            r"(?:\s+(?:n|s|e|w|ne|nw|se|sw|north|south|east|west|northeast|northwest|southeast|southwest)\b\.?)?"
        )
        word = rf"(?!(?:{not_street})\b)(?:[A-Za-z]{{1,2}}\.|[A-Za-z0-9][\w'’-]*)"
        self.address = re.compile(
            rf"\d{{1,6}}(?:[A-Za-z]\b|"
            rf"-\d{{1,4}})?(?:\s1/2)?,?{compass}\s+(?:{word}\s+){{1,3}}?(?:(?:{streets})\b|"
            rf"(?:{short})\b\.?){compass}{unit}"
            rf"|\d{{2,6}}{compass}\s+(?:broadway|(?:(?:state|county|us|u\.s\.|rural|farm)\s+)?(?:highway|hwy|"
            rf"route|rte|road|rd)\.?\s+\d{{1,5}}|avenue\s+[a-z]\b){unit}",
            re.IGNORECASE,
        )
        self.flat = re.compile(
            r"\b(?:(?:apt|apartment|suite|ste|unit|flat)\b\.?\s*#?\s*|(?:flat|apt|unit|suite)\s\w{1,4},\s)$",
            re.IGNORECASE,
        )
        self.street_words = words["street_types"] | words["short_street_types"] | {"broadway", "route", "rte"}
        self.street_ends = frozenset(word + sign for word in self.street_words for sign in _SIGNS)
        self.box = LookBack(
            r"(?:p\.?\s?o\.?\s+)?\bbox\s+(?:no\.?\s*|#\s*)?|\brural route\s*#?\s*", ["po", "p.", "box", "rural"]
        )
        states = f"{either(words['states'])}|{words.any_of('state_names_of_two_words')}"
        codes = "|".join(sorted(words["state_codes"])) or "(?!)"
        low = "|".join(code.lower() for code in sorted(words["state_codes"]))
        self.state_before = LookBack(
            rf"\b(?:{codes}|{states}|{low}|D\.C)\.?(?:[,|]?\s{{1,3}}(?:\|\s)?|[\^-])|"
            rf"\b(?:{words.any_of('zip_labels')})(?:\s(?:is|was))?[\"']?\s*[:#=]?\s*[\"']?",
            [
                "d.c",
                *words["state_codes"],
                *words["states"],
                *words["state_names_of_two_words"],
                *words["zip_labels"],
            ],
        )

    def _label_type(self, text: str, start: int, shaped: bool = False) -> str:
        """Return the type that the label before a number says, or an empty string; a number of an identifier's
        shape needs less of a label."""
        low = max(0, start - LOOK_BACK)
        newline = text.rfind("\n", low, start)
        if newline >= 0:
            # A label may end the line before; what stands higher says nothing.
            above = text[max(low, text.rfind("\n", low, newline) + 1) : newline].rstrip()
            if text[newline + 1 : start].strip() or not (
                above.endswith((":", "#"))
                or (text[start : start + 20].partition("\n")[0].count(" ") < 2 and len(above) < 26)
            ):
                low = newline + 1
            else:
                low = max(low, text.rfind("\n", low, newline) + 1)
        found = self.label.search(text, low, start)
        if found is None:
            return ""
        kind = found.lastgroup or ""
        word = found[kind].lower()
        if (
            word in _NEEDS_MORE
            and not self.explicit.search(found[0][len(word) :])
            and "#" not in word
            and (word != "id" or not text[max(0, found.start() - 2) : found.start()].strip().isalpha())
        ):  # Interpreter ID 88213
            return kind if shaped or (SHAPED.match(text, start) and not COUNTED.match(text, start)) else ""
        return kind

    def _labelled(self, text: str, begin: int, end: int, kind: str, digits: int) -> Span | None:
        token = text[begin:end]
        if kind == "ssn":
            if (whole := SSN.match(text, begin)) is not None:
                end = whole.end()
            elif (more := GROUPS.match(text, end)) is not None and digits + sum(c.isdigit() for c in more[0]) == 9:
                end = more.end()
            elif digits not in (4, 9) and "x" not in token.lower():
                return None
            return Span(begin, end, kind)
        if UNIT.match(text, end) and digits < 6:
            return None
        if len(token) < 3 and kind not in ("health_plan", "biometric"):
            return None
        if len(token) == 4 and token.isdigit() and is_year(int(token)):
            if kind == "vehicle":
                return None
            label = text[max(0, begin - 8) : begin].lower()
            if not re.search(r"(?:#|no\.?|number|id|:)\s*$", label):
                return None
        if (
            len(token) == 3
            and token.isdigit()
            and kind in ("other_id", "device", "mrn")
            and not re.search(r"[#:]\s*$|\bid\s$|(?:no\.?|number)\s*$", text[max(0, begin - 8) : begin].lower())
        ):
            return None
        end = self._to_its_end(text, begin, end, kind)
        if kind == "license" and "plate" in text[max(0, begin - 30) : begin].lower():
            kind = "vehicle"
        return Span(begin, end, kind)

    def _to_its_end(self, text: str, begin: int, end: int, kind: str) -> int:
        """Return where a number with a label ends that goes on after spaces, or after signs."""
        token = text[begin:end]
        if (tail := TAIL.match(text, end)) is not None and any(c.isdigit() for c in tail[0]):
            end = tail.end()
        if kind == "account" and (card := CARD.match(text, begin)) is not None:
            return card.end()
        if kind not in IN_GROUPS:
            return end
        ends = [end]
        if (more := GROUPS.match(text, end)) is not None and any(c.isdigit() for c in more[0]):
            ends.append(more.end())
        if (more := MORE_GROUPS.match(text, end)) is not None:
            ends.append(more.end())
        for last in sorted(ends[1:], reverse=True):
            if not (UNIT.match(text, last) or AGED.match(text, last)):
                end = last
                break
        if (
            kind in ("vehicle", "license", "health_plan")
            and (len(token) <= 4 or end > ends[0])
            and (letters := LETTER_GROUP.match(text, end)) is not None
        ):
            end = letters.end()
        if kind == "license" and (state := STATE_BEHIND.match(text, end)) is not None:
            end = state.end()
        return end

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
        if (unclear := MISREAD.match(text, begin)) is not None and (spot := misread(unclear)) is not None:
            return spot
        kind = self._label_type(text, begin)
        if not kind and text[begin - 2 : begin - 1].isalpha():
            begin, kind = self._after_letters(text, begin)
        if not kind and (behind := NUMBER_LABEL_BEHIND.match(text, end)) is not None and digits >= 3:
            kind = behind.lastgroup or ""
        if not kind and (joined := LOWER_HEAD.match(token)) is not None:  # ssn-123456789
            kind = self._label_type(text, begin + joined.end())
        if kind:
            return self._labelled(text, begin, end, kind, digits)
        if text[begin - 1 : begin] == "#" and digits >= 5:
            return Span(begin, self._to_its_end(text, begin, end, "other_id"), "other_id")
        if (
            self.pager_label.search(text, begin - 24, begin)
            and 3 <= digits <= 7
            and re.fullmatch(r"\d{1,4}-?\d{2,6}", token)
        ):
            return Span(begin, end, "phone")
        if digits >= 10 and token.isdigit() and self.phone_label.search(text, begin - 40, begin):
            return Span(begin, end, self._phone_or_fax(text, begin, end))
        if (
            digits == 4
            and text[begin - 1 : begin] in ("-", "*", "x", "X", " ", "–", "•", "●", "·", "_", "#")
            and MASKED_SSN.search(text, max(0, begin - 8), begin)
        ):
            return Span(begin, end, "ssn")
        if begin >= 1 and re.match(r"[x*]{3}-?[x*]{2}-?\d{4}$", token, re.IGNORECASE):
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

    def _phone_or_fax(self, text: str, start: int, end: int | None = None) -> str:
        if end is not None and FAX_BEHIND.match(text, end):
            return "fax"
        return "fax" if self.fax_label.search(text, start - 30, start) else "phone"


def top_level(pattern: str) -> list[str]:
    """Return the alternatives of a pattern that stand outside of its brackets."""
    found, depth = [""], 0
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            found.append("")
        else:
            found[-1] += character
    return [piece for piece in found if piece]


def _label_order(item: tuple[str, str]) -> int:
    """Say which labels are tried first: those that are long or say most."""
    order = ("ssn", "biometric", "vehicle", "license", "device", "health_plan", "account", "mrn", "other_id")
    return order.index(item[0]) if item[0] in order else len(order)
