"""TIES and the election of signs against plain references in double precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_parents import SHAPES, random_tensors, read_tensors, write_family, write_model

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import breadcrumbs_ties, task_arithmetic, ties
from polyclinic.merge.blocks import merge_arrays
from polyclinic.merge.breadcrumbs_ties import breadcrumbs_ties_tensor
from polyclinic.merge.ties import tensor_cuts, ties_tensor

Doubles = NDArray[np.float64]


def keep_largest(delta: Doubles, count: int) -> Doubles:
    order = np.lexsort((np.arange(delta.size), -np.abs(delta)))[:count]
    kept = np.zeros_like(delta)
    kept[order] = delta[order]
    return kept


def elect(deltas: list[Doubles], weights: list[float], normalize: bool, weighted: bool, zero: float) -> Doubles:
    votes = [w * d if weighted else d for w, d in zip(weights, deltas, strict=True)]
    elected = np.sign(np.sum(votes, axis=0))
    elected[elected == 0] = zero
    total, divisor = np.zeros_like(deltas[0]), np.zeros_like(deltas[0])
    for weight, delta, vote in zip(weights, deltas, votes, strict=True):
        agrees = (np.sign(vote) == elected) & (vote != 0)
        total += np.where(agrees, weight * delta, 0)
        divisor += np.where(agrees, weight, 0)
    return total / np.where(divisor == 0, 1, divisor) if normalize else total


def arrays(seed: int, count: int, coarse: bool) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    made = np.random.default_rng(seed).standard_normal((count + 1, 10, 13)).astype(np.float32)
    if coarse:  # many equal magnitudes, many votes of zero
        made = np.round(made).astype(np.float32)
    return made[0], list(made[1:])


@settings(deadline=None)
@given(
    seed=st.integers(0, 1000),
    count=st.integers(1, 4),
    density=st.floats(0, 1),
    normalize=st.booleans(),
    coarse=st.booleans(),
    equal=st.booleans(),
)
def test_ties_within_a_tensor_equals_the_formula(
    seed: int, count: int, density: float, normalize: bool, coarse: bool, equal: bool
) -> None:
    base, models = arrays(seed, count, coarse)
    weights = [0.75] * count if equal else [0.5, 1.0, 2.0, 0.25][:count]
    kept = max(1, int(density * base.size))
    deltas = [keep_largest((m - base).reshape(-1).astype(np.float64), kept) for m in models]

    def both(flavour: Any, weighted: bool) -> tuple[NDArray[np.float32], Doubles]:
        merged = merge_arrays(
            lambda parents: ties_tensor(
                parents, weights, tensor_cuts(parents, [density] * count), 0.5, normalize, flavour
            ),
            base,
            models,
        )
        expected = 0.5 * elect(deltas, weights, normalize, weighted, 1.0)
        return merged, base + expected.reshape(base.shape)

    for flavour, weighted in (("paper", False), ("mergekit", True)):
        merged, expected = both(flavour, weighted)
        np.testing.assert_allclose(merged, expected, rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(seed=st.integers(0, 300))
def test_the_order_of_the_models_does_not_matter(seed: int) -> None:
    base, models = arrays(seed, 3, coarse=False)
    one, other = (
        merge_arrays(lambda parents: ties_tensor(parents, [1.0] * 3, tensor_cuts(parents, [0.4] * 3)), base, order)
        for order in (models, models[::-1])
    )
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_one_expert_kept_whole_comes_back() -> None:
    base, (model,) = arrays(4, 1, coarse=False)
    merged = merge_arrays(lambda parents: ties_tensor(parents, [1.0], tensor_cuts(parents, [1.0])), base, [model])
    np.testing.assert_allclose(merged, model, rtol=1e-6, atol=1e-6)


def whole_model(
    folders: list[Path], base: Path, density: float, weights: list[float]
) -> dict[str, NDArray[np.float64]]:
    """The paper's TIES over the flattened models, tensors in the order of their names."""
    ours = read_tensors(base)
    names = sorted(ours)
    flat = [np.concatenate([read_tensors(f)[n].reshape(-1) for n in names]) for f in [base, *folders]]
    start = flat[0].astype(np.float64)
    kept = max(1, int(density * start.size))
    deltas = [keep_largest((f - flat[0]).astype(np.float64), kept) for f in flat[1:]]
    majority = float(np.sign(np.sum(np.sign(np.sum(deltas, axis=0)))))
    merged = start + elect(deltas, weights, True, False, majority)
    ends = np.cumsum([ours[n].size for n in names])
    return {n: m.reshape(ours[n].shape) for n, m in zip(names, np.split(merged, ends[:-1]), strict=True)}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("coarse", [False, True])
