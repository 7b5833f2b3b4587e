"""How many items each task gives when not all are taken: by weight and size; what one lacks goes to the others."""

from __future__ import annotations

from array import array
from collections.abc import Mapping


def shares(available: Mapping[str, int], weights: Mapping[str, float], exponent: float, limit: int) -> dict[str, int]:
    """Return the number of items of each task.

    A task's share is weight * available**exponent (exponent 1 keeps proportions, 0 makes tasks equal; MedS-Ins mixes
    are usually built with 0.5), never more than it has; limit 0 takes everything.
    """
    if limit == 0 or sum(available.values()) <= limit:
        return {name: count if weights.get(name, 1.0) > 0 else 0 for name, count in available.items()}
    pull = {name: weights.get(name, 1.0) * count**exponent for name, count in available.items() if count}
    given = dict.fromkeys(available, 0)
    open_tasks = {name for name, value in pull.items() if value > 0}
    left = limit
    while open_tasks and left:
        total = sum(pull[name] for name in sorted(open_tasks))
        full = [name for name in sorted(open_tasks) if available[name] <= left * pull[name] / total]
        if not full:
            for name, count in _whole(left, {name: pull[name] / total for name in sorted(open_tasks)}).items():
                given[name] = count
            break
        for name in full:
            given[name] = available[name]
            open_tasks.remove(name)
        left = limit - sum(given.values())
    return given


def threshold(places: array[int], count: int) -> int:
    """Return the number below which `count` of the places lie; places are distinct in practice (64-bit hashes)."""
    if count >= len(places):
        return 1 << 64
    import numpy as np

    return int(np.partition(np.frombuffer(places, dtype=np.uint64), count)[count]) if count else 0


def _whole(total: int, parts: Mapping[str, float]) -> dict[str, int]:
    """Divide a number into whole parts by largest remainder."""
    counts = {name: int(total * part) for name, part in parts.items()}
    rest = sorted(parts, key=lambda name: (counts[name] - total * parts[name], name))
    for name in rest[: total - sum(counts.values())]:
        counts[name] += 1
    return counts
