"""What was built, counted."""

from pathlib import Path

import pytest

from polyclinic.errors import UserError
from polyclinic.records import Sample, write_records
from polyclinic.tasks import count_samples, statistics_page, statistics_rows, suite_tasks
from polyclinic.tasks.statistics import PUBLISHED_CATEGORIES, PUBLISHED_DOMAINS


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


def test_published_shares_are_those_of_the_catalog() -> None:
    tasks = suite_tasks("meds-ins")
    assert set(PUBLISHED_CATEGORIES) == {task.category for task in tasks}
    assert set(PUBLISHED_DOMAINS) == {task.domain for task in tasks}
    assert sum(PUBLISHED_DOMAINS.values()) == 100
    assert sum(PUBLISHED_CATEGORIES.values()) == pytest.approx(100, abs=0.1)
