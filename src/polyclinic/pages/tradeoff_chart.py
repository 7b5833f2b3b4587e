"""A chart of two gains at once: a dot for each way of doing it, its intervals, and the line of those not beaten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined, picture
from polyclinic.pages.line_chart import BOTTOM, HEIGHT, LEFT, TOP, axes
from polyclinic.pages.marks import dot
from polyclinic.pages.palette import color_class
from polyclinic.pages.scales import fitted_scale

RIGHT = 16.0


@dataclass(frozen=True)
class Point:
    """One way: a value with its interval on both axes."""

    name: str
    x: tuple[float, float, float]  # low, value, high
    y: tuple[float, float, float]
    best: bool  # whether nothing beats it on both axes


def tradeoff_chart(
    points: Sequence[Point],
    *,
    name: str,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    width: float = 820,
) -> Markup:
    """Return an SVG with its key; more is better on both axes, the lines cross at zero.

    `name` must be unique on the page. Raises ValueError when there is no point.
    """
    if not points:
        raise ValueError("expected at least one point")
    across = fitted_scale([v for p in points for v in (*p.x, 0.0)], LEFT, width - RIGHT, margin=0.06)
    up = fitted_scale([v for p in points for v in (*p.y, 0.0)], HEIGHT - BOTTOM, TOP, margin=0.06)
    x0, y0 = across.place(0.0), up.place(0.0)
    parts = [
        axes(across, up, x_title, y_title),
        element("line", x1=LEFT, x2=width - RIGHT, y1=y0, y2=y0, class_="reference"),
        element("line", x1=x0, x2=x0, y1=TOP, y2=HEIGHT - BOTTOM, class_="reference"),
    ]
    front = sorted((p for p in points if p.best), key=lambda p: p.x[1])
    if len(front) > 1:
        way = "M" + "L".join(f"{across.place(p.x[1]):.1f} {up.place(p.y[1]):.1f}" for p in front)
        said = element("title", "not beaten on both axes by any other")
        parts.append(element("path", said, d=way, class_=f"curve {color_class(0)}", stroke_dasharray="2 4"))
    for number, point in enumerate(points):
        x, y = across.place(point.x[1]), up.place(point.y[1])
        own = color_class(number)
        parts.append(
            element(
                "g",
                element("title", point.name),
                element(
                    "line",
                    x1=across.place(point.x[0]),
                    x2=across.place(point.x[2]),
                    y1=y,
                    y2=y,
                    class_=f"whisker {own}",
                ),
                element(
                    "line", x1=x, x2=x, y1=up.place(point.y[0]), y2=up.place(point.y[2]), class_=f"whisker {own}"
                ),
                dot(number, x, y, 6 if point.best else 4.5),
            )
        )
    chart = picture(width, HEIGHT, title, description, *parts, name=name)
    entries = []
    for number, point in enumerate(points):
        sample = element("svg", dot(number, 13, 8), width=26, height=16, viewBox="0 0 26 16", aria_hidden="true")
        entries.append(element("li", sample, point.name + (" (not beaten)" if point.best else "")))
    return joined([element("ul", *entries, class_="key"), chart])
