"""A line chart: several series over one axis, each named at its end, with round ticks and an optional log axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined, picture
from polyclinic.pages.marks import dashes, key_of_lines
from polyclinic.pages.palette import color_class
from polyclinic.pages.scales import Scale, fitted_scale, spread, tick_labels
from polyclinic.pages.text_size import text_width

HEIGHT, TOP, BOTTOM, LEFT = 300.0, 34.0, 46.0, 58.0
LABEL_SIZE = 12.0
LEADER = 30.0  # room between a line's end and its name, and behind it


@dataclass(frozen=True)
class Line:
    """A series of points; points that are not finite (or not positive on a log axis) break the line."""

    name: str
    points: Sequence[tuple[float, float]]
    number: int = 0  # decides colour and stroke


def line_chart(
    lines: Sequence[Line],
    *,
    name: str,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    log_y: bool = False,
    width: float = 1000,
) -> Markup:
    """Return an SVG line chart of `width` pixels, with a key above it where a name is too long for its line's end.

    `name` must be unique on the page.
    """
    longest = max((text_width(line.name, LABEL_SIZE, bold=True) for line in lines), default=0.0) + LEADER
    named = longest <= 0.34 * width
    names_width = longest if named else 14.0
    across = fitted_scale((x for line in lines for x, _ in line.points), LEFT, width - names_width, margin=0.0)
    up = fitted_scale((y for line in lines for _, y in line.points), HEIGHT - BOTTOM, TOP, logarithmic=log_y)
    marks = [axes(across, up, x_title, y_title)]
    ends: list[float] = []
    for line in lines:
        pieces = _pieces(line.points, log_y)
        marks.append(_curve(line, pieces, across, up))
        last = pieces[-1][-1] if pieces else (across.low, up.low)
        ends.append(up.place(last[1]))
    places = [] if not named else spread(ends, LABEL_SIZE + 3, TOP + 4, HEIGHT - BOTTOM)
    for line, end, place in zip(lines, ends, places, strict=False):
        reached = max((x for x, y in line.points if math.isfinite(y)), default=across.high)
        marks.append(_end_label(line, across.place(reached), across.end, end, place))
    size = "chart small" if width < 600 else "chart"
    chart = picture(width, HEIGHT, title, description, *marks, name=name, class_=size)
    return chart if named else joined([key_of_lines([(line.name, line.number) for line in lines]), chart])


def thinned(points: Sequence[tuple[float, float]], most: int = 240) -> tuple[list[tuple[float, float]], int]:
    """Return at most about `most` points, each the mean of a run of neighbours, and the length of a run."""
    run = max(1, math.ceil(len(points) / most))
    if run == 1:
        return list(points), 1
    groups = [points[i : i + run] for i in range(0, len(points), run)]
    return [(sum(x for x, _ in g) / len(g), sum(y for _, y in g) / len(g)) for g in groups], run


def _pieces(points: Sequence[tuple[float, float]], log_y: bool) -> list[list[tuple[float, float]]]:
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y) and (y > 0 or not log_y):
            pieces[-1].append((x, y))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _curve(line: Line, pieces: list[list[tuple[float, float]]], across: Scale, up: Scale) -> Markup:
    way = []
    for piece in pieces:
        places = [f"{across.place(x):.1f} {up.place(y):.1f}" for x, y in piece]
        way.append("M" + "L".join(places if len(places) > 1 else places * 2))
    return element(
        "path",
        element("title", line.name),
        d="".join(way),
        class_=f"curve {color_class(line.number)}",
        stroke_dasharray=dashes(line.number),
    )


def axes(across: Scale, up: Scale, x_title: str, y_title: str) -> Markup:
    """Return grid, ticks and titles of both axes."""
    parts = []
    ticks = up.ticks(5)
    for value, text in zip(ticks, tick_labels(ticks), strict=True):
        y = up.place(value)
        parts.append(element("line", x1=across.start, x2=across.end, y1=y, y2=y, class_="grid"))
        parts.append(element("text", text, x=across.start - 8, y=y + 4, text_anchor="end", class_="tick"))
    ticks = across.ticks(7)
    for value, text in zip(ticks, tick_labels(ticks), strict=True):
        x = across.place(value)
        parts.append(element("line", x1=x, x2=x, y1=up.start, y2=up.start + 5, class_="axis"))
        parts.append(element("text", text, x=x, y=up.start + 19, text_anchor="middle", class_="tick"))
    middle = (across.start + across.end) / 2
    parts.append(element("line", x1=across.start, x2=across.end, y1=up.start, y2=up.start, class_="axis"))
    parts.append(element("text", x_title, x=middle, y=up.start + 38, text_anchor="middle", class_="label"))
    parts.append(element("text", y_title, x=8, y=16, class_="label"))
    return element("g", *parts)


def _end_label(line: Line, reached: float, end: float, y: float, place: float) -> Markup:
    leader = element(
        "polyline",
        points=f"{reached + 3:.1f},{y:.1f} {end + 6:.1f},{y:.1f} {end + 18:.1f},{place:.1f}",
        class_="leader",
    )
    return element(
        "g",
        leader,
        element("text", line.name, x=end + 22, y=place + 4, class_=f"name {color_class(line.number)}"),
        element("title", line.name),
    )
