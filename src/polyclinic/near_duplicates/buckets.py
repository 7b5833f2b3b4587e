"""Candidates: which of many things are to be compared, as they have a key in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEIGHBOURS = 8  # things before it in a bucket that each is compared with


def bucket_pairs(keys: NDArray[np.uint64], names: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs (smaller name, larger name) to compare, of things with equal keys.

    All pairs of a bucket of up to 9; in a larger one each thing goes with the 8 before it, by name, and with the
    first, so that pairs grow with the number of things and not with its square. What comes out depends on keys and
    names alone, not on their order.

    Args:
        keys: one for each thing.
        names: numbers of the things, each once.
    """
    import numpy as np

    order = np.lexsort((names, keys))
    keys, names = keys[order], names[order]
    first = np.concatenate([np.ones(1, bool), keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, bool)
    place = np.arange(len(keys))
    start = np.maximum.accumulate(np.where(first, place, 0)) if len(keys) else place
    depth = place - start
    found = []
    for back in range(1, NEIGHBOURS + 1):
        later = np.flatnonzero(depth >= back)
        if not len(later):
            break
        found.append(np.column_stack([names[later - back], names[later]]))
    far = np.flatnonzero(depth > NEIGHBOURS)
    if len(far):
        found.append(np.column_stack([names[start[far]], names[far]]))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)


def distinct_pairs(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each pair once, sorted; numbers are below 2**32."""
    import numpy as np

    packed = np.unique((pairs[:, 0].astype(np.uint64) << np.uint64(32)) | pairs[:, 1].astype(np.uint64))
    return np.column_stack([packed >> np.uint64(32), packed & np.uint64(0xFFFFFFFF)]).astype(np.int64)
