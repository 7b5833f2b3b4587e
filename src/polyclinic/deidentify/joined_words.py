"""Whether two capitalised words stand in one name: what is between them, and whether a line was wrapped there."""

from __future__ import annotations

import functools
import re

from polyclinic.deidentify.lexicon import CREDENTIAL, MONTH, NAME, TITLE
from polyclinic.deidentify.tokens import Tokens

# What stands between two words of a name, its blanks taken away -> how it joins them. The plain ways are " ".
_LINKS = {
    **dict.fromkeys(("", "'s", "’s", "'", "’", "d'", "d’", "-", "/"), " "),
    **{word: word for word in ("&", "and", "of", "for", "at", "the", "-", "–", "—", ".", ",", "or", "on", "by")},
    **dict.fromkeys(("of the", "of our", ". of", ". of the"), "of"),
    **dict.fromkeys(("la", "le", "upon", "’s &", "'s &"), " "),
    **dict.fromkeys(("de", "del", "de la", "de los"), "of"),
    **{"and the": "and", "for the": "for", "at the": "at", "& the": "&"},
}
_MISREAD = re.compile(r"[01][a-z]{0,8}")  # Wins1ow Veterans Hospital
_JOINING = frozenset(("of", "and", "for", "at", "the", "or", "on"))
LONGEST_GAP = 12  # characters
# What may stand between words that are joined, digits and letters of _MISREAD included.
BETWEEN = frozenset("".join(_LINKS) + "01abcdefghijklmnopqrstuvwxyz \n\t\r\v\f\x1c\x1d\x1e\x1f")
WRAPPED = 40  # characters of a line below which nobody wrapped it


@functools.lru_cache(maxsize=4096)
def _link(gap: str) -> str | None:
    if "   " in gap or "\t" in gap or gap.count("\n") > 1:
        return None
    core = " ".join(gap.split()).lower()
    if core in ("-", "–", "—") and gap != core:
        return "–"
    if core == "-" or (core == "/" and gap == core):
        return " "
    if core == "" and not gap:
        return None
    if _MISREAD.fullmatch(core):
        return " "
    return _LINKS.get(core) if core != "/" else None


def link(tokens: Tokens, left: int, right: int) -> str | None:
    """Return how two words are joined, " " for plainly: "of", "&", ".", ","; None where they are not."""
    text, start, end = tokens.text, tokens.ends[left], tokens.starts[right]
    if end - start == -1:
        return None
    gap = text[start:end]
    if gap == " ":
        return " "
    if len(gap) > LONGEST_GAP or ("\n" in gap and not wrapped(text, start)):
        return None
    return _link(gap)


def before(tokens: Tokens, k: int) -> tuple[int, str] | None:
    """Return the word that is joined to word `k` from the left, and how; words such as OF are no words of a name."""
    if not k:
        return None
    how = link(tokens, k - 1, k)
    joins = how == " " and k > 1 and tokens.lower[k - 1] in ("of", "and")
    if joins and link(tokens, k - 2, k - 1) == " ":
        return k - 2, tokens.lower[k - 1]
    return None if how is None else (k - 1, how)


def after(tokens: Tokens, k: int) -> tuple[int, str] | None:
    """Return the word that is joined to word `k` from the right, and how."""
    if k + 1 >= len(tokens.starts):
        return None
    how = link(tokens, k, k + 1)
    if how == " " and tokens.lower[k + 1] in _JOINING:
        last = k + 2
        if last < len(tokens.starts) and tokens.lower[last] == "the":
            last += 1
        if last < len(tokens.starts) and link(tokens, last - 1, last) == " ":
            word = tokens.lower[k + 1]
            return last, word if tokens.caseless or is_upper(tokens, k + 1) else " "  # Youth For Tomorrow
        return None
    return None if how is None else (k + 1, how)


def wrapped(text: str, place: int) -> bool:
    """Say whether the line that ends at a place was wrapped there: it is long, and no sentence ends with it."""
    return place - text.rfind("\n", 0, place) > WRAPPED and text[place - 1 : place] not in ".:;!?"


def is_upper(tokens: Tokens, k: int) -> bool:
    """Say whether a word has capitals alone, and more than one."""
    return tokens.ends[k] - tokens.starts[k] > 1 and tokens.text[tokens.starts[k] : tokens.ends[k]].isupper()


def begins_sentence(text: str, start: int) -> bool:
    """Say whether a capital at a place may be that of a sentence or of a line."""
    k = start - 1
    while k >= 0 and text[k] in " \t\"'(*>#":
        k -= 1
    if k < 0 or text[k] in ".:!?;•-–|/":
        return True
    return text[k] == "\n" and not wrapped(text, k)


def ends_names(bit: int) -> bool:
    """Say whether a word is a title, a degree or a month, which no name of a place goes over."""
    return bool(bit & (TITLE | CREDENTIAL | MONTH)) and not bit & NAME
