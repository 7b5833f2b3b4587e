"""Labelled notes once more, with other names and other letters: what the tagger learns has to hold for all names.

The words of names are exchanged for others (the same word for the same word of a note), rare ones, made-up ones and
ordinary words among them; a part of the notes loses its capitals, or these and its signs, or has capitals alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from polyclinic.deidentify.lexicon import COMMON, FAMILY, GIVEN, rank_of_family_names, rank_of_words, read_census
from polyclinic.deidentify.spans import Span

WORD = re.compile(r"[^\W\d_]+")
SIGNS = re.compile(r"[.,;:!?()\"-]")
SYLLABLES = (
    *("ba", "ko", "lin", "zhu", "wat", "der", "ska", "mei", "tor", "ua", "vle"),
    *("ny", "quo", "har", "is", "eno", "da", "ri", "pho", "xi"),
)
LETTERS = ("as it is", "as it is", "as it is", "lower", "spoken", "capitals", "scanned")
# What a reader of scanned pages takes a letter or a digit for.
MISREAD = {
    **{
        "o": "0",
        "O": "0",
        "l": "1I",
        "I": "1l",
        "i": "l1",
        "S": "5",
        "s": "5",
        "B": "8",
        "e": "c",
        "c": "e",
        "a": "o",
    },
    **{
        "h": "b",
        "b": "h",
        "n": "u",
        "u": "n",
        "t": "f",
        "f": "t",
        "g": "q9",
        "Z": "2",
        "z": "2",
        "G": "6C",
        "D": "0O",
    },
    **{
        "A": "4",
        "T": "7",
        "y": "v",
        "v": "y",
        "r": "n",
        "E": "F",
        "0": "Oo",
        "1": "lI",
        "5": "S",
        "8": "B",
        "2": "Z",
    },
    **{"6": "G", ".": ",", ",": ".", "/": "1l", "-": "~_", "q": "g", "d": "cl"[0], "m": "n", "w": "v"},
}
MISREADS = (0.01, 0.03, 0.07)  # share of the letters of a scanned note that is misread; drawn for each note
KEPT = 0.3  # share of the words of names that stay
MADE_UP = 0.1  # share that becomes a word of syllables
ORDINARY = (
    0.03,
    0.15,
    0.3,
)  # share of a note's that becomes a word that is an ordinary one, too; drawn for each note
FREQUENT = 4  # rank of ordinary words down to which they are taken
MOST_FAMILIES = 40_000


@dataclass(frozen=True, slots=True)
class NameWords:
    """What names are exchanged for."""

    lexicon: Mapping[str, int]
    given: tuple[str, ...]
    family: tuple[str, ...]
    ordinary: tuple[tuple[str, ...], ...]  # families, given names, given names again, words


def name_words(lexicon: Mapping[str, int]) -> NameWords:
    """Return the words of names by their kinds, from the lists of a language."""
    ranks = rank_of_words()
    frequent = {word for word, rank in ranks.items() if rank <= FREQUENT}
    given = tuple(sorted(word for word, bits in lexicon.items() if bits & GIVEN and "-" not in word))
    both = tuple(word for word in given if word in frequent)
    words = tuple(sorted(word for word in frequent if lexicon.get(word, 0) & COMMON and word.isalpha()))
    families = tuple(sorted(word for word in rank_of_family_names() if word in frequent))
    return NameWords(lexicon, given, read_census()[:MOST_FAMILIES], (families, both, both, words))


def with_other_names(text: str, spans: Sequence[Span], names: NameWords, random: Random) -> tuple[str, list[Span]]:
    """Return a note with other names, and in other letters perhaps.

    Args:
        text: the note.
        spans: its labels, without overlaps, in order.
        names: from `name_words`.
        random: draws.
    """
    pieces: list[str] = []
    moved: list[Span] = []
    last = size = 0
    known: dict[str, str] = {}
    ordinary = random.choice(ORDINARY)
    for span in spans:
        between, inside = text[last : span.start], text[span.start : span.end]
        if span.type == "name":
            inside = WORD.sub(lambda word: _exchanged(word[0], known, names, random, ordinary), inside)
        moved.append(Span(size + len(between), size + len(between) + len(inside), span.type))
        pieces += [between, inside]
        size += len(between) + len(inside)
        last = span.end
    return _in_letters("".join([*pieces, text[last:]]), random.choice(LETTERS), random), moved


def _exchanged(word: str, known: dict[str, str], names: NameWords, random: Random, ordinary: float) -> str:
    if len(word) < 3:
        return word  # an initial, a particle
    plain = word.lower()
    if plain not in known:
        known[plain] = _other(plain, names, random, ordinary)
    other = known[plain]
    return other.upper() if word.isupper() else other if word.islower() else other.capitalize()


def _other(word: str, names: NameWords, random: Random, ordinary: float) -> str:
    draw, bits = random.random(), names.lexicon.get(word, 0)
    if draw < KEPT:
        return word
    if random.random() < ordinary:
        return random.choice(random.choice(names.ordinary))
    if draw < KEPT + MADE_UP:
        return "".join(random.choice(SYLLABLES) for _ in range(random.randint(2, 4)))
    if bits & GIVEN and (not bits & FAMILY or draw < 0.6):
        return random.choice(names.given)
    return random.choice(names.family)


def _in_letters(text: str, letters: str, random: Random) -> str:
    if letters == "scanned":
        share = random.choice(MISREADS)
        return "".join(random.choice(MISREAD[c]) if c in MISREAD and random.random() < share else c for c in text)
    changed = {"as it is": text, "capitals": text.upper()}.get(letters, text.lower())
    if len(changed) != len(text):  # a letter that is two in the other case
        return text
    return SIGNS.sub(" ", changed) if letters == "spoken" else changed
