from __future__ import annotations

import pytest

from polyclinic.evals.conversation import lettered, plain_text
from polyclinic.evals.option_letters import is_exam, letters_of, marker, names_a_letter
from polyclinic.records import Sample
from polyclinic.tasks import load_task

ENGLISH, CHINESE = load_task("medcare-medqa-us"), load_task("medcare-cmb")
ABCD = ("A", "B", "C", "D")


@pytest.mark.parametrize(
    ("text", "options", "letters"),
    [
        ("What?\nA: one\nB: two\nC: three", (), ("A", "B", "C")),
        ("问题\nA．一\nB．二\nC、三\nD：四\nE. 五", (), ("A", "B", "C", "D", "E")),
        ("Vitamin\nD: is a vitamin", ("yes", "no", "maybe"), ("A", "B", "C")),
        ("no options at all", (), ABCD),
    ],
)
def test_letters_are_those_of_the_lines_else_of_the_options(
    text: str, options: tuple[str, ...], letters: tuple[str, ...]
) -> None:
    assert letters_of(Sample("1", "medcare-cmb", "A", input=text, options=options)) == letters


@pytest.mark.parametrize(
    "reply", ["The answer is B", "so the answer is: (C).", "The answer is **D**", "The answer is A, B and C"]
)
def test_an_english_reply_that_names_a_letter_needs_no_second_request(reply: str) -> None:
    assert names_a_letter(reply, ENGLISH, ABCD)


@pytest.mark.parametrize(
    "reply", ["", "B", "The answer is a disease", "The answer is unclear", "The answer is Asthma"]
)
def test_a_reply_without_the_marker_and_a_letter_does(reply: str) -> None:
    assert not names_a_letter(reply, ENGLISH, ABCD)


def test_chinese_replies_name_several_letters_behind_their_marker() -> None:
    assert names_a_letter("因此答案为ABD。", CHINESE, ABCD)
    assert not names_a_letter("选B", CHINESE, ABCD)
    assert (marker(CHINESE), marker(ENGLISH)) == ("答案为", "The answer is")


def test_exams_are_medcares() -> None:
    assert is_exam(ENGLISH)
    assert is_exam(CHINESE)
    assert not is_exam(load_task("medcare-cblue-cmeie"))
    assert not is_exam(load_task("icd10cm-easy"))


def test_options_become_lettered_lines_and_the_right_one_the_reply() -> None:
    made = lettered(Sample("1", "icd10cm-easy", "Gout", input="Which?", options=("Flu", "Gout")))
    assert made.input == "Which?\nOptions:\nA: Flu\nB: Gout"
    assert made.output == "B: Gout"


def test_plain_text_ends_where_the_reply_begins() -> None:
    turns = [("system", "Do."), ("user", "one"), ("assistant", "1"), ("user", "two")]
    assert plain_text(turns) == "Do.\n\nInput:\none\n\nOutput:\n1\n\nInput:\ntwo\n\nOutput:\n"
