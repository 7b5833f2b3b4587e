"""A chart of trials shows how each ended, and the best so far as stairs."""

from __future__ import annotations

import re

from polyclinic.pages.trials_chart import Trial, Trials, trials_chart

ATTACK = '<script>alert("x")</script>'


def chart(*series: Trials, reference: float | None = None, reference_name: str = "") -> str:
    return trials_chart(
        series, name="t", title=ATTACK, description=ATTACK, x_title="evaluation", y_title="score",
        reference=reference, reference_name=reference_name,
    )  # fmt: skip


def test_every_trial_has_the_mark_of_how_it_ended_and_the_key_names_what_is_there() -> None:
    trials = [
        Trial(1, 0.5, "", ATTACK),
        Trial(2, 0.4, "dropped", "far behind"),
        Trial(3, -1.0, "refused", "too large"),
        Trial(4, 0.6, ""),
    ]
    made = chart(Trials("a mix", trials, [(0, 0.45), (1, 0.5), (4, 0.6)]), reference=0.45, reference_name="equal")
    inside = made[made.index("</ul>") :]
    assert re.findall(r'data-state="(\w+)"', inside) == ["asked", "dropped", "refused", "asked"]
    key = made[: made.index("</ul>")]
    assert all(f"{word}</li>" in key for word in ("a mix", "best so far", "an estimate", "tried", "equal"))
    assert ATTACK not in made
    without = chart(Trials("a mix", trials[:1], [(1, 0.5)]))
    assert "dropped" not in without
    assert "reference" not in without


def test_stairs_hold_each_level_until_the_next_and_then_to_the_end() -> None:
    trials = [Trial(x, y) for x, y in ((0, 0.0), (5, 1.0), (10, 0.5))]
    made = chart(Trials("a", trials, [(0, 0.0), (5, 1.0)]))
    way = re.search(r'd="(M[^"]+)" class="curve', made)
    assert way is not None
    parts = re.fullmatch(r"M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)H([\d.]+)", way[1])
    assert parts is not None
    x0, y0, x1, y1, x2 = map(float, parts.groups())
    assert x0 < x1 < x2
    assert x1 - x0 == round(x2 - x1, 1)
    assert y1 < y0  # a better score stands higher


def test_the_worst_of_all_scores_does_not_stretch_the_axis_when_it_stands_for_none() -> None:
    made = chart(Trials("a", [Trial(1, 0.50), Trial(2, -1.0, "refused"), Trial(3, 0.52)], [(1, 0.5)]))
    assert "\u22121" not in made


def test_several_series_have_shapes_and_strokes_of_their_own() -> None:
    made = chart(*(Trials(f"model {i}", [Trial(1, i), Trial(2, i)], [(1, float(i))], i) for i in range(3)))
    assert made.count("<circle") == 2 + 1  # of the first series, and in the key
    assert len(set(re.findall(r'class="curve (c\d)"', made))) == 3
    assert "stroke-dasharray" in made


def test_a_chart_without_trials_is_still_a_chart() -> None:
    assert "<svg" in chart(Trials("a", []))
