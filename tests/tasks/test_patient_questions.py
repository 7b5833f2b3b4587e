"""LongHealth: questions beside the documents of one patient, of several, or of others alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from polyclinic.errors import UserError
from polyclinic.evals import score
from polyclinic.evals.scoring import score_replies
from polyclinic.records import Reply, Sample, Score, read_records
from polyclinic.tasks import build, load_task
from polyclinic.tasks.readers.patient_questions import NO_ANSWER

TASKS = ("clue-longhealth", "clue-longhealth-2", "clue-longhealth-3")


def patient(number: int) -> dict[str, Any]:
    return {
        "name": f"Person {number}",
        "texts": {f"text_{k}": f"Letter {k} of patient {number}." for k in range(6)},
        "questions": [
            {
                "No": 0,
                "question": f"What did patient {number} have?",
                **{f"answer_{letter}": f"{word} {number}" for letter, word in zip("abcde", WORDS, strict=True)},
                "correct": f"{WORDS[number]} {number}",
                "answer_location": {"text_1": {"start": [0.1], "end": [0.2]}},
            }
        ],
    }


WORDS = ["gout", "flu", "rash", "cough", "fever"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "longhealth").mkdir(parents=True)
    write(tmp_path / "data", {f"patient_{n:02d}": patient(n) for n in range(3)})
    return tmp_path / "data"


def write(data: Path, content: Any) -> None:
    (data / "longhealth" / "benchmark_v5.json").write_text(json.dumps(content))


def made(data: Path, folder: Path, task: str, form: str = "written") -> list[Sample]:
    return list(read_records(build(out=folder, tasks=[task], data=data, split="test", form=form), Sample))


def test_each_question_is_asked_five_times_beside_the_documents_of_its_task(data: Path, tmp_path: Path) -> None:
    own, mixed, others = (made(data, tmp_path / task, task) for task in TASKS)
    for items in (own, mixed, others):
        assert len({item.id for item in items}) == len(items) == 15
        assert [item.metadata["repeat"] for item in items] == [1, 2, 3, 4, 5] * 3
        assert len({item.document for item in items}) == 3
        assert len({item.input for item in items[:5]}) > 1  # another order
    first = own[0]
    assert all(f"Letter {k} of patient 0." in first.input for k in range(6))
    assert first.input.count("Letter") == 6
    assert (first.output, len(first.options)) == ("The correct answer is A: gout 0", 5)
    for item in mixed[:5]:
        assert item.input.count("Letter") == 11
        assert item.input.count("of patient 0.") == 1
        assert "Letter 1 of patient 0." in item.input
        assert (item.output, item.options[5]) == ("The correct answer is A: gout 0", NO_ANSWER)
    for item in others[:5]:
        assert (item.input.count("Letter"), item.input.count("of patient 0.")) == (10, 0)
        assert item.output == f"The correct answer is F: {NO_ANSWER}"
    assert [item.input for item in made(data, tmp_path / "again", TASKS[1])] == [item.input for item in mixed]


def test_accuracy_is_there_for_each_repeat_and_for_all(data: Path, tmp_path: Path) -> None:
    items = made(data, tmp_path / "items", TASKS[2])
    rows = [{"id": i.id, "prediction": i.output if i.metadata["repeat"] < 3 else "A"} for i in items[1:]]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = score(
        out=tmp_path / "scores", task=TASKS[2], predictions=tmp_path / "mine.jsonl", samples=[tmp_path / "items"]
    )
    values: dict[str, list[float | None]] = {}
    for one in read_records(done, Score):
        if one.scorer.startswith("corrected"):
            values.setdefault(one.metric, []).append(one.value)
    assert values["accuracy"].count(None) == 1
    assert values["accuracy_repeat_1"] == values["accuracy_repeat_2"][1:] == [1.0, 1.0]
    assert values["accuracy_repeat_5"] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("task", TASKS)
def test_the_gold_is_right_under_both_scorers(data: Path, tmp_path: Path, task: str) -> None:
    for item in made(data, tmp_path / "items", task):
        reply = Reply("m", "f", task, item.id, text=item.output, gold=item.output, options=item.options)
        assert score_replies(load_task(task), [reply], "as_published")[0][0].value == 1
        assert score_replies(load_task(task), [reply], "corrected")[0][0].value == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"texts": []}, "field 'texts': expected documents by their names"),
        ({"questions": None}, "field 'questions': expected a list"),
        (
            {"questions": [{"question": "What?"}]},
            "expected an object with question, answer_a to answer_e, and correct",
        ),
        ({"questions": [{**patient(0)["questions"][0], "correct": "none"}]}, "expected the text of an option"),
        (
            {"questions": [{**patient(0)["questions"][0], "answer_location": {"text_9": {}}}]},
            "field 'answer_location'",
        ),
    ],
)
def test_broken_patients_are_named(data: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    write(data, {"patient_00": {**patient(0), **change}, "patient_01": patient(1)})
    with pytest.raises(UserError, match=message) as caught:
        made(data, tmp_path / "out", TASKS[1])
    assert "benchmark_v5.json" in str(caught.value)
