"""One tensor of all parents handed to the compiled kernel, piece by piece.

What a method yields says in a `Call` what the kernel is to do; where there is no kernel numpy does the same, to the
last bit. Pieces are handed over as they lie in the files. This file knows no formula.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from polyclinic.errors import UserError
from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import BLOCK, Parents
from polyclinic.merge.kernel import MergeCall, Parent, RowsCall
from polyclinic.merge.numbers import FLOAT_BYTES, LANES
from polyclinic.merge.weights import Pieces, Tensor, stored_as

PIECE = 4  # blocks handed over at a time


@runtime_checkable
class Fused(Protocol):
    """A merged tensor that the kernel can make as well as numpy."""

    def fill(self, call: Call) -> None:
        """Say in `call` what is to be done."""

    def count(self, call: Call) -> None:
        """Take what the kernel counted."""


class Call:
    """What the kernel is to do with one tensor, and what it counted."""

    def __init__(self, parents: Parents, dtype: str = "F32") -> None:
        """Prepare a call; `dtype` is what deltas are rounded to. Raises RuntimeError without a kernel."""
        if parents.kernel is None:
            raise RuntimeError(f"{parents.name}: there is no kernel")
        self.parents = parents
        self.kernel = parents.kernel
        self.base = Parent(dtype=compiled.DTYPES[stored_as(parents.base)], weight=1.0)
        self.models = (Parent * len(parents.models))(
            *(Parent(dtype=compiled.DTYPES[stored_as(model)], weight=1.0) for model in parents.models)
        )
        self.thin_rows: Callable[[int, RowsCall], int] | None = None  # of a model; returns what was wrong
        self.merge = MergeCall(
            base=ctypes.pointer(self.base),
            models=self.models,
            count=len(parents.models),
            delta_dtype=compiled.DTYPES[dtype],
            out_dtype=compiled.DTYPES[parents.dtype],
            with_base=1,
            scale=1.0,
            zero_sign=1.0,
        )

    @property
    def step(self) -> int:
        """How many elements are merged at a time, at most; of rows fewer, so that their deltas stay in the cache."""
        rows = self.thin_rows is not None
        return min(self.parents.block_size(rows) * (1 if rows else PIECE), self.parents.size)

    def set_weights(self, weights: Sequence[float]) -> None:
        """Give each model its weight."""
        for model, weight in zip(self.models, weights, strict=True):
            model.weight = weight

    def pieces(self, blocks: int = PIECE, rows: bool = False, end: int | None = None) -> Iterator[int]:
        """Read the tensor, or its elements before `end`, so many blocks at a time; yield how many were read."""
        step = self.parents.block_size(rows) * blocks
        end = self.parents.size if end is None else min(end, self.parents.size)
        sources = [(parent, Pieces(tensor)) for parent, tensor in self._sources()]
        for start in range(0, end, step):
            size = min(step, end - start)
            for parent, pieces in sources:
                parent.data = pieces.address(start, size)
            self.merge.start, self.merge.size = start, size
            yield size

    def run(self, address: Callable[[int], int]) -> Iterator[int]:
        """Merge piece by piece; yield how many bytes were written.

        `address` gives for a number of bytes where they go. Raises UserError for numbers that are not finite.
        """
        width = FLOAT_BYTES[self.parents.dtype]
        if self.thin_rows is None:
            for size in self.pieces():
                self.merge.out = address(size * width)
                self.check(self.kernel.merge(self.merge))
                yield size * width
            return
        thinned = [np.empty(self.step, np.float32) for _ in self.models]
        for size in self.pieces(blocks=1, rows=True):
            self.merge.out = address(size * width)
            for model, deltas in enumerate(thinned):
                self.check(self.thin_rows(model, self.rows_call(model, size, deltas.ctypes.data)))
            stored = [(model.data, model.dtype) for model in self.models]
            for model, deltas in zip(self.models, thinned, strict=True):
                model.data, model.dtype = deltas.ctypes.data, compiled.DTYPES["F32"]
            self.check(self.kernel.merge(self.merge))
            for model, (data, dtype) in zip(self.models, stored, strict=True):
                model.data, model.dtype = data, dtype
            yield size * width

    def rows_call(self, model: int, size: int, out: int) -> RowsCall:
        """Return a call for the rows of the piece of one model, `size` elements; deltas go to floats at `out`."""
        length = self.parents.row_length
        self._workspace = np.empty(self.kernel.workspace_bytes(length), np.uint8)
        return RowsCall(
            base=ctypes.pointer(self.base),
            model=ctypes.pointer(self.models[model]),
            out=out,
            start=self.merge.start,
            rows=size // length,
            length=length,
            delta_dtype=self.merge.delta_dtype,
            workspace=self._workspace.ctypes.data,
        )

    def check(self, wrong: int) -> None:
        """Raise the error that says which number of the piece is not finite, when one is."""
        if wrong & compiled.NOT_FINITE:
            for _, tensor in self._sources():
                tensor.read(self.merge.start, np.empty(self.merge.size, np.float32))
        if wrong & compiled.TOO_LARGE:
            raise too_large(self.parents)
        if wrong:
            raise RuntimeError(f"{self.parents.name}: the kernel found what reading did not")

    def _sources(self) -> list[tuple[Parent, Tensor]]:
        models = list(zip(self.models, self.parents.models, strict=True))
        return [(self.base, self.parents.base), *models] if self.merge.with_base else models


def products(parents: Parents, deltas: bool = False, end: int | None = None) -> NDArray[np.float64]:
    """Return the inner products of the base and the models, or of the deltas, up to element `end`.

    See `combination.inner_products`.
    """
    call = Call(parents)
    count = len(parents.models) + (not deltas)
    pairs = count * (count + 1) // 2
    lanes, out = np.empty(pairs * LANES), np.zeros(pairs)
    for _ in call.pieces(end=end):
        call.check(call.kernel.products(call.merge, deltas, BLOCK, lanes.ctypes.data, out.ctypes.data))
    found = np.zeros((count, count))
    found[np.triu_indices(count)] = out
    return found + np.triu(found, 1).T


def too_large(parents: Parents) -> UserError:
    """Return the error of a result that its dtype cannot hold."""
    return UserError(
        f"tensor {parents.name}: the merged weights are too large for the base's {parents.dtype}; "
        "use smaller weights, or a base in another dtype"
    )
