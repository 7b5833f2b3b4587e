"""Adds deltas to the base: as a plain weighted sum, or only those entries that agree on a sign.

The deltas come block by block and may have been thinned by any method before. This file knows nothing about how.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.fused import Call
from polyclinic.merge.numbers import Float32, round_to

SIGN = np.uint32(0x8000_0000)


class Deltas(Protocol):
    """The deltas of one tensor, thinned or whole: blocks whose models are deltas."""

    @property
    def dtype(self) -> str:
        """What they are rounded to."""

    def __iter__(self) -> Iterator[Block]: ...

    def fill(self, call: Call) -> None:
        """Say to the kernel how they are thinned."""

    def count(self, call: Call) -> None:
        """Take what the kernel counted while it thinned them."""


@dataclass(frozen=True)
class Added:
    """The blocks of base + scale * sum_k w_k delta_k.

    deltas: blocks whose models are deltas; weights: w_k, one for each; scale: multiplies the sum.
    """

    deltas: Deltas
    weights: Sequence[float]
    scale: float = 1.0

    def __iter__(self) -> Iterator[Float32]:
        for block in self.deltas:
            merged = block.base
            for weight, delta in zip(self.weights, block.models, strict=True):
                if weight * self.scale != 1:
                    np.multiply(delta, weight * self.scale, out=delta)
                np.add(merged, delta, out=merged)
            yield merged

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""
        call.merge.fusion = compiled.SUM
        call.set_weights([weight * self.scale for weight in self.weights])
        call.merge.delta_dtype = compiled.DTYPES[self.deltas.dtype]
        self.deltas.fill(call)

    def count(self, call: Call) -> None:
        """Take what the kernel counted."""
        self.deltas.count(call)


@dataclass(frozen=True)
class Agreed:
    """The blocks of the base plus the weighted deltas that have the elected sign, entry by entry.

        elected = sign(sum_k w_k delta_k), or sign(sum_k delta_k) for an unweighted vote
        merged = base + scale * sum_k [sign(delta_k) = elected] w_k delta_k / sum_k [sign(delta_k) = elected] w_k

    With a weighted vote the sign that counts is that of w_k delta_k. Entries that are zero agree with nobody.

    Source: Yadav et al., "TIES-merging", NeurIPS 2023, section 3, steps 2 and 3 of algorithm 1.

    Args:
        parents: where it is counted how many entries of each delta were overruled, how many entries had a vote of
            zero although some delta was not, and the sum of the elected signs.
        deltas: blocks whose models are deltas.
        weights: w_k, one for each delta.
        scale: multiplies what is added.
        normalize: divide by the weights of those that agree; otherwise they are summed.
        weighted_vote: let the weights count in the election.
        zero_sign: which sign wins where the vote is exactly zero: 1, -1, or 0 for neither.
    """

    parents: Parents
    deltas: Deltas
    weights: Sequence[float]
    scale: float = 1.0
    normalize: bool = True
    weighted_vote: bool = True
    zero_sign: float = 1.0

    @property
    def is_plain_mean(self) -> bool:
        """Whether no weights are needed, since what agrees is averaged with equal ones."""
        weights, dtype = self.weights, self.deltas.dtype
        return len(set(weights)) == 1 and weights[0] > 0 and self.normalize and dtype == "F32"

    def __iter__(self) -> Iterator[Float32]:
        counts, equal, weighted_vote = self.parents.counts, self.is_plain_mean, self.weighted_vote
        weights = [1.0] * len(self.weights) if equal else self.weights
        # Arrays, since numpy compares with a scalar four times as slowly.
        largest = max(self.parents.block_size(), self.parents.block_size(rows=True))
        nothing, one = np.zeros(largest, np.float32), np.ones(largest, np.uint8)
        for block in self.deltas:
            size = block.base.size
            if weighted_vote:
                for weight, delta in zip(weights, block.models, strict=True):
                    if weight != 1:
                        np.multiply(delta, weight, out=delta)
                        round_to(delta, self.deltas.dtype)
            vote = block.models[0].copy()
            for delta in block.models[1:]:
                np.add(vote, delta, out=vote)
            undecided = vote == 0
            counts["net sign", -1] += size - np.count_nonzero(undecided) - 2 * np.count_nonzero(vote < 0)
            elected = np.bitwise_and(vote.view(np.uint32), SIGN, out=vote.view(np.uint32))
            if self.zero_sign < 0:
                elected |= undecided.astype(np.uint32) << np.uint32(31)
            # With the elected sign taken away, what agrees is positive.
            merged, divisor = np.zeros(size, np.float32), np.zeros(size, np.uint8 if equal else np.float32)
            for model, (weight, delta) in enumerate(zip(weights, block.models, strict=True)):
                bits = delta.view(np.uint32)
                np.bitwise_xor(bits, elected, out=bits)
                counts["overruled", model] += np.count_nonzero(delta < 0)
                if self.normalize:
                    agrees = delta > 0
                    np.add(divisor, agrees.view(np.uint8) if equal else agrees * np.float32(weight), out=divisor)
                np.maximum(delta, nothing[:size], out=delta)
                if not weighted_vote and weight != 1:
                    np.multiply(delta, weight, out=delta)
                np.add(merged, delta, out=merged)
            counts["contested", -1] += np.count_nonzero(undecided & (merged != 0))
            if equal:
                np.divide(merged, np.maximum(divisor, one[:size], out=divisor), out=merged, dtype=np.float32)
            elif self.normalize:
                divisor[divisor == 0] = 1
                np.divide(merged, divisor, out=merged)
            if self.scale != 1:
                np.multiply(merged, self.scale, out=merged)
            if self.zero_sign == 0:
                np.multiply(merged, ~undecided, out=merged)
            np.bitwise_xor(merged.view(np.uint32), elected, out=merged.view(np.uint32))
            yield np.add(block.base, merged, out=block.base)

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""
        equal, merge = self.is_plain_mean, call.merge
        merge.fusion = compiled.AGREE
        merge.normalize, merge.equal, merge.weighted_vote = int(self.normalize), int(equal), int(self.weighted_vote)
        merge.zero_sign, merge.scale = self.zero_sign, self.scale
        call.set_weights([1.0] * len(self.weights) if equal else self.weights)
        call.merge.delta_dtype = compiled.DTYPES[self.deltas.dtype]
        self.deltas.fill(call)

    def count(self, call: Call) -> None:
        """Take what the kernel counted."""
        counts = self.parents.counts
        for place, model in enumerate(call.models):
            counts["overruled", place] += model.overruled
        counts["net sign", -1] += call.merge.net_sign
        counts["contested", -1] += call.merge.contested
        self.deltas.count(call)
