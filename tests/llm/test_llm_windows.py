"""How many are in flight, and at which address."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from teacher_server import Payload, TeacherServer, completion, echo

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Endpoint, Journal, Replica, ask_all, settle
from polyclinic.llm.window import Window


def requests(number: int) -> list[ChatRequest]:
    return [ChatRequest((("user", f"text {n}"),)) for n in range(number)]


def spend(window: Window, start: float, seconds: float, share_overloaded: float, rate: int = 100) -> float:
    """Let answers come back for some seconds, a share of them 429; return the time after."""
    for number in range(int(seconds * rate)):
        window.came_back(start + number / rate, overloaded=number * share_overloaded % 1 + share_overloaded >= 1)
    return start + seconds


def test_single_429_leave_the_window_open() -> None:
    window = Window(64, now=0.0)
    spend(window, 0.0, 20.0, share_overloaded=0.05)
    assert window.limit == 64


def test_a_real_overload_shrinks_it_and_calm_lets_it_grow_back() -> None:
    window = Window(64, now=0.0)
    now = spend(window, 0.0, 3.0, share_overloaded=0.5)
    assert window.limit < 64 * 0.7**3
    spend(window, now, 20.0, share_overloaded=0.0)
    assert window.limit == 64


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans())), st.integers(1, 512))
def test_the_window_never_closes_and_never_opens_wider_than_allowed(
    answers: list[tuple[float, bool]], most: int
) -> None:
    window, now = Window(most, now=0.0), 0.0
    for wait, overloaded in answers:
        now += wait
        window.came_back(now, overloaded)
        assert 1 <= window.limit <= most


def test_addresses_share_the_requests_by_their_weights_and_the_journal_knows_no_difference(tmp_path: Path) -> None:
    with TeacherServer() as first, TeacherServer() as second, Journal(tmp_path / "journal.sqlite") as journal:
        replica = Replica(second.url, weight=1.0, model="trial-b", concurrency=8)
        endpoint = Endpoint(first.url, "trial", concurrency=8, weight=3.0, replicas=(replica,))
        ask_all(requests(200), endpoint, journal)
        assert len(first.seen) + len(second.seen) == 200
        assert 1.5 < len(first.seen) / len(second.seen) < 6
        assert Counter(p["model"] for p in second.seen) == {"trial-b": len(second.seen)}
        alone = Endpoint(first.url, "trial")
        answers = [settle(request, alone, journal).accepted for request in requests(200)]
    assert [answer and answer.text for answer in answers] == [f"TEXT {n}" for n in range(200)]


def test_an_address_that_is_down_rests_and_the_others_do_its_work(tmp_path: Path) -> None:
    async def broken(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return web.Response(status=502)

    with TeacherServer(broken) as down, TeacherServer() as up, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(down.url, "trial", concurrency=4, first_wait=0.01, replicas=(Replica(up.url),))
        tally = ask_all(requests(100), endpoint, journal)
        assert (tally.accepted, tally.failed) == (100, 0)
        assert len(down.seen) <= 16


def test_a_wrong_key_of_one_address_stops_the_run_and_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "bad key"}}, status=401)

    monkeypatch.setenv("SECOND_KEY", "wrong")
    with TeacherServer() as first, TeacherServer(locked) as second, Journal(tmp_path / "journal.sqlite") as journal:
        replica = Replica(second.url, key_variable="SECOND_KEY")
        endpoint = Endpoint(first.url, "trial", concurrency=2, replicas=(replica,))
        with pytest.raises(UserError, match=r"401.*environment variable SECOND_KEY"):
            ask_all(requests(100), endpoint, journal)
        assert journal.count() == len(first.seen)  # what was in flight elsewhere was waited for and kept


def test_without_weights_an_address_gets_as_much_as_it_may_have_in_flight(tmp_path: Path) -> None:
    with TeacherServer() as first, TeacherServer() as second, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(first.url, "trial", concurrency=12, replicas=(Replica(second.url, concurrency=3),))
        ask_all(requests(200), endpoint, journal)
        assert 2 < len(first.seen) / len(second.seen) < 8
        assert (first.most_at_once, second.most_at_once) <= (12, 3)


def test_an_overloaded_endpoint_is_asked_less_at_once_and_answers_all(tmp_path: Path) -> None:
    at_once = 0

    async def small(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        nonlocal at_once
        if at_once >= 4:
            return web.Response(status=429, headers={"Retry-After": "0.02"})
        at_once += 1
        try:
            return await echo(payload, number, request)
        finally:
            at_once -= 1

    with TeacherServer(small) as server, Journal(tmp_path / "journal.sqlite") as journal:
        tally = ask_all(requests(200), Endpoint(server.url, "trial", concurrency=32, attempts=1), journal)
    assert (tally.accepted, tally.failed) == (200, 0)


@pytest.mark.parametrize("wrong", [{"weight": -1.0}, {"weight": float("nan")}, {"concurrency": -1}])
def test_a_weight_or_a_concurrency_that_makes_no_sense_is_named(tmp_path: Path, wrong: dict[str, float]) -> None:
    endpoint = Endpoint("http://localhost/v1", "trial", replicas=(Replica("http://localhost:1/v1", **wrong),))  # type: ignore[arg-type]
    with Journal(tmp_path / "journal.sqlite") as journal, pytest.raises(UserError, match="an address needs a weight"):
        ask_all(requests(1), endpoint, journal)


def test_nothing_is_answered_twice_when_an_address_is_slow(tmp_path: Path) -> None:
    async def fine(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        return completion("fine")

    with TeacherServer(fine) as first, TeacherServer(fine) as second, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(first.url, "trial", replicas=(Replica(second.url),))
        ask_all(requests(50), endpoint, journal)
        assert len(first.seen) + len(second.seen) == journal.count() == 50
