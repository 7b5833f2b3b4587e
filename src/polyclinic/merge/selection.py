"""Exactly the largest entries by magnitude, from a stream that is never held in memory.

The order is: larger magnitude first, and among equals the lower flat index first. A cut after the first n entries is
found in one pass that counts what lies above a narrow bracket and collects what lies inside; the bracket comes from a
sample, and when it misses, the pass is repeated with a bracket that cannot. The answer is exact in both cases, so it
depends neither on the sample nor on the machine.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyclinic.merge.blocks import Parents
from polyclinic.merge.numbers import Float32, Mask

PIECE = 2048  # neighbouring entries in a sample
SAMPLE = 262_144  # entries in a sample at most, and in a tensor that is looked at whole
HELD = 1 << 18  # magnitudes collected before equal ones are counted together
BINS = 1 << 20  # at most, when they are
EVERYTHING, NOTHING = -1.0, math.inf

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


def largest(parents: Parents, counts: Sequence[Sequence[int]], dtype: str = "F32") -> list[list[Cut]]:
    """Return for each model the cuts after its `counts` largest deltas within the tensor.

    `dtype` is what the deltas are rounded to before they are compared.
    """
    pieces = min(SAMPLE, parents.size // 16) // PIECE if parents.size > SAMPLE else 0
    sample = sample_magnitudes(parents, pieces, PIECE, dtype) if pieces else []
    part = Part(lambda: magnitudes(parents, dtype), parents.size, sample)
    return find_cuts([part], counts)[0]


def magnitudes(parents: Parents, dtype: str = "F32") -> Iterator[list[Float32]]:
    """Yield the magnitudes of every model's delta, block by block."""
    for block in parents.blocks():
        yield [np.abs(delta, out=delta) for delta in block.deltas(dtype)]


def sample_magnitudes(parents: Parents, pieces: int, length: int, dtype: str = "F32") -> list[Float32]:
    """Return for each model the magnitudes of its delta in so many pieces of neighbours from all over the tensor."""
    sampled = [[np.abs(d) for d in piece.deltas(dtype)] for piece in parents.pieces(pieces, length)]
    return [np.concatenate(found) for found in zip(*sampled, strict=True)]


@dataclass(frozen=True)
class Part:
    """A part of several streams of magnitudes, e.g. one tensor's deltas for every model."""

    magnitudes: Magnitudes
    size: int  # entries in each stream
    sample: Sequence[Float32] = ()  # some of each stream's magnitudes; decides only how fast the answer comes


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
    tallies = [
        [_Tally(stream, count) for count in wanted if 0 < count < size] for stream, wanted in enumerate(counts)
    ]
    missing = [tally for of_stream in tallies for tally in of_stream]
    samples = [np.concatenate(found) for found in zip(*(p.sample for p in parts if p.sample), strict=True)]
    for tally in missing:
        if samples:
            tally.low, tally.high = _bracket(samples[tally.stream], tally.count / size)
    for certain in (False, True):
        if certain and missing:
            _set_certain_brackets(missing, each)
        if missing:
            each(lambda part, wanted=tuple(missing): _scan(part, wanted))  # type: ignore[misc]
        missing = [tally for tally in missing if not tally.settle()]
    cuts = _share_out([tally for of_stream in tallies for tally in of_stream], parts, each)
    return [
        [
            [
                Cut(NOTHING) if count <= 0 else Cut(EVERYTHING) if count >= size else cuts[stream, count][part]
                for count in wanted
            ]
            for stream, wanted in enumerate(counts)
        ]
        for part in range(len(parts))
    ]


