"""Texts that are nearly the same: MinHash signatures, buckets, exact Jaccard indices, clusters.

In: texts. Out: which are alike, how much, and which hang together. Two texts are compared as the sets of their runs
of words; `similar_pairs` does all of it in memory, the other functions are what it is made of, for whoever has more
texts than memory (`corpus.deduplicate`). This room knows nothing about records, tasks or models.
"""

from polyclinic.near_duplicates.buckets import bucket_pairs, distinct_pairs
from polyclinic.near_duplicates.clusters import Clusters
from polyclinic.near_duplicates.jaccard import RunSets, jaccard, run_sets
from polyclinic.near_duplicates.pairs import SimilarPair, clusters_of, similar_pairs
from polyclinic.near_duplicates.signatures import MinHash, band_keys, estimated_jaccard, signatures

__all__ = [
    "Clusters",
    "MinHash",
    "RunSets",
    "SimilarPair",
    "band_keys",
    "bucket_pairs",
    "clusters_of",
    "distinct_pairs",
    "estimated_jaccard",
    "jaccard",
    "run_sets",
    "signatures",
    "similar_pairs",
]
