"""N-grams that two texts share, and their longest common subsequence: the counts under ROUGE and BLEU."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Words = Sequence[str]
TOGETHER = 100_000  # words whose n-grams are numbered together


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


def shared_columns(ones: Sequence[Words], others: Sequence[Words], highest: int) -> list[list[int]]:
    """Return for each pair of texts what `shared` does, for n = 1 to `highest`; several times faster for many pairs.

    Args:
        ones: words of the one text of each pair.
        others: words of the other text of each pair.
        highest: largest n.
    """
    found: list[list[int]] = []
    start, words = 0, 0
    for stop in range(1, len(ones) + 1):
        words += len(ones[stop - 1]) + len(others[stop - 1])
        if words >= TOGETHER or stop == len(ones):
            found += _shared_in_block(ones[start:stop], others[start:stop], highest)
            start, words = stop, 0
    return found


def _shared_in_block(ones: Sequence[Words], others: Sequence[Words], highest: int) -> list[list[int]]:
    """Number the n-grams of all pairs from the numbers of their first n - 1 words and their last one, and count."""
    import numpy as np

    words = list(itertools.chain(*ones, *others))
    counts = np.zeros((len(ones), highest), dtype=np.int64)
    if not words:
        return [list(row) for row in counts.tolist()]
    known = {word: number for number, word in enumerate(dict.fromkeys(words))}
    lengths = np.array([len(text) for text in (*ones, *others)])
    split = int(lengths[: len(ones)].sum())  # the words of `others` begin here
    pairs = np.repeat(np.tile(np.arange(len(ones)), 2), lengths)
    ends = np.repeat(np.cumsum(lengths), lengths)  # where the text of a word ends
    numbers = np.fromiter(map(known.__getitem__, words), np.int64, len(words))
    single, singles = _numbered(pairs * len(known) + numbers)
    grams, many, places = single, singles, np.arange(len(words))
    for order in range(1, highest + 1):
        if order > 1:
            whole = places + order <= ends[places]
            places = places[whole]
            if not len(places):
                break
            grams, many = _numbered(grams[whole] * singles + single[places + order - 1])
        middle = int(np.searchsorted(places, split))
        left = np.bincount(grams[:middle], minlength=many)
        right = np.bincount(grams[middle:], minlength=many)
        pair_of = np.empty(many, dtype=np.int64)
        pair_of[grams] = pairs[places]
        counts[:, order - 1] = np.bincount(pair_of, weights=np.minimum(left, right), minlength=len(ones))
    return [list(row) for row in counts.tolist()]


def _numbered(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return for each code its number among the different ones, and how many there are; at least one code."""
    import numpy as np

    order = np.argsort(codes)
    ordered = codes[order]
    numbers = np.empty(len(codes), dtype=np.int64)
    numbers[order] = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]]))
    return numbers, int(numbers[order[-1]]) + 1


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
