"""The exact n-th magnitude from a stream equals a full sort, whatever the sample says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.merge import selection
from polyclinic.merge.blocks import Parents
from polyclinic.merge.numbers import Float32
from polyclinic.merge.selection import Chosen, Part, find_cuts, largest
from polyclinic.merge.weights import MemoryTensor


def chosen_by_sorting(magnitude: Float32, count: int) -> set[int]:
    return set(np.lexsort((np.arange(magnitude.size), -magnitude))[:count].tolist())


def chosen_by_stream(magnitude: Float32, count: int, sample: Float32, step: int) -> set[int]:
    def blocks() -> Iterator[list[Float32]]:
        for start in range(0, magnitude.size, step):
            yield [magnitude[start : start + step]]

    part = Part(blocks, magnitude.size, [sample] if sample.size else [])
    (((cut,),),) = find_cuts([part], [[count]])
    state = Chosen(cut)
    return set(np.flatnonzero(np.concatenate([state.mask(block) for (block,) in blocks()])).tolist())


@given(
    values=st.lists(st.floats(0, 2.0**100, width=32) | st.integers(0, 4).map(float), min_size=1, max_size=60),
    share=st.floats(0, 1),
    sample=st.lists(st.floats(0, 2.0**100, width=32), max_size=4),
    step=st.integers(1, 20),
)
def test_the_chosen_are_those_of_a_stable_sort(
    values: list[float], share: float, sample: list[float], step: int
) -> None:
    magnitude = np.array(values, np.float32)
    count = round(share * magnitude.size)
    found = chosen_by_stream(magnitude, count, np.array(sample, np.float32), step)
    assert found == chosen_by_sorting(magnitude, count)


def test_a_sample_that_misleads_only_costs_time() -> None:
    magnitude = np.random.default_rng(0).random(10_000).astype(np.float32)
    for sample in (np.full(100, 5, np.float32), np.zeros(100, np.float32)):
        assert chosen_by_stream(magnitude, 1234, sample, 999) == chosen_by_sorting(magnitude, 1234)


def test_more_equal_magnitudes_than_are_held_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "HELD", 50)
    magnitude = np.random.default_rng(1).integers(0, 5, 5000).astype(np.float32)
    for count in (1, 700, 2500, 4999):
        found = chosen_by_stream(magnitude, count, np.empty(0, np.float32), 64)
        assert found == chosen_by_sorting(magnitude, count)


@pytest.mark.parametrize("coarse", [False, True])
def test_a_tensor_larger_than_the_sample_is_cut_exactly(coarse: bool) -> None:
    generator = np.random.default_rng(2)
    # Half of the rows are far larger than the others, so pieces of it differ.
    delta = generator.standard_normal((700, 1000)) * np.where(np.arange(700) < 350, 1, 30)[:, None]
    values = (np.round(delta * 4) / 4 if coarse else delta).astype(np.float32)
    parents = Parents("x", MemoryTensor(np.zeros(values.shape, np.float32)), [MemoryTensor(values)])
    counts = [3, 70_000, 350_000, 699_999]
    magnitude = np.abs(values).reshape(-1)
    for count, cut in zip(counts, largest(parents, [counts])[0], strict=True):
        found = Chosen(cut).mask(magnitude)
        assert set(np.flatnonzero(found).tolist()) == chosen_by_sorting(magnitude, count)


@given(
    values=st.lists(st.integers(0, 6).map(float), min_size=2, max_size=60),
    share=st.floats(0, 1),
    where=st.floats(0, 1),
)
def test_parts_share_the_entries_of_one_order(values: list[float], share: float, where: float) -> None:
    magnitude = np.array(values, np.float32)
    count, middle = round(share * magnitude.size), round(where * magnitude.size)
    pieces = [magnitude[:middle], magnitude[middle:]]
    parts = [Part(lambda piece=piece: iter([[piece]]), piece.size) for piece in pieces]  # type: ignore[misc]
    cuts = find_cuts(parts, [[count]])
    masks = [Chosen(cut).mask(piece) for ((cut,),), piece in zip(cuts, pieces, strict=True)]
    assert set(np.flatnonzero(np.concatenate(masks)).tolist()) == chosen_by_sorting(magnitude, count)
