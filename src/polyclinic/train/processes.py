"""Which of several processes this one is, and how they wait for each other and share numbers.

torchrun says in the environment how many there are; without it there is one, and everything here does nothing.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

PATIENCE = timedelta(days=7)  # the first process may tokenize a large corpus while the others wait


def rank() -> int:
    """Return the number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


def count() -> int:
    """Return how many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Say whether this is the process that writes files."""
    return rank() == 0


def wait() -> None:
    """Wait until all processes are here."""
    if count() > 1:
        import torch.distributed

        torch.distributed.barrier(group=_patient_group())


@contextmanager
def first_alone() -> Iterator[None]:
    """Let the first process run the block before all others do, for what one writes and the others read.

    When it fails, the launcher ends the others.
    """
    if not is_first():
        wait()
    yield
    if is_first():
        wait()


def sums(values: Sequence[float]) -> list[float]:
    """Return the sums of each value over all processes."""
    if count() == 1:
        return list(values)
    import torch
    import torch.distributed

    total = torch.tensor(values, dtype=torch.float64)
    torch.distributed.all_reduce(total, group=_patient_group())
    return [float(value) for value in total]


def gathered(value: Any) -> list[Any]:
    """Return what each process gave, in the order of the processes; for small things only."""
    if count() == 1:
        return [value]
    import torch.distributed

    found: list[Any] = [None] * count()
    torch.distributed.all_gather_object(found, value, group=_patient_group())
    return found


@functools.cache
def _patient_group() -> Any:
    """Return a group over the network for what is not the training itself; the device's own gives up in minutes."""
    import torch
    import torch.distributed
    from accelerate import PartialState

    PartialState(cpu=not torch.cuda.is_available())
    return torch.distributed.new_group(backend="gloo", timeout=PATIENCE)
