"""How much two texts have in common: the exact Jaccard index of the sets of their runs of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.near_duplicates.signatures import mixed_runs
from polyclinic.word_hashes import hash_words
from polyclinic.word_hashes.kernel import installed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class RunSets:
    """For each text the set of its runs of words, as sorted hashes; set i is numbers[starts[i]:starts[i + 1]]."""

    numbers: NDArray[np.uint64]
    starts: NDArray[np.int64]  # one more than there are texts

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Runs in each set."""
        import numpy as np

        return np.diff(self.starts)


def run_sets(texts: Sequence[str], words: int = 5, *, compiled: bool = True) -> RunSets:
    """Return the sets of runs of `words` words; a text of fewer words is one run, one without words the empty set."""
    import numpy as np

    hashed = hash_words(texts, compiled=compiled)
    runs, ends = mixed_runs(hashed.words, hashed.ends, words)
    start = 0
    for end in ends.tolist():
        runs[start:end].sort()
        start = end
    starts = np.concatenate([np.zeros(1, np.int64), ends])
    fresh = np.ones(len(runs), dtype=bool)
    fresh[1:] = runs[1:] != runs[:-1]
    fresh[starts[:-1][starts[:-1] < len(runs)]] = True
    kept = np.concatenate([np.zeros(1, np.int64), np.cumsum(fresh)])
    return RunSets(runs[fresh], kept[starts])


def jaccard(sets: RunSets, pairs: NDArray[np.int64], *, compiled: bool = True) -> NDArray[np.float64]:
    """Return the Jaccard index of each pair of sets: what both have over what either has; 1 of two empty sets.

    Args:
        sets: as `run_sets` makes them.
        pairs: (pairs, 2) numbers of sets.
        compiled: whether the kernel may be used where it is installed; the numbers are the same.
    """
    import numpy as np

    kernel = installed() if compiled else None
    if kernel is not None:
        pairs = np.ascontiguousarray(pairs, dtype=np.int64)
        shared = kernel.common(np.ascontiguousarray(sets.numbers), np.ascontiguousarray(sets.starts), pairs)
    else:
        shared = np.fromiter(
            (len(np.intersect1d(_set(sets, a), _set(sets, b), assume_unique=True)) for a, b in pairs.tolist()),
            np.int64,
            len(pairs),
        )
    either = sets.sizes[pairs[:, 0]] + sets.sizes[pairs[:, 1]] - shared
    return np.where(either > 0, shared / np.maximum(either, 1), 1.0)


def _set(sets: RunSets, number: int) -> NDArray[np.uint64]:
    return sets.numbers[sets.starts[number] : sets.starts[number + 1]]
