"""A radar: one axis a category, one line a series; for a look at shapes, beside a chart that shows intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined, picture
from polyclinic.pages.marks import dashes, dot, key_of_lines
from polyclinic.pages.palette import color_class
from polyclinic.pages.text_size import text_width, wrapped

RADIUS, RINGS = 170.0, 4
LINE = 14.0


@dataclass(frozen=True)
class Spokes:
    """One series: a value for each axis, None where there is none."""

    name: str
    values: Sequence[float | None]
    number: int = 0  # decides colour, shape and stroke


def radar_chart(
    axes: Sequence[str],
    series: Sequence[Spokes],
    *,
    name: str,
    title: str,
    description: str,
    most: float = 100.0,
    unit: str = "",
    width: float = 620,
) -> Markup:
    """Return an SVG with `axes` around and a line for each series, 0 in the middle and `most` at the rim.

    Args:
        axes: their names, three or more.
        series: what is drawn; a line goes over a missing value only where both its neighbours are there.
        name: unique on the page.
        title: what is shown, for screen readers.
        description: the same in a sentence.
        most: value at the rim; larger ones are drawn there.
        unit: behind the figures of the rings.
        width: in CSS pixels.

    Raises ValueError for fewer than three axes, or a series with another number of values.
    """
    if len(axes) < 3:
        raise ValueError(f"a radar needs three axes, found {len(axes)}")
    height = 2 * RADIUS + 110
    middle_x, middle_y = width / 2, height / 2

    def place(axis: int, value: float) -> tuple[float, float]:
        angle = 2 * math.pi * axis / len(axes)
        reach = RADIUS * min(max(value, 0.0), most) / most
        return middle_x + reach * math.sin(angle), middle_y - reach * math.cos(angle)

    parts: list[Markup] = []
    for ring in range(1, RINGS + 1):
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(a, most * ring / RINGS) for a in range(len(axes))))
        parts.append(element("polygon", points=corners, class_="ring"))
    for axis, label in enumerate(axes):
        x, y = place(axis, most)
        parts.append(element("line", x1=middle_x, y1=middle_y, x2=x, y2=y, class_="grid"))
        parts += _label(label, axis, len(axes), middle_x, middle_y, width)
    for one in series:
        if len(one.values) != len(axes):
            raise ValueError(f"{one.name}: {len(one.values)} values for {len(axes)} axes")
        parts.append(_series(axes, one, [None if v is None else place(i, v) for i, v in enumerate(one.values)], unit))
    for ring in range(1, RINGS + 1):
        x, y = place(0, most * ring / RINGS)
        parts.append(element("text", f"{most * ring / RINGS:g}{unit}", x=x + 4, y=y + 11, class_="tick ring-text"))
    made = picture(width, height, title, description, *parts, name=name, class_="chart radar small")
    return joined([key_of_lines([(one.name, one.number) for one in series]), made])


def _label(label: str, axis: int, axes: int, x: float, y: float, width: float) -> list[Markup]:
    angle = 2 * math.pi * axis / axes
    across, down = math.sin(angle), -math.cos(angle)
    at_x, at_y = x + (RADIUS + 12) * across, y + (RADIUS + 14) * down
    anchor = "middle" if abs(across) < 0.2 else "start" if across > 0 else "end"
    room = min(130.0, (width - at_x if anchor == "start" else at_x) - 4) if anchor != "middle" else 150.0
    lines = wrapped(label, 12, max(room, text_width("mmmm", 12)), 2)
    # Over the picture the last line stands nearest to it, under it the first, beside it the middle.
    top = at_y + 4 - LINE * (len(lines) - 1) * (1 - down) / 2
    return [
        element("text", line, x=at_x, y=top + LINE * number, text_anchor=anchor, class_="row")
        for number, line in enumerate(lines)
    ]


def _series(axes: Sequence[str], one: Spokes, places: Sequence[tuple[float, float] | None], unit: str) -> Markup:
    parts: list[Markup] = []
    class_, stroke = f"curve {color_class(one.number)}", dashes(one.number)
    for number, here in enumerate(places):
        after = places[(number + 1) % len(places)]
        if here is not None and after is not None:
            parts.append(
                element(
                    "line", x1=here[0], y1=here[1], x2=after[0], y2=after[1], class_=class_, stroke_dasharray=stroke
                )
            )
    for axis, value, here in zip(axes, one.values, places, strict=True):
        if here is not None and value is not None:
            shown = element("title", f"{one.name}, {axis}: {value:.1f}{unit}")
            parts.append(element("g", shown, dot(one.number, here[0], here[1], 4)))
    return element("g", *parts)
