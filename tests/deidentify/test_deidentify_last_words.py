"""The last words of labels: all that a label's pattern matches is spelled out; what is left out by it is no label."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.deidentify import load_rules
from polyclinic.deidentify.last_words import LastWords, WordsBefore, spellings
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.numbers.labels import top_level

RULES = load_rules("en")
LABELS = [piece for pattern in RULES.words.id_labels.values() for piece in top_level(pattern)]
BEFORE = {
    "label": RULES.numbers.label,
    "box": RULES.numbers.box,
    "weekday": RULES.calendar.weekday_before,
}


@pytest.mark.parametrize("label", LABELS)
def test_each_spelling_of_a_label_is_one(label: str) -> None:
    found = spellings(label)
    assert found is not None
    assert all(re.fullmatch(label, spelling) for spelling in found)


def test_all_that_a_pattern_matches_is_spelled_out() -> None:
    expected = frozenset(("a", "a.", "ab", "ab.", "acd", "acd.", "ace", "ace."))
    assert spellings(r"a(?:b|c[de])?\.?") == expected


@pytest.mark.parametrize("pattern", ["a*", "a{2}", ".b", r"a\d", "[^a]", "[a-c]", "(a)?b", "a)", "^a"])
def test_what_is_no_plain_pattern_is_not_spelled_out_and_may_stand_anywhere(pattern: str) -> None:
    assert spellings(pattern) is None
    assert LastWords([pattern], ()).may_stand("anything ", 0, 9)


PIECES = st.sampled_from(
    [
        *(
            "mrn",
            "MRN",
            "ssn",
            "patient",
            "pt",
            " id",
            " no",
            " number",
            " is",
            "'s",
            " of",
            " the",
            "record",
            "acct",
        ),
        *(
            "box",
            "Box",
            "P.O. Box",
            "rural route",
            " no.",
            "Monday",
            "mon",
            "Tues.",
            ", ",
            " ",
            " ",
            ":",
            "#",
            "-",
            "_",
        ),
        *("every", "unit", "\n", "1", "4", "é", "\u017f", "\u212a", "(", "/", "x", "last four", "policy", "ſsn", "•"),
        "a very long word that is none of them ",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=9).map("".join), st.sampled_from(sorted(BEFORE)), st.integers(0, 30))
def test_a_pattern_finds_the_same_as_where_the_last_word_is_not_looked_at(text: str, name: str, low: int) -> None:
    before = BEFORE[name]
    assert isinstance(before, WordsBefore)
    found, expected = before.search(text, low, len(text)), LookBack.search(before, text, low, len(text))
    assert (found and found.span()) == (expected and expected.span())
