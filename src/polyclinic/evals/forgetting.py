"""What a step lost on earlier tasks and gained on new ones: two models on the same items, task by task and in all.

Which tasks are earlier knowledge and which are alignment stands in the catalog (`medcare_part`), or is said by hand.
Gains are positive where the later model is better, whatever the metric; shares count in points of 1, likelihoods in
nats per token. The mean of a part is over its tasks, each with the same weight, of the metric that stands for it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.evals.comparison import Comparison
from polyclinic.evals.metrics import is_share, lower_is_better, primary_metric, scorer_kind
from polyclinic.evals.results import compare_with_first, read_results
from polyclinic.tasks import load_catalog

NORMAL = 1.959963984540054  # 97.5th percentile: half of a 95% interval in standard errors


@dataclass(frozen=True)
class Gain:
    """The mean gain of a later model over an earlier one on the tasks of a part, with its 95% interval."""

    value: float
    low: float
    high: float
    tasks: int


@dataclass(frozen=True)
class Tradeoff:
    """One later model: what it gained in alignment, and in knowledge, where less than zero is forgotten."""

    model: str
    alignment: Gain
    knowledge: Gain
    best: bool  # whether no other model is at least as good in both and better in one


@dataclass(frozen=True)
class Forgetting:
    """The comparison of an earlier model with later ones."""

    before: str
    comparisons: list[Comparison]  # of every task and metric
    tradeoffs: list[Tradeoff]
    parts: dict[str, str]  # task -> knowledge or alignment


def forgetting(
    results: Sequence[Path],
    knowledge: Collection[str] = (),
    alignment: Collection[str] = (),
    seed: int = 0,
) -> Forgetting:
    """Compare the first model with all others, item by item, and weigh gain against loss.

    Args:
        results: folders of scores; the model of the first is the earlier one.
        knowledge: tasks that are earlier knowledge, beside those the catalog says.
        alignment: tasks that are alignment, beside those the catalog says.
        seed: of bootstrap and permutations.

    Raises:
        UserError: when the results hold one model only, when a task is in neither part or in both, or when a part
            has no task that both models were asked.
    """
    found = read_results(results)
    if len(found.scores) < 2:
        raise UserError(f"{', '.join(map(str, results))}: scores of one model only; give those of a later model too")
    comparisons = [one for one in compare_with_first(found, seed) if one.n]
    parts = _parts({one.task for one in comparisons}, knowledge, alignment)
    before, *later = found.scores
    gains = {}
    for model in later:
        own = [one for one in comparisons if one.model_a == model]
        gains[model] = {
            part: mean_gain([one for one in _standing(own) if parts[one.task] == part], part)
            for part in ("alignment", "knowledge")
        }
    points = {model: (gain["alignment"].value, gain["knowledge"].value) for model, gain in gains.items()}
    tradeoffs = [
        Tradeoff(model, gain["alignment"], gain["knowledge"], not _beaten(points[model], points.values()))
        for model, gain in gains.items()
    ]
    return Forgetting(before, comparisons, tradeoffs, parts)


def mean_gain(found: Sequence[Comparison], part: str = "") -> Gain:
    """Return the mean gain over tasks; where there are shares, likelihoods are left out, since units do not add up.

    Its interval takes the tasks as they are (no draw of tasks) and their items as independent.

    Raises UserError when there is no task.
    """
    if not found:
        raise UserError(f"no task of the part {part or 'asked for'} that both models were asked; name more results")
    shares = [one for one in found if is_share(one.metric)]
    kept = shares or found
    signed = [-one.difference if lower_is_better(one.metric) else one.difference for one in kept]
    value = math.fsum(signed) / len(kept)
    error = math.sqrt(math.fsum(one.standard_error**2 for one in kept)) / len(kept)
    return Gain(value, value - NORMAL * error, value + NORMAL * error, len(kept))


def _standing(found: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons of the metric that stands for each task, by one scorer: ours where there are both."""
    metrics: dict[tuple[str, str], list[str]] = {}
    for one in found:
        metrics.setdefault((one.task, one.scorer), []).append(one.metric)
    kept: dict[tuple[str, str], Comparison] = {}
    for one in found:
        if one.metric != primary_metric(one.task, metrics[one.task, one.scorer]):
            continue
        held = kept.get((one.task, one.subset))
        if held is None or scorer_kind(held.scorer) != "corrected":
            kept[one.task, one.subset] = one
    return list(kept.values())


def _parts(tasks: Collection[str], knowledge: Collection[str], alignment: Collection[str]) -> dict[str, str]:
    catalog = load_catalog()
    if both := sorted(set(knowledge) & set(alignment)):
        raise UserError(f"{both[0]}: named as knowledge and as alignment; a task is in one part")
    made = {}
    for task in sorted(tasks):
        known = catalog.get(task)
        if task in knowledge or (task not in alignment and known and known.medcare_part == "knowledge_intensive"):
            made[task] = "knowledge"
        elif task in alignment or known is not None:
            made[task] = "alignment"
        else:
            raise UserError(
                f"{task}: not in the catalog, so it is not known whether it is knowledge or alignment; name it with "
                "--knowledge or --alignment"
            )
    return made


def _beaten(point: tuple[float, float], others: Collection[tuple[float, float]]) -> bool:
    return any(a >= point[0] and b >= point[1] and (a, b) != point for a, b in others)
