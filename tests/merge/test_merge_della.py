"""DELLA: chances by rank within a row, and what becomes of what is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_parents import write_family

from polyclinic.errors import UserError
from polyclinic.merge import blocks, della, della_linear, della_ties
from polyclinic.merge.blocks import merge_arrays
from polyclinic.merge.della import della_tensor, ranks, row_chances
from polyclinic.merge.della_linear import della_linear_tensor
from polyclinic.merge.della_ties import della_ties_tensor
from polyclinic.merge.dropout import key_of, random_bits


@given(rows=st.integers(1, 5), length=st.integers(1, 40), seed=st.integers(0, 1000), coarse=st.booleans())
def test_ranks_are_those_of_a_sort_in_which_lower_indices_are_larger(
    rows: int, length: int, seed: int, coarse: bool
) -> None:
    magnitude = np.abs(np.random.default_rng(seed).standard_normal((rows, length))).astype(np.float32)
    if coarse:
        magnitude = np.round(magnitude)
    found = ranks(magnitude)
    for row, given_ranks in zip(magnitude, found, strict=True):
        order = np.lexsort((-np.arange(length), row))
        assert given_ranks[order].tolist() == list(range(length))


def pruned(delta: NDArray[np.float64], density: float, epsilon: float, model: int, seed: int) -> NDArray[np.float64]:
    """MagPrune from its formula, entry by entry."""
    rows, length = delta.shape
    bits = random_bits(key_of(seed, "tensor", model), 0, delta.size).reshape(delta.shape)
    kept = np.zeros_like(delta)
    for row in range(rows):
        order = np.lexsort((-np.arange(length), np.abs(delta[row])))
        for rank, column in enumerate(order):
            chance = density
            if length > 1:
                chance = density - epsilon + 2 * epsilon * rank / (length - 1)
            if bits[row, column] / 65536 < np.float32(chance):
                kept[row, column] = delta[row, column] / chance
    return kept


@given(seed=st.integers(0, 200), length=st.sampled_from([1, 2, 13]), density=st.sampled_from([0.2, 0.5, 0.85]))
def test_della_linear_equals_the_formula(seed: int, length: int, density: float) -> None:
    base, *models = np.random.default_rng(seed).standard_normal((3, 6, length)).astype(np.float32)
    merged = merge_arrays(
        lambda parents: della_linear_tensor(parents, [0.5, 2.0], [density] * 2, [0.15] * 2, seed), base, models
    )
    expected = base.astype(np.float64)
    for model, (weight, values) in enumerate(zip([0.5, 2.0], models, strict=True)):
        expected = expected + weight * pruned((values - base).astype(np.float64), density, 0.15, model, seed)
    np.testing.assert_allclose(merged, expected, rtol=1e-4, atol=1e-4)


def test_large_entries_are_kept_more_often_and_the_mean_is_the_density() -> None:
    delta = np.abs(np.random.default_rng(0).standard_normal((500, 400))).astype(np.float32) + 0.1
    merged = merge_arrays(
        lambda parents: della_linear_tensor(parents, [1.0], [0.4], [0.2], 3), np.zeros_like(delta), [delta]
    )
    kept = merged != 0
    assert abs(kept.mean() - 0.4) < 0.005
    largest = ranks(delta) >= 360
    assert abs(kept[largest].mean() - 0.58) < 0.02
    assert abs(merged.mean() / delta.mean() - 1) < 0.02  # dividing by the chance keeps the mean


def test_the_mergekit_flavour_keeps_the_sum_of_magnitudes() -> None:
    delta = np.random.default_rng(0).standard_normal((50, 400)).astype(np.float32)
    merged = merge_arrays(
        lambda parents: della_linear_tensor(parents, [1.0], [0.4], [0.2], 3, flavour="mergekit"),
        np.zeros_like(delta),
        [delta],
    )
    np.testing.assert_allclose(np.abs(merged).sum(dtype=float), np.abs(delta).sum(dtype=float), rtol=1e-4)


def test_with_everything_kept_it_is_an_election() -> None:
    base = np.zeros((1, 4), np.float32)
    models = [np.array([v], np.float32) for v in ([1, 1, -1, 0], [2, -3, -1, 0])]
    merged = merge_arrays(lambda parents: della_tensor(parents, [1.0] * 2, [1.0] * 2, [0.1] * 2, 0), base, models)
    np.testing.assert_array_equal(merged, [[1.5, -3, -1, 0]])


def test_weights_vote_in_della_and_do_not_in_della_ties() -> None:
    base = np.zeros((1, 1), np.float32)
    models = [np.array([[1.0]], np.float32), np.array([[-1.5]], np.float32)]
    for method, expected in ((della_tensor, 1.0), (della_ties_tensor, -1.5)):
        merged = merge_arrays(lambda parents, m=method: m(parents, [2.0, 1.0], [1.0] * 2, [0.0] * 2, 0), base, models)  # type: ignore[misc]
        assert merged.item() == expected


def test_the_size_of_blocks_does_not_change_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    base, *models = np.random.default_rng(1).standard_normal((3, 333, 57)).astype(np.float32)
    results = []
    for size in (65_536, 4096, 31):
        monkeypatch.setattr(blocks, "BLOCK", size)
        results.append(
            merge_arrays(lambda parents: della_tensor(parents, [0.5] * 2, [0.3] * 2, [0.1] * 2, 5), base, models)
        )
    assert len({result.tobytes() for result in results}) == 1


def test_a_single_column_keeps_its_entries_with_the_chance_of_the_density() -> None:
    assert row_chances(1, 0.3, 0.1).tolist() == pytest.approx([0.3])
    delta = np.ones((100_000, 1), np.float32)
    merged = merge_arrays(
        lambda parents: della_linear_tensor(parents, [1.0], [0.3], [0.1], 3), np.zeros_like(delta), [delta]
    )
    assert abs((merged != 0).mean() - 0.3) < 0.01


def test_an_epsilon_that_gives_no_chances_is_refused(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 1)
    with pytest.raises(
        UserError, match=r"merge\.della: epsilon .* from -0\.05 to 0\.25; epsilon can be at most 0\.1"
    ):
        della(out=tmp_path / "out", base=base, models=experts, density=0.1)


@pytest.mark.parametrize("kind", [della, della_linear, della_ties])
@pytest.mark.parametrize("flavour", ["paper", "mergekit"])
def test_the_kinds_make_models(tmp_path: Path, kind, flavour: str) -> None:  # type: ignore[no-untyped-def]
    base, experts = write_family(tmp_path, 2)
    kind(out=tmp_path / "out", base=base, models=experts, flavour=flavour, seed=3)
