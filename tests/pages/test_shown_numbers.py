"""Figures carry the digits they deserve."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.pages import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (4.2, "4.20"),
        (9.996, "10.0"),
        (56.78, "56.8"),
        (1234.5, "1,230"),
        (-3.14159, "−3.14"),
        (0.0000123, "1.23e−5"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_three_digits_are_kept_whatever_the_size(value: float, text: str) -> None:
    assert numbers.significant(value) == text


@given(st.floats(min_value=1e-4, max_value=1e9))
def test_three_digits_are_within_half_a_percent_of_the_value(value: float) -> None:
    assert float(numbers.significant(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_a_difference_is_shown_in_whole_points_with_its_sign() -> None:
    assert numbers.signed_percent(0.34, 0.28, 0.40) == ("+34", "+28", "+40")
    assert numbers.signed_percent(-0.05, -0.14, 0.04) == ("−5", "−14", "+4")


def test_decimals_appear_where_rounding_would_hide_a_sign_or_an_interval() -> None:
    assert numbers.signed_percent(0.02, 0.004, 0.036) == ("+2.0", "+0.4", "+3.6")
    assert numbers.signed_percent(-0.50, -0.504, -0.496) == ("−50.0", "−50.4", "−49.6")
    assert numbers.signed_percent(0.0, -0.06, 0.06) == ("0", "−6", "+6")


@given(st.floats(-1, 1), st.floats(0.001, 0.3), st.floats(0.001, 0.3))
def test_the_sign_of_a_shown_limit_is_the_sign_of_the_limit(middle: float, below: float, above: float) -> None:
    values = (middle, middle - below, middle + above)
    for value, text in zip(values, numbers.signed_percent(*values), strict=True):
        if text.startswith("+"):
            assert value >= 0
        if text.startswith("−"):
            assert value <= 0


def test_an_interval_without_a_limit_is_shown_as_such() -> None:
    assert numbers.signed_percent(0.5, -math.inf, math.inf) == ("+50", "−∞", "+∞")


def test_memory_and_counts_have_units_and_thousands() -> None:
    assert numbers.megabytes(812.4) == "812 MB"
    assert numbers.megabytes(1480.0) == "1.45 GB"
    assert numbers.count(2613248) == "2,613,248"
    assert numbers.percent(0.6133) == "61%"
    assert numbers.percent(0.6133, 1) == "61.3%"
