"""The words of a text that rules look at: those with a capital, or all of them where nothing has capitals.

`tokenize` does in Python what the compiled kernel does; `Vocabulary.read` chooses.
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.deidentify.lexicon import (
    CITY,
    COMMON,
    CREDENTIAL,
    EPONYM,
    MONTH,
    NAME,
    STATE,
    STOP,
    WORD,
)

if TYPE_CHECKING:
    from polyclinic.deidentify.vocabulary import Vocabulary

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_CAPITAL = "A-Z" + "".join(c for c in map(chr, [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]) if c.isupper())
LETTER, CAPITAL = re.compile(f"[{_LETTER}]"), re.compile(f"[{_CAPITAL}]")
CAPITALISED = re.compile(
    rf"[{_CAPITAL}](?:[{_LETTER}]+(?:['’`\-‐‑][{_LETTER}]+)*|(?:\.[A-Z])+\b\.?(?![a-z])|"
    rf"['’`\-‐‑][{_LETTER}]+(?:['’`\-‐‑][{_LETTER}]+)*|)"
)
ASCII = re.compile(r"[A-Z][A-Za-z'`-]*")
INITIALS = re.compile(r"[A-Z](?:\.[A-Z])+\b\.?(?![a-z])")

ANY_WORD = re.compile(rf"[{_LETTER}]+(?:['’\-][{_LETTER}]+)*")
CONTRACTED = ("'ve", "'re", "'ll", "'m", "n't", "'d", "’ve", "’re", "’ll", "’m", "n’t", "’d")
FEW_CAPITALS = 0.004  # capitalised words for each character of a text below which they say nothing: a transcript
DOT_LETTER = re.compile(r"\.[A-Za-z]")
COLONS = re.compile(r":[0-9a-fA-F]{0,4}:")
WORD_BEGINS = re.compile(r"(?<!\w)[A-Za-z]")
DIGITS = re.compile(r"\d+")
PLAIN_NUMBER = re.compile(r"(?<![\w./#+:@-])([0-9]{1,4})(?!\d)(?:\.[0-9]\d*)?")
WHOLE_WORD = re.compile(r"\w+")
PRESSURE = re.compile(r"(?:[4-9][0-9]|[0-9]{3})/[0-9]{2,3}(?![\d/\w-]|\.\d| ?-)")
DECIMAL = re.compile(r"[0-9]{1,3}\.[0-9]{1,2}(?![\d/\w-]|\.\d| ?-| [JFMASOND])")
SMALL = re.compile(r"[1-8]?[0-9](?!\d)")
GOES_ON = re.compile(r"[ -]\d")
MEASURED, COUNTED = 1, 2  # what a word says of the number before it
# What stands in a pattern beside letters and signs, and the kernel's symbol for it.
PIECES = ((r"\s+", 0x101), (r"\s", 0x100), (r"\d", 0x102), ("[A-Z]", 0x103), ("[a-z]", 0x104))
SAME_LETTERS = "\u0130\u0131\u017f\u212a"  # which an expression that ignores case takes for i, s and k
FIRST, LAST = 0x105, 0x106  # the symbols for the beginning and the end of a word
# Sets of the rules in which a word may be, beside the lexicon's bits: what ends or begins places, states, streets.
PLACE_WORD, STATE_WORD, STREET_TYPE, KIND, TAIL = 1, 2, 4, 8, 16


@dataclass(slots=True)
class Tokens:
    """Words in order, with what the lexicon says of each, and where rules have to look."""

    text: str
    starts: list[int]
    ends: list[int]  # without a possessive
    bits: list[int]
    caseless: bool  # whether the text has hardly any capitals, so that all words are here
    lowered: str  # the text in lower case
    words: set[str]  # what stands between its spaces, in lower case: those that the vocabulary asks for
    # Numbers of words above, in order:
    # None of the others is, or announces, a place, but for words beside a postal code. The kernel leaves more of them
    # out than Python does.
    may_be_places: list[int]
    months: list[int]
    streets: list[int]  # of the set STREET_TYPE
    hits: dict[str, list[int]]  # where the vocabulary's patterns begin, by the name of their rule; in order
    # Runs of digits, without what is surely measured or counted: start, end; and for one that is part of such a
    # number, as 80 is of 120/80, where that begins + 1.
    runs: list[tuple[int, int, int]]
    dotted: bool  # whether a letter stands right behind a stop
    colons: bool  # whether two colons stand side by side, or with hexadecimal digits between
    _lower: list[str] | None = None

    @property
    def lower(self) -> list[str]:
        """The words in lower case, without a possessive."""
        if self._lower is None:
            lowered = self.lowered
            self._lower = [lowered[start:end] for start, end in zip(self.starts, self.ends, strict=True)]
        return self._lower


def in_lower_case(text: str) -> str:
    """Return a text in lower case, as long as it was."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that is two in lower case: İ
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered


