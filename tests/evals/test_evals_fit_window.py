"""What is left out of prompts that are too long: worked examples, then the middle of the document, never the rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polyclinic.evals.backends.scripted import ScriptedBackend
from polyclinic.evals.conversation import Conversation
from polyclinic.evals.fit_window import GAP, fit, without_middle
from polyclinic.evals.writing import Written

BACKEND = ScriptedBackend(lambda _: Written("yes"))
QUESTION = " Question: does it hurt?"


def conversation(words: int, shots: int = 0) -> Conversation:
    document = " ".join(f"w{i}" for i in range(words))
    return Conversation(
        "Answer.",
        document + QUESTION,
        tuple((f"example {i} with some words", f"answer {i}") for i in range(shots)),
        (0, len(document)) if words else None,
    )


@given(st.integers(0, 60), st.integers(0, 4), st.integers(5, 120))
def test_a_fitted_prompt_fits_keeps_the_question_and_says_each_cut(words: int, shots: int, room: int) -> None:
    talk = conversation(words, shots)
    found = fit(talk, BACKEND, room)
    if found.problem:
        assert found.problem.startswith("too long for the model's window")
        assert not found.prompt
        return
    assert BACKEND.count(found.prompt) <= room
    assert found.messages[-1][1].endswith(QUESTION)
    assert found.messages[0] == ("system", "Answer.")
    left_out = [cut for cut in found.cuts if "worked examples" in cut]
    kept = sum(role == "assistant" for role, _ in found.messages)
    assert bool(left_out) == (kept < shots)
    assert left_out in ([], [f"{shots - kept} of {shots} worked examples left out"])
    cut_document = GAP in found.messages[-1][1]
    assert cut_document == any("middle of the document" in cut for cut in found.cuts)
    if cut_document:
        assert kept == 0  # the examples go first
        assert found.messages[-1][1].startswith(("w0", GAP))


@given(st.integers(1, 50), st.data())
def test_the_middle_is_what_goes(words: int, data: st.DataObject) -> None:
    text = " ".join(f"w{i}" for i in range(words))
    spans = BACKEND.spans(text)
    kept = data.draw(st.integers(0, words))
    shorter = without_middle(text, spans, kept)
    head, tail = shorter.split(GAP)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head.split()) + len(tail.split()) == kept
    assert 0 <= len(head.split()) - len(tail.split()) <= 1


def test_the_last_examples_go_first() -> None:
    found = fit(conversation(0, 3), BACKEND, 24)
    assert [text for role, text in found.messages if role == "assistant"] == ["answer 0"]


def test_without_a_mark_nothing_of_the_input_is_cut() -> None:
    talk = Conversation("Answer.", "word " * 50 + QUESTION)
    assert fit(talk, BACKEND, 20).problem == (
        "too long for the model's window: the prompt has 57 tokens, there is room for 20"
    )


def test_without_a_window_nothing_is_cut() -> None:
    found = fit(conversation(500, 2), BACKEND, None)
    assert found.cuts == ()
    assert len(found.messages) == 6
