"""How text is typed: capitals at the beginning, slips of the keyboard."""

from __future__ import annotations

import re
from random import Random

from polyclinic.corpus.invented_notes.marked_text import CLOSE, FIRST

_MARKED = re.compile(f"([{chr(FIRST)}-{chr(FIRST + 60)}][^{CLOSE}]*{CLOSE})")


def raised(text: str) -> str:
    """Begin with a capital, and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """Begin in lower case, but for abbreviations and names."""
    return text if text[1:2].isupper() or text.startswith("Alzheimer") else text[:1].lower() + text[1:]


def with_slips(rng: Random, marked: str, every: int) -> str:
    """Swap two letters in about one of `every` long words that are no identifiers."""
    pieces = _MARKED.split(marked)
    for number in range(0, len(pieces), 2):
        words = pieces[number].split(" ")
        for place, word in enumerate(words):
            if len(word) > 5 and word.isalpha() and word.islower() and rng.random() < 1 / every:
                at = rng.randint(1, len(word) - 3)
                words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        pieces[number] = " ".join(words)
    return "".join(pieces)
