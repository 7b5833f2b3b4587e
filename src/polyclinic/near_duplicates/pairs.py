"""Texts held in memory: all pairs that are alike, and their clusters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polyclinic.near_duplicates.buckets import bucket_pairs, distinct_pairs
from polyclinic.near_duplicates.clusters import Clusters
from polyclinic.near_duplicates.jaccard import jaccard, run_sets
from polyclinic.near_duplicates.signatures import MinHash, band_keys, signatures


@dataclass(frozen=True)
class SimilarPair:
    """Two texts that are alike."""

    first: int  # place in the list of texts
    second: int  # a later place
    jaccard: float  # what their sets of runs have in common


def similar_pairs(
    texts: Sequence[str], threshold: float = 0.8, plan: MinHash | None = None, *, compiled: bool = True
) -> list[SimilarPair]:
    """Return the pairs of texts whose Jaccard index is `threshold` or more, in the order of their places.

    Candidates come from MinHash, so that a pair is missed with the probability that `MinHash.chance` leaves; their
    index is exact. Where more than nine texts are all alike, not every pair of them is listed, but enough for all to
    be in one cluster (see `bucket_pairs`). Texts without words are not compared.

    Args:
        texts: what is compared; lowering the threshold much below 0.7 asks for a plan with fewer rows.
        threshold: from 0 to 1.
        plan: MinHash() if none is given.
        compiled: whether the kernel may be used where it is installed; what comes out is the same.
    """
    import numpy as np

    plan = plan or MinHash()
    sets = run_sets(texts, plan.words, compiled=compiled)
    worded = np.flatnonzero(sets.sizes)
    keys = band_keys(signatures((texts[i] for i in worded.tolist()), plan, compiled=compiled), plan)
    found = [bucket_pairs(keys[:, place], worded) for place in range(keys.shape[1])]
    candidates = distinct_pairs(np.concatenate(found))
    values = jaccard(sets, candidates, compiled=compiled)
    kept = np.flatnonzero(values >= threshold)
    return [
        SimilarPair(first, second, value)
        for (first, second), value in zip(candidates[kept].tolist(), values[kept].tolist(), strict=True)
    ]


def clusters_of(count: int, pairs: Iterable[SimilarPair]) -> list[int]:
    """Return for each of `count` texts the first of those it hangs together with; itself when it stands alone."""
    import numpy as np

    clusters = Clusters(count)
    clusters.join(np.array([(pair.first, pair.second) for pair in pairs], dtype=np.int64).reshape(-1, 2))
    return [int(first) for first in clusters.all_first()]
