"""The C libraries built beside the rooms that use them: found, checked, opened; none where none was built."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

from polyclinic.errors import UserError

LEVELS = ("plain", "AVX2", "AVX-512")  # instruction sets a library has variants for, by number


def open_library(folder: Path, fits: Callable[[ctypes.CDLL], bool]) -> ctypes.CDLL | None:
    """Return the library `_compiled*` of a folder, or None when it was not built or this machine is big-endian.

    Args:
        folder: where it lies.
        fits: whether it is of the version that the Python beside it expects.

    Raises UserError when it is of another version.
    """
    found = sorted(path for path in folder.glob("_compiled*") if path.suffix in (".so", ".pyd"))
    if not found or sys.byteorder != "little":
        return None
    library = ctypes.CDLL(str(found[0]))
    if not fits(library):
        raise UserError(f"{found[0]}: built from another version of its source; install the package again")
    return library
