"""Scores into figures: what each model reaches on each task, and how two models differ on the same items.

Accuracy is summarized by Wilson's interval, perplexity by a bootstrap over documents, other metrics by a bootstrap
over items. Models are compared paired, item by item; items that one side lacks are counted and named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from polyclinic.errors import UserError
from polyclinic.evals import statistics
from polyclinic.evals.statistics import Interval
from polyclinic.records import Score

ACCURACY, LIKELIHOOD = "accuracy", "negative_log_likelihood"
LEVEL = 0.05  # of the corrected p-value below which a difference is spoken of


@dataclass(frozen=True)
class TaskSummary:
    """What one model reaches on one task, or on the part of it that is reported apart.

    For the metric negative_log_likelihood, estimate and bounds are the perplexity, exp(mean nats per token). With no
    scored item they are NaN.
    """

    model: str
    fingerprint: str
    task: str
    subset: str
    metric: str
    scorer: str
    n: int  # items scored
    unscored: int  # items without a value
    estimate: float
    low: float  # of the 95% interval
    high: float


@dataclass(frozen=True)
class Comparison:
    """How two models differ on the items of one task that both have: the first minus the second.

    For accuracy the difference is one of shares, for negative_log_likelihood one of nats per token (below zero the
    first model is better), where exp(difference) is the ratio of the perplexities. Where the models' tokenizers cut
    the texts differently, both sides are counted in the mean of their token numbers, so that neither is favoured.
    """

    model_a: str
    model_b: str
    task: str
    subset: str
    metric: str
    scorer: str
    n: int  # items with a value on both sides
    estimate_a: float  # on those items, as in TaskSummary
    estimate_b: float
    difference: float
    low: float  # of the 95% interval of the difference
    high: float
    p_value: float  # exact McNemar for 0/1 scores, else sign-flip permutation; NaN when n is 0
    holm_p: float  # corrected for the number of comparisons made together
    needed: int | None  # items that would show a difference of this size (80% power); None for no difference
    verdict: str  # the same in plain words
    only_a: tuple[str, ...] = ()  # items that the second model was not asked
    only_b: tuple[str, ...] = ()  # items that the first model was not asked
    unscored: tuple[str, ...] = ()  # items of both without a value on at least one side


def summarize(scores: Iterable[Score], seed: int = 0) -> list[TaskSummary]:
    """Return one summary for each model, task, subset and metric, in the order of first appearance.

    Raises UserError when an item of a task was scored twice for a model.
    """
    groups: dict[tuple[str, ...], list[Score]] = {}
    seen = set()
    for score in scores:
        key = (score.model, score.fingerprint, score.task, score.subset, score.metric, score.scorer)
        if (*key, score.item) in seen:
            raise UserError(
                f"model {score.model}, task {score.task}: item {score.item} was scored twice; give its scores once"
            )
        seen.add((*key, score.item))
        groups.setdefault(key, []).append(score)
    found = []
    for (model, fingerprint, task, subset, metric, scorer), group in groups.items():
        scored = [score for score in group if score.value is not None]
        figure = _estimate(metric, scored, seed)
        found.append(
            TaskSummary(
                model, fingerprint, task, subset, metric, scorer, len(scored), len(group) - len(scored), *figure
            )
        )
    return found


def compare(scores_a: Iterable[Score], scores_b: Iterable[Score], seed: int = 0) -> list[Comparison]:
    """Return the paired differences of two models, one for each task, subset and metric that both were asked.

    P-values are corrected by Holm over all that is returned.

    Args:
        scores_a: of the first model.
        scores_b: of the second model.
        seed: of the bootstrap and the permutations.

    Raises UserError when one side holds several models or an item twice, or when an item has another right answer or
    another scorer on the two sides.
    """
    return correct([found for found in compare_all(scores_a, scores_b, seed) if found.n or found.unscored])


def compare_all(scores_a: Iterable[Score], scores_b: Iterable[Score], seed: int = 0) -> list[Comparison]:
    """As `compare`, but tasks that one side lacks are there with n = 0, and nothing is corrected yet."""
    sides = (_by_item(scores_a), _by_item(scores_b))
    names = tuple(next((score.model for score in side.values()), "") for side in sides)
    parts: dict[tuple[str, str, str], None] = {}
    for side in sides:
        for score in side.values():
            parts.setdefault((score.task, score.subset, score.metric))
    return [_comparison(names, part, sides, seed) for part in parts]


def correct(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons that are looked at together, with p-values corrected by Holm and the verdict in words."""
    corrected = statistics.holm([found.p_value for found in comparisons])
    made = [replace(found, holm_p=p) for found, p in zip(comparisons, corrected, strict=True)]
    return [replace(found, verdict=_verdict(found, len(made))) for found in made]


