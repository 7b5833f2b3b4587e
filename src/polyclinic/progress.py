"""One live line for every long piece of work: how far, how fast, how long still. It goes to stderr.

On a terminal it is a bar; in a log it is a plain line every few seconds.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

LOG_INTERVAL = 10.0  # seconds between lines when stderr is not a terminal
LOG_LINES = 60  # of which the speed is reckoned


class Progress(Protocol):
    """Where long work says how far it is."""

    def advance(self, steps: float = 1, note: str = "") -> None:
        """Say that `steps` more of the total are done; `note` is shown behind the bar."""


@contextmanager
def progress_bar(title: str, total: float) -> Iterator[Progress]:
    """Show a bar of `total` steps with the time left while the block runs."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        with bars:
            task = bars.add_task(title, total=total, note="")

            class Bar:
                def advance(self, steps: float = 1, note: str = "") -> None:
                    bars.update(task, advance=steps, note=note)

            yield Bar()
    else:
        yield _LogLines(title, total)


class _LogLines:
    def __init__(self, title: str, total: float) -> None:
        self.title, self.total, self.done = title, total, 0.0
        self.started = self.last = time.monotonic()
        self.middle = (self.started, 0.0)  # when the first interval was half over, and what was done
        self.lines: deque[tuple[float, float]] = deque(maxlen=LOG_LINES)  # when each was written, and what was done

    def advance(self, steps: float = 1, note: str = "") -> None:
        self.done += steps
        now = time.monotonic()
        if not self.lines and self.middle[0] == self.started and now - self.started >= LOG_INTERVAL / 2:
            self.middle = (now, self.done)
        finished = self.done - steps < self.total <= self.done  # said once, however often a bar is moved past its end
        if now - self.last < LOG_INTERVAL and not (finished and now - self.started >= LOG_INTERVAL):
            return
        self.last = now
        # What was done in an earlier run is counted within seconds, so no line reckons from the beginning if it can.
        since, before = self.lines[0] if self.lines else self.middle
        if since == now:
            since, before = self.started, 0.0
        self.lines.append((now, self.done))
        left = (now - since) * (self.total - self.done) / (self.done - before) if self.done > before else 0.0
        line = f"  {self.title}: {self.done:.0f}/{self.total:.0f}, {duration(left)} left"
        sys.stderr.write(f"{line}  {note}\n" if note else f"{line}\n")
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return seconds as people read them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
