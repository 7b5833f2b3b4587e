"""Tables: a caption, units in the heads, figures to the right, the best marked, sortable in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined

SHORT = 24  # letters; a text up to this length is not broken


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    unit: str = ""  # shown small under the title
    number: bool = False  # figures stand to the right


@dataclass(frozen=True)
class Cell:
    """A cell: its main text, smaller notes under it, and how it is marked."""

    text: str | Markup
    notes: Sequence[str] = ()  # e.g. the interval, n; a line each
    order: float | None = None  # what the column is sorted by, when that is not the text
    mark: str = ""  # best, near (cannot be told apart from the best), bad, or empty


def table(
    caption: str | Markup,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell | str]],
    *,
    sortable: bool = False,
    row_ids: Sequence[str] = (),
) -> Markup:
    """Return a table whose first column names the rows.

    Raises ValueError when a row has another number of cells than there are columns.
    """
    head = element("tr", *(_head(column) for column in columns))
    body = []
    for number, row in enumerate(rows):
        if len(row) != len(columns):
            raise ValueError(f"row {number + 1} has {len(row)} cells, the table has {len(columns)} columns")
        cells = [_cell(cell, columns[i], first=i == 0) for i, cell in enumerate(row)]
        body.append(element("tr", *cells, id=row_ids[number] if row_ids else None))
    made = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        class_="sortable" if sortable else None,
    )
    return element("div", made, class_="scroll", tabindex=0)


def share_bar(share: float) -> Markup:
    """Return a bar that fills `share` (0 to 1) of a small frame; it goes into a cell beside the figure."""
    share = min(max(share, 0.0), 1.0)
    bar = element("rect", x=0, y=2, width=max(0.5, 80 * share), height=8, class_="bar c0")
    return element("svg", bar, width=80, height=12, viewBox="0 0 80 12", aria_hidden="true", class_="share")


def interval_strip(value: float, low: float, high: float, most: float = 1.0) -> Markup:
    """Return a small axis from 0 to `most` with a dot and its interval; it goes into a cell beside the figure."""

    def place(of: float) -> float:
        return 2 + 76 * min(max(of / most, 0.0), 1.0)

    axis = element("line", x1=2, x2=78, y1=6, y2=6, class_="grid")
    whisker = element("line", x1=place(low), x2=place(high), y1=6, y2=6, class_="whisker c0")
    point = element("circle", cx=place(value), cy=6, r=3, class_="dot c0")
    return element(
        "svg", axis, whisker, point, width=80, height=12, viewBox="0 0 80 12", aria_hidden="true", class_="strip"
    )


def _head(column: Column) -> Markup:
    unit = element("small", column.unit) if column.unit else Markup("")
    return element("th", element("span", column.title), unit, scope="col", class_="number" if column.number else None)


def _cell(cell: Cell | str, column: Column, *, first: bool) -> Markup:
    if isinstance(cell, str):
        cell = Cell(cell)
    signs = {"best": ("★", "best"), "near": ("≈", "not told apart from the best")}
    parts: list[str | Markup] = []
    if cell.mark in signs:
        sign, meaning = signs[cell.mark]
        parts.append(element("span", sign, class_="sign", title=meaning, role="img", aria_label=meaning))
    parts.append(cell.text)
    parts += [element("small", note) for note in cell.notes]
    short = not isinstance(cell.text, Markup) and len(cell.text) <= SHORT
    classes = " ".join(c for c in ("number" if column.number else "short" if short else "", cell.mark) if c)
    order = None if cell.order is None else repr(cell.order)
    if first:
        return element("th", joined(parts), scope="row", class_=classes or None, data_order=order)
    return element("td", joined(parts), class_=classes or None, data_order=order)
