"""The leaderboard shows every figure with n and interval, marks what was printed, and lets nothing in."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from synthetic_scores import write_overlaps, write_results

from polyclinic.errors import UserError
from polyclinic.evals import leaderboard_figures, summary_rows
from polyclinic.report import make_leaderboard

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TASKS = [
    "clue-mednli",
    "clue-meqsum",
    "clue-medec",
    "meds-ins-114-medqsum-text-summurization",
    "meds-ins-106-hoc-text-classification",
    "meds-ins-125-bc4chem-named-enetity-recognition",
    "meds-ins-126-bc5chem-named-enetity-recognition",
]


class Reader(HTMLParser):
    """Collects tags, ids and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "img", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data + " "


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("results")
    found = [write_results(folder, model, skill, TASKS) for model, skill in (("base", 0.4), ("expert", 0.7))]
    return [*found, write_overlaps(folder, "expert", TASKS)]


@pytest.fixture(scope="module")
def page(results: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "leaderboard.html"
    make_leaderboard(results, out)
    return out


def test_the_page_is_whole_and_has_every_section(page: Path) -> None:
    reader = Reader(page.read_text(encoding="utf-8"))
    assert reader.open == []
    sections = [a["id"] for tag, a in reader.tags if tag == "section"]
    assert sections == ["suites", "tasks", "comparisons", "overlap", "unscored", "items", "method"]
    ids = [a["id"] for _, a in reader.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_figures_stand_with_n_interval_and_scorer_and_printed_ones_are_marked(
    page: Path, results: list[Path]
) -> None:
    text = " ".join(Reader(page.read_text(encoding="utf-8")).text.split())
    row = next(
        r for r in summary_rows(results) if (r["model"], r["task"], r["metric"], r["scorer"]) ==
        ("expert", "clue-mednli", "accuracy", "corrected-2")
    )  # fmt: skip
    assert f"{100 * row['estimate']:.1f} {100 * row['low']:.1f} to {100 * row['high']:.1f} n = {row['n']}" in text
    for said in ("corrected 2", "as published 2", "MediPhi-Instruct printed", "71.0", "GPT-4 printed"):
        assert said in text
    html = page.read_text(encoding="utf-8")
    assert re.search(r"<em[^>]*>71\.0</em>", html)


def test_items_without_a_value_are_shown_with_both_ends(page: Path) -> None:
    text = Reader(page.read_text(encoding="utf-8")).text
    assert "Unscored items are left out of the figures, never counted as wrong." in text
    assert re.search(r"all wrong\s+all right", text)


def test_touched_items_are_counted_and_left_out_beside_the_whole(results: list[Path]) -> None:
    rows = {(r["model"], r["task"], r["metric"], r["scorer"]): r for r in summary_rows(results)}
    row = rows["expert", "clue-mednli", "accuracy", "corrected-2"]
    assert (row["searched_13"], row["touched_13"]) == (12, 4)
    assert row["n_13"] == 8  # the unscored item is one of the touched
    assert row["low_13"] <= row["estimate_13"] <= row["high_13"]
    assert "touched_13" not in rows["base", "clue-mednli", "accuracy", "corrected-2"]


def test_two_runs_give_the_same_bytes(results: list[Path], page: Path, tmp_path: Path) -> None:
    make_leaderboard(results, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["again.html"]


def test_markup_in_names_prompts_and_replies_is_shown_as_text(tmp_path: Path) -> None:
    made = write_results(tmp_path, "base", 0.5, TASKS[:3], attack=True)
    named = write_results(tmp_path, "<img src=x onerror=alert(1)>"[:24], 0.5, TASKS[:3], attack=True)
    make_leaderboard([made, named], tmp_path / "page.html")
    reader = Reader((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "img" not in {tag for tag, _ in reader.tags}
    assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)
    types = [a.get("type") for tag, a in reader.tags if tag == "script"]
    assert [t for t in types if t is None] == [None]


def test_one_model_alone_has_a_page_without_comparisons(results: list[Path], tmp_path: Path) -> None:
    make_leaderboard(results[:1], tmp_path / "page.html", published=False, items=0)
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    reader = Reader(html)
    sections = [a["id"] for tag, a in reader.tags if tag == "section"]
    assert sections == ["suites", "tasks", "unscored", "method"]
    assert "printed" not in [text.strip() for text in reader.text.split("  ")]
    assert not [f for f in leaderboard_figures(results[:1], published=False) if f.published]


def test_results_that_are_none_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected scores"):
        make_leaderboard([tmp_path / "nothing"], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


SORTED = """
(() => {
  const head = [...document.querySelectorAll('#tasks thead button')].find((b) => b.textContent.startsWith('NAME'));
  head.click();
  const rows = [...document.querySelector('#tasks table').tBodies[0].rows];
  const shown = rows.map((row) => row.cells[PLACE].textContent);
  const wanted = [...shown].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return shown.length > 6 && new Set(shown).size > 2 && shown.join('|') === wanted.join('|');
})()
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_draws_it_from_disk_and_sorts_by_category_and_task(page: Path, tmp_path: Path) -> None:
    sys.path.append(str(Path(__file__).parents[1] / "pages"))
    browser = importlib.import_module("headless_browser")

    async def check(tab: Any) -> None:
        assert await tab.run(SORTED.replace("NAME", "task").replace("PLACE", "0"))
        assert await tab.run(SORTED.replace("NAME", "category").replace("PLACE", "1"))
        await tab.run("document.querySelector('.browser').scrollIntoView()")
        await tab.until("document.querySelectorAll('.browser-row').length > 0")
        assert await tab.run("document.querySelectorAll('svg.radar polygon.ring').length") >= 4
        assert await tab.run("document.querySelectorAll('svg.bars .bar-whisker').length") > 5
        assert await tab.run("document.querySelectorAll('svg.strip').length") > 10
        for width in (390, 1200):
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            await tab.send("Emulation.setDeviceMetricsOverride", **size)
            root = "document.documentElement"
            assert await tab.run(f"{root}.scrollWidth - {root}.clientWidth") <= 0

    grounds = []
    for dark in (False, True):

        async def also(tab: Any) -> None:
            await check(tab)
            grounds.append(await tab.run("getComputedStyle(document.documentElement).backgroundColor"))

        browser.in_browser(page, also, dark=dark)
    assert grounds == ["rgb(255, 255, 255)", "rgb(17, 23, 29)"]
