"""Numbers that are said in words: phones and other identifiers digit by digit, days as they are dictated."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places, has_plain_letters

_DIGIT = "zero|oh|o|one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_GAP = r"(?:[\s,.-]{1,3}(?:(?:dash|hyphen|slash|dot|space|comma)[\s,.-]{1,3})?)"
# Six digits or more, the last of them perhaps in pairs: five five five, twelve thirty four.
_ANY = rf"(?:{_TEENS}|(?:{_TENS})(?:[\s-](?:{_DIGIT}))?|{_DIGIT}|hundred|thousand|double|triple)"
SPOKEN = re.compile(rf"\b(?:{_ANY}{_GAP}){{3,}}{_ANY}\b|\b(?:{_ANY}{_GAP}){{2}}{_ANY}\b", re.IGNORECASE)
PIECE = re.compile(rf"\b(?:{_DIGIT}|{_TEENS}|{_TENS}|hundred|thousand|double|triple)\b", re.IGNORECASE)
_SINGLE = frozenset(_DIGIT.split("|"))
_PAIRS = frozenset(_TEENS.split("|"))
_ROUND = frozenset(_TENS.split("|"))
NEAR = 24  # characters from one word of a number to the next, with a sign between that is said
_SIGNS_SAID = ("slash", "dash", "stroke")
_FIRST = tuple(dict.fromkeys(f"{_DIGIT}|{_TENS}|{_TEENS}|hundred|thousand|double|triple".split("|")))
PATTERNS = {
    "number words": [
        *(rf"\b{word}\b" for word in _FIRST if len(word) > 1),
        *(rf"\b{word}{end}" for word in _FIRST if len(word) == 1 for end in (r"\s", ",", ".", "-")),
    ],
    "label of a said day": [
        rf"\b{words}"
        for words in ("dob", "d.o", "do.b", "date of", "birth", "born", "admission date", "discharge date")
    ],
}
LABEL = re.compile(
    r"\b(?:(mrn|medical record|record|chart)|(ssn|social(?: security)?|last four)|(phone|cell|pager|extension|"
    r"fax|call|"
    r"number|dial|at|reach\w*|mobile|home|callback|beeper|tel(?:ephone)?)|(member|policy|group|medicare|medicaid|"
    r"insurance|subscriber)|(account)|(npi|dea|licen[cs]e)|(plate)|(id|case|accession|order|visit))\b"
    r"(?:\s+(?:number|is|are|was|of|at|no|id|the|her|his|my|ends|ending|in|with|digits|on|to|me|back|file|card|"
    r"security|"
    r"social|"
    r"line)\b)*"
    r"[\s:#,.]*$",
    re.IGNORECASE,
)
# Letters of a number that is said: z four four one, bravo lima four four one, nine one nine b
_CALLED = (
    "alpha|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliett?|kilo|lima|mike|november|oscar|papa|quebec|"
    "romeo|sierra|tango|"
    "uniform|victor|whiskey|x-?ray|yankee|zulu"
)
_SHORT = (
    "(?:uh|um|ok|so|is|no|at|of|to|in|it|my|we|he|id|be|do|go|or|on|an|as|by|if|me|us|up|am|"
    "ah|er|mm|hm|oh|eh|hi|ma|pa|mr|ms|dr|'s)\\b"
)
LETTERS_BEFORE = re.compile(
    rf"\b(?:(?:{_CALLED}|[a-z]|(?!{_SHORT})[a-z]{{2}})(?:\s(?:as\sin|for|like)\s\w+)?[\s,.-]{{1,2}}(?:(?:dash|"
    rf"hyphen|slash|dot)[\s,.-]{{1,2}})?){{1,8}}$",
    re.IGNORECASE,
)
LETTERS_BEHIND = re.compile(
    rf"(?:[\s,.-]{{1,2}}(?:dash|hyphen|slash|dot))?(?:[\s,.-]{{1,2}}(?:{_CALLED}|"
    rf"[b-hj-z](?![\w'’.])))+(?:{_GAP}{_ANY}\b)*",
    re.IGNORECASE,
)
MORE_LABELS = re.compile(
    r"\b(?:(serial|device|pump|monitor|implant|sensor|s n)|((?:voice|finger|thumb|palm|face) ?prints?|iris|retinal?)|"
    r"(plate|tag|vin|licen[cs]e plate)|(hospital|unit|nhs|chi|nhi|patient id|patient number|wristband)|"
    r"(insurance|insurer|payer|plan|auth(?:ori[sz]ation)?)|(claim|invoice|bill)|"
    r"(ref(?:erence)?|confirmation|interpreter|operator|badge|unos|ticket|tracking|study|specimen|sample|job|"
    r"dictation|"
    r"kit|docket|police|report|incident|request|encounter|passcode|code|pin|saved under|filed under|under|booking|"
    r"run|token))\b"
    r"(?:\s+(?:number|is|are|was|of|at|no|id|the|her|his|my|ends|ending|in|with|digits|on|to|me|back|file|card|"
    r"code|which|"
    r"that|this|it['’]?s)\b)*"
    r"(?:\s+(?:of|on|for)\s+(?:the|his|her|this|my|your)(?:\s+\w+){1,3}?\s+(?:is|was|reads|ends|of))?"
    r"[\s:#,.]*$",
    re.IGNORECASE,
)
_MORE_KINDS = ("device", "biometric", "vehicle", "mrn", "health_plan", "account", "other_id")
AREA_IN_DIGITS = re.compile(r"(?<!\d)\d{3}[\s,.-]+$")  # 617 five five five oh one four three
_KINDS = ("mrn", "ssn", "phone", "health_plan", "account", "license", "vehicle", "other_id")
_MONTH = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_DAY = rf"(?:(?:twenty|thirty)[\s-])?(?:{_DIGIT})|{_TEENS}|twenty|thirty"
_YEAR = (
    rf"(?:(?:nineteen|eighteen)(?:\s+hundred(?:\s+and)?)?|twenty|two\s+thousand(?:\s+and)?)"
    rf"(?:[\s-]+(?:{_TEENS}|(?:oh|o)[\s-](?:{_DIGIT})|(?:{_TENS})(?:[\s-](?:{_DIGIT}))?|(?:{_DIGIT})))"
)
# six twelve nineteen fifty four: the year says that it is a day
_WHOLE_YEAR = (
    rf"(?:(?:nineteen|two\s+thousand(?:\s+and)?)[\s-]+(?:{_TEENS}|(?:oh|o)[\s-](?:{_DIGIT})|"
    rf"(?:{_TENS})(?:[\s-](?:{_DIGIT}))?|(?:{_DIGIT}))|twenty[\s-]+(?:{_TEENS}|twenty(?:[\s-](?:{_DIGIT}))?))"
)
DAY = re.compile(
    rf"\b(?:(?:oh|o|zero)[\s-])?(?:{_MONTH})[\s,]+(?:(?:oh|o|zero)[\s-])?(?:{_DAY})[\s,]+{_WHOLE_YEAR}\b",
    re.IGNORECASE,
)
# three slash four slash nineteen
SLASHED_DAY = re.compile(
    rf"\b(?:(?:oh|o|zero)[\s-])?(?:{_MONTH})\s(?P<sign>slash|dash|stroke)\s(?:(?:oh|o|zero)[\s-])?(?:{_DAY})"
    rf"(?:\s(?P=sign)\s(?:{_YEAR}|(?:{_TENS})(?:[\s-](?:{_DIGIT}))?|{_TEENS}|(?:oh|o)\s(?:{_DIGIT})))?\b"
    r"(?!\s(?:pain|murmur|strength|systolic|out))",
    re.IGNORECASE,
)
# date of birth six twelve fifty four: the label says it
LABELLED_DAY = re.compile(
    r"\b(?:d\.?o\.?b\.?|date of birth|birth\s?date|birthday|born|date of service|admission date|discharge date|"
    r"date of (?:admission|discharge|surgery|visit))"
    rf"(?:\s+(?:is|was|on|of))?[\s:,]+((?:(?:{_DIGIT}|{_TEENS}|{_TENS}|hundred|thousand)[\s,-]+){{2,5}}"
    rf"(?:{_DIGIT}|{_TEENS}|{_TENS}))\b",
    re.IGNORECASE,
)


def find_spoken(tokens: Tokens, numbers: frozenset[str]) -> Iterator[Span]:
    """Yield identifiers whose digits are words: six or more, or three after a label.

    Args:
        tokens: of the text.
        numbers: which words for numbers are in it.
    """
    text, lowered = tokens.text, tokens.lowered
    signed: Sequence[int] = range(len(text))
    rows, labels = signed, signed
    if has_plain_letters(text):
        words = tokens.hits.get("number words", [])
        near = [(one, other) for one, other in itertools.pairwise(words) if other - one <= NEAR]
        follow = {one for one, _ in near}
        rows = [one for one, other in near if other in follow]
        labels = tokens.hits.get("label of a said day", []) if rows else []
        said = {one for one, other in near if any(sign in lowered[one:other] for sign in _SIGNS_SAID)}
        signed = [one for one, other in near if one in said or other in said]
    if not (rows or signed) or (len(numbers) < 3 and not any(f"{word} {word}" in lowered for word in numbers)):
        return
    for match in at_places(SLASHED_DAY, text, signed):
        yield Span(match.start(), match.end(), "date")
    for match in at_places(DAY, text, rows):
        yield Span(match.start(), match.end(), "date")
    for match in at_places(LABELLED_DAY, text, labels):
        yield Span(match.start(1), match.end(1), "date")
    for match in at_places(SPOKEN, text, rows):
        pieces = [piece.lower() for piece in PIECE.findall(match[0])]
        singles = sum(piece in _SINGLE for piece in pieces)
        digits = singles + sum(
            2 * (piece in _PAIRS or piece in ("double", "hundred"))
            + (1 if i + 1 < len(pieces) and pieces[i + 1] in _SINGLE else 2) * (piece in _ROUND)
            for i, piece in enumerate(pieces)
        )
        begin, end = match.span()
        kind = _kind_before(text, begin)
        if not kind and (letters := LETTERS_BEFORE.search(text, max(0, begin - 40), begin)) is not None:
            for place in _beginnings(text, letters.start(), begin):
                kind = _kind_before(text, place)
                if kind and kind != "phone":
                    begin, digits = place, digits + 1
                    break
                kind = ""
        if kind and kind != "phone" and (behind := LETTERS_BEHIND.match(text, end)) is not None:
            end = behind.end()
        if kind:
            if digits < (3 if kind not in ("phone", "other_id") else 4) or (digits < 5 and singles < 3):
                continue
        elif singles < 6 or not _SINGLE.issuperset(pieces[:-3]):
            continue
        if not kind or (kind == "phone" and digits == 9):
            kind = "ssn" if digits == 9 else "phone"
        area = AREA_IN_DIGITS.search(text, max(0, begin - 6), begin) if kind == "phone" else None
        yield Span(area.start() if area is not None else begin, end, kind)


def _kind_before(text: str, begin: int) -> str:
    """Return the type that the words before a number say, or an empty string."""
    low = max(0, begin - 44)
    label = LABEL.search(text, low, begin)
    other = MORE_LABELS.search(text, low, begin)
    if label is not None and label.lastindex and (other is None or label.start() <= other.start()):
        return _KINDS[label.lastindex - 1]
    label = other
    return _MORE_KINDS[label.lastindex - 1] if label is not None and label.lastindex else ""


def _beginnings(text: str, low: int, begin: int) -> Iterator[int]:
    """Yield where letters before a number may begin, the farthest first."""
    for place in range(low, begin):
        if text[place].isalnum() and not text[place - 1 : place].isalnum():
            yield place
