"""Charts are named, labelled and escaped; tables mark what is best and sort by the number behind the text."""

from __future__ import annotations

import itertools
import math
import re

import pytest

from polyclinic.pages import (
    Cell,
    Column,
    Estimate,
    Group,
    Line,
    interval_chart,
    line_chart,
    share_bar,
    table,
    thinned,
)

ATTACK = '<script>alert("x")</script>'


def test_a_line_chart_has_a_title_a_description_axes_and_every_name() -> None:
    lines = [Line("base", [(1, 8.0), (100, 4.0)], 0), Line("expert", [(1, 4.0), (100, 4.01)], 1)]
    made = line_chart(lines, name="loss", title="Loss", description="falls", x_title="step", y_title="loss")
    assert '<title id="loss-title">Loss</title>' in made
    assert 'aria-labelledby="loss-title loss-desc"' in made
    assert all(word in made for word in ("base", "expert", "step", ">8<", "stroke-dasharray"))


def test_labels_of_lines_that_end_together_do_not_overlap() -> None:
    lines = [Line(f"model {i}", [(0, 1.0 * i), (10, 2.0)], i) for i in range(8)]
    made = line_chart(lines, name="x", title="t", description="d", x_title="x", y_title="y")
    places = sorted(float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)" class="name', made))
    assert len(places) == 8
    assert min(b - a for a, b in itertools.pairwise(places)) >= 14.9


def test_values_that_are_no_numbers_break_a_line_instead_of_the_chart() -> None:
    points = [(0, 1.0), (1, math.nan), (2, 2.0), (3, math.inf), (4, -1.0), (5, 3.0)]
    for log_y in (False, True):
        made = line_chart(
            [Line("a", points)], name="x", title="t", description="d", x_title="x", y_title="y", log_y=log_y
        )
        assert "nan" not in made
        assert "inf" not in made.lower().replace("infer", "")


def test_a_chart_without_points_is_still_a_chart() -> None:
    assert "<svg" in line_chart([Line("a", [])], name="x", title="t", description="d", x_title="x", y_title="y")
    assert "<svg" in interval_chart([], name="x", title="t", description="d", x_title="x")


def test_an_interval_chart_shows_figures_names_and_the_reference() -> None:
    rows = [
        Estimate("base", 0.27, 0.22, 0.32, "27% (22 to 32), n = 300"),
        Estimate("expert", 0.61, 0.55, 0.67, "61%", 1),
    ]
    made = interval_chart(
        [Group("easy", rows)],
        name="easy",
        title="t",
        description="d",
        x_title="right",
        share=True,
        reference=0.25,
        reference_name="chance",
    )
    assert all(text in made for text in ("27% (22 to 32), n = 300", "base", "chance", "60%", "0%", "easy"))
    middles = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', made)]
    assert len(middles) == 1


def test_charts_escape_every_text() -> None:
    made = line_chart(
        [Line(ATTACK, [(0, 1), (1, 2)])], name="a", title=ATTACK, description=ATTACK, x_title=ATTACK, y_title=ATTACK
    )
    made += interval_chart(
        [Group(ATTACK, [Estimate(ATTACK, 1, 0.5, 2, ATTACK)])],
        name="b",
        title=ATTACK,
        description=ATTACK,
        x_title=ATTACK,
        reference=1,
        reference_name=ATTACK,
    )
    assert "<script" not in made


def test_long_series_are_thinned_to_means_of_runs() -> None:
    points = [(float(i), 1.0) for i in range(1000)]
    shown, run = thinned(points, 240)
    assert run == 5
    assert len(shown) == 200
    assert shown[0] == (2.0, 1.0)
    assert thinned(points[:10], 240) == (points[:10], 1)


def test_a_table_marks_the_best_in_words_and_sorts_by_the_number() -> None:
    made = table(
        "Caption",
        [Column("model"), Column("easy", "n = 300", number=True)],
        [["base", Cell("27%", notes=("22 to 32",), order=0.27)], ["expert", Cell("61%", order=0.61, mark="best")]],
        sortable=True,
        row_ids=["a", "b"],
    )
    assert "<caption>Caption</caption>" in made
    assert 'scope="row"' in made
    assert 'scope="col"' in made
    assert 'data-order="0.61"' in made
    assert 'aria-label="best"' in made
    assert "<small>22 to 32</small>" in made
    assert '<tr id="a">' in made


def test_a_table_escapes_every_text() -> None:
    made = table(ATTACK, [Column(ATTACK, ATTACK)], [[Cell(ATTACK, notes=(ATTACK,))], [ATTACK]])
    assert "<script" not in made


def test_a_row_with_another_number_of_cells_is_an_error() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells"):
        table("c", [Column("a"), Column("b")], [["x"]])


def test_a_bar_never_leaves_its_frame() -> None:
    assert 'width="80"' in share_bar(7.0)
    assert 'width="0.5"' in share_bar(-1.0)


def test_a_name_too_long_for_the_end_of_its_line_stands_in_a_key() -> None:
    lines = [Line("phase 2 tasks and documents, one after the other", [(0, 1.0), (9, 2.0)], 1)]
    made = line_chart(lines, name="x", title="t", description="d", x_title="x", y_title="y", width=520)
    assert '<ul class="key">' in made
    assert '<ul class="key">' not in line_chart(
        [Line("short", [(0, 1.0)])], name="x", title="t", description="d", x_title="x", y_title="y"
    )
