"""HTTP/1.1 connections to one address: kept alive, one request at a time on each, and nothing else of HTTP.

The line sends millions of small requests to one address. A general client spends most of its time on what is not
needed for that (cookies, redirects, proxies, a header dictionary for each answer); sockets of the event loop with the
parser of llhttp (httptools) take a fifth of its CPU time (benchmarks/llm). Redirects are not followed, proxies
are not used, and a name that should be local is connected to local addresses only.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from polyclinic import __version__
from polyclinic.errors import UserError
from polyclinic.llm.addresses import is_local_address, is_local_name
from polyclinic.llm.endpoint import Endpoint

if TYPE_CHECKING:
    import httptools

LARGEST_ANSWER = 16 << 20  # bytes; a longer body is not an answer
LONGEST_IDLE = 4.0  # seconds after which a connection is not used again; many servers close theirs after 5


class NoAnswer(Exception):
    """The request was sent, or not even that, and no whole answer came."""

    def __init__(self, kind: str, reason: str) -> None:
        """Say what is counted (timeout, cut_off, no_connection, not_an_answer) and the particulars."""
        super().__init__(reason)
        self.kind = kind


@dataclass(slots=True)
class HttpAnswer:
    """A whole answer."""

    status: int
    body: bytes
    retry_after: str = ""


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, parser: type[httptools.HttpResponseParser]) -> None:
        self.make_parser = parser
        self.answer: asyncio.Future[HttpAnswer] | None = None
        self.open = False
        self.idle_since = self.deadline = 0.0

    def send(self, data: bytes, answer: asyncio.Future[HttpAnswer]) -> None:
        """Send a whole request; `answer` gets what comes back, or NoAnswer."""
        self.answer = answer
        self.parts: list[bytes] = []
        self.size = 0
        self.retry_after = ""
        self.ends_with_connection = True
        self.transport.write(data)

    def fail(self, kind: str, reason: str) -> None:
        """Give the request up and close the connection."""
        self.open = False
        self.transport.abort()
        answer, self.answer = self.answer, None
        if answer is not None and not answer.done():
            answer.set_exception(NoAnswer(kind, reason))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast(asyncio.Transport, transport)  # of uvloop, whose classes are not asyncio's
        self.parser = self.make_parser(self)
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self.answer is None:  # nothing was asked
            self.fail("", "")
            return
        try:
            self.parser.feed_data(data)
        except Exception as error:  # httptools has many; each means that this is no HTTP
            self.fail("not_an_answer", f"no HTTP ({error})")

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop."""
        self.open = False
        if self.answer is not None and self.parts and self.ends_with_connection and error is None:
            self.on_message_complete()
        else:
            self.fail("cut_off", "connection broke off")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if len(name) in (11, 14, 17):
            name = name.lower()
            if name == b"retry-after":
                self.retry_after = value.decode("latin-1")
            elif name in (b"content-length", b"transfer-encoding"):
                self.ends_with_connection = False

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        self.parts.append(data)
        self.size += len(data)
        if self.size > LARGEST_ANSWER:
            self.fail("not_an_answer", "an answer of more than 16 MiB")

    def on_message_complete(self) -> None:
        """Called by the parser."""
        status = self.parser.get_status_code()
        if status < 200:  # 100 Continue and the like come before the answer
            return
        answer, self.answer = self.answer, None
        if not self.parser.should_keep_alive():
            self.open = False
            self.transport.close()
        if answer is not None and not answer.done():
            answer.set_result(HttpAnswer(status, b"".join(self.parts), self.retry_after))


class Connections:
    """The connections to the address of an endpoint."""

    def __init__(self, endpoint: Endpoint, remote: bool) -> None:
        """Prepare; nothing is connected before the first request. Raises UserError when the key is not set."""
        import httptools

        parts = urlsplit(endpoint.url)
        assert parts.hostname is not None
        self.host, self.remote, self.timeout = parts.hostname, remote, endpoint.timeout
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self._ssl = ssl.create_default_context() if parts.scheme == "https" else None
        self._parser = httptools.HttpResponseParser
        self._free: list[Connection] = []
        self._head = _head(endpoint)
        self._step = min(1.0, self.timeout / 20)  # seconds between two looks for hangs
        self._busy: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    async def post(self, body: bytes) -> HttpAnswer:
        """Send a body and return the whole answer.

        Raises:
            NoAnswer: no connection, none in time, broken off, or not HTTP.
            UserError: the name points outside the local network now.
        """
        loop = asyncio.get_running_loop()
        connection = self._idle(loop.time())
        if connection is None:
            connection = await self._connect()
        answer: asyncio.Future[HttpAnswer] = loop.create_future()
        connection.deadline = loop.time() + self.timeout
        self._busy.add(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._step, self._look_for_hangs, loop)
        connection.send(b"%b%d\r\n\r\n%b" % (self._head, len(body), body), answer)
        try:
            return await answer
        finally:
            self._busy.discard(connection)
            if connection.answer is not None:  # this task was cancelled
                connection.fail("", "")
            elif connection.open:
                connection.idle_since = loop.time()
                self._free.append(connection)

    def close(self) -> None:
        """Close every connection that is not in use."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in self._free:
            connection.fail("", "")
        self._free.clear()

    def _look_for_hangs(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up what is past its time; one timer for all is much cheaper than one for each request."""
        now = loop.time()
        for connection in list(self._busy):
            if now >= connection.deadline:
                connection.fail("timeout", "timeout")
        self._sweep = loop.call_later(self._step, self._look_for_hangs, loop) if self._busy else None

    def _idle(self, now: float) -> Connection | None:
        while self._free:
            connection = self._free.pop()
            if connection.open and now - connection.idle_since < LONGEST_IDLE:
                return connection
            connection.fail("", "")
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        failed: OSError | None = None
        try:
            async with asyncio.timeout(self.timeout):
                for address in await self._addresses():
                    try:
                        _, connection = await loop.create_connection(
                            lambda: Connection(self._parser),
                            address,
                            self.port,
                            ssl=self._ssl,
                            server_hostname=self.host if self._ssl else None,
                        )
                        return connection
                    except OSError as error:
                        failed = error
        except TimeoutError as error:
            raise NoAnswer("no_connection", "no connection (timeout)") from error
        except OSError as error:
            failed = error
        raise NoAnswer("no_connection", f"no connection ({(failed and failed.strerror) or failed})") from failed

    async def _addresses(self) -> list[str]:
        """Return the numeric addresses; a local host must still be local: a name may point elsewhere now."""
        found = await asyncio.get_running_loop().getaddrinfo(self.host, self.port, type=1)
        addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
        if not self.remote and not is_local_name(self.host) and not all(map(is_local_address, addresses)):
            raise UserError(f"teacher_url: {self.host} points outside the local network now; nothing was sent there")
        return addresses


def _head(endpoint: Endpoint) -> bytes:
    parts = urlsplit(endpoint.url)
    query = f"?{quote(parts.query, safe='=&%-._~')}" if parts.query else ""
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") + query
    key = endpoint.key()
    of_azure = (parts.hostname or "").endswith(".azure.com")
    authorization = f"{'api-key: ' if of_azure else 'Authorization: Bearer '}{key}\r\n" if key else ""
    host = parts.netloc.rpartition("@")[2]
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: polyclinic/{__version__}\r\n"
        f"Accept: application/json\r\nContent-Type: application/json\r\n{authorization}Content-Length: "
    ).encode("ascii")
