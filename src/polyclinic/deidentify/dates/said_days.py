"""Days as people say them and write them in a hurry: in may, date of admission eleven two, on the twenty sixth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.dates.calendar_numbers import either_order
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.tokens import Tokens, at_places

# Before a month in lower case; before `may` only the first of them, as one may do something by then.
IN = ("in", "since", "until", "till", "early", "mid", "late")
CUES = (*IN, "last", "next", "repeat", "rtc", "again", "by", "from", "thru", "through", "due")
DATED = ("date", "dob", "birth", "born", "birthday")
# In lower case and with a sign behind, these are months: (oct), a tree in jan.
SHORT = ("sept", "jan", "feb", "apr", "jun", "jul", "aug", "oct", "nov")
AROUND = (("(", ")"), (r"\b", "!"), (r"\b", "."), (r"\b", ")"), (r"\b", ";"), (r"\b", ","))
# Before a day written 14.11, which would be a measure elsewhere.
DOTTED = ("r/v", "rv", "review", "expires", "expired", "signs off", "signed", "seen", "dated", "next", "dict", "due")
FOREIGN = words_of(
    "janvier avril juin juillet septembre octobre novembre decembre enero febrero marzo abril mayo junio julio "
    "agosto septiembre octubre noviembre diciembre januar februar juni juli oktober dezember janeiro fevereiro "
    "setembro outubro novembro dezembro gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre"
)
WORDS_TOO = frozenset(("avril", "abril", "mayo", "marzo", "julio", "junio", "agosto", "enero", "juni", "juli"))
DAY_BEFORE = re.compile(r"(?<!\d)\d{1,2}(?:er|\.|º)?\s(?:de\s)?$")
LONGEST_DAY = 31
_IN_ORDER = words_of(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = {"twenty": 20, "thirty": 30}


class SaidDays:
    """The days of one language that are said, or written in lower case."""

    def __init__(self, words: Words) -> None:
        """Compile what is said of a day."""
        names = [month for month in words.months if month.isascii()]
        self.month = re.compile(rf"(?P<cue>{either(CUES)})\s(?P<month>{either(names)})(?![\w'’-])", re.IGNORECASE)
        self.dotted = re.compile(
            rf"(?:{either(DOTTED)})\s(\d{{1,2}})\.(\d{{1,2}})(?![\d/%]|\.\d|\s?(?:m[glm]|cm|x)\b)", re.I
        )
        self.foreign = re.compile(
            rf"(?:{'|'.join(FOREIGN)})\b(?:\s(?:del?\s)?(?:19|20)\d{{2}})?",
            re.IGNORECASE,
        )
        numbers = either(words["number_words"])
        self.label = re.compile(
            rf"(?:{either(DATED)})(?:\sof\s[a-z]+)?(?:\s(?:is|was|on|as))?[\s,:]+"
            rf"(?:[^\n.]{{0,12}}\?\n[A-Z][a-z]+:\s)?(?P<day>(?:{numbers})(?:[\s,-]{{1,2}}(?:{numbers})){{1,6}})\b",
            re.IGNORECASE,
        )
        self.number = re.compile(rf"\b(?:{numbers})\b", re.IGNORECASE)
        self.values = {word: i for i, word in enumerate(_IN_ORDER, 1)}
        self.patterns = {
            "said_month": [rf"\b{cue}\s{name}\b" for cue in CUES for name in names],
            "month_alone": [f"{before}{name}{behind}" for name in SHORT for before, behind in AROUND],
            "dotted_day": [rf"\b{cue}\s\d" for cue in DOTTED],
            "foreign_month": [rf"\b{month}\b" for month in FOREIGN],
            "said_date": [rf"\b{word}\b" for word in DATED],
        }

    def find(self, tokens: Tokens) -> Iterator[tuple[int, int]]:
        """Yield where a month in lower case stands behind its preposition, and where numbers behind a label do."""
        text = tokens.text
        for found in at_places(self.month, text, tokens.hits.get("said_month", ())):
            word = found["month"]
            if not word.islower() or (
                word in ("may", "mar", "march", "sep", "dec") and found["cue"].lower() not in IN
            ):
                continue
            yield found.span("month")
        for place in tokens.hits.get("month_alone", ()):
            start = place + (text[place] == "(")
            end = (
                start + next(len(name) for name in SHORT if text.startswith(name, start))
                if text[start].islower()
                else 0
            )
            if end:
                yield start, end
        for found in at_places(self.dotted, text, tokens.hits.get("dotted_day", ())):
            if either_order(found[1], found[2]):
                yield found.start(1), found.end(2)
        for found in at_places(self.foreign, text, tokens.hits.get("foreign_month", ())):
            day = DAY_BEFORE.search(text, max(0, found.start() - 12), found.start())
            if day is not None or text[found.end() - 1].isdigit() or found[0].lower() not in WORDS_TOO:
                yield day.start() if day is not None else found.start(), found.end()
        for found in at_places(self.label, text, tokens.hits.get("said_date", ())):
            said = [word.lower() for word in self.number.findall(found["day"])]
            values = [self.values.get(word, _TENS.get(word, 0)) for word in said if word not in ("oh", "o")]
            if 0 < values[0] <= LONGEST_DAY and (
                len(values) > 2 or (len(values) == 2 and 0 < values[1] <= LONGEST_DAY)
            ):
                yield found.span("day")
