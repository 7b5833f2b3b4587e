"""What the command `polyclinic eval run` shows when it is done: each task's figures, and what was not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polyclinic.artifacts import read_manifest


def run_rows(folder: Path) -> list[dict[str, Any]]:
    """Return one row for each task of a run: task, state, metric, scorer, items, unscored, estimate, low, high, note.

    The state is `done`, or `not run` for a task of the suite whose data are not here; its note says why and who
    grants access. Figures are of each task's headline by each scorer; `eval summary` shows the others.
    """
    from polyclinic.evals.results import summary_rows

    manifest = read_manifest(folder)
    facts = manifest.facts if manifest is not None else {}
    rows: list[dict[str, Any]] = []
    shown: set[tuple[str, str, str]] = set()
    for found in summary_rows([folder]):
        headline = (found["task"], found["subset"], found["scorer"])
        if headline in shown:
            continue
        shown.add(headline)
        own = facts.get("tasks", {}).get(found["task"], {})
        rows.append(
            {
                "task": found["task"],
                "state": "done",
                "subset": found["subset"],
                "metric": found["metric"],
                "scorer": found["scorer"],
                "items": found["n"],
                "unscored": found["unscored"],
                "estimate": found["estimate"],
                "low": found["low"],
                "high": found["high"],
                "note": _note(own),
            }
        )
    for missing in facts.get("not_run", []):
        row = {"task": missing["task"], "state": "not run", "items": 0, "note": missing["reason"]}
        rows.append({**row, "granted_by": missing["granted_by"]} if missing["granted_by"] else row)
    return rows


def _note(facts: dict[str, Any]) -> str:
    parts = []
    if "no_worked_examples" in facts:
        parts.append(f"without worked examples ({facts['no_worked_examples']})")
    if facts.get("prompts_cut"):
        parts.append(f"{facts['prompts_cut']} prompts cut")
    return "; ".join(parts)
