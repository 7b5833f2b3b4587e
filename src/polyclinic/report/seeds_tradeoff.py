"""Over several seeds: what models gained in alignment against what they lost of the knowledge, and their overlaps.

A gain is the paired difference from an earlier model on the same items of a run, positive where the later one is
better: in points for shares, in nats per token for perplexities. Of several tasks it is the mean.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from markupsafe import Markup

from polyclinic.errors import UserError
from polyclinic.evals.metrics import LIKELIHOOD, is_share, lower_is_better
from polyclinic.pages import figure, numbers
from polyclinic.pages.tradeoff_chart import Point, tradeoff_chart
from polyclinic.report.forgetting import OVERLAPS, read_overlaps
from polyclinic.report.measured import Column, Measured
from polyclinic.report.over_seeds import OverSeeds, columns_of, difference_over_seeds, over_seeds
from polyclinic.report.seed_tables import SeedCell, SeedTable
from polyclinic.report.settings import TradeoffSettings

SIDES = (("rows", "overlap of inputs"), ("columns", "overlap of outputs"))


def tradeoff_table(runs: Sequence[Measured], wanted: TradeoffSettings) -> SeedTable:
    """Return models by gain of alignment, gain of knowledge, and overlap of aligner and knowledge where there is one.

    Raises UserError for a task that was not measured in every run, and for tasks of one side in different units.
    """
    sides = {name: _columns(runs, name, getattr(wanted, name)) for name in ("alignment", "knowledge")}
    rows = []
    for model in wanted.models:
        cells = [_gain(_mean_gain(runs, model, wanted.before, columns), _unit(columns)) for columns in sides.values()]
        cells += [_share(_overlap(runs, model, side)) for side, _ in SIDES]
        rows.append((model, tuple(cells)))
    heads = [("model", ""), *((f"{name} gained", _unit(columns)) for name, columns in sides.items())]
    heads += [(title, "mean of layers") for _, title in SIDES]
    seeds = ", ".join(str(run.run.record.seed) for run in runs)
    named = "; ".join(f"{name}: {', '.join(getattr(wanted, name))}" for name in sides)
    caption = (
        f"Paired with {wanted.before} on the same items; below zero is lost ({named}). Overlap: share of the "
        "aligner's input directions (rows of A) and output directions (columns of B) inside the knowledge's. Means "
        f"over the seeds {seeds} with Student's 95% interval over seeds. Gains whose interval leaves zero out are "
        "marked *."
    )
    caption = " ".join(filter(None, (caption, wanted.note)))
    return SeedTable("Alignment gained against knowledge lost", caption, tuple(heads), tuple(rows))


def tradeoff_figure(made: SeedTable) -> Markup:
    """Return the picture of that table; models without a gain in every run are not in it."""
    found = [(name, cells[0].value, cells[1].value) for name, cells in made.rows]
    whole = [(name, x, y) for name, x, y in found if x is not None and y is not None]
    if not whole:
        return Markup("")
    means = [(x.mean, y.mean) for _, x, y in whole]
    points = [Point(name, _three(x), _three(y), not _beaten((x.mean, y.mean), means)) for name, x, y in whole]
    chart = tradeoff_chart(
        points,
        name="tradeoff",
        title=made.title,
        description="; ".join(f"{name}: {x.mean:+.3f} and {y.mean:+.3f}" for name, x, y in whole),
        x_title=f"{made.heads[1][0]}, {made.heads[1][1]}",
        y_title=f"{made.heads[2][0]}, {made.heads[2][1]}",
    )
    return figure(
        chart, "To the right is better at alignment, upwards at knowledge; lines are Student's 95% intervals."
    )


def _columns(runs: Sequence[Measured], side: str, tasks: Sequence[str]) -> list[Column]:
    found = columns_of(runs, tasks)
    if len({_unit([column]) for column in found}) != 1:
        named = ", ".join(f"{column.task} ({column.metric})" for column in found)
        raise UserError(f"report.tradeoff.{side}: tasks in different units, {named}; name tasks of one unit")
    return found


def _unit(columns: Sequence[Column]) -> str:
    metric = columns[0].metric
    return "nats per token" if metric == LIKELIHOOD else "points" if is_share(metric) else metric


def _mean_gain(runs: Sequence[Measured], model: str, before: str, columns: Sequence[Column]) -> OverSeeds | None:
    found = [difference_over_seeds(runs, model, before, column) for column in columns]
    whole = [one for one in found if one is not None]
    if len(whole) < len(found):
        return None
    signs = [-1.0 if lower_is_better(column.metric) else 1.0 for column in columns]
    return over_seeds(
        [
            statistics.fmean(sign * one.values[seed] for sign, one in zip(signs, whole, strict=True))
            for seed in range(len(runs))
        ]
    )


def _overlap(runs: Sequence[Measured], model: str, side: str) -> OverSeeds | None:
    means = []
    for run in runs:
        folder = run.run.steps[run.run.model_of(model)].folder
        if folder is None or not (folder / OVERLAPS).is_file():
            return None
        means.append(statistics.fmean(one[side] for one in read_overlaps(folder).values()))
    return over_seeds(means)


def _gain(found: OverSeeds | None, unit: str) -> SeedCell:
    if found is None:
        return SeedCell(numbers.NO_VALUE, ("not measured in every run",))
    scale, digits = (100.0, 1) if unit == "points" else (1.0, 3)
    texts = [f"{scale * v:+.{digits}f}".replace("-", numbers.MINUS) for v in (found.mean, found.low, found.high)]
    notes = (f"{texts[1]} to {texts[2]}",) if len(found.values) > 1 else ()
    return SeedCell(texts[0] + ("*" if found.leaves_zero_out else ""), notes, found.mean, found)


def _share(found: OverSeeds | None) -> SeedCell:
    if found is None:
        return SeedCell("")
    notes = (f"{max(0.0, found.low):.3f} to {min(1.0, found.high):.3f}",) if len(found.values) > 1 else ()
    return SeedCell(f"{found.mean:.3f}", notes, found.mean, found)


def _three(value: OverSeeds) -> tuple[float, float, float]:
    if len(value.values) == 1:
        return (value.mean, value.mean, value.mean)
    return (value.low, value.mean, value.high)


def _beaten(point: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
    return any(a >= point[0] and b >= point[1] and (a, b) != point for a, b in others)
