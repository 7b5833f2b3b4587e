"""Exactly the largest entries by magnitude, from a stream that is never held in memory.

The order is: larger magnitude first, and among equals the lower flat index first. A cut after the first n entries is
found in one pass that counts what lies above a narrow bracket and how often each magnitude occurs within it; the
bracket comes from a sample, and when it misses, the pass is repeated with one that cannot. The answer is exact in
both cases, so it depends neither on the sample nor on the machine. Magnitudes are handled as the bits of float32
numbers without their sign, which have the same order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyclinic.merge.blocks import Parents
from polyclinic.merge.fused import Call
from polyclinic.merge.kernel import Tally
from polyclinic.merge.numbers import Float32, Mask

PIECE = 4096  # neighbouring entries in a sample
SAMPLE = 65_536  # entries in a sample at most
SMALL = 262_144  # entries up to which a tensor is looked at without one
BINS = 1 << 20  # into which a bracket is divided at most
HELD = 1 << 18  # magnitudes collected before equal ones are counted together
INFINITY = 0x7F80_0000  # its bits
EVERYTHING, NOTHING = -1.0, math.inf

Words = NDArray[np.uint32]
Magnitudes = Callable[[], Iterator[list[Float32]]]  # starts again at each call; one array for each stream and block
Each = Callable[[Callable[["Part"], Any]], list[Any]]


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


@dataclass(frozen=True)
class Bracket:
    """A range of magnitudes in one stream, both ends in it, divided into bins of 2^shift neighbours."""

    stream: int
    low: int
    high: int
    most_bins: int = BINS  # a power of two

    @property
    def shift(self) -> int:
        """How wide the bins are."""
        return max(0, (self.high - self.low).bit_length() - (self.most_bins.bit_length() - 1))


@dataclass(frozen=True)
class Tallied:
    """What a part has above a bracket, and how many entries are in each of its bins that is not empty."""

    above: int
    bins: Words  # ascending
    numbers: NDArray[np.int64]


def largest(parents: Parents, counts: Sequence[Sequence[int]], dtype: str = "F32") -> list[list[Cut]]:
    """Return for each model the cuts after its `counts` largest deltas within the tensor.

    `dtype` is what the deltas are rounded to before they are compared.
    """
    pieces = min(SAMPLE, parents.size // 16) // PIECE if parents.size > SMALL else 0
    return find_cuts([part_of(parents, dtype, pieces, PIECE)], counts)[0]


@dataclass(frozen=True)
class Part:
    """A part of several streams of magnitudes, e.g. one tensor's deltas for every model."""

    magnitudes: Magnitudes
    size: int  # entries in each stream
    sample: Sequence[Float32] = ()  # some of each stream's magnitudes; decides only how fast the answer comes
    parents: Parents | None = None  # whose deltas they are, where the kernel is to count them
    dtype: str = "F32"  # what those are rounded to

    def tally(self, brackets: Sequence[Bracket]) -> list[Tallied]:
        """Count what lies above and within brackets."""
        if self.parents is not None and self.parents.kernel is not None:
            return _tally_with_kernel(self.parents, self.dtype, brackets)
        counters = [_Counter(bracket) for bracket in brackets]
        for block in self.magnitudes():
            for counter in counters:
                counter.add(block[counter.bracket.stream].view(np.uint32))
        return [counter.result() for counter in counters]


def part_of(parents: Parents, dtype: str = "F32", pieces: int = 0, length: int = PIECE) -> Part:
    """Return the magnitudes of the deltas of one tensor, with a sample of so many pieces of `length` neighbours."""

    def magnitudes() -> Iterator[list[Float32]]:
        for block in parents.blocks():
            yield [np.abs(delta, out=delta) for delta in block.deltas(dtype)]

    sampled = [[np.abs(d) for d in piece.deltas(dtype)] for piece in parents.pieces(pieces, length)]
    sample = [np.concatenate(found) for found in zip(*sampled, strict=True)]
    return Part(magnitudes, parents.size, sample, parents, dtype)


def find_cuts(
    parts: Sequence[Part], counts: Sequence[Sequence[int]], each: Each | None = None
) -> list[list[list[Cut]]]:
    """Return, for each part and stream, the cuts after the first entries of the whole stream.

    Args:
        parts: the streams cut into parts, in the order in which equal magnitudes are taken.
        counts: for each stream, how many entries of all parts lie before each of its cuts.
        each: applies a function to every part, perhaps on several threads; results in the order of `parts`.
    """
    each = each or (lambda function: [function(part) for part in parts])
    size = sum(part.size for part in parts)
    samples = [np.concatenate(found) for found in zip(*(p.sample for p in parts if p.sample), strict=True)]
    searches: dict[tuple[int, int], _Search] = {}
    most_bins = min(BINS, max(1 << 12, 1 << size.bit_length()))  # for few entries many bins cost more than a new pass
    for stream, wanted in enumerate(counts):
        for count in wanted:
            if 0 < count < size:
                low, high = _bracket(samples[stream], count / size) if samples else (0, INFINITY)
                searches[stream, count] = _Search(count, Bracket(stream, low, high, most_bins))
    while missing := [search for search in searches.values() if not search.cuts]:
        brackets = [search.bracket for search in missing]
        found: list[list[Tallied]] = each(lambda part, brackets=brackets: part.tally(brackets))  # type: ignore[misc]
        for place, search in enumerate(missing):
            search.look_at([of_part[place] for of_part in found])

    def cut(part: int, stream: int, count: int) -> Cut:
        if 0 < count < size:
            return searches[stream, count].cuts[part]
        return Cut(EVERYTHING if count > 0 else NOTHING)

    return [
        [[cut(part, stream, count) for count in wanted] for stream, wanted in enumerate(counts)]
        for part in range(len(parts))
    ]


