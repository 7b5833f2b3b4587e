"""The commands `run` and `plan`: a recipe with one seed, or the same recipe with several and a page over them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from polyclinic.errors import UserError, did_you_mean


def run_recipe(
    recipe: Path,
    store: Path,
    overrides: Sequence[str],
    *,
    only: str = "",
    launch: str = "",
    dry_run: bool = False,
    seeds: str = "",
    at_once: int = 1,
) -> None:
    """Make what a recipe asks for and is not there yet, and its page; once for each seed, when seeds are given.

    Args:
        recipe: the file.
        store: folder with the artifacts.
        overrides: `STEP.field=value` texts.
        only: a step; it is made with what it needs, and no more.
        launch: `torchrun:N`, or empty.
        dry_run: show the plan and stop.
        seeds: whole numbers divided by commas, or empty for the recipe's own seed.
        at_once: seeds that are run at the same time, each in a process of its own.

    Raises UserError for whatever is wrong with the recipe or the arguments.
    """
    chosen = read_seeds(seeds)
    if at_once > 1 and (len(chosen) < 2 or only):
        raise UserError("--at-once: expected several --seeds, and no --only: whole runs go side by side, not steps")
    if not chosen:
        _run(plan_recipe(recipe, store, overrides, only), launch, dry_run, only)
        return
    if at_once > 1 and not dry_run:
        _side_by_side(recipe, store, overrides, chosen, launch, at_once)
    for seed in chosen:
        _run(plan_recipe(recipe, store, overrides, only, seed), launch, dry_run, only)
    if len(chosen) > 1 and not dry_run and not only:
        _seeds_page(recipe, store, overrides, chosen)


def plan_recipe(recipe: Path, store: Path, overrides: Sequence[str], only: str = "", seed: int | None = None) -> Any:
    """Read and check a recipe and its report section, and look up what is there already."""
    from polyclinic.pipeline import Store, load_recipe, make_plan
    from polyclinic.report import read_settings

    loaded = load_recipe(recipe, overrides, seed)
    names = [step.name for step in loaded.steps]
    read_settings(loaded.report, names, where=f"{recipe}: report")
    if only and only not in names:
        raise UserError(f"--only {only}: {recipe} has no such step{did_you_mean(only, names)}")
    planned = make_plan(loaded, Store(store))
    return planned.only(only) if only else planned


def read_seeds(text: str) -> list[int]:
    """Return the seeds of `--seeds`; raises UserError for what is no whole number, and for a seed given twice."""
    found: list[int] = []
    for cell in filter(None, (cell.strip() for cell in text.split(","))):
        if not (cell.isascii() and cell.isdecimal()):
            raise UserError(f"--seeds {text}: expected whole numbers divided by commas, found '{cell}'")
        if int(cell) in found:
            raise UserError(f"--seeds {text}: {int(cell)} is there twice")
        found.append(int(cell))
    if text.strip() and not found:
        raise UserError(f"--seeds {text}: expected whole numbers divided by commas, found none")
    return found


def _run(planned: Any, launch: str, dry_run: bool, only: str) -> None:
    from polyclinic.launched import read_launch
    from polyclinic.pipeline import is_recorded, run_plan
    from polyclinic.progress import duration
    from polyclinic.report import make_report
    from polyclinic.shown_plan import plan_lines

    launched = read_launch(launch)
    page = planned.store.run_folder(planned.recipe.name) / "report.html"
    if not planned.to_make and not dry_run and (only or is_recorded(planned, page)):
        where = f" The page: {page}" if page.exists() else ""
        typer.echo(f"Nothing to do: all {len(planned.chosen)} steps are done.{where}")
        return
    for line in plan_lines(planned, launched.processes):
        typer.echo(line, err=not dry_run)
    if dry_run:
        return
    record = run_plan(planned, lambda line: typer.echo(line, err=True), launched)
    make_report(record, planned.store.folder, page)
    made = sum(step.state == "made" for step in record.steps)
    there = sum(step.state == "done" for step in record.steps)
    typer.echo(f"{made} steps made in {duration(record.seconds)}, {there} were there. Page: {page}")


def _side_by_side(
    recipe: Path, store: Path, overrides: Sequence[str], seeds: Sequence[int], launch: str, at_once: int
) -> None:
    from polyclinic.launched import read_launch
    from polyclinic.pipeline import run_plan
    from polyclinic.side_by_side import run_seeds, shared_steps

    def say(line: str) -> None:
        typer.echo(line, err=True)

    launched = read_launch(launch)
    plans = [plan_recipe(recipe, store, overrides, seed=seed) for seed in seeds]
    shared = shared_steps(plans)
    if shared.to_make:
        run_plan(shared, say, launched)
    waiting = [seed for seed, plan in zip(seeds, plans, strict=True) if plan.to_make]
    run_seeds(recipe, store, overrides, waiting, at_once=at_once, launch=launch, say=say)


def _seeds_page(recipe: Path, store: Path, overrides: Sequence[str], seeds: Sequence[int]) -> None:
    from polyclinic.pipeline import Store, load_recipe, read_run
    from polyclinic.report import make_seeds_report

    opened = Store(store)
    records = [read_run(opened.run_folder(load_recipe(recipe, overrides, seed).name)) for seed in seeds]
    out = opened.run_folder(f"{load_recipe(recipe, overrides).name}-seeds")
    make_seeds_report(records, opened.folder, out)
    typer.echo(f"{len(seeds)} seeds together. Page: {out / 'report.html'}; tables: {out / 'tables.md'}")
