"""Letterheads: a line of its own at the head of a page, or right above a street or town, is an institution's name."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from polyclinic.deidentify.lexicon import CREDENTIAL, NAME, STOP, TITLE
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

_LONGEST = 60
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_PARTS = frozenset(("department", "division", "section", "service", "office", "dept", "unit", "program"))
_SMALL = frozenset(("of", "and", "the", "for", "at", "de", "la", "del", "in", "on"))


_PAGE_FOLLOWS = re.compile(
    r"[ \t]*\n\s{0,4}(?:tel\b|phone|fax|\(?\d|department|dept|division|office of|p\.?o\.? box|www|(?-i:[A-Z]{2,}\b)|"
    r"=|-{3}|\*{3})|[ \t]*\n[ \t]*\n|[ \t]{2,}(?:department|dept|tel|phone|fax|page)|[ \t]*$",
    re.IGNORECASE,
)


def heads_page(text: str, start: int, end: int) -> bool:
    """Say whether a line of its own heads the text or a page of it, as a letterhead does."""
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip(" *#=|") or start > 400:
        return False
    above = text[text.rfind("\n", 0, max(0, line - 1)) + 1 : line].strip()
    top = len(above) < 45 and not any(c.isdigit() or c in ".:;," for c in above)
    return top and (start < 3 or _PAGE_FOLLOWS.match(text, end) is not None)


def letterheads(
    tokens: Tokens, places: Sequence[Span], taken: Sequence[Span], worth: Callable[[Tokens, int, bool], int]
) -> Iterator[Span]:
    """Yield the lines right above a street or town that begins a line.

    Args:
        tokens: words of the text.
        places: streets and towns, as they were found.
        taken: everything found so far: a line that has any of it is left.
        worth: what a word says of whose name it stands in.
    """
    text = tokens.text
    covered = sorted((span.start, span.end) for span in taken)
    for place in places:
        begin = text.rfind("\n", 0, place.start) + 1
        if text[begin : place.start].strip(" \t>*") or begin < 2:
            if place.type == "address" and (spot := _beside(tokens, begin, place.start, covered, worth)) is not None:
                yield spot
            continue
        end = begin - 1
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        stripped = line.strip(" \t>*")
        if not 3 < len(stripped) < _LONGEST or any(c.isdigit() or c in ":|@#=?!;[](" for c in stripped):
            continue
        words = _WORD.findall(stripped)
        if len(words) < 2 or not all(w[0].isupper() or w in _SMALL for w in words) or stripped.endswith("."):
            continue
        start += line.index(stripped)
        at = bisect_left(covered, (start, 0))
        if any(low < start + len(stripped) and high > start for low, high in covered[max(0, at - 1) : at + 3]):
            continue
        first = bisect_left(tokens.starts, start)
        last = bisect_left(tokens.starts, start + len(stripped))
        inside = range(first, last)
        bits = tokens.bits
        if not inside or tokens.lower[first] in _PARTS or any(bits[j] & (CREDENTIAL | TITLE) for j in inside):
            continue
        if all(bits[j] & NAME or tokens.ends[j] - tokens.starts[j] == 1 for j in inside):
            continue  # a person's address
        if all(worth(tokens, j, stripped.isupper()) == 0 for j in inside) and (
            tokens.lower[first] != "the" or bits[first + 1] & STOP
        ):
            continue
        yield Span(start, start + len(stripped), "institution")


_BESIDE = re.compile(
    r"(?:^|[,;:.|(] |  )((?:[A-Z][\w'’&.-]* |of |and |the |for |& ){0,6}[A-Z][\w'’&-]*)(?:, | - | – | \| )$"
)


def _beside(
    tokens: Tokens, low: int, end: int, covered: Sequence[tuple[int, int]], worth: Callable[[Tokens, int, bool], int]
) -> Span | None:
    """Return the name right before a street on its line: Gulf South Surgical, 1150 Robert Blvd."""
    found = _BESIDE.search(tokens.text, max(low, end - 70), end)
    if found is None or " " not in found[1]:
        return None
    start, stop = found.span(1)
    at = bisect_left(covered, (start, 0))
    if any(a < stop and b > start for a, b in covered[max(0, at - 1) : at + 3]):
        return None
    inside = range(bisect_left(tokens.starts, start), bisect_left(tokens.starts, stop))
    bits = tokens.bits
    if not inside or any(bits[j] & (CREDENTIAL | TITLE) for j in inside) or all(bits[j] & NAME for j in inside):
        return None
    return Span(start, stop, "institution") if any(worth(tokens, j, False) for j in inside) else None
