"""What the lists say of a word, for the tagger: the lexicon's bits, ranks of names and words, its own number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import rank_of_family_names, rank_of_given_names, rank_of_words, read_list

LISTED, WRITTEN_LARGE, SPOKEN = 1, 2, 64
LETTER, UPPER, LOWER, SPACE, DIGIT = 1, 2, 4, 8, 16
SAME = {0x2019: 0x27, 0x2010: 0x2D, 0x2011: 0x2D}  # apostrophes and hyphens
SIGNS = frozenset(map(chr, SAME))
OF_NUMBERS = frozenset(words_of("oh zero double triple nought dash first of"))
CHARACTERS = 65536  # that are looked at; others are signs


class WordEntry(NamedTuple):
    """A word of some list."""

    bits: int = 0  # of the lexicon
    identity: int = 0  # among the words that have weights of their own; 0 for others
    frequency: int = 0  # 6 times the rank as a family name, + the rank among English words
    kinds: int = 0  # LISTED, WRITTEN_LARGE, SPOKEN, 4 times the rank as a given name


def spoken_words(words: Words) -> frozenset[str]:
    """Return the words of a language that may be a part of a date or a number, whatever their letters."""
    return frozenset(words["number_words"]) | words.ordinals.keys() | words.months.keys() | OF_NUMBERS


def word_entries(lexicon: Mapping[str, int], own: Iterable[str], spoken: Iterable[str] = ()) -> dict[str, WordEntry]:
    """Return what is known of each word, in lower case.

    Args:
        lexicon: word -> bits.
        own: words and signs that have weights of their own, in the order of their numbers, from 3 on.
        spoken: words that are always looked at, from `spoken_words`.
    """
    identities = {word: number for number, word in enumerate(own, start=3)}
    family, given, words = rank_of_family_names(), rank_of_given_names(), rank_of_words()
    large, said = read_list("capitalised_words"), frozenset(spoken)
    entries = {}
    listed, number, name, rank, first = lexicon.get, identities.get, family.get, words.get, given.get
    for word in {*lexicon, *identities, *family, *words, *large, *said}:
        if not word.isascii() and not SIGNS.isdisjoint(word):
            continue  # texts have the plain signs when they are looked up
        bits = listed(word)
        kinds = (bits is not None) + 2 * (word in large) + 4 * first(word, 0) + SPOKEN * (word in said)
        entries[word] = WordEntry(bits or 0, number(word, 0), 6 * name(word, 0) + rank(word, 0), kinds)
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
