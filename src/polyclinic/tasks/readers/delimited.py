"""Tables as text: csv and tsv, with a header or with column names from the source. Dialogue-note files are these.

Cells may hold line breaks inside quotes (RFC 4180). The place of a row is the line it begins on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.readers.text_lines import text_lines
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the rows of a csv or tsv file; cells that are empty are not there.

    A row with another number of cells than the header, and a quote that is never closed, come as Bad.
    """
    csv.field_size_limit(2**31 - 1)  # a note may be longer than Python's 131,072 characters
    tab = file.name.removesuffix(".gz").lower().endswith((".tsv", ".txt"))
    broken: list[Bad] = []
    lines = _good_lines(file, source.encoding, broken)
    reader = csv.reader(lines, delimiter="\t" if tab else ",", strict=True)
    names = list(source.column_names)
    first = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Bad(f"{file}:{first}", f"broken csv: {error}; a quote may not be closed, or stand inside a cell")
            return
        yield from broken
        broken.clear()
        if cells is None:
            return
        place, first = f"{file}:{first}", reader.line_num + 1
        if not cells:
            continue
        if not names:
            names = [name.strip() for name in cells]
            continue
        if len(cells) != len(names):
            yield Bad(place, f"expected {len(names)} cells ({', '.join(names)}), found {len(cells)}", ",".join(cells))
            continue
        yield Row(place, {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""})


def _good_lines(file: Path, encoding: str, broken: list[Bad]) -> Iterator[str]:
    for line in text_lines(file, encoding):
        if isinstance(line, Bad):
            broken.append(line)
            yield "\n"  # keeps the line numbers
        else:
            yield line
