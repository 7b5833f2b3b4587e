"""The page over several seeds: runs of one recipe that differ in nothing but the seed, taken together."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from polyclinic.errors import UserError
from polyclinic.pages import (
    Cell,
    Column,
    Estimate,
    Group,
    Section,
    bullets,
    element,
    figure,
    interval_chart,
    page,
    paragraph,
    table,
)
from polyclinic.pipeline import RunRecord
from polyclinic.report.measured import Measured
from polyclinic.report.over_seeds import OverSeeds
from polyclinic.report.run_data import load_run
from polyclinic.report.seed_tables import SeedTable, as_markdown, cost_table, gain_table, overlap_table, score_table
from polyclinic.report.seeds_heat_map import gain_heat_map
from polyclinic.report.seeds_tradeoff import tradeoff_figure, tradeoff_table
from polyclinic.report.settings import TableSettings


def make_seeds_report(records: Sequence[RunRecord], store: Path, out: Path) -> list[str]:
    """Write `report.html`, `tables.md` and `figures.json` about runs of one recipe with several seeds.

    Args:
        records: of the runs, one for each seed; the recipe's text and what was set are the same in all.
        store: folder with the artifacts.
        out: folder to write to; each file is written whole or not at all.

    Returns the titles of the tables. Raises UserError for runs of different recipes, a seed that is there twice, and
    tasks that were not measured in every run.
    """
    _check(records)
    runs = [Measured(load_run(record, store)) for record in records]
    settings = runs[0].run.settings
    measured = tuple(runs[0].run.measured)
    wanted = settings.tables or ((TableSettings(title="All models", rows=measured),) if measured else ())
    tables = [score_table(runs, one) for one in wanted]
    sections = [Section(f"table-{i}", one.title, [_table(one)]) for i, one in enumerate(tables, start=1)]
    if settings.gains is not None:
        gains = gain_table(runs, settings.gains)
        tables.append(gains)
        sections.append(
            Section("gains", gains.title, [gain_heat_map(runs, settings.gains), _gain_chart(gains), _table(gains)])
        )
    if settings.tradeoff is not None:
        tradeoff = tradeoff_table(runs, settings.tradeoff)
        tables.append(tradeoff)
        sections.append(Section("tradeoff", tradeoff.title, [tradeoff_figure(tradeoff), _table(tradeoff)]))
    if (overlaps := overlap_table(runs)) is not None:
        tables.append(overlaps)
        sections.append(Section("overlaps", overlaps.title, [_table(overlaps)]))
    costs = cost_table(runs)
    sections.append(Section("cost", costs.title, [_table(costs)]))
    first = records[0]
    made = page(
        f"{settings.title or first.title}: {len(records)} seeds",
        sections,
        kicker=f"Polyclinic · {_name(first)} · {max(record.finished for record in records)[:10]}",
        lead=Markup("").join(
            [
                paragraph(first.description) if first.description else Markup(""),
                paragraph("The runs, each with a page of its own:"),
                bullets([_link(record) for record in records]),
            ]
        ),
        foot="Made by Polyclinic from the records of the runs. All figures come from the store.",
    )
    figures = {"seeds": [record.seed for record in records], "tables": [_as_json(one) for one in tables]}
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "report.html", made)
    _write(out / "tables.md", "\n".join(as_markdown(one) for one in [*tables, costs]))
    _write(out / "figures.json", json.dumps(figures, indent=1) + "\n")
    return [one.title for one in tables]


def _check(records: Sequence[RunRecord]) -> None:
    seeds = [record.seed for record in records]
    if len(set(seeds)) != len(seeds):
        raise UserError(f"seeds {', '.join(map(str, seeds))}: a seed is there twice; each may be there once")
    if len({(record.recipe_text, tuple(record.overrides)) for record in records}) != 1:
        raise UserError("the runs are not of one recipe: their texts or what was set differ; run all seeds again")


def _name(record: RunRecord) -> str:
    return record.recipe.removesuffix(f"-seed-{record.seed}")


def _link(record: RunRecord) -> Markup:
    """Return a link to the page of a run, which lies in the folder beside this one."""
    return element("a", f"seed {record.seed}", href=f"../{quote(record.recipe)}/report.html")


def _table(one: SeedTable) -> Markup:
    columns = [Column(title, unit, number=i > 0) for i, (title, unit) in enumerate(one.heads)]
    rows = [[Cell(name), *(Cell(c.text, c.notes, c.order) for c in cells)] for name, cells in one.rows]
    return table(one.caption, columns, rows, sortable=True)


def _gain_chart(gains: SeedTable) -> Markup:
    names = [title for title, _ in gains.heads[1:]]
    groups = []
    for place, name in enumerate(names):
        rows = [
            Estimate(
                model, value.mean, _finite(value.low, value), _finite(value.high, value), cells[place].text, number
            )
            for number, (model, cells) in enumerate(gains.rows)
            if (value := cells[place].value) is not None
        ]
        if rows:
            groups.append(Group(name, rows))
    if not groups:
        return Markup("")
    chart = interval_chart(
        groups,
        name="gains",
        title=gains.title,
        description="; ".join(f"{group.title}, {row.name}: {row.text}" for group in groups for row in group.rows),
        x_title="share of the specialist's gain that is kept",
        share=True,
        reference=0.8,
        reference_name="80%",
    )
    return figure(chart, "Dots are means over seeds, lines Student's 95% intervals.")


def _finite(bound: float, value: OverSeeds) -> float:
    return bound if math.isfinite(bound) else value.mean


def _as_json(one: SeedTable) -> dict[str, Any]:
    return {
        "title": one.title,
        "columns": [" · ".join(filter(None, head)) for head in one.heads[1:]],
        "rows": {
            name: [{"value": _numbers(c.value), "difference": _numbers(c.difference), "text": c.text} for c in cells]
            for name, cells in one.rows
        },
    }


def _numbers(found: OverSeeds | None) -> dict[str, Any] | None:
    if found is None:
        return None
    bounds = {"low": found.low, "high": found.high} if math.isfinite(found.high) else {}
    return {"mean": found.mean, **bounds, "by_seed": list(found.values)}


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, file)
