"""What stands before a place in a text, found in microseconds.

A pattern that ends at a place would be tried at each of the characters before it. Here it is tried only where a word
begins with two letters with which the pattern can begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

WORD_START = re.compile(r"[A-Za-zÀ-ÿ@#$][^\s]?")
BEGINNING = re.compile(r"(?:\\b|\(\?:|\()*([A-Za-z@#$])(?:\\?([A-Za-z.'#/])(?!\?))?")


class LookBack:
    """A pattern for the words right before a place."""

    def __init__(self, pattern: str, heads: Iterable[str]) -> None:
        """Compile a pattern, which is matched up to the place.

        Args:
            pattern: regular expression, case ignored; it must match up to the place.
            heads: words or patterns with one of which each match begins.
        """
        self.pattern = re.compile(rf"(?:{pattern})$", re.IGNORECASE)
        self.heads = frozenset(_head(word) for word in heads if word)
        self.single = frozenset(head for head in self.heads if len(head) == 1)

    def search(self, text: str, low: int, end: int) -> re.Match[str] | None:
        """Return the match that ends at `end` and begins at or after `low`, the first of them; None without one."""
        heads, single = self.heads, self.single
        place = max(low, 0)
        for piece in text[place:end].lower().split(" "):
            for start in _starts(piece) if not piece.isalpha() else (0,):
                head = piece[start : start + 2]
                if (head in heads or head[:1] in single) and (found := self.pattern.match(text, place + start, end)):
                    return found
            place += len(piece) + 1
        return None


def _starts(piece: str) -> list[int]:
    """Return where words begin in what stands between two spaces."""
    found = []
    before = False
    for place, character in enumerate(piece):
        word = character.isalnum()
        if (word and not before) or character in "@#$":
            found.append(place)
        before = word
    return found


def _head(word: str) -> str:
    """Return the letter or two with which a word, or a pattern of one, begins."""
    found = BEGINNING.match(word)
    if found is None:
        raise ValueError(f"'{word}': a label begins with a letter")
    return (found[1] + (found[2] or "")).lower()
