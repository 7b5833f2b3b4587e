"""Asking a model behind an endpoint: what is sent, what comes back, what goes wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from asked_tasks import note, write_catalog
from chat_server import ChatServer, completion
from tiny_language_model import question, text

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.evals.backends.endpoint import EndpointBackend
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.shown_run import run_rows
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.steps import Work


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    return {**write_catalog(tmp_path), "endpoint_model": "small"}


def replies(folder: Path) -> dict[str, Reply]:
    return {reply.item: reply for reply in read_records(folder / "replies", Reply)}


def items_in(folder: Path, items: list[Sample]) -> Path:
    write_records(folder, items, Sample)
    return folder


def symptom_of(payload: dict[str, Any]) -> str:
    return str(payload["messages"][-1]["content"]).partition("came in with ")[2].partition(" ")[0].strip(".")


async def right(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
    return completion(symptom_of(payload))


def test_the_right_replies_of_an_endpoint_are_kept_and_scored(own: dict[str, Any], tmp_path: Path) -> None:
    with ChatServer(right) as server:
        out = run(endpoint=server.url, tasks="symptom", out=tmp_path / "out", **own)
    first = server.seen[0]
    assert [message["role"] for message in first["messages"]] == ["system", *["user", "assistant"] * 2, "user"]
    assert (first["model"], first["temperature"], first["max_tokens"]) == ("small", 0.0, 32)
    found = replies(out)
    assert {reply.text for reply in found.values()} == {reply.gold for reply in found.values()}
    assert found["symptom-test-0"].prompt.startswith("[system]\nName the symptom.\n\n[user]\ntrain-")
    assert found["symptom-test-0"].fingerprint.startswith("endpoint-")
    accuracies = [s.value for s in read_records(out, Score) if s.metric == "label_accuracy"]
    assert accuracies
    assert set(accuracies) == {1.0}
    assert next(iter(found.values())).model == "small"


def test_each_kind_of_trouble_is_an_unscored_item_with_its_reason(own: dict[str, Any], tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    async def troubled(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        name = str(payload["messages"][-1]["content"]).partition(":")[0]
        asked[name] += 1
        if name == "Note 0":
            return web.json_response({"error": "overloaded"}, status=500)
        if name == "Note 1" and asked[name] < 3:
            return web.Response(status=429, headers={"Retry-After": "0"})
        if name == "Note 2":
            await asyncio.sleep(30)
        if name == "Note 3":  # the answer breaks off
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"choices": [{"mess')
            assert request.transport is not None
            request.transport.close()
            return response
        if name == "Note 4":
            return web.Response(text="not JSON at all")
        if name == "Note 5":
            return web.json_response({"error": {"message": "too long for me"}}, status=400)
        return completion(symptom_of(payload))

    samples = items_in(tmp_path / "samples", [note(number) for number in range(8)])
    with ChatServer(troubled) as server:
        out = run(endpoint=server.url, samples=samples, attempts=1, timeout=1.0, out=tmp_path / "out", **own)
    found, manifest = replies(out), read_manifest(out)
    reasons = {item.rpartition("-")[2]: reply.unanswered_reason for item, reply in found.items()}
    assert reasons["1"] == reasons["6"] == reasons["7"] == ""
    assert "status 500: overloaded" in reasons["0"]
    assert "timeout" in reasons["2"]
    for number in ("3", "4"):
        assert reasons[number].startswith("the endpoint gave no answer: no answer after 1 attempts")
    assert "too long for me" in reasons["5"]
    assert manifest is not None
    assert manifest.facts["unscored"] == 5
    assert manifest.facts["unscored_reasons"] == {"the endpoint gave no answer": 5}
    values: dict[str, list[float | None]] = {}
    for score in read_records(out, Score):
        values.setdefault(score.item, []).append(score.value)
    assert len(values) == 8
    for item, reply in found.items():
        if reply.unanswered_reason:
            assert set(values[item]) == {None}


@pytest.mark.parametrize("odd", ["", " \n", "a\x00b\x1b[31m\x07", "x" * (1 << 20), "\ud83d", None])
def test_odd_replies_are_kept_as_they_are(own: dict[str, Any], tmp_path: Path, odd: str | None) -> None:
    async def answer(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return completion(odd)

    samples = items_in(tmp_path / "samples", [note(0), note(1)])
    with ChatServer(answer) as server:
        out = run(endpoint=server.url, samples=samples, out=tmp_path / "out", **own)
    found, manifest = replies(out), read_manifest(out)
    expected = (odd or "").encode("utf-8", "replace").decode()
    assert {reply.text for reply in found.values()} == {expected}
    assert manifest is not None
    assert manifest.facts["replies"]["empty"] == (2 if not expected.strip() else 0)
    assert all(score.value in (0.0, None) for score in read_records(out, Score) if score.metric.startswith("rouge"))


def test_an_endpoint_that_stops_answering_ends_the_run_and_what_was_asked_is_kept(
    own: dict[str, Any], tmp_path: Path
) -> None:
    down = False

    async def answer(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if down and len(server.seen) > 20:
            return web.Response(status=500)
        return completion(symptom_of(payload))

    samples = items_in(tmp_path / "samples", [note(number) for number in range(120)])
    settings = run.settings(endpoint="http://127.0.0.1:9/v1", samples=[samples], attempts=1, concurrency=4, **own)
    for name in ("out", "scratch"):
        (tmp_path / name).mkdir()
    with ChatServer(answer) as server:
        settings = settings.model_copy(update={"endpoint": server.url})
        down = True
        with pytest.raises(UserError, match="Every answer so far is kept"):
            run.function(settings, Work(tmp_path / "out", tmp_path / "scratch", 0))
        answered, down = 20, False
        before = len(server.seen)
        run.function(settings, Work(tmp_path / "out", tmp_path / "scratch", 0))
        assert len(server.seen) - before == 120 - answered
    assert len(replies(tmp_path / "out")) == 120


def test_what_a_run_shows_says_why_items_are_unscored(own: dict[str, Any], tmp_path: Path) -> None:
    samples = items_in(tmp_path / "samples", [note(0), note(1)])
    # Nobody listens at port 1; two items are too few for the run to end by itself.
    out = run(endpoint="http://localhost:1/v1", attempts=1, samples=samples, out=tmp_path / "out", **own)
    rows = run_rows(out)
    assert rows
    for row in rows:
        assert (row["items"], row["unscored"]) == (0, 2)
        assert row["note"].startswith("2 unscored: the endpoint gave no answer (first: no answer after 1 attempts")


def test_options_are_put_as_letters_and_texts_cannot_be_read(own: dict[str, Any], tmp_path: Path) -> None:
    async def answer(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        content = str(payload["messages"][-1]["content"])
        assert "\nOptions:\nA: " in content
        return completion("B: " + content.partition("\nB: ")[2].partition("\n")[0])

    samples = items_in(tmp_path / "samples", [question(0), question(1), text(0)])
    with ChatServer(answer) as server:
        out = run(endpoint=server.url, samples=samples, out=tmp_path / "out", **own)
    found = replies(out)
    assert found["q1"].text == found["q1"].gold  # its right option stands at B
    assert found["q0"].gold.startswith("A: ")
    assert found["t0"].unanswered_reason == "no log-likelihoods: an endpoint writes replies alone"
    scores = [score for score in read_records(out, Score) if score.scorer.startswith("corrected")]
    correct = {score.item: score.value for score in scores if score.metric == "accuracy"}
    assert (correct["q0"], correct["q1"]) == (0.0, 1.0)


def test_an_exam_whose_reply_names_no_letter_is_asked_again_for_one(tmp_path: Path) -> None:
    async def answer(payload: dict[str, Any], request: web.Request) -> web.StreamResponse:
        last = str(payload["messages"][-1]["content"])
        if last.startswith("The answer is ("):
            return completion("B")
        return completion("The answer is A." if "first" in last else "I would rather not say.")

    exams = [
        Sample(
            f"e{number}",
            "medcare-medqa-us",
            "The answer is B",
            input=f"Question: {word}?\nOptions:\nA: flu\nB: gout\nC: rash",
            instruction='Answer the question. End with "The answer is X".',
        )
        for number, word in enumerate(["first", "second"])
    ]
    samples = items_in(tmp_path / "samples", exams)
    with ChatServer(answer) as server:
        out = run(endpoint=server.url, endpoint_model="small", samples=samples, out=tmp_path / "out")
    found, manifest = replies(out), read_manifest(out)
    assert "forced_letter" not in found["e0"].metadata
    assert found["e1"].metadata["forced_letter"] == "B"
    assert found["e1"].text == "I would rather not say."
    again = server.seen[-1]["messages"]
    assert [message["role"] for message in again][-3:] == ["user", "assistant", "user"]
    assert again[-1]["content"] == "The answer is (A/B/C):"
    assert manifest is not None
    assert manifest.facts["replies"]["asked_for_a_letter"] == 1


def test_prompts_are_cut_for_a_window_that_the_user_names(own: dict[str, Any], tmp_path: Path) -> None:
    document = "very " * 400 + "long"
    sample = note(0, input=f"{document} Question?", metadata={"cuttable": [0, len(document)]})
    samples = items_in(tmp_path / "samples", [sample])
    with ChatServer(right) as server:
        out = run(endpoint=server.url, samples=samples, window=300, max_new_tokens=50, out=tmp_path / "out", **own)
    (reply,) = replies(out).values()
    assert "left out of the middle of the document" in reply.cuts[0]
    assert len(str(server.seen[0]["messages"])) < 3 * 250 + 200


def test_nothing_is_sent_to_a_remote_endpoint_without_leave_and_guard(tmp_path: Path, own: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"eval\.run\.endpoint: 8\.8\.8\.8 is neither this machine nor the local"):
        run(endpoint="https://8.8.8.8/v1", tasks="symptom", out=tmp_path / "out", **own)
    with pytest.raises(UserError, match="no secret for the surrogates"):
        run(endpoint="https://8.8.8.8/v1", allow_remote=True, tasks="symptom", out=tmp_path / "out", **own)
    with pytest.raises(UserError, match=r"eval\.run\.endpoint: 'nonsense' is not a URL"):
        run(endpoint="nonsense", tasks="symptom", out=tmp_path / "out", **own)


def test_replies_of_an_endpoint_are_cached_only_when_its_weights_are_named(
    own: dict[str, Any], tmp_path: Path
) -> None:
    usual: dict[str, Any] = {**own, "tasks": "symptom", "cache": str(tmp_path / "cache")}
    with ChatServer(right) as server:
        usual["endpoint"] = server.url
        for number in range(2):
            run(out=tmp_path / f"unnamed-{number}", **usual)
        assert len(server.seen) == 12
        for number in range(2):
            run(out=tmp_path / f"named-{number}", endpoint_revision="step 100", **usual)
        assert len(server.seen) == 18
        run(out=tmp_path / "other", endpoint_revision="step 200", **usual)
        assert len(server.seen) == 24


def test_the_estimate_of_tokens_covers_every_character(tmp_path: Path) -> None:
    settings = RunSettings(endpoint="http://127.0.0.1:9/v1", endpoint_model="m", tasks=["symptom"])
    backend = EndpointBackend(settings, Work(tmp_path, tmp_path, 0))
    for written in ("", "plain text", "病人发烧", "mixed 病 text é", "🙂🙂"):
        spans = backend.spans(written)
        assert "".join(written[start:end] for start, end in spans) == written
        assert all(len(written[start:end].encode()) <= 4 for start, end in spans)
    backend.close()


def test_what_a_remote_endpoint_is_asked_passes_the_deidentifier_and_stands_in_the_ledger(
    own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYCLINIC_DEIDENTIFY_KEY", "k" * 32)
    sample = Sample("s", "symptom", output="cough", input="Mr. Okafor, MRN: 00123456, came in with cough.")
    samples = items_in(tmp_path / "samples", [sample])
    with ChatServer(right) as server:
        remote = server.url.replace("127.0.0.1", "0.0.0.0")  # which is no local address
        out = run(endpoint=remote, allow_remote=True, samples=samples, out=tmp_path / "store" / "out", **own)
    sent = str(server.seen)
    assert "came in with cough" in sent
    assert "Okafor" not in sent
    assert "00123456" not in sent
    (reply,) = replies(out).values()
    assert reply.text == "cough"
    assert (tmp_path / "store" / "ledger.jsonl").read_text().count('"sent"') == 1
