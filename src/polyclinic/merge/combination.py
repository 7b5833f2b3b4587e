"""Merged tensors that are a weighted sum of the base and the models, and the inner products some weights come from.

Every method that moves within the span of its parents (slerp, model stock, karcher, ...) needs only their inner
products to know its weights; the data are then gone through once more. The file knows no method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from polyclinic.merge.blocks import Parents
from polyclinic.merge.numbers import Float32, dot


def combine(parents: Parents, base_share: float, shares: Sequence[float]) -> Iterator[Float32]:
    """Yield the blocks of base_share base + sum_k shares_k model_k.

    A parent with a share of 0 is not looked at, and a single one with a share of 1 comes back bit for bit.
    """
    for block in parents.blocks(base=base_share != 0):
        merged = None
        for share, values in zip((base_share, *shares), (block.base, *block.models), strict=True):
            if share:
                if share != 1:
                    np.multiply(values, share, out=values)
                merged = values if merged is None else np.add(merged, values, out=merged)
        yield merged if merged is not None else np.zeros(block.models[0].size, np.float32)


def inner_products(parents: Parents, deltas: bool = False) -> NDArray[np.float64]:
    """Return the matrix of inner products of the flattened parents.

    Args:
        parents: one tensor of the base and of each of n models.
        deltas: take the models minus the base instead (n x n); otherwise the base is row 0 (n + 1 x n + 1).
    """
    count = len(parents.models) + (not deltas)
    products = np.zeros((count, count))
    for block in parents.blocks():
        vectors = block.deltas() if deltas else [block.base, *block.models]
        for i, one in enumerate(vectors):
            for j in range(i, count):
                products[i, j] += dot(one, vectors[j])
    return products + np.triu(products, 1).T
