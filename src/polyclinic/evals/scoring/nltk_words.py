"""nltk's word tokenizer (NLTKWordTokenizer), word for word, several times faster on ordinary text."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

Words = list[str]
MOST_KEPT = 1 << 18  # chunks whose words are remembered
LONGEST_KEPT = 100  # characters of a chunk that is remembered
_SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_CLOSING = "])}>\"'»”’" + _SPACES
_OTHER_SPACE = re.compile(r"[^\S ]")
_CHUNKS = re.compile(r"(\s?)(\S+)(?=(\s))")
# Letters and digits, with marks between them that divide nothing, a clitic, between marks that always stand alone.
_PLAIN = re.compile(
    r"([(\[]*)((?:[^\W_]|(?<=[^\W_])[-/.](?=[^\W_])|(?<=\d)[,:](?=\d))+)"
    r"('(?:[sSmMdD]|ll|LL|re|RE|ve|VE))?([)\],;:?!%]{0,3})(\.?)"
)
_CONTRACTIONS = re.compile("cannot|gimme|gonna|gotta|lemme|wanna", re.IGNORECASE)


@functools.cache
def nltk_words() -> Callable[[str], Words]:
    """Return a function that divides a text into words, chunk by chunk.

    What the tokenizer does to a chunk between spaces depends on little around it: the kind of space before and behind
    it, and the end of the text, where the last chunk and the closing marks behind it go together. Plain words are
    divided here, others by the tokenizer itself and then remembered. A test compares the two on random text in many
    scripts.
    """
    from nltk.tokenize.destructive import NLTKWordTokenizer

    whole: Callable[[str], Words] = NLTKWordTokenizer().tokenize
    kept: dict[tuple[str, str, str], Words] = {}

    def chunk(before: str, text: str, behind: str) -> Words:
        """Return the words of a chunk; nothing before it or behind it is the beginning or end of the text."""
        key = (before, text, behind)
        found: Words | None = kept.get(key)
        if found is None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            found = _plain_words(text, not behind)
            if found is None:
                words = whole(f"{before and 'x' + before}{text}{behind and behind + 'x'}")
                found = words[bool(before) : len(words) - bool(behind)]
            if len(text) <= LONGEST_KEPT:
                kept[key] = found
        return found

    between: dict[str, Words] = {}  # chunks with a space before them and behind

    def divide(text: str) -> Words:
        # The last chunk that is not made of closing marks alone, and all behind it, end the text.
        stop = len(text.rstrip(_CLOSING))
        start = max(text.rfind(" ", 0, stop), text.rfind("\n", 0, stop), text.rfind("\t", 0, stop))
        if start <= 0:
            return list(chunk("", text, ""))
        head, words = text[:start], []
        if not _OTHER_SPACE.search(head):
            parts = head.split(" ")
            if parts[0]:
                words += chunk("", parts[0], " ")
            known = between.get
            for part in filter(None, parts[1:]):
                found = known(part)
                if found is None:
                    found = chunk(" ", part, " ")
                    if len(between) >= MOST_KEPT:
                        between.clear()
                    if len(part) <= LONGEST_KEPT:
                        between[part] = found
                words += found
        else:
            for before, part, behind in _CHUNKS.findall(head + text[start]):
                words += chunk(before, part, behind)
        words += chunk(text[start], text[start + 1 :], "")
        return words

    return divide


def _plain_words(text: str, last: bool) -> Words | None:
    """Return the words of a chunk that is a plain word with brackets and marks around it; None for any other."""
    if text.isalnum():
        return None if _CONTRACTIONS.search(text) else [text]
    match = _PLAIN.fullmatch(text)
    if match is None or _CONTRACTIONS.search(text):
        return None
    opening, word, clitic, closing, period = match.groups("")
    if period and not closing and not last:
        return [*opening, word + clitic + period]
    return [*opening, word, *([clitic] if clitic else []), *closing, *period]
