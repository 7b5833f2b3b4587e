"""Numbers with a label before them, or of a form that only an identifier has."""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.calendar import CalendarRules
from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.last_words import LastWords, WordsBefore
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.numbers.shapes import (
    AGED,
    BILLED,
    CARD,
    CARD_IN_GROUPS,
    CLOCK,
    COUNTED,
    FOUR,
    GROUPS,
    IN_GROUPS,
    INSURED,
    LETTER_GROUP,
    MORE_GROUPS,
    PLATE,
    SHAPED,
    SSN,
    STATE_BEHIND,
    TAIL,
    TIMES,
    UNIT,
)
from polyclinic.deidentify.spans import Span

FAX_BEHIND = re.compile(r"\s?(?:[(\[-]\s?)?(?:e-?)?fax\b", re.IGNORECASE)
COLUMNS = re.compile(r"[|\t]|\S {2,}\S")  # headings of columns, which say nothing of the next line's beginning
_NUMBER_SAID = re.compile(r"#|\b(?:no|nos|num|nbr|number|ids?|identifier|code|serial|ref)\b", re.IGNORECASE)
FREQUENCY = re.compile(r"\d{1,2}[wdmhWDMH]\d{1,2}[dD]?$")  # visits: 2w3; 24w1d, 3h10
LOWER = re.compile(r"[a-z]{0,4}-?\d[a-z\d-]*(?![\w])(?<!\d\d\d\d[a-z])")
LETTERS_AND_FOUR = re.compile(r"[A-Z]{1,4}[ -]\d{4}")
# What a reader of scanned pages made of digits: OO4ll92, C-77l2, 7l-48O2
SCANNED = re.compile(r"(?:[A-Z]-?)?(?=[OolIQS-]*\d[\dOolIQS-]*\d)(?=\d*-?[\d-]*[OolIQS])[\dOolIQSB-]{4,}(?![\w/%])")
LAST_DIGIT = re.compile(r" \d(?=[.,;)]?(?:\s|$))(?! [a-z])")
HEALTH_CARD = re.compile(r"\d{4}([ -])\d{3}\1\d{3}[ -][A-Z]{2}(?![A-Za-z0-9])")  # of Ontario, with its version
LOOK_BACK = 60  # characters before a number in which its label is looked for
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
        "clinic history hx register pt certificate bin hmo ppo beneficiary subscriber dictation conf "
        "model/serial refs msp rio pas film jacket bracelet client resident ch pat infant newborn rt animal "
        "contract enrollment payer payor carrier insurer anthem wellcare molina regence highmark oscar aviva laya "
        "benefits concession pension secondary primary quote loan bank debit voucher folio provider prov prescriber "
        "prescribing commission notary operator agent run trip dispatch booking reservation appt appointment "
        "attendance spell lab lis kit swab tube culture donation component product bb band screening rand cause "
        "matter police offence crime custody inmate prisoner script shipment shipping parcel manifest valuables "
        "property envelope chip personnel staff caller meeting interpreter user pin request requests ni nin pps bic "
        "momentum gems horizon empire medica discovery bonitas emblem mvp buckeye fidelis optum tufts nhif "
        "reg lic alien uscis swift accounts ers grid din cad pod tail asset task resource investigation "
        "investigator batch chi mem pol"
    )
)
_SURE = frozenset(
    ("mrn", "ssn", "biometric", "vehicle", "license", "account")
)  # their labels hardly ever stand before a time
# Words that seldom announce a number: `#`, `number`, `id` behind them, or a form that is an identifier's.
_WEAK = frozenset(
    words_of(
        "form clock payroll wo wc wcb burial cremation plot kennel litter evidence exhibit coc ccf thread seq "
        "transmitter receiver handset sensor controller programmer concentrator glucometer meter holter monitor ilr "
        "cpap bipap wheelchair sim ventilator iol lens valve graft stent allograft coaguchek pdm complaint petition "
        "primary secondary pump lead client resident chip product component tube culture lab run trip film band bb "
        "rt ch pat tail police crime caller intervention infant newborn pod spell unit exam history hx report "
        "surgical path pathology visit clinic hospital plan call benefit images image "
        "message"
    )
)
# Of these, words that no time follows.
_NEVER_AT = frozenset(
    words_of("invoice receipt acct account policy member subscriber badge docket locker lic license")
)
# Words behind which four digits are a number, when these are neither a year nor a time.
_FOUR_DIGITS = frozenset(
    words_of(
        "id ref refs reference conf confirm badge ticket incident employee emp docket locker booking record mr acc "
        "acct account policy member subscriber job receipt invoice claim interpreter operator cad lic chart "
        "license reg registration"
    )
)


# Words between a label and its number.
_CONNECTING = words_of(
    "no ld nos num nbr number numbers numero id ids is was of ending ends in code identifier ref social security hic "
    "template hash token key profile scan record date digits last four are on file the card model name holder reads "
    "read as and"
)


