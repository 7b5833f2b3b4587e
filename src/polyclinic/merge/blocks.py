"""One tensor of the base and of every model, read block by block: what a merge method works on.

A method is a function that takes `Parents` and yields the merged blocks in order; it may go over the blocks as often
as it needs. The boundaries of blocks depend on the tensor's shape alone, so a result never depends on threads.
This file knows nothing about files or formulas.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from polyclinic.merge.kernel import Kernel
from polyclinic.merge.numbers import Float32, round_to
from polyclinic.merge.parameters import Position
from polyclinic.merge.weights import MemoryTensor, Tensor

BLOCK = 65_536  # elements: what fits the second-level cache for a base, some models and what is computed from them


@dataclass(frozen=True)
class Block:
    """A piece of the base and of every model. Its arrays are free to be overwritten and are reused for the next."""

    start: int  # flat index of the first element
    base: Float32
    models: list[Float32]

    def deltas(self, dtype: str = "F32") -> list[Float32]:
        """Return each model minus the base, rounded to `dtype`; the models' own arrays are overwritten."""
        for model in self.models:
            np.subtract(model, self.base, out=model)
            round_to(model, dtype)
        return self.models


@dataclass
class Parents:
    """One tensor of the base and of every model."""

    name: str
    base: Tensor
    models: Sequence[Tensor]
    position: Position = field(default=Position(""))  # where the tensor lies in the model
    result_dtype: str = ""  # safetensors name; empty = the base's
    # Rows that are not merged but taken as they are: (first row, how many, whose, first row there).
    taken: Sequence[tuple[int, int, Tensor, int]] = ()
    kernel: Kernel | None = None  # None: numpy does the work
    # What a method counted while it worked, for the manifest: (what, index of the model) -> elements, or other sums.
    counts: defaultdict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the tensor, the same for all."""
        return self.base.shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def row_length(self) -> int:
        """Number of elements in a row, along the last dimension."""
        return self.shape[-1] if self.shape else 1

    @property
    def dtype(self) -> str:
        """The dtype of the result: the base's, unless another was asked for."""
        return self.result_dtype or self.base.dtype

    def blocks(self, rows: bool = False, base: bool = True) -> Iterator[Block]:
        """Yield the tensor piece by piece, in order.

        Args:
            rows: let every block hold whole rows (the last dimension), however long they are.
            base: read the base; without it the block's base is empty.
        """
        step = self.block_size(rows)
        buffers = [np.empty(min(step, self.size), np.float32) for _ in range(1 + len(self.models))]
        for start in range(0, self.size, step):
            length = min(step, self.size - start)
            pieces = [buffer[:length] for buffer in buffers]
            if base:
                self.base.read(start, pieces[0])
            for model, piece in zip(self.models, pieces[1:], strict=True):
                model.read(start, piece)
            yield Block(start, pieces[0] if base else pieces[0][:0], pieces[1:])

    def pieces(self, count: int, length: int) -> Iterator[Block]:
        """Yield up to `count` pieces of `length` elements spread evenly over the tensor, at multiples of `length`."""
        slots = max(1, self.size // length)
        for slot in dict.fromkeys(i * slots // count for i in range(count)):
            start = slot * length
            pieces = [np.empty(min(length, self.size - start), np.float32) for _ in range(1 + len(self.models))]
            for tensor, piece in zip((self.base, *self.models), pieces, strict=True):
                tensor.read(start, piece)
            yield Block(start, pieces[0], pieces[1:])

    def block_size(self, rows: bool = False) -> int:
        """Return the largest number of elements in a block."""
        if not rows or not self.shape or self.size == 0:
            return BLOCK
        return max(1, BLOCK // self.shape[-1]) * self.shape[-1]


Method = Callable[[Parents], Iterable[Float32]]


def merge_arrays(method: Method, base: Float32, models: Sequence[Float32], name: str = "tensor") -> Float32:
    """Merge tensors that are in memory; returns the result as float32 with the shape of `base`."""
    parents = Parents(name, MemoryTensor(base), [MemoryTensor(model) for model in models])
    merged = np.empty(base.size, np.float32)
    start = 0
    for block in method(parents):
        merged[start : start + block.size] = block
        start += block.size
    return merged.reshape(base.shape)
