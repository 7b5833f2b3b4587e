from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.steps import find_kind
from polyclinic.synth import as_documents, pit

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion, last_turn

SOURCE = Path(__file__).parents[2] / "src"
TASKS = ["summary", "question_answer", "entities", "relations"]


def write_documents(folder: Path, number: int = 6) -> Path:
    documents = [
        Document(
            id=f"d{n}",
            title=f"Disease {n}",
            text=f"Disease {n} is an infection of the lung. Disease {n} causes fever and cough.",
            domain="encyclopedia",
            source="trial",
            license="CC0-1.0",
        )
        for n in range(number)
    ]
    write_records(folder, documents, Document)
    return folder


def samples_of(folder: Path) -> list[Sample]:
    return list(read_records(folder, Sample))


def facts_of(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.facts


async def obliging(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Answer each task as its prompt asks."""
    asked = last_turn(payload)
    title = asked.partition("Title: ")[2].partition("\n")[0]
    if asked.startswith("Summarise"):
        return completion(f"{title} is a lung infection.")
    if "Question: the question" in asked:
        return completion(f"Question: What is {title}?\nAnswer: An infection.")
    if asked.startswith("List the medical terms"):
        return completion(f"{title}\nfever\ncough")
    return completion(f"{title} causes fever.")


def test_the_extractive_teacher_writes_every_task_and_signs_as_no_model(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents")
    samples = samples_of(pit(out=tmp_path / "samples", documents=documents, tasks=TASKS))
    assert [s.id for s in samples[:4]] == [f"d0.{task}" for task in TASKS]
    assert samples[0] == Sample(
        id="d0.summary",
        task="pit.summary",
        output="Disease 0 is an infection of the lung. Disease 0 causes fever and cough.",
        document="d0",
        domain="encyclopedia",
        source="trial",
        license="CC0-1.0",
        author="extractive teacher (no model)",
    )
    facts = facts_of(tmp_path / "samples")
    assert facts["teacher"] == "extractive teacher (no model)"
    assert facts["samples"] == dict.fromkeys(TASKS, 6)


def test_what_nothing_is_found_for_is_counted_and_left_out(tmp_path: Path) -> None:
    file = tmp_path / "documents.jsonl"
    file.write_text(json.dumps({"id": "a", "text": "Rest in bed today."}) + "\n")
    samples = samples_of(pit(out=tmp_path / "samples", documents=file, tasks=["summary", "relations"]))
    assert [s.task for s in samples] == ["pit.summary"]
    assert facts_of(tmp_path / "samples")["nothing_found"] == {"summary": 0, "relations": 1}


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents")
    first, second = (pit(out=tmp_path / name, documents=documents, tasks=TASKS) for name in ("a", "b"))
    assert (first / "records.parquet").read_bytes() == (second / "records.parquet").read_bytes()


def test_an_id_given_twice_no_documents_and_nothing_to_say_are_errors(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents")
    with pytest.raises(UserError, match="the document id 'd0' occurs twice"):
        pit(out=tmp_path / "a", documents=[documents, documents])
    write_records(tmp_path / "empty", [], Document)
    with pytest.raises(UserError, match="no documents in"):
        pit(out=tmp_path / "b", documents=tmp_path / "empty")
    write_records(tmp_path / "blank", [Document(id="a", text=" ")], Document)
    with pytest.raises(UserError, match="found nothing to write about in 1 documents"):
        pit(out=tmp_path / "c", documents=tmp_path / "blank")
    assert not any((tmp_path / name).exists() for name in "abc")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"teacher_url": "http://localhost:1/v1"}, "teacher openai needs teacher_model"),
        ({"teacher": "openai"}, "needs teacher_url and teacher_model"),
        ({"teacher_model": "gpt"}, "set `teacher: openai`"),
        ({"teacher": "extractive", "teacher_url": "http://localhost:1/v1"}, "set `teacher: openai`"),
        ({"tasks": ["summary", "summary"]}, "each task once"),
        ({"tasks": ["sumary"]}, "sumary"),
        ({"tasks": []}, "at least 1"),
        ({"temperature": 3}, "less than or equal to 2"),
        ({"teacher_url": "http://8.8.8.8/v1", "teacher_model": "a"}, "leave the building"),
        (
            {"teacher_url": "http://8.8.8.8/v1", "teacher_model": "a", "allow_remote": True},
            "no secret for the surrogates",
        ),
    ],
)
def test_settings_that_cannot_work_fail_before_anything_runs(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    documents = write_documents(tmp_path / "documents")
    with pytest.raises(UserError, match=message):
        pit(out=tmp_path / "samples", documents=documents, **fields)
    assert not (tmp_path / ".making").exists()


def test_the_address_and_the_pace_are_not_part_of_what_is_made() -> None:
    roles = find_kind("synth.pit").roles
    runtime = {name for name, role in roles.items() if role.runtime}
    assert runtime == {
        *("teacher_url", "teacher_key_variable", "more_addresses", "allow_remote", "concurrency", "timeout"),
        *("prompt_price", "completion_price", "most_requests", "most_tokens", "most_money"),
        *("batches", "batch_poll"),
    }


def test_a_model_writes_every_task_and_its_tokens_are_counted(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents")
    with TeacherServer(obliging) as server:
        made = pit(
            out=tmp_path / "samples",
            documents=documents,
            tasks=TASKS,
            teacher_url=server.url,
            teacher_model="tutor",
            seed=5,
        )
        assert {p["seed"] for p in server.seen} == {5}
        assert {p["model"] for p in server.seen} == {"tutor"}
    samples = samples_of(made)
    assert [s.output for s in samples[4:8]] == [
        "Disease 1 is a lung infection.",
        "Question: What is Disease 1?\nAnswer: An infection.",
        "- Disease 1\n- fever\n- cough",
        "Disease 1 causes fever.",
    ]
    assert {s.author for s in samples} == {"tutor"}
    facts = facts_of(made)
    assert (facts["requests"], facts["prompt_tokens"], facts["completion_tokens"]) == (24, 24 * 7, 24 * 3)
    assert not (made / "rejected.jsonl").exists()


def test_unusable_answers_are_asked_for_once_more_counted_and_kept_aside(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents")

    async def moody(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        whole = json.dumps(payload)
        if "Disease 1" in whole:
            return completion("I'm sorry, I cannot do that.")
        if "Disease 2" in whole and len(payload["messages"]) == 2:
            return completion("")
        if "Disease 3" in whole:
            return web.json_response({"error": "too long"}, status=400)
        return completion("A fine summary.")

    with TeacherServer(moody) as server:
        made = pit(out=tmp_path / "samples", documents=documents, teacher_url=server.url, teacher_model="tutor")
    assert [s.document for s in samples_of(made)] == ["d0", "d2", "d4", "d5"]
    facts = facts_of(made)
    assert facts["rejected"] == {"summary: refusal": 2, "summary: empty answer": 1}
    assert facts["failed"] == {"summary: status 400: too long": 1}
    assert facts["without_a_usable_answer"] == {"summary": 2}
    rows = [json.loads(line) for line in (made / "rejected.jsonl").read_text().splitlines()]
    assert [(r["document"], r["outcome"], r["reason"]) for r in rows] == [
        ("d1", "rejected", "refusal"),
        ("d1", "rejected", "refusal"),
        ("d2", "rejected", "empty answer"),
        ("d3", "failed", "status 400: too long"),
    ]


def test_a_run_of_which_nothing_can_be_used_is_an_error_that_says_why(tmp_path: Path) -> None:
    async def refuse(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("I cannot help with that.")

    documents = write_documents(tmp_path / "documents", 3)
    reason = r"none of the answers to 3 requests .* 6 times summary: refusal"
    with TeacherServer(refuse) as server, pytest.raises(UserError, match=reason):
        pit(out=tmp_path / "samples", documents=documents, teacher_url=server.url, teacher_model="tutor")
    assert not (tmp_path / "samples").exists()


def test_a_long_document_is_sent_in_parts_and_becomes_one_sample(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {n} speaks of fever and of cough for a while." * 4 for n in range(6))
    write_records(tmp_path / "documents", [Document(id="long", text=text, title="Fevers")], Document)
    with TeacherServer(obliging) as server:
        made = pit(
            out=tmp_path / "samples",
            documents=tmp_path / "documents",
            tasks=["entities"],
            teacher_url=server.url,
            teacher_model="tutor",
            part_characters=500,
        )
        parts = len(server.seen)
        assert parts >= 3
        assert f"Part 1 of {parts}" in json.dumps(server.seen)
    (sample,) = samples_of(made)
    assert sample.output == "- Fevers\n- fever\n- cough"
    assert sample.metadata == {"parts": parts, "parts_used": parts}


def test_prompts_of_ones_own_are_used_and_faults_in_them_are_named(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents", 2)
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    fields: dict[str, Any] = {"documents": documents, "teacher_model": "tutor", "prompts": prompts}
    (prompts / "summary.jinja").write_text("Fasse zusammen: {{ text }}")
    with TeacherServer(obliging) as server:
        pit(out=tmp_path / "a", teacher_url=server.url, **fields)
        assert last_turn(server.seen[0]).startswith("Fasse zusammen: Disease")
        (prompts / "summary.jinja").write_text("{{ texd }}")
        with pytest.raises(UserError, match=r"summary\.jinja: 'texd' is undefined; this prompt may use title, text"):
            pit(out=tmp_path / "b", teacher_url=server.url, **fields)
        (prompts / "summary.jinja").write_text("one\n{% if %}")
        with pytest.raises(UserError, match=r"summary\.jinja:2: not a Jinja template"):
            pit(out=tmp_path / "b", teacher_url=server.url, **fields)


async def in_json(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Answer lists as JSON; the first answer about entities is broken, the first about relations of another form."""
    asked = payload["messages"][1]["content"]
    again = len(payload["messages"]) > 2
    if asked.startswith("List the medical terms"):
        return completion('{"entities": ["Fever", "cough", "fever"]}' if again else '{"entities": ["Fever"')
    if asked.startswith("List the relations"):
        return completion('{"relations": ["It causes  fever"]}' if again else '{"relation": []}')
    return completion('{"pairs": [{"question": "What is it?", "answer": "An infection."}]}')


def test_lists_are_asked_for_as_json_of_a_form_and_give_the_same_samples(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents", 1)
    with TeacherServer(in_json) as server:
        made = pit(
            out=tmp_path / "samples",
            documents=documents,
            tasks=TASKS[1:],
            json_answers=True,
            teacher_url=server.url,
            teacher_model="tutor",
        )
        assert all("response_format" in payload for payload in server.seen)
    assert [sample.output for sample in samples_of(made)] == [
        "Question: What is it?\nAnswer: An infection.",
        "- Fever\n- cough",
        "It causes fever.",
    ]
    assert facts_of(made)["rejected"] == {"entities: broken JSON": 1, "relations: wrong fields": 1}


def test_an_answer_in_another_language_than_the_document_is_refused(tmp_path: Path) -> None:
    notes = [Document(id="a", text="Der Patient hat Fieber und Husten, die Lunge ist frei.", language="de")]
    write_records(tmp_path / "notes", notes, Document)

    async def stubborn(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("The patient has a fever and a cough, and the lungs are clear.")

    fields: dict[str, Any] = {"documents": tmp_path / "notes", "teacher_model": "tutor"}
    with TeacherServer(stubborn) as server:
        with pytest.raises(UserError, match="2 times summary: another language"):
            pit(out=tmp_path / "a", teacher_url=server.url, **fields)
        made = pit(out=tmp_path / "b", teacher_url=server.url, check_language=False, **fields)
    assert len(samples_of(made)) == 1


def test_explanations_become_documents_to_read(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents", 2)

    async def explain(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        assert last_turn(payload).startswith("Rewrite the following encyclopedia text")
        return completion("Explanation: It is an infection of the lung.")

    fields: dict[str, Any] = {"documents": documents, "tasks": "explainer"}
    with pytest.raises(UserError, match="explainer can only be written by a model"):
        pit(out=tmp_path / "samples", **fields)
    with TeacherServer(explain) as server:
        made = pit(out=tmp_path / "samples", teacher_url=server.url, teacher_model="tutor", **fields)
    texts = list(read_records(as_documents(out=tmp_path / "texts", samples=made), Document))
    assert [(d.id, d.title, d.text) for d in texts] == [
        (f"d{n}.explainer", f"Disease {n}", "It is an infection of the lung.") for n in range(2)
    ]
    assert {(d.license, d.source, d.metadata["author"]) for d in texts} == {("CC0-1.0", "trial", "tutor")}
    with pytest.raises(UserError, match=r"no sample of pit\.summary among 2"):
        as_documents(out=tmp_path / "none", samples=made, tasks=["pit.summary"])


def test_a_document_of_three_megabytes_and_answers_with_control_characters_become_one_sample(tmp_path: Path) -> None:
    text = "\n\n".join(f"Visit {n}: the patient has a fever and a cough again." for n in range(56_000))
    assert len(text) > 3_000_000
    write_records(tmp_path / "documents", [Document(id="long", text=text)], Document)

    async def dirty(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("fever\x00\n\x1b[1mcough\x07\u2028")

    with TeacherServer(dirty) as server:
        fields: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "tutor", "part_characters": 30_000}
        (sample,) = samples_of(
            pit(out=tmp_path / "samples", documents=tmp_path / "documents", tasks="summary", **fields)
        )
    assert sample.output.split("\n\n")[0] == "fever\n[1mcough"
    assert sample.metadata["parts"] == sample.metadata["parts_used"] >= 100


FIELDS: dict[str, Any] = {"teacher_model": "tutor", "concurrency": 4, "tasks": ["summary", "entities"], "seed": 3}
RUN = f"""
import sys
from polyclinic.synth import as_documents, pit
pit(out=sys.argv[1], documents=sys.argv[2], teacher_url=sys.argv[3], **{FIELDS})
"""


def test_a_run_killed_in_the_middle_is_resumed_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents", 40)

    async def deadly(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if number == 40:
            os.kill(running.pid, signal.SIGKILL)
        return await obliging(payload, number, request)

    with TeacherServer(deadly) as server:
        command = [sys.executable, "-c", RUN, str(tmp_path / "killed"), str(documents), server.url]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        assert running.wait(60) == -signal.SIGKILL
        assert not (tmp_path / "killed").exists()
        resumed = pit(out=tmp_path / "killed", documents=documents, teacher_url=server.url, **FIELDS)
        assert len({json.dumps(payload) for payload in server.seen}) == 80
        assert len(server.seen) <= 80 + 4
        undisturbed = pit(out=tmp_path / "undisturbed", documents=documents, teacher_url=server.url, **FIELDS)
    assert (resumed / "records.parquet").read_bytes() == (undisturbed / "records.parquet").read_bytes()
    assert len(samples_of(resumed)) == 80
