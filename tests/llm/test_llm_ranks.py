"""Many machines: shares, a journal each, and datatrove's executor with workers on this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from teacher_server import Payload, TeacherServer, echo

from polyclinic.errors import UserError
from polyclinic.llm import (
    ChatRequest,
    Endpoint,
    Journal,
    ask_all,
    journal_of,
    journals,
    of_rank,
    run_ranks,
    seal,
)

NUMBER = 60


def requests() -> list[ChatRequest]:
    return [ChatRequest((("user", f"text {n}"),)) for n in range(NUMBER)]


def ask_share(url: str, folder: Path, rank: int, ranks: int) -> None:
    """What one rank does; a plain function that runs without any executor too."""
    with Journal(journal_of(folder, rank, ranks)) as journal:
        ask_all(of_rank(requests(), rank, ranks), Endpoint(url, "trial", concurrency=2, first_wait=0.01), journal)


@given(st.lists(st.integers()), st.integers(1, 7))
def test_the_shares_of_all_ranks_are_the_whole_list(items: list[int], ranks: int) -> None:
    shares = [list(of_rank(items, rank, ranks)) for rank in range(ranks)]
    assert sorted(item for share in shares for item in share) == sorted(items)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_ranks_without_an_executor_give_the_shards_of_one_machine(tmp_path: Path) -> None:
    with TeacherServer() as server:
        endpoint = Endpoint(server.url, "trial")
        for rank in range(3):
            ask_share(server.url, tmp_path / "many", rank, 3)
        with Journal(tmp_path / "one.sqlite") as journal:
            ask_all(requests(), endpoint, journal)
            seal(requests(), endpoint, journal, tmp_path / "sealed-one")
        with journals(tmp_path / "many", 3) as found:
            seal(requests(), endpoint, found, tmp_path / "sealed-many")
    name = "answers-00000.parquet"
    assert (tmp_path / "sealed-one" / name).read_bytes() == (tmp_path / "sealed-many" / name).read_bytes()


def test_another_number_of_ranks_would_pay_twice_and_is_refused(tmp_path: Path) -> None:
    Journal(journal_of(tmp_path, 0, 3)).close()
    with pytest.raises(UserError, match="its journals are of 3 ranks, not 4"):
        journal_of(tmp_path, 0, 4)


def test_a_killed_worker_is_said_and_the_next_run_pays_only_for_what_was_in_flight(tmp_path: Path) -> None:
    pytest.importorskip("datatrove")

    async def kill_one(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
        if number == NUMBER // 2:
            peer = request.transport.get_extra_info("peername")[1] if request.transport else 0
            os.kill(process_with_port(peer), signal.SIGKILL)
        return await echo(payload, number, request)

    with TeacherServer(kill_one) as server:
        work = partial(ask_share, server.url, tmp_path)
        with pytest.raises(UserError, match=r"exit status -9\): did not finish"):
            run_ranks(work, 4, tmp_path, workers=2)
        assert len(server.seen) < NUMBER
        run_ranks(work, 4, tmp_path, workers=2)
        assert NUMBER <= len(server.seen) <= NUMBER + 2
        run_ranks(work, 4, tmp_path, workers=2)  # all are marked as finished
        assert len(server.seen) <= NUMBER + 2
        with journals(tmp_path, 4) as found:
            assert seal(requests(), Endpoint(server.url, "trial"), found, tmp_path / "sealed") == NUMBER


def process_with_port(port: int) -> int:
    """Return the child of this process that holds a connection from a port of this machine."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        if any(connection.laddr and connection.laddr.port == port for connection in child.net_connections()):
            return int(child.pid)
    raise AssertionError(f"nobody holds port {port}")


def test_without_datatrove_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['datatrove'] = None\n"
        "from pathlib import Path\nfrom polyclinic.llm import run_ranks\n"
        "run_ranks(print, 2, Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "pip install 'polyclinic[cluster]'" in done.stderr
    assert multiprocessing.active_children() == []
