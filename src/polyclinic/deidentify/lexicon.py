"""What each word is: bits for the names, titles, months, places and ordinary words of a language, in one look-up."""

from __future__ import annotations

import functools
import importlib.metadata
from pathlib import Path

from polyclinic.deidentify.language import Words
from polyclinic.errors import UserError

LISTS = Path(__file__).parent / "lists"
DICTIONARY = "frequency_dictionary_en_82_765.txt"
CENSUS = "dist.all.last"

GIVEN = 1  # a given name
FAMILY = 2  # a family name
WORD = 4  # a name that is more often a word: counts only where the context says so
EPONYM = 8  # a name that medicine uses for things
TITLE = 16  # Mr, Dr: a name follows
SOFT_TITLE = 32  # nurse, aunt: a name may follow
STOP = 64  # never part of a name
COMMON = 128  # an ordinary word
CREDENTIAL = 256  # MD, RN: a name stands before
MONTH = 512
INSTITUTION = 1024  # the last word of an institution's name
CITY = 2048
STATE = 4096  # states and countries, which may stand
PARTICLE = 8192  # van, de la
SUFFIX = 16384  # Jr, III
STREET = 32768
FEMALE = 65536
RARE = 131072  # an ordinary word that some families are called: a name only where one must stand
PRODUCT = 262144  # a drug, a device, a brand

NAME = GIVEN | FAMILY


@functools.cache
def read_list(name: str) -> frozenset[str]:
    """Return the words of a list that comes with the package; lines that begin with # say where it is from."""
    text = (LISTS / f"{name}.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@functools.cache
def _of_syllables() -> frozenset[str]:
    """Return the given names of two syllables with a hyphen: Sun-Hee, Shu-Fen."""
    text = (LISTS / "given_name_syllables.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return frozenset(f"{a}-{b}" for line in lines for a in line for b in line if a != b or len(a) > 2)


@functools.cache
def read_dictionary() -> frozenset[str]:
    """Return the ordinary words of English: the dictionary of symspellpy (82,765 words, MIT), less its proper nouns.

    Raises UserError when the package has no such file.
    """
    lines = _lines_of("symspellpy", DICTIONARY, "symspellpy>=6.9,<7")
    return frozenset(line.partition(" ")[0] for line in lines) - read_list("capitalised_words")


@functools.cache
def read_census() -> tuple[str, ...]:
    """Return the family names of the US Census of 1990, most frequent first: the list of the package names (MIT).

    Raises UserError when the package has no such file.
    """
    return tuple(line.partition(" ")[0].lower() for line in _lines_of("names", CENSUS, "names>=0.3,<0.4"))


def rank_of_family_names() -> dict[str, int]:
    """Return family name -> 1 to 4: among the first 500, 3,000, 20,000 of the US Census of 1990, further down."""
    return {name: 1 + (i >= 500) + (i >= 3000) + (i >= 20000) for i, name in enumerate(read_census())}


def rank_of_given_names() -> dict[str, int]:
    """Return given name -> 1 to 3: among the first 150, 600 of its sex in the US Census of 1990, further down."""
    ranks: dict[str, int] = {}
    for sex in ("female", "male"):
        for i, line in enumerate(_lines_of("names", f"dist.{sex}.first", "names>=0.3,<0.4")):
            name = line.partition(" ")[0].lower()
            ranks[name] = min(ranks.get(name, 3), 1 + (i >= 150) + (i >= 600))
    return ranks


def rank_of_words() -> dict[str, int]:
    """Return English word -> 1 to 5: among the first 500, 3,000, 10,000, 30,000 of the dictionary, further down."""
    lines = _lines_of("symspellpy", DICTIONARY, "symspellpy>=6.9,<7")
    return {
        line.partition(" ")[0]: 1 + (i >= 500) + (i >= 3000) + (i >= 10000) + (i >= 30000)
        for i, line in enumerate(lines)
    }


def _lines_of(package: str, name: str, wanted: str) -> list[str]:
    """Return the lines of a file that comes with a package, which is not imported."""
    try:  # by its installation: the user may have a names.py of their own
        file = Path(str(importlib.metadata.distribution(package).locate_file(f"{package}/{name}")))
    except importlib.metadata.PackageNotFoundError:
        file = Path(name)
    if not file.is_file():
        raise UserError(
            f"the rules of de-identification need {name} of the package {package}, which is not there: "
            f"pip install '{wanted}'"
        )
    return file.read_text(encoding="utf-8-sig").splitlines()


def make_lexicon(words: Words) -> dict[str, int]:
    """Return word -> bits for a language: the lists of names that come along, and the words of its file."""
    found: dict[str, int] = {}
    english = words.language.startswith("en")
    common = read_list("words") if english else frozenset()
    layers = (
        (common | words["common_words"], COMMON),
        (read_list("female_given_names"), GIVEN | FEMALE),
        (read_list("male_given_names") | read_list("given_names_of_languages") | words["given_names"], GIVEN),
        (read_list("family_names") | read_list("family_names_of_languages") | words["family_names"], FAMILY),
        (words["states"] | words["countries"], STATE | WORD),
        (words["eponyms"] | (read_list("eponyms") if english else frozenset()), EPONYM),
        (read_list("makers") if english else frozenset(), EPONYM),
        (words["titles"], TITLE),
        (words["soft_titles"], SOFT_TITLE),
        (words["not_names"], STOP),
        (words["credentials"] | (read_list("credentials") if english else frozenset()), CREDENTIAL),
        (read_list("products") if english else frozenset(), PRODUCT),
        (frozenset(words.months), MONTH),
        (words["institution_heads"], INSTITUTION),
        (frozenset(p.split()[-1] for p in words["institution_phrases"]), INSTITUTION),
        (words["cities"], CITY),
        (words["particles"], PARTICLE),
        (words["name_suffixes"], SUFFIX),
        (words["street_types"], STREET),
    )
    for entries, bits in layers:
        known = entries & found.keys()
        found |= {word: found[word] | bits for word in known} | dict.fromkeys(entries - known, bits)
    if english:  # the dictionary has names among its words: those stay names
        for word in read_list("countries"):
            if not found.get(word, 0) & (NAME | CITY):
                found[word] = found.get(word, 0) | STATE | WORD
        ordinary = read_dictionary() | read_list("clinical_words")
        known = ordinary & found.keys()
        found |= dict.fromkeys(ordinary - known, COMMON)
        found |= {word: found[word] | COMMON for word in known if not found[word] & (NAME | CITY)}
        roles = words["relations"] | words["name_labels"] | words["soft_titles"] | words["titles"]
        for word in read_census():
            if word in roles or word.removesuffix("s") in roles:
                continue
            if not (bits := found.get(word, 0)):
                if len(word) > 3:
                    found[word] = FAMILY
            elif not bits & NAME:
                found[word] = bits | RARE
        for word in ("husband", "husbands", "cousin", "cousins", "brothers", "sons", "neighbors", "laws"):
            found[word] = found.get(word, 0) & ~FAMILY | COMMON  # families are hardly called so
    for word in _of_syllables():
        first, _, second = word.partition("-")
        if not (found.get(first, 0) & found.get(second, 0) & (COMMON | STOP)):
            found[word] = found.get(word, 0) & ~COMMON | GIVEN
    own = words["given_names"] | words["family_names"]
    for word in read_list("names_that_are_words") - own:
        if word in found:
            found[word] |= WORD
    return found
