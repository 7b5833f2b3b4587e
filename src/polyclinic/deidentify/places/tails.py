"""Institutions by a last word that ends other phrases too: Concord High, Thief River Drug, Jordan Valley Peds.

Such a word is the end of a name where a word of the name's own stands before it and the name stands where names of
places do: behind at, from, to, a colon, a bracket, at the head of a line or cell.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.joined_words import after, before, is_upper
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, EPONYM, GIVEN, MONTH, NAME, STATE, STOP, TITLE
from polyclinic.deidentify.places.announced import AnnouncedRules
from polyclinic.deidentify.places.businesses import NO_PARTS, PARTS_OF_NAMES
from polyclinic.deidentify.places.institutions import OWN, PLAIN
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

# After a word of the name's own, wherever it stands.
_PLAIN_TAILS = frozenset(
    words_of(
        "peds rx nh hha ihs hosp drug convalescent residential dermpath ctr hs gen elementary primary "
        "regional infirmary pediatrics paediatrics prep montessori daycare playgroup creche crèche nursery "
        "academy surgery chemist chemists"
    )
)
# Only where a place is announced.
_CUED_TAILS = frozenset(
    words_of(
        "high middle lab labs alternative hh med eye spine kidney heart vascular women's womens children's childrens "
        "oxygen mobile derm ortho micro path general memorial medical urgent er ed ems fire rescue laser skin "
        "dental dentistry vision hearing behavioral orthopedics urology oncology ob obgyn gyn gi renal "
        "fertility imaging rehab hospice health family senior seniors convent ambulance transport "
        "transportation air flight reference research state tech union district connector mission shelter "
        "lodge club pines oaks manor court terrace meadows village villa glen grove acres crest commons "
        "gardens haven ridge springs willows arms house place cottage pointe estates heights landing winds "
        "bay lakes"
    )
)
TAIL_WORDS = _PLAIN_TAILS | _CUED_TAILS
_CUE = re.compile(
    r"(?:\b(?:at|from|to|in|via|with|by|for|called|rang|through|near|works|attends?|attended|employer|pharmacy|daycare|school|dest|"
    r"referred|notified|fax(?:ed)?|cc|hospital|lab|sent|into|wants|tour(?:ed|s)?|accepts?|transport|facility|pcp|hh|dme|snf|"
    r"consult|client|told by|registered with|asked about|closed|over|like|back to)(?:\s(?:the|old))?"
    r"[\s:]\s?|@\s?|→\s?|->\s?|[(|;\[]\s?|\t|:[ ]{1,4}|[ ]{3,})$",
    re.IGNORECASE,
)
_LOWER_CUE = re.compile(
    r"(?:\b(?:at|from|to|via|called|attends|over at|works at|than|over) |@ ?|"
    r"\b(?:school|daycare|snf|pcp|hospital) ?[(=:]? ?)$"
)
_LOWER_TAILS = frozenset(
    words_of(
        "hs hosp ctr regional general memorial infirmary middle elementary high primary academy drug pharmacy "
        "imaging medical infusion court manor lodge pines oaks meadows villa terrace glen crest gardens haven "
        "grove commons ridge willows elms daycare barn mart motors foods farms bread"
    )
)
_NEVER_NAMES = frozenset(
    words_of(
        "old new outside nearest other high family surgical oral acute low blood weight bed that this mri ct "
        "chest local"
    )
)
_MOST = 4


class TailRules(AnnouncedRules):
    """Institutions by their last word."""

    def tailed(self, tokens: Tokens, i: int) -> Span | None:
        """Return the name that ends with word `i`, in mixed case or on a line of capitals."""
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        if tokens.caseless:
            return self._tailed_in_lower_case(tokens, i)
        if not i or not text[starts[i]].isupper():
            return None
        capitals = is_upper(tokens, i) and self._in_capitals(tokens, i)
        following = after(tokens, i)
        if following is not None and following[1] == " " and not capitals:
            j = following[0]
            goes_on = lower[j] in self.roles or not (bits[j] & (CITY | STOP | MONTH | NAME) or is_upper(tokens, j))
            if goes_on and lower[j] not in _PLAIN_TAILS:
                return None
        first, own, plain = i, 0, 0
        while i - first < _MOST and (step := before(tokens, first)) is not None:
            j, how = step
            bit, word = bits[j], lower[j]
            if "\n" in text[ends[j] : starts[first]]:
                break
            saint = how == "." and word.rstrip(".") in ("st", "mt", "ft")
            if how not in (" ", "&") and not saint:
                break
            if (bit & (TITLE | MONTH) and word not in self.openers) or word in NO_PARTS:
                break
            if bit & EPONYM and not bit & (CITY | NAME):
                return None
            if bit & STOP and word not in self.care and word not in self.openers:
                break
            if is_upper(tokens, j) and not capitals and not 2 < ends[j] - starts[j] < 6:
                break
            worth = self.worth(tokens, j, capitals)
            own += worth == OWN
            plain += worth == PLAIN
            first = j
        if lower[i] == "state" and bits[first] & STATE:
            return None  # Washington State Department
        if first == i or not own + plain or (lower[first] in self.care and lower[first] not in PARTS_OF_NAMES):
            return None
        single = i - first == 1
        if plain > 1 and lower[i] in _PLAIN_TAILS and lower[i] not in ("drug", "surgery", "primary") and not capitals:
            own += 1
        person = single and bits[first] & GIVEN and not bits[first] & (CITY | COMMON | STATE)
        start = starts[first]
        line = text.rfind("\n", 0, start) + 1
        heads = not text[line:start].strip(" \t>*#-")
        cued = _CUE.search(text, max(0, start - 24), start) is not None
        if lower[i] in _PLAIN_TAILS:
            named = (own and not person) or cued
        else:
            named = cued or (bool(own) and lower[i] in ("general", "memorial") and not single and not person)
            named = named or (plain > 1 and lower[i] == "hh")
        if capitals and not cued and not (heads and lower[i] in _PLAIN_TAILS):
            return None
        return Span(start, ends[i], "institution") if named else None

    def _tailed_in_lower_case(self, tokens: Tokens, i: int) -> Span | None:
        """Return the name of one or two words that stands between a preposition and word `i`: from maple crest."""
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        if lower[i] not in _LOWER_TAILS:
            return None
        for first in (i - 1, i - 2):
            if first < 1 or text[ends[first] : starts[first + 1]] != " ":
                return None
            word = lower[first]
            if (
                bits[first] & (STOP | TITLE | MONTH)
                or word in NO_PARTS
                or word in _NEVER_NAMES
                or word in self.generic
            ):
                return None
            if _LOWER_CUE.search(text, max(0, starts[first] - 16), starts[first]) is not None:
                return Span(starts[first], ends[i], "institution")
        return None