def has_plain_letters(text: str) -> bool:
    """Say whether an expression that ignores case takes only i, s and k of ASCII for these letters of a text."""
    return text.isascii() or not any(letter in text for letter in SAME_LETTERS)


def at_places(pattern: re.Pattern[str], text: str, places: Iterable[int]) -> Iterator[re.Match[str]]:
    """Yield what `pattern.finditer` yields, when it can match at some places only: these, in order."""
    until = 0
    for place in places:
        if place >= until and (found := pattern.match(text, place)) is not None:
            until = found.end()
            yield found


def tokenize(text: str, vocabulary: Vocabulary) -> Tokens:
    """Return the capitalised words of a text, all its words if it is a transcript in lower case, and what rules
    ask for."""
    matches = list((ASCII if text.isascii() else CAPITALISED).finditer(text))
    caseless = len(text) > 40 and len(matches) < FEW_CAPITALS * len(text)
    if caseless:
        matches = list(ANY_WORD.finditer(text))
    starts: list[int] = []
    ends: list[int] = []
    lower: list[str] = []
    bits: list[int] = []
    get = vocabulary.lexicon.get
    until = 0
    lowered = in_lower_case(text)
    for found in matches:
        start, end = found.span()
        if start < until or (start and (text[start - 1].isalnum() or text[start - 1] == "_")):
            continue
        if end - start == 1:
            if text[end : end + 1] == "." and (initials := INITIALS.match(text, start)):
                until = end = initials.end()
        elif text[end - 1] in "'`-":
            end -= 1
        word = lowered[start:end]
        bit = get(word)
        if bit is None:
            if word[-2:] in ("'s", "’s", "`s"):
                word = word[:-2]
                end -= 2
                bit = get(word, 0)
            elif word.endswith(CONTRACTED):
                bit = STOP
            elif word[-1:] == ".":
                bit = get(word[:-1], 0)
            elif "-" in word or "'" in word or "’" in word:
                bit = _of_parts(word, get)
            else:
                bit = 0
        starts.append(start)
        ends.append(end)
        lower.append(word)
        bits.append(bit)
    sets = [vocabulary.sets.get(word, 0) for word in lower]
    last = len(starts) - 1
    pairs = vocabulary.before_places

    def may_be_place(i: int) -> bool:
        bit, start, end = bits[i], starts[i], ends[i]
        if bit & CITY or sets[i] & (PLACE_WORD | KIND | TAIL):
            return True
        before_state = i < last and (bits[i + 1] & STATE or sets[i + 1] & STATE_WORD)
        if before_state and starts[i + 1] - end < 4 and text[end] in ", ^":
            return True
        if i and bits[i - 1] & CREDENTIAL and start - ends[i - 1] < 3:
            return True
        if start < 3 or text[start - 1] not in " \n":
            return False
        before = text[start - 3 : start - 1]
        return not before.isascii() or before.lower() in pairs

    return Tokens(
        text,
        starts,
        ends,
        bits,
        caseless,
        lowered,
        set(lowered.split()) & vocabulary.asked,
        [i for i in range(len(bits)) if may_be_place(i)],
        [i for i, bit in enumerate(bits) if bit & MONTH],
        [i for i, bit in enumerate(sets) if bit & STREET_TYPE],
        {rule: sorted(places) for rule, places in _hits(text, vocabulary.patterns)},
        list(_runs(text, vocabulary.units)),
        DOT_LETTER.search(text) is not None,
        COLONS.search(text) is not None,
    )


def _runs(text: str, units: Mapping[str, int]) -> Iterator[tuple[int, int, int]]:
    until = owner = 0
    for run in DIGITS.finditer(text):
        start, end = run.span()
        if start >= until:
            owner, until = start, _passed_over(text, start, end, units)
            if until > start:
                continue
        yield start, end, owner + 1 if start < until else 0


def _passed_over(text: str, start: int, end: int, units: Mapping[str, int]) -> int:
    """Return the end of a number that is surely measured or counted, or its start; some of the forms of MEASURED in
    numbers.py."""
    number = PLAIN_NUMBER.match(text, start)
    if number is None or number.end(1) != end:
        return start
    last = number.end()
    word = WHOLE_WORD.match(text, last + (text[last : last + 1] in (" ", "-")))
    what = units.get(word[0], 0) if word is not None else 0
    if what & MEASURED:
        return last
    if (pair := PRESSURE.match(text, start)) or (pair := DECIMAL.match(text, start)):
        return pair.end()
    if word is None or not what & COUNTED or word.start() == end or last > end:
        return start
    return end if SMALL.match(text, start) and not GOES_ON.match(text, word.end()) else start


