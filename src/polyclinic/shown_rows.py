"""Rows on stdout: a table for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

LONGEST_CELL = 60  # characters that a table of results shows; longer texts stand below it


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def print_results(rows: list[dict[str, Any]]) -> None:
    """Print all columns of rows as a table; columns of long texts stand below it, a line for each row."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    long = [name for name in columns[1:] if any(len(_plain(row.get(name))) > LONGEST_CELL for row in rows)]
    print_table(rows, tuple(name for name in columns if name not in long))
    for row in rows:
        said = ""
        for text in (_plain(row.get(name)) for name in long):
            if text not in said:  # one may say what another says
                said += f"; {text}" if said else text
        if said:
            typer.echo(f"{_plain(row.get(columns[0]))}: {said}")


def print_table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Print some columns of rows as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table, markup=False, highlight=False)


def _cell(value: Any) -> str:
    from rich.markup import escape

    return escape(_plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
