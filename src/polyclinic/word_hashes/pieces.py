"""Texts in pieces of a bounded size: many short ones together, a long one in several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from polyclinic.word_hashes.words import words_of

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


@dataclass(frozen=True)
class Piece:
    """A text, or a part of a long one."""

    number: int  # place of the text among all
    text: str
    first_word: int  # place of the part's first word in the text


def overlapping_pieces(texts: Iterable[str], overlap: int, most: int = PIECE) -> Iterator[list[Piece]]:
    """Yield texts in batches of about `most` characters; a longer text comes in parts that share `overlap` words."""
    waiting: list[Piece] = []
    size = 0
    for number, text in enumerate(texts):
        for piece in _parts(number, text, overlap, most) if len(text) > most else [Piece(number, text, 0)]:
            waiting.append(piece)
            size += len(piece.text)
            if size >= most:
                yield waiting
                waiting, size = [], 0
    if waiting:
        yield waiting


def _parts(number: int, text: str, overlap: int, most: int) -> Iterator[Piece]:
    tail, first = "", 0  # the end of the last part, and where its first word stands
    for (part, *_), _ in pieces([text], most):
        whole = tail + part
        yield Piece(number, whole, first)
        words = len(words_of(whole))
        tail = _last_words(whole, overlap)
        first += words - len(words_of(tail))


def _last_words(text: str, count: int) -> str:
    """Return the end of a text with `count` words or a few more; all of it where it has fewer."""
    size = 16 * (count + 1)
    while size < len(text):
        border = BORDER.search(text, len(text) - size)
        if border is not None and len(words_of(text[border.end() :])) >= count:
            return text[border.end() :]
        size *= 2
    return text
