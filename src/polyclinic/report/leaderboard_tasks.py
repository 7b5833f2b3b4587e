"""The tasks of a leaderboard: every figure, every comparison with the first model, what was unscored or known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from polyclinic.evals.comparison import Comparison
from polyclinic.evals.metrics import LIKELIHOOD, is_share, primary_metric
from polyclinic.pages import (
    Cell,
    Section,
    element,
    folded,
    interval_strip,
    joined,
    numbers,
    paragraph,
    table,
)
from polyclinic.pages import Column as TableColumn
from polyclinic.report.measured import Column
from polyclinic.report.wording import difference_text, metric_title, p_text, scorer_title, title_of

Row = Mapping[str, Any]
Line = tuple[str, str, str, str]  # task, subset, metric, scorer


def tasks_section(rows: Sequence[Row], models: Sequence[str]) -> Section:
    """Return the figures of all tasks, models beside each other: first those that stand for the task, then all."""
    metrics: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        metrics.setdefault((row["task"], row["scorer"]), []).append(row["metric"])
    first = [row for row in rows if row["metric"] == primary_metric(row["task"], metrics[row["task"], row["scorer"]])]
    others = [row for row in rows if row not in first]
    caption = "What stands for each task. Sorted by the column whose head is pressed: task, category, a model."
    parts = [_table(first, models, caption)]
    if others:
        parts.append(folded("Every other metric", _table(others, models, "The other metrics of the tasks.")))
    return Section("tasks", "Tasks", parts)


def comparisons_section(found: Sequence[Comparison]) -> Section | None:
    """Return the paired comparisons with the first model, None when there is one model only."""
    if not found:
        return None
    columns = [
        TableColumn("task"),
        TableColumn("model"),
        TableColumn("metric"),
        TableColumn("scored"),
        TableColumn("difference", "95% interval", number=True),
        TableColumn("n", number=True),
        TableColumn("p", "corrected", number=True),
        TableColumn("what it says"),
    ]
    made: list[list[Cell | str]] = []
    for one in found:
        if one.n:
            difference, interval = difference_text(one.metric, one)
            cell = Cell(difference, notes=(interval,), order=one.difference)
        else:
            cell = Cell(numbers.NO_VALUE, order=-math.inf)
        made.append(
            [
                Cell(title_of(Column(one.task, one.subset, one.metric, one.scorer))),
                one.model_a,
                metric_title(one.metric),
                scorer_title(one.scorer),
                cell,
                Cell(numbers.count(one.n), order=float(one.n)),
                Cell(p_text(one.holm_p), order=one.holm_p if math.isfinite(one.holm_p) else 2.0),
                one.verdict,
            ]
        )
    base = found[0].model_b
    caption = f"Each model minus {base}, item by item on what both have; p corrected for the tasks (Holm)."
    return Section("comparisons", f"Compared with {base}", [table(caption, columns, made, sortable=True)])


def overlap_section(rows: Sequence[Row], lengths: Sequence[str]) -> Section | None:
    """Return the figures with and without the items that stand in the training data, None when nobody looked."""
    shown = [row for row in rows if any(f"touched_{words}" in row for words in lengths)]
    if not shown:
        return None
    columns = [TableColumn("task"), TableColumn("model"), TableColumn("metric"), TableColumn("scored")]
    columns.append(TableColumn("all items", "95% interval", number=True))
    for words in lengths:
        columns.append(TableColumn("touched", f"runs of {words} words", number=True))
        columns.append(TableColumn("without them", "95% interval", number=True))
    made = []
    for row in shown:
        cells = _names(row)
        cells.append(_figure(row))
        for words in lengths:
            searched, touched = row.get(f"searched_{words}", 0), row.get(f"touched_{words}", 0)
            share = touched / searched if searched else 0.0
            notes = (f"of {numbers.count(searched)}", numbers.percent(share, 1))
            cells.append(Cell(numbers.count(touched), notes=notes, order=share))
            clean = {name: row.get(f"{name}_{words}", math.nan) for name in ("estimate", "low", "high", "n")}
            cells.append(_figure({**row, **clean, "n": clean["n"] if math.isfinite(clean["n"]) else 0}))
        made.append(cells)
    said = paragraph(
        "An item is touched when a run of so many words of it stands in the training data of the model or of a model "
        "it was made from. Items too short to tell are in neither column."
    )
    caption = "Figures with and without the items that stand in the training data."
    return Section("overlap", "Training data", [said, table(caption, columns, made, sortable=True)])


def unscored_section(rows: Sequence[Row]) -> Section | None:
    """Return what figures would be were the unscored items wrong or right, None when all were scored."""
    shown = [row for row in rows if row["unscored"]]
    if not shown:
        return None
    columns = [TableColumn("task"), TableColumn("model"), TableColumn("metric"), TableColumn("scored")]
    columns += [TableColumn(title, number=True) for title in ("unscored", "figure", "all wrong", "all right")]
    made = []
    for row in shown:
        cells = _names(row)
        total = row["n"] + row["unscored"]
        cells.append(Cell(numbers.count(row["unscored"]), notes=(f"of {numbers.count(total)}",)))
        cells.append(_figure(row))
        for name in ("lowest", "highest"):
            value = row[name]
            cells.append(Cell(numbers.NO_VALUE if value is None else _value(row, value), order=value))
        made.append(cells)
    said = paragraph("Unscored items are left out of the figures, never counted as wrong. If they all were:")
    caption = "Unscored items, and what the figure would be at the ends."
    return Section("unscored", "Unscored items", [said, table(caption, columns, made, sortable=True)])


def _table(rows: Sequence[Row], models: Sequence[str], caption: str) -> Markup:
    cells: dict[Line, dict[str, Row]] = {}
    for row in rows:
        line = (row["task"], row["subset"], row["metric"], row["scorer"])
        cells.setdefault(line, {})[row["model"]] = row
    columns = [TableColumn("task"), TableColumn("category"), TableColumn("domain"), TableColumn("metric")]
    columns += [TableColumn("scored"), *(TableColumn(model, "95% interval, n", number=True) for model in models)]
    made = []
    for found in cells.values():
        row = next(iter(found.values()))
        line_cells = [Cell(_title(row)), Cell(row["category"]), Cell(row["domain"])]
        line_cells += [Cell(metric_title(row["metric"])), Cell(scorer_title(row["scorer"]))]
        line_cells += [_figure(found[model], strip=True) if model in found else _absent() for model in models]
        made.append(line_cells)
    return table(caption, columns, made, sortable=True)


def _absent() -> Cell:
    return Cell(numbers.NO_VALUE, notes=("not asked",), order=-math.inf)


def _figure(row: Row, *, strip: bool = False) -> Cell:
    notes = [f"n = {numbers.count(row['n'])}"]
    if row["unscored"] and strip:
        notes.append(f"{numbers.count(row['unscored'])} unscored")
    if not math.isfinite(row["estimate"]):
        return Cell(numbers.NO_VALUE, notes=notes, order=-math.inf)
    text: str | Markup = _value(row, row["estimate"])
    if not math.isfinite(row["low"]):
        return Cell(text, notes=("no interval", *notes), order=row["estimate"])
    if strip and _is_share(row):
        text = joined([text, interval_strip(row["estimate"], row["low"], row["high"])])
    interval = f"{_value(row, row['low'])} to {_value(row, row['high'])}"
    return Cell(text, notes=(interval, *notes), order=row["estimate"])


def _value(row: Row, value: float) -> str:
    return f"{100 * value:.1f}" if _is_share(row) else numbers.significant(value)


def _is_share(row: Row) -> bool:
    known = [row["estimate"]] if math.isfinite(row["estimate"]) else []
    return bool(row["metric"] != LIKELIHOOD and is_share(row["metric"], known))


def _names(row: Row) -> list[Cell]:
    """Return the cells that say what a row is of: task, model, metric, scorer."""
    said = (row["model"], metric_title(row["metric"]), scorer_title(row["scorer"]))
    return [Cell(_title(row)), *map(Cell, said)]


def _title(row: Row) -> Markup:
    title = title_of(Column(row["task"], row["subset"], row["metric"], row["scorer"]))
    return joined([title, element("small", row["task"])]) if title != row["task"] else Markup.escape(title)
