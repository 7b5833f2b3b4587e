"""Files cut into lines, and into the records of a csv file, whose cells may hold line breaks."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.corpus.readers.opened import BLOCK, ByteStream
from polyclinic.corpus.readers.pieces import Piece, UnreadableError

BOM = b"\xef\xbb\xbf"


def lines(stream: ByteStream, maximum: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line with its end) for each line; None stands for one of more than `maximum` bytes."""
    number, kept, too_long = 1, b"", False
    while block := stream.read(BLOCK):
        found = block.splitlines(keepends=True) if b"\r" not in block else _split(block)
        for part in found:
            if too_long:
                too_long = not part.endswith(b"\n")
                number += not too_long
                continue
            line = kept + part if kept else part
            if len(line) > maximum:
                yield number, None
                kept, too_long = b"", not part.endswith(b"\n")
                number += not too_long
            elif part.endswith(b"\n"):
                yield number, line
                number, kept = number + 1, b""
            else:
                kept = line
    if kept:
        yield number, kept


def cut_lines(stream: ByteStream, name: str, maximum: int) -> Iterator[Piece]:
    """Yield a piece for each line that is not empty."""
    for number, line in lines(stream, maximum):
        place = f"{name}:{number}"
        if line is None:
            yield too_large(place, name, maximum)
        else:
            data = (line.removeprefix(BOM) if number == 1 else line).rstrip(b"\r\n")
            if data.strip():
                yield Piece(place, data, name)


def cut_csv(stream: ByteStream, name: str, maximum: int) -> Iterator[Piece]:
    """Yield a piece for each record of a csv file, its header with it.

    A record ends where a line ends and no quote is open. Where one is never closed, the line on which it was opened
    is left out and the next line begins a record again: the damage stays local.
    """
    header = ""
    waiting: list[tuple[int, bytes]] = []  # lines of a record whose quote is still open
    size, opened = 0, False

    def given_up() -> Iterator[Piece]:
        first, held = waiting[0][0], waiting[1:]
        detail = "a quote is opened on this line and not closed; the line is left out"
        yield Piece(f"{name}:{first}", b"", name, reason="broken csv", detail=detail)
        waiting.clear()
        for number, line in held:
            yield from taken(number, line)

    def taken(number: int, line: bytes) -> Iterator[Piece]:
        nonlocal header, size, opened
        odd = bool(line.count(b'"') & 1)
        if not waiting and not odd:
            record, first = line, number
        else:
            if not waiting:
                size, opened = 0, False
            waiting.append((number, line))
            size, opened = size + len(line), opened != odd
            if opened:
                if size > maximum:
                    yield from given_up()
                return
            record, first = b"".join(part for _, part in waiting), waiting[0][0]
            waiting.clear()
        if not header:
            if record.strip():
                header = _header(record, name, first)
        elif record.strip():
            yield Piece(f"{name}:{first}", record, name, header)

    for number, line in lines(stream, maximum):
        if line is None:
            yield too_large(f"{name}:{number}", name, maximum)
        else:
            yield from taken(number, line)
    while waiting:
        size, opened = 0, False
        yield from given_up()


def too_large(place: str, name: str, maximum: int) -> Piece:
    """Return what stands in the place of a document that is too large to be read."""
    detail = f"more than maximum_megabytes ({maximum / (1 << 20):g}) of text in one document"
    return Piece(place, b"", name, reason="too large", detail=detail)


def _header(record: bytes, name: str, number: int) -> str:
    try:
        return record.removeprefix(BOM).decode().strip("\r\n")
    except UnicodeDecodeError:
        try:
            return record.decode("cp1252").strip("\r\n")
        except UnicodeDecodeError as error:
            raise UnreadableError("not UTF-8", f"{name}:{number}: the header of the csv is not UTF-8") from error


def _split(block: bytes) -> list[bytes]:
    # bytes.splitlines also cuts at lone carriage returns, which may stand in a cell.
    return [part + b"\n" for part in block.split(b"\n")[:-1]] + ([t] if (t := block.rpartition(b"\n")[2]) else [])
