"""The compiled kernel: words, signatures and common numbers in one pass. Without it numpy gives the same numbers.

It is a small C library beside this file (`kernel.c`), built when the package is installed where there is a C
compiler, and called through ctypes, which lets other threads run meanwhile.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.compiled import LEVELS, open_library

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1  # of the functions' arguments


@dataclass(frozen=True)
class Kernel:
    """The library, and the instruction set it is to use: 0 plain, 1 AVX2, 2 AVX-512."""

    library: ctypes.CDLL
    level: int

    @property
    def name(self) -> str:
        """What `polyclinic doctor` calls it."""
        return f"compiled ({LEVELS[self.level]})"

    def words(
        self, text: NDArray[np.uint8], ends: NDArray[np.int64], numbers: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the hashes of all words, and where each text ends among them."""
        import numpy as np

        found = np.empty(len(text) // 2 + len(ends) + 1, dtype=np.uint64)  # pages that stay empty take no memory
        word_ends = np.empty(len(ends), dtype=np.int64)
        count = self.library.polyclinic_words(
            _place(text), _place(ends), len(ends), _place(numbers), _place(found), _place(word_ends)
        )
        return found[:count].copy(), word_ends

    def signatures(
        self, words: NDArray[np.uint64], ends: NDArray[np.int64], run: int, multipliers: NDArray[np.uint64]
    ) -> NDArray[np.uint64]:
        """Return for each text and multiplier the smallest product with the hash of a run."""
        import numpy as np

        made = np.empty((len(ends), len(multipliers)), dtype=np.uint64)
        self.library.polyclinic_signatures(
            _place(words),
            _place(ends),
            len(ends),
            run,
            _place(multipliers),
            len(multipliers),
            _place(made),
            self.level,
        )
        return made

    def common(
        self,
        numbers: NDArray[np.uint64],
        starts: NDArray[np.int64],
        pairs: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return how many numbers the two sorted sets of each pair share; set i is numbers[starts[i]:starts[i+1]]."""
        import numpy as np

        found = np.empty(len(pairs), dtype=np.int64)
        self.library.polyclinic_common(_place(numbers), _place(starts), _place(pairs), len(pairs), _place(found))
        return found


@cache
def installed() -> Kernel | None:
    """Return the kernel for this machine's widest instruction set, or None when it was not built.

    Raises UserError when it was built from another version of its source.
    """
    library = open_library(Path(__file__).parent, lambda library: library.polyclinic_text_version() == VERSION)
    if library is None:
        return None
    library.polyclinic_words.argtypes = [c_void_p, c_void_p, c_int64, c_void_p, c_void_p, c_void_p]
    library.polyclinic_words.restype = c_int64
    library.polyclinic_signatures.argtypes = [
        *(c_void_p, c_void_p, c_int64, c_int64),
        *(c_void_p, c_int64, c_void_p, c_int),
    ]
    library.polyclinic_signatures.restype = None
    library.polyclinic_common.argtypes = [c_void_p, c_void_p, c_void_p, c_int64, c_void_p]
    library.polyclinic_common.restype = None
    return Kernel(library, int(library.polyclinic_text_level()))


def _place(array: NDArray[Any]) -> int:
    """Return where an array's numbers lie; they must lie in a row."""
    if not array.flags.c_contiguous:
        raise ValueError("the kernel takes arrays that lie in a row")
    return int(array.ctypes.data)
