"""What was measured, arranged for the page: columns of tasks, figures by model, comparisons asked for.

All statistics come from `polyclinic.evals`; here they are only looked up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from polyclinic.evals import Comparison, TaskSummary, summarize
from polyclinic.evals.comparison import compare_all, correct
from polyclinic.evals.metrics import (
    ACCURACY,
    CORRECTED,
    LIKELIHOOD,
    lower_is_better,
    primary_metric,
    scorer_kind,
)
from polyclinic.records import Score
from polyclinic.report.run_data import Run
from polyclinic.tasks import Task, load_catalog

LEVELS = ("easy", "medium", "hard")  # tasks that differ in this word only stand in this order


@dataclass(frozen=True, order=True)
class Column:
    """A task, or the part of it that is reported apart, with one way of scoring it."""

    task: str
    subset: str
    metric: str
    scorer: str


class Measured:
    """The figures of a run."""

    def __init__(self, run: Run) -> None:
        """Summarise the scores of `run`."""
        self.run = run
        self.summaries: dict[tuple[str, Column], TaskSummary] = {}
        self._scores: dict[tuple[str, Column], list[Score]] = {}
        for model in run.measured:
            for score in run.scores[model]:
                column = Column(score.task, score.subset, score.metric, score.scorer)
                self._scores.setdefault((model, column), []).append(score)
            for found in summarize(run.scores[model]):
                self.summaries[model, Column(found.task, found.subset, found.metric, found.scorer)] = found
        self._paired: dict[tuple[str, str, Column], Comparison | None] = {}

    def columns(self, metric: str, kind: str = CORRECTED) -> list[Column]:
        """The tasks for which this metric stands, in the order of the catalog, easy before hard."""
        order = {name: place for place, name in enumerate(sorted(load_catalog(), key=_place))}
        found = {c for c in self._headlines if c.metric == metric and scorer_kind(c.scorer) == kind}
        return sorted(found, key=lambda c: (order.get(c.task, len(order)), c))

    def metrics(self, kind: str = CORRECTED) -> list[str]:
        """The metrics that stand for tasks: questions answered right first, perplexities last."""
        found = {column.metric for column in self._headlines if scorer_kind(column.scorer) == kind}
        return sorted(found, key=lambda metric: (metric == LIKELIHOOD, metric != ACCURACY, metric))

    @property
    def all_columns(self) -> list[Column]:
        """What stands for each task, as we score it: questions first, perplexities last."""
        return [column for metric in self.metrics() for column in self.columns(metric)]

    @cached_property
    def _headlines(self) -> set[Column]:
        metrics: dict[tuple[str, str], dict[str, None]] = {}
        for _, column in self.summaries:
            metrics.setdefault((column.task, column.scorer), {}).setdefault(column.metric)
        first = {key: primary_metric(key[0], list(names)) for key, names in metrics.items()}
        return {column for _, column in self.summaries if column.metric == first[column.task, column.scorer]}

    def get(self, model: str, column: Column) -> TaskSummary | None:
        """The figure of a model, None when it was not measured or nothing could be scored."""
        found = self.summaries.get((model, column))
        return found if found is not None and math.isfinite(found.estimate) else None

    def paired(self, one: str, other: str, column: Column) -> Comparison | None:
        """The paired difference of two models (`one` minus `other`) on the items both have, None without any."""
        key = (one, other, column)
        if key not in self._paired:
            ours, theirs = (self._scores.get((model, column), []) for model in (one, other))
            found = compare_all(ours, theirs) if ours and theirs else []
            self._paired[key] = found[0] if found and found[0].n else None
        return self._paired[key]

    def marks(self, column: Column) -> dict[str, str]:
        """Mark the best model of a column, and those that cannot be told apart from it on the same items."""
        found = {m: s.estimate for m in self.run.measured if (s := self.get(m, column)) is not None}
        if len(found) < 2:
            return {}
        best = (min if lower_is_better(column.metric) else max)(found, key=lambda m: found[m])
        marks = {best: "best"}
        for model in found:
            paired = self.paired(best, model, column) if model != best else None
            if paired is not None and not told_apart(paired):
                marks[model] = "near"
        return marks


@dataclass(frozen=True)
class Compared:
    """One comparison the recipe asks for, corrected for their number."""

    one: str  # model
    other: str  # model
    column: Column
    comparison: Comparison
    together: int  # comparisons on the page


def comparisons(measured: Measured) -> list[Compared]:
    """Return all comparisons the recipe asks for, p-values corrected for all of them together."""
    run = measured.run
    pairs = dict.fromkeys((run.model_of(one), run.model_of(other)) for one, other in run.settings.compare)
    asked = [
        (one, other, column, paired)
        for one, other in pairs
        for column in measured.all_columns
        if (paired := measured.paired(one, other, column)) is not None
    ]
    corrected = correct([paired for *_, paired in asked])
    return [
        Compared(one, other, column, found, len(asked))
        for (one, other, column, _), found in zip(asked, corrected, strict=True)
    ]


def lead_of(measured: Measured, of_pair: list[Compared]) -> Compared:
    """Return the comparison of a pair that stands for it: on the task the recipe names, otherwise the first."""
    task, _, subset = measured.run.settings.headline.partition("/")
    named = [c for c in of_pair if c.column.task == task and subset in ("", c.column.subset)]
    return (named or of_pair)[0]


def told_apart(comparison: Comparison) -> bool:
    """Say whether the interval of a difference leaves zero out."""
    return comparison.low > 0 or comparison.high < 0


def task_of(name: str) -> Task | None:
    """Return a task of the catalog, None for one that was scored but is not in it."""
    return load_catalog().get(name)


def _place(task: str) -> tuple[str, int]:
    for place, level in enumerate(LEVELS):
        if task.endswith(f"-{level}"):
            return task.removesuffix(level), place
    return task, 0
