"""N-grams that two texts share, and their longest common subsequence: the counts under ROUGE and BLEU."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any


def grams(words: Sequence[str], order: int) -> Iterator[Any]:
    """Yield the n-grams of a text in order, for n = 1 to 4, repeated ones included."""
    if order == 1:
        return iter(words)
    if order == 2:
        return itertools.pairwise(words)
    if order == 3:
        return zip(words, words[1:], words[2:], strict=False)
    return zip(words, words[1:], words[2:], words[3:], strict=False)


def shared(one: Sequence[str], other: Sequence[str], order: int = 1) -> int:
    """Return how many n-grams two texts share, each as often as in the text that has it less often."""
    first, second = set(grams(one, order)), set(grams(other, order))
    common = first & second
    # Where one side repeats nothing, the smaller number of each common n-gram is one.
    if not common or len(first) == len(one) - order + 1 or len(second) == len(other) - order + 1:
        return len(common)
    left, right = Counter(grams(one, order)), Counter(grams(other, order))
    return sum(map(min, map(left.__getitem__, common), map(right.__getitem__, common)))


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
