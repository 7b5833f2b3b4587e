"""What runs of one recipe with several seeds say together, as plain tables: for the page, Markdown and JSON alike."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from polyclinic.errors import UserError
from polyclinic.evals.metrics import LIKELIHOOD, OVERLAP, is_share, lower_is_better
from polyclinic.pages import numbers
from polyclinic.report.measured import Column, Measured
from polyclinic.report.over_seeds import (
    OverSeeds,
    columns_of,
    difference_over_seeds,
    figure_over_seeds,
    kept_gain,
    shown_value,
)
from polyclinic.report.settings import GainSettings, TableSettings
from polyclinic.report.wording import metric_title, short_title, title_of


@dataclass(frozen=True)
class SeedCell:
    """One cell: its text, what stands under it, and the numbers behind it."""

    text: str
    notes: tuple[str, ...] = ()
    order: float | None = None
    value: OverSeeds | None = None
    difference: OverSeeds | None = None


@dataclass(frozen=True)
class SeedTable:
    """A table whose first column names the rows."""

    title: str
    caption: str
    heads: tuple[tuple[str, str], ...]  # title and unit of each column, that of the names first
    rows: tuple[tuple[str, tuple[SeedCell, ...]], ...]


def score_table(runs: Sequence[Measured], wanted: TableSettings) -> SeedTable:
    """Return models by tasks: the mean over seeds with its interval, and the paired difference from another model.

    Raises UserError for a task that was not measured in every run.
    """
    columns = columns_of(runs, wanted.tasks)
    heads = [("model", "")]
    for column in columns:
        unit = "perplexity" if column.metric == LIKELIHOOD else metric_title(column.metric)
        items = sorted({one.n for run in runs for m in run.run.measured if (one := run.get(m, column))})
        span = numbers.count(items[0]) if len(set(items)) == 1 else f"{items[0]:,} to {items[-1]:,}" if items else "0"
        heads.append((short_title(column), f"{unit}, n = {span} a seed"))
    rows = []
    for step in wanted.rows:
        cells = []
        for column in columns:
            found = figure_over_seeds(runs, step, column)
            difference = None
            if wanted.against and wanted.against != step:
                difference = difference_over_seeds(runs, step, wanted.against, column)
            cells.append(_cell(column, found, difference))
        rows.append((step, tuple(cells)))
    seeds = ", ".join(str(run.run.record.seed) for run in runs)
    caption = f"Means over the seeds {seeds} with Student's 95% interval over seeds."
    if wanted.against:
        caption += (
            f" Under them the paired difference from {wanted.against} on the same items; for perplexity the change, "
            "where less is better. Differences whose interval leaves zero out are marked *."
        )
    return SeedTable(wanted.title, " ".join(filter(None, (caption, wanted.note))), tuple(heads), tuple(rows))


def gain_table(runs: Sequence[Measured], gains: GainSettings) -> SeedTable:
    """Return merged models by specialists: which share of each specialist's gain on its own task they keep.

    Raises UserError when a specialist's task is not one column.
    """
    columns: dict[str, Column] = {}
    for name, task in gains.own.items():
        found = columns_of(runs, [task])
        if len(found) != 1:
            parts = ", ".join(f"{c.task}/{c.subset}" for c in found)
            raise UserError(f"report.gains.own.{name}: {task} has several parts, say which: {parts}")
        columns[name] = found[0]
    heads = [("model", ""), ("mean", "over specialists")]
    heads += [(name, title_of(column)) for name, column in columns.items()]
    rows = []
    for model in gains.models:
        kept = kept_gain(runs, gains, model, columns)
        rows.append((model, (_share(kept.mean), *(_share(kept.by_specialist[name]) for name in gains.own))))
    seeds = ", ".join(str(run.run.record.seed) for run in runs)
    caption = (
        f"Share of each specialist's gain over {gains.base}, on its own task, that a model keeps: 100% is as good as "
        f"the specialist, 0% as the base, below zero worse than the base (perplexities: in nats per token). Means "
        f"over the seeds {seeds} with Student's 95% interval over seeds."
    )
    return SeedTable("What is kept of the specialists' gains", caption, tuple(heads), tuple(rows))


def overlap_table(runs: Sequence[Measured]) -> SeedTable | None:
    """Return how many items of each task share a run of words with training data, over all seeds; None unless asked.

    Items too short for a run of so many words count nowhere.
    """
    asked = Counter[tuple[str, str, str]]()
    touched = Counter[tuple[str, str, str]]()
    for run in runs:
        for model, scores in run.run.overlaps.items():
            for score in scores:
                if score.value is not None:
                    place = (model, "/".join(filter(None, (score.task, score.subset))), score.metric)
                    asked[place] += 1
                    touched[place] += score.value > 0
    if not asked:
        return None
    lengths = sorted({metric for *_, metric in asked}, key=lambda metric: int(metric.removeprefix(OVERLAP)))
    rows = []
    for model, task in dict.fromkeys((model, task) for model, task, _ in asked):
        cells = [SeedCell(task)]
        for length in lengths:
            n, found = asked[model, task, length], touched[model, task, length]
            cells.append(SeedCell(f"{found} of {n}" if n else numbers.NO_VALUE, order=found / n if n else None))
        rows.append((model, tuple(cells)))
    heads = [("model", ""), ("task", "")]
    heads += [(f"runs of {length.removeprefix(OVERLAP)} words", "items with one, all seeds") for length in lengths]
    caption = "Items that share a run of words with what the model, its parents and their tokenizer were made from."
    return SeedTable("Items in the training data", caption, tuple(heads), tuple(rows))


def cost_table(runs: Sequence[Measured]) -> SeedTable:
    """Return what each step cost: means over the seeds, the largest peak of memory."""
    rows = []
    for name, step in runs[0].run.steps.items():
        made = [run.run.steps[name].manifest for run in runs if name in run.run.steps]
        there = [manifest for manifest in made if manifest is not None]
        if not there:
            continue
        seconds = statistics.fmean(m.seconds for m in there)
        processor = statistics.fmean(m.cpu_seconds for m in there)
        peak = max(m.peak_memory_mb for m in there)
        cells = (
            SeedCell(step.record.kind),
            SeedCell(numbers.duration(seconds), order=seconds),
            SeedCell(numbers.duration(processor), order=processor),
            SeedCell(numbers.megabytes(peak), order=peak),
        )
        rows.append((name, cells))
    heads = (("step", ""), ("kind", ""), ("time", "mean"), ("processor time", "mean"), ("peak memory", "largest"))
    return SeedTable("Cost", "What it took to make each step's artifact, over the seeds.", heads, tuple(rows))


def as_markdown(table: SeedTable) -> str:
    """Return a table as Markdown, notes in brackets behind the figures."""
    heads = [f"{title} ({unit})" if unit else title for title, unit in table.heads]
    lines = [f"### {table.title}", "", table.caption, "", _line(heads), _line(["---"] * len(heads))]
    for name, cells in table.rows:
        texts = [f"{cell.text} ({'; '.join(cell.notes)})" if cell.notes else cell.text for cell in cells]
        lines.append(_line([name, *texts]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cell(column: Column, found: OverSeeds | None, difference: OverSeeds | None) -> SeedCell:
    if found is None:
        return SeedCell(numbers.NO_VALUE, ("not measured in every run",))
    mean, low, high = (shown_value(column, value) for value in (found.mean, found.low, found.high))
    notes = []
    if math.isfinite(found.high):
        notes.append(f"{_value_text(column, low)} to {_value_text(column, high)}")
    if difference is not None:
        notes.append(_difference_text(column, difference))
    return SeedCell(_value_text(column, mean), tuple(notes), mean, found, difference)


def _value_text(column: Column, value: float) -> str:
    if is_share(column.metric) and not lower_is_better(column.metric):
        return numbers.percent(value, 1)
    return numbers.significant(value)


def _difference_text(column: Column, difference: OverSeeds) -> str:
    values = [difference.mean, difference.low, difference.high]
    if not math.isfinite(difference.high):
        values = values[:1] * 3
    mark = "*" if difference.leaves_zero_out else ""
    if column.metric == LIKELIHOOD:
        middle, low, high = numbers.signed_percent(*(math.expm1(min(value, 700.0)) for value in values))
        unit = "%"
    elif is_share(column.metric):
        middle, low, high = numbers.signed_percent(*values)
        unit = " points"
    else:
        middle, low, high = map(numbers.significant, values)
        unit = ""
    interval = f", {low} to {high}" if math.isfinite(difference.high) else ""
    return f"{middle}{unit}{interval}{mark}"


def _share(found: OverSeeds | None) -> SeedCell:
    if found is None:
        return SeedCell(numbers.NO_VALUE, ("no gain to keep in every run",))
    notes: tuple[str, ...] = ()
    if math.isfinite(found.high):
        notes = (f"{numbers.percent(found.low)} to {numbers.percent(found.high)}",)
    return SeedCell(numbers.percent(found.mean), notes, found.mean, found)
