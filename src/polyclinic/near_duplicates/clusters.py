"""Which things hang together: union-find over pairs that come in blocks, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Clusters:
    """Clusters of the things 0 to count - 1; memory is 8 bytes a thing, or those of the array that is handed in.

    Args:
        count: how many things there are.
        parents: where to keep them, e.g. an array mapped to a file; whole numbers 0, 1, 2, ... at the start.
    """

    def __init__(self, count: int, parents: NDArray[np.int64] | None = None) -> None:
        import numpy as np

        self.parents = np.arange(count, dtype=np.int64) if parents is None else parents

    def join(self, pairs: NDArray[np.int64]) -> None:
        """Put the two things of each pair into one cluster: hooking and jumping (Shiloach and Vishkin 1982)."""
        import numpy as np

        ones, others = self.first(pairs[:, 0]), self.first(pairs[:, 1])
        while len(apart := np.flatnonzero(ones != others)):
            ones, others = ones[apart], others[apart]
            np.minimum.at(self.parents, np.maximum(ones, others), np.minimum(ones, others))
            ones, others = self.first(ones), self.first(others)

    def first(self, things: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each thing the smallest number of its cluster."""
        import numpy as np

        found: NDArray[np.int64] = self.parents[things]
        while True:
            further = self.parents[found]
            if np.array_equal(further, found):
                break
            found = further
        self.parents[things] = found
        return found

    def all_first(self) -> NDArray[np.int64]:
        """Return for all things the smallest number of their clusters."""
        import numpy as np

        return self.first(np.arange(len(self.parents), dtype=np.int64))
