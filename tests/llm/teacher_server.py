"""A real chat endpoint on the loopback, whose behaviour a test writes down."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Payload = dict[str, Any]
# What to do with the n-th request (from 0).
Behaviour = Callable[[Payload, int, web.Request], Awaitable[web.StreamResponse]]


def completion(text: str, finish_reason: str = "stop", model: str = "trial") -> web.Response:
    """Return an ordinary answer."""
    message = {"role": "assistant", "content": text}
    return web.json_response(
        {
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        }
    )


def last_turn(payload: Payload) -> str:
    """Return the last user turn of a request."""
    return str(payload["messages"][-1]["content"])


async def echo(payload: Payload, number: int, request: web.Request) -> web.StreamResponse:
    """Answer with the text of the last turn in capitals."""
    return completion(last_turn(payload).upper())


class TeacherServer:
    """Serves `/v1/chat/completions` on a free port in a thread of its own while the block runs."""

    def __init__(self, behaviour: Behaviour = echo) -> None:
        self.behaviour = behaviour
        self.seen: list[Payload] = []  # every request, in the order it came
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self.url = ""
        self._at_once = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()

    def add_routes(self, application: web.Application) -> None:
        """Add what a server serves beside chat completions."""

    async def _serve(self) -> None:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._answer)
        self.add_routes(application)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert runner.addresses
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        payload = await request.json()
        number = len(self.seen)
        self.seen.append(payload)
        self.headers.append(dict(request.headers))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self.behaviour(payload, number, request)
        finally:
            self._at_once -= 1
