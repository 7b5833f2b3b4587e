"""Whether texts of one split stand in the other: runs of 13 words, and near-duplicates.

Words are lower-case letters and digits. Two texts are near-duplicates when the Jaccard index of their runs of five
words is 0.8 or more; candidates are those that share one of their 16 smallest hashes. What is kept grows with the
test split alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

WORD = re.compile(r"[^\W_]+")
RUN, SHINGLE, SKETCH, NEAR = 13, 5, 16, 0.8


@dataclass
class Overlap:
    """What of the test split was found in training texts: name -> (place in the training split, how)."""

    index: dict[int, list[str]] = field(default_factory=dict)  # hash of 13 words -> test items
    sketches: dict[int, list[str]] = field(default_factory=dict)
    shingles: dict[str, frozenset[int]] = field(default_factory=dict)
    found: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add_test(self, name: str, text: str) -> None:
        """Take in an item of the test split."""
        words = WORD.findall(text.lower())
        for run in set(_hashes(words, RUN)):
            self.index.setdefault(run, []).append(name)
        own = frozenset(_hashes(words, SHINGLE)) or frozenset(_hashes(words, max(1, len(words))))
        self.shingles[name] = own
        for value in sorted(own)[:SKETCH]:
            self.sketches.setdefault(value, []).append(name)

    def see_training(self, place: str, text: str) -> None:
        """Compare an item of the training split with all of the test split."""
        words = WORD.findall(text.lower())
        for run in _hashes(words, RUN):
            for name in self.index.get(run, ()):
                self.found.setdefault(name, (place, f"shares {RUN} words in a row"))
        own = frozenset(_hashes(words, SHINGLE)) or frozenset(_hashes(words, max(1, len(words))))
        near = {name for value in sorted(own)[:SKETCH] for name in self.sketches.get(value, ())}
        for name in sorted(near):
            other = self.shingles[name]
            if own and len(own & other) / len(own | other) >= NEAR:
                self.found[name] = (place, "is nearly the same")


def overlap(test: Iterable[tuple[str, str]], training: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return test item -> (place in the training split, how they overlap); both are (name or place, text)."""
    state = Overlap()
    for name, text in test:
        state.add_test(name, text)
    for place, text in training:
        state.see_training(place, text)
    return state.found


def _hashes(words: list[str], length: int) -> Iterator[int]:
    for start in range(len(words) - length + 1):
        text = " ".join(words[start : start + length])
        yield int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
