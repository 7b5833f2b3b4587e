"""A merge into memory: the parents stay open, and each candidate overwrites the weights of one live model.

What is merged is what would have been written to disk, rounding included; only the writing is another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polyclinic.errors import UserError
from polyclinic.merge.engine import LiveParents, LiveWork, open_merge
from polyclinic.merge.numbers import FLOAT_BYTES, Bits, Float32, to_float32
from polyclinic.merge.settings import MergeSettings
from polyclinic.steps import StepKind

if TYPE_CHECKING:
    from torch.nn import Module


@dataclass(frozen=True)
class ArrayPlace:
    """Where a merged tensor goes in memory: called with a first element and values."""

    name: str
    dtype: str
    take: Callable[[int, Float32], None]

    def write(self, start: int, data: Bits) -> None:
        """Take bytes from `start` on, counted from the tensor's first."""
        width = FLOAT_BYTES[self.dtype]
        values = np.empty(data.size // width, np.float32)
        to_float32(data.copy(), self.dtype, values)
        self.take(start // width, values)


@contextmanager
def open_live(
    settings: MergeSettings, take: Callable[[str, tuple[int, ...]], Callable[[int, Float32], None]]
) -> Iterator[LiveParents]:
    """Open the parents once for many merges while the block runs.

    Args:
        settings: those of any of the merges; inputs, dtype and vocabulary are the same in all.
        take: gives for a tensor's name and shape what takes its merged values.
    """
    with open_merge(settings) as (_, parents, _, _):
        places = {p.name: ArrayPlace(p.name, p.dtype, take(p.name, p.shape)) for p in parents}
        yield LiveParents(parents, places)


def merge_live(kind: StepKind[Any], settings: MergeSettings, live: LiveParents, seed: int) -> None:
    """Merge one candidate into the places of `live`."""
    nowhere = Path()
    fresh = [replace(parents, counts=defaultdict(float)) for parents in live.parents]
    work = LiveWork(nowhere, nowhere, seed, live=replace(live, parents=fresh))
    kind.function(settings, work)


def weights_of(model: Module) -> Callable[[str, tuple[int, ...]], Callable[[int, Float32], None]]:
    """Return what gives for a tensor's name that which overwrites this weight of a PyTorch model."""
    weights = dict(model.state_dict(keep_vars=True))

    def take(name: str, shape: tuple[int, ...]) -> Callable[[int, Float32], None]:
        import torch

        weight = weights.get(name)
        if weight is None or tuple(weight.shape) != shape:
            raise UserError(
                f"tensor {name}: the loaded model has no such weight of the shape {list(shape)}; merges of this "
                "architecture cannot be searched in memory"
            )
        flat = weight.detach().view(-1)

        def put(start: int, values: Float32) -> None:
            flat[start : start + values.size].copy_(torch.from_numpy(values))

        return put

    return take
