"""BLEU: of unigrams for one reply, of up to four words over a whole task (Papineni et al. 2002)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from polyclinic.evals.scoring.overlap import grams, shared, shared_columns


def bleu1(reply: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return sentence BLEU of unigrams with brevity penalty, as nltk does with smoothing method 1.

    Of the references the best one counts, each for itself. No word in common is 0, without smoothing, as in nltk.
    """
    return max(_bleu1(reply, reference) for reference in references)


def bleu1_columns(replies: Sequence[Sequence[str]], golds: Sequence[Sequence[str]]) -> list[float]:
    """Return what `bleu1` does for many replies with one reference each."""
    counts = shared_columns(replies, golds, 1)
    return [_penalized(one, len(r), len(g)) for r, g, (one,) in zip(replies, golds, counts, strict=True)]


def _bleu1(reply: Sequence[str], reference: Sequence[str]) -> float:
    return _penalized(shared(reply, reference), len(reply), len(reference))


def _penalized(matched: int, n: int, m: int) -> float:
    if not matched:
        return 0.0
    return matched / n if n > m else math.exp(1 - m / n) * matched / n


def bleu_parts(reply: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return what corpus BLEU is made of: clipped matches and n-grams for n = 1 to 4, and the two lengths.

    Against several references an n-gram counts as often as in the one that has it most, and the reference nearest in
    length is taken for the brevity penalty, the shorter of two that are as near.
    """
    if len(references) == 1:
        return _parts(_matches(reply, references[0]), len(reply), len(references[0]))
    nearest = min((abs(len(reference) - len(reply)), len(reference)) for reference in references)[1]
    return _parts(_matches_with_any(reply, references), len(reply), nearest)


def bleu_columns(replies: Sequence[Sequence[str]], golds: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Return what `bleu_parts` does for many replies with one reference each."""
    counts = shared_columns(replies, golds, 4)
    return [_parts(tuple(found), len(r), len(g)) for r, g, found in zip(replies, golds, counts, strict=True)]


def _parts(matches: tuple[int, ...], n: int, reference: int) -> dict[str, Any]:
    totals = (n, n - 1, n - 2, n - 3) if n > 3 else tuple(max(0, n - k) for k in range(4))
    return {"matches": matches, "totals": totals, "lengths": (n, reference)}


def _matches(reply: Sequence[str], reference: Sequence[str]) -> tuple[int, ...]:
    found = [0, 0, 0, 0]
    for order in range(1, min(len(reply), len(reference), 4) + 1):
        found[order - 1] = shared(reply, reference, order)
        if not found[order - 1]:
            break  # longer n-grams hold this one, so none of them matches
    return tuple(found)


def _matches_with_any(reply: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[int, ...]:
    found = []
    for order in range(1, 5):
        most: Counter[Any] = Counter()
        for reference in references:
            most |= Counter(grams(reference, order))
        found.append(sum(min(count, most[gram]) for gram, count in Counter(grams(reply, order)).items()))
    return tuple(found)
