"""The page of a run says what was measured, shows everything that is there, and lets nothing in."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from synthetic_run import STEPS, make_store, search_facts

from polyclinic.errors import UserError
from polyclinic.pipeline import RunRecord
from polyclinic.records import Score, read_records, write_records
from polyclinic.report import make_report, read_settings, searches

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'"


class Reader(HTMLParser):
    """Collects tags, ids and text, and checks that tags are closed in order."""

    VOID = ("meta", "br", "img", "hr", "link")

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunRecord]:
    folder = tmp_path_factory.mktemp("store")
    return folder, make_store(folder, items=120)


@pytest.fixture(scope="module")
def html(store: tuple[Path, RunRecord], tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(store[1], store[0], tmp_path_factory.mktemp("page"))


def written(run: RunRecord, store: Path, folder: Path) -> str:
    out = folder / "report.html"
    make_report(run, store, out)
    assert [p.name for p in folder.iterdir()] == ["report.html"]
    return out.read_text(encoding="utf-8")


def share_right(store: Path, model: str, task: str, subset: str) -> float:
    folder = next(store.glob(f"{model}-scores-*"))
    values = [s.value for s in read_records(folder, Score) if s.task == task and s.subset == subset]
    kept = [v for v in values if v is not None]
    return sum(kept) / len(kept)


def test_the_page_is_whole_and_small_and_has_every_section(html: str) -> None:
    reader = Reader(html)
    assert reader.open == []
    assert len(html.encode()) < 1_500_000
    sections = [a["id"] for tag, a in reader.tags if tag == "section"]
    wanted = [
        "path",
        "results",
        "comparisons",
        "experts",
        "searches",
        "training",
        "teacher",
        "items",
        "cost",
        "data",
        "again",
    ]
    assert sections == wanted


def test_ids_are_unique_and_every_link_has_its_target(html: str) -> None:
    tags = Reader(html).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = {a["href"] for _, a in tags if "href" in a}
    assert all(link is not None and link.removeprefix("#") in ids for link in links)


def test_the_headline_has_the_measured_figures_of_the_task_the_recipe_names(
    store: tuple[Path, RunRecord], html: str
) -> None:
    lead = re.search(r'<p class="lead">(.*?)</p>', html)
    assert lead is not None
    expert, base = (share_right(store[0], m, "icd10cm-easy", "unseen") for m in ("medcode-expert", "base"))
    assert f"medcode-expert answers {100 * expert:.0f}% of the questions right in ICD-10-CM, easy (unseen)" in lead[1]
    assert f"base {100 * base:.0f}%: difference +" in lead[1]
    assert "(95% interval +" in lead[1]
    assert "n = 60." in lead[1]


def test_a_difference_whose_interval_includes_zero_is_said_to_be_none(html: str) -> None:
    assert re.search(r"merged-dpo answers .*? The interval includes zero: the two cannot be told apart\.", html)


def test_every_step_is_in_the_picture_and_in_the_table_of_costs(html: str) -> None:
    tags = Reader(html).tags
    assert {a["data-node"] for _, a in tags if "data-node" in a} == set(STEPS)
    assert len([a for tag, a in tags if tag == "tr" and (a.get("id") or "").startswith("step-")]) == len(STEPS)


def test_n_interval_and_scorer_stand_with_the_figures(html: str) -> None:
    text = Reader(html).text
    assert "option-likelihood-1" in text
    assert "text-likelihood-1" in text
    assert "n = 60" in text
    assert "1 unscored" in text


def test_what_the_teacher_wrote_stands_beside_its_document_with_its_author(html: str) -> None:
    text = Reader(html).text
    assert "extractive teacher (no model)" in text
    assert "ICD-10-CM code E10.0: Acute bronchitis, with complications." in text
    assert "is coded E10.0; its parent is E10." in text


def test_warnings_are_made_from_what_the_run_says(html: str) -> None:
    text = Reader(html).text
    assert "Not a medical device" in text
    assert "merged-dpo is a tiny model (2.61 million parameters)" in text
    assert "written for demonstration" in text


def test_the_seed_the_versions_the_licences_and_the_recipe_are_there(html: str) -> None:
    text = Reader(html).text
    assert all(part in text for part in ("torch 2.13.0", "public-domain", "CC0-1.0", "uses: merge.breadcrumbs"))


def test_the_search_is_shown_with_every_trial_and_its_best_beside_equal_weights(html: str) -> None:
    section = html[html.index('id="searches"') :]
    section = section[: section.index("</section>")]
    text = Reader(f"<div {section}</div>").text
    facts = search_facts()
    assert "On 240 items of 180 documents that the search did not see, the best mix scores 0.560" in text
    assert "difference +0.050 (95% interval +0.012 to +0.088), p = 0.011. The best mix is better." in text
    assert "icd10cm-easy, icd10cm-hard" in text
    scores = section[section.index('id="search-0-path-title"') :]
    scores = scores[: scores.index("</svg>")]
    made = facts["evaluations"]
    assert scores.count('data-state="dropped"') == made["dropped"] > 0
    assert scores.count('data-state="refused"') == made["refused"] > 0
    assert scores.count('data-state="asked"') == 60 - made["dropped"] - made["refused"]
    assert "refused: gamma leaves no room for density" in scores
    assert {f'id="search-0-{name}-title"' in section for name in ("weights", "density", "figures", "difference")} == {
        True
    }
    assert f"At the end: medcode-expert {facts['best']['values']['weights'][0]:.3f}, notes-expert" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"held_back": None}, "No items were held back, so this difference is larger than it will be on others."),
        ({"low": -0.01}, "The interval includes zero: the two cannot be told apart."),
        ({"estimate": -0.05, "low": -0.09, "high": -0.01}, "The equal weights are better."),
        ({"number": 0}, "No mix was better than equal weights on the items of the search."),
    ],
)
def test_the_verdict_on_a_search_follows_its_figures(change: dict[str, Any], said: str) -> None:
    facts = search_facts()
    if "held_back" in change:
        del facts["held_back"]
    elif "number" in change:
        facts["best"]["number"] = 0
    else:
        facts["held_back"]["difference"].update(change)
    assert said in Reader(f"<p>{searches.verdict(facts)}</p>").text
    assert searches.improvements(facts["path"])[0] == 0


def test_pooled_figures_and_two_scorers_stand_apart_and_only_ours_is_compared(tmp_path: Path) -> None:
    run = make_store(tmp_path / "store", items=20)
    task = "meds-ins-125-bc4chem-named-enetity-recognition"
    for folder in (tmp_path / "store").glob("*-scores-*"):
        rows = list(read_records(folder, Score))
        hit = 2 if folder.name.startswith("medcode-expert") else 1
        more = [
            Score(rows[0].model, rows[0].fingerprint, task, f"n{i}", "entity_f1", scorer, 0.5, parts=parts)
            for i in range(20)
            for scorer, parts in (
                ("corrected-1", {"matched": hit, "predicted": 2, "gold": 2}),
                ("as_published-1", {"matched": 0, "predicted": 2, "gold": 2}),
            )
        ]
        write_records(folder, [*rows, *more], Score)
    (tmp_path / "page").mkdir()
    text = " ".join(Reader(written(run, tmp_path / "store", tmp_path / "page")).text.split())
    assert "Entity F1, with 95% intervals" in text
    assert "As the papers' code scores it" in text
    assert "Scorer: as_published-1" in text
    assert re.search(r"entity F1,? is 100% for medcode-expert, 50% for", text) or "+50 points" in text


def test_the_same_run_gives_the_same_bytes(store: tuple[Path, RunRecord], html: str, tmp_path: Path) -> None:
    assert written(store[1], store[0], tmp_path) == html


def test_markup_in_any_text_from_data_is_shown_as_text(tmp_path: Path) -> None:
    run = make_store(tmp_path / "store", items=8, stain=ATTACK)
    (tmp_path / "page").mkdir()
    reader = Reader(written(run, tmp_path / "store", tmp_path / "page"))
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert "img" not in {tag for tag, _ in reader.tags}
    assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)
    assert ATTACK in reader.text


def test_a_run_that_failed_half_way_is_shown_with_what_is_there(
    store: tuple[Path, RunRecord], tmp_path: Path
) -> None:
    names = list(STEPS)
    half = names.index("notes-raw")
    steps = [
        step
        if i < half
        else step.model_copy(update={"artifact": None, "seconds": 0.0, "state": "failed" if i == half else "not run"})
        for i, step in enumerate(store[1].steps)
    ]
    page = written(store[1].model_copy(update={"steps": steps}), store[0], tmp_path)
    text = Reader(page).text
    assert "This run did not end: notes-raw failed." in text
    assert "No model was measured in this run." in text
    assert 'class="box-group c4 failed"' in page


def test_without_comparisons_the_headline_names_the_best(store: tuple[Path, RunRecord], tmp_path: Path) -> None:
    page = written(store[1].model_copy(update={"report": {}}), store[0], tmp_path)
    lead = re.search(r'<p class="lead">(.*?)</p>', page)
    assert lead is not None
    assert lead[1].endswith("the best of the models measured.")


def test_a_broken_report_section_names_field_and_step(store: tuple[Path, RunRecord], tmp_path: Path) -> None:
    for report, message in (
        ({"titel": "x"}, r"quickstart: report\.titel: unknown field; did you mean 'title'\?"),
        ({"experts": {"of": ["base"]}}, r"report\.experts\.merged: missing"),
        ({"experts": {"merged": "merged", "off": ["base"]}}, r"experts\.off: unknown field; did you mean 'of'\?"),
        ({"compare": "merged"}, r"report\.compare: .*found 'merged'"),
    ):
        with pytest.raises(UserError, match=message):
            make_report(store[1].model_copy(update={"report": report}), store[0], tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def test_a_step_the_recipe_does_not_have_is_named_before_anything_runs() -> None:
    with pytest.raises(UserError, match=r"report\.compare\.0: there is no step 'bose'; did you mean 'base'\?"):
        read_settings({"compare": [["merged", "bose"]]}, STEPS)


def test_a_run_of_a_part_of_its_recipe_has_a_page_too(store: tuple[Path, RunRecord], tmp_path: Path) -> None:
    part = [step for step in store[1].steps if step.name in ("icd", "questions", "base", "base-scores")]
    page = written(store[1].model_copy(update={"steps": part}), store[0], tmp_path)
    assert "base answers" in Reader(page).text


def test_an_artifact_that_is_gone_is_named(store: tuple[Path, RunRecord], tmp_path: Path) -> None:
    steps = [step.model_copy(update={"artifact": "base-00000000"}) for step in store[1].steps[:1]]
    with pytest.raises(UserError, match="base-00000000: the run names this artifact"):
        make_report(store[1].model_copy(update={"steps": steps}), store[0], tmp_path / "x.html")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_runs_the_page_from_disk_under_its_policy(store: tuple[Path, RunRecord], tmp_path: Path) -> None:
    make_report(store[1], store[0], tmp_path / "report.html")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    result = subprocess.run(
        [
            str(CHROMIUM),
            *flags,
            "--disable-sync",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            (tmp_path / "report.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert '<button type="button"><span>model</span>' in result.stdout  # the script ran
    assert "Content Security Policy" not in result.stderr
    assert "Uncaught" not in result.stderr
    assert result.stdout.count('data-state="dropped"') > search_facts()["evaluations"]["dropped"]  # and in the key
