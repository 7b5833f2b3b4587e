"""Figures and comparisons in words, always with n and interval."""

from __future__ import annotations

import math

from polyclinic.evals import Comparison, TaskSummary
from polyclinic.evals.metrics import ACCURACY, LIKELIHOOD, is_share
from polyclinic.evals.verdicts import LEVEL
from polyclinic.pages import numbers
from polyclinic.report.measured import Column, Compared, task_of, told_apart

PERPLEXITY = "Perplexity of "
PRECISE = 2000  # items from which a percentage carries a decimal


def title_of(column: Column) -> str:
    """Return the name of a task for people, with its part."""
    task = task_of(column.task)
    title = task.title.split(" (")[0] if task is not None else column.task
    return f"{title} ({column.subset})" if column.subset else title


def short_title(column: Column) -> str:
    """Return the name of a task where the metric is said elsewhere."""
    title = title_of(column)
    if column.metric == LIKELIHOOD and title.startswith(PERPLEXITY):
        title = title.removeprefix(PERPLEXITY)
        return title[:1].upper() + title[1:]
    return title


def hint_of(name: str) -> str:
    """Return what the title of a task says in brackets."""
    task = task_of(name)
    return task.title.partition(" (")[2].rstrip(")") if task is not None else ""


def metric_title(metric: str) -> str:
    """Return the name of a metric for people: ROUGE-L, macro F1, perplexity."""
    known = {LIKELIHOOD: "perplexity", "bleu1": "BLEU-1", "corpus_bleu4": "BLEU-4", "bertscore_f1": "BERTScore F1"}
    if metric in known:
        return known[metric]
    if metric.startswith("rouge") and len(metric) == 6:
        return f"ROUGE-{metric[5:]}"
    return metric.replace("_f1", " F1").replace("_", " ").replace("f1", "F1")


def scorer_title(scorer: str) -> str:
    """Return the way of scoring for people, with the version where there is one."""
    kind, _, version = scorer.rpartition("-")
    if kind in ("corrected", "as_published"):
        return f"{kind.replace('_', ' ')} {version}"
    return scorer.replace("as_published", "as published")


def estimate_text(summary: TaskSummary) -> str:
    """Return the estimate: 61%, or a perplexity."""
    return value_text(summary.metric, summary.estimate, summary.n)


def value_text(metric: str, value: float, n: int) -> str:
    """Return a value of a metric, measured on n items."""
    if metric != LIKELIHOOD and is_share(metric, [value]):
        return numbers.percent(value, 0 if n < PRECISE else 1)
    return numbers.significant(value)


def interval_text(summary: TaskSummary) -> str:
    """Return the interval: 55 to 67."""
    low, high = (value_text(summary.metric, value, summary.n).rstrip("%") for value in (summary.low, summary.high))
    return f"{low} to {high}"


def difference_text(metric: str, comparison: Comparison) -> tuple[str, str]:
    """Return a difference and its interval: points of a share, or by how much a perplexity is higher or lower."""
    values = (comparison.difference, comparison.low, comparison.high)
    if is_share(metric, (comparison.estimate_a, comparison.estimate_b)):
        middle, low, high = numbers.signed_percent(*values)
        return f"{middle} points", f"{low} to {high}"
    if metric == LIKELIHOOD:
        # A difference of mean log-likelihoods (nats per token) is a ratio of perplexities.
        middle, low, high = numbers.signed_percent(*(math.expm1(min(v, 700.0)) for v in values))
        return f"{middle}%", f"{low}% to {high}%"
    return numbers.significant(values[0]), " to ".join(map(numbers.significant, values[1:]))


def verdict_text(found: Compared) -> str:
    """Say which of two models is better, that it may be chance, or that they cannot be told apart."""
    comparison = found.comparison
    if not told_apart(comparison):
        return "cannot be told apart"
    better = found.one if (comparison.low > 0) == (found.column.metric != LIKELIHOOD) else found.other
    return f"{better} is better" if comparison.holm_p < LEVEL else f"{better} looks better, may be chance"


def sentence(found: Compared) -> str:
    """Say how two models differ on a task: both figures on the items they share, the difference, its interval, n."""
    column, comparison = found.column, found.comparison
    one, other = (
        value_text(column.metric, value, comparison.n) for value in (comparison.estimate_a, comparison.estimate_b)
    )
    difference, interval = difference_text(column.metric, comparison)
    if column.metric == ACCURACY:
        said = f"{found.one} answers {one} of the questions right in {title_of(column)}, {found.other} {other}"
    elif column.metric == LIKELIHOOD:
        said = f"{title_of(column)} is {one} for {found.one}, {other} for {found.other}"
    else:
        what = f"{title_of(column)}, {metric_title(column.metric)},"
        said = f"{what} is {one} for {found.one}, {other} for {found.other}"
    said += f": difference {difference} (95% interval {interval}), n = {numbers.count(comparison.n)}."
    if not told_apart(comparison):
        return f"{said} The interval includes zero: the two cannot be told apart."
    if comparison.holm_p >= LEVEL:
        return f"{said} {chance_text(found)}"
    return said


def chance_text(found: Compared) -> str:
    """Say that a difference may be chance, since many were looked at."""
    p = numbers.significant(found.comparison.holm_p, 2)
    return f"It may be chance: p = {p} when corrected for the {found.together} comparisons of this page."


def p_text(p: float) -> str:
    """Return a p-value: 0.012, or below 0.001."""
    if math.isnan(p):
        return numbers.NO_VALUE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
