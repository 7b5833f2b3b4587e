"""The patterns of a vocabulary as the kernel's tables: which begin with three characters, and what is behind.

A character has one of a few codes, and what begins with three codes is one cell. The table of cells is large, but of
three letters few are usual: what is read of it stays near the processor.
"""

from __future__ import annotations

import functools
import itertools
import re
from array import array
from collections.abc import Callable, Iterable, Sequence

from polyclinic.deidentify.kernel import CODES
from polyclinic.deidentify.tokens import FIRST, LAST, PIECES

SPACE = 54  # the code of blanks, behind those of letters and digits
OTHERS = 0  # the code of all characters beyond ASCII, and of the first of it
EVERY = frozenset(range(CODES))
SPACES = next(symbol for text, symbol in PIECES if text == r"\s+")
CLASSES = {
    text: symbol for text, symbol in PIECES if text in (r"\s", r"\s+", r"\d")
}  # with others than ASCII in them


def codes_of_ascii(patterns: Iterable[Sequence[int]]) -> bytes:
    """Return the code of each character of ASCII; signs that no pattern begins with have that of the others."""
    signs = {symbol for symbols in patterns for symbol in symbols[:4] if symbol < 128}
    found = bytearray(128)
    next_sign = SPACE + 1
    for code, letter in enumerate(map(chr, range(128))):
        if letter.isalpha():
            found[code] = code - ord("a") + 1 if letter.islower() else code - ord("A") + 27
        elif letter.isdigit():
            found[code] = SPACE - 1
        elif letter.isspace():
            found[code] = SPACE
        elif code in signs:
            found[code] = min(next_sign, CODES - 1)
            next_sign += 1
    return bytes(found)


def _codes_of(symbol: int, codes: bytes) -> frozenset[int]:
    """Return the codes of what a symbol of a pattern stands for."""
    if symbol < 128:
        both = {codes[symbol], codes[ord(chr(symbol).upper())]} if chr(symbol).islower() else {codes[symbol]}
        return frozenset(both)
    expression = re.compile(next(text for text, number in PIECES if number == symbol))
    found = {codes[code] for code in range(128) if expression.match(chr(code))}
    return frozenset(found | {OTHERS} if symbol in CLASSES.values() else found)


def pattern_cells(
    patterns: Sequence[Sequence[int]],
) -> tuple[array[int], array[int], array[int], array[int], array[int]]:
    """Return the kernel's tables of patterns, each given by its symbols.

    Returns:
        The codes of the characters of ASCII. The number of the cell of each three codes, 0 where nothing begins so.
        The cells, four numbers each: the codes that come fourth, as bits, in patterns that begin anywhere, and in
        those that begin with a word; where these begin in the list of members, and how many they are. The members,
        three numbers each: the codes that come fourth in a pattern, and fifth; where its symbols begin, how many they
        are, and its number. The symbols. Behind the end of a text stands what has the code of the others.
    """
    codes = codes_of_ascii(patterns)
    of = functools.cache(functools.partial(_codes_of, codes=codes))
    heads = [_heads(symbols, of) for symbols in patterns]
    fourths, fifths = ([_bits(head[place]) for head in heads] for place in (3, 4))
    sorted_by: dict[int, tuple[list[int], list[int]]] = {}
    for number, symbols in enumerate(patterns):
        for one, other, third in itertools.product(*heads[number][:3]):
            place = (one * CODES + other) * CODES + third
            sorted_by.setdefault(place, ([], []))[symbols[0] == FIRST].append(number)
    cell_at = array("H", bytes(2 * CODES**3))
    cells, members = array("Q", bytes(32)), array("Q")
    starts = [0]
    for symbols in patterns:
        starts.append(starts[-1] + len(symbols))
    known: dict[tuple[tuple[int, ...], ...], int] = {}  # cells that are alike are one
    for place, both in sorted_by.items():
        alike = (tuple(both[0]), tuple(both[1]))
        if alike not in known:
            known[alike] = len(cells) // 4
            firsts = []
            for numbers in both:
                firsts.append(len(members) // 3)
                for n in numbers:
                    members.extend((fourths[n], fifths[n], starts[n] | len(patterns[n]) << 32 | n << 48))
                cells.append(_either(fourths[n] for n in numbers))
            cells.extend((firsts[0] | firsts[1] << 32, len(both[0]) | len(both[1]) << 32))
        cell_at[place] = known[alike]
    every_symbol = array("H", [symbol for symbols in patterns for symbol in symbols])
    return array("B", codes), cell_at, cells, members, every_symbol


def _heads(symbols: Sequence[int], of: Callable[[int], frozenset[int]]) -> list[frozenset[int]]:
    """Return the codes of the five characters with which a pattern begins."""
    plain = symbols[symbols[0] == FIRST :][:5]
    found: list[frozenset[int]] = []
    for symbol in plain:
        if symbol == LAST:
            break
        found.append(of(symbol))
        if symbol == SPACES:  # as many as there are
            break
    return found + [EVERY] * (5 - len(found))


def _bits(codes: Iterable[int]) -> int:
    return _either(1 << code for code in codes)


def _either(bits: Iterable[int]) -> int:
    return functools.reduce(int.__or__, bits, 0)
