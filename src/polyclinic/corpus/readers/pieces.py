"""Pieces: the bytes of one document, or the reason why there are none; cut from files and handed to a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from polyclinic.records import Document

ExtraFields = Literal["error", "ignore", "metadata"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one document, or a few, are made from."""

    place: str  # where it stands: file, member, line, row; shown to people
    data: bytes = b""
    name: str = ""  # path of the file it was cut from, below the folder that is read
    header: str = ""  # what it needs to know of its file's beginning: the header of a csv
    reason: str = ""  # why it cannot be read, in a few words; there is no data then
    detail: str = ""  # the same in a sentence


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A document that is not taken, or something in its place."""

    place: str  # as in Piece
    reason: str  # in a few words, for counting
    detail: str = ""  # what was expected, and what was found
    id: str = ""  # of the document where it is known


@dataclass(frozen=True, slots=True)
class Options:
    """How documents are made from pieces; travels to other processes as JSON."""

    format: str = "auto"
    defaults: Mapping[str, str] = field(default_factory=dict)  # fields of documents that leave them empty
    fields: Mapping[str, str] = field(default_factory=dict)  # field of a document -> column of a row
    extra_fields: ExtraFields = "error"  # what to do with columns that a document does not have
    tables: bool = True  # whether tables of articles are kept, as Markdown
    references: bool = False  # whether lists of references are kept
    maximum_bytes: int = 32 << 20  # of one piece


Made = Document | LeftOut
Reader = Callable[[Piece, Options], Iterator[Made]]
Row = dict[str, Any]


class UnreadableError(Exception):
    """A piece or a file cannot be read; the run goes on without it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Say why, in a few words, and in a sentence."""
        super().__init__(detail or reason)
        self.reason, self.detail = reason, detail


def shown(text: str, length: int = 120) -> str:
    """Return the beginning of a message on one line, as it goes into a side file."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."
