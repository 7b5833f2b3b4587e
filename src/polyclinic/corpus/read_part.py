"""One part of a corpus that is read: pieces of files become documents, and some of them are left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from polyclinic.corpus.held_out import Part, in_part
from polyclinic.corpus.licences import Licences, allows_commercial_use, licence_name
from polyclinic.corpus.part_files import write_part
from polyclinic.corpus.part_worker import MakePart
from polyclinic.corpus.readers.formats import reader_for
from polyclinic.corpus.readers.pieces import LeftOut, Made, Options, Piece, UnreadableError


@dataclass(frozen=True)
class ReadJob:
    """How a part is read and what is taken from it."""

    options: Options = field(default_factory=Options)
    minimum_characters: int = 1
    part: Part = "all"
    held_out_share: float = 0.0
    licenses: Licences = "any"


def make_reader(settings: bytes) -> MakePart:
    """Return what makes a part of a chunk of pieces, as `polyclinic.corpus.parts` wants it."""
    job = msgspec.json.decode(settings, type=ReadJob)
    decode = msgspec.msgpack.Decoder(list[Piece]).decode

    def make(chunk: bytes, folder: Path) -> dict[str, int]:
        counts: dict[str, int] = {"read": 0}
        write_part(folder, _taken(_documents(decode(chunk), job.options), job, counts), counts)
        return counts

    return make


def _documents(pieces: list[Piece], options: Options) -> Iterator[tuple[str, Made]]:
    found = _read(pieces, options)
    if options.format == "medical_wikipedia":
        from polyclinic.corpus.readers.layouts import joined_paragraphs

        return joined_paragraphs(found)
    return found


def _read(pieces: list[Piece], options: Options) -> Iterator[tuple[str, Made]]:
    for piece in pieces:
        if piece.reason:
            yield piece.place, LeftOut(piece.place, piece.reason, piece.detail)
            continue
        try:
            read = reader_for(piece, options)
            for number, made in enumerate(read(piece, options)):
                yield made.place if isinstance(made, LeftOut) else _place(piece, made.id, number), made
        except UnreadableError as error:
            yield piece.place, LeftOut(piece.place, error.reason, error.detail)


def _place(piece: Piece, name: str, number: int) -> str:
    return f"{piece.place} ({name})" if piece.header and number else piece.place


def _taken(made: Iterator[tuple[str, Made]], job: ReadJob, counts: dict[str, int]) -> Iterator[tuple[str, Made]]:
    """Yield what is made, with the reason in the place of each document that is not taken."""
    for place, one in made:
        if isinstance(one, LeftOut):
            yield place, one
            continue
        counts["read"] += 1
        problem = _half_character(one.id, one.text, one.title)
        if problem:
            yield place, LeftOut(place, "broken text", problem)
        elif len(one.text.strip()) < job.minimum_characters:
            detail = f"shorter than minimum_characters ({job.minimum_characters})"
            yield place, LeftOut(place, "too short", detail, one.id)
        elif job.licenses == "commercial" and not allows_commercial_use(one.license):
            detail = f"licence {one.license!r} does not surely allow commercial use" if one.license else "no licence"
            yield place, LeftOut(place, "licence", detail, one.id)
        elif not in_part(one.id, job.part, job.held_out_share):
            counts["in_other_part"] = counts.get("in_other_part", 0) + 1
        else:
            yield place, replace(one, license=named) if (named := licence_name(one.license)) != one.license else one


def _half_character(*texts: str) -> str:
    # JSON can spell half of a surrogate pair; no file can hold it.
    for text in texts:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                character = f"\\u{ord(error.object[error.start]):04x}"
                return f"half a character ({character}) at {error.start}; the text was cut or decoded wrongly"
    return ""
