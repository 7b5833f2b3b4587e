"""The words of a text that may be names: those with a capital, or all of them where nothing has capitals."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_CAPITAL = "A-Z" + "".join(c for c in map(chr, [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]) if c.isupper())
CAPITALISED = re.compile(
    rf"[{_CAPITAL}](?:[{_LETTER}]+(?:['’`\-‐‑][{_LETTER}]+)*|(?:\.[A-Z])+\b\.?(?![a-z])|"
    rf"['’`\-‐‑][{_LETTER}]+(?:['’`\-‐‑][{_LETTER}]+)*|)"
)
ASCII = re.compile(r"[A-Z][A-Za-z'`-]*")
INITIALS = re.compile(r"[A-Z](?:\.[A-Z])+\b\.?(?![a-z])")

ANY_WORD = re.compile(rf"[{_LETTER}]+(?:['’\-][{_LETTER}]+)*")
CONTRACTED = ("'ve", "'re", "'ll", "'m", "n't", "'d", "’ve", "’re", "’ll", "’m", "n’t", "’d")
STOP_BIT = 64  # lexicon.STOP
FEW_CAPITALS = 0.004  # capitalised words for each character of a text below which they say nothing: a transcript


@dataclass(slots=True)
class Tokens:
    """Words in order, with what the lexicon says of each."""

    text: str
    starts: list[int]
    ends: list[int]
    lower: list[str]  # in lower case, without a possessive
    bits: list[int]
    caseless: bool  # whether the text has hardly any capitals, so that all words are here
    lowered: str  # the text in lower case
    words: set[str]  # what stands between its spaces, in lower case


def tokenize(text: str, lexicon: dict[str, int]) -> Tokens:
    """Return the capitalised words of a text; all its words if it is a transcript in lower case."""
    matches = list((ASCII if text.isascii() else CAPITALISED).finditer(text))
    caseless = len(text) > 40 and len(matches) < FEW_CAPITALS * len(text)
    if caseless:
        matches = list(ANY_WORD.finditer(text))
    starts: list[int] = []
    ends: list[int] = []
    lower: list[str] = []
    bits: list[int] = []
    get = lexicon.get
    until = 0
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that is two in lower case: İ
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
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
                bit = STOP_BIT
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
    return Tokens(text, starts, ends, lower, bits, caseless, lowered, set(lowered.split()))


def _of_parts(word: str, get: object) -> int:
    """Return the bits of a word with hyphens or apostrophes: a name when all its parts are names, or none "
    "is known."""
    from polyclinic.deidentify.lexicon import COMMON, EPONYM, NAME, STOP, WORD

    look = get
    assert callable(look)
    plain = word.replace("’", "'").replace("‐", "-").replace("‑", "-")
    if plain != word and (bit := look(plain)) is not None:
        return int(bit)
    if "-" not in plain:
        bit = look(plain.replace("'", ""))
        return int(bit) if bit is not None else 0
    parts = [int(look(part, 0)) for part in plain.split("-")]
    if any(part & (COMMON | STOP | EPONYM) and not part & NAME for part in parts):
        return COMMON
    if all(part & EPONYM for part in parts):
        return EPONYM | (parts[0] & NAME)
    names = [part for part in parts if part & NAME]
    if len(names) == len(parts):
        both = parts[0]
        for part in parts[1:]:
            both |= part
        strong = any(part & NAME and not part & (WORD | EPONYM) for part in parts)
        return (both & ~(WORD | EPONYM | COMMON)) if strong else both
    if any(part & NAME and not part & (WORD | EPONYM) for part in parts):
        return names[0] & NAME | WORD
    return 0
