"""Checks of catalog tasks and of their items."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.tasks import check_tasks
from polyclinic.tasks.overlap import overlap

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "benchmarks"


def test_nothing_that_is_shipped_has_an_error() -> None:
    rows = check_tasks()
    assert [row for row in rows if row["level"] == "error"] == []
    assert {row["rule"] for row in rows} == {"license"}


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")
def test_items_that_stand_in_both_splits_are_found_in_real_data() -> None:
    rows = check_tasks(["ncbi-disease", "meds-bench-123-pubmedqa-test-set"], data=DATA)
    assert not [row for row in rows if row["level"] == "error"]
    found = {(row["task"], row["rule"]) for row in rows}
    assert ("ncbi-disease/validation", "overlap") in found
    assert ("ncbi-disease/train", "repeated-input") in found


WORDS = st.lists(st.sampled_from([f"w{i}" for i in range(500)]), min_size=30, max_size=60)


@settings(max_examples=30)
@given(WORDS, WORDS)
def test_a_shared_run_of_thirteen_words_and_a_near_copy_are_found(one: list[str], other: list[str]) -> None:
    test = [("whole", " ".join(one)), ("run", "x y " + " ".join(other[:13]) + " z")]
    training = [("a", " ".join(one).upper() + "!"), ("b", "begin " + " ".join(other[:20]))]
    found = overlap(test, training)
    assert found["whole"] == ("a", "is nearly the same")
    assert found["run"][0] in ("a", "b")
    assert overlap([("short", "one two three")], [("p", "four five six")]) == {}
