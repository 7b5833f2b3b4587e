"""Whether texts of one split stand in the other: runs of 13 words, and near-duplicates.

Words are those of `polyclinic.word_hashes`. Two texts are near-duplicates when the Jaccard index of their runs of
five words is 0.8 or more; candidates share one of their 16 smallest hashes. What is kept grows with the test split
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from polyclinic.word_hashes import hash_words, mixed, run_hashes
from polyclinic.word_runs import RunIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUN, SHINGLE, SKETCH, NEAR = 13, 5, 16, 0.8
AT_ONCE, CHARACTERS = 1024, 1 << 20  # texts, and their characters, that are looked at together


class Overlap:
    """Texts of test splits, which training texts are compared with."""

    def __init__(self) -> None:
        """Begin without any."""
        self._names: list[str] = []
        self._texts: list[str] = []
        self._index: RunIndex | None = None
        self._sketches: dict[int, list[int]] = {}  # one of the smallest hashes -> numbers of test texts
        self._shingles: list[frozenset[int]] = []

    def __len__(self) -> int:
        """Return how many texts of test splits there are."""
        return len(self._names)

    def add_test(self, name: str, text: str) -> None:
        """Take in an item of a test split."""
        self._names.append(name)
        self._texts.append(text)
        self._index = None

    def against(self, training: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
        """Return what of the test splits was found in training texts: name -> (place in training, how).

        Of several places the first that shares a run counts, or the last that is nearly the same.
        """
        found: dict[str, tuple[str, str]] = {}
        if not self._names:
            return found
        index = self._made_index()
        for batch in _batches(training):
            texts = [text for _, text in batch]
            own_shingles = _shingles(texts)
            for (place, _), stretches, own in zip(batch, index.hits(texts), own_shingles, strict=True):
                for stretch in stretches:
                    found.setdefault(self._names[stretch.thing], (place, f"shares {RUN} words in a row"))
                near = {number for value in sorted(own)[:SKETCH] for number in self._sketches.get(value, ())}
                for number in sorted(near):
                    other = self._shingles[number]
                    if len(own & other) / len(own | other) >= NEAR:
                        found[self._names[number]] = (place, "is nearly the same")
        return found

    def _made_index(self) -> RunIndex:
        if self._index is None:
            alone = [str(number) for number in range(len(self._texts))]
            things = ([text] for text in self._texts)
            self._index = RunIndex([RUN], things, [""] * len(alone), alone, common=1.0)  # no run is too common
            self._sketches = {}
            self._shingles = [own for batch in _batches(zip(alone, self._texts, strict=True)) for own in _of(batch)]
            for number, own in enumerate(self._shingles):
                for value in sorted(own)[:SKETCH]:
                    self._sketches.setdefault(value, []).append(number)
        return self._index


def overlap(test: Iterable[tuple[str, str]], training: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return test item -> (place in the training split, how they overlap); both are (name or place, text)."""
    state = Overlap()
    for name, text in test:
        state.add_test(name, text)
    return state.against(training)


def _of(batch: list[tuple[str, str]]) -> list[frozenset[int]]:
    return _shingles([text for _, text in batch])


def _shingles(texts: list[str]) -> list[frozenset[int]]:
    """Return the hashes of each text's runs of five words; of a shorter text that of all its words."""
    hashed = hash_words(texts)
    found = []
    for start, end in zip(hashed.starts.tolist(), hashed.ends.tolist(), strict=True):
        runs: NDArray[np.uint64] = run_hashes(hashed.words[start:end], max(1, min(SHINGLE, end - start)))
        found.append(frozenset(mixed(runs).tolist()))
    return found


def _batches(texts: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    characters = 0
    for one in texts:
        batch.append(one)
        characters += len(one[1])
        if len(batch) == AT_ONCE or characters >= CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
