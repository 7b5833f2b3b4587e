"""The residual gate: what in a text, outside of what was found, may still be an identifier.

It asks the opposite of the rule layer: not whether something is an identifier, but whether it is known to be none. A
capitalised word that no list of ordinary words knows, a long number without a unit, the name of a label whose value
was not found, letters of a script the rules do not read: each is a reason not to send a document away. It fails
closed: what it cannot judge is suspicious.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from polyclinic.deidentify.detect import TAG, Reading, Rules
from polyclinic.deidentify.gate.numbers import unexplained
from polyclinic.deidentify.gate.places_to_look import places_to_look
from polyclinic.deidentify.gate.slots import slots
from polyclinic.deidentify.known_words import EITHER, SAFE, SURE, UNKNOWN, starts_sentence
from polyclinic.deidentify.lexicon import (
    CITY,
    COMMON,
    CREDENTIAL,
    EPONYM,
    FAMILY,
    GIVEN,
    MONTH,
    NAME,
    PARTICLE,
    SOFT_TITLE,
    STATE,
    STOP,
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.ordinary_words import is_ordinary
from polyclinic.deidentify.places.businesses import BUSINESSES
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger.names import SMALL
from polyclinic.deidentify.tagger.numbers import SUSPECTED, find_numbers
from polyclinic.deidentify.tokens import Tokens, at_places

AT_SIGN = re.compile(r"\S+@\S*|\S*@\S+")
DATE_LIKE = re.compile(
    r"(?<![\w./-])\d{1,2}([/.-])\d{1,2}\1\d{2,4}(?![\w/-]|\.\d)|(?<!\d)(?:19|20)\d{2}-\d{2}-\d{2}(?!\d)"
)
FILE_OR_HOST = re.compile(
    r"(?<=\w)\.(?:com|org|net|edu|gov|io|health|jpe?g|png|gif|heic|tiff?|dcm|mp4|mov)\b", re.IGNORECASE
)
SPELLED_AGE = re.compile(
    r"\bninet(?:y|ies|ieth)(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?[\s-]+(?:years?|yrs?|y)\b|"
    r"\b(?:his|her|their|my|your)\s(?:\w+[\s-])?nineties\b|\bhundred[\s-](?:and[\s-]\w+[\s-])?years?[\s-]old\b",
    re.IGNORECASE,
)
TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\b\.?\s+(?=[A-Z][a-z])")
HIDDEN = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff]"
)
# What stands right before a name, also in texts without capitals.
ANNOUNCED = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|drs|prof|doctor|nurse|rn|md|wife|husband|son|daughter|mother|father|mom|dad|"
    r"brother|sister|aunt|uncle|cousin|"
    r"niece|nephew|grand(?:son|daughter|mother|father|ma|pa)|partner|fianc[eé]e?|spouse|neighbou?r|roommate|"
    r"caregiver|aide|guardian|pt|patient|"
    r"seen by|signed by|signed|dictated by|named|called|name is|dear|cc|attn|c/o|d/w|w/|spoke with|spoke to|per|"
    r"pcp|pmd|belongings to|released to|team|surgeon|"
    r"cardiologist|neurologist|oncologist|attending|resident|social worker|case manager)[.,]?\s+([^\W\d_][\w'’-]+)",
    re.IGNORECASE,
)
DAY_LEFT = re.compile(
    r"\b(?:on|since|until|till|from|dated|date|seen|admitted|born|by|thru|through|before|after|due|visit|f/u|dob|"
    r"doi|dos)[:\s]\s?"
    r"(?P<day>\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?|\d{1,2}\.\d{1,2}\.\d{2,4}|\d{1,2}(?:st|nd|rd|th))(?![\w%/]|\.\d|"
    r"\s?(?:mg|ml|weeks?|days?|months?|years?|hours?|hrs?|liters?|l\b|cm|mm|degree|"
    r"percentile|toe|finger|digit|metatarsal|rib|grade|floor|pain|strength))",
    re.IGNORECASE,
)
MONTH_LEFT = re.compile(
    r"(?<!\w)(?:\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?)?(?:january|february|march|april|june|july|august|september|"
    r"october|november|december|jan|feb|mar|apr|"
    r"jun|jul|aug|sept?|oct|nov|dec)\b\.?[ ,-]{1,2}(?:\d{1,2}\b|(?:19|20)\d\d\b|'\d\d\b)",
    re.IGNORECASE,
)
STREET_LEFT = re.compile(
    r"(?<![\w/.$:-])\d{1,5}[A-Z]? (?:[NSEW]\.? )?(?:[A-Z][\w'.-]+ ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Ln|Lane|"
    r"Blvd|Ct|Court|Dr|Drive|Way|Pl|Place|Hwy|Pkwy|Ter|Cir|"
    r"Circle|Trail|Loop|ST|STREET|AVE|AVENUE|RD|ROAD|LN|LANE|BLVD|CT|DRIVE|WAY)\b"
)


NEVER_NAMES = STOP | TITLE | CREDENTIAL | MONTH | STATE | SUFFIX  # where no list has them as names too
LEAST_SHARE = 0.15  # of names, institutions and towns together, from which a word is suspicious
LEAST_ORDINARY = 0.2  # the same for an ordinary word with a capital
LEAST_SMALL = 0.4  # for a listed or ordinary word without one, and for words such as so and oh


class Suspicion(NamedTuple):
    """A place that may be an identifier, and why."""

    start: int
    end: int
    reason: str


def suspicions(reading: Reading, spans: Sequence[Span], rules: Rules) -> list[Suspicion]:
    """Return what is suspicious in a text outside of the identifiers that were found.

    Args:
        reading: of the text, from `Rules.read`.
        spans: what was found in it, by rules or otherwise, in order.
        rules: that read it.
    """
    text = reading.tokens.text
    covered = bytearray(len(text))
    for start, end in [*((s.start, s.end) for s in spans), *((m.start(), m.end()) for m in TAG.finditer(text))]:
        covered[start:end] = b"\x01" * (end - start)
    found = [s for s in _all(reading, spans, rules, covered) if not any(covered[s.start : s.end])]
    return sorted(set(found))


def _all(reading: Reading, spans: Sequence[Span], rules: Rules, covered: bytearray) -> Iterator[Suspicion]:
    tokens, text = reading.tokens, reading.tokens.text
    places = places_to_look(text)
    for match in HIDDEN.finditer(text):
        yield Suspicion(match.start(), match.end(), "a character that does not show")
    yield from _other_scripts(text)
    if "@" in text:
        for match in AT_SIGN.finditer(text):
            if re.search(r"[A-Za-z]", match[0]) and not re.fullmatch(r"@?\d.*", match[0]):
                yield Suspicion(match.start(), match.end(), "an @ beside letters")
    for start, end, reason in unexplained(text, covered, rules.calendar):
        yield Suspicion(start, end, reason)
    for match in at_places(FILE_OR_HOST, text, places.get("file_or_host", ())):
        yield Suspicion(match.start(), match.end(), "an address of a machine, or a file")
    lowered = tokens.lowered
    if "ninet" in lowered or "hundred" in lowered:
        for match in SPELLED_AGE.finditer(text):
            yield Suspicion(match.start(), match.end(), "a number that may be an age")
    for match in at_places(DATE_LIKE, text, places.get("date", ())):
        yield Suspicion(match.start(), match.end(), "digits like a date")
    for match in at_places(TITLED, text, places.get("titled", ())):
        word = re.compile(r"[^\W\d_]+").match(text, match.end())
        if word is not None and not rules.lexicon.get(word[0].lower(), 0) & (STOP | TITLE):
            yield Suspicion(word.start(), word.end(), "a title before a word that was not taken for a name")
    for match in at_places(MONTH_LEFT, text, places.get("month", ())):
        yield Suspicion(match.start(), match.end(), "a month with a number")
    for match in at_places(STREET_LEFT, text, places.get("street", ())):
        yield Suspicion(match.start(), match.end(), "a number with a street")
    for match in at_places(DAY_LEFT, text, places.get("day", ())):
        if not _may_be_day(match["day"], text, match.start("day"), rules):
            continue
        yield Suspicion(match.start("day"), match.end("day"), "digits like a date")
    for match in at_places(ANNOUNCED, text, places.get("announced", ())):
        if (
            "_" not in match[1]
            and not any(covered[match.start(1) : match.end(1)])
            and _may_be_name(match[1], text, match.start(1), rules)
        ):
            yield Suspicion(match.start(1), match.end(1), "a word where names stand")
    for start, end, reason in slots(text, tokens, rules, covered, places):
        yield Suspicion(start, end, reason)
    yield from _unknown_words(text, tokens, rules, covered)
    for one in reading.candidates:
        share = one.name + one.institution + one.town
        if share < LEAST_SHARE or one.end - one.start < 2 or covered[one.start]:
            continue
        ordinary = is_ordinary(text[one.start : one.end].lower(), rules.lexicon)
        known = one.bits & STOP or (one.shape == SMALL and (ordinary or one.bits & NAME))
        if share >= (LEAST_SMALL if known else LEAST_ORDINARY if ordinary else LEAST_SHARE):
            yield Suspicion(one.start, one.end, "a word that the tagger does not take for an ordinary one")
    for start, end, _ in find_numbers(text, reading.candidates, spans, rules.calendar, SUSPECTED):
        yield Suspicion(start, end, "what the tagger may take for a date, a number or an address")


def _may_be_day(written: str, text: str, start: int, rules: Rules) -> bool:
    """Say whether digits after `on` or `since` are none of the scores, parts and ranges that are known."""
    numbers = re.split(r"[/.-]", written)
    if len(numbers) != 2:
        return True
    if "/" in written:
        return rules.calendar.find_month_day(text, start) is not None
    return int(numbers[0]) > int(numbers[1])


def _may_be_name(word: str, text: str, start: int, rules: Rules) -> bool:
    """Say whether a word after a title, a relative or a role may be a name."""
    plain = word.lower().removesuffix("'s").removesuffix("’s")
    bit = rules.lexicon.get(plain, 0)
    if bit & STOP or len(plain) < 3:
        return False
    if bit & NAME:
        if word.islower():
            return not bit & (COMMON | WORD)
        return not bit & COMMON or (word[1:].islower() and bool(bit & NAME) and not bit & STATE)
    return not bit and not is_ordinary(plain, rules.lexicon)


def _unknown_words(text: str, tokens: Tokens, rules: Rules, covered: bytearray) -> Iterator[Suspicion]:
    known = rules.known
    quiet = ~(CITY | PARTICLE) if tokens.caseless else NEVER_NAMES
    for i, (bit, start, end) in enumerate(zip(tokens.bits, tokens.starts, tokens.ends, strict=True)):
        if (bit & quiet and not bit & NAME) or covered[start] or end - start < 2:  # most words
            continue
        kind = known.kind_of(tokens, i)
        if bit & (TITLE | SOFT_TITLE) and (kind == EITHER or bit & COMMON):
            continue
        if kind == SAFE:
            if bit & NEVER_NAMES or tokens.caseless:
                continue
            if (
                tokens.lower[i] in BUSINESSES
                and i
                and text[start + 1].islower()
                and _own_word(text, tokens, i, covered, rules)
            ):
                yield Suspicion(tokens.starts[i - 1], end, "an institution by its last word")
            if text[start + 1].islower() and _beside_covered(text, tokens, i, covered) and not bit & SOFT_TITLE:
                yield Suspicion(start, end, "a capitalised word beside what was replaced")
            continue
        if known.is_thing(tokens, i):
            continue
        upper = text[start:end].isupper()
        if upper and text[end : end + 1] == ":":
            continue
        if kind == SURE:
            if end - start > (4 if upper else 2) and (not tokens.caseless or bit & GIVEN):
                yield Suspicion(start, end, "a word of the lists of names")
        elif kind == UNKNOWN:
            if end - start > (4 if upper else 2):
                yield Suspicion(
                    start,
                    end,
                    "a word that no list knows" if tokens.caseless else "a capitalised word that no list knows",
                )
        elif tokens.caseless or upper:
            continue
        elif _beside_covered(text, tokens, i, covered):
            yield Suspicion(start, end, "a capitalised word beside what was replaced")
        elif (
            kind == EITHER
            and not bit & (STOP | STATE | MONTH)
            and (not bit & EPONYM or bit & GIVEN)
            and not starts_sentence(tokens, i)
            and _alone_or_a_pair(text, tokens, i)
        ):
            yield Suspicion(start, end, "a word that may be a name")


def _own_word(text: str, tokens: Tokens, i: int, covered: bytearray, rules: Rules) -> bool:
    """Say whether the word before an institution's last one is its own: Birch Clinic, not Pain Clinic."""
    j = i - 1
    start = tokens.starts[j]
    return (
        text[tokens.ends[j] : tokens.starts[i]] == " "
        and not covered[start]
        and text[start + 1 : start + 2].islower()
        and not tokens.bits[j] & (STOP | MONTH | TITLE)
        and tokens.lower[j] not in rules.places.generic
        and not (starts_sentence(tokens, j) and tokens.bits[j] & COMMON)
        and bool(tokens.bits[j] & NAME or not tokens.bits[j])
    )


