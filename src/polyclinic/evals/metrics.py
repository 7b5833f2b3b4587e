"""What a metric is: where it is good, which one stands for a task, whose scorer it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polyclinic.tasks import load_catalog

ACCURACY, LIKELIHOOD = "accuracy", "negative_log_likelihood"
OVERLAP = "overlap_"  # and the words of a run: what eval.contamination found, no figure of a model
# Shares to read beside the others: more of them is neither better nor worse.
NO_QUALITY = frozenset({"no_error_share", "majority_share"})
AS_PUBLISHED, CORRECTED = "as_published", "corrected"


def lower_is_better(metric: str) -> bool:
    """Whether less of a metric is better: only of the negative log-likelihood, shown as perplexity."""
    return metric == LIKELIHOOD


def is_share(metric: str, values: Iterable[float] = ()) -> bool:
    """Whether a metric is a share, 0 to 1, and not a likelihood or a judgement on a scale of its own."""
    return metric != LIKELIHOOD and "judge" not in metric and all(0 <= value <= 1 for value in values)


def scorer_kind(scorer: str) -> str:
    """Return which of the two ways of scoring a scorer is: what papers published, or what we stand by."""
    return AS_PUBLISHED if scorer.startswith(AS_PUBLISHED) else CORRECTED


def primary_metric(task: str, metrics: Sequence[str]) -> str:
    """Return which of the metrics measured on a task stands for it: the catalog's, else the scorer's first.

    Args:
        task: name of a task, in the catalog or not.
        metrics: what one scorer gave, in its order; not empty.
    """
    known = load_catalog().get(task)
    return known.metric if known is not None and known.metric in metrics else metrics[0]
