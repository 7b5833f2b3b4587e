"""Bars with intervals: groups of bars on one axis that begins at zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined, picture
from polyclinic.pages.palette import color_class
from polyclinic.pages.scales import fitted_scale, tick_labels
from polyclinic.pages.text_size import shortened, text_width

BAR, BETWEEN, BOTTOM, TOP = 13.0, 12.0, 46.0, 6.0


@dataclass(frozen=True)
class Bar:
    """One bar; without `low` and `high` it has no interval, hollow it is a figure that was not measured here."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    number: int = 0  # decides the colour
    hollow: bool = False


@dataclass(frozen=True)
class BarGroup:
    """Bars that stand together, with their heading to the left."""

    title: str
    bars: Sequence[Bar]


def bar_chart(
    groups: Sequence[BarGroup],
    *,
    name: str,
    title: str,
    description: str,
    x_title: str,
    most: float | None = None,
    width: float = 1000,
) -> Markup:
    """Return an SVG of horizontal bars with their intervals, and a key of the names in order of appearance.

    Args:
        groups: from top to bottom.
        name: unique on the page.
        title: what is shown, for screen readers.
        description: the same in a sentence.
        x_title: of the axis.
        most: end of the axis; by default what the bars need.
        width: in CSS pixels.
    """
    bars = [bar for group in groups for bar in group.bars]
    left = min(260.0, max((text_width(group.title, 13) for group in groups), default=0.0) + 16)
    values = [v for bar in bars for v in (bar.value, bar.low, bar.high) if v is not None and math.isfinite(v)]
    across = fitted_scale([*values, *([] if most is None else [most])], left, width - 62, zero=True, margin=0.0)
    ticks = across.ticks(8)
    bottom = TOP + sum(BETWEEN + BAR * len(group.bars) for group in groups)
    parts: list[Markup] = []
    for value, text in zip(ticks, tick_labels(ticks), strict=True):
        x = across.place(value)
        parts.append(element("line", x1=x, x2=x, y1=TOP, y2=bottom, class_="grid"))
        parts.append(element("text", text, x=x, y=bottom + 16, text_anchor="middle", class_="tick"))
    y, zero = TOP, across.place(0.0)
    for group in groups:
        y += BETWEEN / 2
        middle = y + BAR * len(group.bars) / 2 + 4
        label = shortened(group.title, 13, left - 14)
        parts.append(element("text", label, x=left - 10, y=middle, text_anchor="end", class_="row"))
        for bar in group.bars:
            parts.append(_bar(group.title, bar, y, zero, across.place))
            y += BAR
        y += BETWEEN / 2
    parts.append(element("line", x1=zero, x2=zero, y1=TOP, y2=bottom, class_="axis"))
    middle = (left + width - 62) / 2
    parts.append(element("text", x_title, x=middle, y=bottom + 36, text_anchor="middle", class_="label"))
    made = picture(width, bottom + BOTTOM, title, description, *parts, name=name, class_="chart bars")
    return joined([_key(bars), made])


def _bar(group: str, bar: Bar, y: float, zero: float, place: Callable[[float], float]) -> Markup:
    x = place(bar.value)
    color = color_class(bar.number)
    interval = ""
    parts = [
        element(
            "rect",
            x=min(zero, x),
            y=y + 1,
            width=max(abs(x - zero), 0.5),
            height=BAR - 2,
            class_=f"bar {color}{' hollow' if bar.hollow else ''}",
        )
    ]
    end = x
    if bar.low is not None and bar.high is not None:
        low, high = place(bar.low), place(bar.high)
        parts.append(element("path", d=f"M{low:.1f} {y + BAR / 2:.1f}H{high:.1f}", class_="bar-whisker"))
        interval, end = f" ({bar.low:.1f} to {bar.high:.1f})", max(x, high)
    text = element("text", f"{bar.value:.1f}", x=end + 5, y=y + BAR - 3, class_="tick")
    return element("g", element("title", f"{group}, {bar.name}: {bar.value:.1f}{interval}"), *parts, text)


def _key(bars: Sequence[Bar]) -> Markup:
    named = {bar.name: bar for bar in reversed(bars)}
    entries = []
    for name in dict.fromkeys(bar.name for bar in bars):
        bar = named[name]
        class_ = f"bar {color_class(bar.number)}{' hollow' if bar.hollow else ''}"
        sign = element("rect", x=2, y=2, width=12, height=12, class_=class_)
        entries.append(
            element("li", element("svg", sign, width=18, height=16, viewBox="0 0 18 16", aria_hidden="true"), name)
        )
    return element("ul", *entries, class_="key")
