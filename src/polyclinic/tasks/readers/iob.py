"""Tokens with tags, one a line (CoNLL, IOB1, IOB2, IOBES), sentences divided by empty lines.

The first column is the token, the last its tag. `-DOCSTART-` lines begin a new document.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.text_lines import text_lines
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield a row for each sentence: text (tokens joined by spaces), tokens, tags, entities, types, typed.

    `entities` are the distinct mentions in the order of the text; `source.types` leaves out other types.
    """
    tokens: list[str] = []
    tags: list[str] = []
    start, document, broken = 1, 0, None
    for number, line in enumerate(text_lines(file, source.encoding), start=1):
        if isinstance(line, Bad):
            broken = broken or line
            continue
        line = line.rstrip("\r\n")
        if line.strip() and not line.startswith("-DOCSTART-"):
            cells = line.split("\t") if "\t" in line else line.split()
            if not tokens:
                start = number
            if len(cells) < 2 or not _is_tag(cells[-1]):
                broken = broken or Bad(
                    f"{file}:{number}", f"expected a token and a tag (O, B-…, I-…), found {line[:80]!r}", line[:200]
                )
            tokens.append(cells[0])
            tags.append(cells[-1])
            continue
        if broken:
            yield broken
        elif tokens:
            yield _sentence(f"{file}:{start}", tokens, tags, source, document)
        tokens, tags, broken = [], [], None
        document += line.startswith("-DOCSTART-")
    if broken:
        yield broken
    elif tokens:
        yield _sentence(f"{file}:{start}", tokens, tags, source, document)


def _is_tag(tag: str) -> bool:
    return tag == "O" or (len(tag) > 2 and tag[1] == "-" and tag[0] in "BIESLU") or tag in ("B", "I")


def _sentence(place: str, tokens: list[str], tags: list[str], source: Source, document: int) -> Row:
    typed = _typed(tokens, tags, source.types)
    fields: dict[str, Any] = {
        "text": " ".join(tokens),
        "tokens": tokens,
        "tags": tags,
        "typed": typed,
        "types": list(typed),
        "entities": list(dict.fromkeys(name for names in typed.values() for name in names)),
    }
    if document:
        fields["docstart"] = str(document)
    return Row(place, fields)


def _typed(tokens: list[str], tags: list[str], wanted: tuple[str, ...]) -> dict[str, list[str]]:
    typed: dict[str, list[str]] = {}
    words: list[str] = []
    kind = ""

    def close() -> None:
        if words and (not wanted or kind in wanted):
            typed.setdefault(kind, []).append(" ".join(words))
        words.clear()

    for token, tag in zip(tokens, tags, strict=True):
        own = tag[2:]
        if tag == "O":
            close()
            continue
        if tag[0] in "BSU" or own != kind or not words:
            close()
        kind = own
        words.append(token)
        if tag[0] in "ESLU":
            close()
    close()
    return typed
