"""Initials of who dictated and who typed: JRS/mt, PK:lm, MD/sb at the end of a line, VS/kd/778120 as a reference."""

from __future__ import annotations

import re
from collections.abc import Mapping

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CREDENTIAL
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places

PATTERNS = {
    "typist": tuple(f"\\b{letters}{sign}[a-z][a-z]" for letters in ("[A-Z][A-Z]", "[A-Z][A-Z][A-Z]") for sign in "/:")
}
TYPIST = re.compile(r"([A-Z]{2,3})[/:]([a-z]{2,3})(?=\.?[ \t]*(?:$|\n|\d))")
NO_TYPISTS = frozenset(
    words_of(
        "lat hr hrs min mins day wk mo yr kg ml dl row dil ext obs op pm am tid bid qid prn ant post tab inj sec avg "
        "max oz lb"
    )
)
REFERENCE = re.compile(r"[A-Z]{2,3}[/:][a-z]{2,3}/(?:[A-Z]{1,4} ?)?[A-Z\d-]*\d[\w-]*")


def find_typists(tokens: Tokens, lexicon: Mapping[str, int]) -> list[Span]:
    """Return the initials of dictators and typists, without a degree before the sign, and references made of them.

    Args:
        tokens: of the text.
        lexicon: word -> bits, from `make_lexicon`.
    """
    places = tokens.hits.get("typist", ())
    found = [Span(*match.span(), "other_id") for match in at_places(REFERENCE, tokens.text, places)]
    for match in at_places(TYPIST, tokens.text, places):
        if match[2] not in NO_TYPISTS:
            degree = lexicon.get(match[1].lower(), 0) & CREDENTIAL
            found.append(Span(match.start(2 if degree else 1), match.end(), "name"))
    return found
