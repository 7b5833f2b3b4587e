"""Names of a text that are spelled in it: K-O-W-A-L-C-Z-Y-K, s i o b h a n."""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places

PATTERNS = {
    "spelled": (r"\b[A-Z]-[A-Z]-[A-Z]", r"\b[A-Z]-[a-z]-[a-z]", r"\b[a-z]-[a-z]-[a-z]", r"\b[a-z] [a-z] [a-z]\b"),
}
SPELLED = re.compile(r"[A-Za-z](?:-[A-Za-z](?![A-Za-z])){2,}(?!\w)|[a-z](?: [a-z](?![\w'’])){2,}")
WORD = re.compile(r"[^\W\d_]+")
SHORTEST = 2  # letters of a name that is spelled


def find_spelled(tokens: Tokens, spans: Sequence[Span]) -> list[Span]:
    """Return where a name among the spans, or its beginning, is spelled.

    Args:
        tokens: of the text.
        spans: what was found in it.
    """
    places = tokens.hits.get("spelled", ())
    if not places:
        return []
    text = tokens.text
    words = {
        word[0].lower()
        for span in spans
        if span.type == "name"
        for word in WORD.finditer(text, span.start, span.end)
        if len(word[0]) > SHORTEST
    }
    found = []
    for match in at_places(SPELLED, text, places):
        letters = "".join(c for c in match[0].lower() if c.isalpha())
        if any(word.startswith(letters) or word in letters for word in words):
            found.append(Span(match.start(), match.end(), "name"))
    return found
