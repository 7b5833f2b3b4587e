"""Institutions that are known by their names alone: Walgreens, Mayo Clinic; and behind a cue Target, Mercy."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterator

from polyclinic.deidentify.joined_words import is_upper
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, LISTS, MONTH, NAME, STATE, STOP
from polyclinic.deidentify.places.institutions import InstitutionRules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

SURE, CUED = "known_institution", "institution_after_cue"
_CUE = re.compile(
    r"(?:\b(?:at|from|to|via|with|by|for|called|rang|through|behind|outside|near|via|works|attends|employer|"
    r"pharmacy|daycare|school|dest|referred|ref|notified|fax|faxed|xfer|cc|hospital|lab|dme|sent|into|out of|wants|"
    r"toured?|accepts?|like|transport|pcp)(?:\s(?:the|old|her|his|our))?[\s:]\s?|@\s?|→\s?|->\s?|[(]|\bthe\s)$",
    re.IGNORECASE,
)
# In lower case, where the word may as well be itself: at target, from mercy; not to target.
_LOWER_CUE = re.compile(
    r"(?:\b(?:at|from|via|called|works|into|employer|pharmacy|daycare|up at the|at the|to the)[\s:]\s?|@\s?|→\s?)$"
)
# Ordinary words, which say nothing without a capital.
_ONLY_WITH_CAPITALS = frozenset(
    words_of(
        "county general memorial regional northern community cook citizens delta color sharp legacy anchor "
        "cross bridge metro casey's pilot loves longs strong reed rice ford duke einstein jackson lincoln "
        "columbia elmhurst cooper howard grady barrow barlow seton baylor travelers axis vitality arbor "
        "aspire cornerstone lighthouse swedish children's childrens"
    )
)
_SIDES = frozenset(
    words_of("north south east west central midtown downtown northwest northeast southeast southwest main")
)
_CODE = re.compile(
    r"[ ](?:#\s?\d{1,5}|[A-Z]{2,4}\d{1,2}\b|Bldg \d{1,3}\b|No\. \d{1,3}\b|\d{1,5}\b(?![/.:%-]|\s?[a-z]))"
)
# Behind these names: what is meant is the thing, not the house.
_THINGS = re.compile(
    r"['’]?s?\s(?:stand|scissors|criteria|score|scale|valve|protocol|clamp|cycle|energy|agents?|heart rate|inr|hr|"
    r"sats?|spo2|range|weight|dose|water|cake|cereal|s\d|organ|lesion|jail|sheriff|health department|council)\b",
    re.IGNORECASE,
)


@functools.cache
def _phrases(name: str) -> tuple[str, ...]:
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    found = {phrase.strip() for line in lines if not line.startswith("#") for phrase in line.split("|")}
    return tuple(
        sorted((found | {phrase.replace("'", "’") for phrase in found}) - {""}, key=lambda one: (-len(one), one))
    )


@functools.cache
def patterns() -> dict[str, list[str]]:
    """Return where such names may begin, for the vocabulary."""
    return {
        rule: [rf"\b{_spaced(phrase)}\b" for phrase in _phrases(name) if phrase.isascii()]
        for rule, name in ((SURE, "known_institutions"), (CUED, "institutions_after_cues"))
    }


def _spaced(phrase: str) -> str:
    return phrase.replace(" ", r"\s")


@functools.cache
def _expression(name: str) -> re.Pattern[str]:
    either = "|".join(re.escape(phrase).replace(r"\ ", r"\s") for phrase in _phrases(name))
    return re.compile(rf"(?:{either})(?!\w)", re.IGNORECASE)


def known_institutions(rules: InstitutionRules, tokens: Tokens) -> Iterator[Span]:
    """Yield institutions by their known names, with what follows of the name: Fresenius South, Amazon BDL2."""
    text = tokens.text
    for place in tokens.hits.get(SURE, ()):
        found = _expression("known_institutions").match(text, place)
        if found is None or (found[0] == "CVS" and text[max(0, place - 4) : place].lower() == "the "):
            continue
        if not _THINGS.match(text, found.end()):
            yield Span(place, _end(rules, tokens, found.end()), "institution")
    for place in tokens.hits.get(CUED, ()):
        found = _expression("institutions_after_cues").match(text, place)
        if found is None or _THINGS.match(text, found.end()) or text[found.end() : found.end() + 1] in ("-", "/"):
            continue
        low = max(0, place - 24)
        capital = text[place].isupper() or text[place].isdigit()
        one_case = tokens.caseless or (found[0].isupper() and len(found[0]) > 5)
        cue = (_CUE if capital and not one_case else _LOWER_CUE).search(text, low, place)
        if cue is not None and not capital and found[0] in _ONLY_WITH_CAPITALS:
            continue
        if cue is None and one_case and found[0].lower() not in _ONLY_WITH_CAPITALS:
            cue = _LOWER_CUE.search(tokens.lowered, low, place)
        if cue is not None:
            yield Span(place, _end(rules, tokens, found.end()), "institution")


def _end(rules: InstitutionRules, tokens: Tokens, end: int) -> int:
    """Return where a name ends that goes on behind its known part."""
    text, starts, bits, lower = tokens.text, tokens.starts, tokens.bits, tokens.lower
    code = _CODE.match(text, end)
    if code is not None:
        return code.end()
    i = _at(starts, end + 1)
    if text[end : end + 1] != " " or i is None or tokens.caseless:
        return end
    last = None
    for j in range(i, min(i + 4, len(starts))):
        if text[tokens.ends[j - 1] if j > i else end : starts[j]] != " ":
            break
        bit = bits[j]
        goes_on = lower[j] in _SIDES or lower[j] in rules.roles or lower[j] in rules.care or bit & CITY
        goes_on = goes_on or not bit & (NAME | COMMON | STOP | STATE | MONTH)
        if not goes_on or is_upper(tokens, j) or (bit & (STOP | MONTH) and lower[j] not in rules.roles):
            break
        last = j
    return end if last is None else tokens.ends[last]


def _at(starts: list[int], place: int) -> int | None:
    i = bisect_left(starts, place)
    return i if i < len(starts) and starts[i] == place else None
