"""Text that carries its labels while it is written: wrapped, joined and capitalised like any other, then read off.

Around each identifier stand characters that no note has (of Unicode's private use area): one that opens a type, one
that closes any. They have no upper case and are no white space.
"""

from __future__ import annotations

from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS, Span

FIRST = 0xE000  # opens the first type of IDENTIFIERS; the others follow
CLOSE = "\uf8ff"
_OPEN = {kind: chr(FIRST + number) for number, kind in enumerate(IDENTIFIERS)}
_TYPE_OF = {mark: kind for kind, mark in _OPEN.items()}
_NO_MARKS = dict.fromkeys([ord(CLOSE), *map(ord, _OPEN.values())])


def mark(kind: str, text: str) -> str:
    """Return `text` marked as an identifier of this type; marks in it give way."""
    return f"{_OPEN[kind]}{without_marks(text)}{CLOSE}"


def without_marks(text: str) -> str:
    """Return the text alone."""
    return text.translate(_NO_MARKS)


def read_off(marked: str) -> tuple[str, tuple[Span, ...]]:
    """Return the text without marks, and the spans that were marked in it.

    Raises ValueError where a mark is not closed, or closed twice: a template is wrong.
    """
    pieces: list[str] = []
    spans: list[Span] = []
    place = 0
    opened: tuple[int, str] | None = None
    for character in marked:
        if character in _TYPE_OF:
            if opened is not None:
                raise ValueError(f"a mark within a mark at character {place}")
            opened = (place, _TYPE_OF[character])
        elif character == CLOSE:
            if opened is None or opened[0] == place:
                raise ValueError(f"a mark without beginning or text at character {place}")
            spans.append(Span(opened[0], place, opened[1]))
            opened = None
        else:
            pieces.append(character)
            place += 1
    if opened is not None:
        raise ValueError(f"a mark is not closed: {opened}")
    return "".join(pieces), tuple(spans)


def width(marked: str) -> int:
    """Return how many characters a reader sees."""
    return len(without_marks(marked))


def wrap(marked: str, columns: int) -> str:
    """Break lines at spaces so that none is wider than `columns`, as printers do; also inside of identifiers."""
    lines = []
    for paragraph in marked.split("\n"):
        line, *words = paragraph.split(" ")
        for word in words:
            if width(line) + 1 + width(word) > columns:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}"
        lines.append(line)
    return "\n".join(lines)


def pad(marked: str, columns: int) -> str:
    """Fill up with spaces to a width, for columns of a table; one space at least."""
    return marked + " " * max(1, columns - width(marked))