def test_the_papers_cut_goes_through_the_whole_model(tmp_path: Path, sign: int, coarse: bool) -> None:
    generator = np.random.default_rng(9)
    base = {name: np.round(4 * values) / 4 for name, values in random_tensors(0).items()}
    folders = []
    for index in range(4):
        tensors = {}
        for place, (name, shape) in enumerate(SHAPES.items()):
            delta = (1 + place) * 0.1 * (generator.standard_normal(shape) + 0.2 * sign)
            delta = np.round(4 * delta) / 4 if coarse else delta
            tensors[name] = (base[name] + delta).astype(np.float32)
        folders.append(write_model(tmp_path / f"expert{index}", tensors, "F32"))
    origin = write_model(tmp_path / "base", {n: v.astype(np.float32) for n, v in base.items()}, "F32")
    weights = [1.0, 1.0, 2.0, 0.5]
    out = ties(out=tmp_path / "out", base=origin, models=folders, density=0.3, weights=weights)
    merged = read_tensors(out)
    for name, expected in whole_model(folders, origin, 0.3, weights).items():
        np.testing.assert_allclose(merged[name], expected, rtol=1e-5, atol=1e-5)


def test_ties_tells_what_was_kept_cut_and_overruled(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 3)
    manifest = read_manifest(ties(out=tmp_path / "out", base=base, models=experts, density=0.5, flavour="mergekit"))
    assert manifest is not None
    layer = manifest.facts["layers"]["layer 0"]
    for name in ("expert0", "expert1", "expert2"):
        assert layer["kept"][name] == pytest.approx(0.5, abs=0.01)
        assert layer["cut_small"][name] == pytest.approx(0.5, abs=0.01)
        assert 0 < layer["overruled"][name] < 0.25


@pytest.mark.parametrize("flavour", ["paper", "mergekit"])
def test_threads_do_not_change_a_byte(tmp_path: Path, flavour: str) -> None:
    base, experts = write_family(tmp_path, 3)
    one, four = (
        ties(out=tmp_path / f"{threads}", base=base, models=experts, flavour=flavour, threads=threads)
        for threads in (1, 4)
    )
    assert (one / "model.safetensors").read_bytes() == (four / "model.safetensors").read_bytes()


def test_a_density_above_one_is_refused(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(UserError, match=r"merge\.ties\.density: expected shares from 0 to 1, found 1\.3"):
        ties(out=tmp_path / "out", base=base, models=experts, density=1.3)


@settings(deadline=None)
@given(seed=st.integers(0, 500), count=st.integers(1, 3), normalize=st.booleans(), coarse=st.booleans())
def test_breadcrumbs_ties_equals_the_formula(seed: int, count: int, normalize: bool, coarse: bool) -> None:
    base, models = arrays(seed, count, coarse)
    weights, density, gamma = [0.5, 1.0, 2.0][:count], 0.6, 0.15
    deltas = []
    for model in models:
        flat = (model - base).reshape(-1).astype(np.float64)
        top = int(gamma * flat.size)
        deltas.append(keep_largest(flat, top + int(density * flat.size)) - keep_largest(flat, top))
    merged = merge_arrays(
        lambda parents: breadcrumbs_ties_tensor(
            parents, weights, [density] * count, [gamma] * count, normalize=normalize, flavour="mergekit"
        ),
        base,
        models,
    )
    expected = base + elect(deltas, weights, normalize, True, 1.0).reshape(base.shape)
    np.testing.assert_allclose(merged, expected, rtol=1e-5, atol=1e-5)


def test_mediphis_published_settings_run_in_the_mergekit_flavour(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    settings = {"density": 0.4936, "gamma": 1.672, "weights": 0.0635}
    with pytest.raises(UserError, match="gamma"):
        breadcrumbs_ties(out=tmp_path / "out", base=base, models=experts, **settings)  # type: ignore[arg-type]
    breadcrumbs_ties(out=tmp_path / "out", base=base, models=experts, flavour="mergekit", **settings)  # type: ignore[arg-type]


def test_the_model_card_shows_what_became_of_each_delta_by_layer(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    out = ties(out=tmp_path / "out", base=base, models=experts, density=0.25, flavour="mergekit")
    card = (out / "README.md").read_text()
    assert "| | cut small: expert0 | cut small: expert1 | kept: expert0 | kept: expert1 | overruled: expert0" in card
    assert "| layer 1 | 75.0 | 75.0 | 25.0 | 25.0 |" in card
    assert "![What became of each parent's delta, by layer](layers.svg)" in card
    picture = (out / "layers.svg").read_text()
    manifest = read_manifest(out)
    assert manifest is not None
    layer = {fate: shares["expert0"] for fate, shares in manifest.facts["layers"]["layer 1"].items()}
    assert layer["cut_small"] == 0.75
    agreed, overruled = (100 * share for share in (layer["kept"] - layer["overruled"], layer["overruled"]))
    said = f"kept {agreed:.1f}%, overruled by sign {overruled:.1f}%, cut as too small 75.0%"
    assert f"layer 1, expert0: {said}" in picture
    plain = task_arithmetic(out=tmp_path / "plain", base=base, models=experts)
    assert not (plain / "layers.svg").exists()
    assert "layers.svg" not in (plain / "README.md").read_text()
