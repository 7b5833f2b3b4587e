"""Thousands of items on one page: only those in sight are in the document, and nothing in them is run."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pytest
from headless_browser import CHROMIUM, Tab, in_browser

from polyclinic.pages import ITEM_BROWSER, Answer, BrowserGroup, BrowserItem, Section, item_browser, page

ATTACK = "</script><script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"


def answer(number: int, side: str) -> Answer:
    right = number % 2 == 0 or (side == "expert" and number % 3 == 0)
    return Answer(
        text=f"{side} says {number} {ATTACK}",
        prompt=f"What is item {number}?",
        values={"accuracy": None if number == 5 else float(right), "rouge": number / 10_000},
        warning="the endpoint hung up" if number == 5 else "",
    )


def make_page(folder: Path, count: int = 5000) -> Path:
    items = [
        BrowserItem(
            name=f"item {number} {ATTACK if number == 1 else ''}",
            right=f"gold {number}",
            answers={side: answer(number, side) for side in ("base", "expert")},
            note="stands in the training data" if number == 7 else "",
        )
        for number in range(count)
    ]
    few = [BrowserItem("only one", "gold", {"base": Answer("text")})]
    groups = [BrowserGroup(f"Task {ATTACK}", ("accuracy", "rouge"), items), BrowserGroup("Small", ("f1",), few)]
    made = item_browser(groups, ["base", "expert"], name="browser")
    out = folder / "page.html"
    out.write_text(page("Items", [Section("items", "Items", [made])], scripts=[ITEM_BROWSER]), encoding="utf-8")
    return out


async def choose(tab: Tab, part: str, value: str) -> None:
    """Set a control as a person does."""
    event = "input" if part == "words" else "change"
    control = f"document.querySelector('[data-part={part}]')"
    await tab.run(f"{control}.value = '{value}'; {control}.dispatchEvent(new Event('{event}'))")


def test_the_items_are_packed_and_equal_prompts_are_held_once(tmp_path: Path) -> None:
    html = make_page(tmp_path, 50).read_text(encoding="utf-8")
    packed = re.search(r'id="browser-0">([^<]*)</script>', html)
    assert packed is not None
    data = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert len(data["items"]) == len(data["t"]) == 50
    assert data["items"][5]["a"]["0"]["v"] == [None, 0.0005]
    assert html == make_page(tmp_path, 50).read_text(encoding="utf-8")


def test_a_browser_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs groups of items"):
        item_browser([], ["base"], name="browser")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_five_thousand_items_are_browsed_by_keyboard_and_filters(tmp_path: Path) -> None:
    async def check(tab: Tab) -> None:
        await tab.until("document.querySelectorAll('.browser-row').length > 0")
        assert await tab.run("document.querySelectorAll('.browser-row').length") < 60
        assert await tab.run("document.querySelector('[data-part=status]').textContent") == "5,000 of 5,000 items"
        detail = "document.querySelector('[data-part=detail]').textContent"
        assert "gold 0" in await tab.run(detail)
        assert "base says 0" in await tab.run(detail)
        assert "expert says 0" in await tab.run(detail)
        await tab.run("document.querySelector('[data-part=list]').focus()")
        await tab.press("ArrowDown")
        await tab.press("ArrowDown")
        assert "gold 2" in await tab.run(detail)
        await tab.press("End")
        assert "gold 4999" in await tab.run(detail)
        selected = "document.querySelector('[aria-selected=true]')"
        assert await tab.run(f"{selected}.getAttribute('aria-posinset')") == "5000"
        active = "document.querySelector('[data-part=list]').getAttribute('aria-activedescendant')"
        assert await tab.run(f"{active} === {selected}.id")
        await tab.press("Home")
        # Filters: what only the second model got right; what is unscored; what stands in the training data.
        for value, status in (("second", "833 of 5,000"), ("unscored", "1 of 5,000"), ("noted", "1 of 5,000")):
            await choose(tab, "filter", value)
            assert await tab.run("document.querySelector('[data-part=status]').textContent") == f"{status} items"
        assert "stands in the training data" in await tab.run(detail)
        await choose(tab, "filter", "all")
        await choose(tab, "words", "GOLD 4321")
        await tab.until("document.querySelector('[data-part=status]').textContent === '1 of 5,000 items'")
        # Another task; the second model was not asked.
        await choose(tab, "words", "")
        await choose(tab, "group", "1")
        await tab.until("document.querySelector('[data-part=status]').textContent === '1 of 1 items'")
        assert "not asked" in await tab.run(detail)
        assert await tab.run("window.broken === undefined && document.querySelectorAll('img').length === 0")

    in_browser(make_page(tmp_path), check)
