"""The compiled kernel: the words and phrases of a text that rules ask for, in a few microseconds.

It is a small C library beside this file (`kernel.c`), built when the package is installed where there is a C
compiler, and called through ctypes, which lets other threads run meanwhile. Without it `tokens.py` gives the same.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_double, c_int, c_int64, c_uint32, c_void_p
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from polyclinic.compiled import open_library

# What a character is, as in kernel.h.
LETTER, CAPITAL, ALNUM, SPACE, DIGIT = 1, 2, 4, 8, 16
LISTS = 14  # that a scan fills
HEAD = 10  # numbers before them
MOST_LETTERS = 1 << 24  # of all words of a table
LONGEST = 64  # letters of a word of the lists
SIEVE = 2048  # numbers of 64 bits with which words are sifted
UNITS = 65536


class Words(Structure):
    """Words in an open hash table; `kernel.h` says what the fields are."""

    _fields_ = (("sieve", c_void_p), ("slots", c_void_p), ("mask", c_int64), ("letters", c_void_p))


class Beginnings(Structure):
    """With which letters patterns begin."""

    _fields_ = (("some", c_void_p), ("cells", c_void_p), ("members", c_void_p))


class Vocabulary(Structure):
    """What a scan looks for."""

    _fields_ = (
        ("lexicon", Words),
        ("asked", Words),
        ("units", Words),
        ("classes", c_void_p),
        ("lower", c_void_p),
        ("pairs", c_void_p),
        ("beginnings", Beginnings * 2),
        ("symbols", c_void_p),
        ("symbol_ends", c_void_p),
        ("patterns", c_int64),
        ("few_capitals", c_double),
        *((name, c_uint32) for name in ("listed", "name", "name_or_role", "word", "eponym", "stop", "common")),
        *((name, c_uint32) for name in ("month", "state", "given")),
        *((name, c_uint32) for name in ("city", "credential", "place_word", "state_word", "street_type")),
    )


@dataclass(frozen=True)
class Kernel:
    """The library."""

    library: ctypes.CDLL
    name: str = "compiled"

    def table(self, words: Sequence[str], bits: array[int], sets: array[int], kept: list[object]) -> Words:
        """Return a table of words; what it points to is added to `kept`, which has to outlive it."""
        slots = 1 << max(4, (2 * len(words)).bit_length())
        letters = array("H", "".join(words).encode("utf-16-le", "surrogatepass"))
        ends = array("I", accumulate(map(len, words)))
        arrays: list[array[int]] = [array("Q", bytes(8 * SIEVE)), array("I", bytes(16 * slots)), letters]
        kept.extend(arrays)
        sieve, places, first = (one.buffer_info()[0] for one in arrays)
        made = Words(sieve, places, slots - 1, first)
        given = (one.buffer_info()[0] for one in (ends, bits, sets))
        self.library.polyclinic_deidentify_fill(byref(made), *given, len(words))
        return made

    def scan(self, vocabulary: Vocabulary, text: str) -> tuple[array[int], int] | None:
        """Return what a text holds: a head, then lists with room for so many numbers each; None if it cannot say.

        It cannot where a text has characters beyond the first 65,536 of Unicode, or two billion of them.
        """
        wide = not text.isascii()
        units = text.encode("utf-16-le", "surrogatepass") if wide else text.encode()
        size = len(text)
        if (wide and len(units) != 2 * size) or size >= 1 << 31:
            return None
        room = size // 8 + 64
        while True:
            out = array("i", bytes(4 * (HEAD + LISTS * room)))
            needed = self.library.polyclinic_deidentify_scan(
                byref(vocabulary), units, size, wide, out.buffer_info()[0], room
            )
            if needed <= room:
                return out, room
            room = needed


@cache
def installed() -> Kernel | None:
    """Return the kernel, or None when it was not built.

    Raises UserError when it was built from another version of its source.
    """
    expected = (ctypes.sizeof(Words), ctypes.sizeof(Vocabulary), HEAD, LISTS, LONGEST, SIEVE)

    def fits(library: ctypes.CDLL) -> bool:
        library.polyclinic_deidentify_sizes.restype = c_int64
        return tuple(library.polyclinic_deidentify_sizes(i) for i in range(len(expected))) == expected

    library = open_library(Path(__file__).parent, fits)
    if library is None:
        return None
    library.polyclinic_deidentify_fill.argtypes = [POINTER(Words), c_void_p, c_void_p, c_void_p, c_int64]
    library.polyclinic_deidentify_fill.restype = None
    library.polyclinic_deidentify_scan.argtypes = [c_void_p, c_void_p, c_int64, c_int, c_void_p, c_int64]
    library.polyclinic_deidentify_scan.restype = c_int64
    return Kernel(library)
