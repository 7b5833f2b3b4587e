"""Places of a text where names, institutions and towns stand, and something was left that may be one.

A field (`Employer:`), a preposition before words with capitals, initials beside a sign, a surname before a comma, a
street without its number, a month: whatever stands there and was not found is suspicious unless its words are known
to be none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from polyclinic.deidentify.detect import Rules
from polyclinic.deidentify.lexicon import CITY, COMMON, EPONYM, FAMILY, GIVEN, MONTH, NAME, STATE, STOP, TITLE
from polyclinic.deidentify.tokens import Tokens, at_places

FIELD = re.compile(
    r"(?:\b(?:names?|employer|facility|place|school|pharmacy|guardian|witness(?:ed)?|contact|next of kin|surgeon|"
    r"assistant|anesthesi(?:a|ologist)|attending|resident|fellow|provider|physician|author|interpreter|scribe|agency)|"
    r"\b(?:\w+ed|dictated|written|taken|sent|read|seen)\sby|\bref|\breq)\s?[.:][^\S\n]*(?P<value>[A-Z][\w.'’-]*)(?:,?[^\S\n](?P<next>[A-Z][\w'’-]*))?",
    re.IGNORECASE,
)
AFTER_PREPOSITION = re.compile(
    r"\b(?:at|from|near|for|via|through|to|in)\s(?:the\s)?"
    r"(?P<run>[A-Z][a-z'’]+\.?(?:\s(?:(?:and|of|de|&|the)\s)?[A-Z][A-Za-z'’]+)+)(?!\s?\d)"
)
KIND = re.compile(
    r"\b(?:health|healthcare|clinica|clinic|pharmacy|drugs?|hospital|center|centre|medical|elementary|school|college|"
    r"university|surgery|service|services|partners|associates|group|home|manor|village|living|house|church|works|"
    r"company|corp|inc|llc|foods|store|market|bank|die|logistics|plant|mill|foundation|network|institute|system|care)$",
    re.IGNORECASE,
)
INITIALS = re.compile(
    r"(?<![\w/])[A-Z]{2,3}[/:][a-z]{2,4}(?![\w/])|(?<=\w )\([a-z]{2,3}\)(?=\.|\n|$)|"
    r"\b[Bb]y:?\s(?!EMS|ER|ED|PT|OT|MRI|CT|PCR|IV)[A-Z]{2,3}(?![\w.-])"
)
SURNAME_FIRST = re.compile(
    r"(?<![\w,] )(?<![\w-])(?P<last>[A-Z][a-z'’-]+),\s(?P<first>[A-Z][a-z]+)(?:\s[A-Z])?\b(?!\s[a-z])"
)
STREET = re.compile(
    r"\b(?:on|at|off|to|near)\s[A-Z][a-z]+(?:\s[A-Z][a-z]+)?\s"
    r"(?:St|Street|Rd|Road|Ave|Avenue|Dr|Drive|Ln|Lane|Blvd|Court|Ct|Way|Place|Pl|Plaza)\b(?!\.\s?[A-Z][a-z])"
)
ABBREVIATED = re.compile(r"\b(?:at|from|to|summary)\s(?P<word>[A-Z]{1,3}(?:MC|GH|CH|H))\b(?!-)")
BEFORE_TOWN = re.compile(r"\b(?:in|to|from|near|of)\s$", re.IGNORECASE)


def slots(
    text: str, tokens: Tokens, rules: Rules, covered: bytearray, places: Mapping[str, Sequence[int]]
) -> Iterator[tuple[int, int, str]]:
    """Yield what was left where names, institutions, towns and months stand, and why it is suspicious.

    Args:
        text: the original text.
        tokens: its words.
        rules: that found what was found.
        covered: what is covered by that.
        places: from `places_to_look`.
    """
    look = rules.lexicon.get
    prepositions = places.get("preposition", ())
    for match in at_places(FIELD, text, places.get("field", ())):
        value = match["value"]
        bit = look(value.lower().rstrip(".,"), 0)
        following = look((match["next"] or "").lower(), 0)
        named = (
            bool(bit & NAME or not bit)
            and not bit & (STOP | STATE | TITLE)
            and not (bit & COMMON and value[1:].islower())
        )
        if (
            not covered[match.start("value")]
            and value[:1].isupper()
            and (named or (following & NAME and not bit & STOP))
        ):
            yield match.start("value"), match.end("value"), "a field whose value may be a name"
    for match in at_places(AFTER_PREPOSITION, text, prepositions):
        run = match["run"]
        words = [word.lower().rstrip(".") for word in run.split()]
        bits = [look(word, 0) for word in words]
        generic = all(
            word in rules.places.generic or bit & (EPONYM | STOP) for word, bit in zip(words, bits, strict=True)
        )
        if not generic and KIND.search(words[-1]) and any(word not in rules.places.generic for word in words[:-1]):
            yield match.start("run"), match.end("run"), "an institution by its last word"
    for match in at_places(INITIALS, text, places.get("initials", ())):
        letters = match[0].strip("()")
        if match[0][0] != "(" or not look(letters, 0) & (COMMON | STOP):
            yield match.start(), match.end(), "letters that may be initials"
    for match in at_places(SURNAME_FIRST, text, places.get("surname_first", ())):
        last, first = look(match["last"].lower(), 0), look(match["first"].lower(), 0)
        if last & FAMILY and first & GIVEN and not (last | first) & (STOP | MONTH | STATE | CITY):
            yield match.start(), match.end(), "a word of the lists of names"
    for match in at_places(STREET, text, prepositions):
        yield match.start(), match.end(), "a street without a number"
    for match in at_places(ABBREVIATED, text, prepositions):
        yield match.start("word"), match.end("word"), "an abbreviation that may be an institution's"
    for i, bit in enumerate(tokens.bits):
        if not bit & (CITY | MONTH) or bit & (STOP | TITLE | STATE):
            continue
        start, end = tokens.starts[i], tokens.ends[i]
        if covered[start]:
            continue
        if bit & MONTH:
            if end - start > 3 and (not bit & (NAME | COMMON) or BEFORE_TOWN.search(text, max(0, start - 6), start)):
                yield start, end, "a month"
        elif not bit & COMMON and BEFORE_TOWN.search(text, max(0, start - 6), start):
            yield start, end, "a town"
