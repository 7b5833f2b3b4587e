"""What the rules ask of a text's words, as one table: a text goes in, its words and phrases come out.

Rules look only at what is asked for here: words of the lexicon with a capital, words of some sets, phrases. The
compiled kernel finds it in one pass; without it the same is found in Python.
"""

from __future__ import annotations

import functools
import itertools
from array import array
from collections.abc import Collection, Iterable, Mapping

from polyclinic.deidentify import kernel
from polyclinic.deidentify.lexicon import CITY, COMMON, CREDENTIAL, EPONYM, MONTH, NAME, STATE, STOP, WORD
from polyclinic.deidentify.pattern_cells import pattern_cells
from polyclinic.deidentify.screens import (
    NumberScreen,
    PlaceScreen,
    around_numbers,
    before_places,
    beside_places,
)
from polyclinic.deidentify.tokens import (
    CAPITAL,
    FEW_CAPITALS,
    KIND,
    LETTER,
    PLACE_WORD,
    STATE_WORD,
    STREET_TYPE,
    TAIL,
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
        self.numbers = numbers
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
        words, caseless, places, months, streets, asked, hits, runs, seen = found[: kernel.HEAD - 1]
        lists = []
        first = kernel.HEAD
        for count in (words, words, words, places, months, streets, asked, hits, hits, runs, runs, runs):
            lists.append(found[first : first + count])
            first += count
        low = in_lower_case(text) if lowered is None else lowered
        seen_at: dict[str, list[int]] = {}
        for pattern, place in zip(lists[7], lists[8], strict=True):
            known = seen_at.setdefault(self._rules[pattern], [])
            if not known or known[-1] != place:
                known.append(place)
        starts, ends, bits = lists[:3]
        return Tokens(
            text,
            starts,
            ends,
            bits,
            bool(caseless),
            low,
            {self._asked[i] for i in lists[6]},
            lists[3],
            lists[4],
            lists[5],
            seen_at,
            list(zip(lists[9], lists[10], lists[11], strict=True)),
            bool(seen & 1),
            bool(seen & 2),
        )

    def _fits(self) -> bool:
        """Say whether the kernel's tables can hold the words."""
        before = before_places(self.places)
        sizes = [*map(len, itertools.chain(self.lexicon, self.sets, self.asked, self.units, before))]
        return (
            min(sizes, default=1) > 0 and max(sizes, default=1) <= kernel.LONGEST and sum(sizes) < kernel.MOST_LETTERS
        )

    def _compiled(self, built: kernel.Kernel) -> kernel.Vocabulary:
        kept = self._kept

        def place(made: array[int]) -> int:
            kept.append(made)
            return made.buffer_info()[0]

        plain = _of_units(self.lexicon.keys() - self.sets.keys())
        others = _of_units(self.sets)
        words = [*plain, *others]
        get, sets_of = self.lexicon.get, self.sets.get
        bits = array("I", map(get, words, itertools.repeat(0)))
        sets = array("I", [LISTED]) * len(plain)
        sets.extend(sets_of(word, 0) | (LISTED if word in self.lexicon else 0) for word in others)
        self._asked = asked = sorted(_of_units(self.asked))
        classes, lower = character_classes()
        pairs = array("B", bytes(128 * 128))
        for pair in self.before_places:
            if len(pair) == 2 and pair.isascii():
                pairs[ord(pair[0]) << 7 | ord(pair[1])] = 1
        self._rules = [rule for rule, several in self.patterns.items() for _ in several]
        symbols = [[symbol for symbol, _ in pieces_of(one)] for several in self.patterns.values() for one in several]
        numbers = array("I", range(len(asked)))
        street_ends = self.numbers.street_ends if self.numbers is not None else frozenset()
        of_streets = array("I", [kernel.STREET_END * (word in street_ends) for word in asked])
        of_patterns = pattern_cells(symbols)
        before = before_places(self.places)
        said = _of_units(before)
        months, boxes, alike = around_numbers(self.numbers)
        return kernel.Vocabulary(
            built.table(words, bits, sets, kept),
            built.table(asked, numbers, of_streets, kept),
            built.table([*self.units], array("I", self.units.values()), array("I", bytes(4 * len(self.units))), kept),
            built.table(
                said, array("I", [before[w][0] for w in said]), array("I", [before[w][1] for w in said]), kept
            ),
            place(beside_places(self.places)),
            self.places.longest_gap if self.places is not None else 0,
            self.places is not None,
            place(months),
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
            WORD,
            EPONYM,
            STOP,
            COMMON,
            MONTH,
            STATE,
            CITY,
            CREDENTIAL,
            PLACE_WORD,
            STATE_WORD,
            STREET_TYPE,
            KIND,
            TAIL,
        )


def _of_units(words: Collection[str]) -> list[str]:
    """Return the words of whose letters each is one unit of UTF-16."""
    whole = max("".join(words), default="") < "\U00010000"
    return [word for word in words if whole or max(word) < "\U00010000"]


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
