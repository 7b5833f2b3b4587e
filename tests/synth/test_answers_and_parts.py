from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.llm import Reply
from polyclinic.synth.answers import join_answers, read_answer
from polyclinic.synth.parts import split_into_parts

SOURCE = "Title\nAsthma is treated with  salbutamol.\nWheeze is a sign."


def problem(task: str, text: str, finish_reason: str = "stop") -> str:
    return read_answer(task, Reply(text, finish_reason), SOURCE).problem


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty answer"),
        (" \n\x00", "empty answer"),
        ("<think>let me see", "empty answer"),
        ("I'm sorry, but I cannot help with that.", "refusal"),
        ("As an AI language model, I", "refusal"),
        ("I can’t provide a summary.", "refusal"),
    ],
)
def test_what_is_no_answer_is_rejected_with_a_reason(text: str, reason: str) -> None:
    assert problem("summary", text) == reason


def test_an_answer_that_was_cut_off_is_rejected() -> None:
    assert problem("summary", "Asthma is", "length") == "cut off at max_tokens"
    assert problem("summary", "Asthma is", "content_filter") == "stopped by the endpoint's content filter"


def test_thoughts_fences_and_control_characters_are_taken_out() -> None:
    reply = Reply("<think>hm</think>```text\nAsthma\x07 is treated.\r\n```")
    assert read_answer("summary", reply, SOURCE).text == "Asthma is treated."


def test_entities_must_be_in_the_text() -> None:
    assert read_answer("entities", Reply("1. Asthma\n- treated WITH salbutamol\n* asthma"), SOURCE).text == (
        "- Asthma\n- treated WITH salbutamol"
    )
    assert problem("entities", "Asthma\nCOPD") == "entities that are not in the text: 'COPD'"


def test_questions_need_answers() -> None:
    good = "Question: What treats asthma?\nAnswer: Salbutamol\ntreats it.\n\nQuestion: B?\nAnswer: C."
    assert read_answer("question_answer", Reply(good), SOURCE).text == (
        "Question: What treats asthma?\nAnswer: Salbutamol treats it.\n\nQuestion: B?\nAnswer: C."
    )
    for bad in ("Salbutamol.", "Question: A?", "Question: A?\nAnswer: B.\nQuestion: C?"):
        assert problem("question_answer", bad).startswith("no questions with answers")


def test_relations_must_be_sentences() -> None:
    assert read_answer("relations", Reply("- Salbutamol treats asthma"), SOURCE).text == "Salbutamol treats asthma."
    assert problem("relations", "asthma").startswith("relations that are not sentences")


def test_nothing_to_say_is_an_answer_for_all_but_a_summary() -> None:
    for task in ("entities", "relations", "question_answer"):
        answer = read_answer(task, Reply("NONE."), SOURCE)
        assert (answer.text, answer.problem) == ("", "")


def test_what_two_parts_say_alike_is_kept_once() -> None:
    assert join_answers("entities", ["- asthma\n- cough", "- Asthma\n- fever"]) == "- asthma\n- cough\n- fever"
    assert join_answers("summary", ["One.", "Two."]) == "One.\n\nTwo."


@given(st.text(st.sampled_from("ab .\n"), max_size=600), st.integers(20, 200))
def test_parts_hold_the_whole_text_and_none_is_too_long(text: str, longest: int) -> None:
    parts = split_into_parts(text, longest)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)
    assert all(0 < len(part) <= longest for part in parts)


def test_a_text_is_cut_at_paragraphs_where_it_can_be() -> None:
    paragraph = "A sentence of some length. " * 5
    assert all(p.endswith(".") for p in split_into_parts("\n\n".join([paragraph] * 4), 320))


def test_three_megabytes_without_a_space_are_cut_all_the_same() -> None:
    parts = split_into_parts("x" * 3_000_000, 12_000)
    assert len(parts) >= 250
    assert max(map(len, parts)) <= 12_000
