"""Dates as they are written: which strings of digits and words are dates.

`find_numeric` looks at the place of a digit, `find_worded` at the place of a month's name, so that a text is searched
for digits and capitals only once.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.holidays import PATTERNS, Holidays
from polyclinic.deidentify.dates.month_days import MonthDays
from polyclinic.deidentify.dates.said_days import SaidDays
from polyclinic.deidentify.dates.weekday_days import WeekdayDays
from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.last_words import LastWords, WordsBefore
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.tokens import Tokens, at_places

SINCE = re.compile(r"\b(?:since|until|till|last|of|by)\s+$")
SHORT = 4  # letters of a month's name that may be an abbreviation of something else
# Months in which a reader of scanned pages took letters for digits: 0CT0BER 28, APR1L.
MISREAD_MONTHS = ("0ct", "n0v", "apr1", "ju1y", "5ept")
MISREAD_MONTH = re.compile(
    r"(?:0CT(?:[O0]BER)?|N0V(?:EMBER)?|APR1[L1]|JU1Y|5EPT(?:EMBER)?)\b\.?"
    r"(?: [\dlIO]{1,2}(?!\w)(?:,? [1lI2][\dlIO]{3}(?!\w))?)?",
    re.IGNORECASE,
)
# What was done in a month: Trikafta started April, the August regatta.
BEGUN = re.compile(
    r"\b(?:started|stopped|began|begun|resumed|placed|done|repeat|repeated|the|this|that|come)\s$", re.IGNORECASE
)
CLOSED_OR_ON = re.compile(r"\s?[.,;:)/]|\s*$|\s[a-z]")
# Short for a month and, with one capital, for nothing else: next conf. Feb.
MONTHS_ONLY = frozenset(("feb", "apr", "aug", "sept", "oct", "nov"))
YEAR_BEFORE = re.compile(r"(?<!\d)(?:18|19|20)\d{2}(?:,?\s|[-/.])$")
SENTENCE = re.compile(r"[A-Za-z]{5,}\.\s+[A-Za-z]")
NEAR = 8  # characters before a month in which the two around this line match
PART_OF_MONTH = re.compile(r"\b(?:early|mid|late)[\s-]$", re.IGNORECASE)
OF_YEAR = re.compile(r"\s+(?:of\s+)?(?:this|last|next)\s+year\b")
MAY_BE = re.compile(r"may (?:first|second|third)\b")
# A month alone where a list or a heading has dates: "- Nov: fall".
LINE_HEAD = re.compile(r"(?:^|\n)[ \t\-*•(\[]*$")
CLOSED = re.compile(r"\.?\s?(?:[:/;)\]]|-\s|–|$)")
ANOTHER_WORD = re.compile(r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)[A-Z][a-z]|,\s*(?:RN|MD|NP|PA|DO|PhD)\b")


class CalendarRules(MonthDays):
    """The dates of one language."""

    def __init__(self, words: Words) -> None:
        """Compile what the words of a language make of dates."""
        super().__init__(words)
        months = either(words.months)
        self.months = words.months
        ordinals = either(words.ordinals)
        numbers = either(words["number_words"] | set(words.ordinals))
        # two thousand twenty one, twenty nineteen, O eight
        between = r"(?:[\s-]+|\s*,\s*|\s+of\s+|\s+comma\s+)(?:and\s+)?"
        spoken = rf"(?:{between}(?:{numbers})(?:th)?(?:{between}(?:{numbers})(?:th)?\b){{1,6}})"
        year = r"(?:(?:\s*,\s*|\s+(?:of\s+)?|[-/.]?)(?:(?:18|19|20)\d{2}|['’]\d{2})(?!\d|-\d)|"
        year += r"[-/.]\d{2}(?![\d/.-])|,\s?\d{2}(?=[\s.,;)]|$)|\s+(?:of\s+)?(?:3[2-9]|[4-9]\d)(?=[\s,;)]|\.?$|\.\s)"
        year += r"(?!\s?(?:mg|mcg|ml|y|yo|year|cm|%|units?)))"
        ordinary_number = rf"(?:(?:twenty|thirty)[\s-])?(?:{ordinals})"
        self.ordinary_number = ordinary_number
        suffix = r"(?:\s?(?:st|nd|rd|th)\b)?"
        more = rf"(?:(?:\s*(?:-|–|to|through|thru|and|&)\s*|,\s(?:and\s|&\s)?)\d{{1,2}}(?!\d|[.:/]\d|\s?%){suffix}"
        more += r"(?!\s?(?:mg|mcg|ml|cm|mm|units?|tablets?|years?|yo|weeks?|months?|days?|hours?|pm|am)\b))"
        # Mar 14, 2024; March 14th; March the third; Mar-14-2024; July thirty first O eight; March 3-7, 2024
        self.after_month = re.compile(
            rf"(?:{months})(?![a-z])\.?(?:"
            rf"\s?[/.-]\s?\d{{1,2}}[/.-](?:(?:18|19|20)\d{{2}}|\d{{2}})(?![\d/-])"
            rf"|(?:\s*[-/.]?\s*|\s+the\s+)\d{{1,2}}(?!\d|[.:]\d|%|/\d|\s?(?:mg|mcg|ml|cm|mm|units?|tablets?|"
            rf"years?|yo|weeks?|months?|days?|hours?|pm|am)\b)"
            rf"{suffix}{more}{{0,4}}{year}?"
            rf"|\s+(?:the\s+)?(?:{ordinary_number})\b(?:{year}|{spoken})?"
            rf"|\s*(?:[/–-]|\bto\b|\bthrough\b|\band\b|\bor\b)\s*(?:{months})\b\.?{year}"
            rf"|[/–—-](?:{months})\b(?!\s*\d)"
            rf"|{year}"
            rf"|{spoken}"
            rf"|\s+(?:{numbers})(?:th)?\b(?:\s+of\s+(?:this|last)\s+year)?)",
            re.IGNORECASE,
        )
        # JAN l4 l998, MAR lO: digits that a reader of scanned pages took for letters.
        self.misread_day = re.compile(
            rf"(?:{months})\.? (?:(?=[\dlIO]*\d|[lIO]{{2}},? [1lI]\d)[\dlIO]{{1,2}}(?![\w:%/])"
            r"(?:,? [1lI2][\dlIO]{3}(?!\w))?|[12lI][\dlIO]{3}(?!\w))",
            re.IGNORECASE,
        )
        self.month_alone = re.compile(rf"(?:{months})\b(?:{year}|{spoken})?", re.IGNORECASE)
        # 14 March 2024; 14th of March; 14-Mar-24; 3rd to 7th March
        self.day_month = re.compile(
            rf"(?:\d{{1,2}}\s?(?:st|nd|rd|th)?\s*(?:-|–|to|and|&|,)\s*)?\d{{1,2}}\s?(?:st|nd|rd|"
            rf"th)?(?:\s+day)?(?:\s+of\s+|\s*[-/.]?\s*|,\s+)(?:{months})(?![a-z])(?:\.?{year}|\d{{2}}(?![\dA-Za-z:]))?",
            re.IGNORECASE,
        )
        self.worded_day = re.compile(rf"(?:\bthe\s+)?(?:{ordinary_number})\s+(?:day\s+)?(?:of\s+)?$", re.IGNORECASE)
        # What these two end with.
        self.before_months = ("day", "of", *(word.split()[-1] for word in (*words.ordinals, *words["number_words"])))
        # twenty one february
        cardinals = either(words["number_words"] - {"hundred", "thousand", "oh", "o"})
        self.worded_number = re.compile(
            rf"(?:^|[^\w\s-]\s*|\b(?!(?:{numbers})[\s-])[a-z]+\s+)((?:(?:twenty|thirty)[\s-])?(?:{cardinals})\s+)$",
            re.IGNORECASE,
        )
        # Monday, March 4: the weekday is taken along unless it would be the greater part.
        self.weekday_before = WordsBefore(
            rf"\b(?:{words.any_of('weekdays')})\b\.?,?\s+(?:the\s+)?",
            list(words["weekdays"]),
            LastWords(map(re.escape, words["weekdays"]), ["the"]),
        )
        month_cues = either(words["month_cues"])
        self.month_cue = LookBack(rf"(?<![a-z0-9])(?:{month_cues})[\s-]+", words["month_cues"])
        self.ambiguous = words["months_that_are_words"] | words["months_that_are_names"]
        self.holidays = Holidays(words)
        # Days that only the words before and after tell from a rank: on the fifth; Tuesday the 12th.
        self.ordinal_day = re.compile(
            rf"\bthe\s+({ordinary_number})\b(?=\s*(?:[.;:)\n]|,\s|$|of\s+(?:this|last|next|the)\s+month|"
            r"(?:and|but|to|at|he|she|we|they|i|it|with|when|then|so|because|or|if|after)\b))",
            re.IGNORECASE,
        )
        teens = either(o for o in words.ordinals if o.endswith("eenth"))
        # on the twenty sixth: what is counted so seldom has a number so high
        self.said_ordinal = re.compile(
            rf"\bthe\s+((?:twenty|thirty)[\s-](?:{ordinals})|(?:{teens}))\b"
            rf"(?!\s+(?:day|floor|percentile|rib|time|week|century|birthday|of\s+(?:{months})))",
            re.IGNORECASE,
        )
        heads = {word[0] for word in (*words.ordinals, "twenty", "thirty")}
        plain = all(head.isascii() and head.islower() for head in heads)
        self.patterns = {
            **PATTERNS,
            "ordinal": [rf"\bthe\s+{head}" for head in sorted(heads)] if plain else [r"\bthe\s+"],
        }
        self.weekday_days = WeekdayDays(words, ordinary_number)
        self.patterns["weekday"] = self.weekday_days.places
        self.said_days = SaidDays(words)
        self.patterns |= self.said_days.patterns
        self.patterns["misread_month"] = [rf"\b{head}" for head in MISREAD_MONTHS]
        self.day_before = re.compile(
            rf"\b(?:on|for|due|starting|until|till|since|by|from|before|after|through|discharged|admitted|returned|seen|again|"
            rf"you|{words.any_of('weekdays')})\.?,?\s+$",
            re.IGNORECASE,
        )

    def with_weekday(self, text: str, start: int, end: int) -> int:
        """Return where a date begins with the weekday before it, if that is not the greater part of it."""
        if text[start - 4 : start].lower() == "the " and text[start].isdigit():
            start -= 4
        if start < 4 or text[start - 1] not in " \n" or not (text[start - 2].isalpha() or text[start - 2] in ",."):
            return start
        found = self.weekday_before.search(text, start - 18, start)
        if found is None:
            return start
        own = sum(c.isalnum() for c in text[start:end])
        return found.start() if sum(c.isalnum() for c in found[0]) <= own else start

    def find_ordinals(self, tokens: Tokens) -> list[tuple[int, int]]:
        """Return where days of the month stand as ordinals alone: on the fifth."""
        text = tokens.text
        found = [*self.weekday_days.find(tokens), *self.said_days.find(tokens)]
        for match in at_places(MISREAD_MONTH, text, tokens.hits.get("misread_month", ())):
            found.append(match.span())
        for match in at_places(self.ordinal_day, text, tokens.hits.get("ordinal", ())):
            if match[1].lower() in ("first", "second", "third") and "of" not in text[match.end() : match.end() + 4]:
                continue
            if self.day_before.search(text, max(0, match.start() - 20), match.start()):
                found.append(match.span())
        if tokens.caseless:
            for match in at_places(self.said_ordinal, text, tokens.hits.get("ordinal", ())):
                if self.day_before.search(text, max(0, match.start() - 20), match.start()):
                    found.append(match.span())
        return found

    def find_worded(self, text: str, start: int, caseless: bool = False) -> tuple[int, int] | None:
        """Return where a date stands whose month's name begins at `start`, or None."""
        before = text[max(0, start - 40) : start]
        begin = start
        near = max(0, len(before) - NEAR)
        worded = not before.isascii() or before.rstrip().lower().endswith(self.before_months)
        if (
            worded
            and (number := self.worded_number.search(before)) is not None
            and text[start : start + 4].lower() != "may "
        ):
            found = self.month_alone.match(text, start)
            assert found is not None
            return start - (len(before) - number.start(1)), found.end()
        if worded and (day := self.worded_day.search(before)) is not None:
            begin = start - (len(before) - day.start())
            found = self.month_alone.match(text, start)
            assert found is not None
            return self.with_weekday(text, begin, found.end()), found.end()
        found = self.after_month.match(text, start)
        if found is not None and SENTENCE.match(found[0]):
            found = None  # stent in April. Second opinion
        found = found or self.misread_day.match(text, start)
        if found is not None and self._may_do(found[0], text, start, caseless):
            found = None
        if found is not None:
            end = found.end()
            if (earlier := YEAR_BEFORE.search(before, near)) is not None:
                begin = start - (len(before) - earlier.start())
        else:
            alone = self.month_alone.match(text, start)
            if alone is None:
                return None
            if (earlier := YEAR_BEFORE.search(before, near)) is not None and not alone[0][0].islower():
                return start - (len(before) - earlier.start()), alone.end()
            if not self._stands_alone(text, start, alone[0], before, caseless):
                return None
            end = alone.end()
        if (
            not caseless
            and text[start : start + 1].islower()
            and text[start : start + 3] in ("may", "mar")
            and not (re.search(r"\d|(?:st|nd|rd|th)\b", text[start + 3 : end]) and not MAY_BE.match(text, start))
        ):
            return None
        if (part := PART_OF_MONTH.search(before, near)) is not None and begin == start:
            begin = start - (len(before) - part.start())
        return self.with_weekday(text, begin, end), end

    def _may_do(self, phrase: str, text: str, start: int, caseless: bool) -> bool:
        """Say whether a month with one number in words is a verb: may one of us, march two steps."""
        words = phrase.split()
        if len(words) != 2 or words[0].lower() not in ("may", "march", "mar") or any(c.isdigit() for c in words[1]):
            return False
        return (
            caseless
            and words[1].lower() not in self.words.ordinals
            and not (self.month_cue.search(text, start - 24, start))
        )

    def _stands_alone(self, text: str, start: int, word: str, before: str, caseless: bool) -> bool:
        """Say whether a month without day and year is one: not may, march, April and Jan the persons."""
        plain = word.lower()
        capital = word[0].isupper()
        end = start + len(word)
        cued = self.month_cue.search(text, start - 24, start) is not None
        fenced = capital and before[-1:] == "(" and text[end : end + 1] in (")", ",")
        if plain not in self.ambiguous or fenced or OF_YEAR.match(text, end):
            return True
        if plain in self.words["months_that_are_words"]:
            if not capital:
                return caseless and ((len(plain) != 3 and cued) or SINCE.search(before) is not None)
            if cued and len(plain) > SHORT:
                return not ANOTHER_WORD.match(text, end) or plain not in ("may", "march")
            if word.isupper() or ANOTHER_WORD.match(text, end):
                return False
            if cued or plain in MONTHS_ONLY:
                return len(plain) <= SHORT
            return LINE_HEAD.search(before) is not None and CLOSED.match(text, end) is not None and plain != "may"
        if capital and BEGUN.search(before) and CLOSED_OR_ON.match(text, end):
            return True
        if cued:
            return (capital or caseless) and not (capital and ANOTHER_WORD.match(text, end) and len(before) > 0)
        return capital and LINE_HEAD.search(before) is not None and CLOSED.match(text, end) is not None
