"""A plan as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyclinic.pipeline import Plan, PlannedStep
from polyclinic.progress import duration

STATES = {"done": "done", "to do": "to do", "resume": "goes on", "again": "again"}


def budget_of(plan: Plan, planned: PlannedStep, processes: int = 1) -> dict[str, Any] | None:
    """Return what a step that is to be made would take, None when it is done or its kind does not say.

    A model that is not made yet is taken to be as large as the one it will be made from.
    """
    if planned.state == "done" or planned.step.kind.budget is None:
        return None
    steps = {other.step.name: other for other in plan.steps}
    update: dict[str, Any] = {}
    for field, names in planned.step.references.items():
        value = getattr(planned.step.settings, field)
        many = isinstance(value, (list, tuple))
        paths = [_folder(str(path), steps) for path in (value if many else [value])]
        if names:
            update[field] = paths if many else paths[0]
    return planned.step.kind.budget(planned.step.settings.model_copy(update=update), processes)


def _folder(path: str, steps: Mapping[str, PlannedStep]) -> Path:
    """Return the folder of an input, or of the model that it will be made from."""
    while path.startswith("$"):
        planned = steps[path[1:]]
        if planned.folder.exists():
            return planned.folder
        parents = [
            str(parent)
            for role in planned.step.kind.roles.values()
            if role.input == "model" and planned.step.kind.output == "model"
            for value in [getattr(planned.step.settings, role.name)]
            for parent in (value if isinstance(value, (list, tuple)) else [value])
            if parent is not None
        ]
        if not parents:
            break
        path = parents[0]
    return Path(path)


def plan_rows(plan: Plan, processes: int = 1) -> list[dict[str, Any]]:
    """Return one row for each step: name, kind, state, reasons, artifact, how long it took, what it would take."""
    return [
        {
            "step": planned.step.name,
            "kind": planned.step.kind.name,
            "state": planned.state,
            "reasons": list(planned.reasons),
            "artifact": planned.folder.name,
            "last_seconds": planned.last_seconds,
            "budget": budget_of(plan, planned, processes),
        }
        for planned in plan.chosen
    ]


def plan_lines(plan: Plan, processes: int = 1) -> list[str]:
    """Return the plan as lines: a step each, a reason each below it, and a sum."""
    width = max(len(p.step.name) for p in plan.chosen)
    kinds = max(len(p.step.kind.name) for p in plan.chosen)
    lines = []
    for planned in plan.chosen:
        took = f"  {duration(planned.last_seconds)} last time" if planned.last_seconds is not None else ""
        state = STATES[planned.state]
        lines.append(f"{state:8}{planned.step.name:{width}}  {planned.step.kind.name:{kinds}}{took}".rstrip())
        lines += [f"{'':10}because {reason}" for reason in planned.reasons]
        lines += [f"{'':10}{line}" for line in (budget_of(plan, planned, processes) or {}).get("lines", [])]
    to_make = plan.to_make
    known = [p.last_seconds for p in to_make if p.last_seconds is not None]
    estimate = f", about {duration(sum(known))}" if to_make and len(known) == len(to_make) else ""
    lines.append(
        f"{len(plan.chosen) - len(to_make)} of {len(plan.chosen)} steps done, {len(to_make)} to make{estimate}"
    )
    return lines
