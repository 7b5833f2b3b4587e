"""How candidates of a search did, and how sure that is: means over tasks, their errors, paired differences.

Items that were made from one document are not independent, so errors and intervals go by documents. Every task
counts the same, however many items it has.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyclinic.errors import UserError

SURE = 1.645  # standard errors behind the best at which a candidate is dropped: 95 %, one-sided
REFUSED = -1.0  # score of a candidate that cannot be merged or asked; all others are from 0 to 1

Values = dict[str, list[float]]  # parameters of a candidate: one number, or one for each model
Outcomes = NDArray[np.float64]


@dataclass
class Evaluation:
    """One candidate and how it did."""

    values: Values
    score: float
    outcomes: list[float] = field(default_factory=list)  # by item, of those that were asked
    dropped: bool = False  # after the first part of the items; then the score is an estimate
    refused: str = ""  # why it cannot be merged or asked


@dataclass(frozen=True)
class Items:
    """The tasks and documents of some items, in one order."""

    tasks: Sequence[str]
    documents: Sequence[str]  # names that tell documents apart; an item without one stands for itself

    def first(self, count: int) -> Items:
        """Return the first of them."""
        return Items(self.tasks[:count], self.documents[:count])


def mean_over_tasks(values: Outcomes, items: Items) -> float:
    """Return the mean over tasks of the means of their items. Raises UserError when no item has a value."""
    kept, weights = _weights(values, items)
    return float(np.sum(values[kept] * weights))


def mean_and_error(values: Outcomes, items: Items) -> tuple[float, float]:
    """Return the mean over tasks of the means of their items, and its standard error over documents.

    The error is that of the linearized mean: with n_t items in task t of T and the residuals r_i = v_i - mean_t, the
    sum of r_i / (T n_t) over the items of a document is its part of the error. With one document it is infinite.
    """
    from polyclinic.evals import statistics

    kept, weights = _weights(values, items)
    values, tasks = values[kept], [items.tasks[i] for i in kept]
    residuals = values.copy()
    for task in dict.fromkeys(tasks):
        own = np.array([name == task for name in tasks])
        residuals[own] -= values[own].mean()
    parts, _ = statistics.cluster_sums(residuals * weights, weights, [items.documents[i] for i in kept])
    count = len(parts)
    error = math.sqrt(count / (count - 1) * float((parts**2).sum())) if count > 1 else math.inf
    return float(np.sum(values * weights)), error


def is_clearly_behind(one: Outcomes, best: Outcomes, items: Items) -> bool:
    """Say whether a candidate does worse than the best on the same items by more than chance explains."""
    mean, error = mean_and_error(one - best, items)
    return mean + SURE * error < 0


def interval(values: Outcomes, items: Items, seed: int) -> dict[str, float]:
    """Return the mean over tasks with its 95 % interval: Wilson's for one task of right and wrong, else bootstrap."""
    from polyclinic.evals import statistics

    kept, weights = _weights(values, items)
    documents = [items.documents[i] for i in kept]
    if len(set(items.tasks)) == 1 and set(np.unique(values[kept])) <= {0.0, 1.0}:
        found = statistics.proportion_interval(values[kept], documents)
    else:
        found = statistics.weighted_mean_interval(values[kept], weights, documents, seed=seed)
    return {name: round(value, 6) for name, value in found._asdict().items()}


def paired(one: Outcomes, other: Outcomes, items: Items, seed: int) -> dict[str, Any]:
    """Return the mean difference on the same items, with its 95 % interval and the p-value of no difference.

    Bootstrap and sign flips go by documents.
    """
    from polyclinic.evals import statistics

    differences = one - other
    kept, weights = _weights(differences, items)
    documents = [items.documents[i] for i in kept]
    found = statistics.weighted_mean_interval(differences[kept], weights, documents, seed=seed)
    p_value = statistics.sign_flip_p_value(differences[kept], weights, documents, seed=seed)
    rounded = {name: round(value, 6) for name, value in found._asdict().items()}
    return {**rounded, "p_value": round(p_value, 6)}


def _weights(values: Outcomes, items: Items) -> tuple[list[int], NDArray[np.float64]]:
    """Return the items that have a value, and what each of them counts; the sum is 1."""
    kept = np.flatnonzero(~np.isnan(values)).tolist()
    sizes = Counter(items.tasks[i] for i in kept)
    if not sizes:
        raise UserError("not one of the validation items could be scored; see `polyclinic eval run` for the reasons")
    return kept, np.array([1 / (len(sizes) * sizes[items.tasks[i]]) for i in kept])
