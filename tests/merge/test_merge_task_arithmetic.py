"""Task arithmetic against the formula in double precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_parents import read_tensors, write_family

from polyclinic.errors import UserError
from polyclinic.merge import task_arithmetic
from polyclinic.merge.blocks import merge_arrays
from polyclinic.merge.task_arithmetic import task_arithmetic_tensor


@given(
    seed=st.integers(0, 1000),
    weights=st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=4),
    scale=st.floats(0, 2, width=32),
)
def test_it_equals_the_formula(seed: int, weights: list[float], scale: float) -> None:
    base, *models = np.random.default_rng(seed).standard_normal((len(weights) + 1, 7, 11)).astype(np.float32)
    merged = merge_arrays(lambda parents: task_arithmetic_tensor(parents, weights, scale), base, models)
    expected = base.astype(np.float64)
    for weight, model in zip(weights, models, strict=True):
        expected = expected + scale * weight * (model.astype(np.float64) - base)
    np.testing.assert_allclose(merged, expected, rtol=1e-5, atol=2e-5)


@given(seed=st.integers(0, 1000))
def test_one_expert_with_weight_one_comes_back_bit_for_bit(seed: int) -> None:
    base, model = np.random.default_rng(seed).standard_normal((2, 40)).astype(np.float32)
    model[:4] = [-0.0, 1e-30, 1e30, -1e-20]
    merged = merge_arrays(lambda parents: task_arithmetic_tensor(parents, [1.0]), base, [model])
    assert merged.tobytes() == model.tobytes()


def test_weights_of_zero_give_the_base_bit_for_bit() -> None:
    base, *models = np.random.default_rng(3).standard_normal((3, 40)).astype(np.float32)
    merged = merge_arrays(lambda parents: task_arithmetic_tensor(parents, [0.0, 0.0]), base, models)
    assert merged.tobytes() == base.tobytes()


def test_the_kind_takes_one_weight_for_all_and_can_normalize(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    out = task_arithmetic(out=tmp_path / "out", base=base, models=experts, weights=3, normalize=True)
    parents = [read_tensors(folder) for folder in experts]
    for name, values in read_tensors(out).items():
        mean = sum(p[name].astype(np.float64) for p in parents) / 2
        np.testing.assert_allclose(values, mean, rtol=2**-8, atol=1e-5)


def test_a_wrong_number_of_weights_is_named(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    with pytest.raises(UserError, match=r"merge\.task_arithmetic\.weights: 3 values for 2 models"):
        task_arithmetic(out=tmp_path / "out", base=base, models=experts, weights=[1, 2, 3])


def test_weights_that_cannot_be_normalized_are_refused(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    with pytest.raises(UserError, match="sum to zero"):
        task_arithmetic(out=tmp_path / "out", base=base, models=experts, weights=[1, -1], normalize=True)
    assert not (tmp_path / "out").exists()