def _estimate(metric: str, scored: Sequence[Score], seed: int) -> Interval:
    if not scored:
        return Interval(math.nan, math.nan, math.nan)
    values = [score.value for score in scored if score.value is not None]
    clusters = [score.cluster for score in scored]
    if metric == ACCURACY and _is_zero_one(values):
        return statistics.proportion_interval(values, clusters)
    weights = [score.weight for score in scored]
    found = statistics.weighted_mean_interval(values, weights, clusters, seed=seed)
    return Interval(*map(_exp, found)) if metric == LIKELIHOOD else found


def _by_item(scores: Iterable[Score]) -> dict[tuple[str, str, str, str], Score]:
    found: dict[tuple[str, str, str, str], Score] = {}
    first: Score | None = None
    for score in scores:
        first = first or score
        if (score.model, score.fingerprint) != (first.model, first.fingerprint):
            raise UserError(
                f"scores of two models on one side: {first.model} ({first.fingerprint[:12]}) and {score.model} "
                f"({score.fingerprint[:12]}); compare one model with another"
            )
        key = (score.task, score.subset, score.metric, score.item)
        if key in found:
            raise UserError(
                f"model {score.model}, task {score.task}: item {score.item} was scored twice; give its scores once"
            )
        found[key] = score
    return found


def _comparison(
    names: tuple[str, ...],
    part: tuple[str, str, str],
    sides: tuple[dict[tuple[str, str, str, str], Score], dict[tuple[str, str, str, str], Score]],
    seed: int,
) -> Comparison:
    one, other = ({key[3]: score for key, score in side.items() if key[:3] == part} for side in sides)
    both = [item for item in one if item in other]
    pairs = []
    unscored = []
    for item in both:
        a, b = one[item], other[item]
        _check_same(a, b)
        if a.value is None or b.value is None:
            unscored.append(item)
        else:
            pairs.append((a, b))
    task, subset, metric = part
    scorer = next((score.scorer for score in (*one.values(), *other.values())), "")
    nothing = Interval(math.nan, math.nan, math.nan)
    found, p_value, needed = _difference(pairs, seed) if pairs else (nothing, math.nan, None)
    return Comparison(
        model_a=names[0],
        model_b=names[1],
        task=task,
        subset=subset,
        metric=metric,
        scorer=scorer,
        n=len(pairs),
        estimate_a=_estimate_alone(metric, [a for a, _ in pairs]),
        estimate_b=_estimate_alone(metric, [b for _, b in pairs]),
        difference=found.estimate,
        low=found.low,
        high=found.high,
        p_value=p_value,
        holm_p=p_value,
        needed=needed,
        verdict="",
        only_a=tuple(item for item in one if item not in other),
        only_b=tuple(item for item in other if item not in one),
        unscored=tuple(unscored),
    )


def _difference(pairs: Sequence[tuple[Score, Score]], seed: int) -> tuple[Interval, float, int | None]:
    """Return the difference with its interval, its p-value, and how many items would show one of its size."""
    import numpy as np

    a = np.array([one.value for one, _ in pairs], dtype=np.float64)
    b = np.array([other.value for _, other in pairs], dtype=np.float64)
    weights_a = np.array([one.weight for one, _ in pairs])
    weights_b = np.array([other.weight for _, other in pairs])
    weights = (weights_a + weights_b) / 2
    # What two tokenizers have in common are the nats of the whole text, shared out over the mean number of tokens.
    deltas = (a * weights_a - b * weights_b) / np.where(weights > 0, weights, 1.0)
    clusters = [one.cluster for one, _ in pairs]
    found = statistics.weighted_mean_interval(deltas, weights, clusters, seed=seed)
    sums, totals = statistics.cluster_sums(deltas * weights, weights, clusters)
    if _is_zero_one([*a, *b]) and len(sums) == len(pairs):
        p_value = statistics.mcnemar_exact(int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum()))
    else:
        p_value = statistics.sign_flip_p_value(deltas, weights, clusters, seed=seed)
    if len(sums) < 2:
        return found, p_value, None
    spread = statistics.standard_error(sums, totals) * math.sqrt(len(pairs))
    needed = statistics.items_needed(spread, found.estimate) if spread > 0 else None
    return found, p_value, needed


