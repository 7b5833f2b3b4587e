from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from teacher_server import Payload, TeacherServer, completion, echo, last_turn

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Endpoint, Journal, Reply, Tally, ask_all, settle

SOURCE = Path(__file__).parents[2] / "src"


def endpoint(server: TeacherServer, **changes: object) -> Endpoint:
    given = Endpoint(server.url, "trial", concurrency=4, attempts=3, first_wait=0.01, timeout=5.0)
    return replace(given, **changes)  # type: ignore[arg-type]


def requests(number: int) -> list[ChatRequest]:
    return [ChatRequest((("user", f"text {n}"),), template="1") for n in range(number)]


def ask(server: TeacherServer, folder: Path, number: int = 1, **changes: object) -> tuple[Tally, list[str]]:
    """Ask and return the tally and the answers, or why there is none."""
    where = endpoint(server, **changes)
    with Journal(folder / "journal.sqlite") as journal:
        tally = ask_all(requests(number), where, journal)
        found = [settle(request, where, journal) for request in requests(number)]
    return tally, [o.accepted.text if o.accepted else o.failure.reason if o.failure else "" for o in found]


def test_every_request_is_answered_and_kept_with_its_tokens(tmp_path: Path) -> None:
    with TeacherServer() as server:
        tally, answers = ask(server, tmp_path, 20)
        assert answers == [f"TEXT {n}" for n in range(20)]
        assert (tally.accepted, tally.asked, tally.failed) == (20, 20, 0)
        with Journal(tmp_path / "journal.sqlite") as journal:
            reply = journal.find(requests(1)[0].key(endpoint(server)))
        assert reply == Reply("TEXT 0", "stop", 7, 3, 1)


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    with TeacherServer() as server:
        ask(server, tmp_path, 5)
        tally, answers = ask(server, tmp_path, 8)
        assert len(server.seen) == 8
        assert tally.asked == 3
        assert answers[7] == "TEXT 7"


def test_another_temperature_seed_model_template_or_sample_is_another_request() -> None:
    base, request = Endpoint("http://localhost/v1", "a"), requests(1)[0]
    keys = {
        request.key(base),
        request.key(replace(base, temperature=0.5)),
        request.key(replace(base, seed=1)),
        request.key(replace(base, model="b")),
        request.key(replace(base, max_tokens=5)),
        replace(request, template="2").key(base),
        replace(request, sample=1).key(base),
    }
    assert len(keys) == 7
    assert request.key(replace(base, base_url="http://elsewhere/v1", timeout=1.0, concurrency=9)) in keys


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_a_key(text: str) -> None:
    request = ChatRequest((("user", text),))
    assert len(request.key(Endpoint("http://localhost/v1", "a"))) == 64


