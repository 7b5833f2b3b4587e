"""Lines in lower case in a text that has capitals elsewhere: a heading, then a note as somebody typed it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.tokens import Tokens

# A sentence that ends, and the next one begins without a capital: nobody who writes capitals does so.
_SIGN = re.compile(r"[a-z)]{2}[.?!] +[a-z]{2,}[ ,]")
_CAPITAL = re.compile(r"[A-Z]")
_SHORTEST = 40
_MOST = 0.012  # capitals for each character of such a line


# At the sign that ends the sentence.
PATTERNS = {"sentence": tuple(rf"{sign}\s+[a-z]" for sign in ".?!")}


def lower_case_lines(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yield begin and end of the lines that are in lower case, neighbours together."""
    text = tokens.text
    if not any(_SIGN.match(text, place - 2) for place in tokens.hits.get("sentence", ()) if place > 1):
        return
    begin = end = -1
    place = 0
    for line in text.split("\n"):
        stop = place + len(line)
        long = len(line) >= _SHORTEST and len(_CAPITAL.findall(line)) < _MOST * len(line)
        if long:
            begin, end = (place if begin < 0 else begin), stop
        elif begin >= 0 and line.strip() and _CAPITAL.search(line):
            if _SIGN.search(text, begin, end):
                yield begin, end
            begin = -1
        place = stop + 1
    if begin >= 0 and _SIGN.search(text, begin, end):
        yield begin, end
