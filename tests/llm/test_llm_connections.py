"""HTTP as servers really speak it: pieces, chunks, early ends, garbage."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from raw_server import BODY, WHOLE, RawServer, ask

from polyclinic.errors import UserError
from polyclinic.llm import Endpoint


def test_a_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    def speak(connection: socket.socket, number: int) -> bool:
        connection.sendall(WHOLE)
        return True

    with RawServer(speak) as server:
        assert ask(server, tmp_path, 5)[1] == ["fine"] * 5
        assert server.connections == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [WHOLE[n : n + 1] for n in range(len(WHOLE))],
        [b"HTTP/1.1 100 Continue\r\n\r\n", WHOLE],
        [b"HTTP/1.1 200 OK\r\ntransfer-ENCODING: chunked\r\n\r\n", b"%x\r\n%b\r\n" % (len(BODY), BODY), b"0\r\n\r\n"],
    ],
    ids=["single bytes", "a 100 before", "chunks"],
)
def test_an_answer_may_come_in_pieces(tmp_path: Path, pieces: list[bytes]) -> None:
    def speak(connection: socket.socket, number: int) -> bool:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        return True

    with RawServer(speak) as server:
        assert ask(server, tmp_path, 2)[1] == ["fine", "fine"]
        assert server.connections == 1


def test_an_answer_without_a_length_ends_with_its_connection(tmp_path: Path) -> None:
    def speak(connection: socket.socket, number: int) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)
        return False

    with RawServer(speak) as server:
        tally, answers = ask(server, tmp_path, 2)
        assert answers == ["fine", "fine"]
        assert tally.counts == {}
        assert server.connections == 2


def test_a_server_that_closes_after_each_answer_costs_no_attempt(tmp_path: Path) -> None:
    def speak(connection: socket.socket, number: int) -> bool:
        connection.sendall(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        return False

    with RawServer(speak) as server:
        tally, answers = ask(server, tmp_path, 3)
        assert answers == ["fine"] * 3
        assert tally.counts == {}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (WHOLE[:-5], "cut_off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "cut_off"),
        (b"", "cut_off"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not_an_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b" " * (17 << 20), "not_an_answer"),
    ],
    ids=["short body", "short chunk", "nothing", "another protocol", "too long"],
)
def test_half_answers_and_garbage_are_asked_again_on_a_new_connection(tmp_path: Path, said: bytes, kind: str) -> None:
    def speak(connection: socket.socket, number: int) -> bool:
        connection.sendall(WHOLE if number else said)
        return number > 0

    with RawServer(speak) as server:
        tally, answers = ask(server, tmp_path)
        assert answers == ["fine"]
        assert tally.counts == {kind: 1}
        assert server.connections == 2


def test_a_hang_is_a_timeout_and_a_late_answer_on_that_connection_is_not_taken(tmp_path: Path) -> None:
    woken = threading.Event()

    def speak(connection: socket.socket, number: int) -> bool:
        if number == 0:
            woken.wait(10)
            connection.sendall(WHOLE.replace(b"fine", b"late"))
            return False
        connection.sendall(WHOLE)
        woken.set()
        return True

    with RawServer(speak) as server:
        tally, answers = ask(server, tmp_path, 2, timeout=0.3, attempts=20)
    assert answers == ["fine", "fine"]
    assert list(tally.counts) == ["timeout"]


def test_nobody_listening_is_said_so(tmp_path: Path) -> None:
    with RawServer(lambda connection, number: False) as server:
        pass
    tally, answers = ask(server, tmp_path, attempts=2)
    assert answers[0].startswith("no answer after 2 attempts, last: no connection (")
    assert tally.counts == {"no_connection": 1}


def test_azure_gets_its_version_and_its_own_key_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from polyclinic.llm.connections import _head

    monkeypatch.setenv("CLINIC_KEY", "secret-123")
    url = "https://clinic.openai.azure.com/openai/deployments/gpt?api-version=2026-01-01"
    head = _head(Endpoint(url, "gpt", key_variable="CLINIC_KEY"))
    assert head.startswith(b"POST /openai/deployments/gpt/chat/completions?api-version=2026-01-01 HTTP/1.1\r\n")
    assert b"\r\napi-key: secret-123\r\n" in head


def test_a_key_that_would_smuggle_a_header_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_KEY", "secret\r\nX-Evil: 1")
    with RawServer(lambda connection, number: False) as server:
        with pytest.raises(UserError, match="CLINIC_KEY holds what no key can be"):
            ask(server, tmp_path, key_variable="CLINIC_KEY")
        assert server.requests == 0
