"""Two models on the same items, paired: how they differ, how sure that is, and how many items it would take.

Items that one side lacks, and items without a value, are counted and named. P-values are corrected for the number of
tasks that are looked at together (Holm); the figures that stand for the tasks are one family, every other metric and
every other way of scoring is a family of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from polyclinic.errors import UserError
from polyclinic.evals import statistics
from polyclinic.evals.figures import NOTHING, Difference, difference_of, estimate_of
from polyclinic.evals.metrics import primary_metric, scorer_kind
from polyclinic.evals.summary import scored_twice
from polyclinic.evals.verdicts import verdict
from polyclinic.records import Score

Part = tuple[str, str, str, str]  # task, subset, metric, scorer
Side = Mapping[Part, Mapping[str, Score]]  # scores by item


@dataclass(frozen=True)
class Comparison:
    """How two models differ on the items of one task that both have: the first minus the second.

    For shares the difference is one of shares, for negative_log_likelihood one of nats per token (below zero the
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
    p_value: float  # exact McNemar for 0/1 scores, else a permutation test; NaN when n is 0
    holm_p: float  # corrected for the number of comparisons made together
    needed: int | None  # items that would show a difference of this size (80% power); None for no difference
    verdict: str  # the same in plain words
    only_a: tuple[str, ...] = ()  # items that the second model was not asked
    only_b: tuple[str, ...] = ()  # items that the first model was not asked
    unscored: tuple[str, ...] = ()  # items of both without a value on at least one side
    standard_error: float = math.nan  # of the difference
    detectable: float = math.nan  # the smallest difference that these items show with 80% power
    together: int = 1  # comparisons that were corrected together with this one


def compare(scores_a: Iterable[Score], scores_b: Iterable[Score], seed: int = 0) -> list[Comparison]:
    """Return the paired differences of two models: one for each task, subset, metric and scorer both were asked.

    P-values are corrected by Holm over all that is returned; see the head of this file.

    Args:
        scores_a: of the first model.
        scores_b: of the second model.
        seed: of the bootstrap and the permutations.

    Raises UserError when one side holds several models or an item twice, or when an item has another right answer or
    a task another scorer on the two sides.
    """
    return correct([found for found in compare_all(scores_a, scores_b, seed) if found.n or found.unscored])


def compare_all(scores_a: Iterable[Score], scores_b: Iterable[Score], seed: int = 0) -> list[Comparison]:
    """As `compare`, but tasks that one side lacks are there with n = 0, and nothing is corrected yet."""
    names: list[str] = []
    sides: list[Side] = []
    for scores in (scores_a, scores_b):
        name, side = _by_item(scores)
        names.append(name)
        sides.append(side)
    _check_scorers(names, sides)
    parts = dict.fromkeys([*sides[0], *sides[1]])
    return [_comparison((names[0], names[1]), part, (sides[0], sides[1]), seed) for part in parts]


def correct(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons that are looked at together, with p-values corrected by Holm and the verdict in words."""
    families: dict[tuple[str, str], list[int]] = {}
    metrics: dict[tuple[str, str], list[str]] = {}
    for found in comparisons:
        metrics.setdefault((found.task, found.scorer), []).append(found.metric)
    for place, found in enumerate(comparisons):
        stands = found.metric == primary_metric(found.task, metrics[found.task, found.scorer])
        family = (scorer_kind(found.scorer), "" if stands else found.metric)
        families.setdefault(family, []).append(place)
    made = list(comparisons)
    for places in families.values():
        corrected = statistics.holm([comparisons[place].p_value for place in places])
        for place, p in zip(places, corrected, strict=True):
            made[place] = replace(comparisons[place], holm_p=p, together=len(places))
    return [replace(found, verdict=verdict(found)) for found in made]


def paired(ours: Iterable[Score], theirs: Iterable[Score]) -> list[tuple[Score, Score]]:
    """Return the scores of one metric that both models have a value for, by item and scorer.

    Raises UserError when an item has another right answer on the two sides.
    """
    others = {(score.item, score.subset, score.scorer): score for score in theirs}
    found = []
    for score in ours:
        other = others.get((score.item, score.subset, score.scorer))
        if other is not None:
            _check_same(score, other)
            if score.value is not None and other.value is not None:
                found.append((score, other))
    return found


def _by_item(scores: Iterable[Score]) -> tuple[str, Side]:
    """Return the name of the only model, and its scores by part and item."""
    found: dict[Part, dict[str, Score]] = {}
    first: Score | None = None
    for score in scores:
        first = first or score
        if (score.model, score.fingerprint) != (first.model, first.fingerprint):
            raise UserError(
                f"scores of two models on one side: {first.model} ({first.fingerprint[:12]}) and {score.model} "
                f"({score.fingerprint[:12]}); compare one model with another"
            )
        items = found.setdefault((score.task, score.subset, score.metric, score.scorer), {})
        if score.item in items:
            raise scored_twice(score)
        items[score.item] = score
    return first.model if first is not None else "", found


def _check_scorers(names: Sequence[str], sides: Sequence[Side]) -> None:
    """Refuse a task whose metric the two sides have by different scorers only."""
    scorers: list[dict[tuple[str, ...], list[str]]] = []
    for side in sides:
        own: dict[tuple[str, ...], list[str]] = {}
        for task, subset, metric, scorer in side:
            own.setdefault((task, subset, metric, scorer_kind(scorer)), []).append(scorer)
        scorers.append(own)
    for key, ours in scorers[0].items():
        theirs = scorers[1].get(key, ours)
        if not set(ours) & set(theirs):
            raise UserError(
                f"task {key[0]}: scored by {', '.join(ours)} for {names[0]} and by {', '.join(theirs)} for "
                f"{names[1]}; score both models with the same scorer"
            )


def _comparison(names: tuple[str, str], part: Part, sides: tuple[Side, Side], seed: int) -> Comparison:
    one, other = sides[0].get(part, {}), sides[1].get(part, {})
    pairs: list[tuple[Score, Score]] = []
    unscored = []
    for item, a in one.items():
        if item not in other:
            continue
        b = other[item]
        _check_same(a, b)
        if a.value is None or b.value is None:
            unscored.append(item)
        else:
            pairs.append((a, b))
    nothing = Difference(NOTHING, math.nan, math.nan, None, math.nan)
    found = difference_of(pairs, seed) if pairs else nothing
    task, subset, metric, scorer = part
    return Comparison(
        model_a=names[0],
        model_b=names[1],
        task=task,
        subset=subset,
        metric=metric,
        scorer=scorer,
        n=len(pairs),
        estimate_a=estimate_of([a for a, _ in pairs]),
        estimate_b=estimate_of([b for _, b in pairs]),
        difference=found.interval.estimate,
        low=found.interval.low,
        high=found.interval.high,
        p_value=found.p_value,
        holm_p=found.p_value,
        needed=found.needed,
        verdict="",
        only_a=tuple(item for item in one if item not in other),
        only_b=tuple(item for item in other if item not in one),
        unscored=tuple(unscored),
        standard_error=found.standard_error,
        detectable=found.detectable,
    )


def _check_same(a: Score, b: Score) -> None:
    if a.gold != b.gold:
        raise UserError(
            f"task {a.task}, item {a.item}: the right answer is {a.gold!r} for {a.model} and {b.gold!r} for "
            f"{b.model}; these are not the same items, evaluate both models on one set"
        )
