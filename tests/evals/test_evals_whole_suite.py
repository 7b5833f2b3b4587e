"""A whole suite is one command: what is here is asked, what is not is reported with who grants access."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asked_tasks import write_catalog
from tiny_language_model import save_tiny_model

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.tasks import suite_tasks

QUESTION = {
    "question": "Which one is it?",
    "options": {"A": "flu", "B": "gout", "C": "rash", "D": "none"},
    "answer": "gout",
    "answer_idx": "B",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny", window=512)


def replies(folder: Path) -> list[Reply]:
    return list(read_records(folder / "replies", Reply))


def write_medqa(data: Path, count: int = 3) -> None:
    (data / "medqa").mkdir(parents=True)
    rows = [{**QUESTION, "question": f"Which one is number {number}?"} for number in range(count)]
    (data / "medqa" / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_mednli(data: Path) -> None:
    (data / "mednli").mkdir(parents=True)
    for split in ("train", "test"):
        rows = [
            {"sentence1": f"{split} {i} has pain.", "sentence2": "It hurts.", "gold_label": "entailment"}
            for i in range(4)
        ]
        (data / "mednli" / f"mli_{split}_v1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_clue_plus_is_one_command_and_says_what_was_not_run_and_who_grants_access(
    model: Path, tmp_path: Path
) -> None:
    write_mednli(tmp_path / "data")
    command = ["eval", "run", "--model", str(model), "--suite", "clue+", "--data", str(tmp_path / "data")]
    command += ["--items", "2", "--max-new-tokens", "4", "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "polyclinic", *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    shown = json.loads(done.stdout)
    assert shown["out"] == str(tmp_path / "out")
    by_task: dict[str, dict[str, Any]] = {row["task"]: row for row in shown["rows"]}
    assert {task for task, row in by_task.items() if row["state"] == "done"} == {
        "clue-mednli",
        "icd10cm-easy",
        "icd10cm-medium",
        "icd10cm-hard",
    }
    assert set(by_task) == {task.name for task in suite_tasks("clue+")}
    missing = by_task["clue-medisumqa"]
    assert missing["state"] == "not run"
    assert missing["granted_by"].startswith("PhysioNet")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    not_run = {row["task"]: row for row in manifest.facts["not_run"]}
    assert "put the official release at" in not_run["clue-longhealth"]["reason"]
    assert manifest.facts["tasks"]["clue-mednli"]["worked_examples"] == 3
    assert manifest.facts["tasks"]["icd10cm-easy"]["worked_examples"] == 1  # of two items, one may show the other


def test_the_table_for_people_names_what_was_not_run(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from polyclinic.cli import build_app

    write_mednli(tmp_path / "data")
    arguments = ["eval", "run", "--model", str(model), "--suite", "clue", "--data", str(tmp_path / "data")]
    arguments += ["--items", "1", "--max-new-tokens", "2", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as end:
        build_app("eval")(arguments)
    assert end.value.code == 0
    written = capsys.readouterr().out
    assert "not run" in written
    assert "PhysioNet" in written
    assert written.rstrip().endswith(str(tmp_path / "out"))


def test_meds_bench_asks_in_writing_as_its_paper_words_it(model: Path, tmp_path: Path) -> None:
    write_medqa(tmp_path / "data")
    out = run(model=model, suite="meds-bench", data=tmp_path / "data", max_new_tokens=4, out=tmp_path / "out")
    found = replies(out)
    assert {reply.task for reply in found} == {"meds-ins-057-medqa-question-answering-en"}
    assert "user\nInput: Question: Which one is number" in found[0].prompt
    assert "B: gout" in found[0].prompt
    assert found[0].gold == "The right answer is B: gout"
    assert found[0].options == ("flu", "gout", "rash", "none")
    assert {score.metric for score in read_records(out, Score)} >= {"accuracy"}


def test_a_task_of_meds_bench_asked_by_name_is_worded_as_its_paper_words_it(model: Path, tmp_path: Path) -> None:
    write_medqa(tmp_path / "data")
    fields: dict[str, Any] = {"model": model, "data": tmp_path / "data", "max_new_tokens": 2}
    name = "meds-ins-057-medqa-question-answering-en"
    suite = replies(run(suite="meds-bench", out=tmp_path / "suite", **fields))
    named = replies(run(tasks=name, out=tmp_path / "named", **fields))
    assert [reply.prompt for reply in named] == [reply.prompt for reply in suite]
    turns = replies(run(tasks=name, prompt="turns", out=tmp_path / "turns", **fields))
    assert "user\nInput:" not in turns[0].prompt
    other = replies(run(tasks="medcare-medqa-us", out=tmp_path / "other", **fields))
    assert "user\nInput:" not in other[0].prompt


def test_an_exam_of_medcare_falls_back_to_the_likeliest_letter(model: Path, tmp_path: Path) -> None:
    write_medqa(tmp_path / "data")
    out = run(model=model, tasks="medcare-medqa-us", data=tmp_path / "data", max_new_tokens=4, out=tmp_path / "out")
    for reply in replies(out):
        assert reply.prompt.count("End with") == 1
        assert reply.metadata["forced_letter"] in "ABCD"
    free = run(
        model=model,
        tasks="medcare-medqa-us",
        data=tmp_path / "data",
        max_new_tokens=4,
        forced_letter=False,
        out=tmp_path / "free",
    )
    assert all("forced_letter" not in reply.metadata for reply in replies(free))
    assert [r.text for r in replies(free)] == [r.text for r in replies(out)]


def test_the_same_question_is_weighed_where_the_user_says_so(model: Path, tmp_path: Path) -> None:
    write_medqa(tmp_path / "data")
    fields: dict[str, Any] = {"model": model, "tasks": "medcare-medqa-us", "data": tmp_path / "data"}
    for reply in replies(run(choices="likelihood", out=tmp_path / "weighed", **fields)):
        assert reply.text in reply.options
        assert reply.gold == "gout"
        assert len(reply.metadata["log_likelihoods"]) == 4


def test_letters_alone_are_weighed_for_lettered_questions(model: Path, tmp_path: Path) -> None:
    exam = Sample(
        "1",
        "medcare-cmb",
        "答案为B",
        input="哪一个？\nA: 感冒\nB: 痛风\nC: 皮疹",
        instruction="回答问题",
        language="zh",
    )
    write_records(tmp_path / "samples", [exam], Sample)
    (reply,) = replies(
        run(model=model, samples=tmp_path / "samples", choices="likelihood", out=tmp_path / "out", window=500)
    )
    assert reply.text in ("A", "B", "C")
    assert reply.metadata["log_likelihoods"].index(max(reply.metadata["log_likelihoods"])) == "ABC".index(reply.text)


def test_a_suite_of_which_nothing_is_here_is_an_error_that_says_what_to_do(model: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match=r"no data set of 'clue' is here; the first, .*put the official release at"):
        run(model=model, suite="clue", data=tmp_path / "data", out=tmp_path / "out")


def test_a_named_task_that_is_not_here_is_an_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(
        UserError, match=r"clue-mednli: MedNLI .*PhysioNet .* grants access; put the official release"
    ):
        run(model=model, tasks="clue-mednli", data=tmp_path / "data", out=tmp_path / "out")


def test_a_data_set_without_a_test_split_is_asked_by_its_validation_split(model: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "medmcqa").mkdir(parents=True)
    (tmp_path / "data" / "medmcqa" / "validation.jsonl").write_text(json.dumps(QUESTION) + "\n")
    out = run(
        model=model,
        tasks="meds-bench-122-medmcqa-test-set",
        data=tmp_path / "data",
        max_new_tokens=2,
        out=tmp_path / "out",
    )
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["tasks"]["meds-bench-122-medmcqa-test-set"]["split"] == "validation"


def test_a_data_set_with_a_training_split_alone_is_asked_only_where_the_user_says_so(
    model: Path, tmp_path: Path
) -> None:
    own: dict[str, Any] = {**write_catalog(tmp_path, suites="mine"), "model": model, "max_new_tokens": 2}
    file = tmp_path / "catalog" / "summary.yaml"
    file.write_text(file.read_text().replace(", test: test.jsonl", ""))
    manifest = read_manifest(run(suite="mine", out=tmp_path / "suite", **own))
    assert manifest is not None
    assert set(manifest.facts["tasks"]) == {"symptom", "symptoms"}
    (left,) = manifest.facts["not_run"]
    problem = "summary has neither a test nor a validation split; .* give split: train"
    assert left["task"] == "summary"
    assert re.search(problem, left["reason"])
    with pytest.raises(UserError, match=f"eval.run: summary: {problem}"):
        run(tasks="summary", out=tmp_path / "named", **own)
    asked = replies(run(tasks="summary", split="train", out=tmp_path / "train", **own))
    assert len(asked) == 12
