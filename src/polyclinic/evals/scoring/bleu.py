"""BLEU: of unigrams for one reply, of up to four words over a whole task (Papineni et al. 2002)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from polyclinic.evals.scoring.overlap import grams, shared

EPSILON = 0.1  # nltk's smoothing method 1


def bleu1(reply: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return sentence BLEU of unigrams with brevity penalty, as nltk does with smoothing method 1.

    Of the references the best one counts, each for itself. No word in common is 0, without smoothing, as in nltk.
    """
    return max(_bleu1(reply, reference) for reference in references)


def _bleu1(reply: Sequence[str], reference: Sequence[str]) -> float:
    matched = shared(reply, reference)
    if not matched:
        return 0.0
    n, m = len(reply), len(reference)
    return matched / n if n > m else math.exp(1 - m / n) * matched / n


def bleu_parts(reply: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return what corpus BLEU is made of: clipped matches and n-grams for n = 1 to 4, and the two lengths.

    Against several references an n-gram counts as often as in the one that has it most, and the reference nearest in
    length is taken for the brevity penalty, the shorter of two that are as near.
    """
    n = len(reply)
    lengths = sorted((abs(len(reference) - n), len(reference)) for reference in references)
    matches = [0, 0, 0, 0]
    for order in range(1, min(n, 4) + 1):
        made = grams(reply, order)
        if len(references) == 1:
            matches[order - 1] = shared(made, grams(references[0], order))
        else:
            matches[order - 1] = _shared_with_any(made, [grams(reference, order) for reference in references])
        if not matches[order - 1]:
            break  # longer n-grams hold this one, so none of them matches
    return {"matches": matches, "totals": [max(0, n - k) for k in range(4)], "lengths": [n, lengths[0][1]]}


def _shared_with_any(made: list[Any], references: list[list[Any]]) -> int:
    from collections import Counter

    most: Counter[Any] = Counter()
    for reference in references:
        most |= Counter(reference)
    return sum(min(count, most[gram]) for gram, count in Counter(made).items())
