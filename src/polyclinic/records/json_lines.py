"""Files of one JSON object a line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError


def read_json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, object) for each line of a .jsonl or .jsonl.gz file; a place is `file:line`.

    Raises UserError for broken JSON, a line that is not an object, bad UTF-8 or a damaged gzip.
    """
    number = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        try:
            for number, raw in enumerate(stream, start=1):
                if not raw.strip():
                    continue
                where = f"{path}:{number}"
                try:
                    row = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip())
                except UnicodeDecodeError as error:
                    raise UserError(f"{where}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
                except json.JSONDecodeError as error:
                    raise UserError(
                        f"{where}: broken JSON at column {error.colno}: {error.msg}; expected one object a line"
                    ) from error
                except (ValueError, RecursionError) as error:  # a number of thousands of digits, endless brackets
                    raise UserError(f"{where}: JSON that cannot be read: {error}") from error
                if not isinstance(row, dict):
                    raise UserError(f"{where}: expected a JSON object, found {type(row).__name__}")
                yield where, row
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UserError(
                f"{path}:{number + 1}: the gzip file is damaged or cut off ({error}); copy it again"
            ) from error
