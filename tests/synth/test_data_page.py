"""The page and the card beside what a teacher wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from polyclinic.records import Preference, Sample, write_records
from polyclinic.steps import Work
from polyclinic.synth.counted import SHOWN_AT_MOST, count_records
from polyclinic.synth.data_page import describe
from polyclinic.synth.dataset_card import Described, card_text
from polyclinic.synth.judgements import subject_key

sys.path.insert(0, str(Path(__file__).parents[1] / "pages"))
from headless_browser import CHROMIUM, Tab, in_browser

ATTACK = "</script><script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"


def sample(number: int) -> Sample:
    return Sample(
        id=f"m-{number}",
        task="mediflow.summarization",
        instruction=f"Summarise note {number // 2} {ATTACK if number < 2 else ''}",
        input=f"A note of {number} days.",
        output="Short." if number % 5 else f"Long. {ATTACK}",
        license="CC-BY-4.0",
        author="tutor",
        metadata={
            "task_type": ["summarization", "note scoring"][number % 2],
            "input_data": ["Care Plan", "Triage Note"][number // 2 % 2],
            "difficulty_level": ["hard", "extreme"][number % 2],
            "quality": 2.8 + number % 3 / 2,
            "grounding": 4.0,
            **({"rejected_output": "Worse.", "error_type": "brevity"} if number % 3 == 0 else {}),
        },
    )


def made(folder: Path, count: int = 40) -> Path:
    samples = [sample(number) for number in range(count)]
    write_records(folder, samples, Sample)
    row = {
        "subject": subject_key(samples[0], "instruction"),
        "judgements": [{"quality": 3, "rationales": {"quality": f"well put {ATTACK}"}}],
    }
    (folder / "judgements.jsonl").write_text(json.dumps(row) + "\n")
    work = Work(folder, folder, 7, "my-step")
    work.facts.update(teacher="tutor", requests=50, rejected={f"missing tag {ATTACK}": 3}, price=0.5)
    describe(work, "synth.chain", Sample, "Made by a test.")
    return folder


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_shows_counts_scores_and_samples_and_runs_nothing_of_theirs(tmp_path: Path, dark: bool) -> None:
    page = made(tmp_path / "data") / "page.html"

    async def look(tab: Tab) -> None:
        for name in ("grid-task-type-difficulty-level", "grid-input-data-task-type", "scores", "lengths"):
            assert await tab.run(f"document.getElementById('{name}-title') !== null"), name
        assert "0.5" in await tab.run("document.getElementById('asking').textContent")
        await tab.run("document.getElementById('samples').scrollIntoView()")
        await tab.until("document.querySelector('.browser-row') !== null")
        detail = await tab.until("document.querySelector('.browser-detail').textContent")
        assert "Asked" in detail
        assert "Rejected output" in detail
        assert await tab.run("document.querySelectorAll('.browser-row').length > 3")
        select = "document.querySelector('[data-part=group]')"
        await tab.run(f"{select}.selectedIndex = 1; {select}.dispatchEvent(new Event('change'))")
        await tab.until("document.querySelector('.browser-detail').textContent.includes('well put')")
        assert await tab.run("window.broken") is None
        assert await tab.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    in_browser(page, look, dark=dark)


def test_preferences_have_a_page_and_a_card_too(tmp_path: Path) -> None:
    pairs = [
        Preference(f"p{n}", "mediflow.x", "good", "bad", "in", "do", ["brevity", "ambiguity"][n % 2])
        for n in range(4)
    ]
    write_records(tmp_path, pairs, Preference)
    work = Work(tmp_path, tmp_path, 0, "pairs")
    work.facts["verification"] = {"rejected_preferred": 2}
    describe(work, "synth.preferences", Preference, "Made by a test.")
    assert "Rejected preferred" not in (tmp_path / "page.html").read_text()
    assert "rejected_preferred" in (tmp_path / "page.html").read_text()
    assert "4 records" in (tmp_path / "README.md").read_text()


def test_the_card_has_a_head_that_hubs_read_and_shows_texts_as_text(tmp_path: Path) -> None:
    card = (made(tmp_path / "data") / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    assert head == {"license": "cc-by-4.0", "language": ["en"], "tags": ["medical", "synthetic"]}
    assert "- CC-BY-4.0: 40" in card
    assert "- tutor: 40" in card
    assert "- step kind: synth.chain" in card
    assert "<script>" not in card
    described = Described("x: [y]\n# z")
    described.take(Sample("a", "t", "o", language="de", license=""))
    text = card_text(described, splits={"mediflow": 1})
    assert yaml.safe_load(text.split("---")[1])["configs"][0]["data_files"][0]["split"] == "mediflow"
    assert "nobody said" in text
    assert "\n# z" not in text


def test_of_many_records_a_few_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    write_records(tmp_path, (sample(n) for n in range(2 * SHOWN_AT_MOST)), Sample)
    counted = count_records(tmp_path, Sample, "many")
    assert counted.described.records == 2 * SHOWN_AT_MOST
    assert len(counted.shown) == SHOWN_AT_MOST
    assert [int(one.id[2:]) for one in counted.shown[:3]] == [0, 2, 4]
    assert counted.different()["instruction"] == (2 * SHOWN_AT_MOST, SHOWN_AT_MOST)
    assert counted.different()["instruction with input and output"][1] == 2 * SHOWN_AT_MOST
