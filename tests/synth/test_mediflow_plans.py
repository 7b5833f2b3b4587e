from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.synth.mediflow.axes import OWN_AXES, load_axes
from polyclinic.synth.mediflow.plans import Plan, draw_plans

AXES = load_axes()
# Largest chi-square by degrees of freedom that even shares exceed once in 10,000 draws.
LIMIT = {1: 15.1, 4: 23.5, 13: 39.9, 97: 155.5}


def chi_square(counts: Mapping[str, int], shares: Mapping[str, float]) -> float:
    total = sum(counts.values())
    return sum((counts[key] - total * share) ** 2 / (total * share) for key, share in shares.items())


def test_the_axes_have_the_published_sizes() -> None:
    assert len(AXES.task_types) == 14
    assert len(AXES.document_types) == 36
    assert len(AXES.input_types) == 98
    assert len(AXES.difficulty_levels) == 6
    assert len(AXES.error_types) == 12
    assert len(AXES.judge_criteria) == 5


@pytest.mark.parametrize(
    ("axis", "shares"),
    [
        (lambda p: p.task_type.key, {t.key: 1 / 14 for t in AXES.task_types}),
        (lambda p: p.input_type.key, {i.key: 1 / 98 for i in AXES.input_types}),
        (lambda p: p.output_format.key, {"plain_text": 0.5, "json": 0.5}),
        (lambda p: str(p.temperature), {"1.0": 0.7, "1.25": 0.3}),
        (
            lambda p: p.difficulty.key,
            {"moderate": 0.125, "moderate_hard": 0.125, "hard": 0.25, "very_hard": 0.25, "extreme": 0.25},
        ),
    ],
)
def test_plans_have_the_published_shares(axis: Callable[[Plan], str], shares: dict[str, float]) -> None:
    counts = Counter(axis(plan) for plan in draw_plans(AXES, 40_000, seed=11))
    assert set(counts) == set(shares)
    assert chi_square(counts, shares) < LIMIT[len(shares) - 1]


@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(0, 9000))
def test_a_longer_run_begins_with_the_plans_of_a_shorter_one(seed: int, short: int, more: int) -> None:
    longer = draw_plans(AXES, short + more, seed)
    assert [next(longer) for _ in range(short)] == list(draw_plans(AXES, short, seed))


def test_another_seed_draws_other_plans() -> None:
    assert list(draw_plans(AXES, 20, 1)) != list(draw_plans(AXES, 20, 2))


def test_a_value_of_weight_zero_is_never_drawn() -> None:
    assert all(plan.difficulty.key != "low" for plan in draw_plans(AXES, 20_000, 0))


def changed_axes(folder: Path, **changes: object) -> Path:
    content = yaml.safe_load(OWN_AXES.read_text())
    (folder / "axes.yaml").write_text(yaml.safe_dump({**content, **changes}))
    return folder / "axes.yaml"


def test_faults_in_axes_of_ones_own_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"axes\.yaml: task_typs: Extra inputs are not permitted"):
        load_axes(changed_axes(tmp_path, task_typs=[]))
    twice = [{"key": "a", "name": "a"}, {"key": "a", "name": "b"}]
    with pytest.raises(UserError, match="task_types: a key is there twice"):
        load_axes(changed_axes(tmp_path, task_types=twice))
    with pytest.raises(UserError, match="all weights are 0"):
        load_axes(changed_axes(tmp_path, task_types=[{"key": "a", "name": "a", "weight": 0}]))
    with pytest.raises(UserError, match="no such file"):
        load_axes(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("task_types: [")
    with pytest.raises(UserError, match="not readable as YAML"):
        load_axes(tmp_path / "broken.yaml")
