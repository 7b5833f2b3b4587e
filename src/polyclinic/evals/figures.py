"""Scores of one model, task, metric and scorer into one figure with its interval, or the difference of two.

Zeros and ones get Wilson's interval, other means a bootstrap over documents, figures that are no means of items a
bootstrap over the items' parts (see scoring/pooling.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from polyclinic.evals import statistics
from polyclinic.evals.metrics import LIKELIHOOD
from polyclinic.evals.pooled_statistics import cluster_parts, pooled_difference, pooled_interval, swap_p_value
from polyclinic.evals.quantiles import detectable_difference, items_needed
from polyclinic.evals.scoring.pooling import is_pooled, pool_of
from polyclinic.evals.statistics import Interval
from polyclinic.records import Score

NOTHING = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Figure:
    """A figure; for the metric negative_log_likelihood it is the perplexity, exp(mean nats per token)."""

    interval: Interval
    standard_error: float  # NaN where one item or cluster says nothing about the spread


@dataclass(frozen=True)
class Difference:
    """A paired difference, the first model minus the second; of likelihoods in nats per token."""

    interval: Interval
    standard_error: float
    p_value: float
    needed: int | None  # items that would show a difference of this size (80% power); None for no difference
    detectable: float  # the smallest difference these items show with 80% power


def figure_of(scored: Sequence[Score], seed: int = 0) -> Figure:
    """Return the figure of scores that all have a value, of one model, task, metric and scorer; NaN for none."""
    if not scored:
        return Figure(NOTHING, math.nan)
    metric = scored[0].metric
    clusters = [score.cluster for score in scored]
    if _has_parts(metric, scored):
        pool = pool_of(metric, scored)
        return Figure(*pooled_interval(pool.parts, pool.figure, clusters, seed=seed))
    values, weights = _columns(scored)
    sums, totals = statistics.cluster_sums(values * weights, weights, clusters)
    error = statistics.standard_error(sums, totals) if len(sums) > 1 else math.nan
    if metric != LIKELIHOOD and _is_zero_one(scored):
        return Figure(statistics.proportion_interval(values, clusters), error)
    found = statistics.weighted_mean_interval(values, weights, clusters, seed=seed)
    if metric == LIKELIHOOD:
        return Figure(Interval(*map(_exp, found)), error * _exp(found.estimate))
    return Figure(found, error)


def estimate_of(scored: Sequence[Score]) -> float:
    """Return the figure alone, as `figure_of`; NaN for none."""
    if not scored:
        return math.nan
    pool = pool_of(scored[0].metric, scored)
    found = float(pool.figure(pool.parts.sum(axis=0, dtype="float64")))
    if not _has_parts(scored[0].metric, scored) and not math.fsum(score.weight for score in scored):
        return math.nan
    return _exp(found) if scored[0].metric == LIKELIHOOD else found


def difference_of(pairs: Sequence[tuple[Score, Score]], seed: int = 0, *, test: bool = True) -> Difference:
    """Return the difference of two models on items that both have a value for; at least one pair.

    Without `test` the permutation test is left out and the p-value is NaN.
    """
    import numpy as np

    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    metric, n = one[0].metric, len(pairs)
    clusters = [score.cluster for score in one]
    if _has_parts(metric, [*one, *other]):
        pool = pool_of(metric, [*one, *other])  # together, so that both have the same classes
        ours, theirs = pool.parts[:n], pool.parts[n:]
        interval, error = pooled_difference(ours, theirs, pool.figure, clusters, seed=seed)
        p_value = swap_p_value(ours, theirs, pool.figure, clusters, seed=seed) if test else math.nan
        return _with_power(interval, error, p_value, n, len(cluster_parts(ours, clusters)))
    (a, weights_a), (b, weights_b) = _columns(one), _columns(other)
    weights = (weights_a + weights_b) / 2
    # What two tokenizers have in common are the nats of the whole text, shared out over the mean number of tokens.
    deltas = (a * weights_a - b * weights_b) / np.where(weights > 0, weights, 1.0)
    sums, totals = statistics.cluster_sums(deltas * weights, weights, clusters)
    error = statistics.standard_error(sums, totals) if len(sums) > 1 else math.nan
    if metric != LIKELIHOOD and len(sums) == n and n > 1 and _is_zero_one([*one, *other]):
        table = [int(((a == x) & (b == y)).sum()) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0))]
        interval = statistics.paired_proportion_interval(*table)
        p_value = statistics.mcnemar_exact(table[1], table[2])
    else:
        interval = statistics.weighted_mean_interval(deltas, weights, clusters, seed=seed)
        p_value = statistics.sign_flip_p_value(deltas, weights, clusters, seed=seed) if test else math.nan
    return _with_power(interval, error, p_value, n, len(sums))


def _with_power(interval: Interval, error: float, p_value: float, n: int, clusters: int) -> Difference:
    if clusters < 2:
        return Difference(interval, math.nan, p_value, None, math.nan)
    spread = error * math.sqrt(n)
    needed = items_needed(spread, interval.estimate) if spread > 0 else None
    # Where no item differs nothing is known of the spread.
    return Difference(interval, error, p_value, needed, detectable_difference(error) if error > 0 else math.nan)


def _columns(scored: Sequence[Score]) -> tuple[statistics.Values, statistics.Values]:
    import numpy as np

    values = np.array([score.value for score in scored], dtype=np.float64)
    return values, np.array([score.weight for score in scored], dtype=np.float64)


def _has_parts(metric: str, scored: Sequence[Score]) -> bool:
    return is_pooled(metric) and all(score.parts for score in scored)


def _is_zero_one(scored: Sequence[Score]) -> bool:
    return all(score.value in (0.0, 1.0) and score.weight == 1.0 for score in scored)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf
