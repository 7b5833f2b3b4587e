"""Linear, model stock and karcher against their formulas in double precision."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_parents import random_tensors, read_tensors, write_family, write_model

from polyclinic.errors import UserError
from polyclinic.merge import karcher, linear, model_stock
from polyclinic.merge.blocks import merge_arrays
from polyclinic.merge.karcher import karcher_tensor
from polyclinic.merge.linear import linear_tensor
from polyclinic.merge.model_stock import model_stock_tensor


def parents(seed: int, count: int, distance: float = 0.5) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    generator = np.random.default_rng(seed)
    base = generator.standard_normal((12, 17)).astype(np.float32)
    return base, [(base + distance * generator.standard_normal(base.shape)).astype(np.float32) for _ in range(count)]


@given(seed=st.integers(0, 1000), weights=st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=5))
def test_linear_equals_the_formula(seed: int, weights: list[float]) -> None:
    base, models = parents(seed, len(weights))
    merged = merge_arrays(lambda tensor: linear_tensor(tensor, weights), base, models)
    expected = sum(w * m.astype(np.float64) for w, m in zip(weights, models, strict=True))
    np.testing.assert_allclose(merged, expected, rtol=1e-5, atol=1e-5)


def test_linear_takes_nothing_of_the_bases_weights(tmp_path: Path) -> None:
    _, experts = write_family(tmp_path, 2)
    other = write_model(tmp_path / "other", random_tensors(77))
    out = linear(out=tmp_path / "out", base=other, models=experts, weights=[3, 1])
    one, two = (read_tensors(folder) for folder in experts)
    for name, values in read_tensors(out).items():
        np.testing.assert_allclose(values, 0.75 * one[name] + 0.25 * two[name], rtol=2**-8, atol=1e-6)


@given(seed=st.integers(0, 300), count=st.integers(2, 4), distance=st.sampled_from([0.01, 1.0]))
def test_model_stock_equals_the_formula(seed: int, count: int, distance: float) -> None:
    base, models = parents(seed, count, distance)
    deltas = [m.astype(np.float64) - base for m in models]
    cosine = np.mean([np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)) for a, b in combinations(deltas, 2)])
    for flavour, used in (("paper", max(0.0, float(cosine))), ("mergekit", float(cosine))):
        share = count * used / (1 + (count - 1) * used)
        mean = sum(m.astype(np.float64) for m in models) / count
        merged = merge_arrays(lambda tensor, f=flavour: model_stock_tensor(tensor, f), base, models)  # type: ignore[misc]
        np.testing.assert_allclose(merged, share * mean + (1 - share) * base, rtol=1e-4, atol=1e-4)


def test_model_stock_of_equal_models_is_the_model_and_of_opposite_ones_the_base() -> None:
    base, (model,) = parents(1, 1)
    same = merge_arrays(lambda tensor: model_stock_tensor(tensor), base, [model, model])
    np.testing.assert_allclose(same, model, rtol=1e-5, atol=1e-5)
    opposite = merge_arrays(lambda tensor: model_stock_tensor(tensor), base, [model, (2 * base - model)])
    np.testing.assert_array_equal(opposite, base)
    frozen = merge_arrays(lambda tensor: model_stock_tensor(tensor), base, [base, base])
    np.testing.assert_array_equal(frozen, base)


def test_model_stock_wants_two_models(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(UserError, match=r"merge\.model_stock\.models"):
        model_stock(out=tmp_path / "out", base=base, models=experts)


def karcher_reference(models: list[NDArray[Any]], weights: list[float]) -> NDArray[np.float64]:
    flat = [m.astype(np.float64).reshape(-1) for m in models]
    norms = [np.linalg.norm(f) for f in flat]
    units = [f / n for f, n in zip(flat, norms, strict=True)]
    point: NDArray[np.float64] = np.sum([w * u for w, u in zip(weights, units, strict=True)], axis=0)
    point /= np.linalg.norm(point)
    for _ in range(10):
        pull = np.zeros_like(point)
        for weight, unit in zip(weights, units, strict=True):
            theta = np.arccos(np.clip(point @ unit, -1, 1))
            if theta > 1e-6:
                pull += weight * theta / np.sin(theta) * (unit - np.cos(theta) * point)
        size = np.linalg.norm(pull)
        if size < 1e-5:
            break
        point = np.cos(size) * point + np.sin(size) / size * pull
    point *= np.dot(weights, norms)
    return point.reshape(models[0].shape)


@given(seed=st.integers(0, 300), count=st.integers(1, 4), distance=st.sampled_from([0.05, 2.0]))
def test_karcher_equals_the_formula(seed: int, count: int, distance: float) -> None:
    base, models = parents(seed, count, distance)
    weights = [w / sum(range(1, count + 1)) for w in range(1, count + 1)]
    merged = merge_arrays(lambda tensor: karcher_tensor(tensor, weights), base, models)
    np.testing.assert_allclose(merged, karcher_reference(models, weights), rtol=1e-4, atol=1e-4)


@given(seed=st.integers(0, 300))
def test_the_order_of_the_models_does_not_matter(seed: int) -> None:
    base, models = parents(seed, 3)
    for method in (
        lambda tensor: linear_tensor(tensor, [1 / 3] * 3),
        lambda tensor: karcher_tensor(tensor, [1 / 3] * 3),
        lambda tensor: model_stock_tensor(tensor),
    ):
        one, other = (merge_arrays(method, base, order) for order in (models, models[::-1]))
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_karcher_stands_zero_tensors_and_opposite_models(tmp_path: Path) -> None:
    base, (model,) = parents(3, 1)
    zero = np.zeros_like(base)
    half = merge_arrays(lambda tensor: karcher_tensor(tensor, [0.5, 0.5]), base, [zero, model])
    np.testing.assert_allclose(half, model, rtol=1e-5)
    nothing = merge_arrays(lambda tensor: karcher_tensor(tensor, [0.5, 0.5]), base, [zero, zero])
    np.testing.assert_array_equal(nothing, zero)
    opposite = merge_arrays(lambda tensor: karcher_tensor(tensor, [0.5, 0.5]), base, [model, -model])
    assert np.isfinite(opposite).all()
    folder, experts = write_family(tmp_path, 3)
    karcher(out=tmp_path / "out", base=folder, models=experts)
