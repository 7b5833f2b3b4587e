"""The patterns of a vocabulary as the kernel's tables: which can begin with two letters, and what comes third.

The tables are small, so that they stay near the processor: a character has one of a few codes, and what begins
with two codes is one cell.
"""

from __future__ import annotations

import functools
import re
from array import array
from collections.abc import Callable, Iterable, Sequence

from polyclinic.deidentify.tokens import FIRST, LAST, PIECES

CODES, SPACE = 64, 54  # how many codes there are; that of blanks, behind those of letters and digits
OTHERS = 0  # the code of all characters beyond ASCII, and of the first of it
ANY = (1 << CODES) - 1
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
        The codes of the characters of ASCII. The number of the cell of each two codes, 0 where nothing begins so. The
        cells, four numbers each: the codes that come third, as bits, in patterns that begin anywhere, and in those
        that begin with a word; where these begin in the list of members, and how many they are. The members, two
        numbers each: the codes that come third in a pattern; where its symbols begin, how many they are, and its
        number. The symbols.
    """
    codes = codes_of_ascii(patterns)
    of = functools.cache(functools.partial(_codes_of, codes=codes))
    thirds = [_thirds(symbols, of) for symbols in patterns]
    sorted_by: dict[int, tuple[list[int], list[int]]] = {}
    for number, symbols in enumerate(patterns):
        plain = symbols[symbols[0] == FIRST :]
        for one in of(plain[0]):
            for other in of(plain[1]):
                sorted_by.setdefault(one * CODES + other, ([], []))[symbols[0] == FIRST].append(number)
    cell_at = array("H", bytes(2 * CODES * CODES))
    cells, members = array("Q", bytes(32)), array("Q")
    starts = [0]
    for symbols in patterns:
        starts.append(starts[-1] + len(symbols))
    for place, both in sorted_by.items():
        cell_at[place] = len(cells) // 4
        firsts = []
        for numbers in both:
            firsts.append(len(members) // 2)
            for n in numbers:
                members.extend((thirds[n], starts[n] | len(patterns[n]) << 32 | n << 48))
            cells.append(_either(thirds[n] for n in numbers))
        cells.extend((firsts[0] | firsts[1] << 32, len(both[0]) | len(both[1]) << 32))
    every_symbol = array("H", [symbol for symbols in patterns for symbol in symbols])
    return array("B", codes), cell_at, cells, members, every_symbol


def _thirds(symbols: Sequence[int], of: Callable[[int], frozenset[int]]) -> int:
    """Return the codes that come third in a pattern, as bits."""
    plain = symbols[symbols[0] == FIRST :]
    if len(plain) < 3 or SPACES in plain[:2] or plain[2] == LAST:
        return ANY
    return _either(1 << code for code in of(plain[2]))


def _either(bits: Iterable[int]) -> int:
    return functools.reduce(int.__or__, bits, 0)
