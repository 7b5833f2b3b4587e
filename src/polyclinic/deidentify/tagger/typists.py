"""Initials of who dictated and who typed: JRS/mt and MD/sb at a line's end, T: cw, VS/kd/778120 as a reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import COMMON, CREDENTIAL, MONTH, STOP
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places

PATTERNS = {
    "typist": tuple(
        rf"\b{letters}{sign}[a-z][a-z]"
        for letters in ("[A-Z][A-Z]", "[A-Z][A-Z][A-Z]")
        for sign in ("/", ":", r"\s/\s")
    ),
    "typed": (r"\bt:", r"\bdt:", r"\btt:", r"\btyped", r"\btranscribed", r"\btrans:", r"\bdict"),
}
TYPIST = re.compile(r"([A-Z]{2,3})[/:]([a-z]{2,3})(?:(?P<last>(?=\.?[ \t]*(?:$|\n|\d)))|(?![\w/]))")
BEHIND_DEGREE = re.compile(r"([A-Z]{2,3})\s?/\s?([a-z]{2,3})(?![\w/:])")
TYPED = re.compile(
    r"(?:T|DT|TT|[Tt]yped|TYPED|[Tt]ranscribed|TRANSCRIBED|[Tt]rans|TRANS|[Dd]ict(?:ated)?|DICT)(?:\s[Bb][Yy])?:\s?"
    r"(?P<who>[a-z]{2,3}|[A-Z]{2,3})(?=[ \t]*(?:\d|$|\n|[|;,])|[ ]{2})"
)
REFERENCE = re.compile(r"[A-Z]{2,3}[/:][a-z]{2,3}/(?:[A-Z]{1,4} ?)?[A-Z\d-]*\d[\w-]*")
NO_TYPISTS = frozenset(
    words_of(
        "lat hr hrs min mins day wk mo yr kg ml dl row dil ext obs op pm am tid bid qid prn ant post tab inj sec avg "
        "max oz lb pgr cell sup"
    )
)


def find_typists(tokens: Tokens, spans: Sequence[Span], lexicon: Mapping[str, int]) -> list[Span]:
    """Return the initials of dictators and typists, without a degree before the sign, and references made of them.

    Args:
        tokens: of the text.
        spans: what was found in it; behind a name a typist may stand amid a line.
        lexicon: word -> bits, from `make_lexicon`.
    """
    names = {span.end for span in spans if span.type == "name"}
    text, places = tokens.text, tokens.hits.get("typist", ())
    found = [Span(*match.span(), "other_id") for match in at_places(REFERENCE, text, places)]
    for pattern in (TYPIST, BEHIND_DEGREE):
        for match in at_places(pattern, text, places):
            degree = lexicon.get(match[1].lower(), 0) & CREDENTIAL
            initials = pattern is TYPIST and (match["last"] is not None or match.end(1) in names)
            if match[2] not in NO_TYPISTS and (degree or initials):
                found.append(Span(match.start(2 if degree else 1), match.end(), "name"))
    for match in at_places(TYPED, text, tokens.hits.get("typed", ())):
        if not lexicon.get(match["who"].lower(), 0) & (COMMON | STOP | MONTH):
            found.append(Span(*match.span("who"), "name"))
    return found
