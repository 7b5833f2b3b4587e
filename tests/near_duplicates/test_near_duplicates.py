"""Texts that are alike are found, with their exact index; what comes out depends on the texts alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.near_duplicates import (
    Clusters,
    MinHash,
    band_keys,
    bucket_pairs,
    clusters_of,
    distinct_pairs,
    estimated_jaccard,
    jaccard,
    run_sets,
    signatures,
    similar_pairs,
)
from polyclinic.word_hashes import words_of
from polyclinic.word_hashes.kernel import installed

SMALL = MinHash(words=2, bands=4, rows=2, looks=2)
TEXTS = st.lists(st.text("ab é急\n", max_size=40), max_size=8)


def made_up(dice: random.Random, words: int) -> list[str]:
    return ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(words)]


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = words_of(text)
    length = min(length, len(words))
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)} if words else set()


@pytest.mark.skipif(installed() is None, reason="the kernel was not built here")
@settings(max_examples=60)
@given(TEXTS)
def test_numpy_and_the_kernel_give_the_same_signatures_sets_and_indices(texts: list[str]) -> None:
    assert np.array_equal(signatures(texts, SMALL), signatures(texts, SMALL, compiled=False))
    compiled, plain = run_sets(texts, 2), run_sets(texts, 2, compiled=False)
    assert np.array_equal(compiled.numbers, plain.numbers)
    assert np.array_equal(compiled.starts, plain.starts)
    pairs = np.array([(i, j) for i in range(len(texts)) for j in range(i)], dtype=np.int64).reshape(-1, 2)
    assert np.array_equal(jaccard(compiled, pairs), jaccard(plain, pairs, compiled=False))


@settings(max_examples=60)
@given(TEXTS)
def test_the_index_is_that_of_the_sets_of_runs(texts: list[str]) -> None:
    sets = run_sets(texts, 2)
    for i, one in enumerate(texts):
        for j, other in enumerate(texts):
            a, b = runs(one, 2), runs(other, 2)
            wanted = len(a & b) / len(a | b) if a | b else 1.0
            assert jaccard(sets, np.array([(i, j)]))[0] == wanted


def test_a_signature_is_the_same_however_a_long_text_is_cut() -> None:
    dice = random.Random(0)
    texts = [" ".join(made_up(dice, n)) for n in (0, 1, 3, 4, 5, 6, 30, 400, 2, 0)]
    whole = signatures(texts)
    for most in (1, 7, 20, 33, 100, 1000):
        assert np.array_equal(signatures(texts, at_once=most), whole), most


def test_planted_copies_are_found_and_nothing_else_is() -> None:
    dice = random.Random(1)
    texts = [" ".join(made_up(dice, 120)) for _ in range(200)]
    planted = set()
    for place in range(0, 200, 4):
        words = texts[place].split()
        words[dice.randrange(120)] = "changed"
        planted.add((place, len(texts)))
        texts.append(" ".join(words))
    found = similar_pairs(texts)
    assert {(pair.first, pair.second) for pair in found} == planted
    assert all(0.8 <= pair.jaccard < 1 for pair in found)
    firsts = clusters_of(len(texts), found)
    assert [firsts[second] for _, second in sorted(planted)] == [first for first, _ in sorted(planted)]


def test_texts_without_words_and_no_texts_are_alike_to_nothing() -> None:
    assert similar_pairs([]) == []
    assert similar_pairs(["", "…", ""]) == []
    assert [(p.first, p.second) for p in similar_pairs(["one", "", "one", "two"])] == [(0, 2)]


def test_more_looks_at_the_same_values_find_more_pairs() -> None:
    dice = random.Random(2)
    pairs = []
    for _ in range(400):
        words = made_up(dice, 100)
        other = list(words)
        for place in dice.sample(range(100), 2):  # about 10 of 96 runs: an index of 0.81
            other[place] = "x"
        pairs += [" ".join(words), " ".join(other)]
    made = signatures(pairs)
    chosen = np.array([(2 * i, 2 * i + 1) for i in range(400)])
    exact = jaccard(run_sets(pairs), chosen)
    assert abs(estimated_jaccard(made, chosen) - exact).mean() < 0.05
    shares = []
    for looks in (1, 3):
        keys = band_keys(made, MinHash(looks=looks))
        shares.append(float((keys[::2] == keys[1::2]).any(axis=1).mean()))
    assert shares[0] < shares[1]
    assert shares[1] >= 0.98


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=40), st.randoms(use_true_random=False))
def test_every_bucket_hangs_together_whatever_the_order(keys: list[int], dice: random.Random) -> None:
    names = np.array(dice.sample(range(1000), len(keys)), dtype=np.int64)
    numbers = np.array(keys, dtype=np.uint64)
    found = bucket_pairs(numbers, names)
    order = np.array(dice.sample(range(len(keys)), len(keys)), dtype=np.int64)
    again = bucket_pairs(numbers[order], names[order])
    assert np.array_equal(distinct_pairs(found), distinct_pairs(again))
    place = {int(name): i for i, name in enumerate(names)}
    clusters = Clusters(1000)
    clusters.join(found)
    first = clusters.all_first()
    for one in names.tolist():
        for other in names.tolist():
            assert (first[one] == first[other]) == (keys[place[one]] == keys[place[other]])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30), st.integers(1, 5))
def test_clusters_are_those_of_a_search_through_all_pairs(pairs: list[tuple[int, int]], block: int) -> None:
    clusters = Clusters(20)
    for start in range(0, len(pairs), block):
        clusters.join(np.array(pairs[start : start + block], dtype=np.int64).reshape(-1, 2))
    wanted = list(range(20))
    for _ in range(20):
        for one, other in pairs:
            wanted[one] = wanted[other] = min(wanted[one], wanted[other])
    assert clusters.all_first().tolist() == wanted


def test_a_plan_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="looks"):
        MinHash(bands=2, looks=3)
