"""Texts in pieces of a bounded size: many short ones together, a long one in several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

PIECE = 1 << 20  # characters
BORDER = re.compile("[ \n\t\u3000。，、；！？]")  # what never stands in a word


def pieces(texts: Iterable[str], most: int = PIECE) -> Iterator[tuple[list[str], bool]]:
    """Yield lists of texts of about `most` characters in all, and whether the last of them goes on in the next.

    A text is cut only where no word is cut; one without such a place stays whole.
    """
    waiting: list[str] = []
    size = 0
    for text in texts:
        at = 0
        while size + len(text) - at > most:
            cut = BORDER.search(text, max(at, min(len(text), at + most - size)))
            if cut is None:
                break
            yield [*waiting, text[at : cut.end()]], True
            waiting, size, at = [], 0, cut.end()
        waiting.append(text[at:] if at else text)
        size += len(waiting[-1])
        if size >= most:
            yield waiting, False
            waiting, size = [], 0
    if waiting:
        yield waiting, False