@dataclass
class _Tally:
    """The search for one cut: counts what lies above a bracket and collects what lies in it."""

    stream: int
    count: int
    low: float = 0.0
    high: float = math.inf
    above: int = 0
    collected: list[Float32] = field(default_factory=list)
    held: int = 0
    values: Float32 | None = None  # distinct values, ascending, once there are too many to hold each
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # how often each was seen
    threshold: float = math.nan  # magnitude of the last entry before the cut
    left: int = 0  # entries that equal the threshold and lie before the cut
    equal: int = 0  # entries that equal the threshold
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, magnitude: Float32) -> None:
        """Take account of some entries, in any order."""
        inside = magnitude >= self.low
        over = 0
        if self.high < math.inf:
            above = magnitude > self.high
            over = int(np.count_nonzero(above))
            np.logical_xor(inside, above, out=inside)  # what is over the bracket is not below it either
        piece = magnitude[inside]
        with self.lock:
            self.above += over
            self.collected.append(piece)
            self.held += piece.size
            if self.held > HELD:
                self._count()

    def settle(self) -> bool:
        """Work out the threshold; return False when it lies outside the bracket."""
        rank = self.count - self.above
        if self.values is None:  # everything is at hand, and need not be sorted
            inside = np.concatenate(self.collected) if self.collected else np.empty(0, np.float32)
            if 0 < rank <= inside.size:
                self.threshold = float(np.partition(inside, inside.size - rank)[inside.size - rank])
                self.left = rank - int(np.count_nonzero(inside > self.threshold))
                self.equal = int(np.count_nonzero(inside == self.threshold))
        else:
            self._count()
            at_least = np.cumsum(self.numbers[::-1])  # entries at least as large, from the largest value down
            if 0 < rank <= int(at_least[-1]):
                place = int(np.searchsorted(at_least, rank))
                self.threshold = float(self.values[::-1][place])
                self.left = rank - (int(at_least[place - 1]) if place else 0)
                self.equal = int(self.numbers[::-1][place])
        self.above, self.held, self.collected, self.values = 0, 0, [], None
        return not math.isnan(self.threshold)

    def _count(self) -> None:
        piece = np.concatenate([np.empty(0, np.float32), *self.collected])
        low, high = (int(np.array(end, np.float32).view(np.uint32)) for end in (self.low, self.high))
        if high - low < BINS:  # a place for every number that float32 has in the bracket
            if self.values is None:
                self.values = np.arange(low, high + 1, dtype=np.uint32).view(np.float32)
                self.numbers = np.zeros(high - low + 1, np.int64)
            self.numbers += np.bincount(piece.view(np.uint32) - np.uint32(low), minlength=high - low + 1)
        else:
            values, numbers = np.unique(piece, return_counts=True)
            if self.values is not None:
                values, where = np.unique(np.concatenate([self.values, values]), return_inverse=True)
                numbers = np.bincount(where, np.concatenate([self.numbers, numbers]), values.size).astype(np.int64)
            self.values, self.numbers = values, numbers
        self.collected, self.held = [], 0


def _scan(part: Part, tallies: Sequence[_Tally]) -> None:
    for block in part.magnitudes():
        for tally in tallies:
            tally.add(block[tally.stream])


def _share_out(tallies: Sequence[_Tally], parts: Sequence[Part], each: Each) -> dict[tuple[int, int], list[Cut]]:
    """Return the cuts of each tally by stream and count: which part has which of the entries equal to a threshold."""
    disputed = [tally for tally in tallies if tally.left < tally.equal and len(parts) > 1]

    def equals(part: Part) -> list[int]:
        found = [0] * len(disputed)
        for block in part.magnitudes():
            for place, tally in enumerate(disputed):
                found[place] += int(np.count_nonzero(block[tally.stream] == tally.threshold))
        return found

    counted = each(equals) if disputed else []
    cuts = {(t.stream, t.count): [Cut(t.threshold, t.left)] * len(parts) for t in tallies}
    for place, tally in enumerate(disputed):
        left = tally.left
        for part, found in enumerate(counted):
            cuts[tally.stream, tally.count][part] = Cut(tally.threshold, min(left, found[place]))
            left -= min(left, found[place])
    return cuts


def _bracket(sample: Float32, share: float) -> tuple[float, float]:
    """Return magnitudes between which the cut after the largest `share` lies, as far as a sample can tell."""
    deviation = math.sqrt(share * (1 - share) / sample.size) + 1 / sample.size
    upper = int((1 - share + 6 * deviation) * sample.size)
    lower = int((1 - share - 6 * deviation) * sample.size)
    ordered = np.partition(sample, sorted({min(max(i, 0), sample.size - 1) for i in (lower, upper)}))
    low = float(ordered[lower]) if lower >= 0 else 0.0
    high = float(ordered[upper]) if upper < sample.size else math.inf
    return low, high


def _set_certain_brackets(tallies: Sequence[_Tally], each: Each) -> None:
    """Give each tally a narrow bracket that surely holds its cut: the values that share their upper 16 bits."""
    streams = sorted({tally.stream for tally in tallies})

    def histograms(part: Part) -> dict[int, NDArray[np.int64]]:
        counted = {stream: np.zeros(1 << 16, np.int64) for stream in streams}
        for block in part.magnitudes():
            for stream in streams:
                counted[stream] += np.bincount(block[stream].view(np.uint32) >> 16, minlength=1 << 16)
        return counted

    of_parts = each(histograms)
    for tally in tallies:
        larger = np.cumsum(np.sum([counted[tally.stream] for counted in of_parts], axis=0)[::-1])
        bucket = (1 << 16) - 1 - int(np.searchsorted(larger, tally.count))
        ends = np.array([bucket << 16, (bucket << 16) | 0xFFFF], np.uint32).view(np.float32)
        tally.low, tally.high = float(ends[0]), float(ends[1])
