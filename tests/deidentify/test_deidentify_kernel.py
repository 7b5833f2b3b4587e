"""The words that rules look at: the same with the compiled kernel and without it, whatever the text."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.deidentify import load_rules
from polyclinic.deidentify.kernel import LONGEST, installed
from polyclinic.deidentify.numbers.rules import MEASURED
from polyclinic.deidentify.tokens import COUNTED, PLACE_WORD, Tokens, is_pattern, tokenize
from polyclinic.deidentify.vocabulary import Vocabulary

RULES = load_rules("en")
pytestmark = pytest.mark.skipif(installed() is None, reason="the kernel was not built here")

# What words, their signs and their neighbours are made of; letters of two cases that are no pair, halves of letters.
PIECES = st.sampled_from(
    [
        *(
            "Smith",
            "SMITH",
            "smith",
            "O'Brien",
            "Mary-Ann",
            "Smith's",
            "SMITH'S",
            "Smith’s",
            "de",
            "Dr",
            "Dr.",
            "MD",
            "M.D.",
        ),
        *(
            "J.R.",
            "A.B.C",
            "A.B.Cd",
            "May",
            "may",
            "Hospital",
            "St",
            "Bell",
            "Wegener-Smith",
            "X-Ray",
            "They've",
            "DON’T",
        ),
        *(
            "Portland",
            "OR",
            "Avenue",
            "in",
            "to",
            "by",
            "12",
            "3/14",
            "new",
            "Son",
            "He'd",
            "Al‐Amin",
            "É.B.",
            "José",
            "JOSÉ",
        ),
        *(
            " ",
            " ",
            " ",
            "\n",
            ", ",
            ". ",
            ",",
            "^",
            ": ",
            "-",
            "'",
            "’",
            "`",
            "_",
            "(",
            "\t",
            "::",
            ":1f:",
            "İ",
            "ß",
            "ẞ",
        ),
        *("\u212a", "Σ", "\ud800", "\0", "\x1c", "\x85", "\xa0", "\u3000", "🙂", "Ω", "e\u0301", "ŉ", "Ǆ"),
    ]
)
TEXT = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60))


def same(found: Tokens, expected: Tokens) -> bool:
    """Whether they are the same, but for what the kernel leaves out, in which the rules find nothing."""
    fewer = set(found.may_be_places) <= set(expected.may_be_places) and set(found.runs) <= set(expected.runs)
    alike = {"may_be_places": expected.may_be_places, "runs": expected.runs}
    return fewer and dataclasses.replace(found, **alike) == expected  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_the_kernel_and_python_find_the_same(text: str) -> None:
    assert same(RULES.vocabulary.read(text), tokenize(text, RULES.vocabulary))


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, min_size=10, max_size=60).map("".join).map(str.lower))
def test_they_find_the_same_where_nothing_has_capitals(text: str) -> None:
    assert same(RULES.vocabulary.read(text), tokenize(text, RULES.vocabulary))


NUMBERS = st.lists(
    st.sampled_from(
        [
            *(
                "1",
                "2",
                "9",
                "19",
                "45",
                "98",
                "120",
                "80",
                "2000",
                "20000",
                "\u0663",
                "²",
                " ",
                " ",
                "-",
                "/",
                ".",
                ". ",
                ",",
            ),
            *(
                "mg",
                "units",
                "%",
                "days",
                "day",
                "to",
                "x",
                "or",
                "in",
                "Jan",
                "March",
                "Smith",
                "é",
                "_",
                "#",
                "+",
                ":",
                "(",
                "\n",
            ),
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(NUMBERS, NUMBERS.map(lambda text: f"{text} •")))
def test_numbers_left_out_are_measured_by_the_rules_too(text: str) -> None:
    tokens = tokenize(text, RULES.vocabulary)
    assert same(RULES.vocabulary.read(text), tokens)
    left = {start for start, _, owner in tokens.runs if not owner}
    parts = {start for start, _, owner in tokens.runs if owner}
    until = 0
    for start in (i for i, c in enumerate(text) if (c.isdecimal() and not text[i - 1 : i].isdecimal()) or not i):
        if start in left or not text[start].isdecimal():
            continue
        if start in parts:
            assert start < until
            continue
        measured = MEASURED.match(text, start)
        assert measured is not None
        until = measured.end()


# What stands around places, numbers and days, so that the rules find some of them.
AROUND = st.sampled_from(
    [
        *("at ", "to ", "from ", "in ", "the ", "of ", "and ", ", ", "for ", "with ", "lives in ", "moved to "),
        *("works at ", "employer: ", "Hospital: ", "near ", "born and raised in ", "city of ", "attends ", " @ "),
        *("employer, ", "vs ", "Erie", "Waco", "Mercy", "Hospital", "Clinic", "Surgery", "Memorial", "Holy "),
        *("Cross", "Street", "St. ", "Bakery", "LLC", "TX", "Texas", "Portland", "OR", "Smith", "MD", "Broadway"),
        *("Box ", "P.O. Box ", "Flint Manor", "Care", "Oak Road", "CVS", "may ", "May ", "Nov ", "of ", "st", "nd"),
        *("day ", "mg", "%", "years old", "yo", "age ", "old ", "1", "3", "12", "45", "91", "2019", "02134", "555"),
        *("0199", "O", "l", "(01)", "00", "MRN ", "x", "03/04", "1-2", " ", " ", " ", " ", ".", ",", ". ", "\n"),
        *("/", "-", ":", ": ", ";", "(", ")", "]", "'", "^", "#", "+", "–", "•", "five ", "two ", "twenty "),
        *("oh ", "slash ", "-", "ninety ", "one hundred ", "easter ", "new years ", "the fifth ", "address: "),
        *("street\n", '"city": "', '"', "</city>", "P.S. ", ".com", ".jpg", "www.", "county rd ", "MRN|DOB\n"),
        *("via ", "by ", "run by ", "into ", "went into ", "enrolled with ", "High ", "Concord ", "no. ", "1-2-3 "),
        *("\u017f", "\u212a", "\u0130", "é", "Σ", "\xa0", "\u2009", "٣"),
    ]
)
PYTHON = copy.copy(RULES)
PYTHON.vocabulary = copy.copy(RULES.vocabulary)
PYTHON.vocabulary._kernel = None


@settings(max_examples=400, deadline=None)
@given(st.lists(AROUND, max_size=24).map("".join), st.sampled_from([str, str.lower, str.upper]))
def test_the_rules_find_the_same_with_the_kernel_and_without_it(text: str, case: Callable[[str], str]) -> None:
    text = f"{case(text)}\n"
    assert RULES.find(text) == PYTHON.find(text)


@settings(max_examples=300, deadline=None)
@given(st.one_of(NUMBERS, st.lists(AROUND, max_size=12).map("".join)))
def test_numbers_and_places_that_the_kernel_leaves_out_are_nothing(text: str) -> None:
    tokens, every = RULES.vocabulary.read(text), tokenize(text, RULES.vocabulary)
    assert RULES.numbers.find(tokens, []) == RULES.numbers.find(every, [])
    assert RULES.places.find(tokens, []) == RULES.places.find(every, [])


def test_what_is_surely_nothing_is_left_out() -> None:
    text = "The patient, 45, has 2 dogs and type 2 diabetes. At 3. The Clinic: seen. Spoke of Lisinopril. Sodium 98%."
    tokens, every = RULES.vocabulary.read(text), tokenize(text, RULES.vocabulary)
    assert tokens.runs == [] != every.runs
    assert tokens.may_be_places == [] != every.may_be_places


PATTERN_PIECES = st.sampled_from(["a", "b", "A", "B", "'", "-", ".", "1", r"\s", r"\s+", r"\d", "[A-Z]", "[a-z]"])
EDGE = st.sampled_from(["", r"\b"])
PATTERNS = st.tuples(EDGE, st.lists(PATTERN_PIECES, min_size=2, max_size=4).map("".join), EDGE)


@settings(max_examples=50, deadline=None)
@given(
    st.text("abAB'-.é 12\u0663\xa0\n_", max_size=16),
    st.lists(st.text("ab'-.é", min_size=1, max_size=4), max_size=8),
    st.lists(PATTERNS.map("".join).filter(is_pattern), max_size=6),
    st.data(),
)
def test_they_find_the_same_words_and_patterns_of_any_lists(
    text: str, words: list[str], patterns: list[str], data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from([text, text.title(), text.upper(), text * 9]))
    lexicon = {word: 1 << place for place, word in enumerate(words)}
    vocabulary = Vocabulary(
        lexicon,
        {PLACE_WORD: words[:3]},
        words,
        {"one": patterns[:3], "other": patterns[3:]},
        [word[:2] for word in words],
        {},
    )
    assert same(vocabulary.read(text), tokenize(text, vocabulary))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "\0",
        "A" * 100_000,
        "A-" * 50_000,
        "A." * 50_000,
        "'" * 50_000,
        "é" * 50_000,
        "É’" * 50_000,
        "a b " * 20_000,
        "A b " * 20_000,
        " by" * 50_000,
        "Dr. Smith saw Ms. O'Brien-Jones in Salem, OR.\n" * 6_000,
    ],
    ids=lambda text: f"{text[:8]!r} {len(text)}",
)
def test_empty_long_and_repeated_texts_are_read_whole(text: str) -> None:
    assert same(RULES.vocabulary.read(text), tokenize(text, RULES.vocabulary))


def test_a_list_with_a_word_too_long_for_the_kernel_is_read_in_python() -> None:
    word = "a" * (LONGEST + 1)
    text = f"Seen by {word.title()} and {'A' * LONGEST}."
    for words in ([word], [word[:-1]], [word, word[:-1]]):
        vocabulary = Vocabulary(dict.fromkeys(words, 2), {}, words, {}, (), dict.fromkeys(words, COUNTED))
        assert same(vocabulary.read(text), tokenize(text, vocabulary))


@pytest.mark.parametrize("pattern", ["", "a", r"\ba", "é e", r"a\s+\s", r"a\bb", "aé"])
def test_a_pattern_that_the_kernel_could_not_find_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="a pattern begins with two letters"):
        Vocabulary({}, {}, (), {"rule": [pattern]}, (), {})
