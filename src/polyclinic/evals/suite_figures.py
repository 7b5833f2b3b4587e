"""What models reach on the suites, as the papers define columns and means, beside the figures papers printed.

A mean is given only where every column of it was measured, since the mean of a few is another figure. Where some are
missing, there is a mean over the columns that all models here have, and the published models are put on these too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

from polyclinic.evals.comparison import paired
from polyclinic.evals.figures import difference_of, figure_of
from polyclinic.evals.metrics import primary_metric, scorer_kind
from polyclinic.evals.published_figures import SHARED, Gains, SuiteFigure, printed_figures
from polyclinic.evals.quantiles import normal_quantile
from polyclinic.evals.results import read_results
from polyclinic.evals.suites import HEADLINE, Suite, SuiteColumn, SuiteMean, load_suites, variation
from polyclinic.records import Score


def leaderboard_figures(paths: Sequence[Path], seed: int = 0, published: bool = True) -> list[SuiteFigure]:
    """Return `suite_figures` of folders of scores; the model of the first is the base model."""
    return suite_figures(read_results(paths).scores, seed, published)


def suite_figures(scores: Mapping[str, Sequence[Score]], seed: int = 0, published: bool = True) -> list[SuiteFigure]:
    """Return the figures of every suite of which a column was measured: measured models, then published ones.

    Args:
        scores: by model; the first is the base model that gains are taken over.
        seed: of the bootstrap.
        published: whether the printed figures are given too.
    """
    by_task: dict[tuple[str, str], dict[str, list[Score]]] = {}
    for model, found in scores.items():
        for score in found:
            by_task.setdefault((model, scorer_kind(score.scorer)), {}).setdefault(score.task, []).append(score)
    figures: list[SuiteFigure] = []
    for suite in load_suites().values():
        asked = {task for column in suite.columns.values() for task in column.tasks}
        there = {key: tasks for key, tasks in by_task.items() if asked & tasks.keys()}
        if there:
            figures += _Measured(suite, there, seed).figures(next(iter(scores)))
            if published:
                figures += printed_figures(suite, figures)
    return figures


class _Measured:
    """The measured figures of one suite; columns are computed once."""

    def __init__(
        self, suite: Suite, by_task: Mapping[tuple[str, str], Mapping[str, Sequence[Score]]], seed: int
    ) -> None:
        self.suite, self.by_task, self.seed = suite, by_task, seed
        self.columns: dict[tuple[str, str, str, str], SuiteFigure] = {}  # (model, scorer, key, metric)
        for model, scorer in by_task:
            for key, column in suite.columns.items():
                for metric in column.metrics:
                    found = self._column(model, scorer, key, column, metric)
                    if found.measured:
                        self.columns[model, scorer, key, metric] = found
        self.tasks: dict[tuple[str, str, str, str], SuiteFigure] = {}

    def figures(self, base: str) -> list[SuiteFigure]:
        """Return columns and means of all models; gains are over `base`."""
        found = list(self.columns.values())
        for key, mean in self.suite.means.items():
            parts = self._parts(mean)
            metrics = dict.fromkeys(m for _, column in parts for m in column.metrics)
            for metric in metrics:
                names = [name for name, column in parts if metric in column.metrics]
                for scorer in dict.fromkeys(scorer for _, scorer in self.by_task):
                    found += self._means(key, mean, names, metric, scorer, base)
        return found

    def _parts(self, mean: SuiteMean) -> list[tuple[str, SuiteColumn]]:
        if mean.columns:
            return [(name, self.suite.columns[name]) for name in mean.columns]
        return [
            (task, self.suite.columns[name].model_copy(update={"tasks": (task,), "pool": False}))
            for name in mean.tasks_of
            for task in self.suite.columns[name].tasks
        ]

    def _part(self, model: str, scorer: str, name: str, metric: str, mean: SuiteMean) -> SuiteFigure | None:
        if mean.columns:
            found = self.columns.get((model, scorer, name, metric))
        else:
            key = (model, scorer, name, metric)
            if key not in self.tasks:
                self.tasks[key] = self._column(model, scorer, name, dict(self._parts(mean))[name], metric)
            found = self.tasks[key]
        return found if found is not None and found.estimate is not None else None

    def _means(
        self, key: str, mean: SuiteMean, names: Sequence[str], metric: str, scorer: str, base: str
    ) -> list[SuiteFigure]:
        models = [model for model, own in self.by_task if own == scorer]
        parts = {
            model: {name: part for name in names if (part := self._part(model, scorer, name, metric, mean))}
            for model in models
        }
        shared = [name for name in names if all(name in own for own in parts.values())]
        made = []
        for model, own in parts.items():
            if not own:
                continue
            gains = self._gains(parts, model, base, scorer, metric, names) if mean.gains else None
            made.append(self._mean(model, scorer, key, mean.title, metric, own, names, gains))
            if 1 < len(shared) < len(names):
                title = f"{mean.title}: the {len(shared)} of {len(names)} measured"
                chosen = {name: own[name] for name in shared}
                made.append(self._mean(model, scorer, f"{key}{SHARED}", title, metric, chosen, shared, None))
        return made

    def _mean(
        self,
        model: str,
        scorer: str,
        key: str,
        title: str,
        metric: str,
        parts: Mapping[str, SuiteFigure],
        names: Sequence[str],
        gains: Gains | None,
    ) -> SuiteFigure:
        found = SuiteFigure(
            self.suite.name, model, scorer, False, key, title, metric, None, measured=len(parts), of=len(names)
        )
        found = replace(
            found,
            gains=gains,
            n=sum(part.n for part in parts.values()),
            unscored=sum(part.unscored for part in parts.values()),
        )
        return found if len(parts) < len(names) else _averaged(found, list(parts.values()))

    def _column(self, model: str, scorer: str, key: str, column: SuiteColumn, metric: str) -> SuiteFigure:
        found = SuiteFigure(self.suite.name, model, scorer, False, key, column.title, metric, None)
        groups = self._groups(model, scorer, column, metric)
        found = replace(
            found,
            measured=len(groups),
            of=len(column.tasks),
            remark=", ".join(dict.fromkeys(group[0].metric for group in groups)),
            n=sum(score.value is not None for score in _together(groups)),
            unscored=sum(score.value is None for score in _together(groups)),
        )
        if len(groups) < len(column.tasks):
            return found
        parts = []
        for group in [_together(groups)] if column.pool else groups:
            scored = [score for score in group if score.value is not None]
            if not scored:
                return found
            figure = figure_of(scored, self.seed)
            low, high = figure.interval.low * column.scale, figure.interval.high * column.scale
            estimate = figure.interval.estimate * column.scale
            error = figure.standard_error * column.scale
            parts.append(replace(found, estimate=estimate, low=low, high=high, standard_error=error))
        return parts[0] if len(parts) == 1 else _averaged(found, parts)

    def _groups(self, model: str, scorer: str, column: SuiteColumn, metric: str) -> list[list[Score]]:
        """Return the scores of each measured task of a column, by the metric that stands for the published one."""
        groups = []
        for task in column.tasks:
            scores = self.by_task.get((model, scorer), {}).get(task, ())
            there = list(dict.fromkeys(score.metric for score in scores))
            wanted = [primary_metric(task, there) if m == HEADLINE and there else m for m in column.metrics[metric]]
            name = next((m for m in wanted if m in there), None)
            if name is not None:
                chosen = [score for score in scores if score.metric == name]
                # A model asked in two ways has two scorers; the first stands for it.
                groups.append([score for score in chosen if score.scorer == chosen[0].scorer])
        return groups

    def _gains(
        self,
        parts: Mapping[str, Mapping[str, SuiteFigure]],
        model: str,
        base: str,
        scorer: str,
        metric: str,
        names: Sequence[str],
    ) -> Gains | None:
        if model == base or base not in parts:
            return None
        both = [name for name in names if name in parts[model] and name in parts[base]]
        deltas = [(parts[model][name].estimate or 0.0) - (parts[base][name].estimate or 0.0) for name in both]
        found = Gains(base, sum(delta > 0 for delta in deltas), len(both), *variation(deltas))
        if len(both) < len(names) or not both:
            return found
        middles, variances = [], []
        for name in both:
            middle, variance = self._paired(model, base, scorer, self.suite.columns[name], metric)
            middles.append(middle)
            variances.append(variance)
        error = math.sqrt(math.fsum(variances)) / len(both)
        if not math.isfinite(error):
            return found
        difference = math.fsum(middles) / len(both)
        half = normal_quantile(0.95) * error
        p_value = 2 * (1 - NormalDist().cdf(abs(difference) / error)) if error else float(difference == 0)
        return replace(found, difference=difference, low=difference - half, high=difference + half, p_value=p_value)

    def _paired(self, model: str, base: str, scorer: str, column: SuiteColumn, metric: str) -> tuple[float, float]:
        """Return the paired difference of two models on a column in points, and its variance."""
        ours, theirs = (self._groups(name, scorer, column, metric) for name in (model, base))
        if column.pool:
            ours, theirs = [_together(ours)], [_together(theirs)]
        middles, variances = [], []
        for one, other in zip(ours, theirs, strict=True):
            pairs = paired(one, other)
            if not pairs:
                return math.nan, math.nan
            found = difference_of(pairs, self.seed, test=False)
            middles.append(found.interval.estimate * column.scale)
            variances.append((found.standard_error * column.scale) ** 2)
        return math.fsum(middles) / len(middles), math.fsum(variances) / len(variances) ** 2


def _averaged(found: SuiteFigure, parts: Sequence[SuiteFigure]) -> SuiteFigure:
    """Return a figure as the unweighted mean of its parts, which are of different items and so independent."""
    estimate = math.fsum(part.estimate or 0.0 for part in parts) / len(parts)
    error = math.sqrt(math.fsum((part.standard_error or 0.0) ** 2 for part in parts)) / len(parts)
    if not math.isfinite(error):
        return replace(found, estimate=estimate)
    half = normal_quantile(0.95) * error
    return replace(found, estimate=estimate, low=estimate - half, high=estimate + half, standard_error=error)


def _together(groups: Sequence[Sequence[Score]]) -> list[Score]:
    return [score for group in groups for score in group]
