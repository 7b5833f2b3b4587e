"""XML files cut into the elements that hold one document each, without parsing them.

The cut is made where `<element` and `</element>` stand. That is exact for the formats read here, whose elements do
not nest in themselves. A damaged element costs itself alone: the next one begins at its own start tag.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from polyclinic.corpus.readers.cut_lines import too_large
from polyclinic.corpus.readers.opened import BLOCK, ByteStream
from polyclinic.corpus.readers.pieces import Piece

ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def cut_xml(stream: ByteStream, name: str, element: str, maximum: int) -> Iterator[Piece]:
    """Yield a piece for each `element` of a file; the file's encoding is the piece's header.

    A file that declares entities is refused whole: no official archive does, and bombs and theft begin there.
    """
    start = re.compile(rb"<" + element.encode() + rb"(?=[\s>/])")
    end = re.compile(rb"</" + element.encode() + rb"\s*>")
    opened = max(len(element) + 2, 16)  # bytes of a tag that may be cut by a block's end
    source = _as_utf8(stream)
    encoding, buffer, count, at = "", b"", 0, 0  # what stands before `at` is done with
    first = True
    while True:
        block = source.read(BLOCK)
        buffer, at = buffer[at:] + block, 0
        if first and buffer:
            first, encoding = False, _encoding(buffer)
        while True:
            begin = start.search(buffer, at)
            if _declares_entities(buffer, at, begin.start() if begin else len(buffer)):
                yield _entities(name)
                return
            if begin is None:
                at = max(at, len(buffer) - opened) if block else len(buffer)
                break
            at = begin.start()
            stop = end.search(buffer, at)
            again = start.search(buffer, at + 1, stop.start() if stop else len(buffer))
            place = f"{name}#{count + 1}"
            if again is not None:
                count += 1
                yield Piece(place, b"", name, reason="broken XML", detail=f"<{element}> is not closed")
                at = again.start()
            elif stop is not None:
                count += 1
                if stop.end() - at > maximum:
                    yield too_large(place, name, maximum)
                else:
                    yield Piece(place, buffer[at : stop.end()], name, encoding)
                at = stop.end()
            elif len(buffer) - at > maximum:
                count += 1
                yield too_large(place, name, maximum)
                buffer, at = _skipped(source, start, end, opened), 0
            else:
                break
        if not block:
            break
    if at < len(buffer):
        detail = f"<{element}> is not closed where the file ends; it was cut off"
        yield Piece(f"{name}#{count + 1}", b"", name, reason="broken XML", detail=detail)
    elif count == 0:
        yield Piece(name, b"", name, reason="nothing to read", detail=f"no <{element}> in the file")


def _skipped(source: ByteStream, start: re.Pattern[bytes], end: re.Pattern[bytes], opened: int) -> bytes:
    """Read on to the end of an element that is too large, and return what follows it."""
    tail = b""
    while block := source.read(BLOCK):
        tail += block
        if stop := end.search(tail):
            return tail[stop.end() :]
        if again := start.search(tail):
            return tail[again.start() :]
        tail = tail[-opened:]
    return b""


def _declares_entities(buffer: bytes, start: int, end: int) -> bool:
    return buffer.find(b"<!ENTITY", start, end) >= 0


def _entities(name: str) -> Piece:
    detail = (
        "the file declares XML entities (<!ENTITY ...>), which are refused: they can fill the memory or read files"
    )
    return Piece(name, b"", name, reason="XML entities", detail=detail)


def _encoding(head: bytes) -> str:
    found = ENCODING.search(head[:1000])
    return found[1].decode().lower() if found else "utf-8"


class _Recoded:
    """A stream of UTF-16 text as UTF-8."""

    def __init__(self, stream: ByteStream, head: bytes, encoding: str) -> None:
        self.stream, self.head = stream, head
        self.decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def read(self, size: int) -> bytes:
        block = self.head or self.stream.read(size)
        self.head = b""
        text = self.decoder.decode(block, final=not block)
        # The declaration names the encoding it had; it is UTF-8 now.
        return re.sub(r"""(encoding\s*=\s*["'])utf-16[a-z-]*""", r"\1utf-8", text, count=1, flags=re.I).encode()


class _Headed:
    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self.head, self.stream = head, stream

    def read(self, size: int) -> bytes:
        if self.head:
            head, self.head = self.head, b""
            return head
        return self.stream.read(size)


def _as_utf8(stream: ByteStream) -> ByteStream:
    head = stream.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _Recoded(stream, head, "utf-16")
    return _Headed(head, stream)
