"""Runs of one recipe with several seeds are taken together: means, Student's intervals, what merged models keep."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from polyclinic.artifacts import InputRecord, Manifest, write_manifest
from polyclinic.errors import UserError
from polyclinic.pipeline import RunRecord, StepRecord, load_recipe
from polyclinic.recipe_commands import read_seeds
from polyclinic.records import Score, write_records
from polyclinic.report import make_seeds_report, read_settings
from polyclinic.report.over_seeds import over_seeds

NATS = {"base": 4.0, "expert": 2.0, "merged": 2.5}  # per token, of held-out text
REPORT = {
    "tables": [{"title": "Merging", "rows": ["base", "merged"], "against": "base", "tasks": ["perplexity-pubmed"]}],
    "gains": {"base": "base", "own": {"expert": "perplexity-pubmed"}, "models": ["merged"]},
}


def run_of(
    store: Path, seed: int, nats: Mapping[str, float] = NATS, report: Mapping[str, Any] = REPORT, text: str = "steps:"
) -> RunRecord:
    """Write the artifacts of one run, in which every model is `nats` away from nothing, give or take the seed."""
    steps = []
    for name, value in nats.items():
        for kind, output, inputs in (("model.tiny", "model", {}), ("eval.run", "scores", {"model": [name]})):
            step = name if output == "model" else f"{name}-scores"
            folder = store / f"{step}-{seed:08d}"
            folder.mkdir(parents=True)
            if output == "scores":
                dice = random.Random(f"{seed} items")
                shift = 0.01 * seed if name == "merged" else 0.0
                scores = [
                    Score(
                        model=name, fingerprint=f"{name}{seed}", task="perplexity-pubmed", item=f"i{i}",
                        metric="negative_log_likelihood", scorer="text-likelihood-1", weight=10.0,
                        value=value + shift + 0.1 * dice.gauss(),
                    )
                    for i in range(40)
                ]  # fmt: skip
                write_records(folder, scores, Score)
            taken = {field: [InputRecord(name=n, key=n) for n in names] for field, names in inputs.items()}
            manifest = Manifest(
                polyclinic="0", step=step, kind=kind, output=output, key=f"{step}{seed}", code_version=1, settings={},
                inputs=taken, seed=seed, fingerprint=f"{step}{seed}", licenses={}, sources={}, facts={},
                started="2026-01-01T00:00:00+00:00", seconds=2.0, cpu_seconds=3.0, peak_memory_mb=100.0 + seed,
                versions={},
            )  # fmt: skip
            write_manifest(folder, manifest)
            record = {"name": step, "kind": kind, "inputs": inputs, "artifact": folder.name}
            steps.append(StepRecord.model_validate({**record, "state": "made", "seconds": 2.0}))
    return RunRecord(
        recipe=f"small-seed-{seed}", title="Small", description="", seed=seed, started="2026-01-01T00:00:00+00:00",
        finished="2026-01-01T01:00:00+00:00", seconds=9.0, recipe_text=text, overrides=[], report=dict(report),
        steps=steps,
    )  # fmt: skip


def test_the_interval_is_students() -> None:
    stats: Any = pytest.importorskip("scipy.stats")
    values = [0.31, 0.44, 0.38, 0.29]
    found = over_seeds(values)
    assert found is not None
    low, high = stats.t.interval(0.95, 3, loc=sum(values) / 4, scale=stats.sem(values))
    assert [found.low, found.high] == pytest.approx([low, high])


def test_one_seed_says_nothing_of_chance_and_a_missing_figure_is_not_averaged_away() -> None:
    one = over_seeds([0.4])
    assert one is not None
    assert (one.low, one.high) == (-math.inf, math.inf)
    assert not one.leaves_zero_out
    assert over_seeds([0.4, math.nan, 0.5]) is None
    assert over_seeds([]) is None


def test_differences_are_paired_and_gains_are_shares_of_what_the_specialist_gained(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / "store", seed) for seed in (1, 2, 3)]
    titles = make_seeds_report(runs, tmp_path / "store", tmp_path / "out")
    assert titles == ["Merging", "What is kept of the specialists' gains"]
    merging, gains = json.loads((tmp_path / "out" / "figures.json").read_text())["tables"]
    (cell,) = merging["rows"]["merged"]
    expected = [NATS["merged"] - NATS["base"] + 0.01 * seed for seed in (1, 2, 3)]
    assert cell["difference"]["by_seed"] == pytest.approx(expected)  # the items' own chance is gone
    assert cell["difference"]["high"] < 0
    (untouched,) = merging["rows"]["base"]
    assert untouched["difference"] is None
    kept = gains["rows"]["merged"][0]["value"]["by_seed"]
    assert kept == pytest.approx([(1.5 - 0.01 * seed) / 2.0 for seed in (1, 2, 3)])
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Small: 3 seeds" in page
    assert '<a href="../small-seed-2/report.html">seed 2</a>' in page
    assert "103 MB" in page  # the largest peak
    assert re.search(r"<title>expert, [^<]+: 200</title>", page)  # hundredths of a nat over the base
    assert re.search(r"<title>merged, [^<]+: 148</title>", page)
    tables = (tmp_path / "out" / "tables.md").read_text()
    assert "| merged |" in tables
    assert "74%" in tables


def test_items_in_the_training_data_are_counted_apart_from_the_figures(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / "store", seed) for seed in (1, 2)]
    for number, run in enumerate(runs):
        folder = tmp_path / "store" / f"contamination-{number:08d}"
        values = [1.0, 0.0, None, 2.0] if number else [0.0, 0.0, 0.0, 1.0]
        found = [
            Score(
                model="base", fingerprint=f"base{run.seed}", task="perplexity-pubmed", item=f"i{i}",
                metric=f"overlap_{words}", scorer="overlap-1", value=value if words == 8 else None,
            )
            for i, value in enumerate(values)
            for words in (8, 13)
        ]  # fmt: skip
        write_records(folder, found, Score)
        inputs = {"scores": [InputRecord(name="base-scores", key="base-scores")]}
        manifest = Manifest(
            polyclinic="0", step="contamination", kind="eval.contamination", output="scores", key=f"c{number}",
            code_version=1, settings={}, inputs=inputs, seed=run.seed, fingerprint=f"c{number}", licenses={},
            sources={}, facts={}, started="2026-01-01T00:00:00+00:00", seconds=2.0, cpu_seconds=3.0,
            peak_memory_mb=1.0, versions={},
        )  # fmt: skip
        write_manifest(folder, manifest)
        record = {"name": "contamination", "kind": "eval.contamination", "inputs": {"scores": ["base-scores"]}}
        step = StepRecord.model_validate({**record, "artifact": folder.name, "state": "made", "seconds": 2.0})
        runs[number] = run.model_copy(update={"steps": [*run.steps, step]})
    titles = make_seeds_report(runs, tmp_path / "store", tmp_path / "out")
    assert titles == ["Merging", "What is kept of the specialists' gains", "Items in the training data"]
    assert "| base | perplexity-pubmed | 3 of 7 |" in (tmp_path / "out" / "tables.md").read_text()


def test_without_tables_every_model_is_shown(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / "store", seed, report={}) for seed in (1, 2)]
    assert make_seeds_report(runs, tmp_path / "store", tmp_path / "out") == ["All models"]
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert list(figures["tables"][0]["rows"]) == list(NATS)


def test_a_specialist_without_a_gain_has_no_share_to_keep(tmp_path: Path) -> None:
    worse = {**NATS, "expert": 4.5}
    runs = [run_of(tmp_path / "store", seed, worse) for seed in (1, 2)]
    make_seeds_report(runs, tmp_path / "store", tmp_path / "out")
    gains = json.loads((tmp_path / "out" / "figures.json").read_text())["tables"][1]
    assert gains["rows"]["merged"][0]["value"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "a seed is there twice"),
        ({"recipe_text": "other"}, "not of one recipe"),
        ({"overrides": ["a.b=1"]}, "not of one recipe"),
    ],
)
def test_only_runs_of_one_recipe_with_different_seeds_go_together(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    one, other = run_of(tmp_path / "store", 1), run_of(tmp_path / "store", 2)
    with pytest.raises(UserError, match=message):
        make_seeds_report([one, other.model_copy(update=change)], tmp_path / "store", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_task_that_was_not_measured_is_named_with_those_that_were(tmp_path: Path) -> None:
    report = {"tables": [{"title": "x", "rows": ["base"], "tasks": ["icd10cm-easy"]}]}
    with pytest.raises(UserError, match="icd10cm-easy was not measured in every run; measured: perplexity-pubmed"):
        make_seeds_report([run_of(tmp_path / "s", 1, report=report)], tmp_path / "s", tmp_path / "out")


def test_tables_and_gains_of_a_recipe_are_checked_before_it_runs() -> None:
    with pytest.raises(UserError, match=r"report.tables.0.rows: there is no step 'mergd'; did you mean 'merged'"):
        read_settings({"tables": [{"title": "x", "rows": ["mergd"]}]}, ["merged"])
    with pytest.raises(UserError, match=r"report.gains.own: there is no step 'a'"):
        read_settings({"gains": {"base": "b", "own": {"a": "t"}, "models": ["b"]}}, ["b"])
    with pytest.raises(UserError, match=r"report.tables.0.title: missing"):
        read_settings({"tables": [{"rows": ["b"]}]}, ["b"])


def test_seeds_are_whole_numbers_each_once() -> None:
    assert read_seeds("") == []
    assert read_seeds("0, 1,2") == [0, 1, 2]
    with pytest.raises(UserError, match=r"expected whole numbers divided by commas, found '1\.5'"):
        read_seeds("1.5")
    with pytest.raises(UserError, match="1 is there twice"):
        read_seeds("1,01")
    with pytest.raises(UserError, match="found none"):
        read_seeds(" ,")


def test_a_seed_given_from_outside_replaces_the_recipes_and_stands_in_the_name(tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(
        "name: small\nseed: 4\nsteps:\n  a: {uses: corpus.demonstration}\n"
        "  b: {uses: corpus.demonstration, seed: 9}\n"
    )
    found = load_recipe(recipe, (), 7)
    assert (found.name, found.seed) == ("small-seed-7", 7)
    assert {step.name: step.seed for step in found.steps} == {"a": 7, "b": 9}
    assert load_recipe(recipe).name == "small"


def test_alignment_gained_stands_against_knowledge_lost_with_the_overlap(tmp_path: Path) -> None:
    wanted = {
        "before": "base",
        "models": ["merged", "expert"],
        "alignment": ["perplexity-pubmed"],
        "knowledge": ["perplexity-pubmed"],
    }
    store = tmp_path / "store"
    runs = [run_of(store, seed, report={"tradeoff": wanted}) for seed in (1, 2, 3)]
    for seed in (1, 2, 3):
        parts = {"layers.0.mlp.up_proj": {"rows": 0.1 * seed, "columns": 0.3}}
        (store / f"merged-{seed:08d}" / "overlap.json").write_text(json.dumps(parts))
    assert make_seeds_report(runs, store, tmp_path / "out")[-1] == "Alignment gained against knowledge lost"
    merged, expert = json.loads((tmp_path / "out" / "figures.json").read_text())["tables"][-1]["rows"].values()
    # Lower perplexities are gains.
    assert merged[0]["value"]["by_seed"] == pytest.approx([1.5 - 0.01 * seed for seed in (1, 2, 3)])
    assert merged[2]["value"]["by_seed"] == pytest.approx([0.1, 0.2, 0.3])
    assert merged[0]["text"] == "+1.480*"
    assert expert[2]["value"] is None
    page = (tmp_path / "out" / "report.html").read_text()
    assert "expert (not beaten)" in page
    assert "merged (not beaten)" not in page


def test_a_tradeoff_names_steps_and_measured_tasks(tmp_path: Path) -> None:
    wanted = {"before": "base", "models": ["merge"], "alignment": ["perplexity-pubmed"], "knowledge": ["exam"]}
    with pytest.raises(UserError, match=r"report\.tradeoff\.models: there is no step 'merge'; did you mean 'merged'"):
        read_settings({"tradeoff": wanted}, NATS)
    runs = [run_of(tmp_path, seed, report={"tradeoff": {**wanted, "models": ["merged"]}}) for seed in (1, 2)]
    with pytest.raises(UserError, match="task exam was not measured in every run"):
        make_seeds_report(runs, tmp_path, tmp_path / "out")
