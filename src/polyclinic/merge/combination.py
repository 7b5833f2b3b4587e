"""Merged tensors that are a weighted sum of the base and the models, and the inner products some weights come from.

Every method that moves within the span of its parents (slerp, model stock, karcher, ...) needs only their inner
products to know its weights; the data are then gone through once more. The file knows no method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyclinic.merge import fused
from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import Parents
from polyclinic.merge.fused import Call
from polyclinic.merge.numbers import Float32, dot


@dataclass(frozen=True)
class Combined:
    """The blocks of base_share base + sum_k shares_k model_k.

    A parent with a share of 0 is not looked at, and a single one with a share of 1 comes back bit for bit.
    """

    parents: Parents
    base_share: float
    shares: Sequence[float]

    def __iter__(self) -> Iterator[Float32]:
        for block in self.parents.blocks(base=self.base_share != 0):
            merged = None
            shares = np.array([self.base_share, *self.shares], np.float32).tolist()
            for share, values in zip(shares, (block.base, *block.models), strict=True):
                if share:
                    if share != 1:
                        np.multiply(values, share, out=values)
                    merged = values if merged is None else np.add(merged, values, out=merged)
            yield merged if merged is not None else np.zeros(block.models[0].size, np.float32)

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""
        call.merge.fusion = compiled.COMBINE
        call.merge.with_base = int(self.base_share != 0)
        call.base.weight = self.base_share
        call.set_weights(self.shares)

    def count(self, call: Call) -> None:
        """Nothing is counted: all of every parent goes in."""


def inner_products(parents: Parents, deltas: bool = False) -> NDArray[np.float64]:
    """Return the matrix of inner products of the flattened parents.

    Args:
        parents: one tensor of the base and of each of n models.
        deltas: take the models minus the base instead (n x n); otherwise the base is row 0 (n + 1 x n + 1).
    """
    if parents.kernel is not None:
        return fused.products(parents, deltas)
    count = len(parents.models) + (not deltas)
    products = np.zeros((count, count))
    for block in parents.blocks():
        vectors = block.deltas() if deltas else [block.base, *block.models]
        for i, one in enumerate(vectors):
            for j in range(i, count):
                products[i, j] += dot(one, vectors[j])
    return products + np.triu(products, 1).T
