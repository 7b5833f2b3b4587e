from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.train.batches import (
    BatchPlan,
    KeyPlan,
    Packing,
    collate,
    pack_best_fit,
    split_span,
)
from polyclinic.train.token_rows import TokenColumns, TokenRows, read_token_rows, write_token_rows

PACKINGS: tuple[Packing, ...] = ("one_document", "best_fit", "wrapped")
lengths_of_documents = st.lists(st.integers(1, 70), min_size=1, max_size=60)


def rows_of(lengths: list[int]) -> TokenRows:
    return TokenRows(np.arange(sum(lengths), dtype=np.uint32), np.cumsum(lengths, dtype=np.int64))


def tokens_in(plan: BatchPlan, number: int) -> list[int]:
    return [t for batch in plan.epoch(number) for row in batch for start, stop in row for t in range(start, stop)]


@given(lengths_of_documents, st.integers(8, 32), st.integers(1, 9), st.sampled_from(PACKINGS))
def test_every_epoch_holds_every_token_once_in_rows_that_fit(
    lengths: list[int], max_length: int, batch_size: int, packing: Packing
) -> None:
    plan = BatchPlan(
        rows_of(lengths), packing=packing, max_length=max_length, batch_size=batch_size, seed=3, epochs=2
    )
    for number in (0, 1):
        assert sorted(tokens_in(plan, number)) == list(range(sum(lengths)))
    batches = list(plan)
    assert len(batches) == len(plan)
    for batch in batches:
        assert 0 < len(batch) <= batch_size
        assert all(0 < sum(stop - start for start, stop in row) <= max_length for row in batch)
    assert plan.tokens() == 2 * sum(lengths)


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_same_seed_gives_the_same_batches_and_another_seed_others(packing: Packing) -> None:
    def plan(seed: int) -> list[object]:
        found = BatchPlan(rows_of([9, 30, 4, 17] * 10), packing=packing, max_length=16, batch_size=4, seed=seed)
        return list(found)

    assert plan(1) == plan(1)
    assert plan(1) != plan(2)


def test_a_number_of_batches_is_met_exactly_across_epochs() -> None:
    plan = BatchPlan(rows_of([8] * 10), packing="one_document", max_length=8, batch_size=4, seed=0, batches=7)
    assert len(list(plan)) == len(plan) == 7
    assert plan.epochs == pytest.approx(7 / 3)
    assert len(list(KeyPlan([5] * 10, batch_size=4, seed=0, batches=7))) == 7


def test_rows_of_like_length_share_a_batch() -> None:
    lengths = np.random.default_rng(0).integers(5, 200, 1000).tolist()
    plan = BatchPlan(rows_of(lengths), packing="one_document", max_length=200, batch_size=8, seed=0)
    padded = sum(len(batch) * max(stop - start for ((start, stop),) in batch) for batch in plan)
    assert padded / sum(lengths) < 1.05


@given(st.integers(0, 1000), st.integers(1, 5000), st.integers(1, 300))
def test_a_long_document_becomes_the_fewest_pieces_of_like_length(start: int, length: int, longest: int) -> None:
    pieces = split_span((start, start + length), longest)
    sizes = [b - a for a, b in pieces]
    assert len(pieces) == -(-length // longest)
    assert max(sizes) <= longest
    assert max(sizes) - min(sizes) <= 1
    assert [pieces[0][0], pieces[-1][1]] == [start, start + length]
    assert all(a[1] == b[0] for a, b in itertools.pairwise(pieces))


@given(st.lists(st.integers(1, 50), max_size=80))
def test_best_fit_packing_needs_at_most_two_rows_more_than_it_must_for_each_full_one(lengths: list[int]) -> None:
    ends = np.cumsum([0, *lengths]).tolist()
    packed = pack_best_fit(list(itertools.pairwise(ends)), 50)
    assert sorted(span for row in packed for span in row) == list(itertools.pairwise(ends))
    # Best fit leaves at most one row half empty or more.
    fills = [sum(b - a for a, b in row) for row in packed]
    assert sum(fill <= 25 for fill in fills) <= 1


def test_labels_are_the_tokens_and_padding_is_not_learnt() -> None:
    made = collate(rows_of([3, 5]), [((0, 3),), ((3, 8),)], pad_token=99, isolated=False)
    assert made["input_ids"].tolist() == [[0, 1, 2, 99, 99], [3, 4, 5, 6, 7]]
    assert made["labels"].tolist() == [[0, 1, 2, -100, -100], [3, 4, 5, 6, 7]]
    assert "attention_mask" not in made


def test_a_packed_row_starts_its_positions_again_and_does_not_predict_across_documents() -> None:
    made = collate(rows_of([3, 2]), [((0, 3), (3, 5)), ((0, 3),)], pad_token=99, isolated=True)
    assert made["position_ids"].tolist() == [[0, 1, 2, 0, 1], [0, 1, 2, 0, 1]]
    assert made["labels"].tolist() == [[-100, 1, 2, -100, 4], [-100, 1, 2, -100, -100]]


def test_token_files_are_read_back_and_whole_ones_are_not_written_again(tmp_path: Path) -> None:
    write_token_rows(tmp_path / "t", [[1, 2, 70_000], [], [4]])
    rows = write_token_rows(tmp_path / "t", iter(()))  # nothing is asked of the iterator
    assert rows.tokens.tolist() == [1, 2, 70_000, 4]
    assert list(rows.spans()) == [(0, 3), (3, 3), (3, 4)]
    (tmp_path / "t" / "done.json").unlink()
    assert len(write_token_rows(tmp_path / "t", [[7]])) == len(read_token_rows(tmp_path / "t")) == 1


def test_token_columns_become_a_data_set_in_the_order_asked_for() -> None:
    columns = TokenColumns("a", "b")
    columns.append(a=[1, 2], b=[])
    columns.append(a=[3], b=[4, 5, 6])
    assert len(columns) == 2
    assert columns.lengths("b") == [0, 3]
    assert list(columns.data_set([1, 0])) == [{"a": [3], "b": [4, 5, 6]}, {"a": [1, 2], "b": []}]
