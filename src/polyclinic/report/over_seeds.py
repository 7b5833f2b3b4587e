"""A figure over several runs of one recipe that differ in nothing but the seed.

Items, weights and orders are drawn anew with each seed, so the figures of the runs are independent draws, and
Student's interval of their mean, mean ± t(0.975, S - 1) · s / √S over S seeds, holds all of that chance. What a step
with a seed of its own makes is the same in every run, and its chance is in no interval. With three seeds t is 4.3:
such intervals are wide, and they should be.

Perplexities are averaged as nats per token (geometric means); their differences are ratios of perplexities.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from polyclinic.errors import UserError
from polyclinic.evals.metrics import LIKELIHOOD, lower_is_better
from polyclinic.evals.quantiles import student_quantile
from polyclinic.report.measured import Column, Measured
from polyclinic.report.settings import GainSettings


@dataclass(frozen=True)
class OverSeeds:
    """A mean over seeds with its 95% interval; infinitely wide with one seed."""

    mean: float
    low: float
    high: float
    values: tuple[float, ...]  # by seed

    @property
    def leaves_zero_out(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def over_seeds(values: Sequence[float]) -> OverSeeds | None:
    """Return the mean of one value for each seed, None when one of them is missing (NaN) or there is none."""
    if not values or not all(map(math.isfinite, values)):
        return None
    mean = statistics.fmean(values)
    if len(values) == 1:
        return OverSeeds(mean, -math.inf, math.inf, tuple(values))
    reach = student_quantile(0.95, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return OverSeeds(mean, mean - reach, mean + reach, tuple(values))


def figure_over_seeds(runs: Sequence[Measured], step: str, column: Column) -> OverSeeds | None:
    """Return a model's figure in each run: the value of a metric, or nats per token for a perplexity."""
    return over_seeds([_value(run, step, column) for run in runs])


def difference_over_seeds(runs: Sequence[Measured], one: str, other: str, column: Column) -> OverSeeds | None:
    """Return the paired difference of two models, `one` minus `other` on the items of each run."""

    def difference(run: Measured) -> float:
        found = run.paired(run.run.model_of(one), run.run.model_of(other), column)
        return found.difference if found is not None else math.nan

    return over_seeds([difference(run) for run in runs])


def kept_gain(runs: Sequence[Measured], gains: GainSettings, model: str, columns: dict[str, Column]) -> Kept:
    """Return which share of each specialist's gain over the base, on its own task, a model has.

    share = (model - base) / (specialist - base), in the metric's own unit, nats per token for perplexities. A
    specialist without a gain of its own in some run has no share there.

    Args:
        runs: one for each seed.
        gains: base, specialists with their tasks.
        model: the model whose share is asked for.
        columns: by specialist, the column of its task.
    """

    def share(run: Measured, specialist: str) -> float:
        column = columns[specialist]
        base, own, ours = (_value(run, step, column) for step in (gains.base, specialist, model))
        gained = base - own if lower_is_better(column.metric) else own - base
        kept = base - ours if lower_is_better(column.metric) else ours - base
        return kept / gained if gained > 0 else math.nan

    by_specialist = {name: [share(run, name) for run in runs] for name in gains.own}
    means = [statistics.fmean(shares) for shares in zip(*by_specialist.values(), strict=True)]
    return Kept({name: over_seeds(shares) for name, shares in by_specialist.items()}, over_seeds(means))


@dataclass(frozen=True)
class Kept:
    """The shares of the specialists' gains that a model keeps."""

    by_specialist: dict[str, OverSeeds | None]
    mean: OverSeeds | None  # over the specialists


def columns_of(runs: Sequence[Measured], tasks: Sequence[str]) -> list[Column]:
    """Return the columns that all runs have and that were asked for by `task` or `task/subset`; all without any.

    Raises UserError for a task that was not measured in every run.
    """
    everywhere = [c for c in runs[0].all_columns if all(c in run.all_columns for run in runs[1:])]
    if not tasks:
        return everywhere
    chosen: list[Column] = []
    for asked in tasks:
        name, _, subset = asked.partition("/")
        found = [c for c in everywhere if c.task == name and subset in ("", c.subset)]
        if not found:
            known = ", ".join(dict.fromkeys(f"{c.task}/{c.subset}" if c.subset else c.task for c in everywhere))
            raise UserError(f"report: task {asked} was not measured in every run; measured: {known or 'nothing'}")
        chosen += found
    return chosen


def shown_value(column: Column, value: float) -> float:
    """Return a mean over seeds as it is shown: a perplexity again, where it is one."""
    return math.exp(min(value, 700.0)) if column.metric == LIKELIHOOD else value


def _value(run: Measured, step: str, column: Column) -> float:
    found = run.get(run.run.model_of(step), column) if step in run.run.steps else None
    if found is None:
        return math.nan
    return math.log(found.estimate) if column.metric == LIKELIHOOD else found.estimate
