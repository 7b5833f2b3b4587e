"""Text files, plain or compressed: lines in the encoding the source says, with damage named by line."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.tasks.readers.compressed import DAMAGE, damage, open_bytes
from polyclinic.tasks.readers.row import Bad


def text_lines(file: Path, encoding: str = "utf-8") -> Iterator[str | Bad]:
    """Yield the lines of a file with their ends; a line in another encoding, or a cut archive, comes as Bad.

    Raises UserError for an encoding that does not exist.
    """
    number = 0
    with open_bytes(file) as stream:
        try:
            for line in decoded(stream, file, encoding):
                number += 1
                yield line
        except DAMAGE as error:
            yield Bad(f"{file}:{number + 1}", damage(file, error))


def decoded(lines: Iterable[bytes], file: Path, encoding: str = "utf-8", first: int = 1) -> Iterator[str | Bad]:
    """Yield lines as text; `first` is the number of the first of them in the file, where a mark may stand before it.

    Raises UserError for an encoding that does not exist.
    """
    try:
        decode = codecs.lookup("utf-8" if is_utf8(encoding) else encoding).decode
    except LookupError as error:
        raise UserError(f"{file}: unknown encoding '{encoding}'; expected utf-8, latin-1, cp1252, ...") from error
    for number, raw in enumerate(lines, start=first):
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            yield decode(raw, "strict")[0]
        except UnicodeDecodeError as error:
            yield Bad(
                f"{file}:{number}",
                f"not {encoding.upper()} (byte {error.start} of the line); save the file in one encoding, "
                "or name its own in source.encoding",
                raw.decode("utf-8", "replace"),
            )


def is_utf8(encoding: str) -> bool:
    """Return whether an encoding is UTF-8, with or without a mark at the beginning."""
    return encoding.lower() in ("utf-8", "utf8", "utf-8-sig")


def whole_text(file: Path, encoding: str = "utf-8") -> str | Bad:
    """Return the text of a file, or what is wrong with it."""
    lines: list[str] = []
    for line in text_lines(file, encoding):
        if isinstance(line, Bad):
            return line
        lines.append(line)
    return "".join(lines)
