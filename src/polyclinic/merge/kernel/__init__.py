"""The compiled kernel: merges raw pieces of tensors in one pass. Without it numpy gives the same bytes, more slowly.

It is a small C library beside this file (`kernel.c`), built when the package is installed where there is a C
compiler, and called through ctypes, which lets other threads run meanwhile. This file declares its functions and says
which way is used; it knows nothing about tensors or methods.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_double, c_float, c_int, c_int32, c_int64, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from polyclinic.compiled import LEVELS, open_library
from polyclinic.errors import UserError

Choice = Literal["auto", "compiled", "numpy"]
DTYPES = {"BF16": 0, "F16": 1, "F32": 2}
COMBINE, SUM, AGREE = range(3)
WHOLE, CUT, BETWEEN, DROPOUT, GIVEN = range(5)
NOT_FINITE, TOO_LARGE = 1, 2


class Parent(Structure):
    """One model or the base; `kernel.h` says what the fields are."""

    _fields_ = (
        ("data", c_void_p),
        ("dtype", c_int32),
        ("weight", c_float),
        ("outer", c_float),
        ("inner", c_float),
        ("outer_left", c_int64),
        ("inner_left", c_int64),
        ("key", c_uint64),
        ("limit", c_uint32),
        ("factor", c_float),
        ("kept", c_int64),
        ("overruled", c_int64),
    )


class MergeCall(Structure):
    """A piece of all parents, and how they become one."""

    _fields_ = (
        ("base", POINTER(Parent)),
        ("models", POINTER(Parent)),
        ("out", c_void_p),
        ("start", c_int64),
        ("size", c_int64),
        ("count", c_int32),
        ("fusion", c_int32),
        ("thinning", c_int32),
        ("delta_dtype", c_int32),
        ("out_dtype", c_int32),
        ("with_base", c_int32),
        ("normalize", c_int32),
        ("equal", c_int32),
        ("weighted_vote", c_int32),
        ("zero_sign", c_float),
        ("scale", c_float),
        ("net_sign", c_int64),
        ("contested", c_int64),
    )


class RowsCall(Structure):
    """Rows of one delta, to be thinned by rank."""

    _fields_ = (
        ("base", POINTER(Parent)),
        ("model", POINTER(Parent)),
        ("out", c_void_p),
        ("start", c_int64),
        ("rows", c_int64),
        ("length", c_int64),
        ("delta_dtype", c_int32),
        ("first", c_int32),
        ("last", c_int32),
        ("by_factor", c_int32),
        ("chances", c_void_p),
        ("sums", c_void_p),
        ("workspace", c_void_p),
    )


class Tally(Structure):
    """Counts of the magnitudes above and within a bracket."""

    _fields_ = (
        ("low", c_uint32),
        ("high", c_uint32),
        ("shift", c_int32),
        ("model", c_int32),
        ("above", c_int64),
        ("bins", c_void_p),
    )


@dataclass(frozen=True)
class Kernel:
    """The library, and the instruction set it is to use: 0 to 2."""

    library: ctypes.CDLL
    level: int

    @property
    def name(self) -> str:
        """What manifests call it."""
        return f"compiled ({LEVELS[self.level]})"

    @property
    def most_models(self) -> int:
        """How many models it can merge at once."""
        return cast(int, self.library.polyclinic_sizes(4))

    def merge(self, call: MergeCall) -> int:
        """Merge a piece; return what was wrong with it, as bits."""
        return cast(int, self.library.polyclinic_merge(byref(call), self.level))

    def products(self, call: MergeCall, deltas: bool, block: int, lanes: int, out: int) -> int:
        """Add the inner products of a piece to the doubles at `out`; return what was wrong."""
        return cast(int, self.library.polyclinic_products(byref(call), int(deltas), block, lanes, out, self.level))

    def dropout_sums(self, call: MergeCall, block: int, lanes: int, out: int) -> int:
        """Add sums of magnitudes, all and kept, to the doubles at `out`; return what was wrong."""
        return cast(int, self.library.polyclinic_dropout_sums(byref(call), block, lanes, out, self.level))

    def scan(self, call: MergeCall, tallies: ctypes.Array[Tally]) -> int:
        """Add a piece to tallies; return what was wrong."""
        return cast(int, self.library.polyclinic_scan(byref(call), tallies, len(tallies), self.level))

    def crumb_rows(self, call: RowsCall) -> int:
        """Thin rows by rank; return what was wrong."""
        return cast(int, self.library.polyclinic_crumb_rows(byref(call), self.level))

    def prune_rows(self, call: RowsCall) -> int:
        """Thin rows at random by rank; return what was wrong."""
        return cast(int, self.library.polyclinic_prune_rows(byref(call), self.level))

    def drain(self, bins: int, size: int, places: int, counts: int) -> int:
        """Move the bins that are not empty to a list; return how many there are."""
        return cast(int, self.library.polyclinic_drain(bins, size, places, counts))

    def workspace_bytes(self, length: int) -> int:
        """Return how much memory rows of a length need beside their result."""
        return cast(int, self.library.polyclinic_workspace_bytes(length))


@cache
def installed() -> Kernel | None:
    """Return the kernel for this machine's widest instruction set, or None when it was not built.

    Raises UserError when it was built from another version of its source.
    """
    declared = (Parent, MergeCall, RowsCall, Tally)

    def fits(library: ctypes.CDLL) -> bool:
        return all(library.polyclinic_sizes(i) == ctypes.sizeof(kind) for i, kind in enumerate(declared))

    library = open_library(Path(__file__).parent, fits)
    if library is None:
        return None
    library.polyclinic_products.argtypes = [c_void_p, c_int, c_int64, c_void_p, c_void_p, c_int]
    library.polyclinic_dropout_sums.argtypes = [c_void_p, c_int64, c_void_p, c_void_p, c_int]
    library.polyclinic_drain.argtypes = [c_void_p, c_int64, c_void_p, c_void_p]
    library.polyclinic_drain.restype = c_int64
    library.polyclinic_workspace_bytes.argtypes = [c_int64]
    library.polyclinic_workspace_bytes.restype = c_int64
    return Kernel(library, int(library.polyclinic_level()))


def choose(choice: Choice, models: int) -> Kernel | None:
    """Return the kernel for so many models, or None where numpy is to do the work. Raises UserError.

    Args:
        choice: `numpy`, `compiled` (an error where it cannot be), or `auto` for the kernel where it is installed.
        models: how many are merged.
    """
    kernel = None if choice == "numpy" else installed()
    if kernel is None and choice == "compiled":
        raise UserError(
            "kernel: compiled: it is not installed here; install a C compiler and then the package again, "
            "or set kernel to auto: numpy gives the same bytes, more slowly"
        )
    return kernel if kernel is not None and models <= kernel.most_models else None


__all__ = ["Choice", "Kernel", "MergeCall", "Parent", "RowsCall", "Tally", "c_double", "choose", "installed"]
