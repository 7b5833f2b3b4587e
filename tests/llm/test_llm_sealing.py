"""Sealed shards: the journal as Parquet, the same bytes whatever happened on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from teacher_server import Payload, TeacherServer, completion, last_turn

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Endpoint, Journal, Reply, ask_all, read_shards, seal


def check(reply: Reply) -> str:
    return "bad: no" if reply.text.startswith("BAD") else ""


def requests(number: int = 10) -> list[ChatRequest]:
    texts = ["bad" if n == 3 else f"text {n}" for n in range(number)]
    return [ChatRequest((("user", text),), template="1", check=check) for text in texts]


async def behaviour(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    if last_turn(payload) == "text 4":
        return web.Response(status=400, text="too long")
    return completion("BAD" if payload["messages"][0]["content"] == "bad" else last_turn(payload).upper())


def test_shards_hold_what_came_of_every_request_and_duckdb_reads_them_as_one_table(tmp_path: Path) -> None:
    with TeacherServer(behaviour) as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial", prompt_price=1e6)
        ask_all(requests(), endpoint, journal)
        assert seal(requests(), endpoint, journal, tmp_path / "sealed", shard_rows=4) == 10
    assert [file.name for file in sorted((tmp_path / "sealed").iterdir())] == [
        f"answers-0000{n}.parquet" for n in range(3)
    ]
    with read_shards(tmp_path / "sealed") as table:
        rows = table.execute(
            "SELECT outcome, count(*), sum(asked), sum(prompt_tokens), sum(price) FROM answers GROUP BY 1 ORDER BY 1"
        ).fetchall()
        assert rows == [("accepted", 8, 8, 56, 56.0), ("failed", 1, 0, 0, 0.0), ("rejected", 1, 2, 14, 14.0)]
        assert table.execute("SELECT reason FROM answers WHERE outcome = 'failed'").fetchone() == (
            "status 400: too long",
        )
        order = table.execute(
            "SELECT messages[1]->>1 FROM (SELECT messages::JSON AS messages FROM answers)"
        ).fetchall()
    assert order[:2] == [("text 0",), ("text 1",)] or order[0] is not None


def test_sealing_again_goes_on_behind_what_is_there_and_a_longer_list_goes_on_too(tmp_path: Path) -> None:
    with TeacherServer(behaviour) as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial")
        ask_all(requests(14), endpoint, journal)
        assert seal(requests(10), endpoint, journal, tmp_path / "a", shard_rows=4) == 10
        first = (tmp_path / "a" / "answers-00000.parquet").stat().st_mtime_ns
        assert seal(requests(14), endpoint, journal, tmp_path / "a", shard_rows=4) == 14
        assert (tmp_path / "a" / "answers-00000.parquet").stat().st_mtime_ns == first
        assert seal(requests(14), endpoint, journal, tmp_path / "b", shard_rows=4) == 14
    for name in [file.name for file in (tmp_path / "b").iterdir()]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_shards_of_other_requests_or_of_a_longer_list_are_not_taken_for_these(tmp_path: Path) -> None:
    with TeacherServer(behaviour) as server, Journal(tmp_path / "journal.sqlite") as journal:
        endpoint = Endpoint(server.url, "trial")
        ask_all(requests(8), endpoint, journal)
        seal(requests(8), endpoint, journal, tmp_path / "sealed", shard_rows=4)
        with pytest.raises(UserError, match="a sealed shard of other requests"):
            seal(requests(8)[::-1], endpoint, journal, tmp_path / "sealed", shard_rows=4)
        with pytest.raises(UserError, match="a sealed shard of other requests"):
            seal(requests(4), endpoint, journal, tmp_path / "sealed", shard_rows=4)
        with pytest.raises(UserError, match="is not in the journal; ask for everything first"):
            seal(requests(8), replace(endpoint, seed=1), journal, tmp_path / "other")
    assert not list((tmp_path / "other").glob("answers-*"))


def test_a_folder_without_shards_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sealed shards here"):
        read_shards(tmp_path)
