"""How the items of a search are divided, and how sure a difference on them is."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.merge.evaluations import Items, interval, is_clearly_behind, mean_and_error, mean_over_tasks, paired
from polyclinic.merge.search_items import split_items


def alone(count: int, task: str = "a") -> Items:
    return Items([task] * count, [""] * count)


def test_items_are_split_by_task_and_none_is_in_two_parts() -> None:
    tasks = ["a"] * 100 + ["b"] * 20
    split = split_items(tasks, [""] * 120, 0.25, 0.2, seed=5)
    assert sorted([*split.first, *split.rest, *split.held]) == list(range(120))
    assert Counter(tasks[i] for i in split.held) == {"a": 20, "b": 4}
    assert Counter(tasks[i] for i in split.first) == {"a": 20, "b": 4}
    assert split == split_items(tasks, [""] * 120, 0.25, 0.2, seed=5)
    assert split != split_items(tasks, [""] * 120, 0.25, 0.2, seed=6)


@given(
    documents=st.lists(st.tuples(st.integers(0, 15), st.sampled_from("ab")), min_size=1, max_size=80),
    held_back=st.floats(0.05, 0.9),
    racing=st.floats(0, 1),
    seed=st.integers(0, 100),
)
def test_no_document_is_on_both_sides_whatever_its_tasks(
    documents: list[tuple[int, str]], held_back: float, racing: float, seed: int
) -> None:
    tasks = [task for _, task in documents]
    names = [f"d{number}" if number else "" for number, _ in documents]
    try:
        split = split_items(tasks, names, racing, held_back, seed)
    except UserError:
        return
    seen = [*split.first, *split.rest]
    assert sorted([*seen, *split.held]) == list(range(len(tasks)))
    assert not {names[i] for i in seen if names[i]} & {names[i] for i in split.held if names[i]}
    assert {tasks[i] for i in seen} == {tasks[i] for i in split.held} == set(tasks)
    for task, count in Counter(tasks).items():
        assert Counter(tasks[i] for i in split.held)[task] <= max(1, held_back * count)


def test_what_cannot_be_divided_is_refused_by_task() -> None:
    tasks = ["a"] * 50 + ["b"] * 50
    with pytest.raises(UserError, match=r"task b \(50\) cannot be divided"):
        split_items(tasks, [""] * 50 + ["one"] * 50, 0.25, 0.2, seed=0)
    with pytest.raises(UserError, match=r"from 20 documents .*at least 21"):
        split_items(tasks, [""] * 100, 0.25, 0.2, seed=0, at_least=21)
    assert split_items(tasks, ["one"] * 100, 0.25, 0.0, seed=0).held == []


def test_a_candidate_is_dropped_only_when_it_is_clearly_behind() -> None:
    best, items = np.array([1.0] * 15 + [0.0] * 5), alone(20)
    assert is_clearly_behind(1 - best, best, items)
    assert is_clearly_behind(np.where(np.arange(20) < 6, 0.0, best), best, items)
    assert not is_clearly_behind(np.where(np.arange(20) < 1, 0.0, best), best, items)
    assert not is_clearly_behind(best, best, items)
    of_two = Items(["a"] * 20, [f"d{i < 7}" for i in range(20)])
    assert not is_clearly_behind(np.where(np.arange(20) < 6, 0.0, best), best, of_two)  # two documents tell little
    assert not is_clearly_behind(best[:1] - 1, best[:1], alone(1))


def test_tasks_count_the_same_and_errors_go_by_documents() -> None:
    values = np.array([1.0, 0.0, 1.0, 1.0, 0.0, math.nan])
    items = Items(["a", "a", "a", "a", "b", "b"], [""] * 6)
    assert mean_over_tasks(values, items) == pytest.approx((0.75 + 0.0) / 2)
    plain = mean_and_error(np.array([1.0, 0.0, 1.0, 0.0]), alone(4))
    assert plain == pytest.approx((0.5, math.sqrt(0.25 / 3)))  # s / sqrt(n)
    twice = mean_and_error(np.array([1.0, 1.0, 0.0, 0.0]), Items(["a"] * 4, ["x", "x", "y", "y"]))
    assert twice == pytest.approx((0.5, math.sqrt(0.25)))  # as of two items
    with pytest.raises(UserError, match="not one of the validation items could be scored"):
        mean_over_tasks(np.array([math.nan]), alone(1))


@given(seed=st.integers(0, 50))
def test_the_paired_interval_holds_its_estimate_and_a_clear_difference_has_a_small_p(seed: int) -> None:
    generator = np.random.default_rng(seed)
    one = (generator.random(60) < 0.8).astype(float)
    items = Items(["a"] * 30 + ["b"] * 30, [""] * 60)
    found = paired(one, np.zeros(60), items, seed=0)
    assert found["low"] <= found["estimate"] <= found["high"]
    assert found["low"] > 0
    assert found["p_value"] < 0.001
    assert paired(one, one, items, seed=0)["p_value"] == 1
    alone_found = interval(one, items, seed=0)
    assert alone_found["low"] <= alone_found["estimate"] <= alone_found["high"]
