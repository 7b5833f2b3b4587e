"""What stands before a place, looked for only where the word right before it can be its last.

A pattern of labels is tried at many words; with which words its matches end is known from the labels, once.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from polyclinic.deidentify.look_back import LookBack

WORD = re.compile(r"[a-z]+")
PLAIN = re.compile(r"[^\W_]+")
NEAR = 40  # characters in which the last words are looked for
MOST = 4096  # spellings of one label
_PIECE = re.compile(r"\(\?:|\\.|\[[^\]\\^-]+\]|[^\\\[(]", re.DOTALL)


class WordsBefore(LookBack):
    """A pattern for the words right before a place, of which the last is known."""

    def __init__(self, pattern: str, heads: Iterable[str], last: LastWords) -> None:
        """Compile a pattern as `LookBack` does; each of its matches ends with one of the last words, signs aside."""
        super().__init__(pattern, heads)
        self.last = last

    def search(self, text: str, low: int, end: int) -> re.Match[str] | None:
        """Return what `LookBack.search` returns."""
        return super().search(text, low, end) if self.last.may_stand(text, max(low, 0), end) else None


class LastWords:
    """The words with which labels, and what may stand behind them, can end."""

    def __init__(self, labels: Iterable[str], behind: Iterable[str], joined: Iterable[str] = ()) -> None:
        """Spell out the labels.

        Args:
            labels: regular expressions, in lower case.
            behind: words that may stand between a label and a number.
            joined: those of them that may be joined to a label.
        """
        self.behind, self.joined = frozenset(behind), tuple(joined)
        found: set[str] | None = set()
        for label in labels:
            words = [WORD.findall(spelling) for spelling in spellings(label) or ("",)]
            if found is None or not all(words):  # a label whose spellings are not known, or that has no letters
                found = None
                break
            found.update(several[-1] for several in words)
        self.words = found
        self.known = self.behind | (found or set())

    def may_stand(self, text: str, low: int, end: int) -> bool:
        """Say whether a label may stand at the end of a text from `low` to `end`, with only such words behind it."""
        if self.words is None:
            return True
        near = max(low, end - NEAR)
        tail = text[near:end].rstrip()
        last = tail[tail.rfind(" ") + 1 :].lower()
        if last.isalpha() and last.isascii() and len(last) < len(tail) and last not in self.known:
            return last.endswith(self.joined)  # most numbers end here
        found = PLAIN.findall(text, near, end)
        for place in range(len(found) - 1, -1, -1):
            word = found[place].lower()
            if not (word.isascii() and word.isalpha()) or (not place and near > low):
                return True  # a digit, or a letter of another script, is part of it; or it may be longer
            if word in self.words or word.endswith(self.joined):
                return True
            if word not in self.behind:
                return False
        return near > low


def spellings(pattern: str) -> frozenset[str] | None:
    r"""Return what a pattern of letters, signs, `\.`, `\s`, `[ab]`, `(?:a|b)` and `?` matches; None for others."""
    place = 0

    def alternatives() -> set[str]:
        nonlocal place
        found: set[str] = set()
        while True:
            found |= sequence()
            if place < len(pattern) and pattern[place] == "|":
                place += 1
                continue
            return found

    def sequence() -> set[str]:
        nonlocal place
        made = {""}
        while place < len(pattern) and pattern[place] not in "|)":
            piece = _PIECE.match(pattern, place)
            if piece is None or piece[0] in "*+{?^$.":
                raise ValueError(pattern)
            place = piece.end()
            if piece[0] == "(?:":
                one = alternatives()
                if pattern[place : place + 1] != ")":
                    raise ValueError(pattern)
                place += 1
            elif piece[0][0] == "\\":
                if piece[0][1].isalnum() and piece[0][1] not in "sb":
                    raise ValueError(pattern)
                one = {{"s": " ", "b": ""}.get(piece[0][1], piece[0][1])}
            else:
                one = set(piece[0][1:-1] if len(piece[0]) > 1 else piece[0])
            if pattern[place : place + 1] == "?":
                place += 1
                one = {"", *one}
            made = {left + right for left, right in itertools.product(made, one)}
            if len(made) > MOST:
                raise ValueError(pattern)
        return made

    try:
        found = alternatives()
    except ValueError:
        return None
    return frozenset(found) if place == len(pattern) else None
