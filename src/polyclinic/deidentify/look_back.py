"""What stands before a place in a text, found in microseconds.

A pattern that ends at a place would be tried at each of the characters before it. Here it is tried only where a word
begins with two letters with which the pattern can begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

WORDS = re.compile(r"[A-Za-z]+|[@#$]")
SIGNS = frozenset("@#$")
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
        seconds: dict[str, set[str]] = {}
        for word in heads:
            if word:
                first, second = _head(word)
                seconds.setdefault(first, set()).add(second)
        for first, others in seconds.items():
            if (first in SIGNS and others != {""}) or not others.isdisjoint(SIGNS & seconds.keys()):
                raise ValueError(f"{pattern}: a sign that begins a match stands alone")
        self.firsts = frozenset(first for first, others in seconds.items() if "" in others)
        self.pairs = frozenset(first + second for first, others in seconds.items() for second in others)

    def search(self, text: str, low: int, end: int) -> re.Match[str] | None:
        """Return the match that ends at `end` and begins at or after `low`, the first of them; None without one."""
        firsts, pairs = self.firsts, self.pairs
        for word in WORDS.finditer(text, max(low, 0), end):
            start = word.start()
            two = text[start : min(start + 2, end)].lower()
            if (
                (two in pairs or two[0] in firsts)
                and (not start or not text[start - 1].isalnum())
                and (found := self.pattern.match(text, start, end))
            ):
                return found
        return None


def _head(word: str) -> tuple[str, str]:
    """Return the letter, and perhaps the next, with which a word, or a pattern of one, begins."""
    found = BEGINNING.match(word)
    if found is None:
        raise ValueError(f"'{word}': a label begins with a letter")
    return found[1].lower(), (found[2] or "").lower()
