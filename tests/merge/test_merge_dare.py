"""DARE: what is dropped is random but decided by the seed, and what is kept is rescaled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_parents import write_family

from polyclinic.merge import blocks, dare_linear, dare_ties
from polyclinic.merge.blocks import merge_arrays
from polyclinic.merge.dare_linear import dare_linear_tensor, kept_of_65536
from polyclinic.merge.dare_ties import dare_ties_tensor
from polyclinic.merge.dropout import key_of, random_bits


@given(start=st.integers(0, 10_000), count=st.integers(0, 300), key=st.integers(0, 2**64 - 1))
def test_the_bits_depend_on_key_and_position_alone(start: int, count: int, key: int) -> None:
    whole = random_bits(key, 0, start + count)
    np.testing.assert_array_equal(random_bits(key, start, count), whole[start:])


def test_the_bits_are_uniform_and_the_streams_of_keys_unrelated() -> None:
    one, other = (random_bits(key_of(0, "a.weight", model), 0, 1 << 20) for model in (0, 1))
    counts = np.bincount(one >> 8, minlength=256)
    assert ((counts - 4096) ** 2 / 4096).sum() < 400  # chi-square with 255 degrees of freedom
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.005
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.005


def test_splitmix_gives_the_published_numbers() -> None:
    # First outputs of splitmix64 with the state 1234567.
    words = random_bits(1234567, 0, 8).view(np.uint64)
    assert words.tolist() == [6457827717110365317, 3203168211198807973]


@pytest.mark.parametrize("density", [0.3, 0.5, 0.999])
def test_the_kept_share_and_the_scale_are_those_of_the_paper(density: float) -> None:
    generator = np.random.default_rng(0)
    base = generator.standard_normal((300, 700)).astype(np.float32)
    model = base + generator.standard_normal(base.shape).astype(np.float32)
    merged = merge_arrays(lambda parents: dare_linear_tensor(parents, [1.0], [density], 7), base, [model])
    kept = merged != base
    assert abs(kept.mean() - density) < 0.005
    np.testing.assert_allclose((merged - base)[kept], ((model - base) / density)[kept], rtol=1e-3, atol=1e-5)


def test_the_mergekit_flavour_keeps_the_sum_of_magnitudes() -> None:
    generator = np.random.default_rng(0)
    base = np.zeros((300, 700), np.float32)
    model = generator.standard_normal(base.shape).astype(np.float32)
    merged = merge_arrays(
        lambda parents: dare_linear_tensor(parents, [1.0], [0.4], 7, flavour="mergekit"), base, [model]
    )
    np.testing.assert_allclose(np.abs(merged).sum(dtype=np.float64), np.abs(model).sum(dtype=np.float64), rtol=1e-4)


def test_a_density_near_one_is_not_rounded_to_one_and_one_keeps_all() -> None:
    assert kept_of_65536(0.999) == 65_470
    assert kept_of_65536(1.0) == 65_536
    assert kept_of_65536(1e-9) == 1
    assert kept_of_65536(0.0) == 0


def test_the_size_of_blocks_does_not_change_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    base, *models = np.random.default_rng(1).standard_normal((4, 333, 401)).astype(np.float32)
    results = []
    for size in (65_536, 4096, 1001):
        monkeypatch.setattr(blocks, "BLOCK", size)
        results.append(
            merge_arrays(lambda parents: dare_ties_tensor(parents, [0.5] * 3, [0.3] * 3, 5), base, models).tobytes()
        )
    assert len(set(results)) == 1


def test_dare_ties_with_all_kept_adds_what_agrees() -> None:
    base = np.zeros(4, np.float32)
    models = [np.array(v, np.float32) for v in ([1, 1, -1, 0], [2, -3, -1, 0])]
    summed = merge_arrays(lambda parents: dare_ties_tensor(parents, [1.0] * 2, [1.0] * 2, 0), base, models)
    np.testing.assert_array_equal(summed, [3, -3, -2, 0])
    mean = merge_arrays(
        lambda parents: dare_ties_tensor(parents, [1.0] * 2, [1.0] * 2, 0, normalize=True), base, models
    )
    np.testing.assert_array_equal(mean, [1.5, -3, -1, 0])


def test_the_seed_decides(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)

    def weights(name: str, seed: int, threads: int = 1) -> bytes:
        made = dare_linear(out=tmp_path / name, seed=seed, base=base, models=experts, density=0.5, threads=threads)
        return (made / "model.safetensors").read_bytes()

    first = weights("a", 1)
    assert first == weights("b", 1, threads=3)
    assert first != weights("c", 2)
    dare_ties(out=tmp_path / "d", base=base, models=experts, flavour="mergekit", normalize=True)
