"""A chart of trials in the order they were made: a mark for how each ended, and the best so far as stairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polyclinic.pages.elements import element, joined, picture
from polyclinic.pages.line_chart import BOTTOM, HEIGHT, LEFT, TOP, axes
from polyclinic.pages.marks import dashes, dot
from polyclinic.pages.palette import color_class
from polyclinic.pages.scales import fitted_scale

RIGHT = 16.0
DROPPED, REFUSED = 4, 3  # numbers of the colours of trials that did not end well
RADIUS = 3.0


@dataclass(frozen=True)
class Trial:
    """One trial: where it stands, and how it ended."""

    x: float
    y: float
    state: str = ""  # empty, "dropped", or "refused" (drawn at the bottom, since it has no value)
    text: str = ""  # shown when it is pointed at


@dataclass(frozen=True)
class Trials:
    """A series of trials with the best of them so far."""

    name: str
    trials: Sequence[Trial]
    best: Sequence[tuple[float, float]] = ()  # where it changed, in order; each holds until the next
    number: int = 0  # decides colour and stroke


def trials_chart(
    series: Sequence[Trials],
    *,
    name: str,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    reference: float | None = None,
    reference_name: str = "",
    width: float = 1000,
) -> Markup:
    """Return an SVG of `width` pixels with a key above it.

    `reference` is drawn as a dashed line and named in the key. `name` must be unique on the page.
    """
    trials = [trial for one in series for trial in one.trials]
    shown = [trial.y for trial in trials if trial.state != "refused"]
    levels = [y for one in series for _, y in one.best]
    across = fitted_scale((trial.x for trial in trials), LEFT, width - RIGHT, margin=0.02)
    up = fitted_scale([*shown, *levels, *([] if reference is None else [reference])], HEIGHT - BOTTOM, TOP)
    parts = [axes(across, up, x_title, y_title)]
    if reference is not None:
        y = up.place(reference)
        line = element(
            "line", element("title", reference_name), x1=LEFT, x2=width - RIGHT, y1=y, y2=y, class_="reference"
        )
        parts.append(line)
    for one in series:
        for trial in one.trials:
            if math.isfinite(trial.y) or trial.state == "refused":
                y = up.start - RADIUS if trial.state == "refused" else up.place(trial.y)
                parts.append(_mark(trial.state, across.place(trial.x), y, one.number, trial.text))
    for one in series:
        if one.best:
            places = [(across.place(x), up.place(y)) for x, y in one.best]
            way = f"M{places[0][0]:.1f} {places[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:])
            way += f"H{across.place(max(trial.x for trial in one.trials)):.1f}"
            parts.append(
                element(
                    "path",
                    element("title", one.name),
                    d=way,
                    class_=_stairs_class(series, one),
                    stroke_dasharray=_stroke(series, one),
                )
            )
    size = "chart small" if width < 600 else "chart"
    chart = picture(width, HEIGHT, title, description, *parts, name=name, class_=size)
    return joined([_key(series, trials, reference_name if reference is not None else ""), chart])


def _stairs_class(series: Sequence[Trials], one: Trials) -> str:
    """Return the class of a stair; where there is one series only, it stands out from its own dots."""
    return f"curve {color_class(one.number + 1 if len(series) == 1 else one.number)}"


def _stroke(series: Sequence[Trials], one: Trials) -> str | None:
    return dashes(one.number) if len(series) > 1 else None


def _mark(state: str, x: float, y: float, number: int, text: str) -> Markup:
    inside = [element("title", text)] if text else []
    if state == "dropped":
        r = RADIUS
        way = f"M{x - r:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}M{x - r:.1f} {y + r:.1f}L{x + r:.1f} {y - r:.1f}"
        return element("path", *inside, d=way, class_=f"whisker {color_class(DROPPED)}", data_state=state)
    if state == "refused":
        r = RADIUS + 1
        corners = f"{x:.1f},{y + r:.1f} {x + r:.1f},{y - r:.1f} {x - r:.1f},{y - r:.1f}"
        return element("polygon", *inside, points=corners, class_=f"dot {color_class(REFUSED)}", data_state=state)
    return element("g", *inside, dot(number, x, y, RADIUS), data_state="asked")


def _key(series: Sequence[Trials], trials: Sequence[Trial], reference_name: str) -> Markup:
    """Return what marks and lines mean; only what is in the picture."""
    entries: list[Markup] = []
    for one in series:
        stairs = element(
            "line", x1=1, y1=8, x2=25, y2=8, stroke_dasharray=_stroke(series, one),
            class_=_stairs_class(series, one),
        )  # fmt: skip
        if len(series) == 1:
            entries.append(_entry(_mark("", 13, 8, one.number, ""), one.name))
            entries.append(_entry(stairs, "best so far"))
        else:
            entries.append(_entry(joined([stairs, _mark("", 13, 8, one.number, "")]), one.name))
    for state, meaning in (("dropped", "dropped early, an estimate"), ("refused", "could not be tried")):
        if any(trial.state == state for trial in trials):
            entries.append(_entry(_mark(state, 13, 8, 0, ""), meaning))
    if reference_name:
        entries.append(_entry(element("line", x1=1, y1=8, x2=25, y2=8, class_="reference"), reference_name))
    return element("ul", *entries, class_="key")


def _entry(sign: Markup, meaning: str) -> Markup:
    sample = element("svg", sign, width=26, height=16, viewBox="0 0 26 16", aria_hidden="true")
    return element("li", sample, meaning)
