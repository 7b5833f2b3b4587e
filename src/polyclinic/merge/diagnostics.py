"""What a merge tells about its parents: how alike their deltas are, and what each layer kept of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from polyclinic.merge.blocks import BLOCK, Parents
from polyclinic.merge.fused import products
from polyclinic.merge.numbers import dot

FATES = ("kept", "cut_small", "cut_large", "dropped", "overruled")  # what can happen to an element of a delta


@dataclass(frozen=True)
class Agreement:
    """Sums over the deltas (model minus base) of the elements that were looked at."""

    squares: list[float]  # of each model
    base_squares: float
    products: dict[tuple[int, int], float]  # of each pair of models

    @staticmethod
    def measure(parents: Parents) -> None:
        """Add the sums over the first block of a tensor to what is counted there; one block is enough to see by."""
        if parents.kernel is not None and parents.size:
            several = range(len(parents.models))
            sums = products(parents, deltas=True, end=BLOCK)
            for i in several:
                parents.counts["squares", i] = float(sums[i, i])
            for i, j in combinations(several, 2):
                parents.counts[f"products {i}", j] = float(sums[i, j])
            parents.counts["base_squares", -1] = float(products(parents, end=BLOCK)[0, 0])
            return
        block = next(parents.blocks(), None)
        if block is None:
            return
        parents.counts["base_squares", -1] = dot(block.base, block.base)
        deltas = list(block.deltas())
        for i, delta in enumerate(deltas):
            parents.counts["squares", i] = dot(delta, delta)
        for i, j in combinations(range(len(deltas)), 2):
            parents.counts[f"products {i}", j] = dot(deltas[i], deltas[j])

    @classmethod
    def of(cls, merged: Sequence[Parents], models: int) -> Agreement:
        """Return the sums over all tensors."""
        return cls(
            [_total(merged, "squares", i) for i in range(models)],
            _total(merged, "base_squares", -1),
            {(i, j): _total(merged, f"products {i}", j) for i, j in combinations(range(models), 2)},
        )

    def facts(self, names: Sequence[str]) -> dict[str, Any]:
        """Return cosines between deltas, and each delta's norm as a share of the base's norm."""
        norms = [value**0.5 for value in self.squares]
        return {
            "sample": "first 65,536 elements of each tensor",
            "delta_norm_ratio": {
                name: round(norm / self.base_squares**0.5, 6) if self.base_squares else None
                for name, norm in zip(names, norms, strict=True)
            },
            "delta_cosine": {
                f"{names[i]} and {names[j]}": round(product / (norms[i] * norms[j]), 6)
                if norms[i] and norms[j]
                else None
                for (i, j), product in self.products.items()
            },
        }


def layer_shares(merged: Sequence[Parents], names: Sequence[str]) -> dict[str, Any]:
    """Return for each layer, and for what lies outside the layers, the share of each model's delta by its fate.

    A method that keeps all of them counts nothing, and its layers are not listed.
    """
    groups: dict[str, dict[tuple[str, int], float]] = {}
    sizes: Counter[str] = Counter()
    for parents in merged:
        layer = parents.position.layer
        group = "outside the layers" if layer is None else f"layer {layer}"
        counted = groups.setdefault(group, {})
        for (what, model), count in parents.counts.items():
            if what in FATES:
                counted[what, model] = counted.get((what, model), 0) + count
        sizes[group] += parents.size
    ordered = sorted(groups, key=lambda g: (not g.startswith("layer"), int(g[6:]) if g.startswith("layer") else 0))
    return {
        group: {
            fate: {
                names[i]: round(float(groups[group][fate, i]) / sizes[group], 6)
                for f, i in sorted(groups[group])
                if f == fate and sizes[group]
            }
            for fate in sorted({fate for fate, _ in groups[group]})
        }
        for group in ordered
        if groups[group]
    }


def _total(merged: Sequence[Parents], what: str, model: int) -> float:
    return float(sum(parents.counts[what, model] for parents in merged))
