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


def eval_summary(results: ResultsArgument, as_json: JsonOption = False) -> None:
    """Show each model's figures by task, with n, standard error and interval."""
    from polyclinic.evals import summary_rows

    rows = summary_rows(results)
    if as_json:
        print_json(_plain(rows))
        return
    columns = ["model", "task", "subset", "metric", "scorer", "n", "unscored", "estimate", "standard_error", "low"]
    columns += ["high", *(name for name in rows[0] if name.startswith(("touched_", "estimate_")))]
    print_table(rows, tuple(columns))


def eval_compare(
    results: ResultsArgument,
    untouched: Annotated[
        int, typer.Option(help="leave out items of which a run of so many words stands in training data")
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


def _plain(value: Any) -> Any:
    """Return a value without NaN and infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
