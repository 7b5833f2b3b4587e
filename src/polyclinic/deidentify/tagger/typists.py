"""Initials of who dictated and who typed a text, at the end of a line: JRS/mt, PK:lm, MD/sb."""

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


def find_typists(tokens: Tokens, lexicon: Mapping[str, int]) -> list[Span]:
    """Return the initials of dictators and typists; a degree before the sign is left.

    Args:
        tokens: of the text.
        lexicon: word -> bits, from `make_lexicon`.
    """
    found = []
    for match in at_places(TYPIST, tokens.text, tokens.hits.get("typist", ())):
        if match[2] not in NO_TYPISTS:
            degree = lexicon.get(match[1].lower(), 0) & CREDENTIAL
            found.append(Span(match.start(2 if degree else 1), match.end(), "name"))
    return found