class NumberLabels:
    """What labels and forms say of a number."""

    def __init__(self, words: Words, calendar: CalendarRules) -> None:
        """Compile the labels and street names of a language."""
        self.words, self.calendar = words, calendar
        joined = "|".join(
            f"(?P<{kind}>{pattern})" for kind, pattern in sorted(words.id_labels.items(), key=_label_order)
        )
        connector = rf"(?:[\s.:;#=*()\[\]|<>\"'/•●·…_~→>]|\b(?:{'|'.join(_CONNECTING)}|n0|4)\b|['’]s|-)*"
        starts = [piece for pattern in words.id_labels.values() for piece in top_level(pattern)]
        self.label = WordsBefore(
            rf"(?<![a-z0-9/])(?:{joined})(?:(?![a-z])|(?=(?:id|no|number)\b)){connector}",
            starts,
            LastWords(starts, (*_CONNECTING, "s"), ("id", "no", "number")),
        )
        # A label that is also an ordinary word needs `#`, `no`, `id`, `:` or their like behind it.
        self.explicit = re.compile(
            r"(?:[#:=]|\b(?:no|n0|ld|num|nbr|number|numbers|id|ids|identifier|code|ending|ends)\b)", re.IGNORECASE
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

    def _label_type(self, text: str, start: int, shaped: bool = False) -> str:
        """Return the type that the label before a number says, or an empty string; a number of an identifier's
        shape needs less of a label."""
        low = max(0, start - LOOK_BACK)
        newline = text.rfind("\n", low, start)
        wrapped = newline >= 0 and not text[newline + 1 : start].strip() and not COLUMNS.search(text, low, newline)
        if newline >= 0:
            # A label may end the line before; what stands higher says nothing.
            low = max(low, text.rfind("\n", low, newline) + 1) if wrapped else newline + 1
        found = self.label.search(text, low, start)
        if found is None:
            return ""
        kind = found.lastgroup or ""
        word = found[kind].lower()
        said = found[0][len(word) :]
        if word in _NEEDS_MORE or word in _WEAK:
            if word == "id" and text[max(0, found.start() - 2) : found.start()].strip().isalpha():
                return kind  # Interpreter ID 88213
            sign = _NUMBER_SAID if word in _WEAK else self.explicit
            if len(word) > 4 and said.startswith((". ", ".\n")) and found.end() - found.start() < len(word) + 4:
                return ""  # a sentence ends: PE PROTOCOL. DLP 310
            if "#" not in word and (wrapped or not sign.search(said)):
                return kind if self._looks_like_one(text, start, word, kind, shaped) else ""
        return kind

    def _looks_like_one(self, text: str, start: int, word: str, kind: str, shaped: bool) -> bool:
        """Say whether a number has the form of an identifier, so that a label that is an ordinary word suffices."""
        if shaped:
            return word not in _WEAK or LETTERS_AND_FOUR.match(text, start) is not None
        if SCANNED.match(text, start):
            return True
        near = text[start : start + 40]
        if LOWER.match(near):  # notes are written in lower case, too: ref qd99120457
            near = near.upper()
        if (found := SHAPED.match(near)) is not None and not (
            COUNTED.match(near) or BILLED.match(found[0]) or (word not in _FOUR_DIGITS and TIMES.match(found[0]))
        ):
            digits = sum(c.isdigit() for c in found[0])
            plain = word not in _WEAK
            if digits > (2 if plain else 3) or (plain and (len(found[0]) > 5 or kind == "health_plan")):
                return True
        if (kind == "vehicle" or word in ("reg", "registration")) and PLATE.match(near):
            return True
        four = FOUR.match(text, start) if word in _FOUR_DIGITS else None
        if four is None or is_year(int(four[0])):
            return False
        return word in _NEVER_AT or not CLOCK.match(four[0])

    def _last_four(self, text: str, begin: int, token: str) -> bool:
        """Say whether four digits after a label of a social security number are its last: not a year or a time."""
        label = self.label.search(text, max(0, begin - LOOK_BACK), begin)
        said = label[0].lower() if label is not None else ""
        if "ssn" in said or "sec" in said or "#" in said:
            return True
        year = token.isdigit() and is_year(int(token)) and "soc" not in said
        return any(word in said for word in ("last", "end")) and not year

    def _labelled(self, text: str, begin: int, end: int, kind: str, digits: int) -> Span | None:
        token = text[begin:end]
        if kind == "ssn":
            if digits == 4 and not self._last_four(text, begin, token):
                return None
            if (whole := SSN.match(text, begin)) is not None:
                end = whole.end()
            elif (more := GROUPS.match(text, end)) is not None and digits + sum(c.isdigit() for c in more[0]) == 9:
                end = more.end()
            elif (taxed := INSURED.match(text, begin)) is not None:
                end = taxed.end()
            elif digits > 5 and (any(c.isalpha() for c in token) or digits == 8):
                pass  # a number of the Irish, or of Australian taxes
            elif digits not in (4, 9) and "x" not in token.lower():
                return None
            return Span(begin, end, kind)
        if token.isdigit() and digits < 6 and UNIT.match(text, end):
            return None
        if FREQUENCY.match(token):
            return None
        if len(token) < 3 and kind not in ("health_plan", "biometric"):
            return None
        written = text[begin : self._to_its_end(text, begin, end, kind)]
        if sum(c.isdigit() for c in written) < 2:
            return None  # a word with one digit, of a reader of scanned pages: G0LD
        if (
            len(token) == 4
            and token.isdigit()
            and (is_year(int(token)) or (kind not in _SURE and CLOCK.match(token)))
        ):
            if kind == "vehicle":
                return None
            label = text[max(0, begin - 8) : begin].lower()
            if not re.search(r"(?:#|no\.?|number|id|:|=|code)\s*$", label):
                return None
        last = end
        end = self._to_its_end(text, begin, end, kind)
        if (
            len(token) == 3
            and end == last
            and token.isdigit()
            and kind in ("other_id", "device", "mrn")
            and not re.search(
                r"[#:]\s*$|\b(?:id|in|is)\s$|(?:no\.?|number)\s*$", text[max(0, begin - 8) : begin].lower()
            )
        ):
            return None
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
        if (card := HEALTH_CARD.match(text, begin) or CARD_IN_GROUPS.match(text, begin)) is not None:
            return card.end()
        if (len(ends) > 1 or kind == "health_plan") and (single := LAST_DIGIT.match(text, max(ends))) is not None:
            ends.append(single.end())
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
