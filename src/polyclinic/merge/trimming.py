"""Deltas of which each model keeps what lies before a cut, or between two cuts, in the whole tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.fused import Call
from polyclinic.merge.selection import EVERYTHING, Chosen, Cut


@dataclass(frozen=True)
class Trimmed:
    """Blocks whose models are the deltas with everything behind their cut, and before an inner cut, set to 0.

    parents: the tensor; cuts: one for each model; dtype: what deltas are rounded to; inner: cuts before which the
    entries are dropped as too large; ranks: what the cuts are, as ranks from the largest, for the manifest.
    """

    parents: Parents
    cuts: Sequence[Cut]
    dtype: str = "F32"
    inner: Sequence[Cut] = ()
    ranks: Sequence[tuple[int, int]] = ()

    def __iter__(self) -> Iterator[Block]:
        counts = self.parents.counts
        outer, inner = [Chosen(cut) for cut in self.cuts], [Chosen(cut) for cut in self.inner]
        for block in self.parents.blocks():
            for model, delta in enumerate(block.deltas(self.dtype)):
                kept = delta.size
                if self.cuts[model].threshold != EVERYTHING or inner:
                    magnitude = np.abs(delta)
                    mask = outer[model].mask(magnitude)
                    if inner:  # the inner ones are among the outer
                        np.logical_xor(mask, inner[model].mask(magnitude), out=mask)
                    np.multiply(delta, mask, out=delta)
                    kept = int(np.count_nonzero(mask))
                if not self.ranks:
                    counts["kept", model] += kept
                    counts["cut_small", model] += delta.size - kept
            yield block
        count_ranks(self.parents, self.ranks)

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""
        call.merge.thinning = compiled.BETWEEN if self.inner else compiled.CUT
        for model, cut in zip(call.models, self.cuts, strict=True):
            model.outer, model.outer_left = cut.threshold, cut.ties
        for model, cut in zip(call.models, self.inner, strict=False):
            model.inner, model.inner_left = cut.threshold, cut.ties

    def count(self, call: Call) -> None:
        """Take what the kernel counted."""
        for place, model in enumerate(call.models if not self.ranks else ()):
            self.parents.counts["kept", place] += model.kept
            self.parents.counts["cut_small", place] += self.parents.size - model.kept
        count_ranks(self.parents, self.ranks)


def count_ranks(parents: Parents, ranks: Sequence[tuple[int, int]]) -> None:
    """Count for each model what is kept between two ranks from the largest down, and what is cut on either side."""
    for model, (first, last) in enumerate(ranks):
        parents.counts["cut_large", model] = first
        parents.counts["kept", model] = last - first
        parents.counts["cut_small", model] = parents.size - last
