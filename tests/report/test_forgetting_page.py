"""What was lost and gained: the page and the command, on scores whose answer is known."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from polyclinic.errors import UserError
from polyclinic.eval_commands import eval_forgetting
from polyclinic.evals.forgetting import forgetting
from polyclinic.records import Score, write_records
from polyclinic.report.forgetting import make_forgetting

EXAM, NER = "medcare-exam", "entities"  # tasks of our own


def scores(folder: Path, model: str, exam: float, entities: float) -> Path:
    """Write a model that is right on these shares of 200 items of each task, the same items for all."""
    made = []
    for task, share in ((EXAM, exam), (NER, entities)):
        for i in range(200):
            right = float(random.Random(f"{task}{i}").random() < share)
            made.append(Score(model, model, task, str(i), "accuracy", "corrected 1", right))
    write_records(folder / model, made, Score)
    return folder / model


@pytest.fixture
def results(tmp_path: Path) -> list[Path]:
    return [
        scores(tmp_path, "before", 0.6, 0.3),
        scores(tmp_path, "free", 0.4, 0.7),
        scores(tmp_path, "projected", 0.58, 0.65),
        scores(tmp_path, "worse", 0.39, 0.5),
    ]


def aligned(folder: Path) -> Path:
    folder.mkdir()
    table = {
        f"model.layers.{layer}.mlp.{name}": {"rows": 0.1 * layer, "columns": 0.25}
        for layer in range(3)
        for name in ("gate_proj", "down_proj")
    }
    (folder / "overlap.json").write_text(json.dumps(table))
    return folder


def test_gains_losses_and_what_is_not_beaten(results: list[Path]) -> None:
    found = forgetting(results, knowledge=[EXAM], alignment=[NER])
    by_model = {one.model: one for one in found.tradeoffs}
    assert found.before == "before"
    assert by_model["free"].knowledge.value == pytest.approx(-0.2, abs=0.06)
    assert by_model["free"].knowledge.high < 0
    assert by_model["projected"].alignment.low > 0
    assert by_model["projected"].knowledge.value > by_model["free"].knowledge.value
    assert {name for name, one in by_model.items() if one.best} == {"free", "projected"}
    paired = {(one.model_a, one.task): one for one in found.comparisons}
    assert paired["free", EXAM].difference == pytest.approx(by_model["free"].knowledge.value)


def test_likelihoods_gain_when_they_fall_and_are_not_added_to_shares(tmp_path: Path) -> None:
    def nats(model: str, value: float, share: float) -> Path:
        made = [
            Score(model, model, "t", str(i), "negative_log_likelihood", "corrected 1", value + i % 3, weight=2.0)
            for i in range(20)
        ]
        made += [Score(model, model, "k", str(i), "accuracy", "corrected 1", float(i < share)) for i in range(20)]
        write_records(tmp_path / model, made, Score)
        return tmp_path / model

    one, other = nats("a", 2.0, 10), nats("b", 1.5, 12)
    found = forgetting([one, other], knowledge=["k"], alignment=["t"]).tradeoffs[0]
    assert found.alignment.value == pytest.approx(0.5)
    assert found.knowledge.value == pytest.approx(0.1)
    with pytest.raises(UserError, match="no task of the part alignment"):
        forgetting([one, other], knowledge=["k", "t"])


def test_the_page_shows_the_tradeoff_the_tasks_and_the_overlap(results: list[Path], tmp_path: Path) -> None:
    make_forgetting(
        results, tmp_path / "page.html", aligned=[aligned(tmp_path / "run")], knowledge=[EXAM], alignment=[NER]
    )
    text = (tmp_path / "page.html").read_text()
    for said in ("Alignment gained against knowledge lost", "row space of A", "column space of B", "layer 2", "free"):
        assert said in text
    assert "not beaten" in text
    assert "<script src" not in text


def test_the_command_prints_rows(results: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    eval_forgetting(results, None, None, EXAM, NER, True)
    (found,) = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in found["tradeoffs"]] == ["free", "projected", "worse"]
    assert [row["beaten"] for row in found["tradeoffs"]] == [False, False, True]
    assert {row["part"] for row in found["tasks"]} == {"knowledge", "alignment"}


def test_what_cannot_be_weighed_is_refused(results: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not in the catalog, so it is not known whether"):
        forgetting(results, knowledge=[EXAM])
    with pytest.raises(UserError, match="named as knowledge and as alignment"):
        forgetting(results, knowledge=[EXAM, NER], alignment=[NER])
    with pytest.raises(UserError, match="scores of one model only"):
        forgetting(results[:1], knowledge=[EXAM], alignment=[NER])
    (tmp_path / "plain").mkdir()
    with pytest.raises(UserError, match=r"no overlap\.json here"):
        make_forgetting(results, tmp_path / "p.html", aligned=[tmp_path / "plain"], knowledge=[EXAM], alignment=[NER])


def test_a_folder_that_two_patterns_name_counts_once(results: list[Path], tmp_path: Path) -> None:
    found = make_forgetting([*results, results[0]], tmp_path / "p.html", knowledge=[EXAM], alignment=[NER])
    assert found == make_forgetting(results, tmp_path / "p.html", knowledge=[EXAM], alignment=[NER])
