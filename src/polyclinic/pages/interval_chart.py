"""A dot-and-interval chart: estimates with their intervals, one row each, in named groups on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, picture
from polyclinic.pages.marks import dot
from polyclinic.pages.palette import color_class
from polyclinic.pages.scales import fitted_scale, tick_labels
from polyclinic.pages.text_size import shortened, text_width

ROW, GROUP_HEAD, GROUP_GAP, TOP, BOTTOM = 21.0, 26.0, 8.0, 6.0, 48.0


@dataclass(frozen=True)
class Estimate:
    """One row: a dot with its interval."""

    name: str
    value: float
    low: float
    high: float
    text: str  # the figures in words, to the right
    number: int = 0  # decides colour and shape


@dataclass(frozen=True)
class Group:
    """Rows that belong together, under a heading."""

    title: str
    rows: Sequence[Estimate]


def interval_chart(
    groups: Sequence[Group],
    *,
    name: str,
    title: str,
    description: str,
    x_title: str,
    share: bool = False,
    logarithmic: bool = False,
    reference: float | None = None,
    reference_name: str = "",
    span: tuple[float, float] | None = None,
    width: float = 1000,
) -> Markup:
    """Return an SVG with a dot and its interval for every row.

    `share` shows the axis as percentages; `reference` is drawn as a dashed line with its name (e.g. chance); `span`
    is a range the axis holds, so that charts can be compared. `name` must be unique on the page.
    """
    rows = [row for group in groups for row in group.rows]
    left = min(260.0, max((text_width(row.name, 13) for row in rows), default=0.0) + 18)
    right = width - min(250.0, max((text_width(row.text, 12) for row in rows), default=0.0) + 14)
    values = [value for row in rows for value in (row.low, row.value, row.high)]
    if reference is not None:
        values.append(reference)
    values += span or ()
    across = fitted_scale(values, left, right, logarithmic=logarithmic, zero=share)
    ticks = across.ticks(max(3, int((right - left) / 80)))
    head = 22.0 if reference is not None else TOP
    heads = [GROUP_HEAD if group.title else 4.0 for group in groups]
    bottom = head + sum(h + GROUP_GAP + ROW * len(g.rows) for h, g in zip(heads, groups, strict=True))
    parts: list[Markup] = []
    for value, text in zip(ticks, tick_labels(ticks, share=share), strict=True):
        x = across.place(value)
        parts.append(element("line", x1=x, x2=x, y1=head, y2=bottom, class_="grid"))
        parts.append(element("text", text, x=x, y=bottom + 17, text_anchor="middle", class_="tick"))
    if reference is not None:
        x = across.place(reference)
        parts.append(element("line", x1=x, x2=x, y1=head - 4, y2=bottom, class_="reference"))
        parts.append(element("text", reference_name, x=x, y=head - 9, text_anchor="middle", class_="tick"))
    y = head
    for group, group_head in zip(groups, heads, strict=True):
        if group.title:
            parts.append(element("text", shortened(group.title, 13, width), x=0, y=y + 19, class_="group"))
        y += group_head
        for row in group.rows:
            parts.append(
                _row(
                    row,
                    left,
                    y + ROW / 2,
                    across.place(row.low),
                    across.place(row.value),
                    across.place(row.high),
                    width,
                )
            )
            y += ROW
        y += GROUP_GAP
    parts.append(element("line", x1=left, x2=right, y1=bottom, y2=bottom, class_="axis"))
    parts.append(element("text", x_title, x=(left + right) / 2, y=bottom + 38, text_anchor="middle", class_="label"))
    return picture(width, bottom + BOTTOM, title, description, *parts, name=name)


def _row(row: Estimate, left: float, y: float, low: float, middle: float, high: float, width: float) -> Markup:
    return element(
        "g",
        element("title", f"{row.name}: {row.text}"),
        element("text", shortened(row.name, 13, left - 14), x=left - 12, y=y + 4, text_anchor="end", class_="row"),
        element("line", x1=low, x2=high, y1=y, y2=y, class_=f"whisker {color_class(row.number)}"),
        element("line", x1=low, x2=low, y1=y - 4, y2=y + 4, class_=f"whisker {color_class(row.number)}"),
        element("line", x1=high, x2=high, y1=y - 4, y2=y + 4, class_=f"whisker {color_class(row.number)}"),
        dot(row.number, middle, y),
        element("text", row.text, x=width, y=y + 4, text_anchor="end", class_="tick"),
    )
