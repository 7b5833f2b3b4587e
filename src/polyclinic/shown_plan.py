"""A plan as people and programs read it."""

from __future__ import annotations

from typing import Any

from polyclinic.pipeline import Plan
from polyclinic.progress import duration

STATES = {"done": "done", "to do": "to do", "resume": "goes on", "again": "again"}


def plan_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return one row for each step: name, kind, state, reasons, artifact, and how long it took the last time."""
    return [
        {
            "step": planned.step.name,
            "kind": planned.step.kind.name,
            "state": planned.state,
            "reasons": list(planned.reasons),
            "artifact": planned.folder.name,
            "last_seconds": planned.last_seconds,
        }
        for planned in plan.chosen
    ]


def plan_lines(plan: Plan) -> list[str]:
    """Return the plan as lines: a step each, a reason each below it, and a sum."""
    width = max(len(p.step.name) for p in plan.chosen)
    kinds = max(len(p.step.kind.name) for p in plan.chosen)
    lines = []
    for planned in plan.chosen:
        took = f"  {duration(planned.last_seconds)} last time" if planned.last_seconds is not None else ""
        state = STATES[planned.state]
        lines.append(f"{state:8}{planned.step.name:{width}}  {planned.step.kind.name:{kinds}}{took}".rstrip())
        lines += [f"{'':10}because {reason}" for reason in planned.reasons]
    to_make = plan.to_make
    known = [p.last_seconds for p in to_make if p.last_seconds is not None]
    estimate = f", about {duration(sum(known))}" if to_make and len(known) == len(to_make) else ""
    lines.append(
        f"{len(plan.chosen) - len(to_make)} of {len(plan.chosen)} steps done, {len(to_make)} to make{estimate}"
    )
    return lines
