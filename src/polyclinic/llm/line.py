"""The line to the teachers: puts requests to whoever answers them, and every answer into the journal.

One line serves one run. It looks an answer up before it asks, asks nothing twice at the same time, keeps the gate to
remote addresses, the ledger and the budget, and stops cleanly: when it is stopped nothing more is sent, what is in
flight is waited for and kept, as it has been paid for.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from polyclinic.errors import UserError
from polyclinic.llm.addresses import Guard, refuse_remote
from polyclinic.llm.budget import Budget, keep_budget
from polyclinic.llm.client import ask
from polyclinic.llm.connections import Connections
from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.journal import Journal, Spent
from polyclinic.llm.ledger import Ledger
from polyclinic.llm.requests import ChatRequest, Failure, Outcome, Question, Reply, advance, guard_request, settle
from polyclinic.llm.tally import Tally
from polyclinic.llm.window import Address, Addresses, Window

if TYPE_CHECKING:
    from polyclinic.llm.local_model import LocalModel, LocalWriter

FAILURES_IN_A_ROW = 32  # requests that fail one after the other before the run stops: the endpoint is down

Teacher: TypeAlias = "Endpoint | LocalModel"


class Stopped(Exception):
    """Nothing more may be sent; the reason is in `Line.error`."""


@dataclass(frozen=True)
class Permission:
    """What the user allows, and what the caller hands in for it."""

    allow_remote: bool = False  # whether text may leave the local network
    guard: Guard | None = None  # de-identifier through which it passes first
    ledger: Path | None = None  # where it is written down


@dataclass
class Asking:
    """A teacher that is asked."""

    teacher: Teacher
    addresses: Addresses | None = None  # of an endpoint
    remote: frozenset[str] = frozenset()  # base URLs that are beyond the local network
    writer: LocalWriter | None = None  # of a local model
    failures_in_a_row: int = 0


@dataclass
class Line:
    """Asks; see the head of this file. Use it inside one event loop, and `close` it at the end."""

    journal: Journal
    permission: Permission = field(default_factory=Permission)
    budget: Budget | None = None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        """Start with nothing open."""
        self.error: BaseException | None = None
        self._stop = asyncio.Event()
        self._open: dict[Teacher, Asking] = {}
        self._last: Asking | None = None  # finding it by its fields takes longer than the rest of the way
        self._asking: dict[str, asyncio.Future[Reply | Failure | None] | None] = {}  # a future once it is shared
        self._jitter = random.Random(0)
        self._ledger: Ledger | None = None
        self._answered = self.journal.count() > 0
        self._before_run = self.journal.spent()
        self._sent = 0

    def stop(self, error: BaseException) -> None:
        """Send nothing more; the first reason counts."""
        self.error = self.error or error
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether nothing more is sent."""
        return self.error is not None

    async def ask(self, request: ChatRequest, teacher: Teacher) -> Outcome:
        """Ask until the matter of a request is settled (see `settle`); what the journal knows is not asked.

        Raises:
            Stopped: the line was stopped before it was settled.
            UserError: the address is refused.
        """
        opened = self.opened(teacher)
        if opened.remote:
            assert self.permission.guard is not None
            request = guard_request(request, self.permission.guard)
        outcome = settle(request, teacher, self.journal)
        while outcome.open is not None:
            outcome = advance(outcome, await self._answer(outcome.open, opened), teacher)
        self.tally.settled(outcome)
        return outcome

    def opened(self, teacher: Teacher) -> Asking:
        """Make ready to ask a teacher; raises UserError when its address is refused or its key is not set."""
        last = self._last
        if last is None or last.teacher is not teacher:
            last = self._open.get(teacher)
            if last is None:
                last = self._open[teacher] = self._make_ready(teacher)
            self._last = last
        return last

    async def close(self) -> None:
        """Close connections, models and the ledger."""
        for opened in self._open.values():
            if opened.addresses is not None:
                opened.addresses.close()
            if opened.writer is not None:
                await opened.writer.close()
        if self._ledger is not None:
            self._ledger.close()

    async def _answer(self, question: Question, opened: Asking) -> Reply | Failure:
        """Return the answer to a question that is not in the journal; those who ask the same at once share it."""
        key = question.key
        if key in self._asking:
            shared = self._asking[key]
            if shared is None:
                shared = self._asking[key] = asyncio.get_running_loop().create_future()
            result = await asyncio.shield(shared)
            if result is None:
                raise Stopped
            return result
        if self.error is not None:
            raise Stopped
        self._asking[key] = result = None
        try:
            if opened.addresses is None:
                assert opened.writer is not None
                result = await opened.writer.write(question)
            else:
                before = functools.partial(self._before, opened, question)
                result = await ask(opened.addresses, question, self.tally.counts, before, self._sleep, self._jitter)
            self.tally.came(result)
            await self.journal.add(key, result)  # before anything else can go wrong: it was paid for
            self._look_at(question, result, opened)
        except UserError as error:
            self.stop(error)
            raise Stopped from error
        finally:
            shared = self._asking.pop(key)
            if shared is not None:
                shared.set_result(result)
        if self.journal.full:
            self.stop(UserError(self.journal.full))
        return result

    def _before(self, opened: Asking, question: Question, endpoint: Endpoint) -> bool:
        """Say whether a question may be sent now, and write down what leaves the building."""
        if self.error is not None:
            raise Stopped
        if self.budget is not None:
            asked = [each.addresses for each in self._open.values() if each.addresses is not None]
            in_flight = sum(address.window.in_flight for addresses in asked for address in addresses.all) - 1
            if not keep_budget(self.budget, self._spent(in_flight), in_flight, question, endpoint):
                return False
        if endpoint.base_url in opened.remote:
            assert self._ledger is not None
            self._ledger.sent(question, endpoint.url, endpoint.model)
        self._sent += 1
        return True

    def _spent(self, in_flight: int) -> Spent:
        """Return what was spent so far, what is not on file yet included, and what is in flight not."""
        before, tally = self._before_run, self.tally
        return Spent(
            answers=before.answers + tally.asked,
            sent=before.sent + self._sent - tally.counts.get("rate_limited", 0) - in_flight,
            prompt_tokens=before.prompt_tokens + tally.prompt_tokens,
            completion_tokens=before.completion_tokens + tally.completion_tokens,
            price=before.price + tally.price,
        )

    def _look_at(self, question: Question, result: Reply | Failure, opened: Asking) -> None:
        """Stop the run when one request after the other fails: the endpoint is down."""
        if opened.addresses is None:
            return
        if opened.remote and self._ledger is not None:
            self._ledger.answered(question.key, result)
        if isinstance(result, Reply):
            opened.failures_in_a_row, self._answered = 0, True
            return
        # One that is refused says nothing of the next, unless nothing was ever answered.
        opened.failures_in_a_row += not (result.refused and self._answered)
        if opened.failures_in_a_row >= FAILURES_IN_A_ROW:
            assert isinstance(opened.teacher, Endpoint)
            self.stop(
                UserError(
                    f"{opened.teacher.base_url}: {opened.failures_in_a_row} requests in a row failed, the last one "
                    f"with: {result.reason}. Every answer so far is kept; see to the endpoint and run again"
                )
            )

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped

    def _make_ready(self, teacher: Teacher) -> Asking:
        if not isinstance(teacher, Endpoint):
            from polyclinic.llm.local_model import LocalWriter

            return Asking(teacher, writer=LocalWriter(teacher))
        clock: Callable[[], float] = asyncio.get_running_loop().time
        if self.budget is not None:
            self.budget.check(teacher)
        found, remote = [], set()
        for address in teacher.addresses():
            url = address.base_url
            is_remote = refuse_remote(url, allow_remote=self.permission.allow_remote, guard=self.permission.guard)
            if is_remote:
                remote.add(url)
            found.append(Address(address, Connections(address, is_remote), Window(address.concurrency, clock())))
        if remote and self._ledger is None:
            if self.permission.ledger is None:
                raise UserError(
                    f"teacher_url: {min(remote)} is remote, and no ledger is at hand to write down what is sent; "
                    "nothing is sent without one"
                )
            self._ledger = Ledger(self.permission.ledger)
        return Asking(teacher, Addresses(found, clock), frozenset(remote))