def _estimate_alone(metric: str, scored: Sequence[Score]) -> float:
    total = math.fsum(score.weight for score in scored)
    if not total:
        return math.nan
    mean = math.fsum((score.value or 0.0) * score.weight for score in scored) / total
    return _exp(mean) if metric == LIKELIHOOD else mean


def _check_same(a: Score, b: Score) -> None:
    where = f"task {a.task}, item {a.item}"
    if a.scorer != b.scorer:
        raise UserError(
            f"{where}: scored by {a.scorer} for {a.model} and by {b.scorer} for {b.model}; "
            "score both models with the same scorer"
        )
    if a.gold != b.gold:
        raise UserError(
            f"{where}: the right answer is {a.gold!r} for {a.model} and {b.gold!r} for {b.model}; "
            "these are not the same items, evaluate both models on one set"
        )


def _verdict(found: Comparison, together: int) -> str:
    a, b = found.model_a or "the first model", found.model_b or "the second model"
    notes = _notes(found, a, b)
    if not found.n:
        return f"nothing to compare: no item has a value for both {a} and {b}{notes}"
    if found.difference == 0 and found.low == 0 and found.high == 0:
        return f"{a} and {b} do the same on all {_items(found.n)}{notes}"
    better, worse = (a, b) if (found.difference > 0) == (found.metric != LIKELIHOOD) else (b, a)
    size = _size(found)
    if found.low <= 0 <= found.high:
        enough = (
            f"; about {found.needed} items would show a difference of this size"
            if found.needed is not None and found.needed > found.n
            else ""
        )
        return f"too few items to tell {a} and {b} apart: {size}, n = {found.n}{enough}{notes}"
    sure = f"p = {_p_text(found.holm_p)}" + (f" corrected for {together} comparisons" if together > 1 else "")
    if found.holm_p >= LEVEL:
        return f"{better} looks better than {worse}, but it may be chance: {size}, n = {found.n}, {sure}{notes}"
    return f"{better} is better than {worse}: {size}, n = {found.n}, {sure}{notes}"


def _size(found: Comparison) -> str:
    if not math.isfinite(found.low):
        return "one item or cluster only, which says nothing about the spread"
    if found.metric == LIKELIHOOD:
        middle, low, high = (
            100 * math.expm1(min(value, 700.0)) for value in (found.difference, found.low, found.high)
        )
        return f"perplexity {middle:+.1f}% (95% interval {low:+.1f}% to {high:+.1f}%)"
    if found.metric == ACCURACY:
        middle, low, high = (100 * value for value in (found.difference, found.low, found.high))
        return f"{middle:+.1f} points of accuracy (95% interval {low:+.1f} to {high:+.1f})"
    return f"{found.difference:+.4g} {found.metric} (95% interval {found.low:+.4g} to {found.high:+.4g})"


def _notes(found: Comparison, a: str, b: str) -> str:
    notes = ""
    for items, what in (
        (found.only_a, f"asked of {a} only"),
        (found.only_b, f"asked of {b} only"),
        (found.unscored, "without a value"),
    ):
        if items:
            more = ", ..." if len(items) > 3 else ""
            notes += f"; {_items(len(items))} {what} ({', '.join(items[:3])}{more})"
    return notes


def _items(n: int) -> str:
    return f"{n} item" if n == 1 else f"{n} items"


def _p_text(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf


def _is_zero_one(values: Sequence[float]) -> bool:
    return all(value in (0.0, 1.0) for value in values)
