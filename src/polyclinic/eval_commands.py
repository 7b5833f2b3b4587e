"""The commands of `polyclinic eval` that are no step kinds: figures, comparisons, the leaderboard."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from polyclinic.errors import UserError
from polyclinic.shown_rows import print_json, print_table

ResultsArgument = Annotated[
    list[Path], typer.Argument(metavar="RESULTS", help="folders of scores, and of overlaps (eval.contamination)")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]


def add_eval_commands(group: typer.Typer) -> None:
    """Add the commands to the group `eval`."""
    group.command("summary")(eval_summary)
    group.command("compare")(eval_compare)
    group.command("leaderboard")(eval_leaderboard)
    group.command("forgetting")(eval_forgetting)


def eval_summary(results: ResultsArgument, as_json: JsonOption = False) -> None:
    """Show each model's figures by task, with n, standard error and interval."""
    from polyclinic.evals import summary_rows

    rows = summary_rows(results)
    if as_json:
        print_json(_plain(rows))
        return
    columns = ["model", "task", "subset", "metric", "scorer", "n", "unscored", "estimate", "standard_error", "low"]
    searched = dict.fromkeys(name for row in rows for name in row if name.startswith(("touched_", "estimate_")))
    columns += ["high", *searched]
    print_table(rows, tuple(columns))


def eval_compare(
    results: ResultsArgument,
    untouched: Annotated[
        int,
        typer.Option(
            help="keep only items of which no run of so many words stands in either model's training data; needs the "
            "overlaps of every model (eval contamination)"
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare models with the first on the same items: paired differences with intervals."""
    from polyclinic.evals import comparison_rows

    rows = comparison_rows(results, untouched=str(untouched) if untouched else "")
    if as_json:
        print_json(_plain(rows))
        return
    columns = ("model", "baseline", "task", "subset", "metric", "scorer", "n", "difference", "low", "high", "holm_p")
    print_table(rows, (*columns, "verdict"))


def eval_leaderboard(
    results: ResultsArgument,
    out: Annotated[Path | None, typer.Option(help="HTML page to write, with pictures and every item")] = None,
    published: Annotated[bool, typer.Option(help="show the figures that papers printed beside the measured")] = True,
    items: Annotated[int, typer.Option(min=0, help="most items of a task on the page")] = 2000,
    as_json: JsonOption = False,
) -> None:
    """Show the suites as the papers take them, beside what they printed; `--out` writes the page."""
    from polyclinic.evals import leaderboard_figures
    from polyclinic.report import make_leaderboard

    if out is not None:
        if out.is_dir():
            raise UserError(f"--out {out}: a folder; expected the name of the page, e.g. {out / 'leaderboard.html'}")
        make_leaderboard(results, out, published=published, items=items)
        typer.echo(str(out), err=True)
    figures = leaderboard_figures(results, published=published)
    if as_json:
        print_json(_plain([dataclasses.asdict(found) for found in figures]))
        return
    if not figures:
        typer.echo("No task of a suite among these results; `polyclinic eval summary` shows all tasks.", err=True)
    measured = {(found.suite, found.key, found.metric) for found in figures if not found.published}
    shown = [found for found in figures if (found.suite, found.key, found.metric) in measured]
    columns = ("suite", "model", "scorer", "published", "title", "metric", "n", "estimate", "low", "high")
    print_table([dataclasses.asdict(found) for found in shown], columns)


def eval_forgetting(
    results: ResultsArgument,
    out: Annotated[Path | None, typer.Option(help="HTML page to write, with pictures")] = None,
    aligned: Annotated[
        list[Path] | None, typer.Option(help="folder of train.medcare_align whose overlap is shown; repeat for more")
    ] = None,
    knowledge: Annotated[str, typer.Option(help="tasks of yours that are knowledge, with commas between")] = "",
    alignment: Annotated[str, typer.Option(help="tasks of yours that are alignment, with commas between")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show what later models lost of the first one's knowledge and gained in alignment, with intervals."""
    from polyclinic.evals.forgetting import forgetting
    from polyclinic.report.forgetting import make_forgetting

    named = [[task.strip() for task in text.split(",") if task.strip()] for text in (knowledge, alignment)]
    if out is None:
        if aligned:
            raise UserError("--aligned: overlaps are shown on the page; say with --out where to write it")
        found = forgetting(results, named[0], named[1])
    else:
        if out.is_dir():
            raise UserError(f"--out {out}: a folder; expected the name of the page, e.g. {out / 'forgetting.html'}")
        found = make_forgetting(results, out, aligned=aligned or [], knowledge=named[0], alignment=named[1])
        typer.echo(str(out), err=True)
    rows = [
        {
            "model": one.model, "before": found.before, "alignment": one.alignment.value,
            "alignment_low": one.alignment.low, "alignment_high": one.alignment.high,
            "knowledge": one.knowledge.value, "knowledge_low": one.knowledge.low,
            "knowledge_high": one.knowledge.high, "beaten": not one.best,
        }
        for one in found.tradeoffs
    ]  # fmt: skip
    if as_json:
        tasks = [{**dataclasses.asdict(one), "part": found.parts[one.task]} for one in found.comparisons]
        print_json(_plain([{"tradeoffs": rows, "tasks": tasks}]))
        return
    print_table(rows, tuple(rows[0]))


def _plain(value: Any) -> Any:
    """Return a value without NaN and infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
