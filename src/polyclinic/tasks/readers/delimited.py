"""Tables as text: csv and tsv, with a header or with column names from the source. Dialogue-note files are these.

Cells may hold line breaks inside quotes (RFC 4180). The place of a row is the line it begins on. A quote that is
never closed would take in all rows after it: where a row over several lines cannot be read, its first line is set
aside and the lines after it are read anew.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from polyclinic.tasks.readers.compressed import plain_name
from polyclinic.tasks.readers.row import LONGEST_SHOWN, Bad, Row
from polyclinic.tasks.readers.text_lines import text_lines
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the rows of a csv or tsv file; cells that are empty are not there.

    A row with another number of cells than the header, and one with a broken quote, come as Bad.
    """
    csv.field_size_limit(2**31 - 1)  # a note may be longer than Python's 131,072 characters
    tab = plain_name(file).endswith((".tsv", ".txt"))
    broken: list[Bad] = []
    lines = _good_lines(file, source.encoding, broken)
    taken: list[str] = []  # lines of the row that is being read
    again: list[str] = []  # lines to read once more, the next one last

    def supply() -> Iterator[str]:
        while True:
            line = again.pop() if again else next(lines, None)
            if line is None:
                return
            taken.append(line)
            yield line

    reader = csv.reader(supply(), delimiter="\t" if tab else ",", strict=True)
    names = list(source.column_names)
    number = 1
    while True:
        place, problem = f"{file}:{number}", ""
        try:
            cells = next(reader, None)
        except csv.Error as error:
            cells = []
            problem = f"broken csv: {error}; a quote may not be closed, or stand inside a cell"
        yield from broken
        broken.clear()
        if cells is None:
            return
        if cells and not names:
            names = [name.strip() for name in cells]
        elif cells and len(cells) != len(names):
            problem = f"expected {len(names)} cells ({', '.join(names)}), found {len(cells)}"
        elif cells:
            yield Row(place, {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""})
        if problem:
            yield Bad(place, problem, taken[0].rstrip("\r\n")[:LONGEST_SHOWN])
            if not names:
                return  # without its header nothing of the file can be read
            again.extend(reversed(taken[1:]))
            del taken[1:]
            reader = csv.reader(supply(), delimiter="\t" if tab else ",", strict=True)
        number += len(taken)
        taken.clear()


def _good_lines(file: Path, encoding: str, broken: list[Bad]) -> Iterator[str]:
    for line in text_lines(file, encoding):
        if isinstance(line, Bad):
            broken.append(line)
            yield "\n"  # keeps the line numbers
        else:
            yield line
