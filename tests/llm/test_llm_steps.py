"""Work that goes on from an answer: the stages overlap, and can be walked again without asking."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from teacher_server import Payload, TeacherServer, completion, last_turn

from polyclinic.errors import UserError
from polyclinic.llm import Ask, Budget, BudgetSpent, ChatRequest, Endpoint, Journal, ask_in_steps, read_steps


class Stages:
    """Three endpoints, each slow and with few in flight, and the steps that use them."""

    def __init__(self, url: str, concurrency: int) -> None:
        self.writer, self.judge, self.spoiler = (
            Endpoint(url, name, concurrency=concurrency) for name in ("writer", "judge", "spoiler")
        )

    async def steps(self, item: int, ask: Ask) -> tuple[int, str] | None:
        written = await ask(ChatRequest((("user", f"write {item}"),)), self.writer)
        assert written.accepted is not None
        judged = await ask(ChatRequest((("user", f"judge {written.accepted.text}"),)), self.judge)
        assert judged.accepted is not None
        if judged.accepted.text.endswith("3"):
            return None
        spoiled = await ask(ChatRequest((("user", f"spoil {written.accepted.text}"),)), self.spoiler)
        assert spoiled.accepted is not None
        return item, spoiled.accepted.text


async def slowly(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.02)
    return completion(f"<{last_turn(payload)}>".replace("<judge <write", "").rstrip(">"))


def test_each_item_walks_through_its_steps_and_the_results_come_in_order(tmp_path: Path) -> None:
    with TeacherServer(slowly) as server, Journal(tmp_path / "journal.sqlite") as journal:
        stages = Stages(server.url, 4)
        tally = ask_in_steps(range(8), stages.steps, journal, at_once=6)
        assert tally.accepted == 8 + 8 + 7
        found = list(read_steps(range(8), stages.steps, journal))
        assert [result and result[0] for result in found] == [0, 1, 2, None, 4, 5, 6, 7]
        assert ask_in_steps(range(8), stages.steps, journal, at_once=6).asked == 0
        assert len(server.seen) == 23


def test_the_stages_overlap_instead_of_waiting_for_each_other(tmp_path: Path) -> None:
    under_way: dict[str, int] = {}
    together = 0

    async def watched(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        nonlocal together
        name = payload["model"]
        under_way[name] = under_way.get(name, 0) + 1
        together = max(together, sum(count > 0 for count in under_way.values()))
        try:
            return await slowly(payload, number, request)
        finally:
            under_way[name] -= 1

    with TeacherServer(watched) as server, Journal(tmp_path / "journal.sqlite") as journal:
        ask_in_steps(range(30), Stages(server.url, 2).steps, journal, at_once=6)
    assert together == 3
    assert server.most_at_once <= 6


def test_an_error_in_the_steps_ends_the_run_and_keeps_what_is_in_flight(tmp_path: Path) -> None:
    with TeacherServer(slowly) as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial")

        async def steps(item: int, ask: Ask) -> None:
            if item == 5:
                raise KeyError("no such column")
            await ask(ChatRequest((("user", f"write {item}"),)), endpoint)

        with pytest.raises(KeyError, match="no such column"):
            ask_in_steps(range(1000), steps, journal, at_once=8)
        assert journal.count() == len(server.seen)


def test_a_budget_holds_for_all_steps_together(tmp_path: Path) -> None:
    with TeacherServer(slowly) as server, Journal(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(BudgetSpent):
            ask_in_steps(range(100), Stages(server.url, 4).steps, journal, at_once=8, budget=Budget(requests=10))
        assert len(server.seen) == journal.count() <= 10


def test_reading_what_was_never_asked_is_an_error(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal, pytest.raises(UserError, match="ask for everything first"):
        list(read_steps([1], Stages("http://localhost/v1", 1).steps, journal))
