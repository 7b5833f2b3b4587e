"""What the rules ask of a text's words, as one table: a text goes in, its words and phrases come out.

Rules look only at what is asked for here: words of the lexicon with a capital, words of some sets, phrases. The
compiled kernel finds it in one pass; without it the same is found in Python.
"""

from __future__ import annotations

import functools
import itertools
from array import array
from collections.abc import Iterable, Mapping

from polyclinic.deidentify import kernel
from polyclinic.deidentify.lexicon import CITY, COMMON, CREDENTIAL, EPONYM, GIVEN, MONTH, NAME, STATE, STOP, WORD
from polyclinic.deidentify.pattern_cells import pattern_cells
from polyclinic.deidentify.tokens import (
    CAPITAL,
    FEW_CAPITALS,
    KIND,
    LETTER,
    NAME_OR_ROLE,
    PLACE_WORD,
    STATE_WORD,
    STREET_TYPE,
    NumberScreen,
    PlaceScreen,
    Tokens,
    in_lower_case,
    is_pattern,
    pieces_of,
    tokenize,
)

LISTED = 1 << 31  # the lexicon has it


class Vocabulary:
    """The words, sets and phrases that one language's rules ask for."""

    def __init__(
        self,
        lexicon: Mapping[str, int],
        sets: Mapping[int, Iterable[str]],
        asked: Iterable[str],
        patterns: Mapping[str, Iterable[str]],
        before_places: Iterable[str],
        units: Mapping[str, int],
        places: PlaceScreen | None = None,
        numbers: NumberScreen | None = None,
        *,
        compiled: bool = True,
    ) -> None:
        """Make the table.

        Args:
            lexicon: word -> bits, from `make_lexicon`.
            sets: PLACE_WORD, ... -> its words in lower case.
            asked: words between spaces, signs and all, in lower case.
            patterns: name of a rule -> what tells where it may find something, see `pieces_of` of tokens.py.
            before_places: two letters each, with which a word ends that may stand before a place.
            units: words -> MEASURED or COUNTED, with which a number in front of them is passed over.
            places: what stands before and beside places; None when the kernel shall leave none out.
            numbers: what stands around numbers, likewise.
            compiled: whether the kernel may be used where it is installed; what is found is the same.
        """
        self.lexicon = lexicon
        self.sets: dict[str, int] = {}
        for bit, words in sets.items():
            for word in words:
                self.sets[word] = self.sets.get(word, 0) | bit
        self.asked = frozenset(asked)
        self.patterns = {rule: tuple(several) for rule, several in patterns.items()}
        for pattern in itertools.chain(*self.patterns.values()):
            if not is_pattern(pattern):
                raise ValueError(f"{pattern!r}: a pattern begins with two letters or signs of ASCII")
        self.before_places = frozenset(before_places)
        self.units = dict(units)
        self.places = places
        self.number_screen = numbers
        self._kept: list[object] = []  # what the kernel's table points to
        self._kernel = kernel.installed() if compiled and self._fits() else None
        if self._kernel is not None:
            self._made = self._compiled(self._kernel)

    def read(self, text: str) -> Tokens:
        """Return the words and phrases of a text that rules ask for."""
        if self._kernel is not None and (found := self._kernel.scan(self._made, text)) is not None:
            return self._tokens(text, *found)
        return tokenize(text, self)

    def _tokens(self, text: str, found: list[int], lowered: str | None) -> Tokens:
        """Return what the kernel found."""
        words, caseless, names, places, months, streets, asked, hits, runs, seen = found[: kernel.HEAD - 1]
        lists = []
        first = kernel.HEAD
        for count in (words, words, words, names, places, months, streets, asked, hits, hits, runs, runs, runs):
            lists.append(found[first : first + count])
            first += count
        low = in_lower_case(text) if lowered is None else lowered
        seen_at: dict[str, list[int]] = {}
        for pattern, place in zip(lists[8], lists[9], strict=True):
            known = seen_at.setdefault(self._rules[pattern], [])
            if not known or known[-1] != place:
                known.append(place)
        return Tokens(
            text,
            lists[0],
            lists[1],
            [low[start:end] for start, end in zip(lists[0], lists[1], strict=True)],
            lists[2],
            bool(caseless),
            low,
            {self._asked[i] for i in lists[7]},
            *lists[3:7],
            seen_at,
            list(zip(*lists[10:13], strict=True)),
            bool(seen & 1),
            bool(seen & 2),
        )

    def _fits(self) -> bool:
        """Say whether the kernel's tables can hold the words."""
        before = _before_places(self.places)
        every = [word for words in (self.lexicon, self.sets, self.asked, self.units, before) for word in words]
        sizes = [len(word) for word in every]
        return (
            min(sizes, default=1) > 0 and max(sizes, default=1) <= kernel.LONGEST and sum(sizes) < kernel.MOST_LETTERS
        )

    def _compiled(self, built: kernel.Kernel) -> kernel.Vocabulary:
        kept = self._kept

        def place(made: array[int]) -> int:
            kept.append(made)
            return made.buffer_info()[0]

        others = [word for word in self.sets if word not in self.lexicon]
        words = [word for word in (*self.lexicon, *others) if _of_units(word)]
        get, sets_of = self.lexicon.get, self.sets.get
        bits = array("I", [get(word, 0) for word in words])
        sets = array("I", [sets_of(word, 0) | (LISTED if word in self.lexicon else 0) for word in words])
        self._asked = asked = sorted(filter(_of_units, self.asked))
        classes, lower = character_classes()
        pairs = array("B", bytes(128 * 128))
        for pair in self.before_places:
            if len(pair) == 2 and pair.isascii():
                pairs[ord(pair[0]) << 7 | ord(pair[1])] = 1
        self._rules = [rule for rule, several in self.patterns.items() for _ in several]
        symbols = [[symbol for symbol, _ in pieces_of(one)] for several in self.patterns.values() for one in several]
        around = self.number_screen
        street_ends = around.street_ends if around is not None else frozenset()
        numbers = array("I", range(len(asked)))
        of_streets = array("I", [kernel.STREET_END * (word in street_ends) for word in asked])
        months = sorted(around.months) if around is not None and _has_months(around.months) else []
        alike, boxes = array("B", bytes(128)), array("B", bytes(128 * 128))
        if around is not None:
            for letter in filter(str.isascii, around.alike):
                alike[ord(letter)] = 1
            for pair in itertools.product(map(chr, range(128)), repeat=2):
                two = "".join(pair).lower()
                boxes[ord(pair[0]) << 7 | ord(pair[1])] = two in around.boxes.pairs or two[0] in around.boxes.firsts

        of_patterns = pattern_cells(symbols)
        before = {word: two for word, two in _before_places(self.places).items() if _of_units(word)}
        characters = array("B", bytes(128))
        if self.places is not None:
            for code, character in enumerate(map(chr, range(128))):
                characters[code] = kernel.BETWEEN * (character.lower() in self.places.between)
                characters[code] |= kernel.HEADING * (character in self.places.headings)
                characters[code] |= kernel.SIGN_LISTS * (
                    not character.isalnum() and character in {word[-1] for word in self.places.listed}
                )
                characters[code] |= kernel.AFTER_DEGREE * (
                    character in {gap[:1] for gap in self.places.after_degrees}
                )
        return kernel.Vocabulary(
            built.table(words, bits, sets, kept),
            built.table(asked, numbers, of_streets, kept),
            built.table([*self.units], array("I", self.units.values()), array("I", bytes(4 * len(self.units))), kept),
            built.table([*before], *(array("I", [two[i] for two in before.values()]) for i in (0, 1)), kept),
            place(characters),
            self.places.longest_gap if self.places is not None else 0,
            self.places is not None,
            place(array("I", [ord(a) << 16 | ord(b) << 8 | ord(c) for a, b, c in months])),
            len(months),
            place(boxes),
            place(alike),
            place(classes),
            place(lower),
            place(pairs),
            *map(place, of_patterns),
            len(symbols),
            FEW_CAPITALS,
            LISTED,
            NAME,
            NAME_OR_ROLE,
            WORD,
            EPONYM,
            STOP,
            COMMON,
            MONTH,
            STATE,
            GIVEN,
            CITY,
            CREDENTIAL,
            PLACE_WORD,
            STATE_WORD,
            STREET_TYPE,
            KIND,
        )


