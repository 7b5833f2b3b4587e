"""Breadcrumbs against a plain reference, and the traps of density and gamma."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_parents import read_tensors, write_family

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import breadcrumbs
from polyclinic.merge.blocks import Parents, merge_arrays
from polyclinic.merge.breadcrumbs import BreadcrumbsSettings, breadcrumbs_tensor
from polyclinic.merge.numbers import Float32
from polyclinic.merge.row_selection import between_ranks
from polyclinic.merge.settings import Flavour
from polyclinic.merge.weights import MemoryTensor


def middle(entries: NDArray[np.float64], density: float, gamma: float) -> NDArray[np.float64]:
    """Return the entries with the largest and the smallest set to 0, by a full sort."""
    largest_first = np.lexsort((np.arange(entries.size), -np.abs(entries)))
    kept, top = int(density * entries.size), int(gamma * entries.size)
    bottom = max(0, entries.size - kept - top)
    chosen = largest_first[entries.size - bottom - kept : entries.size - bottom]
    result = np.zeros_like(entries)
    result[chosen] = entries[chosen]
    return result


def masked(
    delta: NDArray[np.float64], density: float, gamma: float, flavour: Flavour = "paper"
) -> NDArray[np.float64]:
    rows = delta.reshape(-1, delta.shape[-1]) if flavour == "paper" and delta.shape[-1] > 1 else delta.reshape(1, -1)
    return np.stack([middle(row, density, gamma) for row in rows]).reshape(delta.shape)


def reference(
    base: Float32, models: list[Float32], weights: list[float], density: float, gamma: float, flavour: Flavour
) -> NDArray[np.float64]:
    merged = base.astype(np.float64)
    for weight, model in zip(weights, models, strict=True):
        merged = merged + weight * masked((model - base).astype(np.float64), density, gamma, flavour)
    return merged


@given(
    seed=st.integers(0, 1000),
    density=st.floats(0, 1),
    share_of_the_rest=st.floats(0, 1),
    coarse=st.booleans(),
    count=st.integers(1, 3),
    shape=st.sampled_from([(9, 13), (3, 4, 5), (31,), (17, 1), (1, 1)]),
    flavour=st.sampled_from(["paper", "mergekit"]),
)
def test_it_equals_the_formula(
    seed: int,
    density: float,
    share_of_the_rest: float,
    coarse: bool,
    count: int,
    shape: tuple[int, ...],
    flavour: Flavour,
) -> None:
    gamma = (1 - density) * share_of_the_rest
    arrays = np.random.default_rng(seed).standard_normal((count + 1, *shape)).astype(np.float32)
    if coarse:  # many equal magnitudes
        arrays = np.round(arrays).astype(np.float32)
    base, *models = arrays
    weights = [0.5, -1.0, 2.0][:count]
    merged = merge_arrays(
        lambda parents: breadcrumbs_tensor(parents, weights, [density] * count, [gamma] * count, flavour=flavour),
        base,
        models,
    )
    expected = reference(base, models, weights, density, gamma, flavour)
    np.testing.assert_allclose(merged, expected, rtol=1e-5, atol=1e-5)


@given(seed=st.integers(0, 1000), columns=st.integers(1, 40), coarse=st.booleans(), data=st.data())
def test_the_entries_between_two_ranks_of_a_row_are_those_of_a_full_sort(
    seed: int, columns: int, coarse: bool, data: st.DataObject
) -> None:
    magnitude = np.abs(np.random.default_rng(seed).standard_normal((5, columns))).astype(np.float32)
    if coarse:
        magnitude = np.round(magnitude).astype(np.float32)
    first = data.draw(st.integers(0, columns))
    last = data.draw(st.integers(first, columns))
    found = between_ranks(magnitude, first, last)
    for row, chosen in zip(magnitude, found, strict=True):
        order = np.lexsort((np.arange(columns), -row))
        assert sorted(order[first:last]) == list(np.flatnonzero(chosen))


def test_the_paper_flavour_ranks_within_rows_and_the_other_within_the_tensor(tmp_path: Path) -> None:
    """Rows of another scale: by rows each keeps its share, by tensor the largest row keeps nearly all of its own."""
    base = np.zeros((4, 1000), np.float32)
    model = np.random.default_rng(3).standard_normal((4, 1000)).astype(np.float32)
    model *= np.array([[1.0], [10.0], [100.0], [1000.0]], np.float32)
    kept = {}
    for flavour in ("paper", "mergekit"):
        merged = merge_arrays(
            partial(breadcrumbs_tensor, weights=[1.0], density=[0.25], gamma=[0.0], flavour=flavour), base, [model]
        )
        kept[flavour] = np.count_nonzero(merged, axis=1).tolist()
    assert kept["paper"] == [250] * 4
    assert sum(kept["mergekit"]) == 1000
    assert kept["mergekit"][3] > 800


def test_a_tensor_without_dimension_keeps_its_delta() -> None:
    merged = merge_arrays(
        lambda parents: breadcrumbs_tensor(parents, [0.5], [0.1], [0.0]),
        np.array(1.0, np.float32),
        [np.array(3.0, np.float32)],
    )
    assert merged == 2.0


def test_a_gamma_of_zero_is_magnitude_pruning() -> None:
    base, model = np.random.default_rng(5).standard_normal((2, 1000)).astype(np.float32)
    merged = merge_arrays(lambda parents: breadcrumbs_tensor(parents, [1.0], [0.3], [0.0]), base, [model])
    delta = np.abs(model - base)
    kept = np.flatnonzero(merged != base)
    assert len(kept) == 300
    assert delta[kept].min() >= np.delete(delta, kept).max()


def test_a_gamma_of_less_than_one_entry_drops_none_and_never_the_whole_tensor() -> None:
    base, model = np.random.default_rng(6).standard_normal((2, 50)).astype(np.float32)
    with_tiny = merge_arrays(lambda parents: breadcrumbs_tensor(parents, [1.0], [0.5], [0.01]), base, [model])
    without = merge_arrays(lambda parents: breadcrumbs_tensor(parents, [1.0], [0.5], [0.0]), base, [model])
    np.testing.assert_array_equal(with_tiny, without)
    assert np.count_nonzero(with_tiny != base) == 25


def test_a_gamma_that_leaves_no_room_is_refused_with_an_explanation(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(
        UserError, match=r"merge\.breadcrumbs: gamma .*only the smallest.*at most 1 - density = 0\.5064"
    ):
        breadcrumbs(out=tmp_path / "out", base=base, models=experts, density=0.4936, gamma=1.672)


def test_the_mergekit_flavour_keeps_the_smallest_as_the_published_recipe_did() -> None:
    generator = np.random.default_rng(7)
    base = np.zeros(10_000, np.float32)
    model = generator.permutation(np.arange(1, 10_001)).astype(np.float32)
    merged = merge_arrays(
        lambda parents: breadcrumbs_tensor(parents, [1.0], [0.4936], [1.672], flavour="mergekit"), base, [model]
    )
    assert sorted(merged[merged != 0]) == list(range(1, 4937))


@pytest.mark.parametrize(("density", "gamma"), [(1.3, 0.0), (-0.1, 0.0), (0.5, -0.2)])
def test_shares_outside_zero_to_one_are_refused(tmp_path: Path, density: float, gamma: float) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(UserError, match=r"merge\.breadcrumbs\.(density|gamma): .*share"):
        breadcrumbs(out=tmp_path / "out", base=base, models=experts, density=density, gamma=gamma)


def test_a_gamma_that_just_fits_is_taken_despite_rounding() -> None:
    made = BreadcrumbsSettings(base=Path("b"), models=[Path("m")], density=[0.9], gamma=[0.1])
    assert made.gamma == [0.1]


def test_the_kind_tells_what_each_layer_kept_of_each_model(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    out = breadcrumbs(
        out=tmp_path / "out", base=base, models=experts, weights=[0.5, 0.25], density=[0.5, 0.25], gamma=0.125
    )
    manifest = read_manifest(out)
    assert manifest is not None
    layers = manifest.facts["layers"]
    assert list(layers) == ["layer 0", "layer 1", "outside the layers"]
    assert layers["layer 1"]["kept"] == {"expert0": 0.5, "expert1": 0.25}
    assert layers["layer 1"]["cut_large"] == {"expert0": 0.125, "expert1": 0.125}
    assert layers["layer 1"]["cut_small"] == {"expert0": 0.375, "expert1": 0.625}
    ours, parents = read_tensors(base), [read_tensors(folder) for folder in experts]
    for name, values in read_tensors(out).items():
        expected = ours[name].astype(np.float64)
        for weight, density, theirs in zip([0.5, 0.25], [0.5, 0.25], parents, strict=True):
            expected = expected + weight * masked((theirs[name] - ours[name]).astype(np.float64), density, 0.125)
        np.testing.assert_allclose(values, expected, rtol=2**-8, atol=1e-5)


@pytest.mark.parametrize("flavour", ["paper", "mergekit"])
def test_equal_magnitudes_are_kept_from_the_lowest_index_on(flavour: Flavour) -> None:
    base = np.zeros(200_000, np.float32)
    parents = Parents("x", MemoryTensor(base), [MemoryTensor(base + 1)])
    merged = np.concatenate(
        [block.copy() for block in breadcrumbs_tensor(parents, [1.0], [0.5], [0.25], flavour=flavour)]
    )
    np.testing.assert_array_equal(np.flatnonzero(merged), np.arange(50_000, 150_000))
