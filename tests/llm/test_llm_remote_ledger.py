"""What leaves the building: only with leave, through the guard, and written down. 0.0.0.0 is no local address."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from teacher_server import Payload, TeacherServer, completion

from polyclinic.errors import UserError
from polyclinic.llm import (
    Ask,
    ChatRequest,
    Endpoint,
    Journal,
    Reply,
    Withheld,
    ask_all,
    ask_in_steps,
    guarded,
    settle,
)

REQUESTS = [ChatRequest((("user", f"Smith coughs, {n}"),)) for n in range(3)]


def guard(text: str) -> str:
    if "Jones" in text:
        raise Withheld("a name is left")
    return text.replace("Smith", "[NAME]")


def remote(server: TeacherServer, **settings: Any) -> Endpoint:
    return Endpoint(server.url.replace("127.0.0.1", "0.0.0.0"), "trial", **settings)


def ledger(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("leave", "message"),
    [
        ({}, "would leave the building"),
        ({"guard": guard}, "would leave the building"),
        ({"allow_remote": True}, "no de-identifier is at hand"),
        ({"allow_remote": True, "guard": guard}, "no ledger is at hand"),
    ],
)
def test_without_leave_guard_and_ledger_nothing_is_sent(tmp_path: Path, leave: dict[str, Any], message: str) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(UserError, match=message):
            ask_all(REQUESTS, remote(server), journal, **leave)
        assert server.seen == []


def test_what_is_sent_went_through_the_guard_and_stands_in_the_ledger(tmp_path: Path) -> None:
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = remote(server, prompt_price=1e6)
        ask_all(REQUESTS, endpoint, journal, allow_remote=True, guard=guard, ledger=tmp_path / "ledger.jsonl")
        assert {p["messages"][0]["content"] for p in server.seen} == {f"[NAME] coughs, {n}" for n in range(3)}
        outcomes = [settle(request, endpoint, journal) for request in guarded(REQUESTS, guard)]
    assert [o.accepted and o.accepted.text for o in outcomes] == [f"[NAME] COUGHS, {n}" for n in range(3)]
    rows = ledger(tmp_path)
    sent = {row["sent"]: row for row in rows if "sent" in row}
    answered = {row["answered"]: row for row in rows if "answered" in row}
    assert len(sent) == len(answered) == 3
    assert sent.keys() == answered.keys()
    for row in sent.values():
        assert row["to"] == endpoint.url
        assert row["messages"][0][1].startswith("[NAME] coughs")
    assert {row["price"] for row in answered.values()} == {7.0}
    assert "Smith" not in (tmp_path / "ledger.jsonl").read_text()


def test_the_row_is_there_before_the_text_is_sent(tmp_path: Path) -> None:
    seen: list[int] = []

    async def look(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        seen.append(len(ledger(tmp_path)))
        return completion("fine")

    with TeacherServer(look) as server, Journal(tmp_path / "journal.sqlite") as journal:
        permission = {"allow_remote": True, "guard": guard, "ledger": tmp_path / "ledger.jsonl"}
        ask_all(REQUESTS[:1], remote(server), journal, **permission)  # type: ignore[arg-type]
    assert seen == [1]


def test_what_the_guard_withholds_is_not_sent_and_counted_as_failed(tmp_path: Path) -> None:
    requests = [*REQUESTS, ChatRequest((("user", "Jones coughs"),))]
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        permission = {"allow_remote": True, "guard": guard, "ledger": tmp_path / "ledger.jsonl"}
        tally = ask_all(requests, remote(server), journal, **permission)  # type: ignore[arg-type]
        assert len(server.seen) == 3
        *_, last = [settle(request, remote(server), journal) for request in guarded(requests, guard)]
    assert tally.failures == {"withheld": 1}
    assert last.failure is not None
    assert last.failure.reason == "withheld: a name is left"
    assert "Jones" not in (tmp_path / "ledger.jsonl").read_text()


@pytest.mark.parametrize("reason", ["'Smith' is not in the answer", "'Jones' is not in the answer"])
def test_the_reason_of_a_second_question_goes_through_the_guard_too(tmp_path: Path, reason: str) -> None:
    def check(reply: Reply) -> str:
        return reason

    request = ChatRequest((("user", "Smith coughs"),), check=check)
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        permission = {"allow_remote": True, "guard": guard, "ledger": tmp_path / "ledger.jsonl"}
        ask_all([request], remote(server), journal, **permission)  # type: ignore[arg-type]
        sent = json.dumps(server.seen)
    assert "Smith" not in sent
    assert "Jones" not in sent
    assert len(server.seen) == (2 if "Smith" in reason else 1)


def test_steps_go_through_the_guard_only_for_remote_teachers(tmp_path: Path) -> None:
    with TeacherServer() as near, TeacherServer() as far, Journal(tmp_path / "journal.sqlite") as journal:
        local, distant = Endpoint(near.url, "trial"), remote(far)

        async def steps(item: int, ask: Ask) -> None:
            await ask(ChatRequest((("user", f"Smith {item}"),)), local)
            await ask(ChatRequest((("user", f"Smith {item}"),)), distant)

        permission = {"allow_remote": True, "guard": guard, "ledger": tmp_path / "ledger.jsonl"}
        ask_in_steps(range(2), steps, journal, at_once=2, **permission)  # type: ignore[arg-type]
        assert {p["messages"][0]["content"] for p in near.seen} == {"Smith 0", "Smith 1"}
        assert {p["messages"][0]["content"] for p in far.seen} == {"[NAME] 0", "[NAME] 1"}
    assert len(ledger(tmp_path)) == 4


def test_a_ledger_that_cannot_be_written_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(UserError, match="the ledger cannot be written"):
            ask_all(
                REQUESTS, remote(server), journal, allow_remote=True, guard=guard, ledger=tmp_path / "file" / "ledger"
            )
        assert server.seen == []


def test_a_guard_that_breaks_stops_the_run(tmp_path: Path) -> None:
    def broken(text: str) -> str:
        raise RuntimeError("no model")

    guards: list[Callable[[str], str]] = [broken]
    with TeacherServer() as server, Journal(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(RuntimeError, match="no model"):
            ask_all(
                REQUESTS,
                remote(server),
                journal,
                allow_remote=True,
                guard=guards[0],
                ledger=tmp_path / "ledger.jsonl",
            )
        assert server.seen == []
