"""Runs of words that two sets of texts share: the words of the first are kept, the second streams by.

A word is a run of letters and digits in lower case; Chinese and Japanese characters, which no space divides, are a
word each. A run is n words in a row within one text. Runs are compared by 64-bit hashes of their words, so that two
unlike runs are taken for one with a chance below one in a million for a million runs and a billion words.
Memory grows with the first set alone. This file knows nothing about records, tasks or models.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Kana, Han with its extensions, and the compatibility block that NFKC leaves.
UNDIVIDED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
WORD = re.compile(f"[{UNDIVIDED}]|[^\\W_{UNDIVIDED}]+")
ASCII_WORD = re.compile("[a-z0-9]+")  # the same words in half the time, where there is nothing else
FACTOR = 0x9E3779B97F4A7C15  # odd, so that no digit of a hash is lost when it is multiplied
WORDS_AT_ONCE = 1 << 18  # words of passing texts that are hashed together


def words_of(text: str) -> list[str]:
    """Return the words of a text; see the head of this file."""
    if text.isascii():
        return ASCII_WORD.findall(text.lower())
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


@dataclass
class RunIndex:
    """The runs of some texts of named things, and which of them were met elsewhere.

    Args:
        lengths: words in a run; several are looked for in one pass.
        things: texts of each thing; a run does not reach from one text into the next.
        groups: the set each thing belongs to.
        families: for each thing what it shares with others by right: things of one group and family count once when
            it is asked whether a run is common.
        common: share of a group's families above which a run is the wording of the group and not of one of its
            things; such runs are left out. Never 10 families or fewer.
    """

    lengths: Sequence[int]
    things: Iterable[Sequence[str]]
    groups: Sequence[str]
    families: Sequence[str]
    common: float = 0.1

    def __post_init__(self) -> None:
        """Hash the runs of all things."""
        import numpy as np

        self._known: dict[str, int] = {}  # word -> its number; 0 stands for words that are not here
        numbers, owner_of, sizes = (
            array("q"),
            array("q"),
            array("q"),
        )  # of words and texts; lists take four times more
        self.count = 0
        for texts in self.things:
            for text in texts:
                known = self._known
                learned = [known.setdefault(word, len(known) + 1) for word in words_of(text)]
                numbers.extend(learned)
                numbers.append(0)
                owner_of.append(self.count)
                sizes.append(len(learned) + 1)
            self.count += 1
        digests = b"".join(blake2b(word.encode(), digest_size=8).digest() for word in self._known)
        self._hash_of = np.concatenate([np.zeros(1, np.uint64), np.frombuffer(digests, dtype=np.uint64)])
        words = np.frombuffer(numbers, dtype=np.int64)
        owners = np.repeat(np.frombuffer(owner_of, dtype=np.int64), np.frombuffer(sizes, dtype=np.int64))
        group = np.unique(np.asarray(self.groups, dtype=str), return_inverse=True)[1]
        group_count = int(group.max(initial=-1)) + 1
        names = np.asarray([f"{g} {f}" for g, f in zip(group, self.families, strict=True)], dtype=str)
        first, family = np.unique(names, return_index=True, return_inverse=True)[1:]
        most = np.maximum(10, self.common * np.bincount(group[first], minlength=group_count))
        self._runs: dict[int, NDArray[np.uint64]] = {}
        self._places: dict[int, NDArray[np.int64]] = {}  # of the runs of all things, in `_runs`
        self._owners: dict[int, NDArray[np.int64]] = {}
        self._met: dict[int, NDArray[np.int64]] = {}  # for each of `_runs`: number of the place it was met, or -1
        self._maybe: dict[int, NDArray[np.bool_]] = {}  # whether a run begins with these bits; most others do not
        self._shift: dict[int, np.uint64] = {}
        self.places: list[str] = []
        self.excerpts: dict[tuple[int, int], str] = {}  # (words, number in `_runs`) -> the run as it was met
        for length in self.lengths:
            starts = _whole_runs(words, length)
            runs, places = np.unique(_hashes(self._hash_of[words], length, starts), return_inverse=True)
            # Each run once for each thing, and once for each family of a group to see how common it is there.
            owner, place = _distinct_pairs(owners[starts], places, len(runs))
            relative, spread_place = _distinct_pairs(family[owner], place, len(runs))
            key = group[first[relative]] * len(runs) + spread_place
            seen, counts = np.unique(key, return_counts=True)
            mine = np.searchsorted(seen, group[owner] * len(runs) + place)
            kept = counts[mine] <= most[group[owner]]
            self._runs[length], self._places[length], self._owners[length] = runs, place[kept], owner[kept]
            self._met[length] = np.full(len(runs), -1, dtype=np.int64)
            bits = max(8, len(runs).bit_length() + 4)
            self._shift[length] = np.uint64(64 - bits)
            self._maybe[length] = np.zeros(1 << bits, dtype=bool)
            self._maybe[length][runs >> self._shift[length]] = True

    def see(self, passing: Iterable[tuple[str, str]]) -> int:
        """Look for the runs in texts that pass by, given as (place, text); return how many words there were."""

        borders: list[tuple[int, str, list[str]]] = []
        total = waiting = 0
        for place, text in passing:
            words = words_of(text)
            borders.append((waiting, place, words))
            total += len(words)
            waiting += len(words) + 1  # a word that is not known ends each text, so that no run goes on into the next
            if waiting >= WORDS_AT_ONCE:
                self._look(borders, waiting)
                borders, waiting = [], 0
        if borders:
            self._look(borders, waiting)
        return total

    def runs(self, length: int) -> NDArray[np.int64]:
        """Return how many different runs each thing has, without the common ones."""
        import numpy as np

        return np.bincount(self._owners[length], minlength=self.count)

    def shared(self, length: int) -> NDArray[np.int64]:
        """Return how many of them were met in the texts that passed by."""
        import numpy as np

        met = self._met[length][self._places[length]] >= 0
        return np.bincount(self._owners[length][met], minlength=self.count)

    def evidence(self, length: int) -> dict[int, tuple[str, str]]:
        """Return for each thing that shares a run where one was met first, and its words."""
        found: dict[int, tuple[str, str]] = {}
        met = self._met[length]
        for owner, place in zip(self._owners[length].tolist(), self._places[length].tolist(), strict=True):
            if owner not in found and met[place] >= 0:
                found[owner] = (self.places[int(met[place])], self.excerpts[length, place])
        return found

    def _look(self, borders: Sequence[tuple[int, str, Sequence[str]]], size: int) -> None:
        import numpy as np

        numbers = np.zeros(size, dtype=np.int64)
        get = self._known.get
        for start, _, words in borders:
            numbers[start : start + len(words)] = np.fromiter(map(get, words, repeat(0)), np.int64, len(words))
        starts = np.array([start for start, _, _ in borders])
        hashes = self._hash_of[numbers]
        for length in self.lengths:
            runs, met = self._runs[length], self._met[length]
            whole = _whole_runs(numbers, length)
            if not (len(whole) and len(runs)):
                continue
            found = _hashes(hashes, length, whole)
            likely = np.flatnonzero(self._maybe[length][found >> self._shift[length]])
            whole, found = whole[likely], found[likely]
            place = np.searchsorted(runs, found)
            place[place == len(runs)] = 0
            hit = runs[place] == found
            for at, run in zip(whole[hit].tolist(), place[hit].tolist(), strict=True):
                if met[run] >= 0:
                    continue
                start, name, words = borders[int(np.searchsorted(starts, at, side="right")) - 1]
                if not self.places or self.places[-1] != name:
                    self.places.append(name)
                met[run] = len(self.places) - 1
                self.excerpts[length, run] = " ".join(words[at - start : at - start + length])


def _whole_runs(numbers: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return where runs of known words begin."""
    import numpy as np

    unknown = np.concatenate([[0], np.cumsum(numbers == 0)])
    return np.flatnonzero(unknown[length:] == unknown[:-length])


def _distinct_pairs(
    ones: NDArray[np.int64], others: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different pairs of two columns of numbers, sorted; the second are below `size`."""
    import numpy as np

    found = np.unique(ones * max(1, size) + others)
    return np.divmod(found, max(1, size))


def _hashes(words: NDArray[np.uint64], length: int, starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the hashes of the runs that begin at `starts`: a polynomial in FACTOR, modulo 2**64.

    A run of two parts has the hash of the first, times FACTOR to the length of the second, plus that of the second;
    so blocks of 1, 2, 4, ... words are made one from the other and put together as the digits of `length` say.
    """
    import numpy as np

    made, size = np.zeros(len(words) + 1, dtype=np.uint64), 0
    block, block_size = words, 1
    while True:
        if length & block_size:  # this block goes in front of what is there
            together = len(words) - size - block_size + 1
            if together < 1:
                return np.zeros(0, dtype=np.uint64)
            made = block[:together] * _power(size) + made[block_size : block_size + together]
            size += block_size
        if size == length:
            return made[starts]
        block = block[:-block_size] * _power(block_size) + block[block_size:]
        block_size *= 2


def _power(exponent: int) -> np.uint64:
    import numpy as np

    return np.uint64(pow(FACTOR, exponent, 1 << 64))
