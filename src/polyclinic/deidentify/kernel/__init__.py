"""The compiled kernel: the words and phrases of a text that rules ask for, in a few microseconds.

It is a small C library beside this file (`kernel.c`), built when the package is installed where there is a C
compiler, and called through ctypes, which lets other threads run meanwhile. Without it `tokens.py` gives the same.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_double, c_int, c_int64, c_uint32, c_void_p
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from pathlib import Path

from polyclinic.compiled import open_library

# What a character is, as in kernel.h.
LETTER, CAPITAL, ALNUM, SPACE, DIGIT, SIGN, ODD = 1, 2, 4, 8, 16, 32, 64
LISTS = 13  # that a scan fills; the last is for itself
HEAD = 10  # numbers before them: how long they are, what was seen, and how many numbers there are
SEEN = 8
ODD_SEEN = 4
MOST_LETTERS = 1 << 24  # of all words of a table
LONGEST = 64  # letters of a word of the lists
ROOM = 1000  # numbers for each list of a text of usual length
UNITS = 65536
CODES, CELL, MEMBER = 64, 32, 24  # codes of characters; bytes of what is known of three codes, and of a pattern
# What a word before a place says beside its groups, of which there are so many, and what a character may be there.
GROUPS, ALWAYS, LABEL, WORD_LISTS, ARTICLE = 16, 1 << 16, 1 << 17, 1 << 18, 1 << 19
STREET_END = 1
BETWEEN, HEADING, SIGN_LISTS, AFTER_DEGREE = 1, 2, 4, 8


class Words(Structure):
    """Words in an open hash table; `kernel.h` says what the fields are."""

    _fields_ = (
        *(("sieve", c_void_p), ("sieve_mask", c_int64)),
        *(("slots", c_void_p), ("mask", c_int64), ("letters", c_void_p)),
    )


class Vocabulary(Structure):
    """What a scan looks for."""

    _fields_ = (
        ("lexicon", Words),
        ("asked", Words),
        ("units", Words),
        ("before", Words),
        ("characters", c_void_p),
        ("longest_gap", c_int64),
        ("screens", c_int64),
        ("months", c_void_p),
        ("month_count", c_int64),
        ("boxes", c_void_p),
        ("alike", c_void_p),
        ("classes", c_void_p),
        ("lower", c_void_p),
        ("pairs", c_void_p),
        *((name, c_void_p) for name in ("codes", "cell_at", "cells", "members")),
        ("symbols", c_void_p),
        ("patterns", c_int64),
        ("few_capitals", c_double),
        *((name, c_uint32) for name in ("listed", "name", "word", "eponym", "stop", "common")),
        *((name, c_uint32) for name in ("month", "state", "city", "credential")),
        *((name, c_uint32) for name in ("place_word", "state_word", "street_type", "kind", "tail")),
    )


@dataclass(frozen=True)
class Kernel:
    """The library."""

    library: ctypes.CDLL
    name: str = "compiled"
    rooms: list[array[int]] = field(default_factory=list)  # what no scan is filling just now

    def table(self, words: Sequence[str], bits: array[int], sets: array[int], kept: list[object]) -> Words:
        """Return a table of words; what it points to is added to `kept`, which has to outlive it."""
        slots = 1 << max(4, (2 * len(words)).bit_length())
        letters = array("H", "".join(words).encode("utf-16-le", "surrogatepass"))
        ends = array("I", accumulate(map(len, words)))
        sieve = 1 << max(6, (len(words) // 6).bit_length())
        arrays: list[array[int]] = [array("Q", bytes(8 * sieve)), array("I", bytes(16 * slots)), letters]
        kept.extend(arrays)
        sifted, places, first = (one.buffer_info()[0] for one in arrays)
        made = Words(sifted, sieve - 1, places, slots - 1, first)
        given = (one.buffer_info()[0] for one in (ends, bits, sets))
        self.library.polyclinic_deidentify_fill(byref(made), *given, len(words))
        return made

    def scan(self, vocabulary: Vocabulary, text: str) -> tuple[list[int], str | None] | None:
        """Return what a text holds, a head and then the lists, and the text in lower case; None if it cannot say.

        None stands for a lower case that it does not know, too. It cannot say where a text has characters beyond the
        first 65,536 of Unicode, or two billion of them.
        """
        size = len(text)
        units: bytes | int
        if wide := not text.isascii():
            pairs = array("H", text.encode("utf-16-le", "surrogatepass"))
            units = pairs.buffer_info()[0]
            if len(pairs) != size:
                return None
        else:
            units = text.encode()
        if size >= 1 << 31:
            return None
        room = max(ROOM, size // 8 + 64)
        try:
            out = self.rooms.pop() if room == ROOM else _numbers(room)
        except IndexError:
            out = _numbers(ROOM)
        while (
            needed := self.library.polyclinic_deidentify_scan(
                byref(vocabulary), units, size, wide, out.buffer_info()[0], room := (len(out) - HEAD) // LISTS
            )
        ) > room:
            out = _numbers(needed)
        found = out[: out[HEAD - 1]].tolist()
        if len(out) == HEAD + LISTS * ROOM:
            self.rooms.append(out)
        if not wide:
            return found, text.lower()
        return found, None if found[SEEN] & ODD_SEEN else str(pairs, "utf-16-le", "surrogatepass")


def _numbers(room: int) -> array[int]:
    return array("i", bytes(4 * (HEAD + LISTS * room)))


@cache
def installed() -> Kernel | None:
    """Return the kernel, or None when it was not built.

    Raises UserError when it was built from another version of its source.
    """
    expected = (ctypes.sizeof(Words), ctypes.sizeof(Vocabulary), HEAD, LISTS, LONGEST, CELL, MEMBER, CODES**3)

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
