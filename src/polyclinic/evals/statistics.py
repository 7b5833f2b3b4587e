"""Intervals and tests for scores: how sure a figure is, and whether two models differ.

Everything random takes a seed and is drawn with numpy's PCG64, so the same scores give the same figures. This file
knows nothing about records, tasks or models; it works on arrays. Items that share a patient or a document are not
independent; where `clusters` are given, they are what is drawn, flipped or counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from polyclinic.evals.quantiles import expanded, normal_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Values = NDArray[np.float64]

DRAWS = 10_000
CELLS = 1 << 22  # drawn numbers held in memory at once
MANY = 1_000  # clusters from which a mean is taken for normal instead of drawn 10,000 times
ENUMERATED = 13  # clusters up to which all sign flips are tried: 2**13 < DRAWS


class Interval(NamedTuple):
    """An estimate with the bounds of its confidence interval."""

    estimate: float
    low: float
    high: float


def wilson_interval(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return a proportion with its score interval (Wilson 1927).

    Args:
        successes: number of ones, 0 to n; need not be whole when n is an effective size.
        n: number of items, above 0.
        confidence: coverage, 0 to 1.
    """
    z = normal_quantile(confidence)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding must not put the estimate outside of its own interval at 0 and 1.
    return Interval(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def proportion_interval(values: ArrayLike, clusters: Sequence[str] = (), confidence: float = 0.95) -> Interval:
    """Return the mean of 0/1 scores with Wilson's interval.

    Where items share clusters, n is divided by the design effect, the variance of the mean with clusters over that
    without (never below 1); where all scores are equal and it cannot be estimated, n is the number of clusters.
    """
    import numpy as np

    scores = np.asarray(values, dtype=np.float64)
    n, share = len(scores), float(scores.mean())
    sums, counts = cluster_sums(scores, np.ones(n), clusters)
    if len(sums) == n:
        return wilson_interval(float(scores.sum()), n, confidence)
    plain = share * (1 - share) / n
    if plain == 0 or len(sums) < 2:
        effective = float(len(sums))
    else:
        effective = n / max(1.0, standard_error(sums, counts) ** 2 / plain)
    return wilson_interval(share * effective, effective, confidence)


def weighted_mean_interval(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    clusters: Sequence[str] = (),
    *,
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> Interval:
    """Return sum(w v) / sum(w) with an expanded percentile bootstrap interval over clusters.

    The quantiles lie further out when there are few clusters (see `expanded`). From 1,000 clusters on the interval is
    the normal one, which no longer differs. A single cluster says nothing about the spread: its bounds are minus and
    plus infinity.

    Args:
        values: one number an item, e.g. nats per token of a document.
        weights: share of each item, e.g. its tokens; default all equal.
        clusters: name of each item's cluster; an empty name is a cluster of its own.
        seed: of the draws.
        draws: number of bootstrap samples.
        confidence: coverage, 0 to 1.
    """
    import numpy as np

    scores = np.asarray(values, dtype=np.float64)
    shares = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=np.float64)
    sums, totals = cluster_sums(scores * shares, shares, clusters)
    estimate = float(sums.sum() / totals.sum())
    if len(sums) < 2:
        return Interval(estimate, -math.inf, math.inf)
    if len(sums) >= MANY:
        half = normal_quantile(confidence) * standard_error(sums, totals)
        return Interval(estimate, estimate - half, estimate + half)

    even = bool((totals == totals[0]).all())

    def ratio(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = sums[rows].sum(axis=1)
        drawn /= totals[0] * rows.shape[1] if even else totals[rows].sum(axis=1)
        return drawn

    drawn = _drawn(ratio, len(sums), seed, draws)
    return percentile_interval(estimate, drawn, len(sums), confidence)


def percentile_interval(
    estimate: float, drawn: NDArray[np.float64], clusters: int, confidence: float = 0.95
) -> Interval:
    """Return an estimate with the expanded percentile interval of its bootstrap draws."""
    import numpy as np

    wide = expanded(confidence, clusters)
    low, high = np.quantile(drawn, [(1 - wide) / 2, (1 + wide) / 2])
    return Interval(estimate, min(float(low), estimate), max(float(high), estimate))


def paired_proportion_interval(
    both: int, only_one: int, only_other: int, neither: int, confidence: float = 0.95
) -> Interval:
    """Return the difference of two proportions on the same items (Newcombe 1998, method 10).

    It combines Wilson's intervals of the two, so that it holds for few items and where no item differs; a bootstrap
    of paired zeros and ones does not (at 15 items it can miss the truth in seven cases of ten).

    Args:
        both: items that both models got right.
        only_one: items that the first model alone got right.
        only_other: items that the second model alone got right.
        neither: items that neither got right.
        confidence: coverage, 0 to 1.
    """
    n = both + only_one + only_other + neither
    one, other = (wilson_interval(both + own, n, confidence) for own in (only_one, only_other))
    top = float(both * neither - only_one * only_other)
    # The continuity correction of the method: a correlation above zero is taken for a smaller one.
    top = max(top - n / 2, 0.0) if top > 0 else top
    product = (both + only_one) * (only_other + neither) * (both + only_other) * (only_one + neither)
    correlation = top / math.sqrt(product) if product else 0.0
    difference = (only_one - only_other) / n

    def reach(down: float, up: float) -> float:
        return math.sqrt(max(0.0, down**2 - 2 * correlation * down * up + up**2))

    low = difference - reach(one.estimate - one.low, other.high - other.estimate)
    high = difference + reach(one.high - one.estimate, other.estimate - other.low)
    return Interval(difference, max(-1.0, min(low, difference)), min(1.0, max(high, difference)))


def paired_difference(
    one: ArrayLike,
    other: ArrayLike,
    weights: ArrayLike | None = None,
    clusters: Sequence[str] = (),
    *,
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> Interval:
    """Return the weighted mean of `one - other` on the same items, with its paired bootstrap interval."""
    import numpy as np

    differences = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return weighted_mean_interval(differences, weights, clusters, seed=seed, draws=draws, confidence=confidence)


def mcnemar_exact(only_one: int, only_other: int) -> float:
    """Return the two-sided exact p-value of McNemar's test.

    Args:
        only_one: items that the first model alone got right.
        only_other: items that the second model alone got right.
    """
    n = only_one + only_other
    term = total = 1
    for k in range(1, min(only_one, only_other) + 1):
        term = term * (n - k + 1) // k  # the binomial coefficient, always whole
        total += term
    # Whole numbers until the last division, so nothing over- or underflows; a p-value never exceeds 1.
    return 1.0 if 2 * total >= 1 << n else (2 * total) / (1 << n)


def sign_flip_p_value(
    differences: ArrayLike,
    weights: ArrayLike | None = None,
    clusters: Sequence[str] = (),
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> float:
    """Return the two-sided p-value of the sign-flip permutation test for a mean difference of zero.

    The weighted sum of each cluster keeps or changes its sign. Up to 13 clusters all combinations are tried and the
    p-value is exact; beyond that it is (1 + hits) / (1 + draws). Clusters without a difference change nothing.
    """
    import numpy as np

    deltas = np.asarray(differences, dtype=np.float64)
    shares = np.ones(len(deltas)) if weights is None else np.asarray(weights, dtype=np.float64)
    sums, _ = cluster_sums(deltas * shares, shares, clusters)
    sums = sums[sums != 0]
    if len(sums) == 0:
        return 1.0
    # Sums that are equal but for rounding count as equally extreme.
    bound = abs(float(sums.sum())) * (1 - 1e-12) - 1e-300
    if len(sums) <= ENUMERATED:
        numbers = np.arange(1 << len(sums))[:, None]
        signs = 1.0 - 2.0 * (numbers >> np.arange(len(sums)) & 1)
        return float(np.mean(np.abs(signs @ sums) >= bound))
    generator = np.random.default_rng(seed)
    hits, left = 0, draws
    whole = float(sums.sum())
    while left:
        rows = min(left, max(1, CELLS // len(sums)))
        flipped = generator.integers(0, 2, size=(rows, len(sums)), dtype=np.int8)
        hits += int(np.count_nonzero(np.abs(whole - 2.0 * (flipped @ sums)) >= bound))
        left -= rows
    return (1 + hits) / (1 + draws)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979), in their order; NaN is left out and stays NaN."""
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    corrected = list(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        corrected[place] = largest
    return corrected


def cluster_sums(
    values: NDArray[np.float64], weights: NDArray[np.float64], clusters: Sequence[str] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums of values and of weights by cluster; an empty name is a cluster of its own."""
    import numpy as np

    if not any(clusters):
        return values, weights
    places: dict[str | int, int] = {}
    index = np.array([places.setdefault(name or number, len(places)) for number, name in enumerate(clusters)])
    sums, totals = (np.zeros(len(places)), np.zeros(len(places)))
    np.add.at(sums, index, values)
    np.add.at(totals, index, weights)
    return sums, totals


def standard_error(sums: NDArray[np.float64], totals: NDArray[np.float64]) -> float:
    """Return the standard error of sum(sums) / sum(totals) over independent clusters (linearized ratio)."""
    clusters = len(sums)
    mean = sums.sum() / totals.sum()
    residuals = sums - mean * totals
    return float(math.sqrt(clusters / (clusters - 1) * float((residuals**2).sum())) / totals.sum())


def _drawn(
    statistic: Callable[[NDArray[np.intp]], NDArray[np.float64]], n: int, seed: int, draws: int
) -> NDArray[np.float64]:
    """Return the statistic of `draws` samples of n out of n with replacement, some rows at a time."""
    import numpy as np

    generator = np.random.default_rng(seed)
    found, left = [], draws
    while left:
        rows = min(left, max(1, CELLS // n))
        found.append(statistic(generator.integers(0, n, size=(rows, n), dtype=np.int64)))
        left -= rows
    return np.concatenate(found)
