"""Folders of scores into rows of a table, for `polyclinic eval compare` and `eval leaderboard`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.evals.summary import compare_all, correct, summarize
from polyclinic.records import Score, read_records


def read_scores(paths: Sequence[Path]) -> dict[str, tuple[Score, ...]]:
    """Return the scores under these paths by the model's name, in order of first appearance.

    Raises UserError when there are none, or when two different models have one name.
    """
    found: dict[str, list[Score]] = {}
    for path in paths:
        for score in read_records(path, Score):
            group = found.setdefault(score.model, [])
            if group and group[0].fingerprint != score.fingerprint:
                raise UserError(
                    f"{path}: '{score.model}' is another model here ({score.fingerprint[:12]}) than before "
                    f"({group[0].fingerprint[:12]}); evaluate one of them again with another `name`"
                )
            group.append(score)
    if not found:
        raise UserError(f"{', '.join(map(str, paths))}: no scores here; expected what eval.run has made")
    return {model: tuple(scores) for model, scores in found.items()}


def summary_rows(paths: Sequence[Path], seed: int = 0) -> list[dict[str, Any]]:
    """Return one row for each model and task; its cells are the fields of `TaskSummary`."""
    return [asdict(found) for scores in read_scores(paths).values() for found in summarize(scores, seed)]


def comparison_rows(paths: Sequence[Path], seed: int = 0) -> list[dict[str, Any]]:
    """Return one row for each task and each model but the first, compared with the first on the same items.

    A row has: model, baseline, task, subset, metric, n, estimate, baseline_estimate, difference, low, high, p_value,
    holm_p (over all rows), needed, only_model, only_baseline and unscored (numbers of items), verdict. Tasks that
    only one of the two was asked are rows with n = 0.

    Raises UserError when the paths hold fewer than two models, or scores that cannot be paired.
    """
    by_model = read_scores(paths)
    if len(by_model) < 2:
        raise UserError(
            f"{', '.join(map(str, paths))}: scores of one model only ({next(iter(by_model))}); comparing needs two"
        )
    (baseline, reference), *others = by_model.items()
    found = correct([one for _, scores in others for one in compare_all(scores, reference, seed)])
    return [
        {
            "model": one.model_a,
            "baseline": baseline,
            "task": one.task,
            "subset": one.subset,
            "metric": one.metric,
            "scorer": one.scorer,
            "n": one.n,
            "estimate": one.estimate_a,
            "baseline_estimate": one.estimate_b,
            "difference": one.difference,
            "low": one.low,
            "high": one.high,
            "p_value": one.p_value,
            "holm_p": one.holm_p,
            "needed": one.needed,
            "only_model": len(one.only_a),
            "only_baseline": len(one.only_b),
            "unscored": len(one.unscored),
            "verdict": one.verdict,
        }
        for one in found
    ]
