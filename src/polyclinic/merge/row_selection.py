"""Which entries of each row lie between two ranks by magnitude; exact, with equal magnitudes in the order of indices.

The order is that of `selection`: larger magnitude first, and among equals the lower index first. Rows are small
enough to be held in memory, so each is sorted by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyclinic.merge.numbers import Float32, Mask


def between_ranks(magnitude: Float32, first: int, last: int) -> Mask:
    """Return which entries of each row have a rank from `first` to before `last`, counted from the largest.

    Args:
        magnitude: rows x columns, none negative.
        first: rank of the first entry that is chosen, 0 for the largest.
        last: rank behind the last entry that is chosen, at most the number of columns.
    """
    # As whole numbers magnitudes have the same order, and numpy sorts them several times faster.
    bits = magnitude.view(np.int32)
    ordered = np.sort(bits, axis=1)
    chosen = _before(bits, ordered, last)
    if first > 0:
        np.logical_xor(chosen, _before(bits, ordered, first), out=chosen)  # the outliers are among the chosen
    return chosen


def _before(bits: NDArray[np.int32], ordered: NDArray[np.int32], rank: int) -> Mask:
    """Return which entries of each row lie before a rank."""
    columns = bits.shape[1]
    if rank <= 0 or rank >= columns:
        return np.full(bits.shape, rank > 0)
    threshold = ordered[:, columns - rank, None]
    chosen: Mask = bits >= threshold
    over = np.flatnonzero(ordered[:, columns - rank - 1] == threshold[:, 0])
    if over.size:  # more entries equal the threshold than there is room for
        equal = bits[over] == threshold[over]
        room = rank - np.count_nonzero(bits[over] > threshold[over], axis=1)
        chosen[over] &= ~(equal & (np.cumsum(equal, axis=1) > room[:, None]))
    return chosen
