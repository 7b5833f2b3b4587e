"""Which items a search sees, which of those come first, and which are held back until it is over.

All items of a document are on one side, whatever their tasks, so that nothing of what is held back was seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polyclinic.errors import UserError


@dataclass(frozen=True)
class Split:
    """Numbers of items."""

    first: list[int]  # seen, and asked first: candidates that are clearly behind on them are dropped
    rest: list[int]  # seen, and asked afterwards
    held: list[int]  # not seen by the search


def split_items(
    tasks: Sequence[str], documents: Sequence[str], racing: float, held_back: float, seed: int, at_least: int = 2
) -> Split:
    """Divide items by chance, documents as a whole, every task in about the same shares.

    Args:
        tasks: of each item.
        documents: of each item; empty for an item that stands for itself.
        racing: share of the seen items that are asked first.
        held_back: share of each task's items that is held back; 0 holds back none.
        seed: decides the chance.
        at_least: documents that must be held back in all, when any are. Of each task there must be one on each side.

    Raises UserError when that cannot be.
    """
    order = np.random.default_rng(seed).permutation(len(tasks))
    groups: defaultdict[str | int, list[int]] = defaultdict(list)
    for item in order.tolist():
        groups[documents[item] or item].append(item)
    held: list[int] = []
    if held_back:
        wanted = {task: max(1, int(held_back * count)) for task, count in Counter(tasks).items()}
        documents_held = 0
        for group in groups.values():
            taken = Counter(tasks[item] for item in group)
            if all(wanted[task] >= count for task, count in taken.items()):
                held += group
                documents_held += 1
                for task, count in taken.items():
                    wanted[task] -= count
        _check_held(tasks, held, documents_held, held_back, at_least)
    kept_back = set(held)
    seen = [item for item in order.tolist() if item not in kept_back]
    first: list[int] = []
    for task in dict.fromkeys(tasks):
        own = [item for item in seen if tasks[item] == task]
        first += own[: int(racing * len(own))]
    begun = set(first)
    return Split(first, [item for item in seen if item not in begun], held)


def _check_held(tasks: Sequence[str], held: Sequence[int], documents: int, share: float, at_least: int) -> None:
    all_items, held_items = Counter(tasks), Counter(tasks[item] for item in held)
    undivided = [task for task, count in all_items.items() if held_items[task] in (0, count)]
    advice = "give more items, or set held_back to 0 to search without a check on items the search did not see"
    if undivided:
        raise UserError(
            f"samples: the items of the task {undivided[0]} ({all_items[undivided[0]]}) cannot be divided between "
            f"the search and what is held back ({share:g}), since items of one document stay together; {advice}"
        )
    if documents < at_least:
        raise UserError(
            f"samples: {share:g} of the items come from {documents} documents (an item without one counts as "
            f"one); at least {at_least} are held back to judge the result, so {advice}; fewer are taken when "
            "held_back_documents says so"
        )
