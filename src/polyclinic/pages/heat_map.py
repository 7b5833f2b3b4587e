"""Counts in a grid: the more, the stronger the colour; the number stands in the cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from polyclinic.pages.elements import element, picture
from polyclinic.pages.palette import color_class
from polyclinic.pages.text_size import shortened, text_width

ROW, TOP_ROOM, SLANT = 20.0, 14.0, 40  # height of a cell, room above the heads, their angle in degrees
WIDEST_LABEL, WIDEST_HEAD = 260.0, 190.0
STRONGEST = 0.45  # share of the colour in the fullest cell; the number over it stays readable


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    name: str,
    title: str,
    description: str,
    number: int = 0,
) -> Markup:
    """Return an SVG with a cell for each row and column.

    Args:
        rows: names of the rows, from top to bottom.
        columns: names of the columns, from left to right.
        values: a number from 0 up for each cell, row by row; 0 is left empty.
        name: unique on the page.
        title: what is shown, for screen readers.
        description: the same in a sentence.
        number: of the colour.

    Raises:
        ValueError: rows, columns and values do not fit together, or there are none.
    """
    if not rows or not columns or len(values) != len(rows) or any(len(row) != len(columns) for row in values):
        raise ValueError(f"expected {len(rows)} rows of {len(columns)} values, and at least one")
    left = min(WIDEST_LABEL, max(text_width(text, 13) for text in rows)) + 12
    heads = [shortened(text, 12, WIDEST_HEAD) for text in columns]
    head_width = max(text_width(text, 12) for text in heads)
    texts = [[_shown(value) for value in row] for row in values]
    cell = max(34.0, max(text_width(text, 12) for row in texts for text in row) + 10)
    top = TOP_ROOM + head_width * 0.66 + 8
    most = max(max(row) for row in values) or 1.0
    parts: list[Markup] = []
    for place, head in enumerate(heads):
        x, y = left + cell * (place + 0.5), top - 6
        turn = f"rotate(-{SLANT} {x:.1f} {y:.1f})"
        parts.append(element("text", element("title", columns[place]), head, x=x, y=y, transform=turn, class_="tick"))
    for row_place, row_name in enumerate(rows):
        y = top + ROW * row_place
        label = shortened(row_name, 13, left - 12)
        parts.append(element("text", label, x=left - 8, y=y + 14, text_anchor="end", class_="row"))
        for place, value in enumerate(values[row_place]):
            x = left + cell * place
            share = STRONGEST * value / most
            said = element("title", f"{row_name}, {columns[place]}: {_shown(value) or '0'}")
            box = element(
                "rect",
                x=x + 1,
                y=y + 1,
                width=cell - 2,
                height=ROW - 2,
                class_=f"bar {color_class(number)}",
                fill_opacity=max(0.02, share) if value else 0.0,
            )
            frame = element("rect", x=x + 1, y=y + 1, width=cell - 2, height=ROW - 2, class_="cell")
            text = element("text", texts[row_place][place], x=x + cell / 2, y=y + 14, text_anchor="middle")
            parts.append(element("g", said, frame, box, text))
    width = left + cell * len(columns) + head_width * 0.77 + 8
    return picture(width, top + ROW * len(rows) + 8, title, description, *parts, name=name, class_="chart")


def _shown(value: float) -> str:
    """Return a number as it stands in a cell: short, and nothing for 0."""
    if not value:
        return ""
    if value >= 9_950:
        return f"{value / 1000:.0f}k"
    if value >= 1_000:
        return f"{value / 1000:.1f}k"
    return f"{value:.0f}" if value >= 10 or float(value).is_integer() else f"{value:.1f}"
