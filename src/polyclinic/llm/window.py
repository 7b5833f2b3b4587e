"""How many requests are in flight at each address of an endpoint, and which address the next one goes to.

The window of an address shrinks only under a real overload: when more than a tenth of what came back within half a
second was 429 (or 503, 529). Shrinking on each 429 would let it collapse, as single ones are how providers smooth
traffic. It grows back, one for each calm half second. An address that fails again and again rests while others work.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from polyclinic.llm.connections import Connections
from polyclinic.llm.endpoint import Endpoint

INTERVAL = 0.5  # seconds over which answers are looked at together
OVERLOAD = 0.1  # share of refusals for want of capacity that makes an overload
SHRINK = 0.7  # what is left of the window after an interval of overload
GROWTH = 0.05  # of the full window that comes back after a calm interval, at least one
FAILURES_BEFORE_REST = 8  # one after the other, until an address rests while others work
REST = 30.0  # seconds


@dataclass
class Window:
    """How many may be in flight at one address."""

    most: int
    now: float  # seconds, of any clock that only goes forward
    limit: int = 0
    in_flight: int = 0
    _since: float = 0.0
    _came_back: int = 0
    _overloaded: int = 0

    def __post_init__(self) -> None:
        """Open the window wide."""
        self.limit, self._since = self.most, self.now

    def came_back(self, now: float, overloaded: bool) -> None:
        """Take note of one answer, and whether it was a refusal for want of capacity."""
        if now - self._since >= INTERVAL:
            if self._overloaded > OVERLOAD * self._came_back:
                self.limit = max(1, int(self.limit * SHRINK))
            elif self.limit < self.most:
                self.limit = min(self.most, self.limit + max(1, int(self.most * GROWTH)))
            self._since, self._came_back, self._overloaded = now, 0, 0
        self._came_back += 1
        self._overloaded += overloaded


@dataclass
class Address:
    """One address of an endpoint, while it is asked."""

    endpoint: Endpoint
    connections: Connections
    window: Window
    failures: int = 0  # one after the other
    rests_until: float = 0.0

    @property
    def weight(self) -> float:
        """Its share of the requests, beside the weights of the others."""
        return self.endpoint.weight or self.endpoint.concurrency


@dataclass
class Addresses:
    """All addresses of an endpoint, and who waits for one."""

    all: list[Address]
    clock: Callable[[], float]
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def take(self) -> Address:
        """Return the address that is least busy for its weight, as soon as one has room; `give_back` it."""
        while True:
            found = self._least_busy()
            if found is not None:
                found.window.in_flight += 1
                return found
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            finally:
                if turn.cancelled():
                    self._wake()

    def give_back(self, address: Address, *, overloaded: bool = False, failed: bool = False) -> None:
        """Say that a request is no longer in flight, and how it went."""
        now = self.clock()
        address.window.in_flight -= 1
        address.window.came_back(now, overloaded)
        address.failures = address.failures + 1 if failed else 0
        if address.failures >= FAILURES_BEFORE_REST:
            address.rests_until = now + REST
        self._wake()

    def put_back(self, address: Address) -> None:
        """Say that nothing was sent."""
        address.window.in_flight -= 1
        self._wake()

    def close(self) -> None:
        """Close all connections."""
        for address in self.all:
            address.connections.close()

    def _least_busy(self) -> Address | None:
        """Return where the next request goes, None when it must wait for room there.

        In flight is kept in proportion to the weights, so a full address is waited for, unless it is full only
        because an overload made its window smaller.
        """
        if len(self.all) == 1:
            only = self.all[0]
            return only if only.window.in_flight < only.window.limit else None
        now = self.clock()
        best, least = None, float("inf")
        for address in [address for address in self.all if address.rests_until <= now] or self.all:
            window = address.window
            busy = (window.in_flight + 1) / address.weight
            shrunk = window.limit < window.most
            if busy < least and (window.in_flight < window.limit or not shrunk):
                best, least = address, busy
        return best if best is not None and best.window.in_flight < best.window.limit else None

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
