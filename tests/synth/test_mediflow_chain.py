from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Document, Preference, Sample, read_records, write_records
from polyclinic.synth import judge, mediflow, preferences

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion, last_turn


def written(asked: str, first: str = "text", instruction: str = "") -> str:
    """Write what is asked for, with as many examples."""
    number = int(re.findall(r"Then come (\d) examples", asked)[0])
    as_json = "The output format: JSON" in asked
    output = '{{"found": "finding {}"}}' if as_json else "Finding {}."
    blocks = "".join(
        f"<example><input>{first} {n}</input><output>{output.format(n)}</output></example>" for n in range(number)
    )
    instruction = instruction or "Do what follows. " + asked.splitlines()[3] + asked.splitlines()[4]
    return f"<instruction>{instruction}</instruction><examples>{blocks}</examples>"


async def obliging(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Write, judge, corrupt and compare as a good teacher would."""
    asked = last_turn(payload)
    if asked.startswith("You are an expert user"):
        return completion(written(asked))
    if asked.startswith("You judge"):
        keys = re.findall(r'^  "(\w+)":', asked, re.MULTILINE)
        return completion(json.dumps({key: {"rationale": "because", "score": 3 + number % 2} for key in keys}))
    if asked.startswith("Below are"):
        good = asked.partition("The good output:\n<<<\n")[2].partition("\n>>>")[0]
        return completion(good.replace("inding", "inding, or not,"))
    first = asked.partition("Output A:\n<<<\n")[2].partition("\n>>>")[0]
    return completion(json.dumps({"rationale": "", "better": "B" if "or not" in first else "A"}))


def facts_of(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_instructions_are_written_judged_and_made_into_preferences(tmp_path: Path) -> None:
    with TeacherServer(obliging) as server:
        teacher: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "tutor", "seed": 3}
        made = mediflow(out=tmp_path / "a", instructions=12, **teacher)
        samples = list(read_records(made, Sample))
        plans = {sample.metadata["plan"] for sample in samples}
        assert plans == set(range(12))
        assert all(sample.author == "tutor" and sample.instruction for sample in samples)
        assert {p["temperature"] for p in server.seen} == {s.metadata["temperature"] for s in samples}
        judged = judge(out=tmp_path / "b", samples=made, judgements=2, **teacher)
        scored = list(read_records(judged, Sample))
        assert [s.id for s in scored] == [s.id for s in samples]
        assert all(3 <= s.metadata["quality"] <= 4 and s.metadata["instruction_judgements"] == 2 for s in scored)
        checked = judge(out=tmp_path / "c", samples=judged, what="output", judgements=1, **teacher)
        assert all("grounding" in s.metadata for s in read_records(checked, Sample))
        pairs = list(read_records(preferences(out=tmp_path / "d", samples=checked, **teacher), Preference))
    assert pairs
    for pair in pairs:
        assert pair.chosen != pair.rejected
        assert "or not" in pair.rejected
        assert pair.error_type
    facts = facts_of(tmp_path / "d")
    assert facts["verification"]["chosen_preferred_in_both_orders"] == len(pairs) == facts["drawn"]
    assert not (tmp_path / "a" / "rejected.jsonl").exists()


def test_an_answer_of_another_form_is_asked_for_again_and_then_set_aside(tmp_path: Path) -> None:
    async def sloppy(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        first = payload["messages"][0]["content"]
        if "named entity recognition" in first:
            return completion("<instruction>x</instruction>")
        if len(payload["messages"]) == 1 and number % 3 == 0:
            return completion("Sure! What task?")
        return completion(written(first))

    with TeacherServer(sloppy) as server:
        made = mediflow(
            out=tmp_path / "a",
            instructions=20,
            task_types=["named_entity_recognition", "summarization"],
            teacher_url=server.url,
            teacher_model="tutor",
        )
    facts = facts_of(made)
    refused = {row["plan"] for row in rows_of(made, "rejected.jsonl") if "missing tag" in row["reason"]}
    kept = {sample.metadata["plan"] for sample in read_records(made, Sample)}
    assert kept | refused == set(range(20))
    assert facts["instructions"] == len(kept)
    assert facts["rejected"]["missing tag"] >= len(refused)
    assert {s.task for s in read_records(made, Sample)} == {"mediflow.summarization"}


def test_json_outputs_of_another_shape_than_the_others_are_refused(tmp_path: Path) -> None:
    async def uneven(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        text = written(payload["messages"][0]["content"])
        return completion(text.replace('{"found": "finding 0"}', '{"seen": "finding 0"}'))

    with TeacherServer(uneven) as server:
        teacher: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "tutor", "instructions": 12}
        strict = mediflow(out=tmp_path / "a", **teacher)
        lenient = mediflow(out=tmp_path / "b", check_json_shape=False, **teacher)
    assert {s.metadata["output_format"] for s in read_records(strict, Sample)} == {"plain_text"}
    assert {s.metadata["output_format"] for s in read_records(lenient, Sample)} == {"plain_text", "json"}
    assert "JSON of another shape" in facts_of(strict)["rejected"]


def test_instructions_are_asked_for_in_another_language_and_english_ones_are_refused(tmp_path: Path) -> None:
    german = "Finde in der Notiz die Diagnose und schreibe sie in einem Satz, ohne die Therapie zu nennen."

    async def polyglot(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        asked = payload["messages"][0]["content"]
        assert 'in the language with the code "de"' in asked
        text = written(
            asked, first="Der Patient hat Fieber und Husten, und die Lunge ist frei, Tag", instruction=german
        )
        english = "The finding is that the patient has a cough."
        if payload["seed"] // 2 % 4 == 0:
            return completion(text.replace("Finding ", english).replace("finding ", english))
        return completion(text.replace("Finding ", "Befund ").replace('"found": "finding ', '"found": "Befund '))

    with TeacherServer(polyglot) as server:
        fields: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "tutor", "instructions": 8}
        made = mediflow(out=tmp_path / "a", language="de", **fields)
    samples = list(read_records(made, Sample))
    assert {sample.language for sample in samples} == {"de"}
    assert {sample.metadata["plan"] for sample in samples} == {1, 2, 3, 5, 6, 7}
    assert facts_of(made)["rejected"] == {"another language": 4}


def test_documents_of_ones_own_are_shown_and_their_licence_goes_with_the_samples(tmp_path: Path) -> None:
    documents = [
        Document(id=f"note-{n}", text=f"The patient number {n} has a cough.", license="CC-BY-4.0", language="en")
        for n in range(3)
    ]
    write_records(tmp_path / "notes", documents, Document)
    with TeacherServer(obliging) as server:
        made = mediflow(
            out=tmp_path / "a",
            documents=tmp_path / "notes",
            instructions=6,
            teacher_url=server.url,
            teacher_model="tutor",
        )
        shown = [re.findall(r"patient number (\d)", last_turn(payload)) for payload in server.seen]
    assert sorted(shown) == [["0"], ["0"], ["1"], ["1"], ["2"], ["2"]]
    samples = list(read_records(made, Sample))
    assert {s.document for s in samples} == {"note-0", "note-1", "note-2"}
    assert {s.license for s in samples} == {"CC-BY-4.0"}


def test_a_judge_off_the_scale_leaves_samples_unjudged_and_counted(tmp_path: Path) -> None:
    samples = [Sample(id=f"s{n}", task="t", instruction=f"Do {n}.", input="in", output="out") for n in range(3)]
    write_records(tmp_path / "samples", samples, Sample)

    async def generous(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        keys = ("quality", "alignment", "coherence", "realism", "difficulty")
        score = 7 if "Do 1." in payload["messages"][0]["content"] else 2
        return completion(json.dumps({key: {"rationale": "", "score": score} for key in keys}))

    with TeacherServer(generous) as server:
        made = judge(
            out=tmp_path / "a", samples=tmp_path / "samples", teacher_url=server.url, teacher_model="m", judgements=2
        )
    found = {s.id: s.metadata for s in read_records(made, Sample)}
    assert found["s0"]["quality"] == 2.0
    assert found["s1"] == {"instruction_unjudged": "no judgement could be used"}
    assert facts_of(made)["without_a_judgement"] == 1
    assert facts_of(made)["rejected"]["score off the scale"] == 4


def test_pairs_whose_chosen_output_is_not_preferred_are_left_out(tmp_path: Path) -> None:
    samples = [
        Sample(id=f"s{n}", task="t", instruction=f"Do {n}.", input="i", output="good", metadata={"quality": 4.0})
        for n in range(4)
    ]
    write_records(tmp_path / "samples", samples, Sample)

    async def first_is_best(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        asked = last_turn(payload)
        return completion("worse" if asked.startswith("Below are") else '{"better": "A"}')

    with TeacherServer(first_is_best) as server:
        fields: dict[str, Any] = {
            "samples": tmp_path / "samples",
            "teacher_url": server.url,
            "teacher_model": "m",
        }
        with pytest.raises(UserError, match="preferred the good output in both orders for none of the 4 pairs"):
            preferences(out=tmp_path / "a", **fields)
        made = preferences(out=tmp_path / "b", verify=False, **fields)
    assert {pair.rejected for pair in read_records(made, Preference)} == {"worse"}


def test_settings_that_cannot_work_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    fields: dict[str, Any] = {"teacher_url": "http://127.0.0.1:9/v1", "teacher_model": "m"}
    with pytest.raises(UserError, match="task_types: unknown key 'sumarization'; did you mean 'summarization'"):
        mediflow(out=tmp_path / "a", instructions=1, task_types=["sumarization"], **fields)
    with pytest.raises(UserError, match="difficulty_weights: the weight of hard is -1"):
        mediflow(out=tmp_path / "a", instructions=1, difficulty_weights={"hard": -1}, **fields)
    write_records(tmp_path / "samples", [Sample(id="s", task="t", output="o", instruction="i")], Sample)
    with pytest.raises(UserError, match="has the score 'quality' in its metadata; judge them first"):
        preferences(out=tmp_path / "a", samples=tmp_path / "samples", **fields)
    with pytest.raises(UserError, match="error_types: unknown key 'brevety'"):
        preferences(out=tmp_path / "a", samples=tmp_path / "samples", error_types=["brevety"], **fields)
    write_records(tmp_path / "bare", [Sample(id="s", task="t", output="o")], Sample)
    with pytest.raises(UserError, match="sample 's' has no instruction"):
        judge(out=tmp_path / "a", samples=tmp_path / "bare", **fields)
