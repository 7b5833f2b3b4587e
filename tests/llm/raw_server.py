"""A server that speaks on the bare socket, so that a test decides every byte."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from polyclinic.llm import ChatRequest, Endpoint, Journal, Tally, ask_all, settle

BODY = json.dumps({"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


class RawServer:
    """Answers the n-th request, of all connections, as `speak` does on the socket; true keeps the connection."""

    def __init__(self, speak: Callable[[socket.socket, int], bool]) -> None:
        self.speak, self.requests, self.connections = speak, 0, 0
        self.heads: list[bytes] = []
        self._listening = self.secured(socket.create_server(("127.0.0.1", 0)))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> RawServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def secured(self, listening: socket.socket) -> socket.socket:
        """Return the socket as it listens; plain here."""
        return listening

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while head := b"".join(iter(stream.readline, b"\r\n")):
                lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                stream.read(int(lengths[0].split(b":")[1]))
                self.heads.append(head)
                number, self.requests = self.requests, self.requests + 1
                if not self.speak(connection, number):
                    return


def ask(server: RawServer, folder: Path, number: int = 1, **settings: object) -> tuple[Tally, list[str]]:
    """Ask and return the tally and the answers, or why there is none."""
    endpoint = Endpoint(server.url, "trial", **{"concurrency": 1, "first_wait": 0.01, "timeout": 5.0, **settings})  # type: ignore[arg-type]
    requests = [ChatRequest((("user", f"text {n}"),)) for n in range(number)]
    with Journal(folder / "journal.sqlite") as journal:
        tally = ask_all(requests, endpoint, journal)
        found = [settle(request, endpoint, journal) for request in requests]
    return tally, [o.accepted.text if o.accepted else o.failure.reason if o.failure else "" for o in found]