def test_no_more_are_in_flight_than_allowed_and_none_is_drawn_ahead(tmp_path: Path) -> None:
    drawn = 0

    def endless() -> Iterator[ChatRequest]:
        nonlocal drawn
        for request in requests(40):
            drawn += 1
            yield request

    ahead = []

    async def slowly(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        ahead.append(drawn - number)
        await asyncio.sleep(0.005)
        return completion("ok")

    with TeacherServer(slowly) as server, Journal(tmp_path / "journal.sqlite") as journal:
        ask_all(endless(), endpoint(server, concurrency=3), journal)
    assert server.most_at_once == 3
    assert max(ahead) <= 4


def test_too_many_requests_cost_no_attempt_and_wait_as_long_as_asked(tmp_path: Path) -> None:
    async def busy(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if number < 5:
            return web.json_response({"error": "slow down"}, status=429, headers={"Retry-After": "0.05"})
        return web.Response(status=500) if number == 5 else completion("done")

    with TeacherServer(busy) as server:
        start = time.monotonic()
        tally, answers = ask(server, tmp_path, attempts=2)
    assert answers == ["done"]
    assert tally.counts == {"rate_limited": 5, "server_error": 1}
    assert time.monotonic() - start >= 5 * 0.05


def test_server_errors_cut_answers_and_broken_json_are_asked_again(tmp_path: Path) -> None:
    async def faulty(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if number == 0:
            return web.Response(status=500, text="out of memory")
        if number == 1:
            return web.Response(text='{"choices": [{"message": {"cont')
        if number == 2:
            return web.json_response({"result": "not a completion"})
        if number == 3:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"choices": [')
            assert request.transport is not None
            request.transport.abort()
            return response
        if number == 4:
            assert request.transport is not None
            request.transport.abort()
        return completion("at last")

    with TeacherServer(faulty) as server:
        tally, answers = ask(server, tmp_path, attempts=6)
        assert len(server.seen) == 6
    assert answers == ["at last"]
    assert tally.counts == {"server_error": 1, "not_an_answer": 2, "cut_off": 2}


def test_a_hanging_server_is_left_after_the_time_out(tmp_path: Path) -> None:
    async def hang(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if number == 0:
            await asyncio.sleep(3)
        return completion("awake")

    with TeacherServer(hang) as server:
        start = time.monotonic()
        _, answers = ask(server, tmp_path, timeout=0.2)
    assert answers == ["awake"]
    assert time.monotonic() - start < 2.5


def test_what_never_works_is_a_counted_failure_with_its_reason(tmp_path: Path) -> None:
    async def half(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if last_turn(payload) == "text 1":
            return web.json_response({"error": {"message": "CUDA error"}}, status=503)
        if last_turn(payload) == "text 2":
            return web.json_response({"error": {"message": "context is 4096 tokens"}}, status=400)
        return completion("fine")

    with TeacherServer(half) as server:
        tally, answers = ask(server, tmp_path, 4)
    assert answers == [
        "fine",
        "no answer after 3 attempts, last: status 503: CUDA error",
        "status 400: context is 4096 tokens",
        "fine",
    ]
    assert (tally.accepted, tally.failed) == (2, 2)


def test_failures_are_tried_again_in_the_next_run(tmp_path: Path) -> None:
    async def refuse(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return web.Response(status=400) if last_turn(payload) == "text 1" else completion("fine")

    with TeacherServer(refuse) as server:
        assert ask(server, tmp_path, 2)[1] == ["fine", "status 400"]
        server.behaviour = echo
        assert ask(server, tmp_path, 2)[1] == ["fine", "TEXT 1"]
        assert len(server.seen) == 3


def test_a_wrong_key_stops_at_once_and_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def locked(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "bad key"}}, status=401)

    monkeypatch.setenv("CLINIC_KEY", "secret-123")
    with TeacherServer(locked) as server:
        with pytest.raises(UserError, match=r"401 \(bad key\).*environment variable CLINIC_KEY") as caught:
            ask(server, tmp_path, 50, key_variable="CLINIC_KEY")
        assert len(server.seen) <= 4
        assert server.headers[0]["Authorization"] == "Bearer secret-123"
    assert "secret" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    with TeacherServer() as server:
        with pytest.raises(UserError, match="environment variable NO_SUCH_KEY is not set"):
            ask(server, tmp_path, key_variable="NO_SUCH_KEY")
        assert server.seen == []


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    async def unknown(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": "no such model"}, status=404)

    with TeacherServer(unknown) as server, pytest.raises(UserError, match="does not serve the model 'trial'"):
        ask(server, tmp_path)


def test_a_used_up_quota_stops_the_run_although_it_is_said_with_429(tmp_path: Path) -> None:
    async def empty(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        error = {"message": "You exceeded your current quota", "code": "insufficient_quota"}
        return web.json_response({"error": error}, status=429)

    with TeacherServer(empty) as server, pytest.raises(UserError, match="the quota is used up"):
        ask(server, tmp_path)


def test_an_endpoint_that_is_down_stops_the_run_and_keeps_the_answers(tmp_path: Path) -> None:
    async def dies(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("fine") if number < 10 else web.Response(status=502)

    with TeacherServer(dies) as server:
        with pytest.raises(UserError, match=r"32 requests in a row failed.*status 502"):
            ask(server, tmp_path, 200)
        with Journal(tmp_path / "journal.sqlite") as journal:
            assert journal.count() == 10


def test_refusals_in_a_row_do_not_stop_a_run_that_had_answers(tmp_path: Path) -> None:
    async def filtered(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("fine") if number == 0 else web.Response(status=400, text="content filter")

    with TeacherServer(filtered) as server:
        tally, _ = ask(server, tmp_path, 60, concurrency=1)
    assert (tally.accepted, tally.failed) == (1, 59)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async def elsewhere(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect("http://192.0.2.1/v1/chat/completions")

    with TeacherServer(elsewhere) as server:
        tally, answers = ask(server, tmp_path)
    assert tally.failed == 1
    assert answers[0].startswith("status 307")


def test_an_unusable_answer_is_asked_for_once_more_with_the_reason(tmp_path: Path) -> None:
    async def twice(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("good" if len(payload["messages"]) == 3 else "bad")

    def check(reply: Reply) -> str:
        return "" if reply.text == "good" else "not good"

    with TeacherServer(twice) as server, Journal(tmp_path / "journal.sqlite") as journal:
        request = replace(requests(1)[0], check=check)
        tally = ask_all([request], endpoint(server), journal)
        outcome = settle(request, endpoint(server), journal)
        assert "cannot be used: not good" in last_turn(server.seen[1])
        assert server.seen[1]["seed"] == server.seen[0]["seed"] + 1
    assert (tally.accepted, tally.rejected, tally.asked) == (1, 1, 2)
    assert outcome.accepted is not None
    assert [reason for _, reason in outcome.rejected] == ["not good"]


def test_an_answer_that_stays_unusable_is_asked_for_twice_only(tmp_path: Path) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        request = replace(requests(1)[0], check=lambda reply: "no")
        ask_all([request], endpoint(server), journal)
        assert len(server.seen) == 2
        assert settle(request, endpoint(server), journal).open is None


def test_strange_texts_come_back_as_text(tmp_path: Path) -> None:
    async def strange(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        bodies = [
            '{"choices": [{"message": {"content": "half \\ud800 and \\u0000"}}], "usage": {"prompt_tokens": 0.5}}',
            '{"choices": [{"message": {"content": null, "refusal": "no"}, "finish_reason": null}], "usage": null}',
            '{"choices": [{"message": {"content": [{"type": "text", "text": "in parts"}]}}]}',
        ]
        return web.Response(text=bodies[int(last_turn(payload)[-1])])

    with TeacherServer(strange) as server:
        assert ask(server, tmp_path, 3)[1] == ["half ? and \x00", "no", "in parts"]


def test_a_running_event_loop_is_no_obstacle(tmp_path: Path) -> None:
    async def notebook(server: TeacherServer) -> list[str]:
        return ask(server, tmp_path)[1]

    with TeacherServer() as server:
        assert asyncio.run(notebook(server)) == ["TEXT 0"]


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.sqlite"), pytest.raises(UserError, match="another run is writing this journal"):
        Journal(tmp_path / "a.sqlite")
    Journal(tmp_path / "a.sqlite").close()


def test_a_file_that_is_no_journal_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    file.write_text("my notes, which are long enough to be taken for a database header" * 20)
    with pytest.raises(UserError, match=r"a\.sqlite: cannot be used as a journal"):
        Journal(file)
    assert file.read_text().startswith("my notes")


KILLED = """
import sys
from pathlib import Path
from polyclinic.llm import ChatRequest, Endpoint, Journal, ask_all
where = Endpoint(sys.argv[1], "trial", concurrency=8, first_wait=0.01)
with Journal(Path(sys.argv[2])) as journal:
    ask_all((ChatRequest((("user", f"text {n}"),), template="1") for n in range(300)), where, journal)
"""


def test_a_killed_run_pays_for_nothing_twice_but_what_was_in_flight(tmp_path: Path) -> None:
    async def slowly(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.01)
        if number == 120:
            os.kill(running.pid, signal.SIGKILL)
        return completion(last_turn(payload).upper())

    file = tmp_path / "journal.sqlite"
    with TeacherServer(slowly) as server:
        command = [sys.executable, "-c", KILLED, server.url, str(file)]
        running = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SOURCE)})
        assert running.wait(30) == -signal.SIGKILL
        with sqlite3.connect(file) as database:
            kept = database.execute("SELECT count(*) FROM replies").fetchone()[0]
        assert 120 - 8 <= kept <= 121
        _, answers = ask(server, tmp_path, 300, concurrency=8)
        assert answers == [f"TEXT {n}" for n in range(300)]
        assert len(server.seen) <= 300 + 8
