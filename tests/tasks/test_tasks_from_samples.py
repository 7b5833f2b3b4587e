"""Items made of samples, and questions with answers made into requests with replies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records, write_records
from polyclinic.tasks import build, requests


def told(number: int, **fields: Any) -> Sample:
    given: dict[str, Any] = {
        "id": f"s{number}",
        "task": "instruction.code-description",
        "instruction": "Name it.",
        "input": f"E{number:02d}",
        "output": f"disease {number}",
        "domain": "medcode",
        **fields,
    }
    return Sample(**given)


def paired(number: int, question: str, answer: str, **fields: Any) -> Sample:
    text = f"Question: {question}\nAnswer: {answer}"
    return Sample(f"p{number}", "pit.question_answer", text, document=f"d{number % 2}", **fields)


def made(tmp_path: Path, samples: list[Sample], name: str = "items", **fields: Any) -> list[Sample]:
    write_records(tmp_path / f"{name}-samples", samples, Sample)
    out = build(samples=[tmp_path / f"{name}-samples"], out=tmp_path / name, seed=1, **fields)
    return list(read_records(out, Sample))


def test_wrong_options_are_other_replies_of_the_same_kind_and_domain(tmp_path: Path) -> None:
    others = [told(20 + i, domain="medwiki", output=f"article {i}") for i in range(4)]
    # In other words only by letters: it must not stand beside the reply that it repeats.
    samples = [*(told(i) for i in range(8)), *others, told(9, output="Disease  3")]
    items = made(tmp_path, samples, tasks="knowledge-exam", subset="seen")
    assert len(items) == 13
    for item in items:
        assert item.output in item.options
        assert len({o.casefold().replace("  ", " ") for o in item.options}) == 4
        assert len({option.split()[0].casefold() for option in item.options}) == 1, "one domain"
        assert (item.task, item.subset, item.instruction) == ("knowledge-exam", "seen", "Name it.")
    places = sorted(item.options.index(item.output) for item in items)
    assert places == sorted(number % 4 for number in range(13)), "no place is better than another"


def test_items_of_replies_are_the_same_whatever_order_the_samples_come_in(tmp_path: Path) -> None:
    samples = [told(i) for i in range(30)]
    fields: dict[str, Any] = {"tasks": "alignment-replies", "items": 10}
    items = made(tmp_path, samples, **fields)
    assert len(items) == 10
    assert items == made(tmp_path, samples[::-1], "turned", **fields)
    assert all(item.input[1:] == f"{int(item.output.split()[1]):02d}" for item in items)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([told(1, instruction="", input="")], "sample 's1': neither instruction nor input.*tasks.requests"),
        ([told(1, output=" ")], "sample 's1': the reply is empty"),
        ([told(1), told(1)], "'s1' is there twice"),
        ([told(1), told(2), told(3)], "no sample has 3 others of its kind with other replies"),
    ],
)
def test_samples_that_make_no_item_are_named(tmp_path: Path, samples: list[Sample], message: str) -> None:
    with pytest.raises(UserError, match=message):
        made(tmp_path, samples, tasks="knowledge-exam")


def test_without_samples_the_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tasks\.build\.samples: missing; knowledge-replies is made from requests"):
        build(tasks="knowledge-replies", out=tmp_path / "items")


def test_questions_with_answers_become_turns(tmp_path: Path) -> None:
    samples = [
        paired(0, "What is gout?", "A disease of\njoints. It hurts. It comes at night."),
        paired(1, "What is  GOUT?", "Another answer."),
        paired(2, "What hurts?", "Gout does."),
        paired(3, "And so on?", "One answer that is much too long to be kept in here"),
        paired(4, "What is known?", "What is known about it? Much, which fills many lines and more."),
        Sample("x", "pit.summary", "No question at all."),
    ]
    write_records(tmp_path / "samples", samples, Sample)
    out = requests(samples=tmp_path / "samples", words=7, instruction="Answer.", out=tmp_path / "out", seed=0)
    found = {(s.instruction, s.input, s.output) for s in read_records(out, Sample)}
    assert ("Answer.", "What hurts?", "Gout does.") in found
    gout = {
        ("Answer.", "What is gout?", "A disease of joints. It hurts."),
        ("Answer.", "What is GOUT?", "Another answer."),
    }
    assert len(found) == 2, "one of the two about gout, nothing that is too long or no question"
    assert len(found & gout) == 1
    once = requests(samples=tmp_path / "samples", one_of_a_document=True, out=tmp_path / "once", seed=0)
    assert sorted(s.document for s in read_records(once, Sample)) == ["d0", "d1"]


def test_samples_without_a_question_say_what_was_expected(tmp_path: Path) -> None:
    write_records(tmp_path / "samples", [told(1)], Sample)
    with pytest.raises(UserError, match=r"no question with an answer.*Question: \.\.\.` and `Answer"):
        requests(samples=tmp_path / "samples", out=tmp_path / "out")
