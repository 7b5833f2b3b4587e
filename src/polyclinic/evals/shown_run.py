"""What the command `polyclinic eval run` shows when it is done: each task's figures, and what was not run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyclinic.artifacts import read_manifest

Part = tuple[str, str, str, str]  # task, subset, metric, scorer


def run_rows(folder: Path) -> list[dict[str, Any]]:
    """Return one row for each task of a run: task, state, metric, scorer, items, unscored, estimate, low, high, note.

    The state is `done`, or `not run` for a task of the suite whose data are not here; its note says why and who
    grants access. The note of a task that was run says why items of it are unscored. Figures are of each task's
    headline by each scorer; `eval summary` shows the others.
    """
    from polyclinic.evals.results import summary_rows

    unscored = _unscored(folder)
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
                "note": _note(own, unscored.get((*headline[:2], found["metric"], found["scorer"]), {})),
            }
        )
    for missing in facts.get("not_run", []):
        row = {"task": missing["task"], "state": "not run", "items": 0, "note": missing["reason"]}
        rows.append({**row, "granted_by": missing["granted_by"]} if missing["granted_by"] else row)
    return rows


def _unscored(folder: Path) -> dict[Part, Counter[str]]:
    """Return by part of a task how often each reason is that of an item without a value."""
    from polyclinic.evals.results import read_scores

    found: dict[Part, Counter[str]] = {}
    for scores in read_scores([folder]).values():
        for score in scores:
            if score.value is None:
                part = (score.task, score.subset, score.metric, score.scorer)
                found.setdefault(part, Counter())[score.unscored_reason] += 1
    return found


def _note(facts: dict[str, Any], unscored: Mapping[str, int]) -> str:
    parts = []
    kinds: Counter[str] = Counter()
    details: dict[str, str] = {}
    for reason, number in unscored.items():
        kind, _, detail = reason.partition(": ")
        kinds[kind] += number
        details.setdefault(kind, detail)
    for kind, number in kinds.most_common():
        parts.append(f"{number} unscored: {kind}" + (f" (first: {details[kind]})" if details[kind] else ""))
    if "no_worked_examples" in facts:
        parts.append(f"without worked examples ({facts['no_worked_examples']})")
    if facts.get("prompts_cut"):
        parts.append(f"{facts['prompts_cut']} prompts cut")
    return "; ".join(parts)
