"""Numbers as model files hold them, to float32 and back.

numpy has no bfloat16, so its bits are handled as uint16: the upper half of a float32. This file knows nothing about
files or models.
"""

from __future__ import annotations

import sys
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Bits: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]

UPPER = int(sys.byteorder == "little")  # which 16 bits of a float32 are a bfloat16

LANES = 16  # of sums

# safetensors name -> bytes of one number; what can be merged
FLOAT_BYTES = {"BF16": 2, "F16": 2, "F32": 4}


def to_float32(raw: Bits, dtype: str, out: Float32) -> bool:
    """Write the numbers in `raw` (bytes, little-endian) into `out`; return whether all of them are finite.

    `dtype` is a safetensors name: BF16, F16 or F32. Every value is exact in float32. `raw` is used up: what it holds
    afterwards is not said.
    """
    if dtype == "BF16":
        half = raw.view(np.uint16)
        wide = out.view(np.uint32)
        wide[...] = half
        np.left_shift(wide, 16, out=wide)
        np.bitwise_and(half, 0x7FFF, out=half)
        return int(half.max(initial=0)) < 0x7F80
    if dtype == "F16":
        out[...] = raw.view(np.float16)
    else:
        out[...] = raw.view(np.float32)
    return bool(np.isfinite(out).all())


def from_float32(values: Float32, dtype: str, out: Bits) -> bool:
    """Write `values` into the bytes `out` as `dtype`, rounded to nearest, ties to even.

    Return whether all are finite: a value beyond the largest number of `dtype` becomes infinite.
    """
    if dtype == "BF16":
        bits = values.view(np.uint32)
        rounded = bits >> 16
        np.bitwise_and(rounded, 1, out=rounded)
        np.add(rounded, 0x7FFF, out=rounded)
        np.add(rounded, bits, out=rounded)
        half = out.view(np.uint16)
        half[...] = rounded.view(np.uint16)[UPPER::2]
        return int(np.left_shift(half, 1).max(initial=0)) < 0xFF00
    if dtype == "F16":
        half_floats = out.view(np.float16)
        with np.errstate(over="ignore"):
            half_floats[...] = values
        return bool(np.isfinite(half_floats).all())
    out.view(np.float32)[...] = values
    return bool(np.isfinite(values).all())


def round_to(values: Float32, dtype: str) -> None:
    """Round `values` in place to what `dtype` can hold (F32 leaves them)."""
    if dtype == "F32":
        return
    if dtype == "BF16":
        bits = values.view(np.uint32)
        odd = bits >> 16
        np.bitwise_and(odd, 1, out=odd)
        np.add(odd, 0x7FFF, out=odd)
        np.add(bits, odd, out=bits)
        np.bitwise_and(bits, 0xFFFF_0000, out=bits)
        return
    raw = np.empty(values.size * FLOAT_BYTES[dtype], np.uint8)
    from_float32(values, dtype, raw)
    to_float32(raw, dtype, values)


def dot(one: Float32, other: Float32) -> float:
    """Return the sum of products of two arrays, in double precision and in one order on every machine.

    The order is the kernel's: element i is added to lane i mod 16, the lanes are added up at the end.
    """
    return lane_sum(np.multiply(one, other, dtype=np.float64))


def lane_sum(values: NDArray[np.float64]) -> float:
    """Return the sum of an array; element i is added to lane i mod 16, the lanes are added up at the end."""
    even = values.size - values.size % LANES
    lanes = np.add.reduce(values[:even].reshape(-1, LANES), axis=0)
    lanes[: values.size - even] += values[even:]
    total = 0.0
    for lane in lanes.tolist():
        total += lane
    return total
