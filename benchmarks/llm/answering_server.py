"""A local chat endpoint that answers after a set time, with faults if wanted; prints its URL on the first line.

    python benchmarks/llm/answering_server.py --delay 0.05 --faults

The answer depends on the first user turn of the request alone, so every client gets the same. `GET /seen` returns how
many chat requests came, how many of them were answered, and how many different ones there were.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random

import httptools
import orjson

FAULTS = {"limited": 0.05, "error": 0.03, "broken": 0.03, "hang": 0.002, "dropped": 0.005}  # shares of requests
WORDS = [
    "fever",
    "cough",
    "chest",
    "pain",
    "dyspnea",
    "nausea",
    "headache",
    "rash",
    "swelling",
    "fatigue",
    "dizziness",
    "pallor",
]


def answer_to(text: str) -> bytes:
    """Return 1.2 kB of JSON about a text: an instruction with its difficulty and twelve findings."""
    random_of_text = random.Random(text)
    findings = [" ".join(random_of_text.choices(WORDS, k=10)) for _ in range(12)]
    return orjson.dumps({"instruction": text[:80], "difficulty": random_of_text.randint(1, 6), "findings": findings})


class Server:
    """What was asked and answered so far, and how faults are drawn."""

    def __init__(self, delay: float, faults: bool, seed: int) -> None:
        self.delay, self.faults, self.random = delay, faults, random.Random(seed)
        self.asked = self.answered = 0
        self.different: set[bytes] = set()

    def fault(self) -> str:
        """Draw what goes wrong with the next request; an empty text when nothing does."""
        if not self.faults:
            return ""
        drawn = self.random.random()
        for name, share in FAULTS.items():
            if drawn < share:
                return name
            drawn -= share
        return ""


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection with keep-alive."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url, self.body, self.ends = b"", b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.url, self.body = b"", b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        server = self.server
        self.ends = not self.parser.should_keep_alive()
        if self.url.startswith(b"/seen"):
            self.send(200, orjson.dumps([server.asked, server.answered, len(server.different)]))
        elif self.url.endswith(b"/models"):
            self.send(200, orjson.dumps({"object": "list", "data": [{"id": "trial", "object": "model"}]}))
        else:
            server.asked += 1
            self.answer(self.body)

    def answer(self, body: bytes) -> None:
        server, loop = self.server, asyncio.get_running_loop()
        fault = server.fault()
        if fault == "hang":
            return
        if fault == "dropped":
            loop.call_later(server.delay / 2, self.transport.abort)
        elif fault == "limited":
            self.send(429, b'{"error": {"message": "slow down"}}', b"Retry-After: 0.1\r\n")
        elif fault == "error":
            loop.call_later(server.delay / 2, self.send, 500, b'{"error": {"message": "worker died"}}')
        else:
            turns = orjson.loads(body)["messages"]
            text = next((turn["content"] for turn in turns if turn["role"] == "user"), "a probe")
            written = answer_to(text if isinstance(text, str) else text[0]["text"])  # in parts, as some clients send
            server.different.add(hashlib.blake2b(body, digest_size=8).digest())
            if fault == "broken":
                written = written[: len(written) // 2]
            loop.call_later(server.delay, self.complete, written)

    def complete(self, written: bytes) -> None:
        self.server.answered += not self.transport.is_closing()
        message = {"role": "assistant", "content": written.decode()}
        self.send(
            200,
            orjson.dumps(
                {
                    "id": "c-1",
                    "object": "chat.completion",
                    "created": 0,
                    "model": "trial",
                    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 120, "completion_tokens": 310, "total_tokens": 430},
                }
            ),
        )

    def send(self, status: int, body: bytes, more: bytes = b"") -> None:
        head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
        if not self.transport.is_closing():
            self.transport.write(head % (status, more, len(body)) + body)
            if self.ends:
                self.transport.close()


async def serve(delay: float, faults: bool, seed: int) -> None:
    """Serve on a free port of the loopback until killed."""
    server = Server(delay, faults, seed)
    listening = await asyncio.get_running_loop().create_server(lambda: Connection(server), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    await listening.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--delay", type=float, default=0.05)
    arguments.add_argument("--faults", action="store_true", help=json.dumps(FAULTS))
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    import uvloop

    uvloop.run(serve(given.delay, given.faults, given.seed))


if __name__ == "__main__":
    main()
