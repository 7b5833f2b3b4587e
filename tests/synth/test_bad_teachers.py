"""What every kind does with a wrong key, an unknown model, a faulty prompt, dirty answers, a full disk, two runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from polyclinic.errors import UserError
from polyclinic.records import Document, Sample, read_records, write_records
from polyclinic.synth import chain, judge, mcq, mediflow, pit, preferences

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from teacher_server import Payload, TeacherServer, completion

SCORES = {"quality": 4.0}
Make = Callable[..., Path]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    write_records(folder / "notes", [Document("n1", "The patient has a fever and a cough for a week.")], Document)
    sample = Sample("s1", "t", "A cough.", input="A note.", instruction="Find it.", metadata=SCORES)
    write_records(folder / "samples", [sample], Sample)
    return folder


def kinds(inputs: Path) -> dict[str, tuple[Make, dict[str, Any], str]]:
    """Return each kind that asks a teacher, what it needs, and the prompt it uses."""
    return {
        "pit": (pit, {"documents": inputs / "notes"}, "summary"),
        "mediflow": (mediflow, {"instructions": 2}, "mediflow/write"),
        "judge": (judge, {"samples": inputs / "samples"}, "mediflow/judge_instruction"),
        "preferences": (preferences, {"samples": inputs / "samples"}, "mediflow/corrupt"),
        "chain": (chain, {"instructions": 2}, "mediflow/compare"),
        "mcq": (mcq, {"items": 1, "topics": "medication"}, "mcq/answer"),
    }


KINDS = ("pit", "mediflow", "judge", "preferences", "chain", "mcq")


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_and_an_unknown_model_stop_every_kind_at_once(
    tmp_path: Path, inputs: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, fields, _ = kinds(inputs)[kind]
    monkeypatch.setenv("TEACHER_KEY", "wrong")

    async def refuse(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        known = payload["model"] == "known"
        return web.json_response({"error": {"message": "no"}}, status=401 if known else 404)

    with TeacherServer(refuse) as server:
        asked: dict[str, Any] = {"teacher_url": server.url, "teacher_key_variable": "TEACHER_KEY", "concurrency": 1}
        with pytest.raises(UserError, match="TEACHER_KEY"):
            make(out=tmp_path / "a", teacher_model="known", **asked, **fields)
        assert len(server.seen) == 1
        with pytest.raises(UserError, match="unknown"):
            make(out=tmp_path / "b", teacher_model="unknown", **asked, **fields)
        assert len(server.seen) == 2
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_a_prompt_may_not_use_is_named_before_anything_is_asked(
    tmp_path: Path, inputs: Path, kind: str
) -> None:
    make, fields, prompt = kinds(inputs)[kind]
    file = tmp_path / "prompts" / f"{prompt}.jinja"
    file.parent.mkdir(parents=True)
    file.write_text("Do it with {{ patient_name }}.")
    with pytest.raises(UserError, match=rf"{file.name}: 'patient_name' is undefined; this prompt may use "):
        make(
            out=tmp_path / "out",
            teacher_url="http://127.0.0.1:9/v1",
            teacher_model="m",
            prompts=tmp_path / "prompts",
            **fields,
        )


def test_control_characters_are_taken_out_of_what_is_written_and_judged(tmp_path: Path) -> None:
    async def dirty(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if payload["messages"][0]["content"].startswith("You judge"):
            keys = ("quality", "alignment", "coherence", "realism", "difficulty")
            return completion(json.dumps({key: {"rationale": "a\x00b\x1b", "score": 3} for key in keys}))
        pair = "<example><input>in\x07put {}</input><output>out\x00put</output></example>"
        pairs = "".join(pair.format(n) for n in range(3))
        return completion(f"<instruction>Do\x1b it.</instruction><examples>{pairs}</examples>")

    with TeacherServer(dirty) as server:
        teacher: dict[str, Any] = {"teacher_url": server.url, "teacher_model": "m"}
        made = mediflow(
            out=tmp_path / "a",
            instructions=4,
            most_examples=3,
            axes=_plain_axes(tmp_path),
            **teacher,
        )
        judged = judge(out=tmp_path / "b", samples=made, judgements=1, **teacher)
    samples = list(read_records(judged, Sample))
    assert {(s.instruction, s.output) for s in samples} == {("Do it.", "output")}
    assert samples[0].metadata["quality"] == 3
    assert "\x00" not in (judged / "page.html").read_text()


def test_a_second_run_of_the_same_step_is_refused_while_the_first_is_going(tmp_path: Path, inputs: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    async def slow(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        import asyncio

        asked.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return completion("The patient has a fever and a cough.")

    with TeacherServer(slow) as server:
        fields: dict[str, Any] = {
            "documents": inputs / "notes",
            "teacher_url": server.url,
            "teacher_model": "m",
            "out": tmp_path / "out",
        }
        first = threading.Thread(target=lambda: pit(**fields))
        first.start()
        assert asked.wait(20)
        with pytest.raises(UserError, match="is being made by another process"):
            pit(**fields)
        go_on.set()
        first.join(20)
        assert len(server.seen) == 1
    assert len(list(read_records(tmp_path / "out", Sample))) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_stops_a_step_and_what_was_answered_is_not_asked_again(small_disk: Path, tmp_path: Path) -> None:
    notes = [Document(f"n{n}", f"Note {n}: the patient has a fever and a cough.") for n in range(80)]
    write_records(tmp_path / "notes", notes, Document)

    async def long(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("The patient has a fever. " * 4_000)

    with TeacherServer(long) as server:
        fields: dict[str, Any] = {
            "documents": tmp_path / "notes",
            "teacher_url": server.url,
            "teacher_model": "m",
            "concurrency": 2,
            "check_language": False,
        }
        with pytest.raises(UserError, match="could not be written"):
            pit(out=small_disk / "out", **fields)
        answered = len(server.seen)
        assert answered < 80
        assert not (small_disk / "out").exists()
        shutil.copytree(small_disk / ".making", tmp_path / ".making")  # the same on a disk with room
        made = pit(out=tmp_path / "out", **fields)
        assert len(server.seen) == 80
    assert len(list(read_records(made, Sample))) == 80


def _plain_axes(folder: Path) -> Path:
    """Return axes with plain text as the only format."""
    from polyclinic.synth.mediflow.axes import OWN_AXES

    text = OWN_AXES.read_text().replace(
        '{ key: json, name: "JSON", weight: 0.5 }', '{ key: json, name: "J", weight: 0 }'
    )
    file = folder / "axes.yaml"
    file.write_text(text)
    return file


def test_what_asking_will_come_to_is_said_before_it_starts(tmp_path: Path, inputs: Path) -> None:
    async def written(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("The patient has a fever.")

    with TeacherServer(written) as server:
        fields: dict[str, Any] = {
            "documents": inputs / "notes",
            "teacher_url": server.url,
            "teacher_model": "m",
            "prompt_price": 2.0,
            "completion_price": 4.0,
        }
        with pytest.raises(UserError, match="the money of"):
            pit(out=tmp_path / "a", most_money=1e-9, **fields)
        assert server.seen == []
        made = pit(out=tmp_path / "a", **fields)
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["facts"]["expected"]["asking the teacher"].startswith("1 of 1 requests to ask; ")
    assert "to pay" in manifest["facts"]["expected"]["asking the teacher"]
    assert manifest["facts"]["price"] == pytest.approx((7 * 2 + 3 * 4) / 1e6)
