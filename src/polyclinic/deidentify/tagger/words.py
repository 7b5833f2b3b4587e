"""What the lists say of a word, for the tagger: the lexicon's bits, ranks of names and words, its own number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from polyclinic.deidentify.lexicon import rank_of_family_names, rank_of_given_names, rank_of_words, read_list

LISTED, WRITTEN_LARGE = 1, 2
LETTER, UPPER, LOWER, SPACE, DIGIT = 1, 2, 4, 8, 16
SAME = {0x2019: 0x27, 0x2010: 0x2D, 0x2011: 0x2D}  # apostrophes and hyphens
CHARACTERS = 65536  # that are looked at; others are signs


@dataclass(frozen=True, slots=True)
class WordEntry:
    """A word of some list."""

    bits: int = 0  # of the lexicon
    identity: int = 0  # among the words that have weights of their own; 0 for others
    frequency: int = 0  # 6 times the rank as a family name, + the rank among English words
    kinds: int = 0  # LISTED, WRITTEN_LARGE, 4 times the rank as a given name


def word_entries(lexicon: Mapping[str, int], own: Iterable[str]) -> dict[str, WordEntry]:
    """Return what is known of each word, in lower case.

    Args:
        lexicon: word -> bits.
        own: words and signs that have weights of their own, in the order of their numbers, from 3 on.
    """
    identities = {word: number for number, word in enumerate(own, start=3)}
    family, given, words = rank_of_family_names(), rank_of_given_names(), rank_of_words()
    large = read_list("capitalised_words")
    entries = {}
    for word in {*lexicon, *identities, *family, *words, *large}:
        if any(sign in word for sign in map(chr, SAME)):
            continue  # texts have the plain signs when they are looked up
        kinds = LISTED * (word in lexicon) | WRITTEN_LARGE * (word in large) | given.get(word, 0) << 2
        frequency = 6 * family.get(word, 0) + words.get(word, 0)
        entries[word] = WordEntry(lexicon.get(word, 0), identities.get(word, 0), frequency, kinds)
    return entries


def class_of(character: str) -> int:
    """Return what a character is, as bits."""
    if ord(character) >= CHARACTERS:
        return 0
    return (
        LETTER * character.isalpha()
        | UPPER * character.isupper()
        | LOWER * character.islower()
        | SPACE * character.isspace()
        | DIGIT * character.isdecimal()
    )


def small(character: str) -> int:
    """Return the code of a character in lower case, with one sign for all apostrophes and one for all hyphens."""
    code = ord(character)
    if code < CHARACTERS:
        lowered = character.lower()
        if len(lowered) == 1 and ord(lowered) < CHARACTERS:
            code = ord(lowered)
    return SAME.get(code, code)
