"""Rings inside each other: parts of a whole, their parts, and so on outward."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from polyclinic.pages.elements import element, picture
from polyclinic.pages.palette import color_class
from polyclinic.pages.text_size import shortened, text_width

SMALLEST_LABEL = 0.012  # share of the circle below which a part has no words beside it


def sunburst(
    parts: Mapping[tuple[str, ...], float],
    *,
    name: str,
    title: str,
    description: str,
    size: float = 760,
) -> Markup:
    """Return an SVG of rings.

    Args:
        parts: way from the innermost ring outward -> size, all ways of the same length; e.g. (category, data set).
        name: unique on the page.
        title: what is shown, for screen readers.
        description: the same in a sentence.
        size: width and height in CSS pixels.

    A part's colour is that of its innermost ring; its share stands in its tooltip. An innermost part too small for a
    label is told by its tooltip and by the table that should stand beside the picture.
    """
    levels = max((len(way) for way in parts), default=1)
    total = sum(parts.values()) or 1.0
    hole, width = size * 0.11, size * 0.39 / levels
    inner = list(dict.fromkeys(way[0] for way in parts))
    drawn: list[Markup] = []
    labels: list[Markup] = []
    for level in range(levels):
        start = 0.0
        for way, value in _sums(parts, level + 1):
            share = value / total
            radius = hole + level * width
            drawn.append(
                element(
                    "path",
                    element("title", f"{' / '.join(way)}: {value:,.0f} ({share:.1%})"),
                    d=_ring(size / 2, radius, radius + width, start, start + share),
                    class_=f"slice {color_class(inner.index(way[0]))}",
                    fill_opacity=round(0.5 - 0.12 * level, 2),  # words on it stay readable
                )
            )
            labels.extend(_label(size / 2, radius, width, start, share, way[-1]))
            start += share
    whole = element("text", f"{total:,.0f}", x=size / 2, y=size / 2 + 5, text_anchor="middle", class_="strong")
    return picture(size, size, title, description, *drawn, *labels, whole, name=name, class_="chart sunburst")


def _sums(parts: Mapping[tuple[str, ...], float], length: int) -> Sequence[tuple[tuple[str, ...], float]]:
    """Return the sizes of all ways cut to `length`, in the order of the innermost ring outward."""
    sums: dict[tuple[str, ...], float] = {}
    for way in sorted(parts, key=lambda way: _order(parts, way)):
        sums[way[:length]] = sums.get(way[:length], 0.0) + parts[way]
    return list(sums.items())


def _order(parts: Mapping[tuple[str, ...], float], way: tuple[str, ...]) -> tuple[Any, ...]:
    """Larger parts first in each ring, names where they are equal."""
    key: list[Any] = []
    for length in range(1, len(way) + 1):
        size = sum(value for other, value in parts.items() if other[:length] == way[:length])
        key += [-size, way[length - 1]]
    return tuple(key)


def _ring(middle: float, inside: float, outside: float, start: float, end: float) -> str:
    end = min(end, start + 0.999999)  # a full circle has no direction
    points = [_point(middle, radius, turn) for radius in (outside, inside) for turn in (start, end)]
    large = int(end - start > 0.5)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    return (
        f"M{ax:.1f} {ay:.1f}A{outside:.1f} {outside:.1f} 0 {large} 1 {bx:.1f} {by:.1f}"
        f"L{dx:.1f} {dy:.1f}A{inside:.1f} {inside:.1f} 0 {large} 0 {cx:.1f} {cy:.1f}Z"
    )


def _label(middle: float, inside: float, width: float, start: float, share: float, text: str) -> list[Markup]:
    if share < SMALLEST_LABEL:
        return []
    turn = start + share / 2
    x, y = _point(middle, inside + width / 2, turn)
    angle = turn * 360 - 90
    if 90 < angle < 270:
        angle -= 180
    shown = shortened(text, 11, width - 8)
    if text_width(shown, 11) > width:
        return []
    return [
        element(
            "text",
            shown,
            x=x,
            y=y,
            transform=f"rotate({angle:.1f} {x:.1f} {y:.1f})",
            text_anchor="middle",
            dominant_baseline="middle",
            font_size=11,
        )
    ]


def _point(middle: float, radius: float, turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn - math.pi / 2
    return middle + radius * math.cos(angle), middle + radius * math.sin(angle)
