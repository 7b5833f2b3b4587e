"""Exactly the largest entries by magnitude, from a stream that is never held in memory.

The order is: larger magnitude first, and among equals the lower flat index first. A cut after the first n entries is
found in one pass that counts what lies above a narrow bracket and collects what lies inside; the bracket comes from a
sample, and when it misses, the pass is repeated with a bracket that cannot. The answer is exact in both cases, so it
depends neither on the sample nor on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from polyclinic.merge.blocks import Parents
from polyclinic.merge.numbers import Float32, Mask

SAMPLE_PIECES, PIECE = 64, 4096  # a sample of 262,144; tensors up to that size are looked at whole
HELD = 1 << 21  # magnitudes collected before equal ones are counted together
EVERYTHING, NOTHING = -1.0, math.inf

Magnitudes = Callable[[], Iterator[list[Float32]]]  # starts again at each call; one array for each model and block


@dataclass(frozen=True)
class Cut:
    """The first entries by magnitude: all above the threshold and the first `ties` that equal it."""

    threshold: float
    ties: int = 0


@dataclass
class Chosen:
    """Says of consecutive blocks which entries lie before a cut."""

    cut: Cut
    taken: int = 0  # entries equal to the threshold that were chosen so far

    def mask(self, magnitude: Float32) -> Mask:
        """Return which entries of the next block are chosen."""
        chosen: Mask = magnitude > self.cut.threshold
        left = self.cut.ties - self.taken
        if left > 0:
            equal = magnitude == self.cut.threshold
            count = int(np.count_nonzero(equal))
            if count > left:
                equal[np.flatnonzero(equal)[left:]] = False
            self.taken += min(count, left)
            np.logical_or(chosen, equal, out=chosen)
        return chosen


def largest(parents: Parents, counts: Sequence[Sequence[int]], dtype: str = "F32") -> list[list[Cut]]:
    """Return for each model the cuts after its `counts` largest deltas within the tensor.

    `dtype` is what the deltas are rounded to before they are compared.
    """

    def magnitudes() -> Iterator[list[Float32]]:
        for block in parents.blocks():
            yield [np.abs(delta, out=delta) for delta in block.deltas(dtype)]

    sample = [[np.abs(d) for d in piece.deltas(dtype)] for piece in parents.pieces(SAMPLE_PIECES, PIECE)] \
        if parents.size > SAMPLE_PIECES * PIECE else []  # fmt: skip
    joined = [np.concatenate(pieces) for pieces in zip(*sample, strict=True)]
    return find_cuts(magnitudes, parents.size, counts, joined)


def find_cuts(
    magnitudes: Magnitudes, size: int, counts: Sequence[Sequence[int]], sample: Sequence[Float32] = ()
) -> list[list[Cut]]:
    """Return the cuts after the `counts[i]` first entries of stream i, each of `size` entries.

    Args:
        magnitudes: gives the streams from the start, block by block, whenever it is called.
        size: entries in each stream.
        counts: for each stream, how many entries lie before each of its cuts.
        sample: for each stream, some of its magnitudes; decides only how fast the answer comes.
    """
    found: list[list[Cut | None]] = [[_trivial(count, size) for count in wanted] for wanted in counts]
    low, high = 0.0, math.inf
    for attempt in range(3):
        searches = []
        for stream, wanted in enumerate(counts):
            for which, count in enumerate(wanted):
                if found[stream][which] is None:
                    if attempt == 0:
                        low, high = _bracket(sample[stream], count / size) if sample else (0.0, math.inf)
                    elif attempt == 1:
                        low, high = _safe_bracket(magnitudes, stream, count)
                    searches.append(_Search(stream, which, count, low, high))
        if not searches:
            break
        for block in magnitudes():
            for search in searches:
                search.add(block[search.stream])
        for search in searches:
            found[search.stream][search.which] = search.cut()
    return [[_known(cut) for cut in cuts] for cuts in found]


@dataclass
class _Search:
    stream: int
    which: int
    count: int
    low: float
    high: float
    above: int = 0
    pending: list[Float32] = field(default_factory=list)
    held: int = 0
    values: Float32 = field(default_factory=lambda: np.empty(0, np.float32))  # distinct, ascending
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # how often each was seen

    def add(self, magnitude: Float32) -> None:
        inside = magnitude >= self.low
        if self.high < math.inf:
            over = magnitude > self.high
            self.above += int(np.count_nonzero(over))
            np.logical_xor(inside, over, out=inside)  # what is over the bracket is not below it either
        piece = magnitude[inside]
        self.pending.append(piece)
        self.held += piece.size
        if self.held > HELD:
            self._count_equals()

    def cut(self) -> Cut | None:
        """Return the cut, or None when it lies outside the bracket."""
        if not len(self.values):  # all that was collected is at hand: no need to sort it
            collected = np.concatenate(self.pending) if self.pending else self.values
            rank = self.count - self.above
            if not 0 < rank <= collected.size:
                return None
            threshold = np.partition(collected, collected.size - rank)[collected.size - rank]
            return Cut(float(threshold), rank - int(np.count_nonzero(collected > threshold)))
        self._count_equals()
        rank = self.count - self.above
        if not 0 < rank <= int(self.numbers.sum()):
            return None
        larger = np.cumsum(self.numbers[::-1])  # entries at least as large, from the largest value down
        place = int(np.searchsorted(larger, rank))
        before = int(larger[place - 1]) if place else 0
        return Cut(float(self.values[::-1][place]), rank - before)

    def _count_equals(self) -> None:
        values, numbers = np.unique(np.concatenate(self.pending), return_counts=True)
        both, where = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        totals = np.zeros(both.size, np.int64)
        np.add.at(totals, where, np.concatenate([self.numbers, numbers]))
        self.values, self.numbers, self.pending, self.held = both, totals, [], 0


def _trivial(count: int, size: int) -> Cut | None:
    if count <= 0:
        return Cut(NOTHING)
    return Cut(EVERYTHING) if count >= size else None


def _known(cut: Cut | None) -> Cut:
    if cut is None:
        raise RuntimeError("the magnitudes changed while they were read")
    return cut


def _bracket(sample: Float32, share: float) -> tuple[float, float]:
    """Return magnitudes between which the cut after the largest `share` lies, as far as a sample can tell."""
    deviation = math.sqrt(share * (1 - share) / sample.size) + 1 / sample.size
    upper = int((1 - share + 6 * deviation) * sample.size)
    lower = int((1 - share - 6 * deviation) * sample.size)
    ordered = np.partition(sample, sorted({min(max(i, 0), sample.size - 1) for i in (lower, upper)}))
    low = float(ordered[lower]) if lower >= 0 else 0.0
    high = float(ordered[upper]) if upper < sample.size else math.inf
    return low, high


def _safe_bracket(magnitudes: Magnitudes, stream: int, count: int) -> tuple[float, float]:
    """Return a narrow bracket that surely holds the cut: the values that share its upper 16 bits."""
    histogram = np.zeros(1 << 16, np.int64)
    for block in magnitudes():
        histogram += np.bincount(block[stream].view(np.uint32) >> 16, minlength=1 << 16)
    larger = np.cumsum(histogram[::-1])
    bucket = (1 << 16) - 1 - int(np.searchsorted(larger, count))
    ends = np.array([bucket << 16, (bucket << 16) | 0xFFFF], np.uint32).view(np.float32)
    return float(ends[0]), float(ends[1])
