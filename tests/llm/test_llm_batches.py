"""Provider batches: the same journal, and nothing paid twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from batch_server import BatchServer, answered, capitals
from teacher_server import Payload, last_turn

from polyclinic.errors import UserError
from polyclinic.llm import (
    Budget,
    BudgetSpent,
    ChatRequest,
    Endpoint,
    Journal,
    Reply,
    Tally,
    ask_all,
    ask_batches,
    guarded,
    settle,
)

SOURCE = Path(__file__).parents[2] / "src"


def requests(number: int = 10) -> list[ChatRequest]:
    return [ChatRequest((("user", f"text {n}"),)) for n in range(number)]


def ask(server: BatchServer, folder: Path, asked: list[ChatRequest], **more: Any) -> tuple[Tally, list[str]]:
    endpoint = Endpoint(server.url, "trial", first_wait=0.01, attempts=3, prompt_price=1e6, completion_price=1e6)
    with Journal(folder / "journal.sqlite") as journal:
        tally = ask_batches(lambda: asked, endpoint, journal, poll=0.01, **more)
        found = [settle(request, endpoint, journal) for request in asked]
    return tally, [o.accepted.text if o.accepted else o.failure.reason if o.failure else "" for o in found]


def test_batches_fill_the_same_journal_at_half_the_price(tmp_path: Path) -> None:
    with BatchServer(looks=3) as server:
        tally, answers = ask(server, tmp_path, requests(), most_requests=4)
        assert answers == [f"TEXT {n}" for n in range(10)]
        assert (tally.accepted, tally.asked, tally.counts) == (10, 10, {"batches": 3})
        assert tally.price == pytest.approx(10 * 10 * 0.5)
        with Journal(tmp_path / "journal.sqlite") as journal:
            assert ask_all(requests(), Endpoint(server.url, "trial"), journal).asked == 0
        assert ask(server, tmp_path, requests())[0].asked == 0
        assert len(server.batches) == 3


def test_an_answer_that_cannot_be_used_is_asked_again_in_the_next_batch(tmp_path: Path) -> None:
    def check(reply: Reply) -> str:
        return "" if "CANNOT BE USED" in reply.text else "not good"

    asked = [ChatRequest((("user", "text"),), check=check)]
    with BatchServer() as server:
        tally, answers = ask(server, tmp_path, asked)
        assert len(server.batches) == 2
    assert answers[0].startswith("THIS ANSWER CANNOT BE USED: NOT GOOD")
    assert (tally.accepted, tally.rejected) == (1, 1)


def test_lines_that_failed_are_asked_again_and_those_that_are_refused_are_not(tmp_path: Path) -> None:
    def answering(payload: Payload, before: int) -> dict[str, Any] | None:
        text = last_turn(payload)
        if text == "text 0":
            return {"response": {"status_code": 400, "body": {"error": {"message": "too long"}}}, "error": "bad"}
        if text == "text 1" and before == 0:
            return {"response": {"status_code": 500, "body": {}}, "error": "bad"}
        if text == "text 2" and before == 0:
            return None  # the batch expired before it
        if text == "text 3":
            return {"response": {"status_code": 503, "body": {"error": "busy"}}, "error": "bad"}
        return capitals(payload, before)

    with BatchServer(answering) as server:
        tally, answers = ask(server, tmp_path, requests(5))
    assert answers == [
        "status 400: too long",
        "TEXT 1",
        "TEXT 2",
        "no answer after 3 attempts, last: status 503: busy",
        "TEXT 4",
    ]
    assert (tally.accepted, tally.failed) == (3, 2)


def test_what_the_provider_never_answers_fails_in_the_end(tmp_path: Path) -> None:
    with BatchServer(lambda payload, before: None) as server:
        tally, answers = ask(server, tmp_path, requests(2))
        assert len(server.batches) == 3
    assert answers == ["no answer after 3 attempts, last: no line in the files of its batch"] * 2
    assert tally.failed == 2


def test_an_answer_of_strange_content_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    def answering(payload: Payload, before: int) -> dict[str, Any] | None:
        return (
            answered("half \ud800 and \x00")
            if before
            else {"response": {"status_code": 200, "body": []}, "error": None}
        )

    with BatchServer(answering) as server:
        assert ask(server, tmp_path, requests(1))[1] == ["half ? and \x00"]


def test_a_batch_the_provider_refuses_is_said_with_its_reason(tmp_path: Path) -> None:
    with BatchServer() as server:
        server.status_of_next = "failed"
        with pytest.raises(UserError, match="refuses the batch batch-0: line 1 is too long"):
            ask(server, tmp_path, requests())
        assert ask(server, tmp_path, requests())[0].accepted == 10  # later it may take it


def test_a_budget_stops_between_batches_and_waits_for_what_was_sent(tmp_path: Path) -> None:
    with BatchServer() as server:
        with pytest.raises(BudgetSpent):
            ask(server, tmp_path, requests(10), budget=Budget(requests=6), most_requests=4)
        with Journal(tmp_path / "journal.sqlite") as journal:
            assert journal.count() == sum(server.asked.values()) == 6


@pytest.mark.parametrize("leave", [{}, {"allow_remote": True}, {"allow_remote": True, "guard": str.upper}])
def test_batches_pass_the_same_gate(tmp_path: Path, leave: dict[str, Any]) -> None:
    with BatchServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url.replace("127.0.0.1", "0.0.0.0"), "trial")
        with pytest.raises(UserError, match=r"0\.0\.0\.0.* is"):
            ask_batches(requests, endpoint, journal, **leave)
        assert server.files == {}


def test_what_leaves_in_a_batch_went_through_the_guard_and_stands_in_the_ledger(tmp_path: Path) -> None:
    def guard(text: str) -> str:
        return text.replace("text", "[TEXT]")

    with BatchServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url.replace("127.0.0.1", "0.0.0.0"), "trial")
        ledger = tmp_path / "ledger.jsonl"
        ask_batches(requests, endpoint, journal, poll=0.01, allow_remote=True, guard=guard, ledger=ledger)
        assert b'"text' not in server.files["file-0"]
        outcomes = [settle(request, endpoint, journal) for request in guarded(requests(), guard)]
        assert all(outcome.accepted for outcome in outcomes)
        rows = ledger.read_text().splitlines()
    assert len(rows) == 20
    assert sum("[TEXT]" in row for row in rows) == 10


KILLED = """
import sys
from pathlib import Path
from polyclinic.llm import ChatRequest, Endpoint, Journal, ask_batches
asked = [ChatRequest((("user", f"text {n}"),)) for n in range(10)]
with Journal(Path(sys.argv[2])) as journal:
    ask_batches(lambda: asked, Endpoint(sys.argv[1], "trial"), journal, poll=0.01, most_requests=5)
"""


@pytest.mark.parametrize("batches_before", [1, 2])
def test_a_killed_run_finds_its_batches_again_even_if_it_never_learned_their_names(
    tmp_path: Path, batches_before: int
) -> None:
    with BatchServer(looks=2) as server:

        def kill() -> None:
            if len(server.batches) == batches_before:
                os.kill(running.pid, signal.SIGKILL)

        server.after_create = kill
        command = [sys.executable, "-c", KILLED, server.url, str(tmp_path / "journal.sqlite")]
        running = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SOURCE)})
        assert running.wait(60) == -signal.SIGKILL
        server.after_create = lambda: None
        _, answers = ask(server, tmp_path, requests(), most_requests=5)
        assert answers == [f"TEXT {n}" for n in range(10)]
        assert set(server.asked.values()) == {1}
        assert len(server.batches) == 2
