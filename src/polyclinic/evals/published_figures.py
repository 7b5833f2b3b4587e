"""Figures of suites: what one is, and those that papers printed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from polyclinic.evals.suites import JOURNAL, Suite, load_published

SHARED = "-shared"  # ends the key of a mean over the columns that all models have


@dataclass(frozen=True)
class Gains:
    """A model against the base model, over the columns of a mean that both have."""

    base: str
    count: int  # columns where it is better
    of: int
    variation: float  # of the gains, as defined (n)
    variation_sample: float  # as printed (n - 1)
    difference: float = math.nan  # of the means, in points, with its 95% interval; paired item by item
    low: float = math.nan
    high: float = math.nan
    p_value: float = math.nan  # normal, from the paired standard errors of the columns


@dataclass(frozen=True)
class SuiteFigure:
    """A figure of a column or a mean, in points. Printed figures have neither n nor interval."""

    suite: str
    model: str
    scorer: str  # as_published or corrected
    published: bool  # whether a paper printed it
    key: str  # of the column or the mean
    title: str
    metric: str  # name in the published tables
    estimate: float | None  # None where a part is missing
    low: float | None = None  # of the 95% interval
    high: float | None = None
    standard_error: float | None = None
    n: int = 0  # items
    unscored: int = 0
    measured: int = 1  # parts that were measured
    of: int = 1  # parts there are
    gains: Gains | None = None
    remark: str = ""  # the metrics of ours it was made of, or where and how it was printed


def printed_figures(suite: Suite, measured: Iterable[SuiteFigure]) -> list[SuiteFigure]:
    """Return what papers printed about a suite, and their means over the columns that were measured here."""
    titles = {**{k: c.title for k, c in suite.columns.items()}, **{k: m.title for k, m in suite.means.items()}}
    rows = [row for row in load_published(suite.name) if row.version in JOURNAL]
    values = {(row.model, row.column, row.metric): row for row in rows}
    found = []
    for (model, key, metric), row in values.items():
        if metric not in ("gains", "variation") and key in titles:
            figure = SuiteFigure(suite.name, model, "as_published", True, key, titles[key], metric, row.value)
            gains = values.get((model, key, "gains"))
            printed = values.get((model, key, "variation"))
            if gains is not None and printed is not None:
                told = Gains("", int(gains.value), 12, math.nan, printed.value)
                figure = replace(figure, gains=told)
            found.append(replace(figure, remark=f"{row.place}{f'; {row.remark}' if row.remark else ''}"))
    models = dict.fromkeys(row.model for row in rows)
    for key, title, metric, names in _shared(suite, measured):
        for model in models:
            chosen = [values[model, name, metric].value for name in names if (model, name, metric) in values]
            if len(chosen) == len(names):
                mean = math.fsum(chosen) / len(chosen)
                figure = SuiteFigure(suite.name, model, "as_published", True, key, title, metric, mean)
                found.append(replace(figure, of=len(names), measured=len(names), remark="mean taken here"))
    return found


def _shared(suite: Suite, measured: Iterable[SuiteFigure]) -> list[tuple[str, str, str, list[str]]]:
    """Return key, title, metric and columns of the means to be taken of published figures."""
    figures = [figure for figure in measured if figure.suite == suite.name and not figure.published]
    made: dict[tuple[str, str], tuple[str, str, str, list[str]]] = {}
    for figure in figures:
        if not figure.key.endswith(SHARED) or (figure.key, figure.metric) in made:
            continue
        mean = suite.means[figure.key.removesuffix(SHARED)]
        models = {f.model for f in figures if f.scorer == figure.scorer}
        complete = [
            name
            for name in mean.columns
            if {f.model for f in figures if (f.key, f.metric, f.scorer) == (name, figure.metric, figure.scorer)
                and f.estimate is not None} == models
        ]  # fmt: skip
        if complete:
            made[figure.key, figure.metric] = (figure.key, figure.title, figure.metric, complete)
    return list(made.values())
