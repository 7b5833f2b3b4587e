"""Runs of words that benchmark items share with other texts are found: all of them, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic import word_runs
from polyclinic.word_runs import RunIndex, words_of

FEW_WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=14).map(" ".join)


def index(texts: Sequence[tuple[str, ...]], *lengths: int, common: float = 1.0) -> RunIndex:
    return RunIndex(lengths, texts, ["task"] * len(texts), [str(i) for i in range(len(texts))], common)


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


@settings(max_examples=60, deadline=None)
@given(
    items=st.lists(st.tuples(FEW_WORDS, FEW_WORDS), min_size=1, max_size=8), training=st.lists(FEW_WORDS, max_size=8)
)
def test_the_counts_are_those_of_sets_of_runs(items: list[tuple[str, str]], training: list[str]) -> None:
    made = index(items, 2, 3)
    made.see([(f"d{i}", text) for i, text in enumerate(training)])
    for length in (2, 3):
        elsewhere = set().union(*(runs(text, length) for text in training))
        own = [runs(one, length) | runs(other, length) for one, other in items]
        # A run that stands in more than ten items is the task's wording; eight items never reach that.
        assert made.runs(length).tolist() == [len(mine) for mine in own]
        assert made.shared(length).tolist() == [len(mine & elsewhere) for mine in own]
        for item, (_, words) in made.evidence(length).items():
            assert tuple(words.split()) in own[item] & elsewhere


@settings(max_examples=60, deadline=None)
@given(items=st.lists(st.tuples(FEW_WORDS, FEW_WORDS), min_size=1, max_size=8), texts=st.lists(FEW_WORDS, max_size=6))
def test_hits_are_the_stretches_that_a_search_by_hand_finds(items: list[tuple[str, str]], texts: list[str]) -> None:
    made = index(items, 2, 3)
    for text, found in zip(texts, made.hits(texts), strict=True):
        words, wanted = words_of(text), set()
        for length in (2, 3):
            for thing, own in enumerate(items):
                known = runs(own[0], length) | runs(own[1], length)
                covered = {
                    at + i
                    for at in range(len(words) - length + 1)
                    if tuple(words[at : at + length]) in known
                    for i in range(length)
                }
                wanted |= {(place, length, thing) for place in covered}
        assert {(at, hit.length, hit.thing) for hit in found for at in range(hit.start, hit.end)} == wanted
        assert found == sorted(found)


def test_a_text_that_is_hashed_in_parts_gives_the_same_hits_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    item = " ".join(f"item{i}" for i in range(30))
    text = " ".join([*(f"w{i}" for i in range(300)), item, *(f"x{i}" for i in range(300)), item])
    whole = index([(item,)], 8, 13)
    wanted, words = whole.hits(["", text, item]), whole.see([("a", text), ("b", item)])
    assert words == 690
    for at_once in (10, 100, 999):
        monkeypatch.setattr(word_runs, "AT_ONCE", at_once)
        cut = index([(item,)], 8, 13)
        assert cut.hits(["", text, item]) == wanted
        assert cut.see([("a", text), ("b", item)]) == words
        assert cut.evidence(13) == whole.evidence(13)
        assert cut.shared(8).tolist() == whole.shared(8).tolist() == [23]


def test_a_run_does_not_reach_over_the_end_of_a_text() -> None:
    made = index([("one two three four",)], 4)
    made.see([("a", "one two"), ("b", "three four")])
    assert made.shared(4).tolist() == [0]
    made = index([("one two", "three four")], 4)
    made.see([("a", "one two three four")])
    assert made.runs(4).tolist() == [0]


def test_case_punctuation_and_width_of_letters_do_not_hide_a_run() -> None:
    made = index([("Fever, chills and cough: 39 °C",)], 5)
    made.see([("a", "…fever CHILLS and cough（３９）")])
    assert made.shared(5).tolist() == [1]


def test_every_chinese_character_is_a_word() -> None:
    assert words_of("急性阑尾炎CT显示") == ["急", "性", "阑", "尾", "炎", "ct", "显", "示"]
    made = index([("患者急性阑尾炎",)], 5)
    made.see([("a", "诊断为急性阑尾炎。")])
    assert made.shared(5).tolist() == [1]


def test_the_wording_of_a_task_is_no_evidence_but_what_one_patient_shares_is() -> None:
    wording = "choose the right answer to this question"
    items = [(f"{wording} number{i} x{i}",) for i in range(40)]
    made = index(items, 7, common=0.1)
    made.see([("guide", wording)])
    assert not made.shared(7).any()
    # The same run in 40 items of one patient is the patient's letter.
    made = RunIndex((7,), items, ["task"] * 40, ["patient"] * 40, 0.1)
    made.see([("letter", wording)])
    assert made.shared(7).all()
    # The wording of one task does not count against another.
    made = RunIndex((7,), [*items, (wording,)], [*["task"] * 40, "other"], [str(i) for i in range(41)], 0.1)
    made.see([("guide", wording)])
    assert made.shared(7).tolist() == [0] * 40 + [1]


def test_nothing_shared_and_nothing_at_all_are_no_error() -> None:
    made = index([("",), ("one",)], 8)
    made.see([("a", ""), ("b", "x " * 100)])
    assert made.runs(8).tolist() == made.shared(8).tolist() == [0, 0]
    empty = index([], 8)
    empty.see([("a", "one two three four five six seven eight nine")])
    assert empty.runs(8).tolist() == []
