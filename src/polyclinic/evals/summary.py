"""Scores into figures: what each model reaches on each task, with n, standard error and interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polyclinic.errors import UserError
from polyclinic.evals.figures import figure_of
from polyclinic.evals.metrics import is_share
from polyclinic.evals.scoring.pooling import is_pooled
from polyclinic.records import Score


@dataclass(frozen=True)
class TaskSummary:
    """What one model reaches on one task, or on the part of it that is reported apart, by one metric and scorer.

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
    standard_error: float = math.nan
    lowest: float | None = None  # the estimate were all unscored items wrong; None where that cannot be said
    highest: float | None = None  # and were they all right


def summarize(scores: Iterable[Score], seed: int = 0) -> list[TaskSummary]:
    """Return one summary for each model, task, subset, metric and scorer, in the order of first appearance.

    Raises UserError when an item of a task was scored twice for a model.
    """
    groups: dict[tuple[str, ...], list[Score]] = {}
    seen = set()
    for score in scores:
        key = (score.model, score.fingerprint, score.task, score.subset, score.metric, score.scorer)
        if (*key, score.item) in seen:
            raise scored_twice(score)
        seen.add((*key, score.item))
        groups.setdefault(key, []).append(score)
    return [_summary(key, group, seed) for key, group in groups.items()]


def scored_twice(score: Score) -> UserError:
    """Return the error for an item that is there twice."""
    return UserError(
        f"model {score.model}, task {score.task}: item {score.item} was scored twice by {score.scorer} "
        f"({score.metric}); give its scores once"
    )


def _summary(key: tuple[str, ...], group: Sequence[Score], seed: int) -> TaskSummary:
    model, fingerprint, task, subset, metric, scorer = key
    scored = [score for score in group if score.value is not None]
    figure = figure_of(scored, seed)
    lowest, highest = _bounds(metric, group)
    return TaskSummary(
        model=model,
        fingerprint=fingerprint,
        task=task,
        subset=subset,
        metric=metric,
        scorer=scorer,
        n=len(scored),
        unscored=len(group) - len(scored),
        estimate=figure.interval.estimate,
        low=figure.interval.low,
        high=figure.interval.high,
        standard_error=figure.standard_error,
        lowest=lowest,
        highest=highest,
    )


def _bounds(metric: str, group: Sequence[Score]) -> tuple[float | None, float | None]:
    """Return the mean were all unscored items 0, and were they all 1; nothing where there are none."""
    unscored = math.fsum(score.weight for score in group if score.value is None)
    if not unscored or is_pooled(metric):
        return None, None
    if not is_share(metric, (score.value for score in group if score.value is not None)):
        return None, None
    reached = math.fsum(score.value * score.weight for score in group if score.value is not None)
    total = math.fsum(score.weight for score in group)
    return reached / total, (reached + unscored) / total
