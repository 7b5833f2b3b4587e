"""What the tagger looks at in a token: itself, the four tokens on both sides, its line, how the text is written.

This is the reference: the kernel finds the same features, as numbers of 32 bits. A *token* is a word (letters, with
apostrophes and hyphens inside), a run of digits, a newline or any other sign. Each feature is a kind and up to three
values; its number is a hash of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from polyclinic.deidentify.lexicon import COMMON, FAMILY, NAME
from polyclinic.deidentify.tagger.words import DIGIT, LETTER, LISTED, LOWER, SPACE, UPPER, WRITTEN_LARGE, WordEntry
from polyclinic.deidentify.tagger.words import class_of as _class_of
from polyclinic.deidentify.tagger.words import small as _small

STEP = 0xFF51AFD7ED558CCD
WHOLE = (1 << 64) - 1
IN_PARTS, UNKNOWN, NO_WORD, OUTSIDE = 1 << 20, 1 << 21, 1 << 22, 1 << 23  # beside the lexicon's bits
PAD_IDENTITY, LABEL_IDENTITY = 1, 2
NEWLINE, SIGN = 8, 9  # shapes; 2 to 7 are digits, 10 and more words
JOINTS = "'‘’`-‐‑"
BEGINNINGS = "\n.!?-•*>"
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
    candidate: int = 0


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
        token.candidate = int(bool(token.word and (not token.small or plain or known)))
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
        token.large, token.given = int(bool(entry.kinds & WRITTEN_LARGE)), entry.kinds >> 2
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


def features_of(tokens: list[Token], i: int, written: int) -> list[int]:
    """Return the features of a token, as the kernel numbers them."""
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
    keys = []
    for feature in found:
        number = 0
        for value in feature:
            number = step(number, value)
        keys.append((number ^ number >> 32) & 0xFFFFFFFF or 1)
    return keys
