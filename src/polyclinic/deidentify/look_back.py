"""What stands before a place in a text, found in microseconds.

A pattern that ends at a place would be tried at each of the characters before it. Here it is tried only where a word
begins with two letters with which the pattern can begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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
        # Both cases by hand: a pattern that ignores case is searched for far more slowly.
        self.begin = re.compile("|".join(_either_case(f, s) for f, s in sorted(seconds.items())) or r"(?!)")

    def search(self, text: str, low: int, end: int) -> re.Match[str] | None:
        """Return the match that ends at `end` and begins at or after `low`, the first of them; None without one."""
        for begin in self.begin.finditer(text, max(low, 0), end):
            start = begin.start()
            if (not start or not text[start - 1].isalnum()) and (found := self.pattern.match(text, start, end)):
                return found
        return None


def _head(word: str) -> tuple[str, str]:
    """Return the letter, and perhaps the next, with which a word, or a pattern of one, begins."""
    found = BEGINNING.match(word)
    if found is None:
        raise ValueError(f"'{word}': a label begins with a letter")
    return found[1].lower(), (found[2] or "").lower()


def _either_case(first: str, seconds: set[str]) -> str:
    begin = f"[{first}{first.upper()}]" if first.isalpha() else re.escape(first)
    if "" in seconds:
        return begin
    return f"{begin}[{''.join(re.escape(s) + s.upper() if s.isalpha() else re.escape(s) for s in sorted(seconds))}]"
