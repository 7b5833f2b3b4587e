"""Intervals and tests of figures that are no means of items, and how often intervals of few items hold the truth."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyclinic.evals.figures import difference_of, estimate_of, figure_of
from polyclinic.evals.pooled_statistics import pooled_difference, pooled_interval, swap_p_value
from polyclinic.evals.quantiles import detectable_difference, expanded, items_needed, student_quantile
from polyclinic.evals.scoring import pooled
from polyclinic.evals.statistics import (
    Interval,
    paired_proportion_interval,
    weighted_mean_interval,
    wilson_interval,
)
from polyclinic.records import Score

Array = NDArray[np.floating[Any]]
COUNTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8)


def mean(sums: Array) -> Array:
    found: Array = sums[..., 0] / sums[..., 1]
    return found


def f1(sums: Array) -> Array:
    bottom = sums[..., 1] + sums[..., 2]
    return np.where(bottom > 0, 2 * sums[..., 0] / np.where(bottom > 0, bottom, 1), 1.0)


def entity_parts(rows: list[tuple[int, int, int]]) -> Array:
    return np.array([[hit, hit + wrong, hit + missed] for hit, wrong, missed in rows], dtype=np.float64)


def score(model: str, item: int, parts: list[float], metric: str = "micro_f1", cluster: str = "") -> Score:
    named = dict(zip(("matched", "predicted", "gold"), map(int, parts), strict=True))
    return Score(model, model, "t", f"q{item}", metric, "corrected-1", 0.5, cluster=cluster, parts=named)


def test_a_mean_through_the_pool_is_the_mean_through_the_closed_form() -> None:
    values = np.random.default_rng(0).uniform(0, 1, 60)
    found = pooled_interval(np.stack([values, np.ones(60)], axis=1), mean, seed=3)
    plain = weighted_mean_interval(values, seed=3)
    assert found.interval.estimate == pytest.approx(plain.estimate)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / math.sqrt(60), rel=0.03)
    assert [found.interval.low, found.interval.high] == pytest.approx([plain.low, plain.high], abs=0.01)


def test_a_few_items_all_right_or_all_wrong_are_not_called_certain() -> None:
    right, wrong = entity_parts([(1, 0, 0)] * 6), entity_parts([(0, 1, 1)] * 6)
    assert pooled_interval(right, f1).interval == wilson_interval(6, 6)
    assert pooled_interval(wrong, f1).interval == wilson_interval(0, 6)
    assert pooled_interval(right, f1, ["a", "a", "b", "b", "c", "c"]).interval == wilson_interval(3, 3)
    # Items with nothing to find and nothing found add nothing to the figure.
    quiet = entity_parts([(0, 0, 0)] * 20)
    assert pooled_interval(np.concatenate([right, quiet]), f1).interval == wilson_interval(6, 6)
    assert pooled_difference(right, wrong, f1).interval == paired_proportion_interval(0, 6, 0, 0)
    assert pooled_difference(wrong, right, f1).interval == paired_proportion_interval(0, 0, 6, 0)


@settings(max_examples=40, deadline=None)
@given(COUNTS, COUNTS, st.integers(0, 3))
def test_exchanging_the_models_turns_the_difference_around(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]], seed: int
) -> None:
    n = min(len(one), len(other))
    a, b = entity_parts(one[:n]), entity_parts(other[:n])
    ours = pooled_difference(a, b, f1, seed=seed, draws=200).interval
    theirs = pooled_difference(b, a, f1, seed=seed, draws=200).interval
    assert [ours.estimate, ours.low, ours.high] == pytest.approx([-theirs.estimate, -theirs.high, -theirs.low])
    assert swap_p_value(a, b, f1) == pytest.approx(swap_p_value(b, a, f1))


@settings(max_examples=40, deadline=None)
@given(COUNTS, COUNTS)
def test_all_exchanges_of_few_items_are_tried(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]
) -> None:
    n = min(len(one), len(other))
    a, b = entity_parts(one[:n]), entity_parts(other[:n])
    observed = abs(f1(a.sum(axis=0)) - f1(b.sum(axis=0)))
    hits = 0.0
    for signs in itertools.product((False, True), repeat=n):
        chosen = np.array(signs)[:, None]
        first, second = np.where(chosen, b, a).sum(axis=0), np.where(chosen, a, b).sum(axis=0)
        hits += float(abs(f1(first) - f1(second)) >= observed - 1e-12)
    assert swap_p_value(a, b, f1) == pytest.approx(hits / 2**n)


def test_drawn_exchanges_agree_with_all_of_them() -> None:
    generator = np.random.default_rng(0)
    a, b = (entity_parts([(int(x), 1, 1) for x in generator.integers(0, 4, 13)]) for _ in range(2))
    exact = swap_p_value(a, b, f1)
    # A fourteenth item that differs in nothing that counts keeps the truth and leaves the enumeration.
    more = [np.vstack([side, [[0, 0, extra]]]) for side, extra in ((a, 0), (b, 0))]
    assert swap_p_value(more[0], more[1], f1) == pytest.approx(exact)
    drawn = swap_p_value(np.vstack([a, a]), np.vstack([b, b]), f1, [str(i) for i in range(13)] * 2)
    assert drawn == pytest.approx(exact)


def test_one_document_says_nothing_about_the_spread_of_its_entities() -> None:
    found = pooled_interval(entity_parts([(1, 0, 0), (0, 1, 1)]), f1, ["letter", "letter"])
    assert (found.interval.low, found.interval.high) == (-math.inf, math.inf)
    assert math.isnan(found.standard_error)


def test_entities_of_one_document_are_drawn_together() -> None:
    generator = np.random.default_rng(1)
    good = generator.random(40) < 0.5
    rows = [(3, 0, 0) if g else (0, 3, 3) for g in good for _ in range(4)]
    names = [f"letter {i // 4}" for i in range(160)]
    apart, together = (pooled_interval(entity_parts(rows), f1, c).standard_error for c in ((), names))
    assert together / apart == pytest.approx(2.0, rel=0.1)


def test_pooled_scores_are_summarised_and_compared_by_their_parts() -> None:
    good = [score("a", i, [2, 2, 3]) for i in range(30)]
    bad = [score("b", i, [1, 3, 3] if i % 3 else [2, 2, 3]) for i in range(30)]
    figure = figure_of(good)
    assert figure.interval.estimate == pytest.approx(pooled("micro_f1", good)) == pytest.approx(0.8)
    found = difference_of(list(zip(good, bad, strict=True)))
    assert found.interval.estimate == pytest.approx(estimate_of(good) - estimate_of(bad))
    assert found.interval.low > 0
    assert found.p_value < 0.001
    assert found.detectable == pytest.approx(2.8016 * found.standard_error, rel=1e-3)


def test_macro_f1_of_two_models_is_over_the_same_classes() -> None:
    def label(model: str, item: int, gold: str, predicted: str) -> Score:
        parts = {"gold": gold, "predicted": predicted}
        return Score(model, model, "t", str(item), "macro_f1", "corrected-1", 1.0, parts=parts)

    ours = [label("a", i, "yn"[i % 2], "yn"[i % 2]) for i in range(20)]
    theirs = [label("b", i, "yn"[i % 2], "nonsense") for i in range(20)]
    found = difference_of(list(zip(ours, theirs, strict=True)))
    assert found.interval.estimate == pytest.approx(1.0)


# Intervals of few items, 95%: how often they hold the truth, over draws with a fixed seed.


def coverage(intervals: list[Interval], truth: float) -> float:
    return sum(low - 1e-12 <= truth <= high + 1e-12 for _, low, high in intervals) / len(intervals)


@pytest.mark.parametrize(("n", "truth"), [(8, 0.3), (20, 0.1), (20, 0.9), (50, 0.5)])
def test_wilsons_interval_covers_with_few_items(n: int, truth: float) -> None:
    generator = np.random.default_rng(7)
    found = coverage([wilson_interval(int(k), n) for k in generator.binomial(n, truth, 2000)], truth)
    assert 0.92 < found < 0.99


@pytest.mark.parametrize(
    ("n", "only_one", "only_other", "both"), [(15, 0.15, 0.05, 0.6), (15, 0.02, 0.0, 0.9), (40, 0.3, 0.05, 0.4)]
)
def test_the_paired_interval_covers_where_few_items_differ(
    n: int, only_one: float, only_other: float, both: float
) -> None:
    generator = np.random.default_rng(7)
    shares = [both, only_one, only_other, 1 - both - only_one - only_other]
    tables = generator.multinomial(n, shares, 2000)
    intervals = [paired_proportion_interval(*map(int, table)) for table in tables]
    assert coverage(intervals, only_one - only_other) > 0.93


@pytest.mark.parametrize("n", [8, 12, 20])
def test_the_bootstrap_of_a_mean_covers_with_few_items(n: int) -> None:
    generator = np.random.default_rng(7)
    drawn = [weighted_mean_interval(generator.normal(0, 1, n), seed=i, draws=400) for i in range(500)]
    assert coverage(drawn, 0.0) > 0.9


def test_the_bootstrap_of_f1_covers() -> None:
    generator = np.random.default_rng(7)

    def drawn(n: int) -> Array:
        hit = generator.binomial(3, 0.6, n)
        return np.stack([hit, hit + generator.binomial(2, 0.3, n), np.full(n, 3)], axis=1).astype(float)

    truth = float(f1(drawn(200_000).sum(axis=0)))
    found = [pooled_interval(drawn(25), f1, seed=i, draws=400).interval for i in range(300)]
    assert 0.91 < coverage(found, truth) < 0.99


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_paired_interval_is_symmetric_and_holds_its_estimate(a: int, b: int, c: int, d: int) -> None:
    if not a + b + c + d:
        return
    found, back = paired_proportion_interval(a, b, c, d), paired_proportion_interval(a, c, b, d)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert [back.estimate, back.low, back.high] == pytest.approx([-found.estimate, -found.high, -found.low])
    # To count what is wrong instead of what is right only turns the sign.
    turned = paired_proportion_interval(d, c, b, a)
    assert [turned.low, turned.high] == pytest.approx([back.low, back.high])


def test_quantiles_are_those_of_scipy() -> None:
    # scipy.stats.t.ppf(0.975, freedom), scipy 1.17
    for freedom, known in (
        (1, 12.706205),
        (2, 4.302653),
        (5, 2.570582),
        (10, 2.228139),
        (100, 1.983972),
        (101, 1.983731),
    ):
        assert student_quantile(0.95, freedom) == pytest.approx(known, rel=1e-6)
    assert expanded(0.95, 10_000) == pytest.approx(0.95, abs=1e-4)
    assert expanded(0.95, 5) > expanded(0.95, 10) > 0.95


def test_the_items_needed_show_just_the_detectable_difference() -> None:
    needed = items_needed(0.5, 0.1)
    assert needed is not None
    assert detectable_difference(0.5 / math.sqrt(needed)) == pytest.approx(0.1, rel=0.01)


def test_ten_thousand_items_stay_quick_and_agree_with_fewer_draws() -> None:
    generator = np.random.default_rng(0)
    rows = entity_parts([(int(x), 1, 1) for x in generator.integers(0, 4, 6000)])
    many, few = pooled_interval(rows, f1), pooled_interval(rows[:999], f1)
    assert many.standard_error == pytest.approx(few.standard_error * math.sqrt(999 / 6000), rel=0.12)