def _alone_or_a_pair(text: str, tokens: Tokens, i: int) -> bool:
    """Say whether a word has no capitalised neighbours, or one with which it may be a name."""
    bits, starts, ends = tokens.bits, tokens.starts, tokens.ends
    before = i > 0 and starts[i] == ends[i - 1] + 1 and text[ends[i - 1]] == " "
    behind = i + 1 < len(bits) and starts[i + 1] == ends[i] + 1 and text[ends[i]] == " "
    if before and behind:
        return False
    if before:
        return bool(bits[i - 1] & GIVEN and bits[i] & FAMILY and not bits[i - 1] & STOP)
    if behind:
        return bool(bits[i] & GIVEN and bits[i + 1] & FAMILY and not bits[i + 1] & STOP)
    return True


def _beside_covered(text: str, tokens: Tokens, i: int, covered: bytearray) -> bool:
    """Say whether a word stands beside one that was found, with a space between, in the middle of a line."""
    start, end = tokens.starts[i], tokens.ends[i]
    if start > 1 and text[start - 1] in " -'" and covered[start - 2] and text[start - 2].isalpha():
        return True
    return (
        end + 1 < len(text)
        and text[end] in " -"
        and bool(covered[end + 1])
        and text[end + 1].isalpha()
        and start > 0
        and text[start - 1] == " "
        and text[start - 2] not in ".:"
    )


def _other_scripts(text: str) -> Iterator[Suspicion]:
    """Yield runs of letters of a script that the rules do not read; Greek letters stand in medicine."""
    if text.isascii():
        return
    for match in re.finditer(r"[^\x00-\u024f\u1e00-\u1eff\u2000-\u2bff\u3000-\u303f\uff00-\uff0f]+", text):
        letters = [c for c in match[0] if c.isalpha()]
        names = {unicodedata.name(c, "").split(" ")[0] for c in letters}
        if letters and not (names <= {"GREEK", "MICRO"} and len(letters) <= 2):
            yield Suspicion(match.start(), match.end(), "letters of a script that the rules do not read")
