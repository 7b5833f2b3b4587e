"""Texts as the hashes of their words: what near-duplicates and shared runs of words are found by.

In: texts. Out: one 64-bit number for each word, the same on every machine. `kernel/` does it in C where it was built,
numpy with the same numbers elsewhere. This room knows nothing about records, tasks or models.
"""

from polyclinic.word_hashes.hashes import WordHashes, hash_words, mixed, run_hashes, run_starts
from polyclinic.word_hashes.pieces import Piece, overlapping_pieces, pieces
from polyclinic.word_hashes.words import ascii_or_words, word_spans, words_of

__all__ = [
    "Piece",
    "WordHashes",
    "ascii_or_words",
    "hash_words",
    "mixed",
    "overlapping_pieces",
    "pieces",
    "run_hashes",
    "run_starts",
    "word_spans",
    "words_of",
]
