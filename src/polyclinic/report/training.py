"""The loss curves of every model that was trained, and what it was trained on."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from polyclinic.pages import (
    Cell,
    Column,
    Line,
    Section,
    figure,
    line_chart,
    numbers,
    paragraph,
    side_by_side,
    table,
    thinned,
)
from polyclinic.report.run_data import Run, RunStep, read_log

FACTS = (
    ("parameters", "parameters", "", "count"),
    ("tokens", "tokens trained on", "", "count"),
    ("dropped_tokens", "tokens dropped", "", "count"),
    ("steps", "optimizer steps", "", "count"),
    ("final_loss", "last loss", "nats per token", "loss"),
    ("held_out_loss", "lowest held-out loss", "nats per token", "loss"),
)


def training_section(run: Run) -> Section | None:
    """Return a loss curve for each trained model and a table of what it took, None when nothing was trained."""
    charts: list[Markup] = []
    rows: list[list[Cell | str]] = []
    for name, step in run.steps.items():
        log = read_log(step)
        if not log:
            continue
        charts.append(_curve(name, step, log, number=len(charts)))
        found = step.manifest.facts if step.manifest is not None else {}
        rows.append([name, step.record.kind, *(_fact(found.get(key), form) for key, _, _, form in FACTS)])
    if not charts:
        return None
    used = [i for i in range(len(FACTS)) if any(_text(row[2 + i]) != numbers.NO_VALUE for row in rows)]
    columns = [Column("step"), Column("kind"), *(Column(FACTS[i][1], FACTS[i][2], number=True) for i in used)]
    rows = [[*row[:2], *(row[2 + i] for i in used)] for row in rows]
    intro = paragraph(
        "Loss as it was logged while training. Losses of different kinds of training do not compare: preference "
        "training (DPO) has another loss than the prediction of tokens."
    )
    facts = table("What each training step went through.", columns, rows, sortable=True)
    return Section("training", "Training", [intro, side_by_side(charts), facts])


def _curve(name: str, step: RunStep, log: dict[str, list[tuple[float, float]]], number: int) -> Markup:
    lines, longest = [], 1
    for index, (phase, points) in enumerate(log.items()):
        shown, run_length = thinned(points)
        longest = max(longest, run_length)
        lines.append(Line(phase or "loss", shown, index))
    own = [points for phase, points in log.items() if not phase.endswith(", held out")]
    first, last = own[0][0][1], own[-1][-1][1]
    chart = line_chart(
        lines,
        name=f"loss-{number}",
        title=f"Training loss of {name}",
        description=(
            f"Loss of {name} ({step.record.kind}) from {numbers.significant(first)} at the first logged step to "
            f"{numbers.significant(last)} at the last, {sum(map(len, own))} logged steps."
        ),
        x_title="step",
        y_title="loss",
        width=520,
    )
    caption = f"{name} ({step.record.kind}): {numbers.significant(first)} to {numbers.significant(last)}."
    if longest > 1:
        caption += f" Each point is the mean of {longest} logged steps."
    return figure(chart, caption)


def _fact(value: Any, form: str) -> Cell:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Cell(numbers.NO_VALUE, order=-1.0)
    return Cell(numbers.count(value) if form == "count" else numbers.significant(value), order=float(value))


def _text(cell: Cell | str) -> str:
    return cell if isinstance(cell, str) else str(cell.text)
