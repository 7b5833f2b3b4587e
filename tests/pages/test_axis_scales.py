"""Ticks are round, labels are apart, places are in order."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.pages.scales import Scale, fitted_scale, isotonic, linear_ticks, log_ticks, spread, tick_labels
from polyclinic.pages.text_size import shortened, text_width, wrapped


def test_ticks_are_round_numbers_inside_the_range() -> None:
    assert linear_ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert linear_ticks(3, 620, 6) == [100, 200, 300, 400, 500, 600]
    assert linear_ticks(-1.2, 1.2, 4) == [-1.0, -0.5, 0.0, 0.5, 1.0]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_stay_inside_and_are_about_as_many_as_wanted(low: float, span: float, wanted: int) -> None:
    ticks = linear_ticks(low, low + span, wanted)
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    assert len(ticks) <= 2 * wanted + 1


@given(st.floats(-6, 6), st.floats(0.01, 8), st.integers(2, 9))
def test_log_ticks_stay_inside_and_rise(low: float, decades: float, wanted: int) -> None:
    bottom, top = 10**low, 10 ** (low + decades)
    ticks = log_ticks(bottom, top, wanted)
    assert ticks == sorted(ticks)
    assert all(bottom * 0.999 <= tick <= top * 1.001 for tick in ticks)
    assert len(ticks) <= 2 * wanted + 1


def test_tick_labels_have_the_decimals_they_need() -> None:
    assert tick_labels([0.0, 0.5, 1.0]) == ["0.0", "0.5", "1.0"]
    assert tick_labels([0.0, 0.1, 0.2], share=True) == ["0%", "10%", "20%"]
    assert tick_labels([-20.0, 0.0, 20.0]) == ["−20", "0", "20"]
    assert tick_labels([0.5, 1.0, 5.0, 1000.0]) == ["0.5", "1", "5", "1,000"]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20), st.booleans(), st.booleans())
def test_a_fitted_scale_holds_every_value_it_can(values: list[float], logarithmic: bool, zero: bool) -> None:
    values = [v for v in values if not math.isfinite(v) or v == 0 or 1e-100 < abs(v) < 1e100]
    scale = fitted_scale(values, 10, 110, logarithmic=logarithmic, zero=zero)
    for value in values:
        if math.isfinite(value) and (value > 0 or not logarithmic):
            assert scale.low <= value <= scale.high
            assert 10 <= scale.place(value) <= 110
    assert scale.low < scale.high


def test_a_scale_places_values_in_proportion() -> None:
    assert Scale(0, 10, 100, 200).place(5) == pytest.approx(150)
    assert Scale(0, 10, 200, 100).place(2) == pytest.approx(180)
    assert Scale(1, 100, 0, 100, logarithmic=True).place(10) == pytest.approx(50)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=15))
def test_spread_labels_keep_their_order_and_never_overlap(places: list[float]) -> None:
    found = spread(places, 14, 0, 300)
    ordered = sorted(range(len(places)), key=lambda i: places[i])
    for one, other in itertools.pairwise(ordered):
        assert found[other] - found[one] >= 14 - 1e-6
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in found)


def test_labels_that_are_apart_already_stay_where_they_are() -> None:
    assert spread([10, 100, 200], 14, 0, 300) == pytest.approx([10, 100, 200])


@given(st.lists(st.floats(-100, 100), max_size=30))
def test_isotonic_numbers_rise_and_keep_their_sum(values: list[float]) -> None:
    found = isotonic(values)
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(found))
    assert sum(found) == pytest.approx(sum(values), abs=1e-6)


@given(st.text(max_size=80), st.floats(30, 300))
def test_a_wrapped_text_fits_its_width(text: str, width: float) -> None:
    lines = wrapped(text, 13, width, 3, bold=True)
    assert 1 <= len(lines) <= 3
    assert all(text_width(line, 13, bold=True) <= width + 0.01 for line in lines)


def test_a_long_name_is_broken_after_hyphens_and_cut_at_the_end() -> None:
    assert wrapped("medcode-expert-scores", 13, 130, 2) == ["medcode-expert-", "scores"]
    assert shortened("a very long name of a model", 13, 80).endswith("…")
