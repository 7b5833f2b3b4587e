"""Take the best of a set, spread evenly over its cells.

The paper chooses its preference set "stratified by task, document type and format" without saying how; here every
cell may give equally many, and what small cells cannot give the others do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Cell = TypeVar("Cell", bound=Hashable)


def equal_shares(sizes: Mapping[Cell, int], wanted: int) -> dict[Cell, int]:
    """Return how many each cell gives so that together they give `wanted`, or all there is, as evenly as can be.

    What cannot be divided goes to the cells in the order of `sizes`.
    """
    shares: dict[Cell, int] = dict.fromkeys(sizes, 0)
    left = min(wanted, sum(sizes.values()))
    hungry = [cell for cell, size in sizes.items() if size]
    while left:
        each = max(1, left // len(hungry))
        for cell in hungry[:left]:
            take = min(sizes[cell] - shares[cell], each)
            shares[cell] += take
            left -= take
        hungry = [cell for cell in hungry if shares[cell] < sizes[cell]]
    return shares


def best_of_each(items: Sequence[Item], cells: Iterable[Cell], scores: Sequence[float], wanted: int) -> list[int]:
    """Return the indexes of the `wanted` items, every cell giving its best; ties go to the earlier item.

    The indexes come in the order of falling score over all cells.
    """
    cell_of = list(cells)
    shares = equal_shares(dict(sorted(Counter(cell_of).items(), key=lambda pair: repr(pair[0]))), wanted)
    chosen = []
    for index in sorted(range(len(items)), key=lambda i: (-scores[i], i)):
        if shares[cell_of[index]] > 0:
            shares[cell_of[index]] -= 1
            chosen.append(index)
    return chosen
