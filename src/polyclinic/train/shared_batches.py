"""The part that one of several processes has in every optimizer step.

A plan of batches is the same for any number of processes: what differs is who takes which rows, so the loss of a
step is that of one process, but for the order in which floating-point numbers are added. Where the batches of a step
can be dealt out evenly each process takes whole batches, otherwise a part of each batch's rows. A process that would
have nothing to do goes through one row that does not count, since all must meet at the end of a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from polyclinic.errors import UserError


class Batches(Protocol):
    """A plan of batches: how many, each a list of keys of the data set, over how many passes."""

    batch_size: int

    @property
    def epochs(self) -> float:
        """Passes over the data."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[list[Any]]: ...


@dataclass(frozen=True)
class Part:
    """Rows that one process takes at once."""

    keys: list[Any]
    counts: bool  # False for a row that only keeps the process in step
    step: int  # optimizer step, from 0
    row: int  # place of the first of these rows among those of the step
    rows_of_step: int  # rows of the step over all processes


class SharedBatches:
    """The parts of one process, step after step; a batch sampler for a torch DataLoader."""

    def __init__(self, batches: Batches, accumulation: int, rank: int = 0, count: int = 1) -> None:
        """Share `batches`, of which `accumulation` make one optimizer step, among `count` processes.

        Raises UserError when a step has fewer rows than there are processes.
        """
        if count > batches.batch_size * accumulation:
            raise UserError(
                f"--launch: {count} processes, but a step has {batches.batch_size * accumulation} rows (batch_size "
                "times gradient_accumulation); start fewer processes or make a step larger"
            )
        self.batches, self.rank, self.count = batches, rank, count
        self.batches_of_step = accumulation
        self.whole = accumulation % count == 0
        self.accumulation = accumulation // count if self.whole else accumulation  # parts of a process in a step
        self.batch_size, self.drop_last = batches.batch_size, False

    def __len__(self) -> int:
        full, rest = divmod(len(self.batches), self.batches_of_step)
        if not self.whole:
            return len(self.batches)
        return full * self.accumulation + math.ceil(rest / self.count)

    def __iter__(self) -> Iterator[Part]:
        waiting: list[list[Any]] = []
        step = 0
        for batch in self.batches:
            waiting.append(batch)
            if len(waiting) == self.batches_of_step:
                yield from self._parts(waiting, step)
                waiting, step = [], step + 1
        if waiting:
            yield from self._parts(waiting, step)

    def _parts(self, batches: Sequence[list[Any]], step: int) -> Iterator[Part]:
        rows = sum(map(len, batches))
        places = [0]
        for batch in batches:
            places.append(places[-1] + len(batch))
        if self.whole:
            for start in range(0, len(batches), self.count):
                place = start + self.rank
                if place < len(batches):
                    yield Part(batches[place], True, step, places[place], rows)
                else:
                    yield Part(batches[start][:1], False, step, places[start], rows)
            return
        for place, batch in enumerate(batches):
            start, stop = (len(batch) * r // self.count for r in (self.rank, self.rank + 1))
            if start < stop:
                yield Part(batch[start:stop], True, step, places[place] + start, rows)
            else:
                yield Part(batch[:1], False, step, places[place], rows)


def step_keys(batches: Batches, accumulation: int, step: int) -> list[Any]:
    """Return the keys of all rows of an optimizer step, from 0."""
    keys: list[Any] = []
    for place, batch in enumerate(batches):
        if place >= (step + 1) * accumulation:
            break
        if place >= step * accumulation:
            keys += batch
    return keys
