"""What the tagger looks at in a token: itself, the four tokens on both sides, its line, how the text is written.

This is the reference: the kernel finds the same features, as numbers of 32 bits. A *token* is a word (letters, with
apostrophes and hyphens inside), a run of digits, a newline or any other sign. Each feature is a kind and up to three
values; its number is a hash of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from polyclinic.deidentify.lexicon import COMMON, FAMILY, NAME
from polyclinic.deidentify.tagger.words import (
    DIGIT,
    LETTER,
    LISTED,
    LOWER,
    SPACE,
    SPOKEN,
    UPPER,
    WRITTEN_LARGE,
    WordEntry,
)
from polyclinic.deidentify.tagger.words import class_of as _class_of
from polyclinic.deidentify.tagger.words import small as _small

STEP = 0xFF51AFD7ED558CCD
WHOLE = (1 << 64) - 1
IN_PARTS, UNKNOWN, NO_WORD, OUTSIDE = 1 << 20, 1 << 21, 1 << 22, 1 << 23  # beside the lexicon's bits
PAD_IDENTITY, LABEL_IDENTITY = 1, 2
NEWLINE, SIGN = 8, 9  # shapes; 2 to 7 are digits, 10 and more words
JOINTS = "'‘’`-‐‑"
BEGINNINGS = "\n.!?-•*>"
OPENING, CLOSING = "([{\"'", ".,;:)]}\"'!?"
GROUP, GROUP_TOKENS = 24, 8  # characters and tokens of a group that are looked at
NEAREST = 6  # tokens to the nearest word
FIRST_VALUE, VALUES = 30, 16  # of numbers, where words have their frequency
EVIDENCE = (0.05, 0.25, 0.6, 0.9)  # shares of name from which another occurrence of a word says more
HARDLY, CAPITALS = 1, 4  # how a text or a line is written


@dataclass(slots=True)
class Token:
    """A token and what is known of it; `kernel.h` has the same fields."""

    start: int = 0
    end: int = 0
    bits: int = OUTSIDE
    hash: int = 0
    identity: int = PAD_IDENTITY
    frequency: int = 0
    shape: int = 0
    large: int = 0
    given: int = 0
    length: int = 0
    small: int = 0
    seen_small: int = 0
    gap: int = 0
    begins: int = 0
    head: int = 0
    tail2: int = 0
    tail3: int = 0
    tail4: int = 0
    place: int = 0
    line_length: int = 0
    line_case: int = 0
    line_head: int = 0
    label: int = 0
    since: int = 0
    word: int = 0
    number: int = 0  # digits, or a word that may be said for some
    candidate: int = 0
    evidence: int = 0  # how sure others of the same letters are to be names; 0 where none is


def step(number: int, value: int) -> int:
    """Return a hash of 64 bits, gone on by one value."""
    number = ((number ^ value) * STEP) & WHOLE
    return number ^ (number >> 32)


def hash_of(letters: list[int]) -> int:
    """Return the hash of letters in lower case."""
    number = len(letters)
    for letter in letters:
        number = step(number, letter)
    return number or 1


def case_of(upper: int, lower: int) -> int:
    """Say how text is written: 0 no letters, 1 hardly a capital, 2 few, 3 as usual, 4 in capitals."""
    both = upper + lower
    if not both:
        return 0
    return HARDLY if upper * 200 < both else 2 if upper * 50 < both else 3 if upper * 2 < both else CAPITALS


def read(text: str, entries: Mapping[str, WordEntry]) -> tuple[list[Token], int]:
    """Return the tokens of a text, and how it is written, as `case_of` says."""
    classes = [_class_of(c) for c in text]
    tokens = [_described(text, classes, start, end, entries) for start, end in _cut(text, classes)]
    written = case_of(*_cases(classes, 0, len(text)))
    seen = {token.hash for token in tokens if token.word and token.small}
    begin = 0
    for i, token in enumerate(tokens):
        if i:
            before = tokens[i - 1]
            token.gap = min(token.start - before.end, 3) + 4 * (before.shape == NEWLINE)
        token.seen_small = int(token.word and not token.small and token.hash in seen)
        if token.shape == NEWLINE or i == len(tokens) - 1:
            _describe_line(text, classes, tokens[begin : i + 1])
            begin = i + 1
    for token in tokens:
        plain = written == HARDLY or token.line_case == HARDLY
        known = not token.bits & COMMON or token.bits & NAME
        token.candidate = int(bool(token.number or (token.word and (not token.small or plain or known))))
    return tokens, written


def _cut(text: str, classes: list[int]) -> Iterator[tuple[int, int]]:
    at, size = 0, len(text)
    while at < size:
        kind = classes[at]
        if text[at] != "\n" and kind & SPACE:
            at += 1
            continue
        start = at
        at += 1
        if kind & LETTER:
            while at < size and (
                classes[at] & LETTER or (at + 1 < size and text[at] in JOINTS and classes[at + 1] & LETTER)
            ):
                at += 1
        elif kind & DIGIT:
            while at < size and classes[at] & DIGIT:
                at += 1
        yield start, at


def _cases(classes: list[int], start: int, end: int) -> tuple[int, int]:
    part = classes[start:end]
    return sum(1 for kind in part if kind & UPPER), sum(1 for kind in part if kind & LOWER)


def _described(text: str, classes: list[int], start: int, end: int, entries: Mapping[str, WordEntry]) -> Token:
    token = Token(start=start, end=end, bits=NO_WORD, identity=0)
    kind = classes[start]
    if not kind & LETTER:
        token.shape = min(1 + end - start, 7) if kind & DIGIT else NEWLINE if text[start] == "\n" else SIGN
        if kind & DIGIT:
            token.number, token.frequency = 1, FIRST_VALUE + _value_of(text[start:end])
        token.begins = int(text[start] in BEGINNINGS)
        if not kind & DIGIT:
            letters = [_small(text[start])]
            token.hash = hash_of(letters)
            token.identity = entries[chr(letters[0])].identity if chr(letters[0]) in entries else 0
        return token
    letters = [_small(c) for c in text[start:end]]
    word = "".join(map(chr, letters))
    entry = entries.get(word)
    if not (entry and entry.kinds & LISTED) and len(word) > 2 and word.endswith("'s"):
        word, letters = word[:-2], letters[:-2]
        entry = entries.get(word)
    token.word = 1
    token.bits = entry.bits if entry and entry.kinds & LISTED else _bits_of_parts(word, entries)
    token.hash = hash_of(letters)
    if entry:
        token.identity, token.frequency = entry.identity, entry.frequency
        token.large, token.given = int(bool(entry.kinds & WRITTEN_LARGE)), entry.kinds >> 2 & 3
        token.number = int(bool(entry.kinds & SPOKEN))
    token.length = min(len(letters), 10)
    token.head = hash_of(letters[:2]) & 0xFFFFFFFF
    token.tail2, token.tail3, token.tail4 = (hash_of(letters[-n:]) & 0xFFFFFFFF for n in (2, 3, 4))
    upper, lower = _cases(classes, start, end)
    first, size = bool(kind & UPPER), end - start
    token.small = int(lower > 0 and not upper)
    if size == 1:
        token.shape = 10 if first else 11
    elif upper and not lower:
        token.shape = 12 if size < 4 else 13
    elif token.small:
        token.shape = 14
    else:
        token.shape = (15 if upper == 1 else 16) if first else 17
    return token


def _value_of(digits: str) -> int:
    """Return of what size a number is: what a day, an age or a year may be, then how many digits it has."""
    if not digits.isascii():
        return 0
    size = len(digits)
    if size > 1 and digits[0] == "0":
        return 1 if size == 2 else 2
    if size > 4:
        return min(size, 9) + 5  # 10 to 14
    number = int(digits)
    if size == 4:
        return 9 if 1900 <= number < 2100 else 15
    return next(k for k, last in enumerate((12, 31, 59, 89, 120, 999), start=3) if number <= last or last == 999)


def _bits_of_parts(word: str, entries: Mapping[str, WordEntry]) -> int:
    """Return the bits of a word of no list: of one with hyphens a name when all parts are, ordinary when one is."""
    if "-" not in word:
        return UNKNOWN
    parts = [entry.bits if (entry := entries.get(part)) and entry.kinds & LISTED else 0 for part in word.split("-")]
    if all(bits & NAME for bits in parts):
        every = NAME
        for bits in parts:
            every &= bits
        return IN_PARTS | (every or FAMILY)
    return IN_PARTS | (COMMON if any(bits & COMMON for bits in parts) else 0)


def _describe_line(text: str, classes: list[int], line: list[Token]) -> None:
    length = len(line) - (line[-1].shape == NEWLINE)
    cases = _cases(classes, line[0].start, line[length - 1].end) if length else (0, 0)
    label = since = 0
    for k, token in enumerate(line):
        token.place, token.line_length, token.line_case = min(k, 6), min(length // 4, 6), case_of(*cases)
        token.line_head, token.label, token.since = line[0].identity, label, min(since, 4)
        since += 1
        if k and text[token.start : token.end] == ":":
            label, since = line[k - 1].identity or LABEL_IDENTITY, 0


_OUTSIDE = Token()


def look_again(tokens: list[Token], names: Mapping[int, float]) -> None:
    """Say of each candidate that recurs how sure the others of the same letters are to be names.

    Args:
        tokens: of a text; `evidence` is set, from 1 to 5 where some of them is more than hardly a name.
        names: number of a token -> its share of name; 0 where it is not there.
    """
    same: dict[int, list[int]] = {}
    for i, token in enumerate(tokens):
        token.evidence = 0
        if token.candidate and token.word and token.length > 1:
            same.setdefault(token.hash, []).append(i)
    for several in same.values():
        shares = [names.get(i, 0.0) for i in several]
        if len(several) < 2 or max(shares) < EVIDENCE[0]:
            continue
        best = shares.index(max(shares))
        second = max(shares[:best] + shares[best + 1 :])
        for k, i in enumerate(several):
            share = second if k == best else shares[best]
            tokens[i].evidence = 1 + sum(share >= least for least in EVIDENCE)


def group_of(text: str, tokens: list[Token], i: int) -> tuple[int, int]:
    """Return a hash of how what stands around a token between spaces is written (digits, letters, signs), and one of
    that itself."""
    first = last = i
    while first > max(0, i - GROUP_TOKENS) and _adjoin(tokens[first - 1], tokens[first]):
        first -= 1
    while last + 1 < min(len(tokens), i + GROUP_TOKENS + 1) and _adjoin(tokens[last], tokens[last + 1]):
        last += 1
    start, end = tokens[first].start, tokens[last].end
    while start < tokens[i].start and text[start] in OPENING:
        start += 1
    while end > tokens[i].end and text[end - 1] in CLOSING:
        end -= 1
    end = min(end, start + GROUP)
    around = text[start:end]
    return hash_of([_written_as(c) for c in around]) & 0xFFFFFFFF, hash_of([_small(c) for c in around]) & 0xFFFFFFFF


def _adjoin(token: Token, following: Token) -> bool:
    return token.end == following.start and NEWLINE not in (token.shape, following.shape)


def _written_as(character: str) -> int:
    kind = _class_of(character)
    return ord("9") if kind & DIGIT else ord("A") if kind & UPPER else ord("a") if kind & LETTER else ord(character)


def _nearest(tokens: list[Token], i: int, by: int) -> int:
    """Return the identity of the nearest word of the same line before or behind a token."""
    for k in range(i + by, i + by * (NEAREST + 1), by):
        if not 0 <= k < len(tokens) or tokens[k].shape == NEWLINE:
            return PAD_IDENTITY
        if tokens[k].word:
            return tokens[k].identity
    return 0


def features_of(text: str, tokens: list[Token], i: int, written: int) -> list[int]:
    """Return the features of a token of a text, as the kernel numbers them."""
    around = [tokens[i + p] if 0 <= i + p < len(tokens) else _OUTSIDE for p in range(-4, 5)]
    _, c3, b, a, w, c, d, d3, _ = around
    found: list[tuple[int, ...]] = [(90,)]
    for p, x in enumerate(around):
        found.append((p, x.identity))
        if p in (0, 8):
            continue
        found += [(10 + p, x.bits), (20 + p, x.frequency), (30 + p, x.shape)]
        if 1 < p < 7 and x.large:
            found.append((40 + p,))
        if 2 < p < 7:
            found.append((50 + p, x.gap))
    begins = int(a.bits == OUTSIDE or bool(a.begins))
    found += [
        (60, a.identity, b.identity),
        (61, c.identity, d.identity),
        (62, a.identity, c.identity),
        (63, w.bits, a.identity),
        (64, w.bits, c.identity),
        (65, w.shape, w.bits),
        (66, w.shape, written),
        (67, w.shape, w.line_case),
        (68, w.label, w.since),
        (69, w.place),
        (70, w.line_length),
        (71, written),
        (72, w.line_case),
        (73, w.line_head),
        (74, w.bits, c.bits),
        (75, w.bits, a.bits),
        (76, a.bits, c.bits),
        (77, w.frequency, w.shape),
        (78, c3.identity, b.identity, a.identity),
        (79, c.identity, d.identity, d3.identity),
        (80, w.tail2),
        (81, w.tail3),
        (82, w.head),
        (83, w.length),
        (84, w.seen_small),
        (85, w.tail4),
        (86, begins, w.shape, w.bits),
        (87, begins, w.shape, w.frequency),
        (88, w.given, w.frequency),
        (89, w.given, w.shape, written),
        (91, c.given, c.bits),
        (92, a.given, a.bits),
        (93, a.shape, w.shape, c.shape),
        (94, begins, c.identity),
        (95, written, w.line_case, w.bits),
        (96, written, w.frequency, w.given),
    ]
    before, behind = _nearest(tokens, i, -1), _nearest(tokens, i, 1)
    found += [(97, w.shape, before), (98, w.shape, behind), (99, before, behind)]
    if any(2 <= x.shape < NEWLINE for x in (b, a, w, c, d)):  # a number is near
        group, exact = group_of(text, tokens, i)
        found += [(100, group), (101, group, before), (102, group, behind), (103, exact)]
    if w.evidence:
        found += [(104, w.evidence), (105, w.evidence, w.bits), (106, w.evidence, w.shape)]
        found += [(107, w.evidence, a.identity), (108, w.evidence, c.identity)]
    keys = []
    for feature in found:
        number = 0
        for value in feature:
            number = step(number, value)
        keys.append((number ^ number >> 32) & 0xFFFFFFFF or 1)
    return keys
