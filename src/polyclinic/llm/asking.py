"""Ask many requests with a bounded number in flight, and put every answer into the journal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.llm.addresses import Guard, is_local_address, is_local_name, refuse_remote
from polyclinic.llm.client import ask
from polyclinic.llm.journal import Journal
from polyclinic.llm.requests import ChatRequest, Endpoint, Failure, advance, settle
from polyclinic.progress import Progress

if TYPE_CHECKING:
    import aiohttp

FAILURES_IN_A_ROW = 32  # requests that fail one after the other before the run stops: the endpoint is down


@dataclass
class Tally:
    """What happened while asking."""

    accepted: int = 0
    rejected: int = 0  # answers that were not usable
    failed: int = 0  # requests without an answer
    asked: int = 0  # answers that came in this run; the others were on file
    counts: dict[str, int] = field(default_factory=dict)  # rate_limited, sent_again

    def note(self) -> str:
        """Return the tally as it stands behind a progress bar."""
        parts = [f"{self.accepted} accepted"]
        parts += [f"{n} {name}" for n, name in ((self.rejected, "rejected"), (self.failed, "failed")) if n]
        parts += [f"{n} times {name.replace('_', ' ')}" for name, n in sorted(self.counts.items())]
        return ", ".join(parts)


def ask_all(
    requests: Iterable[ChatRequest],
    endpoint: Endpoint,
    journal: Journal,
    *,
    progress: Progress | None = None,
    allow_remote: bool = False,
    guard: Guard | None = None,
) -> Tally:
    """Ask each request until its matter is settled (see `settle`); what the journal knows is not asked again.

    The requests are drawn from the iterator as they are needed, so memory does not grow with their number; at most
    `endpoint.concurrency` are in flight, and as many are paid twice at worst when the process is killed.

    Args:
        requests: what to ask; texts for a remote endpoint pass the guard before they are sent and before their key
            is made. Give `settle` the same, guarded requests.
        endpoint: whom to ask.
        journal: where answers are kept.
        progress: advanced by one for each settled request.
        allow_remote: whether the user allowed text to leave the local network.
        guard: de-identifier for remote endpoints.

    Raises:
        UserError: the address is refused, the key, model or quota is wrong, or the endpoint is down.
    """
    remote = refuse_remote(endpoint.base_url, allow_remote=allow_remote, guard=guard)
    if remote and guard is not None:
        requests = guarded(requests, guard)
    tally = Tally()
    _run(_ask_all(iter(requests), endpoint, journal, progress, remote, tally))
    return tally


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
    else:  # in a notebook, which has a loop of its own
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, work).result()


def guarded(requests: Iterable[ChatRequest], guard: Guard) -> Iterator[ChatRequest]:
    """Yield the requests with every text passed through the guard."""
    for request in requests:
        yield replace(request, messages=tuple((role, guard(text)) for role, text in request.messages))


async def _ask_all(
    requests: Iterator[ChatRequest],
    endpoint: Endpoint,
    journal: Journal,
    progress: Progress | None,
    remote: bool,
    tally: Tally,
) -> None:
    import aiohttp

    headers = {"Content-Type": "application/json"}
    key = endpoint.key()
    if key:
        headers["Authorization"] = f"Bearer {key}"
    failures_in_a_row, answered = 0, journal.count() > 0

    async def worker(session: aiohttp.ClientSession) -> None:
        nonlocal failures_in_a_row, answered
        for request in requests:
            outcome = settle(request, endpoint, journal)
            while outcome.open is not None:
                result = await ask(session, endpoint, outcome.open.body, tally.counts)
                await journal.add(outcome.open.key, result)
                tally.asked += 1
                if isinstance(result, Failure):
                    # One that is refused says nothing of the next, unless nothing was ever answered.
                    failures_in_a_row += not (result.refused and answered)
                    if failures_in_a_row >= FAILURES_IN_A_ROW:
                        raise UserError(
                            f"{endpoint.base_url}: {failures_in_a_row} requests in a row failed, the last one with: "
                            f"{result.reason}. Every answer so far is kept; see to the endpoint and run again"
                        )
                else:
                    failures_in_a_row, answered = 0, True
                outcome = advance(outcome, result, endpoint)
            tally.accepted += outcome.accepted is not None
            tally.rejected += len(outcome.rejected)
            tally.failed += outcome.failure is not None
            if progress is not None:
                progress.advance(1, tally.note())

    resolver = None if remote else _local_resolver()
    connector = aiohttp.TCPConnector(limit=endpoint.concurrency, resolver=resolver)
    timeout = aiohttp.ClientTimeout(total=endpoint.timeout)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        workers = [asyncio.create_task(worker(session)) for _ in range(endpoint.concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


def _local_resolver() -> Any:
    """Return a resolver that finds local addresses only: a name may point elsewhere by the time of a connection."""
    from aiohttp.abc import AbstractResolver, ResolveResult
    from aiohttp.resolver import ThreadedResolver

    class LocalResolver(AbstractResolver):
        def __init__(self) -> None:
            self.inner = ThreadedResolver()

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await self.inner.resolve(host, port, family)
            if not is_local_name(host) and not all(is_local_address(r["host"]) for r in found):
                raise UserError(f"teacher_url: {host} points outside the local network now; nothing was sent there")
            return found

        async def close(self) -> None:
            await self.inner.close()

    return LocalResolver()
