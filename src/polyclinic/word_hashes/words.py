"""What a word is: a run of letters and digits in lower case; each Chinese or Japanese character is one by itself.

Texts are compared in Unicode's form NFKC, so that the width of letters, ligatures and the like hide nothing.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

# Kana, Han with its extensions, and the compatibility block that NFKC leaves.
UNDIVIDED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
WORD = re.compile(f"[{UNDIVIDED}]|[^\\W_{UNDIVIDED}]+")
ASCII_WORD = re.compile("[a-z0-9]+")  # the same words in half the time, where there is nothing else
CACHED = 64  # characters of a stretch of text that is remembered


def words_of(text: str) -> list[str]:
    """Return the words of a text; see the head of this file."""
    if text.isascii():
        return ASCII_WORD.findall(text.lower())
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def ascii_or_words(text: str) -> str:
    """Return a text with the same words in which every character is ASCII or part of a word, as `words_of` gives it.

    Parts between spaces that are ASCII are left as they are, the others become their words.
    """
    if text.isascii():
        return text
    # A space ends whatever NFKC or lower case could join.
    return " ".join(
        part if part.isascii() else _words(part) if len(part) <= CACHED else " ".join(words_of(part))
        for part in text.split()
    )


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each word of `words_of` begins and ends in the text itself.

    A character that NFKC makes several words of gives each of them its own place.
    """
    if text.isascii():
        yield from (found.span() for found in ASCII_WORD.finditer(text.lower()))
        return
    made: list[str] = []
    places: list[tuple[int, int]] = []  # where each character of the normal form comes from
    for start, end in _units(text):
        part = unicodedata.normalize("NFKC", text[start:end])
        made.append(part)
        places += [(start, end)] * len(part)
    normal = "".join(made)
    lower = normal.lower()
    if len(lower) != len(normal):  # a capital that becomes two letters
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in normal)
    for found in WORD.finditer(lower):
        yield places[found.start()][0], places[found.end() - 1][1]


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Yield stretches that can be normalised one by one: a character and the marks that go with it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _joins(text[at]):
            yield start, at
            start = at


def _joins(character: str) -> bool:
    # Marks, and the vowels and finals of Hangul, are composed with what stands before them.
    return not character.isascii() and (
        unicodedata.combining(character) != 0
        or unicodedata.category(character).startswith("M")
        or "\u1160" <= character <= "\u11ff"
        or "\uff9e" <= character <= "\uff9f"
    )


@functools.lru_cache(maxsize=1 << 16)
def _words(stretch: str) -> str:
    return " ".join(words_of(stretch))