def _has_months(months: frozenset[str]) -> bool:
    """Say whether the kernel can look for months that begin so."""
    return len(months) > 0 and all(len(month) == 3 and month.isascii() and month.islower() for month in months)


def _before_places(screen: PlaceScreen | None) -> dict[str, tuple[int, int]]:
    """Return the words that stand before places with the kernel's two numbers: which groups of words a word is of,
    and what it says itself; which groups are asked for right before it, and which among three words."""
    found: dict[str, list[int]] = {}
    groups: dict[frozenset[str], int] = {}
    if screen is None:
        return {}
    for word, asked in screen.announcers.items():
        own = found.setdefault(word, [0, 0])
        if asked is None or len(groups | dict.fromkeys(asked)) > kernel.GROUPS:
            own[0] |= kernel.ALWAYS
            continue
        for words, shift in zip(asked, (0, kernel.GROUPS), strict=True):
            if words:
                group = groups.setdefault(words, len(groups))
                own[1] |= 1 << group + shift
    for words, group in groups.items():
        for word in words:
            found.setdefault(word, [0, 0])[0] |= 1 << group
    for words, bit in (
        (screen.labels, kernel.LABEL),
        (screen.listed, kernel.WORD_LISTS),
        (("the",), kernel.ARTICLE),
    ):
        for word in words:
            found.setdefault(word, [0, 0])[0] |= bit
    return {word: (one, other) for word, (one, other) in found.items()}


def _of_units(word: str) -> bool:
    """Say whether each letter of a word is one unit of UTF-16."""
    return word.isascii() or max(word) < "\U00010000"


@functools.cache
def character_classes() -> tuple[array[int], array[int]]:
    """Return what each of the first 65,536 characters is, and its lower case where that is one character."""
    every = [chr(code) for code in range(kernel.UNITS)]
    classes = array(
        "B", [kernel.ALNUM * c.isalnum() + kernel.SPACE * c.isspace() + kernel.DIGIT * c.isdecimal() for c in every]
    )
    for sign in ".:^":
        classes[ord(sign)] += kernel.SIGN
    for code, low in enumerate(map(str.lower, every)):
        if len(low) != 1 or code == 0x3A3:  # the last sigma of a word has another lower case
            classes[code] += kernel.ODD
    for match, bit in ((LETTER, kernel.LETTER), (CAPITAL, kernel.CAPITAL)):
        for found in match.finditer("".join(every[:0x2000])):
            classes[ord(found[0])] += bit
    lower = array("H", [ord(low) if len(low := c.lower()) == 1 else ord(c) for c in every])
    return classes, lower
