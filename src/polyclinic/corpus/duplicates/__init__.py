"""Duplicates among more documents than memory holds: a row of stages, each made in parts that a kill does not undo.

    units        the row groups of all corpora; what is no Parquet folder of ours is written as one first
    sketches     of each document: hash of its text, keys of its signature, how good a copy it is
    exact        documents with the same text
    unique       one of each such group goes on
    candidates   documents with a key in common: sorted buckets
    pairs        each pair once
    run-sets     of the documents in pairs: hashes of their runs of words
    compared     pairs whose exact Jaccard index is high enough
    chosen       clusters of pairs, and the document that is kept of each
    listed       the index of each removed document with the one that is kept
    written      the documents that are kept

In: folders of documents. Out: numbers of documents, in the folder of the job; `corpus.deduplicate` makes documents of
them.
"""
