"""Options that are weighed with worked examples before them, and what is cut where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from asked_tasks import note
from tiny_language_model import question, save_tiny_model

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.evals import Panel, run
from polyclinic.evals.backends.transformers_engine import TransformersEngine
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.weighed_items import ask_items
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.steps import Work
from polyclinic.tasks import load_catalog, load_task


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny", window=200)


def settings(model: Path, **fields: Any) -> RunSettings:
    return RunSettings(model=model, samples=[model], **fields)


def test_worked_examples_stand_before_question_and_neutral_question_alike(model: Path) -> None:
    task, tokenizer = load_task("icd10cm-easy"), models.load_tokenizer(model)
    examples = {("icd10cm-easy", "q0"): (("What is A99?", "Cholera"), ("What is B99?", "Gout"))}
    (item,) = ask_items(settings(model), tokenizer, [(task, question(0))], None, examples)
    before = "Question: What is A99?\nAnswer: Cholera.\n\nQuestion: What is B99?\nAnswer: Gout.\n\n"
    assert item.prompt.startswith(before + "Question: What is the description")
    for request in item.requests:
        assert tokenizer.decode(list(request.context)).startswith(before)


def test_a_question_too_long_loses_examples_and_then_the_middle_of_its_document(model: Path) -> None:
    task, tokenizer = load_task("medcare-medqa-us"), models.load_tokenizer(model)
    document = "first " + "fever " * 300 + "last"
    sample = Sample(
        "m1",
        task.name,
        "gout",
        input=f"{document} What is it?",
        options=("flu", "gout"),
        metadata={"cuttable": [0, len(document)]},
    )
    cuts: dict[tuple[str, str], tuple[str, ...]] = {}
    examples = {(task.name, "m1"): (("What?", "flu"), ("Which?", "gout"))}
    (item,) = ask_items(settings(model), tokenizer, [(task, sample)], 200, examples, cuts)
    assert max(len(request.context) + len(request.continuation) for request in item.requests) <= 200
    assert item.prompt.startswith("Question: first fever")
    assert item.prompt.endswith("last What is it?\nAnswer:")
    assert "[...]" in item.prompt
    found = cuts[task.name, "m1"]
    assert found[0] == "2 of 2 worked examples left out"
    assert found[1].endswith("tokens left out of the middle of the document")


def test_questions_that_are_weighed_can_be_written_instead(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "samples", [question(1)], Sample)
    out = run(model=model, samples=tmp_path / "samples", choices="written", max_new_tokens=3, out=tmp_path / "out")
    (reply,) = read_records(out / "replies", Reply)
    assert "\nOptions:\nA: " in reply.prompt
    assert reply.gold.startswith("B: ")


def test_a_panel_finds_for_every_way_of_asking_what_a_run_finds(model: Path, tmp_path: Path) -> None:
    letters = Sample("l1", "medcare-cmb", "A", input="Question?\nA: gout\nB: flu", options=())
    items = [question(1), note(0, task="clue-meqsum"), letters, question(2), note(1, task="clue-meqsum")]
    write_records(tmp_path / "samples", items, Sample)
    out = run(
        model=model, samples=tmp_path / "samples", choices="likelihood", forced_letter=False, out=tmp_path / "o"
    )
    first: dict[tuple[str, str], float | None] = {}
    for score in read_records(out, Score):
        first.setdefault((score.task, score.item), score.value)
    panel = Panel(model, [tmp_path / "samples"], tmp_path / "scratch")
    for chosen in ([3, 1, 0, 4, 2], [1], [0, 2]):
        found = panel.ask(chosen, tmp_path / "answers.jsonl", f"state {chosen}")
        expected = [first[panel.tasks[number], panel.names[number]] for number in chosen]
        assert [one.value for one in found] == pytest.approx(expected, rel=1e-5)


def test_another_state_of_the_model_gets_replies_of_its_own(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "samples", [note(number, task="clue-meqsum") for number in range(3)], Sample)
    panel = Panel(model, [tmp_path / "samples"], tmp_path / "scratch")
    one = panel.ask([0, 1, 2], tmp_path / "answers.jsonl", "one")
    with torch.no_grad():
        for weight in panel.model.parameters():
            weight.mul_(-1.7)
    assert [o.reply for o in panel.ask([0, 1, 2], tmp_path / "answers.jsonl", "one")] == [o.reply for o in one]
    assert [o.reply for o in panel.ask([0, 1, 2], tmp_path / "answers.jsonl", "two")] != [o.reply for o in one]


def test_a_task_that_a_judge_must_read_is_no_objective(model: Path, tmp_path: Path) -> None:
    judged = next(task for task in load_catalog(None).values() if task.metric == "judge")
    write_records(tmp_path / "samples", [note(0, task=judged.name)], Sample)
    with pytest.raises(UserError, match=f"replies to task {judged.name} are scored by a judge"):
        Panel(model, [tmp_path / "samples"], tmp_path / "scratch")


def test_a_batch_that_does_not_fit_into_memory_is_halved(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TransformersEngine(models.load_model(model).eval(), models.load_tokenizer(model), "float32")
    prompts = [(5, 6, 7 + number) for number in range(9)]
    keys = [f"{number:016x}" for number in range(9)]
    whole = engine.write(prompts, 4, keys)
    write, sizes = engine._write, []

    def small(some: Any, longest: int, names: Any) -> Any:
        sizes.append(len(some))
        if len(some) > 2 or any(prompt[-1] == 15 for prompt in some):
            raise torch.OutOfMemoryError("no room")
        return write(some, longest, names)

    monkeypatch.setattr(engine, "_write", small)
    found = engine.write(prompts, 4, keys)
    assert found[:8] == whole[:8]
    assert found[8].problem.startswith("out of memory")
    assert max(sizes[1:]) < 9


def test_a_run_needs_somebody_to_ask_and_only_one(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nobody to ask: give a model or an endpoint"):
        run(tasks="clue-meqsum", out=tmp_path / "out")
    with pytest.raises(UserError, match="endpoint_model: missing"):
        run(endpoint="http://127.0.0.1:1/v1", tasks="clue-meqsum", out=tmp_path / "out")
    with pytest.raises(UserError, match="nobody to ask"):
        run(model=model, endpoint="http://127.0.0.1:1/v1", endpoint_model="m", tasks="x", out=tmp_path / "out")


def test_the_scripted_backend_answers_what_the_function_says(model: Path, tmp_path: Path) -> None:
    from polyclinic.evals.asked_items import AskedItems
    from polyclinic.evals.backends.scripted import ScriptedBackend
    from polyclinic.evals.run import ask
    from polyclinic.evals.writing import Written

    write_records(tmp_path / "samples", [note(number, task="clue-meqsum") for number in range(3)], Sample)
    backend = ScriptedBackend(lambda r: Written(problem="no reply today") if "Note 1" in r.prompt else Written("yes"))
    for name in ("out", "scratch"):
        (tmp_path / name).mkdir()
    work = Work(tmp_path / "out", tmp_path / "scratch", 0)
    ask(settings(model), work, AskedItems((tmp_path / "samples",)), backend)
    found = [(reply.text, reply.unanswered_reason) for reply in read_records(tmp_path / "out" / "replies", Reply)]
    assert found == [("yes", ""), ("", "no reply today"), ("yes", "")]
    assert work.facts["unscored_reasons"] == {"no reply today": 1}
