"""Text files, plain or gzipped: lines in the encoding the source says, with damage named by line."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from polyclinic.errors import UserError
from polyclinic.tasks.readers.row import Bad


def text_lines(file: Path, encoding: str = "utf-8") -> Iterator[str | Bad]:
    """Yield the lines of a file with their ends; a line in another encoding, or a cut gzip, comes as Bad.

    Raises UserError for an encoding that does not exist.
    """
    try:
        decode = codecs.lookup("utf-8" if encoding.lower() in ("utf-8", "utf8", "utf-8-sig") else encoding).decode
    except LookupError as error:
        raise UserError(f"{file}: unknown encoding '{encoding}'; expected utf-8, latin-1, cp1252, ...") from error
    number = 0
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
        try:
            for number, raw in enumerate(stream, start=1):
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
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            yield Bad(
                f"{file}:{number + 1}", f"the gzip file is damaged or cut off ({error}); copy or download it again"
            )


def whole_text(file: Path, encoding: str = "utf-8") -> str | Bad:
    """Return the text of a file, or what is wrong with it."""
    lines: list[str] = []
    for line in text_lines(file, encoding):
        if isinstance(line, Bad):
            return line
        lines.append(line)
    return "".join(lines)
