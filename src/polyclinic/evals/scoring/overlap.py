"""N-grams that two texts share, and their longest common subsequence: the counts under ROUGE and BLEU."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any


def grams(words: Sequence[str], order: int) -> list[Any]:
    """Return the n-grams of a text in order, repeated ones included."""
    if order == 1:
        return list(words)
    return list(zip(*(words[start:] for start in range(order)), strict=False))


def shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many n-grams two texts share, each as often as in the one that has it less often."""
    first, second = set(one), set(other)
    common = first & second
    # Where one side repeats nothing, the smaller number of each common n-gram is one.
    if not common or len(first) == len(one) or len(second) == len(other):
        return len(common)
    left, right = Counter(one), Counter(other)
    return sum(min(left[gram], right[gram]) for gram in common)


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of words."""
    from rapidfuzz.distance import LCSseq

    return LCSseq.similarity(one, other)


def f_measure(matched: float, predicted: float, gold: float) -> float:
    """Return the harmonic mean of matched/predicted and matched/gold, 0 where nothing matches."""
    if not matched:
        return 0.0
    precision, recall = matched / predicted, matched / gold
    return 2 * precision * recall / (precision + recall)
