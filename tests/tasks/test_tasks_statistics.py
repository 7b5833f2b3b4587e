"""What was built, counted."""

import re
from pathlib import Path

import pytest
from markupsafe import Markup

from polyclinic.errors import UserError
from polyclinic.pages import svg_to_png
from polyclinic.records import Sample, write_records
from polyclinic.tasks import count_samples, load_task, statistics_page, statistics_rows, suite_tasks, write_pictures
from polyclinic.tasks.published_shares import PUBLISHED_CATEGORIES, PUBLISHED_DOMAINS, bench_shares, source_shares
from polyclinic.tasks.statistics import statistics_pictures


def written(folder: Path) -> Path:
    samples = [
        Sample(
            id=f"n{i}", task="ncbi-disease", input="a b", output="c", domain="Medical knowledge bases", source="NCBI"
        )
        for i in range(3)
    ]
    other = Sample(id="o", task="mine", output="x " * 300, domain="notes", metadata={"category": "Dialogue"})
    write_records(folder, [*samples, other], Sample)
    return folder


def test_samples_are_counted_by_everything_the_pictures_show(tmp_path: Path) -> None:
    counts = count_samples([written(tmp_path / "s")])
    rows = {(row["what"], row["name"]): row for row in statistics_rows(counts)}
    assert rows["category", "Named Entity Recognition"]["share"] == 75.0
    assert rows["category", "Named Entity Recognition"]["published"] == 0.81
    assert rows["category", "Dialogue"]["samples"] == 1
    assert rows["source", "(none)"]["samples"] == 1
    assert rows["words", "≤ 16"]["samples"] == 3
    assert rows["words", "≤ 1024"]["samples"] == 1
    with pytest.raises(UserError, match="no such file or folder"):
        count_samples([tmp_path / "nowhere"])


def test_the_page_stands_alone_and_shows_pictures_and_published_shares(tmp_path: Path) -> None:
    html = statistics_page(count_samples([written(tmp_path / "s")]))
    assert html.count("<svg") >= 2
    assert "MedS-Ins as published" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html


def test_every_share_that_was_published_stands_beside_ours() -> None:
    sources = source_shares()
    assert len(sources) == 57  # of 58: two of them are parts of one corpus, BC5CDR
    assert sources["MIMIC4ED Benchmark"] == pytest.approx(22.36, abs=0.005)
    assert sources["PMC-Patient"] == pytest.approx(8.79, abs=0.005)
    assert sum(sources.values()) == pytest.approx(100)
    assert len(bench_shares()) == 11
    assert set(bench_shares()) < set(PUBLISHED_CATEGORIES)
    assert bench_shares()["Diagnosis"] == pytest.approx(100 * 134_529 / 261_574)


def test_the_pictures_are_written_as_png_with_their_words(tmp_path: Path) -> None:
    counts = count_samples([written(tmp_path / "s")])
    files = write_pictures(counts, tmp_path / "pictures")
    assert [file.name for file in files] == ["sunburst.png", "sankey.png"]
    for file in files:
        raw = file.read_bytes()
        assert raw.startswith(b"\x89PNG")
        assert int.from_bytes(raw[16:20], "big") >= 1400  # twice the width on the page
    # The name of a task is its title, and without the words the picture is another one.
    assert f"{load_task('ncbi-disease').title}: 3" in statistics_pictures(counts)["sunburst"]
    bare = Markup(re.sub(r"<text.*?</text>", "", statistics_pictures(counts)["sankey"]))
    assert svg_to_png(bare) != files[1].read_bytes()
    assert write_pictures(counts, tmp_path / "again")[0].read_bytes() == files[0].read_bytes()


def test_a_font_that_is_not_one_is_said(tmp_path: Path) -> None:
    picture = statistics_pictures(count_samples([written(tmp_path / "s")]))["sankey"]
    with pytest.raises(UserError, match=r"none\.ttf: no such file; expected a font"):
        svg_to_png(picture, fonts=[tmp_path / "none.ttf"])
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    with pytest.raises(UserError, match=r"no font .* none of .*bad\.ttf can be read; install one"):
        svg_to_png(picture, fonts=[tmp_path / "bad.ttf"])


def test_published_shares_are_those_of_the_catalog() -> None:
    tasks = suite_tasks("meds-ins")
    assert set(PUBLISHED_CATEGORIES) == {task.category for task in tasks}
    assert set(PUBLISHED_DOMAINS) == {task.domain for task in tasks}
    assert sum(PUBLISHED_DOMAINS.values()) == 100
    assert sum(PUBLISHED_CATEGORIES.values()) == pytest.approx(100, abs=0.1)
