"""Bars that are each divided into the parts of a whole: a row for each thing, a column for each of its owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, picture
from polyclinic.pages.palette import color_class
from polyclinic.pages.text_size import shortened, text_width

ROW, BAR, GAP, TOP, BOTTOM = 17.0, 12.0, 18.0, 52.0, 24.0
KEY_LINE = 20.0


@dataclass(frozen=True)
class Part:
    """A part of the whole: its name in the key, and the number that decides its colour."""

    name: str
    number: int


def share_bars(
    rows: Mapping[str, Mapping[str, Sequence[float]]],
    parts: Sequence[Part],
    *,
    name: str,
    title: str,
    description: str,
    width: float = 1000,
) -> Markup:
    """Return an SVG with a bar for each row and column.

    Args:
        rows: by title of the row and of the column, the share (0 to 1) of each part, in their order.
        parts: what the shares are of; those without any share are left out of the key.
        name: unique on the page.
        title: of the picture.
        description: what it shows, for those who cannot see it.
        width: in pixels.
    """
    columns = list(dict.fromkeys(column for found in rows.values() for column in found))
    left = min(200.0, max((text_width(row, 12) for row in rows), default=0.0) + 12)
    across = (width - left - GAP * max(0, len(columns) - 1)) / max(1, len(columns))
    shown: list[Markup] = [*_key(rows, parts)]
    for place, column in enumerate(columns):
        x = left + place * (across + GAP)
        shown.append(element("text", shortened(column, 12, across), x=x, y=TOP - 8, class_="row"))
        for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
            at = x + share * across
            bottom = TOP + ROW * len(rows)
            shown.append(element("line", x1=at, x2=at, y1=TOP, y2=bottom, class_="grid"))
            shown.append(element("text", f"{100 * share:g}%", x=at, y=bottom + 15, text_anchor=anchor, class_="tick"))
    for number, (row, found) in enumerate(rows.items()):
        y = TOP + ROW * number + (ROW - BAR) / 2
        shown.append(element("text", shortened(row, 12, left - 8), x=0, y=y + BAR - 2, class_="tick"))
        for column, shares in found.items():
            x = left + columns.index(column) * (across + GAP)
            said = ", ".join(f"{p.name} {100 * s:.1f}%" for p, s in zip(parts, shares, strict=True) if s)
            bars = [element("title", f"{row}, {column}: {said}")]
            for part, share in zip(parts, shares, strict=True):
                if share > 0:
                    length = share * across
                    bars.append(
                        element(
                            "rect", x=x, y=y, width=length, height=BAR, class_=f"slice {color_class(part.number)}"
                        )
                    )
                    x += length
            shown.append(element("g", *bars))
    return picture(width, TOP + ROW * len(rows) + BOTTOM, title, description, *shown, name=name)


def _key(rows: Mapping[str, Mapping[str, Sequence[float]]], parts: Sequence[Part]) -> list[Markup]:
    """Return what the colours mean, in one line over the bars: inside, so that the picture can stand alone."""
    used = [
        part
        for place, part in enumerate(parts)
        if any(shares[place] > 0 for found in rows.values() for shares in found.values())
    ]
    made, x = [], 0.0
    for part in used:
        made.append(element("rect", x=x, y=4, width=12, height=12, class_=f"swatch {color_class(part.number)}"))
        made.append(element("text", part.name, x=x + 17, y=14, class_="tick"))
        x += 17 + text_width(part.name, 12) + 18
    return made
