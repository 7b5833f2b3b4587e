"""HTML and SVG elements: every text that goes through here is escaped. Knows nothing about what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

Value = str | int | float | bool | None

# Characters that HTML forbids, or that turn the direction of the text around them.
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return `text` with forbidden and direction-changing characters shown as a replacement character."""
    return UNWANTED.sub("\ufffd", text).encode("utf-8", "replace").decode("utf-8")


def element(tag: str, /, *children: str | Markup, **attributes: Value) -> Markup:
    """Return an element; texts and attribute values are escaped, children that are Markup stand as they are.

    An underscore in an attribute's name stands for a hyphen, one at its end is dropped (`class_`). An attribute that
    is None or False is left out, one that is True has no value.
    """
    written = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        if value is True:
            written.append(f" {name}")
            continue
        if isinstance(value, float):
            value = f"{value:.2f}".rstrip("0").rstrip(".")
        written.append(f' {name}="{_escaped(str(value))}"')
    inside = "".join(_escaped(child) for child in children)
    if tag in ("br", "hr", "img", "input", "meta"):
        return Markup(f"<{tag}{''.join(written)}>")
    return Markup(f"<{tag}{''.join(written)}>{inside}</{tag}>")


def joined(parts: Iterable[str | Markup], between: str | Markup = "") -> Markup:
    """Return the parts one after the other, texts escaped."""
    return Markup(_escaped(between).join(_escaped(part) for part in parts))


def paragraph(*children: str | Markup, class_: str | None = None) -> Markup:
    """Return a paragraph."""
    return element("p", *children, class_=class_)


def bullets(items: Iterable[str | Markup], class_: str | None = None) -> Markup:
    """Return a list with bullets."""
    return element("ul", *(element("li", item) for item in items), class_=class_)


def facts(pairs: Iterable[tuple[str, str | Markup]]) -> Markup:
    """Return a list of names with what they stand for."""
    entries = (element("div", element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *entries, class_="facts")


def preformatted(text: str) -> Markup:
    """Return text with its own line breaks; long lines are wrapped."""
    return element("pre", text, tabindex=0)


def folded(summary: str | Markup, *children: str | Markup, opened: bool = False) -> Markup:
    """Return a part that the reader unfolds; it is printed unfolded."""
    return element("details", element("summary", summary), *children, open=opened)


def figure(picture: Markup, caption: str | Markup) -> Markup:
    """Return a picture with its caption; a picture wider than the window scrolls in its own frame."""
    return element("figure", element("div", picture, class_="scroll", tabindex=0), element("figcaption", caption))


def prose(text: str) -> Markup:
    """Return text of many lines to be read, in the page's own font; its line breaks are kept."""
    return element("pre", text, class_="prose", tabindex=0)


def side_by_side(parts: Sequence[Markup]) -> Markup:
    """Return parts beside each other where the window is wide enough."""
    return element("div", *(element("div", part) for part in parts), class_="beside")


def picture(
    width: float, height: float, title: str, description: str, *children: Markup, name: str, class_: str = "chart"
) -> Markup:
    """Return an SVG of the given size (in CSS pixels, scaled to the column) that screen readers can name.

    `name` must be unique on the page; it ties title and description to the picture.
    """
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *children,
        viewBox=f"0 0 {round(width)} {round(height)}",
        width=round(width),
        height=round(height),
        class_=class_,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def _escaped(text: str | Markup) -> str:
    return str(text) if isinstance(text, Markup) else str(escape(clean(text)))
