"""What a comparison of two models says, in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from polyclinic.evals.metrics import LIKELIHOOD, NO_QUALITY, is_share, lower_is_better

if TYPE_CHECKING:
    from polyclinic.evals.comparison import Comparison

LEVEL = 0.05  # of the corrected p-value below which a difference is spoken of


def verdict(found: Comparison) -> str:
    """Say which model is better, that it may be chance, or that there are too few items to tell.

    Of a metric that is no quality it says which model has more.
    """
    a, b = found.model_a or "the first model", found.model_b or "the second model"
    notes = _notes(found, a, b)
    if not found.n:
        return f"nothing to compare: no item has a value for both {a} and {b}{notes}"
    # No item differs: the standard error of the difference is zero and so is the difference.
    if found.difference == 0 and found.standard_error == 0:
        room = ""
        if found.low < 0 < found.high and math.isfinite(found.low):
            room = (
                f", which leaves room for {100 * found.low:+.1f} to {100 * found.high:+.1f} points of {_name(found)}"
            )
        return f"{a} and {b} do the same on all {_items(found.n)}{room}{notes}"
    better, worse = (a, b) if (found.difference > 0) != lower_is_better(found.metric) else (b, a)
    size = _size(found)
    if found.low <= 0 <= found.high:
        return f"too few items to tell {a} and {b} apart: {size}, n = {found.n}{_enough(found)}{notes}"
    sure = f"p = {_p_text(found.holm_p)}"
    sure += f" corrected for {found.together} comparisons" if found.together > 1 else ""
    looks, is_so = "looks better than", "is better than"
    if found.metric in NO_QUALITY:
        looks, is_so = f"seems to have more {_name(found)} than", f"has more {_name(found)} than"
    if found.holm_p >= LEVEL:
        return f"{better} {looks} {worse}, but it may be chance: {size}, n = {found.n}, {sure}{notes}"
    return f"{better} {is_so} {worse}: {size}, n = {found.n}, {sure}{notes}"


def _enough(found: Comparison) -> str:
    if found.needed is not None and found.needed > found.n:
        return f"; about {found.needed} items would show a difference of this size"
    return ""


def _size(found: Comparison) -> str:
    if not math.isfinite(found.low):
        return "one item or cluster only, which says nothing about the spread"
    values = (found.difference, found.low, found.high)
    if found.metric == LIKELIHOOD:
        middle, low, high = (100 * math.expm1(min(value, 700.0)) for value in values)
        return f"perplexity {middle:+.1f}% (95% interval {low:+.1f}% to {high:+.1f}%)"
    if is_share(found.metric, (found.estimate_a, found.estimate_b)):
        middle, low, high = (100 * value for value in values)
        return f"{middle:+.1f} points of {_name(found)} (95% interval {low:+.1f} to {high:+.1f})"
    return f"{found.difference:+.4g} {found.metric} (95% interval {found.low:+.4g} to {found.high:+.4g})"


def _name(found: Comparison) -> str:
    return found.metric.replace("_", " ")


def _notes(found: Comparison, a: str, b: str) -> str:
    notes = ""
    for items, what in (
        (found.only_a, f"asked of {a} only"),
        (found.only_b, f"asked of {b} only"),
        (found.unscored, "without a value"),
    ):
        if items:
            more = ", ..." if len(items) > 3 else ""
            notes += f"; {_items(len(items))} {what} ({', '.join(items[:3])}{more})"
    return notes


def _items(n: int) -> str:
    return f"{n} item" if n == 1 else f"{n} items"


def _p_text(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"
