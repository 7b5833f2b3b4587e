"""Run asynchronous work to its end, on the event loop of libuv (uvloop): half the CPU time of Python's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what the work returns; where a loop runs already, as in a notebook, it gets a thread with its own."""
    import uvloop

    def run() -> Result:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)

    if not _in_a_loop():
        return run()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
