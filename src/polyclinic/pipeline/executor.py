"""The local executor: runs a plan step by step in this process, and writes the record of the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.pipeline.plan import Plan, PlannedStep
from polyclinic.pipeline.run_record import RunRecord, StepRecord, read_run, write_run
from polyclinic.progress import duration
from polyclinic.step_settings import Settings
from polyclinic.steps import RunFunction, run_step


def run_plan(plan: Plan, say: Callable[[str], None], launch: RunFunction | None = None) -> RunRecord:
    """Make everything of the plan that is not done, in order; returns the record of the run.

    `say` is called with one line for each step; `launch` calls the steps' functions in another way than here, such as
    in several processes. When a step fails, the record says so and the error is raised again;
    finished artifacts stay as they are. The record has all steps of the recipe, also those that were not wanted now.
    """
    clock, started = time.monotonic(), datetime.now(UTC)
    states: dict[str, tuple[str, float]] = {
        p.step.name: ("done" if p.state == "done" else "not run", 0.0) for p in plan.steps
    }
    folders = {p.step.name: p.folder for p in plan.steps}
    to_make = plan.to_make

    def record() -> RunRecord:
        return _record(plan, states, started, time.monotonic() - clock)

    for planned in plan.steps:
        if planned.state == "done":
            plan.store.tidy(planned.folder)
    run_folder = plan.store.run_folder(plan.recipe.name)
    for number, planned in enumerate(to_make, start=1):
        name, begun = planned.step.name, time.monotonic()
        say(f"[{number}/{len(to_make)}] {name} ({planned.step.kind.name})")
        try:
            if not planned.folder.exists():  # a step that is the same as an earlier one is there by now
                run_step(
                    planned.step.kind,
                    _with_paths(planned, folders),
                    target=planned.folder,
                    step=name,
                    seed=planned.step.seed,
                    inputs=planned.inputs,
                    run=launch,
                )
        except BaseException:
            states[name] = ("failed", time.monotonic() - begun)
            with suppress(OSError):  # a disk too full for the record as well: the first error is the one to tell
                write_run(run_folder, record())
            raise
        states[name] = ("made", time.monotonic() - begun)
        say(f"      {planned.folder.name} in {duration(time.monotonic() - begun)}")
    result = record()
    write_run(run_folder, result)
    return result


def is_recorded(plan: Plan, page: Path) -> bool:
    """Say whether the last run was of this plan (the same recipe, the same artifacts) and `page` was made from it."""
    folder = plan.store.run_folder(plan.recipe.name)
    try:
        last = read_run(folder)
    except UserError:
        return False
    if not page.exists() or page.stat().st_mtime_ns < (folder / "run.json").stat().st_mtime_ns:
        return False
    recipe = (plan.recipe.text, list(plan.recipe.overrides))
    artifacts = [(p.step.name, p.folder.name if p.folder.exists() else None) for p in plan.steps]
    return (
        (last.recipe_text, last.overrides) == recipe
        and [(step.name, step.artifact) for step in last.steps] == artifacts
        and all(step.state != "failed" for step in last.steps)
    )


def _with_paths(planned: PlannedStep, folders: Mapping[str, Path]) -> Settings:
    """Return the step's settings with `$name` replaced by the folder of that step's artifact."""
    update: dict[str, Any] = {}
    for field, names in planned.step.references.items():
        if not names:
            continue
        value = getattr(planned.step.settings, field)
        if isinstance(value, (list, tuple)):
            update[field] = [folders[str(p)[1:]] if str(p).startswith("$") else p for p in value]
        else:
            update[field] = folders[names[0]]
    return planned.step.settings.model_copy(update=update)


def _record(plan: Plan, states: Mapping[str, tuple[str, float]], started: datetime, seconds: float) -> RunRecord:
    return RunRecord.model_validate(
        {
            "recipe": plan.recipe.name,
            "title": plan.recipe.title,
            "description": plan.recipe.description,
            "seed": plan.recipe.seed,
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
            "recipe_text": plan.recipe.text,
            "overrides": list(plan.recipe.overrides),
            "report": dict(plan.recipe.report),
            "steps": [
                StepRecord.model_validate(
                    {
                        "name": p.step.name,
                        "kind": p.step.kind.name,
                        "inputs": {field: list(names) for field, names in p.step.references.items()},
                        "artifact": p.folder.name if p.folder.exists() else None,
                        "state": states[p.step.name][0],
                        "seconds": round(states[p.step.name][1], 3),
                    }
                )
                for p in plan.steps
            ],
        }
    )
