"""Intervals and tests for figures that are no mean of items: F1 over counts or classes, corpus BLEU.

Such a figure is a function of sums over the items, so drawing items again is a product of a matrix of counts with the
matrix of the items' parts. Everything is drawn over clusters, as in statistics.py; this file knows nothing about
records, tasks or metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from polyclinic.evals.quantiles import normal_quantile
from polyclinic.evals.statistics import (
    CELLS,
    DRAWS,
    ENUMERATED,
    MANY,
    Interval,
    paired_proportion_interval,
    percentile_interval,
    wilson_interval,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    Figure = Callable[[Array], Array]  # sums of parts (..., k) -> figures (...)

DRAWS_OF_MANY = 1000  # draws from MANY clusters on, where only their spread is needed


class Drawn(NamedTuple):
    """An interval with the standard error it rests on; NaN with fewer than two clusters."""

    interval: Interval
    standard_error: float


def pooled_interval(
    parts: Array,
    figure: Figure,
    clusters: Sequence[str] = (),
    *,
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> Drawn:
    """Return figure(sum of parts) with its bootstrap interval over clusters.

    Where each draw gives 0, or each gives 1, the draws say nothing of how far off the figure may be; it then gets
    Wilson's interval of as many items as there are clusters with a part.

    Args:
        parts: n x k, what each item adds.
        figure: from sums (..., k) to figures (...).
        clusters: name of each item's cluster; an empty name is a cluster of its own.
        seed: of the draws.
        draws: number of bootstrap samples.
        confidence: coverage, 0 to 1.
    """
    sums = cluster_parts(parts, clusters)
    found = _interval(sums, figure, seed, draws, confidence)
    n = _telling(sums)
    if found.standard_error == 0 and found.interval.estimate in (0.0, 1.0) and n:
        return Drawn(wilson_interval(found.interval.estimate * n, n, confidence), 0.0)
    return found


def pooled_difference(
    one: Array,
    other: Array,
    figure: Figure,
    clusters: Sequence[str] = (),
    *,
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> Drawn:
    """Return figure(one) - figure(other) on the same items with its paired bootstrap interval over clusters.

    Where one figure is 1 and the other 0 in each draw, it is Newcombe's interval, for the reason that
    `pooled_interval` gives.
    """
    import numpy as np

    both = cluster_parts(np.concatenate([one, other], axis=1), clusters)
    width = one.shape[1]
    found = _interval(both, lambda s: figure(s[..., :width]) - figure(s[..., width:]), seed, draws, confidence)
    n = _telling(both)
    if found.standard_error == 0 and abs(found.interval.estimate) == 1 and n:
        ours, theirs = (n, 0) if found.interval.estimate > 0 else (0, n)
        return Drawn(paired_proportion_interval(0, ours, theirs, 0, confidence), 0.0)
    return found


def swap_p_value(
    one: Array, other: Array, figure: Figure, clusters: Sequence[str] = (), *, seed: int = 0, draws: int = DRAWS
) -> float:
    """Return the two-sided p-value of the permutation test that exchanges the two models' parts of whole clusters.

    Up to 13 clusters that differ all exchanges are tried and the p-value is exact; beyond that it is
    (1 + hits) / (1 + draws).
    """
    import numpy as np

    width = one.shape[1]
    sums = cluster_parts(np.concatenate([one, other], axis=1), clusters)
    ours, theirs = sums[:, :width], sums[:, width:]
    whole = ours.sum(axis=0), theirs.sum(axis=0)
    observed = abs(float(figure(whole[0]) - figure(whole[1])))
    bound = observed * (1 - 1e-12) - 1e-15  # figures that are equal but for rounding are equally extreme
    deltas = (theirs - ours)[(theirs != ours).any(axis=1)]
    if not len(deltas):
        return 1.0

    def hits(exchanged: Array) -> int:
        moved = exchanged @ deltas
        return int(np.count_nonzero(np.abs(figure(whole[0] + moved) - figure(whole[1] - moved)) >= bound))

    if len(deltas) <= ENUMERATED:
        numbers = np.arange(1 << len(deltas))[:, None]
        return hits((numbers >> np.arange(len(deltas)) & 1).astype(np.float64)) / (1 << len(deltas))
    generator = np.random.default_rng(seed)
    found = 0
    for rows in _pieces(draws, len(deltas)):
        found += hits(generator.integers(0, 2, size=(rows, len(deltas)), dtype=np.int8).astype(np.float64))
    return (1 + found) / (1 + draws)


def cluster_parts(parts: Array, clusters: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return the sums of the parts by cluster; an empty name is a cluster of its own."""
    import numpy as np

    values = np.asarray(parts, dtype=np.float64)
    if not any(clusters):
        return values
    places: dict[str | int, int] = {}
    index = np.array([places.setdefault(name or number, len(places)) for number, name in enumerate(clusters)])
    sums = np.zeros((len(places), values.shape[1]))
    np.add.at(sums, index, values)
    return sums


def _telling(sums: NDArray[np.float64]) -> int:
    """Return how many clusters add anything; 0 where there are fewer than two clusters, which have no interval."""
    return int((sums != 0).any(axis=1).sum()) if len(sums) > 1 else 0


def _interval(sums: NDArray[np.float64], figure: Figure, seed: int, draws: int, confidence: float) -> Drawn:
    import numpy as np

    estimate = float(figure(sums.sum(axis=0)))
    n = len(sums)
    if n < 2:
        return Drawn(Interval(estimate, -math.inf, math.inf), math.nan)
    generator = np.random.default_rng(seed)
    found: list[Array] = []
    for rows in _pieces(draws if n < MANY else min(draws, DRAWS_OF_MANY), n):
        drawn = generator.integers(0, n, size=(rows, n), dtype=np.int64) + n * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        found.append(figure(counts.astype(np.float64) @ sums))
    values = np.concatenate(found).astype(np.float64)
    error = float(values.std(ddof=1)) * math.sqrt(n / (n - 1))
    if n < MANY:
        return Drawn(percentile_interval(estimate, values, n, confidence), error)
    half = normal_quantile(confidence) * error
    return Drawn(Interval(estimate, estimate - half, estimate + half), error)


def _pieces(draws: int, n: int) -> Iterator[int]:
    """Yield how many draws to make at once, so that CELLS numbers are held."""
    while draws > 0:
        rows = min(draws, max(1, CELLS // n))
        yield rows
        draws -= rows