def _hits(text: str, patterns: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, set[int]]]:
    """Yield the places of patterns by rule: those of words where words begin, the others by one expression of all."""
    at_first, heads, by_letters, first = _sorted_by_beginning(tuple(patterns.items()))
    found: dict[str, set[int]] = {}
    for place in (word.start() for word in WORD_BEGINS.finditer(text)):
        for rule, expression in at_first.get(text[place : place + 2].lower(), ()):
            if expression.match(text, place):
                found.setdefault(rule, set()).add(place)
    for place in (match.start() for match in first.finditer(text)):
        two = text[place : place + 2]
        if two not in by_letters:
            by_letters[two] = [(rule, expression) for rule, expression, head in heads if head.match(two)]
        for rule, expression in by_letters[two]:
            if expression.match(text, place):
                found.setdefault(rule, set()).add(place)
    yield from found.items()


_Expression = tuple[str, re.Pattern[str]]  # of a rule


@functools.lru_cache(maxsize=64)
def _sorted_by_beginning(
    patterns: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[
    dict[str, list[_Expression]],
    list[tuple[str, re.Pattern[str], re.Pattern[str]]],
    dict[str, list[_Expression]],
    re.Pattern[str],
]:
    """Return the patterns that begin with a word by two letters, the others with what they begin with, room for
    these by two letters, and an expression of what they begin with."""
    at_first: dict[str, list[_Expression]] = {}
    seconds: dict[str, set[str]] = {}
    heads: list[tuple[str, re.Pattern[str], re.Pattern[str]]] = []
    for rule, several in patterns:
        for one in several:
            head = [chr(symbol) for symbol, _ in pieces_of(one) if symbol != FIRST][:2]
            plain = one.startswith(r"\b") and head[0].isalpha() and all(ord(letter) < 128 for letter in head)
            if plain:
                at_first.setdefault("".join(head).lower(), []).append((rule, as_expression(one)))
            else:
                one_piece, other = [piece for symbol, piece in pieces_of(one) if symbol != FIRST][:2]
                seconds.setdefault(one_piece, set()).add(other)
                heads.append((rule, as_expression(one), re.compile(one_piece + other)))
    begins = "|".join(f"{one}(?={'|'.join(sorted(others))})" for one, others in sorted(seconds.items()))
    return at_first, heads, {}, re.compile(begins or r"(?!)")


@functools.cache
def as_expression(pattern: str) -> re.Pattern[str]:
    """Return a pattern of a vocabulary as an expression that finds where it begins."""
    return re.compile("(?=" + "".join(piece[1] for piece in pieces_of(pattern)) + ")")


def is_pattern(pattern: str) -> bool:
    """Say whether the kernel can look for a pattern."""
    symbols = [symbol for symbol, _ in pieces_of(pattern)]
    plain = symbols[symbols[:1] == [FIRST] : len(symbols) - (symbols[-1:] == [LAST])]
    known = {symbol for _, symbol in PIECES}
    spaces = any(left == 0x101 and right in (0x100, 0x101) for left, right in itertools.pairwise(plain))
    return len(plain) > 1 and not spaces and all(symbol < 128 or symbol in known for symbol in plain)


def pieces_of(pattern: str) -> Iterator[tuple[int, str]]:
    r"""Yield the pieces of a pattern of a vocabulary: the kernel's symbol, and what it is in an expression.

    A small letter stands for both cases, a capital and a sign for themselves; besides there are `\s`, `\s+`, `\d`,
    `[A-Z]`, `[a-z]`, and `\b` at the beginning and at the end: no letter or digit stands before, or behind.
    """
    place = 0
    while place < len(pattern):
        for text, symbol in PIECES:
            if pattern.startswith(text, place):
                yield symbol, text
                place += len(text)
                break
        else:
            letter = pattern[place]
            if pattern.startswith(r"\b", place):
                yield (LAST, r"(?!\w)") if place else (FIRST, r"(?<!\w)")
                place += 2
                continue
            small = "a" <= letter <= "z"
            yield ord(letter), f"[{letter}{letter.upper()}]" if small else re.escape(letter)
            place += 1


def _of_parts(word: str, look: Callable[..., int | None]) -> int:
    """Return the bits of a word with hyphens or apostrophes: a name when all its parts are names, or none "
    "is known."""
    plain = word.replace("’", "'").replace("‐", "-").replace("‑", "-")
    if plain != word and (bit := look(plain)) is not None:
        return bit
    if "-" not in plain:
        return look(plain.replace("'", ""), 0) or 0
    parts = [look(part, 0) or 0 for part in plain.split("-")]
    if any(part & (COMMON | STOP | EPONYM) and not part & NAME for part in parts):
        return COMMON
    if all(part & EPONYM for part in parts):
        return EPONYM | (parts[0] & NAME)
    names = [part for part in parts if part & NAME]
    strong = any(part & NAME and not part & (WORD | EPONYM) for part in parts)
    if len(names) == len(parts):
        both = functools.reduce(operator.or_, parts)
        return (both & ~(WORD | EPONYM | COMMON)) if strong else both
    return names[0] & NAME | WORD if strong else 0
