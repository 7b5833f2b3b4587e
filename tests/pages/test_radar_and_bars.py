"""Radar and bars show every value, mark what was not measured, and escape every name."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from polyclinic.pages import Bar, BarGroup, Spokes, bar_chart, interval_strip, radar_chart

ATTACK = "<script>alert(1)</script>"
AXES = ["Diagnosis", "Summaries", "Entities", "Inference"]


def radar(series: list[Spokes], axes: list[str] | None = None) -> Markup:
    return radar_chart(axes or AXES, series, name="r", title="A radar", description="Four axes")


def bars(groups: list[BarGroup]) -> Markup:
    return bar_chart(groups, name="b", title="Bars", description="Some bars", x_title="points")


def svg(made: Markup) -> ElementTree.Element:
    found = re.search(r'<svg[^>]*class="chart.*?</svg>', str(made), re.S)
    assert found is not None
    return ElementTree.fromstring(found[0])


def titles(made: Markup) -> list[str]:
    return [e.text or "" for e in svg(made).iter("title")]


def test_every_value_of_a_radar_has_its_dot_and_a_missing_one_breaks_the_line() -> None:
    made = radar([Spokes("base", [10, 20, 30, 40], 0), Spokes("expert", [50, None, 70, 80], 1)])
    assert titles(made)[1:] == [
        *(f"base, {axis}: {value}.0" for axis, value in zip(AXES, (10, 20, 30, 40), strict=True)),
        *(f"expert, {axis}: {value}.0" for axis, value in zip(AXES, (50, 0, 70, 80), strict=True) if value),
    ]
    curves = [e for e in svg(made).iter("line") if "curve" in (e.get("class") or "")]
    assert len(curves) == 4 + 2


@given(st.lists(st.floats(-50, 500), min_size=3, max_size=15))
def test_a_radar_keeps_its_dots_inside_the_picture(values: list[float]) -> None:
    made = radar([Spokes("base", values)], [f"axis {i}" for i in range(len(values))])
    picture = svg(made)
    width, height = float(picture.get("width") or 0), float(picture.get("height") or 0)
    for circle in picture.iter("circle"):
        assert 0 <= float(circle.get("cx") or -1) <= width
        assert 0 <= float(circle.get("cy") or -1) <= height


def test_a_radar_of_two_axes_and_a_series_that_does_not_fit_are_errors() -> None:
    with pytest.raises(ValueError, match="a radar needs three axes, found 2"):
        radar([], ["one", "two"])
    with pytest.raises(ValueError, match="base: 1 values for 4 axes"):
        radar([Spokes("base", [1.0])])


def test_a_bar_is_as_long_as_its_value_and_carries_its_interval() -> None:
    group = BarGroup(
        "Task", [Bar("base", 20, 10, 30), Bar("expert", 40, number=1), Bar("paper", 80, None, None, 2, True)]
    )
    made = bars([group])
    rectangles = list(svg(made).iter("rect"))
    widths = [float(e.get("width") or 0) for e in rectangles]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.1)
    assert widths[2] == pytest.approx(4 * widths[0], abs=0.1)
    assert [("hollow" in (e.get("class") or "")) for e in rectangles] == [False, False, True]
    assert titles(made)[1:] == ["Task, base: 20.0 (10.0 to 30.0)", "Task, expert: 40.0", "Task, paper: 80.0"]
    assert sum("bar-whisker" in (e.get("class") or "") for e in svg(made).iter("path")) == 1


def test_bars_below_zero_grow_to_the_left() -> None:
    made = bars([BarGroup("Task", [Bar("worse", -10, -20, -5), Bar("better", 10, 5, 20)])])
    left, right = [(float(e.get("x") or 0), float(e.get("width") or 0)) for e in svg(made).iter("rect")]
    assert left[0] + left[1] == pytest.approx(right[0], abs=0.1)


def test_no_bars_at_all_make_an_empty_picture() -> None:
    assert list(svg(bars([])).iter("rect")) == []


def test_names_are_escaped() -> None:
    for made in (
        radar([Spokes(ATTACK, [1, 2, 3, 4])], [ATTACK, "b", "c", "d"]),
        bars([BarGroup(ATTACK, [Bar(ATTACK, 1)])]),
    ):
        assert "<script" not in str(made)
        assert "&lt;script&gt;" in str(made)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_strip_keeps_to_its_axis(one: float, two: float, three: float) -> None:
    low, value, high = sorted((one, two, three))
    strip = ElementTree.fromstring(str(interval_strip(value, low, high)))
    _, whisker = list(strip.iter("line"))
    (dot,) = strip.iter("circle")
    places = [float(whisker.get("x1") or 0), float(dot.get("cx") or 0), float(whisker.get("x2") or 0)]
    assert places == sorted(places)
    assert 2 <= places[0] <= places[2] <= 78