@dataclass
class _Search:
    """The search for one cut."""

    count: int
    bracket: Bracket
    cuts: list[Cut] = field(default_factory=list)  # for each part, once they are known

    def look_at(self, parts: Sequence[Tallied]) -> None:
        """Work out the cuts, or set a better bracket."""
        bins, places = np.unique(np.concatenate([part.bins for part in parts]), return_inverse=True)
        numbers = np.zeros(bins.size, np.int64)
        np.add.at(numbers, places, np.concatenate([part.numbers for part in parts]))
        rank = self.count - sum(part.above for part in parts)
        at_least = np.cumsum(numbers[::-1])  # entries at least as large, from the largest bin down
        low, shift = self.bracket.low, self.bracket.shift
        if not 0 < rank <= (int(at_least[-1]) if bins.size else 0):
            self.bracket = replace(self.bracket, low=0, high=INFINITY)
            return
        place = int(np.searchsorted(at_least, rank))
        found = int(bins[::-1][place])
        low += found << shift
        if shift:
            self.bracket = replace(self.bracket, low=low, high=low + (1 << shift) - 1)
            return
        threshold = float(np.array(low, np.uint32).view(np.float32))
        left = rank - (int(at_least[place - 1]) if place else 0)
        for part in parts:  # the first parts have the first of the entries that equal the threshold
            equal = int(part.numbers[part.bins == found].sum())
            self.cuts.append(Cut(threshold, min(left, equal)))
            left -= min(left, equal)


class _Counter:
    """Counts the magnitudes of one bracket with numpy."""

    def __init__(self, bracket: Bracket) -> None:
        self.bracket = bracket
        self.above = self.held = 0
        self.collected: list[Words] = []
        self.bins, self.numbers = np.empty(0, np.uint32), np.empty(0, np.int64)

    def add(self, bits: Words) -> None:
        self.above += int(np.count_nonzero(bits > self.bracket.high))
        from_low = bits - np.uint32(self.bracket.low)  # what is below becomes very large
        inside = from_low[from_low <= self.bracket.high - self.bracket.low] >> np.uint32(self.bracket.shift)
        self.collected.append(inside)
        self.held += inside.size
        if self.held > HELD:
            self._count()

    def result(self) -> Tallied:
        self._count()
        return Tallied(self.above, self.bins, self.numbers)

    def _count(self) -> None:
        bins, numbers = np.unique(np.concatenate([self.bins[:0], *self.collected]), return_counts=True)
        self.bins, places = np.unique(np.concatenate([self.bins, bins]), return_inverse=True)
        total = np.zeros(self.bins.size, np.int64)
        np.add.at(total, places, np.concatenate([self.numbers, numbers]))
        self.numbers, self.collected, self.held = total, [], 0


def _tally_with_kernel(parents: Parents, dtype: str, brackets: Sequence[Bracket]) -> list[Tallied]:
    call = Call(parents, dtype)
    bins = [np.zeros(((b.high - b.low) >> b.shift) + 1, np.uint32) for b in brackets]
    tallies = (Tally * len(brackets))(
        *(
            Tally(low=b.low, high=b.high, shift=b.shift, model=b.stream, bins=counted.ctypes.data)
            for b, counted in zip(brackets, bins, strict=True)
        )
    )
    for _ in call.pieces():
        call.check(call.kernel.scan(call.merge, tallies))
    found = []
    for tally, counted in zip(tallies, bins, strict=True):
        places, numbers = np.empty((2, min(counted.size, parents.size)), np.uint32)
        used = call.kernel.drain(counted.ctypes.data, counted.size, places.ctypes.data, numbers.ctypes.data)
        found.append(Tallied(tally.above, places[:used].copy(), numbers[:used].astype(np.int64)))
    return found


def _bracket(sample: Float32, share: float) -> tuple[int, int]:
    """Return bits of magnitudes between which the cut after the largest `share` lies, as far as a sample can tell."""
    deviation = 5 * (math.sqrt(share * (1 - share) / sample.size) + 1 / sample.size)
    upper = int((1 - share + deviation) * sample.size)
    lower = int((1 - share - deviation) * sample.size)
    ordered = np.partition(sample, sorted({min(max(i, 0), sample.size - 1) for i in (lower, upper)})).view(np.uint32)
    low = int(ordered[lower]) if lower >= 0 else 0
    high = int(ordered[upper]) if upper < sample.size else INFINITY
    return low, high
