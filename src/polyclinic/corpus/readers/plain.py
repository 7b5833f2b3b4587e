"""Text and Markdown files: one document each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from polyclinic.corpus.readers.opened import plain
from polyclinic.corpus.readers.pieces import Made, Options, Piece, UnreadableError
from polyclinic.records import Document

HEADING = re.compile(r"^#{1,6}[ \t]+(.*?)[ \t]*#*$")
FENCE = re.compile(r"^(```|~~~)")


def read_plain(piece: Piece, options: Options) -> Iterator[Made]:
    """Yield the document of one file; its first line is the title when it is a Markdown heading."""
    text = decoded(piece.data).strip()
    sections = headings(text)
    first = next((line for line in text.splitlines() if line.strip()), "")
    named = first.startswith("#") and first.lstrip("#").strip()
    yield Document(
        **filled(
            {
                "id": piece.name,
                "text": text,
                "title": named or PurePosixPath(plain(piece.name)).stem,
                "sections": sections,
            },
            options,
        )
    )


def filled(fields: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Return fields with the defaults for those that are empty."""
    return {**fields, **{name: value for name, value in options.defaults.items() if value and not fields.get(name)}}


def decoded(data: bytes) -> str:
    """Return UTF-8 (or, with a byte order mark, UTF-16) as text; raises UnreadableError for anything else."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise UnreadableError("wrong encoding", f"begins as UTF-16 and is not ({error.reason})") from error
    if b"\0" in data:
        raise UnreadableError("NUL bytes", f"a NUL byte at {data.index(0)}; this is no text, or it is damaged")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("not UTF-8", f"not UTF-8 (byte {error.start}); save the file as UTF-8") from error


def headings(text: str) -> tuple[str, ...]:
    """Return the headings of Markdown text, from top to bottom; what stands in a code block is none."""
    found, fenced = [], False
    for line in text.split("\n"):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and line.startswith("#") and (match := HEADING.match(line)) and match[1]:
            found.append(match[1])
    return tuple(found)
