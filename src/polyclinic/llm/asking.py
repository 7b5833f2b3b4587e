"""Ask many requests with a bounded number in flight, and put every answer into the journal.

`ask_all` asks one request for each item. `ask_in_steps` is for work that goes on from an answer: write, judge what
was written, spoil it. Each item walks through its steps on its own, so the stages overlap without a queue between
them; `read_steps` walks the same way again with what the journal knows, in order and free of charge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from polyclinic.errors import UserError
from polyclinic.llm.addresses import Guard
from polyclinic.llm.budget import Budget
from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.event_loop import run_async
from polyclinic.llm.journal import Journal
from polyclinic.llm.line import Line, Permission, Stopped, Teacher
from polyclinic.llm.requests import Answers, ChatRequest, Outcome, guard_request, settle
from polyclinic.llm.tally import LiveLine, Tally
from polyclinic.progress import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")
Ask: TypeAlias = Callable[[ChatRequest, Teacher], Awaitable[Outcome]]
Steps: TypeAlias = Callable[[Item, Ask], Awaitable[Result]]


def ask_all(
    requests: Iterable[ChatRequest],
    endpoint: Teacher,
    journal: Journal,
    *,
    progress: Progress | None = None,
    allow_remote: bool = False,
    guard: Guard | None = None,
    ledger: Path | None = None,
    budget: Budget | None = None,
) -> Tally:
    """Ask each request until its matter is settled (see `settle`); what the journal knows is not asked again.

    The requests are drawn from the iterator as they are needed, so memory does not grow with their number; at most
    `endpoint.concurrency` are in flight, and as many are paid twice at worst when the process is killed.

    Args:
        requests: what to ask; texts for a remote endpoint pass the guard before they are sent and before their key
            is made. Give `settle` the same, guarded requests (`guarded`).
        endpoint: whom to ask: an endpoint, with all its addresses, or a local model.
        journal: where answers are kept.
        progress: advanced by one for each settled request.
        allow_remote: whether the user allowed text to leave the local network.
        guard: de-identifier for remote endpoints.
        ledger: file in which is written what leaves the local network.
        budget: what the answers of the journal may come to.

    Raises:
        BudgetSpent: the budget is used up; every answer so far is kept.
        UserError: the address is refused, the key, model or quota is wrong, the endpoint is down, the disk is full.
    """

    def one(request: ChatRequest, ask: Ask) -> Awaitable[Outcome]:
        return ask(request, endpoint)

    at_once = sum(a.concurrency for a in endpoint.addresses()) if isinstance(endpoint, Endpoint) else endpoint.batch
    permission = Permission(allow_remote, guard, ledger)
    return run_async(_walk(requests, one, journal, at_once, progress, permission, budget, [endpoint]))


def ask_in_steps(
    items: Iterable[Item],
    steps: Steps[Item, Any],
    journal: Journal,
    *,
    at_once: int,
    progress: Progress | None = None,
    allow_remote: bool = False,
    guard: Guard | None = None,
    ledger: Path | None = None,
    budget: Budget | None = None,
) -> Tally:
    """Walk each item through its steps, `at_once` of them at the same time; every answer goes into the journal.

        async def steps(plan: Plan, ask: Ask) -> Sample | None:
            written = await ask(plan.request(), writer)
            if written.accepted is None:
                return None
            judged = await ask(judgement_of(written.accepted.text), judge)
            ...

    Args:
        items: what to start from; drawn as they are needed.
        steps: asks as often as it wants and returns what came of an item. It must do the same whenever it gets the
            same answers: a run that goes on, and `read_steps`, walk through it again.
        journal: where answers are kept.
        at_once: items under way. No endpoint stands idle when this is somewhat more than the sum of their
            `concurrency`, which they keep to themselves. As many answers are paid twice at worst when the process is
            killed.
        progress: advanced by one for each item.
        allow_remote: whether the user allowed text to leave the local network.
        guard: de-identifier for remote endpoints.
        ledger: file in which is written what leaves the local network.
        budget: what the answers of the journal may come to.

    Raises:
        BudgetSpent, UserError: as `ask_all`.
    """
    permission = Permission(allow_remote, guard, ledger)
    return run_async(_walk(items, steps, journal, at_once, progress, permission, budget, []))


def read_steps(
    items: Iterable[Item],
    steps: Steps[Item, Result],
    journal: Answers,
    *,
    guard: Guard | None = None,
    remote: Container[Teacher] | None = None,
) -> Iterator[Result]:
    """Yield what comes of each item, in order, from the journal alone; nothing is asked.

    Args:
        items: the same items as were asked about.
        steps: the same steps.
        journal: what `ask_in_steps` filled: a journal, or several as one.
        guard: the guard, when the texts went through one.
        remote: the teachers whose texts went through it; None = all.

    Raises:
        UserError: an answer that is needed is not in the journal.
    """

    async def walk(item: Item) -> Result:
        return await steps(item, look_up)

    async def look_up(request: ChatRequest, teacher: Teacher) -> Outcome:
        through = guard is not None and (remote is None or teacher in remote)
        outcome = settle(
            guard_request(request, guard) if guard is not None and through else request, teacher, journal
        )
        if outcome.open is not None:
            raise UserError("an answer that is needed is not in the journal; ask for everything first")
        return outcome

    with asyncio.Runner() as runner:
        for item in items:
            yield runner.run(walk(item))


async def _walk(
    items: Iterable[Item],
    steps: Steps[Item, Any],
    journal: Journal,
    at_once: int,
    progress: Progress | None,
    permission: Permission,
    budget: Budget | None,
    teachers: list[Teacher],
) -> Tally:
    line = Line(journal, permission, budget)
    live = LiveLine(progress, line.tally)
    waiting = iter(items)

    async def walker() -> None:
        try:
            for item in waiting:
                if line.stopped:
                    return
                await steps(item, line.ask)
                live.advance()
        except Stopped:
            return
        except Exception as error:
            line.stop(error)

    walkers = []
    try:
        for teacher in teachers:  # what is wrong with an address is said even when nothing is asked
            line.opened(teacher)
        walkers = [asyncio.create_task(walker()) for _ in range(at_once)]
        await asyncio.gather(*walkers)
    finally:
        for task in walkers:
            task.cancel()
        await asyncio.gather(*walkers, return_exceptions=True)
        await line.close()
        live.show()
    if line.error is not None:
        raise line.error
    return line.tally
