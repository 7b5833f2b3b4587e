"""Words become numbers: the same words the same numbers, with the kernel and without it, however texts are cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.word_hashes import ascii_or_words, hash_words, pieces, run_hashes, run_starts, word_spans, words_of
from polyclinic.word_hashes.kernel import installed

# Letters that change under NFKC or lower case, marks, widths, ligatures, scripts without spaces, half a character.
ODD = st.sampled_from(list("aB7 \n\t-_.éÉßİΣςµ°ﬁ３９e\u0301\u3000\u00a0\u00b4かがｶﾞ急性한\u1161\u2028🙂\x00\x1c"))
TEXT = st.one_of(st.text(max_size=40), st.lists(ODD, max_size=40).map("".join))


@settings(max_examples=200)
@given(TEXT)
def test_the_quick_way_to_words_gives_the_same_words(text: str) -> None:
    assert words_of(ascii_or_words(text)) == words_of(text)


@settings(max_examples=100)
@given(st.lists(TEXT, max_size=6))
def test_equal_words_and_no_others_have_equal_numbers_in_every_text(texts: list[str]) -> None:
    number: dict[str, int] = {}
    made = hash_words(texts)
    for text, start, end in zip(texts, made.starts.tolist(), made.ends.tolist(), strict=True):
        words = words_of(text)
        assert len(words) == end - start
        for word, found in zip(words, made.words[start:end].tolist(), strict=True):
            assert found != 0
            assert number.setdefault(word, found) == found
    assert len(set(number.values())) == len(number)


@pytest.mark.skipif(installed() is None, reason="the kernel was not built here")
@settings(max_examples=100)
@given(st.lists(st.one_of(TEXT, st.just("a" * 60), st.just("é" * 40)), max_size=6))
def test_numpy_and_the_kernel_give_the_same_numbers(texts: list[str]) -> None:
    compiled, plain = hash_words(texts), hash_words(texts, compiled=False)
    assert np.array_equal(compiled.words, plain.words)
    assert np.array_equal(compiled.ends, plain.ends)


@settings(max_examples=100)
@given(st.lists(st.text("ab \n。急", max_size=30), max_size=6), st.integers(1, 12))
def test_pieces_hold_all_words_of_each_text_in_order(texts: list[str], most: int) -> None:
    found: list[list[str]] = []
    open_text = False
    for piece, goes_on in pieces(texts, most):
        for place, text in enumerate(piece):
            if place == 0 and open_text:
                found[-1] += words_of(text)
            else:
                found.append(words_of(text))
        open_text = goes_on
    assert not open_text
    assert found == [words_of(text) for text in texts]


@settings(max_examples=100)
@given(st.text(st.sampled_from("aB7 \n-éßµﬁ３e急性한"), max_size=40))
def test_spans_are_where_the_words_stand(text: str) -> None:
    spans = list(word_spans(text))
    assert [word for start, end in spans for word in words_of(text[start:end])] == words_of(text)
    assert spans == sorted(spans)


def test_equal_runs_have_equal_numbers_and_stay_within_their_text() -> None:
    made = hash_words(["one two three one two", "two three one", ""])
    starts = run_starts(made.ends, 3)
    assert starts.tolist() == [0, 1, 2, 5]
    runs = run_hashes(made.words, 3)[starts]
    assert runs[1] == runs[3]
    assert len(set(runs.tolist())) == 3
    assert run_starts(hash_words([]).ends, 3).tolist() == []
