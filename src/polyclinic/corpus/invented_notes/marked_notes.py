"""Labelled notes as text that a person can write and read: `# note STYLE`, then the note with ⟦type|text⟧ in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS, LabelledNote, Span, read_labels
from polyclinic.errors import UserError, did_you_mean

BEGINS = "# note "
MARK = re.compile(r"⟦([^⟦⟧|\n]*)\|([^⟦⟧]+)⟧")
LEFT = re.compile(r"[⟦⟧]")


def read_labelled(path: Path) -> Iterator[LabelledNote]:
    """Yield the labelled notes of a file: marked text (`.txt`), else lines of JSON. Raises UserError as these do."""
    return read_marked(path) if path.suffix == ".txt" else read_labels(path)


def read_marked(path: Path) -> Iterator[LabelledNote]:
    """Yield the notes of a file of marked text; a note's id is the file's name and its number.

    Raises UserError, naming file and line, for text before the first note, an unknown type and a mark that is open.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected notes as UTF-8 text: {error}") from error
    begins = [number for number, line in enumerate(lines) if line.startswith(BEGINS)]
    for number, line in enumerate(lines[: begins[0]] if begins else lines, start=1):
        if line.strip():
            raise UserError(f"{path}:{number}: expected '{BEGINS}STYLE' before the first note")
    for count, (begin, end) in enumerate(zip(begins, [*begins[1:], len(lines)], strict=False), start=1):
        text, spans = _parsed("\n".join(lines[begin + 1 : end]).strip("\n"), f"{path}:{begin + 1}")
        yield LabelledNote(f"{path.stem}-{count}", text, spans, lines[begin].removeprefix(BEGINS).strip())


def _parsed(marked: str, where: str) -> tuple[str, tuple[Span, ...]]:
    pieces: list[str] = []
    spans: list[Span] = []
    last = size = 0
    for mark in MARK.finditer(marked):
        kind, inside = mark.groups()
        if kind not in IDENTIFIERS:
            close = did_you_mean(kind, IDENTIFIERS)
            raise UserError(f"{where}: the note has a mark of unknown type {kind!r}{close}")
        between = marked[last : mark.start()]
        size += len(between)
        spans.append(Span(size, size + len(inside), kind))
        size += len(inside)
        pieces += [between, inside]
        last = mark.end()
    text = "".join([*pieces, marked[last:]])
    if left := LEFT.search(text):
        around = text[max(0, left.start() - 20) : left.start() + 20].replace("\n", " ")
        raise UserError(f"{where}: the note has a mark that is no ⟦type|text⟧, at {around!r}")
    return text, tuple(spans)
