"""Figures over many items that are not the mean of the items: F1 over classes or counts, corpus BLEU.

Each such figure is a function of sums over the items, so a bootstrap needs only the items' parts:

    pool = pool_of("micro_f1", scores)          # parts: n x k, one row for each score that has a value
    pool.figure(pool.parts.sum(axis=0))         # the figure itself
    pool.figure(pool.parts[rows].sum(axis=1))   # of drawn items; rows: draws x n

What the parts of a score hold, by form:

    counts   matched, predicted, gold: numbers of tuples, entities or codes
    labels   gold, predicted: a label (an empty text for none) or a list of labels; classes: how many classes there
             are in all, where the published mean also counts those that never occur
    bleu     matches, totals: n-grams for n = 1 to 4; lengths: words of the reply and of the nearest reference
    codes    as counts, and the same with _3 behind the names, for the first three characters

Every other metric is the mean of the values by weight, in the same shape: k = 2, the value by weight and the weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from polyclinic.records import Score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

COUNTS = ("matched", "predicted", "gold")
CODE_COUNTS = (*COUNTS, *(f"{name}_3" for name in COUNTS))


class Pool(NamedTuple):
    """The parts of a figure, and the figure of their sums."""

    parts: Array  # n x k, one row for each score with a value, in their order
    figure: Callable[[Array], Array]  # sums of parts (..., k) -> figures (...)


def pooled(metric: str, scores: Sequence[Score]) -> float:
    """Return the figure of one metric over scores; NaN when none of them has a value."""
    pool = pool_of(metric, scores)
    if not len(pool.parts):
        return float("nan")
    return float(pool.figure(pool.parts.sum(axis=0, dtype="float64")))


def pool_of(metric: str, scores: Sequence[Score]) -> Pool:
    """Return the parts of the scores that have a value, in order, and what makes the figure of their sums.

    Args:
        metric: name of the metric of all these scores.
        scores: of one model, one task and one scorer.
    """
    scored = [score for score in scores if score.value is not None]
    form = FORMS.get(metric)
    if form is None or not scored or not all(score.parts for score in scored):
        return _mean(scored)
    return form(metric, scored)


def is_pooled(metric: str) -> bool:
    """Whether the figure of a metric is made of parts rather than the mean of its values."""
    return metric in FORMS


def _mean(scored: Sequence[Score]) -> Pool:
    import numpy as np

    weights = np.array([score.weight for score in scored], dtype=np.float64)
    values = np.array([score.value for score in scored], dtype=np.float64)
    return Pool(np.stack([values * weights, weights], axis=1), lambda sums: _ratio(sums[..., 0], sums[..., 1], 0.0))


def _counts(metric: str, scored: Sequence[Score]) -> Pool:
    import numpy as np

    def row(parts: Any) -> tuple[int, int, int]:
        if "matched" in parts:
            return parts["matched"], parts["predicted"], parts["gold"]
        gold, predicted = set(_labels(parts["gold"])), set(_labels(parts["predicted"]))
        return len(gold & predicted), len(predicted), len(gold)

    side = metric.rpartition("_")[2]
    return Pool(
        np.array([row(score.parts) for score in scored], dtype=np.float64),
        lambda sums: _from_counts(side, sums[..., 0], sums[..., 1], sums[..., 2]),
    )


def _codes(metric: str, scored: Sequence[Score]) -> Pool:
    import numpy as np

    def figure(sums: Array) -> Array:
        whole = _from_counts("f1", sums[..., 0], sums[..., 1], sums[..., 2])
        found: Array = (whole + _from_counts("f1", sums[..., 3], sums[..., 4], sums[..., 5])) / 2
        return found

    rows = [[score.parts[name] for name in CODE_COUNTS] for score in scored]
    return Pool(np.array(rows, dtype=np.float64), figure)


def _by_label(metric: str, scored: Sequence[Score]) -> Pool:
    """Columns: for each class matched, predicted and gold."""
    import numpy as np

    pairs = [(set(_labels(s.parts["gold"])), set(_labels(s.parts["predicted"]))) for s in scored]
    classes: dict[str, int] = {}
    for gold, predicted in pairs:
        for label in (*sorted(gold), *sorted(predicted)):
            classes.setdefault(label, len(classes))
    # Whole numbers below 2**24 are exact in single precision, and many classes are half as large.
    parts = np.zeros((len(pairs), 3 * max(1, len(classes))), dtype=np.float32)
    for number, (gold, predicted) in enumerate(pairs):
        for label in gold:
            parts[number, 3 * classes[label] + 2] = 1
            parts[number, 3 * classes[label]] = label in predicted
        for label in predicted:
            parts[number, 3 * classes[label] + 1] = 1
    fixed = max((int(s.parts.get("classes", 0)) for s in scored), default=0)
    return Pool(parts, lambda sums: _over_classes(metric, sums, fixed))


def _over_classes(metric: str, sums: Array, fixed: int) -> Array:
    import numpy as np

    sums = np.asarray(sums, dtype=np.float64)
    matched, predicted, gold = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    if metric == "majority_share":
        return _ratio(gold.max(axis=-1), gold.sum(axis=-1), 0.0)
    if metric == "balanced_accuracy":
        there = gold > 0
        return _ratio((_ratio(matched, gold, 0.0) * there).sum(axis=-1), there.sum(axis=-1), 0.0)
    scores = _from_counts(metric.rpartition("_")[2], matched, predicted, gold)
    there = (predicted + gold) > 0
    scores = np.where(there, scores, 0.0)
    if metric.startswith("weighted_"):
        return _ratio((scores * gold).sum(axis=-1), gold.sum(axis=-1), 0.0)
    number = there.sum(axis=-1) if not fixed else np.maximum(fixed, there.sum(axis=-1))
    # Nothing asked for and nothing found in any item: all of it is right.
    return _ratio(scores.sum(axis=-1), number, 1.0)


def _bleu(metric: str, scored: Sequence[Score]) -> Pool:
    import numpy as np

    rows = [(*s.parts["matches"], *s.parts["totals"], *s.parts["lengths"]) for s in scored]
    return Pool(np.array(rows, dtype=np.float64), bleu_figure)


def bleu_figure(sums: Array) -> Array:
    """Return BLEU-4 without smoothing of sums (..., 10), up to the longest n-gram there is.

    Source: Papineni et al. 2002, equations 1 to 3. The sums are matches and n-grams for n = 1 to 4, and two lengths.
    """
    import numpy as np

    sums = np.asarray(sums, dtype=np.float64)
    matches, totals, reply, reference = sums[..., :4], sums[..., 4:8], sums[..., 8], sums[..., 9]
    there = totals > 0
    whole = ((matches > 0) | ~there).all(axis=-1) & there[..., 0]
    counted = there & (matches > 0)
    logs = np.log(np.where(counted, matches, 1.0) / np.where(counted, totals, 1.0)).sum(axis=-1)
    brevity = np.exp(np.minimum(0.0, 1.0 - reference / np.maximum(reply, 1.0)))
    found: Array = np.where(whole, brevity * np.exp(logs / np.maximum(there.sum(axis=-1), 1)), 0.0)
    return found


def _from_counts(side: str, matched: Array, predicted: Array, gold: Array) -> Array:
    """Precision, recall or F1 = 2 matched / (predicted + gold); nothing to find and nothing found is 1."""
    if side == "precision":
        return _ratio(matched, predicted, (gold == 0) * 1.0)
    if side == "recall":
        return _ratio(matched, gold, (predicted == 0) * 1.0)
    return _ratio(2 * matched, predicted + gold, 1.0)


def _ratio(top: Array, bottom: Array, otherwise: Any) -> Array:
    import numpy as np

    found: Array = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), otherwise)
    return found


def _labels(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,) if value else ()
    return [str(label) for label in value]


FORMS: dict[str, Callable[[str, Sequence[Score]], Pool]] = {
    **{f"{kind}_{side}": _counts for kind in ("micro", "entity") for side in ("precision", "recall", "f1")},
    **{f"{kind}_{side}": _counts for kind in ("code", "category") for side in ("precision", "recall", "f1")},
    **{f"macro_{side}": _by_label for side in ("precision", "recall", "f1")},
    "weighted_f1": _by_label,
    "balanced_accuracy": _by_label,
    "majority_share": _by_label,
    "corpus_bleu4": _bleu,
    "code_mean": _codes,
}
