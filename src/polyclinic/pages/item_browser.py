"""A browser of items with the answers of two sides beside each other, for thousands of items on one page.

The items lie in the page as packed JSON, a block for each group, which the script item_browser.js unpacks when the
reader comes to it; it shows them as text only. The page must be made with `scripts=[ITEM_BROWSER]`.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from polyclinic.pages.elements import clean, element, joined

ITEM_BROWSER = "item_browser.js"
FILTERS = (
    ("all", "all items"),
    ("differ", "the two differ"),
    ("first", "the first is higher"),
    ("second", "the second is higher"),
    ("low", "both get 0"),
    ("unscored", "one is unscored"),
    ("noted", "with a note ●"),
)


@dataclass(frozen=True)
class Answer:
    """What one side said to an item."""

    text: str
    prompt: str = ""
    values: Mapping[str, float | None] = field(default_factory=dict)  # by metric
    warning: str = ""  # why there is no value


@dataclass(frozen=True)
class BrowserItem:
    """One item."""

    name: str
    right: str  # what would have been right
    answers: Mapping[str, Answer]  # by side
    note: str = ""


@dataclass(frozen=True)
class BrowserGroup:
    """Items that are chosen among together."""

    title: str
    metrics: Sequence[str]  # the first is shown in the list
    items: Sequence[BrowserItem]


@dataclass(frozen=True)
class BrowserWords:
    """What the browser calls things."""

    group: str = "Task"
    first: str = "First model"
    second: str = "Second model"
    prompt: str = "Prompt"
    right: str = "Right answer"  # empty: it is not shown


def item_browser(
    groups: Sequence[BrowserGroup], sides: Sequence[str], *, name: str, words: BrowserWords | None = None
) -> Markup:
    """Return the browser's controls and data; `name` must be unique on the page.

    Raises ValueError when there is nothing to browse.
    """
    if not groups or not sides:
        raise ValueError("a browser needs groups of items, and sides that answered them")
    words = words or BrowserWords()
    side_names = [clean(side) for side in sides]
    controls = [
        _select(words.group, "group", [clean(group.title) for group in groups]),
        _select(words.first, "first", side_names),
        _select(words.second, "second", side_names),
        _select("Metric", "metric", ()),
        _labelled(
            "Show",
            element("select", *(element("option", text, value=key) for key, text in FILTERS), data_part="filter"),
        ),
        _labelled("Search", element("input", type="search", data_part="words", autocomplete="off")),
    ]
    listing = element(
        "div",
        element("div", element("div", data_part="rows"), data_part="inside", class_="browser-inside"),
        data_part="list",
        class_="browser-list",
        role="listbox",
        tabindex=0,
        aria_label="Items; arrow keys move",
    )
    heads = element("p", "", data_part="status", class_="muted", aria_live="polite")
    made = element(
        "div",
        element("div", *controls, class_="browser-controls"),
        heads,
        element("div", listing, element("div", data_part="detail", class_="browser-detail"), class_="browser-body"),
        class_="browser",
        id=name,
        data_prompt=words.prompt,
        data_right=words.right,
        hidden=True,
    )
    blocks = [
        element("script", _packed(group, sides), type="text/plain", id=f"{name}-{number}")
        for number, group in enumerate(groups)
    ]
    without = element("noscript", element("p", "The browser of items needs JavaScript."))
    return joined([without, made, *blocks])


def _packed(group: BrowserGroup, sides: Sequence[str]) -> str:
    """Return the items of a group as base64 of gzipped JSON; equal prompts are held once."""
    prompts: dict[str, int] = {}
    items = []
    for item in group.items:
        answers: dict[str, Any] = {}
        for number, side in enumerate(sides):
            if (answer := item.answers.get(side)) is not None:
                made: dict[str, Any] = {"r": clean(answer.text), "v": [answer.values.get(m) for m in group.metrics]}
                if answer.prompt:
                    made["p"] = prompts.setdefault(clean(answer.prompt), len(prompts))
                if answer.warning:
                    made["w"] = clean(answer.warning)
                answers[str(number)] = made
        items.append({"i": clean(item.name), "g": clean(item.right), "n": clean(item.note), "a": answers})
    data = {"m": [clean(metric) for metric in group.metrics], "t": list(prompts), "items": items}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _select(label: str, part: str, options: Sequence[str]) -> Markup:
    made = (element("option", text, value=number) for number, text in enumerate(options))
    return _labelled(label, element("select", *made, data_part=part))


def _labelled(label: str, control: Markup) -> Markup:
    return element("label", element("span", label), control)
