from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.evals.quantiles import items_needed
from polyclinic.evals.statistics import (
    holm,
    mcnemar_exact,
    paired_difference,
    proportion_interval,
    sign_flip_p_value,
    weighted_mean_interval,
    wilson_interval,
)

ZERO_ONE = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)
NUMBERS = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


def test_wilson_gives_the_published_interval_of_47_out_of_50() -> None:
    found = wilson_interval(47, 50)
    assert (round(found.low, 3), round(found.high, 3)) == (0.838, 0.979)


@given(st.integers(1, 500), st.data())
def test_the_wilson_bounds_solve_the_score_equation(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    estimate, low, high = wilson_interval(k, n)
    assert 0 <= low <= estimate == k / n <= high <= 1
    for bound in (low, high):  # the score test is exactly at its limit there
        if 1e-9 < bound < 1 - 1e-9:
            assert abs(k / n - bound) / math.sqrt(bound * (1 - bound) / n) == pytest.approx(1.959964, abs=1e-4)


@given(ZERO_ONE)
def test_items_that_all_stand_alone_give_the_plain_interval(values: list[float]) -> None:
    names = [f"document {i}" for i in range(len(values))]
    assert proportion_interval(values, names) == proportion_interval(values)
    assert proportion_interval(values, [""] * len(values)) == wilson_interval(sum(values), len(values))


@given(ZERO_ONE)
def test_asking_every_item_twice_does_not_narrow_the_interval_of_its_clusters(values: list[float]) -> None:
    names = [str(i) for i in range(len(values))]
    once, twice = proportion_interval(values), proportion_interval(values * 2, names * 2)
    assert twice.estimate == pytest.approx(once.estimate)
    # n - 1 in the clustered variance makes it a little wider, never narrower.
    assert twice.high - twice.low >= once.high - once.low - 1e-9


def test_the_bootstrap_agrees_with_the_closed_form_for_a_mean() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = weighted_mean_interval(values, seed=1)
    half = 1.96 * values.std() / math.sqrt(400)
    assert found.estimate == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.02)
    assert found.high == pytest.approx(values.mean() + half, abs=0.02)


def test_the_normal_interval_of_many_items_agrees_with_the_bootstrap() -> None:
    generator = np.random.default_rng(0)
    values, weights = generator.normal(3, 2, 1000), generator.integers(1, 200, 1000).astype(float)
    normal = weighted_mean_interval(values, weights)
    drawn = weighted_mean_interval(values[:999], weights[:999])
    assert normal.high - normal.low == pytest.approx(drawn.high - drawn.low, rel=0.1)
    assert normal.estimate == pytest.approx(float(np.average(values, weights=weights)))


@given(NUMBERS, st.integers(0, 5))
def test_the_estimate_lies_in_its_interval_and_the_seed_decides(values: list[float], seed: int) -> None:
    found = weighted_mean_interval(values, seed=seed, draws=200)
    assert found.low <= found.estimate <= found.high
    assert found == weighted_mean_interval(values, seed=seed, draws=200)


@given(NUMBERS, st.floats(0.5, 20))
def test_weights_of_one_size_change_nothing(values: list[float], weight: float) -> None:
    plain = weighted_mean_interval(values, draws=200)
    weighted = weighted_mean_interval(values, [weight] * len(values), draws=200)
    assert weighted == pytest.approx(plain, abs=1e-9)


def test_one_cluster_says_nothing_about_the_spread() -> None:
    found = weighted_mean_interval([1.0, 2.0], clusters=["letter", "letter"])
    assert found == (1.5, -math.inf, math.inf)


def test_clusters_widen_the_interval_of_items_that_go_together() -> None:
    generator = np.random.default_rng(0)
    values = np.repeat(generator.normal(0, 1, 100), 5) + generator.normal(0, 0.1, 500)
    names = [str(i) for i in np.repeat(np.arange(100), 5)]
    naive, clustered = weighted_mean_interval(values), weighted_mean_interval(values, clusters=names)
    assert (clustered.high - clustered.low) / (naive.high - naive.low) == pytest.approx(math.sqrt(5), rel=0.1)


@given(NUMBERS)
def test_exchanging_the_models_turns_the_difference_around(values: list[float]) -> None:
    other = [value * 0.5 + 1 for value in values]
    one = paired_difference(values, other, draws=400)
    back = paired_difference(other, values, draws=400)
    assert back.estimate == pytest.approx(-one.estimate)
    assert [back.low, back.high] == pytest.approx([-one.high, -one.low])


def test_pairing_finds_what_hard_and_easy_items_would_hide() -> None:
    generator = np.random.default_rng(0)
    hardness = generator.normal(0, 5, 200)
    found = paired_difference(hardness + 0.3, hardness + generator.normal(0, 0.5, 200))
    assert found.low > 0
    assert found.high - found.low < 0.2


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_two_sided_binomial_test(only_one: int, only_other: int) -> None:
    n = only_one + only_other
    tail = sum(math.comb(n, k) for k in range(min(only_one, only_other) + 1)) / 2**n
    assert mcnemar_exact(only_one, only_other) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar_exact(only_one, only_other) == mcnemar_exact(only_other, only_one)


def test_mcnemar_holds_for_thousands_of_items() -> None:
    assert mcnemar_exact(3000, 3000) == 1.0
    assert 0 <= mcnemar_exact(5000, 3000) < 1e-100


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
def test_sign_flips_of_few_items_are_all_tried(differences: list[int]) -> None:
    observed = abs(sum(differences))
    flips = [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in
             itertools.product((1, -1), repeat=len(differences))]  # fmt: skip
    expected = sum(abs(total) >= observed for total in flips) / len(flips)
    assert sign_flip_p_value(differences) == pytest.approx(expected)


@given(st.integers(14, 30), st.integers(14, 30))
def test_sign_flips_of_ones_agree_with_mcnemar(only_one: int, only_other: int) -> None:
    differences = [1.0] * only_one + [-1.0] * only_other + [0.0] * 7
    assert sign_flip_p_value(differences) == pytest.approx(mcnemar_exact(only_one, only_other), abs=0.025)


def test_a_constant_shift_is_beyond_chance_and_none_is_not() -> None:
    assert sign_flip_p_value([0.1] * 50) == pytest.approx(1 / 10_001)
    assert sign_flip_p_value([0.0] * 50) == 1.0


def test_flipping_whole_clusters_finds_less_than_flipping_their_items() -> None:
    differences, names = [1.0] * 20, ["one"] * 10 + ["two"] * 10
    assert sign_flip_p_value(differences) < 0.001
    assert sign_flip_p_value(differences, clusters=names) == 0.5


def test_holm_gives_the_textbook_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    known = [(p, q) for p, q in zip(p_values, corrected, strict=True) if not math.isnan(p)]
    assert all(p <= q <= min(1.0, len(known) * p) + 1e-12 for p, q in known)
    assert [q for _, q in sorted(known)] == sorted(q for _, q in known)
    assert sum(math.isnan(q) for q in corrected) == len(p_values) - len(known)


def test_three_points_need_969_paired_questions() -> None:
    # Miller 2024, arXiv 2411.00640: 80 % power, a ninth of variance left between paired answers
    assert items_needed(math.sqrt(1 / 9), 0.03) == 969
    assert items_needed(1.0, 0.0) is None


@given(st.floats(0.1, 10), st.floats(0.01, 1))
def test_half_the_difference_needs_four_times_the_items(spread: float, difference: float) -> None:
    whole, half = items_needed(spread, difference), items_needed(spread, difference / 2)
    assert whole is not None
    assert half is not None
    assert 4 * whole - 4 <= half <= 4 * whole
