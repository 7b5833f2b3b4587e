"""Columns of boxes joined by bands as wide as what flows between them."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from polyclinic.pages.elements import element, picture
from polyclinic.pages.palette import color_class
from polyclinic.pages.text_size import shortened

BOX, GAP, LABEL = 12.0, 5.0, 230.0
LINE = 14.0  # room for a label


def sankey(
    flows: Mapping[tuple[str, ...], float],
    *,
    name: str,
    title: str,
    description: str,
    width: float = 1080,
    height: float = 720,
) -> Markup:
    """Return an SVG of flows from the first column to the last.

    Args:
        flows: way through the columns -> size, all ways of the same length; e.g. (domain, category, source).
        name: unique on the page.
        title: what is shown, for screen readers.
        description: the same in a sentence.
        width: in CSS pixels.
        height: of the tallest column, in CSS pixels; columns of many boxes make the picture taller.

    Boxes stand by size, the largest on top; a band has the colour of the box it comes from in the first column.
    """
    columns = len(next(iter(flows), ("",)))
    boxes = [_sizes(flows, column) for column in range(columns)]
    most = max(map(len, boxes), default=1)
    height = max(height, most * LINE)
    total = sum(flows.values()) or 1.0
    scale = (height - GAP * most) / total
    across = (width - LABEL - BOX) / max(1, columns - 1)
    first = list(boxes[0]) if boxes else []
    tops: list[dict[str, float]] = []
    for sizes in boxes:
        top = 4.0
        places: dict[str, float] = {}
        for box, size in sizes.items():
            places[box] = top
            top += max(size * scale + GAP, LINE)
        tops.append(places)
    bands: list[Markup] = []
    for column in range(columns - 1):
        out, into = dict(tops[column]), dict(tops[column + 1])
        for (origin, left, right), size in _bands(flows, column, boxes).items():
            thick = max(size * scale, 0.4)
            x, to_x = column * across + BOX, (column + 1) * across
            y, to_y = out[left] + thick / 2, into[right] + thick / 2
            out[left], into[right] = out[left] + size * scale, into[right] + size * scale
            bend = (to_x - x) / 2
            bands.append(
                element(
                    "path",
                    element("title", f"{left} to {right}: {size:,.0f} ({size / total:.1%})"),
                    d=f"M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}",
                    class_=f"flow {color_class(first.index(origin))}",
                    stroke_width=thick,
                )
            )
    shown: list[Markup] = []
    for column, places in enumerate(tops):
        for box, top in places.items():
            size = boxes[column][box]
            x, tall = column * across, max(size * scale, 1.0)
            shown.append(element("rect", x=x, y=top, width=BOX, height=tall, class_="flow-box", rx=1))
            label = f"{shortened(box, 11, LABEL - 70)} {size / total:.1%}"
            shown.append(element("text", label, x=x + BOX + 4, y=top + tall / 2 + 4, font_size=11))
    tallest = max((list(places.values())[-1] for places in tops if places), default=0.0)
    return picture(
        width, max(height, tallest) + 20, title, description, *bands, *shown, name=name, class_="chart sankey"
    )


def _sizes(flows: Mapping[tuple[str, ...], float], column: int) -> dict[str, float]:
    sums: dict[str, float] = {}
    for way, size in flows.items():
        sums[way[column]] = sums.get(way[column], 0.0) + size
    return dict(sorted(sums.items(), key=lambda entry: (-entry[1], entry[0])))


def _bands(
    flows: Mapping[tuple[str, ...], float], column: int, boxes: list[dict[str, float]]
) -> dict[tuple[str, str, str], float]:
    """Return (box of the first column, left, right) -> size, in the order that crosses least."""
    sums: dict[tuple[str, str, str], float] = {}
    for way, size in flows.items():
        key = (way[0], way[column], way[column + 1])
        sums[key] = sums.get(key, 0.0) + size
    places = [{box: i for i, box in enumerate(column_boxes)} for column_boxes in boxes]
    order = sorted(sums, key=lambda k: (places[column][k[1]], places[column + 1][k[2]], places[0][k[0]]))
    return {key: sums[key] for key in order}
