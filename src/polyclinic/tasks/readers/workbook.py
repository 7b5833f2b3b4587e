"""Workbooks (.xlsx): the first sheet with the expected columns, or the first; its first row names the columns."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the rows of a sheet; empty cells are not there, numbers become text as a person reads them."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        yield Bad(str(file), f"not a whole workbook ({error}); expected an .xlsx file")
        return
    try:
        sheets = list(book.worksheets)
        chosen, names = sheets[0], list(source.column_names)
        for sheet in sheets:
            header = [_text(cell) for cell in next(sheet.iter_rows(values_only=True), ())]
            if source.expect and set(source.expect) <= set(header):
                chosen = sheet
                break
        for number, cells in enumerate(chosen.iter_rows(values_only=True), start=1):
            texts = [_text(cell) for cell in cells]
            if not names:
                names = texts
                continue
            fields = {name: text for name, text in zip(names, texts, strict=False) if name and text}
            if fields:
                yield Row(f"{file}, sheet {chosen.title}, row {number}", fields)
    finally:
        book.close()


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
