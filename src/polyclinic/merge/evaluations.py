"""How candidates of a search did: the journal of evaluations, the split of the items, means with their errors."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyclinic.errors import UserError

SURE = 1.645  # standard errors behind the best at which a candidate is dropped: 95 %, one-sided
INTERVAL = 1.96  # standard errors of a 95 % interval


@dataclass
class Evaluation:
    """One candidate and how it did."""

    values: dict[str, list[float]]
    score: float
    outcomes: list[float] = field(default_factory=list)  # by item, of those that were asked
    dropped: bool = False  # after the first part of the items
    refused: str = ""  # why it cannot be merged


class Evaluations:
    """Evaluations in the order they were made, one JSON line each; those that are there are not made again."""

    def __init__(self, file: Path) -> None:
        self.file, self.known, whole = file, [], 0
        for line in file.read_bytes().splitlines(keepends=True) if file.exists() else []:
            try:
                name, entry = json.loads(line)
                self.known.append((name, Evaluation(**entry)))
            except (ValueError, TypeError):
                break  # cut off when the process was killed
            if not line.endswith(b"\n"):
                self.known.pop()
                break
            whole += len(line)
        self.stream = file.open("ab")
        self.stream.truncate(whole)
        self.place = 0

    def next(self, name: str, make: Callable[[], Evaluation]) -> Evaluation:
        """Return the next evaluation: from the file, or made now and kept there."""
        if self.place < len(self.known):
            there, found = self.known[self.place]
            assert there == name
        else:
            found = make()
            self.stream.write(json.dumps([name, vars(found)]).encode() + b"\n")
            self.stream.flush()
        self.place += 1
        return found


def split_items(
    by_task: Mapping[str, Sequence[int]], racing: float, held_back: float, seed: int
) -> tuple[list[int], list[int], list[int]]:
    """Return the items for racing, those for the rest of the search, and those held back; by chance in each task."""
    first: list[int] = []
    rest: list[int] = []
    held: list[int] = []
    for place, items in enumerate(by_task.values()):
        order = [items[int(i)] for i in np.random.default_rng([seed, place]).permutation(len(items))]
        kept = len(order) - int(held_back * len(order))
        begun = int(racing * kept)
        held += order[kept:]
        first += order[:begun]
        rest += order[begun:kept]
    return first, rest, held


def is_clearly_behind(one: NDArray[np.float64], best: NDArray[np.float64], tasks: Sequence[str]) -> bool:
    """Say whether a candidate does worse than the best on the same items by more than chance explains."""
    mean, error = difference(one, best, tasks)
    return mean + SURE * error < 0


def mean_and_error(values: NDArray[np.float64], tasks: Sequence[str]) -> tuple[float, float]:
    """Return the mean over tasks of the means of their items, and its standard error."""
    means, variance = [], 0.0
    for task in dict.fromkeys(tasks):
        own = values[[name == task for name in tasks]]
        own = own[~np.isnan(own)]
        if own.size:
            means.append(float(own.mean()))
            variance += float(own.var(ddof=1)) / own.size if own.size > 1 else 0.0
    if not means:
        raise UserError("not one of the validation items could be scored; see `polyclinic eval run` for the reasons")
    return sum(means) / len(means), math.sqrt(variance) / len(means)


def difference(one: NDArray[np.float64], other: NDArray[np.float64], tasks: Sequence[str]) -> tuple[float, float]:
    """Return the mean over tasks of the differences on the same items, and its standard error."""
    return mean_and_error(one - other, tasks)


def interval(mean: float, error: float) -> dict[str, float]:
    """Return a figure with the bounds of its 95 % interval."""
    low, high = mean - INTERVAL * error, mean + INTERVAL * error
    return {"estimate": round(mean, 6), "low": round(low, 6), "high": round(high, 6)}
