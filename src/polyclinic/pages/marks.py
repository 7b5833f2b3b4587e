"""The signs of a series: a shape for its dots and a stroke for its lines, so that colour is never needed alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from polyclinic.pages.elements import element
from polyclinic.pages.palette import DASHES, color_class

SHAPES = ("circle", "square", "diamond", "triangle", "down", "cross", "star", "bar")


def dot(number: int, x: float, y: float, radius: float = 5) -> Markup:
    """Return the dot of series `number` around x, y."""
    shape = SHAPES[number % len(SHAPES)]
    class_ = f"dot {color_class(number)}"
    if shape == "circle":
        return element("circle", cx=x, cy=y, r=radius, class_=class_)
    return element(
        "polygon", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in _corners(shape, x, y, radius)), class_=class_
    )


def dashes(number: int) -> str | None:
    """Return the stroke pattern of series `number`."""
    return DASHES[number % len(DASHES)] or None


def key_of_lines(lines: Sequence[tuple[str, int]]) -> Markup:
    """Return the key of a line chart: the stroke of each series (name, number) with its name."""
    entries = []
    for name, number in lines:
        class_ = f"curve {color_class(number)}"
        sign = element("line", x1=1, y1=8, x2=25, y2=8, class_=class_, stroke_dasharray=dashes(number))
        sample = element("svg", sign, width=26, height=16, viewBox="0 0 26 16", aria_hidden="true")
        entries.append(element("li", sample, name))
    return element("ul", *entries, class_="key")


def _corners(shape: str, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    r = radius
    if shape == "square":
        return [
            (x - 0.9 * r, y - 0.9 * r),
            (x + 0.9 * r, y - 0.9 * r),
            (x + 0.9 * r, y + 0.9 * r),
            (x - 0.9 * r, y + 0.9 * r),
        ]
    if shape == "diamond":
        return [(x, y - 1.3 * r), (x + 1.3 * r, y), (x, y + 1.3 * r), (x - 1.3 * r, y)]
    if shape == "triangle":
        return [(x, y - 1.2 * r), (x + 1.15 * r, y + 0.9 * r), (x - 1.15 * r, y + 0.9 * r)]
    if shape == "down":
        return [(x, y + 1.2 * r), (x + 1.15 * r, y - 0.9 * r), (x - 1.15 * r, y - 0.9 * r)]
    if shape == "bar":
        return [
            (x - 0.5 * r, y - 1.3 * r),
            (x + 0.5 * r, y - 1.3 * r),
            (x + 0.5 * r, y + 1.3 * r),
            (x - 0.5 * r, y + 1.3 * r),
        ]
    spikes, inner, turn = (5, 0.5, 0.0) if shape == "star" else (4, 0.42, math.pi / 4)
    return [
        (
            x + r * 1.4 * (inner if i % 2 else 1) * math.sin(turn + math.pi * i / spikes),
            y - r * 1.4 * (inner if i % 2 else 1) * math.cos(turn + math.pi * i / spikes),
        )
        for i in range(2 * spikes)
    ]
