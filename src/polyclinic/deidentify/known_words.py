"""What is known of the capitalised words of a text: ordinary, a thing that bears a name, a name, nothing."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import (
    CITY,
    COMMON,
    CREDENTIAL,
    EPONYM,
    GIVEN,
    INSTITUTION,
    MONTH,
    NAME,
    PARTICLE,
    SOFT_TITLE,
    STATE,
    STOP,
    STREET,
    SUFFIX,
    TITLE,
    WORD,
    read_list,
)
from polyclinic.deidentify.ordinary_words import is_ordinary, is_slip
from polyclinic.deidentify.tokens import Tokens

# What is known of a word: no name; in no list, but formed like a word; a name or a word; nothing; a name
SAFE, SHAPED, EITHER, UNKNOWN, SURE = range(5)
NOT_NAMES_ALONE = (
    WORD | EPONYM | STOP | STATE | MONTH | CREDENTIAL | TITLE | SOFT_TITLE | INSTITUTION | STREET | SUFFIX
)
MOST_KEPT = 100_000  # words of no list of which is kept what was said
# What people have too: Sophia's cell, Ann's knee
OWNED = frozenset(
    words_of(
        "attack attacks body bodies breathing cell cells collar ear elbow eye finger foot hand hip hold knee level "
        "levels lung muscle nerve nodes pain position pressure procedure pump rash repair response seizure seizures "
        "shoulder skin spot step study tests test toe tube ulcer vision wound diet fracture medication exercises "
        "brace sling boot dressing monitor inventory questionnaire score scores operation surgery stage"
    )
)
_FOLLOWING = re.compile(
    r"(?:['’`]?[sS]?(?:[-–/][A-Z][\w'’]+)*(?P<other>\s(?:and|or|&|AND|OR)\s[A-Z][\w'’]+)?(?: |\n)|"
    r"[-–][A-Z]?[\w'’]*(?:[-–]\w+)*\s*)(?:(?:(?P<sort>type|grade|class|stage)|like|B|A)\s+)?(?P<thing>[A-Za-z]+)"
)


class KnownWords:
    """What the lists of a language know of words."""

    def __init__(self, words: Words, lexicon: dict[str, int]) -> None:
        """Take the lists."""
        self.lexicon = lexicon
        self.relations = words["relations"]
        self.things = words["eponym_things"]
        if words.language.startswith("en"):
            self.things = self.things | read_list("eponym_things")
        self._unlisted: dict[str, int] = {}

    def kind_of(self, tokens: Tokens, i: int) -> int:
        """Say what the lists know of a word: SAFE to SURE."""
        bit = tokens.bits[i]
        if bit & NAME:
            if bit & COMMON and tokens.lower[i] in self.relations:
                return SAFE
            return EITHER if bit & NOT_NAMES_ALONE else SURE
        if bit & ~(CITY | PARTICLE):
            return SAFE
        word = tokens.lower[i]
        kind = self._unlisted.get(word)
        if kind is None:
            if len(self._unlisted) > MOST_KEPT:
                self._unlisted.clear()
            kind = self._unlisted[word] = self._of_no_list(word)
        return kind

    def _of_no_list(self, word: str) -> int:
        if is_ordinary(word, self.lexicon):
            return SAFE if self.lexicon.get(word.rstrip("s"), 0) & COMMON else SHAPED
        slip = is_slip(word, self.lexicon)
        if slip and len(word) < 7:
            return SAFE
        return SHAPED if slip or (len(word) > 5 and word.endswith(("ed", "ing"))) else UNKNOWN

    def is_thing(self, tokens: Tokens, i: int) -> bool:
        """Say whether a name is that of a disease, a sign or an instrument: Bell's palsy, Fitzpatrick type II."""
        text, end, bit = tokens.text, tokens.ends[i], tokens.bits[i]
        found = _FOLLOWING.match(text[end : end + 40])
        if found is None:
            return False
        word = found["thing"].lower()
        following = i + 1 < len(tokens.starts) and tokens.starts[i + 1] == end + 1
        if following and bit & EPONYM and tokens.bits[i + 1] & EPONYM:
            return self.is_thing(tokens, i + 1)  # Graham Steell murmur
        if found["sort"] and found["thing"].isupper():
            return True
        if word in self.things:
            if word in OWNED and (bit & NAME or not bit) and not bit & EPONYM and found[0][:1] in ("'", "’"):
                return False
            if bit & GIVEN and not bit & (EPONYM | WORD) and found["thing"][1:].islower() != found["thing"].islower():
                return False  # Eric Vein
            return found["other"] is None or word[-1] == "s"
        return bool(found[0].startswith(("-", "–")) and bit & EPONYM)


def starts_sentence(tokens: Tokens, i: int) -> bool:
    """Say whether a word begins a sentence, a line, or what stands behind a sign."""
    before = tokens.text[max(0, tokens.starts[i] - 4) : tokens.starts[i]].rstrip(" \t")
    return not before or before[-1] in '.:\n!?•*-)"“' or before[-1].isdigit()
