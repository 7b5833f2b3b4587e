"""One long JSON list, element by element, so that memory does not grow with the file (ShareGPT is 0.7 GB)."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from polyclinic.tasks.readers.compressed import DAMAGE, damage, open_bytes
from polyclinic.tasks.readers.row import LONGEST_SHOWN, Bad

CHUNK = 1 << 20  # bytes read at once
SPACE = re.compile(r"[\s,]*")
ENDS = tuple(",] \t\r\n")  # what a number may be followed by
NEAR_THE_END = 32  # signs; an error further from the end of what was read is not for want of more


def is_list(file: Path) -> bool:
    """Return whether a JSON file begins as a list."""
    with open_bytes(file) as stream:
        try:
            head = stream.read(4096)
        except DAMAGE:
            return False
    return head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["


def read(file: Path, encoding: str = "utf-8", chunk: int = CHUNK) -> Iterator[tuple[str, Any] | Bad]:
    """Yield (place, element) for each element of a list; a place is `file:line`, where the element begins.

    What is broken comes as Bad and ends the file, since nothing after it can be told apart. `chunk` is how many bytes
    are read at once.
    """
    decoder = json.JSONDecoder()
    with open_bytes(file) as stream:
        chunks = _texts(stream, file, encoding, chunk)
        buffer, line, start, begun, ended = "", 1, 0, False, False
        while True:
            space = SPACE.match(buffer, start)
            assert space is not None
            line += buffer.count("\n", start, space.end())
            start = space.end()
            if start < len(buffer) and not begun:
                begun, start = True, start + 1  # the bracket that opens the list
                continue
            if begun and buffer[start : start + 1] == "]":
                return
            problem = "the list is not closed" if ended else ""
            if start < len(buffer):
                try:
                    element, end = decoder.raw_decode(buffer, start)
                except json.JSONDecodeError as error:
                    waiting = error.msg.startswith("Unterminated") or error.pos >= len(buffer) - NEAR_THE_END
                    if ended or not waiting:
                        at = line + buffer.count("\n", start, error.pos)
                        yield Bad(f"{file}:{at}", f"broken JSON: {error.msg}", buffer[start : start + LONGEST_SHOWN])
                        return
                except (ValueError, RecursionError) as error:
                    yield Bad(f"{file}:{line}", f"JSON that cannot be read: {error}")
                    return
                else:
                    # A number at the end of what was read may go on.
                    if not isinstance(element, (int, float)) or ended or buffer[end : end + 1] in ENDS:
                        yield f"{file}:{line}", element
                        line += buffer.count("\n", start, end)
                        start = end
                        continue
            if problem:
                yield Bad(f"{file}:{line}", f"broken JSON: {problem}; the file may be cut off")
                return
            buffer, start = buffer[start:], 0
            # What is read grows with what is waiting, so that a long element is not tried again and again.
            wanted = max(1, len(buffer) // chunk)
            for _ in range(wanted):
                text = next(chunks, None)
                if isinstance(text, Bad):
                    yield text
                    return
                if text is None:
                    ended = True
                    break
                buffer += text


def _texts(stream: IO[bytes], file: Path, encoding: str, chunk: int) -> Iterator[str | Bad]:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)()
    lines = 1
    while True:
        try:
            raw = stream.read(chunk)
        except DAMAGE as error:
            yield Bad(f"{file}:{lines}", damage(file, error))
            return
        try:
            text = decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            at = lines + error.object.count(b"\n", 0, error.start)
            yield Bad(f"{file}:{at}", f"not {encoding.upper()} (byte {error.start}); save the file in one encoding")
            return
        if text:
            lines += text.count("\n")
            yield text
        if not raw:
            return
