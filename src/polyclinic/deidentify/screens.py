"""What the rules look for around words and numbers, for the kernel: where it is not, none of them finds anything.

The rules themselves say it, from their own lists; whoever changes a list changes both.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from polyclinic.deidentify import kernel
from polyclinic.deidentify.look_back import LookBack


@dataclass(frozen=True)
class PlaceScreen:
    """What tells, without the rules, that none of them finds a place at a word."""

    # Words right before a place -> which words have to stand before these: right there, or among three; None for any.
    announcers: Mapping[str, tuple[frozenset[str], frozenset[str]] | None]
    labels: frozenset[str]  # the last words of what stands before a colon and a place
    listing: frozenset[str]  # what stands between a place and one more, in lower case
    after_degrees: tuple[str, ...]  # signs between a degree and a place
    between: frozenset[str]  # characters between words that are joined; all those beyond ASCII may stand there too
    longest_gap: int  # of characters between words that are joined
    headings: frozenset[str]  # signs behind a word of the set KIND with which it ends no name

    @property
    def listed(self) -> frozenset[str]:
        """The last words or signs between a place and one more."""
        return frozenset(words[-1] for words in map(str.split, self.listing) if words)


@dataclass(frozen=True)
class NumberScreen:
    """What tells, without the rules, that none of them finds anything at a number of one or two digits."""

    months: frozenset[str]  # the three letters with which months begin
    boxes: LookBack  # what stands before the number of a box
    alike: str  # letters that a reader of scanned pages takes digits for
    street_ends: frozenset[str]  # words asked for without which a text has no streets


def before_places(screen: PlaceScreen | None) -> dict[str, tuple[int, int]]:
    """Return the words that stand before places with the kernel's two numbers.

    Which groups of words a word is of, and what it says itself; which groups are asked for right before it, and which
    among three words.
    """
    if screen is None:
        return {}
    found: dict[str, list[int]] = {}
    groups: dict[frozenset[str], int] = {}
    for word, asked in screen.announcers.items():
        own = found.setdefault(word, [0, 0])
        if asked is None or len(groups | dict.fromkeys(asked)) > kernel.GROUPS:
            own[0] |= kernel.ALWAYS
            continue
        for words, shift in zip(asked, (0, kernel.GROUPS), strict=True):
            if words:
                own[1] |= 1 << groups.setdefault(words, len(groups)) + shift
    marked: list[tuple[Iterable[str], int]] = [(words, 1 << group) for words, group in groups.items()]
    marked += [(screen.labels, kernel.LABEL), (screen.listed, kernel.WORD_LISTS), (("the",), kernel.ARTICLE)]
    for several, bit in marked:
        for word in several:
            found.setdefault(word, [0, 0])[0] |= bit
    return {word: (one, other) for word, (one, other) in found.items()}


def beside_places(screen: PlaceScreen | None) -> array[int]:
    """Return what each character of ASCII says beside a place, as the kernel's bits."""
    characters = array("B", bytes(128))
    if screen is None:
        return characters
    signs = {word[-1] for word in screen.listed if not word[-1].isalnum()}
    behind = {gap[0] for gap in screen.after_degrees}
    for code, character in enumerate(map(chr, range(128))):
        characters[code] = (
            kernel.BETWEEN * (character.lower() in screen.between)
            | kernel.HEADING * (character in screen.headings)
            | kernel.SIGN_LISTS * (character in signs)
            | kernel.AFTER_DEGREE * (character in behind)
        )
    return characters


def around_numbers(screen: NumberScreen | None) -> tuple[array[int], array[int], array[int]]:
    """Return the beginnings of months, the pairs of letters before a box, and look-alikes of digits.

    No months say that the kernel shall leave no number out.
    """
    months, boxes, alike = array("I"), array("B", bytes(128 * 128)), array("B", bytes(128))
    if screen is None or not all(len(m) == 3 and m.isascii() and m.islower() for m in screen.months):
        return months, boxes, alike
    months.extend(ord(month[0]) << 16 | ord(month[1]) << 8 | ord(month[2]) for month in sorted(screen.months))
    for letter in filter(str.isascii, screen.alike):
        alike[ord(letter)] = 1
    alone = [letter + chr(code) for letter in screen.boxes.firsts for code in range(128)]
    for pair in (*screen.boxes.pairs, *alone):
        if len(pair) == 2:
            boxes[ord(pair[0]) << 7 | ord(pair[1])] = 1
    return months, boxes, alike
