"""The tagger's kernel: built when the package is installed where there is a C compiler, called through ctypes.

Without it `features.py` gives the same, more slowly; only teaching needs it.
"""

from __future__ import annotations

import ctypes
import struct
from ctypes import POINTER, Structure, byref, c_double, c_float, c_int64, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from polyclinic.compiled import open_library

WIDTH = 32  # of the hidden layer
CLASSES = 8  # none, name, institution, town, street, date, number, age
MOST_FEATURES = 128  # of a token
KINDS = 109  # of features
MOST_KEPT_ROOM = 20_000  # tokens of a work area that is kept
TOKEN_BYTES = 64
AGAIN_BYTES = 32
ENTRY_BYTES = 16
ROW_BYTES = 4 + WIDTH
FOUND = struct.Struct(f"<Q{CLASSES}d3i2Ii")


class Tagger(Structure):
    """Tables and weights; `kernel.h` says what the fields are."""

    _fields_ = (
        *((name, c_void_p) for name in ("classes", "lower", "entries")),
        ("entry_mask", c_int64),
        ("bits", c_void_p),
        *((name, c_int64) for name in ("bits_count", "identities", "frequencies", "givens")),
        ("rows", c_void_p),
        ("row_mask", c_int64),
        ("tables", c_void_p * KINDS),
        ("strides", c_int64 * 3 * KINDS),
        *((name, c_void_p) for name in ("bias", "output", "output_bias")),
        *((name, c_double) for name in ("scale", "least", "lowest")),
        *((name, c_uint32) for name in ("common", "name", "family")),
    )


class Lesson(Structure):
    """What is learnt from, and what changes; `training.h` says what the fields are."""

    _fields_ = (
        *((name, c_void_p) for name in ("rows", "ends", "classes", "weights", "order")),
        ("count", c_int64),
        *((name, c_void_p) for name in ("left_out", "row", "row_squares", "bias", "bias_squares")),
        *((name, c_void_p) for name in ("output", "output_squares", "output_bias", "output_bias_squares")),
        *((name, c_float) for name in ("rate", "hidden_left_out")),
        ("seed", c_uint64),
    )


class Area:
    """Memory for the tokens of one text, of which only what is used is taken from the machine."""

    def __init__(self, room: int) -> None:
        """Reserve memory for so many tokens."""
        import numpy

        self.room = room
        self.mask = (1 << (2 * room).bit_length()) - 1
        sizes = (
            room * TOKEN_BYTES,
            (self.mask + 1) * 8,
            room * 8,
            (self.mask + 1) * AGAIN_BYTES,
            3 * room * FOUND.size,
        )
        self._kept = [numpy.empty(size, dtype="u1") for size in sizes]
        self.tokens, self.seen, self.names, self.again, self.found = (int(one.ctypes.data) for one in self._kept)

    def first_found(self, count: int) -> bytes:
        """Return the bytes of so many that were found."""
        return bytes(self._kept[-1][: count * FOUND.size].tobytes())


@dataclass(frozen=True)
class Kernel:
    """The library."""

    library: ctypes.CDLL
    name: str = "compiled"
    areas: list[Area] = field(default_factory=list)

    def find(self, tagger: Tagger, text: str) -> list[tuple[Any, ...]]:
        """Return the candidates of a text that a class may have: the fields of `Found` in kernel.h.

        Args:
            tagger: tables and weights.
            text: any text.
        """
        units = text.encode("utf-32-le", "surrogatepass")
        size = len(text)
        room = max(size // 3, 1000)
        while True:
            area = self._area(room)
            kept = c_int64()
            count = self.library.polyclinic_tagger_find(
                *(byref(tagger), units, size, area.tokens, area.room, area.seen, area.mask),
                *(area.names, area.again, area.found, byref(kept)),
            )
            if count <= area.room:
                found = list(FOUND.iter_unpack(area.first_found(kept.value)))
                if area.room <= MOST_KEPT_ROOM:
                    self.areas.append(area)
                return found
            room = count

    def _area(self, room: int) -> Area:
        """Return a work area that no other thread has: one that was used before, as new memory costs time."""
        try:
            area = self.areas.pop()
        except IndexError:
            return Area(room)
        return area if area.room >= room else Area(room)


@cache
def installed() -> Kernel | None:
    """Return the kernel, or None when it was not built.

    Raises UserError when it was built from another version of its source.
    """
    expected = (
        ctypes.sizeof(Tagger),
        TOKEN_BYTES,
        ENTRY_BYTES,
        FOUND.size,
        ctypes.sizeof(Lesson),
        ROW_BYTES,
        WIDTH,
        CLASSES,
        KINDS,
        AGAIN_BYTES,
    )

    def fits(library: ctypes.CDLL) -> bool:
        library.polyclinic_tagger_sizes.restype = c_int64
        return tuple(library.polyclinic_tagger_sizes(i) for i in range(len(expected))) == expected

    library = open_library(Path(__file__).parent, fits)
    if library is None:
        return None
    address, number = c_void_p, c_int64
    for name, arguments in (
        ("hashes", (address, address, address, number, address)),
        ("fill_entries", (address, number, address, number)),
        ("fill_rows", (address, number, address, address, number)),
        ("read", (address, address, number, address, number, address, number, address)),
        ("fill_tables", (address, address)),
        ("features", (address, address, address, number, ctypes.c_int, ctypes.c_int, *4 * (address,))),
        ("look_again", (address, number, address, address, number)),
        ("find", (address, address, number, address, number, address, number, *4 * (address,))),
    ):
        function = getattr(library, f"polyclinic_tagger_{name}")
        function.argtypes = list(arguments)
        function.restype = None if name in ("hashes", "fill_entries", "fill_rows", "look_again") else number
    library.polyclinic_tagger_learn.argtypes = [POINTER(Lesson)]
    library.polyclinic_tagger_learn.restype = c_double
    return Kernel(library)
