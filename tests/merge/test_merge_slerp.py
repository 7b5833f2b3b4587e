"""SLERP against the formula in double precision, and its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_parents import read_tensors, write_family

from polyclinic.errors import UserError
from polyclinic.merge import slerp
from polyclinic.merge.blocks import Parents, merge_arrays
from polyclinic.merge.slerp import slerp_tensor
from polyclinic.merge.weights import MemoryTensor


def reference(base: NDArray[Any], model: NDArray[Any], t: float) -> NDArray[np.float64]:
    a, b = base.astype(np.float64), model.astype(np.float64)
    cosine = np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
    if abs(cosine) > 0.9995:
        return np.asarray((1 - t) * a + t * b)
    omega = np.arccos(cosine)
    merged: NDArray[np.float64] = (np.sin((1 - t) * omega) * a + np.sin(t * omega) * b) / np.sin(omega)
    return merged


@pytest.mark.parametrize("distance", [0.001, 0.3, 5.0])
@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.9])
def test_it_equals_the_formula_near_and_far(distance: float, t: float) -> None:
    generator = np.random.default_rng(1)
    base = generator.standard_normal((300, 400)).astype(np.float32)
    model = (base + distance * generator.standard_normal(base.shape)).astype(np.float32)
    merged = merge_arrays(lambda parents: slerp_tensor(parents, [t]), base, [model])
    np.testing.assert_allclose(merged, reference(base, model, t), rtol=2e-6, atol=2e-6)


@given(seed=st.integers(0, 1000), t=st.sampled_from([0.0, 1.0]))
def test_the_ends_are_the_parents_bit_for_bit(seed: int, t: float) -> None:
    generator = np.random.default_rng(seed)
    base, model = generator.standard_normal((2, 50)).astype(np.float32)
    model[:3] = [-0.0, 1e-30, 1e30]
    merged = merge_arrays(lambda parents: slerp_tensor(parents, [t]), base, [model])
    assert merged.tobytes() == (model if t else base).tobytes()


@given(seed=st.integers(0, 1000), t=st.floats(0.01, 0.99))
def test_exchanging_the_parents_exchanges_the_shares(seed: int, t: float) -> None:
    one, other = np.random.default_rng(seed).standard_normal((2, 60)).astype(np.float32)
    forth = merge_arrays(lambda parents: slerp_tensor(parents, [t]), one, [other])
    back = merge_arrays(lambda parents: slerp_tensor(parents, [1 - t]), other, [one])
    np.testing.assert_allclose(forth, back, rtol=1e-4, atol=1e-5)


def test_a_zero_tensor_is_merged_on_the_line() -> None:
    model = np.arange(1, 5, dtype=np.float32)
    merged = merge_arrays(lambda parents: slerp_tensor(parents, [0.25]), np.zeros(4, np.float32), [model])
    np.testing.assert_array_equal(merged, 0.25 * model)


def test_opposite_parents_do_not_blow_up() -> None:
    base = np.arange(1, 9, dtype=np.float32)
    merged = merge_arrays(lambda parents: slerp_tensor(parents, [0.5]), base, [-base])
    np.testing.assert_array_equal(merged, np.zeros(8))


def test_the_kind_writes_a_model_and_says_how_much_left_the_line(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    out = slerp(out=tmp_path / "out", base=base, models=[expert], t=0.25)
    ours, theirs, merged = read_tensors(base), read_tensors(expert), read_tensors(out)
    assert merged.keys() == ours.keys()
    for name, values in merged.items():
        expected = reference(ours[name], theirs[name], 0.25)
        np.testing.assert_allclose(values, expected, rtol=2**-8, atol=1e-6)
    for name in ("config.json", "tokenizer.json", "generation_config.json", "chat_template.jinja"):
        assert (out / name).read_bytes() == (base / name).read_bytes()


@given(seed=st.integers(0, 1000), t=st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=2, max_size=4))
def test_several_models_are_merged_in_one_after_the_other(seed: int, t: list[float]) -> None:
    base, *models = np.random.default_rng(seed).standard_normal((len(t) + 1, 8, 9)).astype(np.float32)
    merged = merge_arrays(lambda parents: slerp_tensor(parents, t), base, models)
    expected: NDArray[np.float64] = base.astype(np.float64)
    for share, model in zip(t, models, strict=True):
        expected = reference(expected, model, share)
    np.testing.assert_allclose(merged, expected, rtol=1e-4, atol=1e-5)


def test_a_share_outside_zero_to_one_is_refused(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(UserError, match=r"merge\.slerp\.t"):
        slerp(out=tmp_path / "out", base=base, models=experts, t=1.3)


def test_what_left_the_line_is_counted() -> None:
    near = Parents("x", MemoryTensor(np.ones(8, np.float32)), [MemoryTensor(np.ones(8, np.float32))])
    far = Parents("x", MemoryTensor(np.eye(1, 8, 0, dtype=np.float32)), [MemoryTensor(np.ones((1, 8), np.float32))])
    for parents, expected in ((near, 0), (far, 8)):
        list(slerp_tensor(parents, [0.5]))
        assert parents.counts["off the line", 0] == expected
