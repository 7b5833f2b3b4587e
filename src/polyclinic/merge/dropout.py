"""Random bits that depend on a key and a position alone, so that they are the same however a tensor is read."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

GOLDEN = 0x9E37_79B9_7F4A_7C15


def key_of(seed: int, tensor: str, model: int) -> int:
    """Return the key of one model's tensor: 64 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{model}\0{tensor}".encode()).digest()[:8], "little")


def random_bits(key: int, start: int, count: int) -> NDArray[np.uint16]:
    """Return `count` uniform numbers of 16 bits from position `start` of the stream of a key.

    Position i is bits 16 (i mod 4) to 16 (i mod 4) + 15 of the SplitMix64 output for the counter i div 4 (Steele,
    Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
    """
    first, last = start // 4, -(-(start + count) // 4)
    with np.errstate(over="ignore"):
        words = np.arange(first + 1, last + 1, dtype=np.uint64)
        words *= np.uint64(GOLDEN)
        words += np.uint64(key)
        words ^= words >> np.uint64(30)
        words *= np.uint64(0xBF58_476D_1CE4_E5B9)
        words ^= words >> np.uint64(27)
        words *= np.uint64(0x94D0_49BB_1331_11EB)
        words ^= words >> np.uint64(31)
    return words.astype("<u8", copy=False).view(np.uint16)[start - 4 * first : start - 4 * first + count]
