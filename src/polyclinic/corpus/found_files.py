"""Which files a path holds, and one file after the other as pieces of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from polyclinic.corpus.readers.formats import cut, is_readable, suffixes_of
from polyclinic.corpus.readers.opened import ARCHIVE_SUFFIXES, PACKED_SUFFIXES, members
from polyclinic.corpus.readers.pieces import Piece, UnreadableError
from polyclinic.errors import UserError

CHUNK_BYTES = 8 << 20  # of pieces that are worked on together
CHUNK_PIECES = 4096
GROUP_BYTES = 1 << 20  # what a row group of a Parquet file counts for, which is read where it is worked on


@dataclass(frozen=True)
class FoundFiles:
    """What a path holds."""

    root: Path  # places and ids are paths from here
    readable: list[Path]  # in the order of their names
    others: dict[str, int]  # suffix -> files that are not of the format
    linked: tuple[Path, ...] = ()  # links to folders, which are not gone into: changes there would not be seen


def find_files(path: Path, format: str = "auto") -> FoundFiles:
    """Return the files of a format under `path`, which is a file or a folder; hidden ones are passed over.

    Raises UserError when there is none.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file or folder; expected documents")
    expected = ", ".join(suffixes_of(format))
    packed = f"also packed ({', '.join(PACKED_SUFFIXES)}) or in archives ({', '.join(ARCHIVE_SUFFIXES)})"
    if path.is_file():
        if not is_readable(path.name, format):
            raise UserError(
                f"{path}: cannot read documents from this; expected {expected}, {packed}, or a folder of them"
            )
        return FoundFiles(path.parent, [path], {})
    every = [f for f in path.rglob("*") if not _hidden(f.relative_to(path))]
    linked = sorted(f for f in every if f.is_symlink() and f.is_dir())
    files = [f for f in every if f.is_file() or (f.is_symlink() and not f.is_dir())]
    readable = sorted((f for f in files if is_readable(f.name, format)), key=lambda f: f.relative_to(path).as_posix())
    others: dict[str, int] = {}
    for file in sorted(set(files) - set(readable)):
        others[file.suffix or file.name] = others.get(file.suffix or file.name, 0) + 1
    if not readable:
        held_here = [*others, *(f"a link to a folder, {f.name}, which is not followed" for f in linked[:3])]
        held = f"; it holds {', '.join(held_here)}" if held_here else "; it is empty"
        raise UserError(f"{path}: no file here that can be read{held}; expected {expected}, {packed}")
    return FoundFiles(path, readable, others, tuple(linked))


def file_size(file: Path) -> int:
    """Return the size of a file; none when it cannot be asked."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def pieces_of(
    found: FoundFiles, format: str, maximum: int, advance: Callable[[int], None] = lambda count: None
) -> Iterator[Piece]:
    """Yield the pieces of all files; a file that cannot be read gives one that says why, and the next is opened.

    `advance` is told how many bytes of the files were gone through.
    """
    for path in found.readable:
        name = path.relative_to(found.root).as_posix()
        passed = 0
        try:
            with path.open("rb") as file:
                for piece in _pieces_of_file(file, path, name, format, maximum):
                    yield piece
                    if (at := file.tell()) > passed:
                        advance(at - passed)
                        passed = at
        except UnreadableError as error:
            yield Piece(name, b"", name, reason=error.reason, detail=error.detail)
        except OSError as error:
            # One file among thousands that may not be opened or is gone; a disk that fails shows in all of them.
            yield Piece(name, b"", name, reason="unreadable file", detail=error.strerror or str(error))
        advance(max(0, file_size(path) - passed))
    for path in found.linked:
        name = path.relative_to(found.root).as_posix()
        detail = "links to folders are not followed: read that folder itself, or put a copy of it here"
        yield Piece(name, b"", name, reason="linked folder", detail=detail)


def _pieces_of_file(file: IO[bytes], path: Path, name: str, format: str, maximum: int) -> Iterator[Piece]:
    count = 0
    archive = False
    for member in members(file, path, name):
        archive = archive or member.name != name
        try:
            for piece in cut(member, format, maximum, path):
                count += 1
                yield piece
        except UnreadableError as error:
            if not archive or (error.reason == "damaged archive" and member.problem is None):
                raise
            count += 1
            yield Piece(member.name, b"", member.name, reason=error.reason, detail=error.detail)
    if not count and archive:
        detail = f"the archive holds no {', '.join(suffixes_of(format))}"
        yield Piece(name, b"", name, reason="nothing to read", detail=detail)


def chunks_of(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Yield lists of pieces that are worked on together; where one ends depends on the pieces alone."""
    chunk: list[Piece] = []
    size = 0
    for piece in pieces:
        length = len(piece.data) or (GROUP_BYTES if piece.header else 0)
        if chunk and (size + length > CHUNK_BYTES or len(chunk) == CHUNK_PIECES):
            yield chunk
            chunk, size = [], 0
        chunk.append(piece)
        size += length
    if chunk:
        yield chunk


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
