"""What each command says, and where: results to stdout, the rest to stderr."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from calling import call, call_apart

import polyclinic
from polyclinic.records import Score, write_records
from polyclinic.steps import STAGES, kinds_of

RECIPE = """\
name: small
title: A small run
steps:
  texts: {uses: corpus.demonstration, domains: notes}
  tasks: {uses: synth.pit, documents: $texts}
  more: {uses: corpus.demonstration, domains: guidelines}
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return "recipe.yaml"


def test_a_run_tells_its_plan_and_steps_on_stderr_and_its_result_on_stdout(recipe: str) -> None:
    done = call("run", recipe)
    assert done.status == 0
    assert re.fullmatch(r"3 steps made in [\d.]+ s, 0 were there\. Page: store/runs/small/report\.html\n", done.out)
    assert done.err.startswith("to do   texts  corpus.demonstration\n")
    assert "[1/3] texts (corpus.demonstration)\n" in done.err
    page = Path("store/runs/small/report.html").read_text()
    assert "A small run" in page


def test_a_second_run_says_that_nothing_is_to_do_and_a_change_is_told_before_it_starts(recipe: str) -> None:
    call("run", recipe)
    done = call("run", recipe)
    assert done == type(done)(0, "Nothing to do: all 3 steps are done. The page: store/runs/small/report.html\n", "")
    done = call("run", recipe, "--set", "tasks.tasks=entities")
    lines = [line.rstrip() for line in done.err.splitlines()]
    assert "          because settings.tasks [summary] -> [entities]" in lines
    assert done.out.startswith("1 steps made in ")


def test_a_dry_run_shows_the_plan_and_makes_nothing(recipe: str) -> None:
    done = call("run", recipe, "--dry-run")
    assert done.out == call("plan", recipe).out
    assert done.out.splitlines()[-1] == "0 of 3 steps done, 3 to make"
    assert done.err == ""
    assert not Path("store").exists()


def test_only_makes_a_part_and_a_whole_run_afterwards_has_a_whole_page(recipe: str) -> None:
    done = call("run", recipe, "--only", "tasks")
    assert done.out.startswith("2 steps made")
    assert not list(Path("store").glob("more-*"))
    assert call("run", recipe, "--only", "tasks").out.startswith("Nothing to do: all 2 steps are done.")
    assert call("plan", recipe, "--only", "tasks").out.splitlines()[-1] == "2 of 2 steps done, 0 to make"
    assert call("run", recipe).out.startswith("1 steps made")
    page = Path("store/runs/small/report.html").read_bytes()
    call("run", recipe, "--only", "texts")
    assert Path("store/runs/small/report.html").read_bytes() == page
    assert call("run", recipe).out.startswith("Nothing to do")


def test_going_back_to_a_recipe_makes_its_page_again(recipe: str) -> None:
    call("run", recipe)
    call("run", recipe, "--set", "texts.domains=encyclopedia")
    done = call("run", recipe)
    assert done.out.startswith("0 steps made in ")
    assert call("run", recipe).out.startswith("Nothing to do")
    record = json.loads(Path("store/runs/small/run.json").read_text())
    assert record["overrides"] == []


def test_a_page_that_was_lost_is_made_again(recipe: str) -> None:
    call("run", recipe)
    page = Path("store/runs/small/report.html")
    page.unlink()
    assert call("run", recipe).status == 0
    assert page.exists()
    page.unlink()
    assert call("report", "store/runs/small").out == "store/runs/small/report.html\n"
    assert page.exists()


def test_a_plan_for_programs_has_state_and_reasons(recipe: str) -> None:
    call("run", recipe)
    rows = json.loads(call("plan", recipe, "--json", "--set", "texts.seed=4").out)
    assert [(row["step"], row["state"]) for row in rows] == [("texts", "again"), ("more", "done"), ("tasks", "again")]
    assert rows[0]["reasons"] == ["seed 0 -> 4"]
    assert rows[1]["last_seconds"] >= 0


def test_the_kinds_and_their_settings_are_listed() -> None:
    names = [kind for stage in STAGES for kind in kinds_of(stage)]
    shown = call("steps")
    assert [line.split()[0] for line in shown.out.splitlines()[1:]] == names
    assert [row["kind"] for row in json.loads(call("steps", "--json").out)] == names
    one = call("steps", "train.pit")
    assert one.out.startswith("train.pit makes model. Pre-instruction tuning in two phases")
    assert re.search(r"phase1_learning_rate +number +0\.0001 +peak rate of phase 1", one.out)


@pytest.mark.parametrize("name", [kind for stage in STAGES for kind in kinds_of(stage)])
def test_each_kind_is_a_command_whose_flags_are_its_settings(name: str) -> None:
    described = json.loads(call("steps", name, "--json").out)
    assert call("steps", name).status == 0
    stage, _, kind = name.partition(".")
    shown = call(stage, kind, "--help")
    assert shown.status == 0
    for row in described["settings"]:
        assert f"--{row['field'].replace('_', '-')}"[:20] in shown.out


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_its_kinds(stage: str) -> None:
    shown = call(stage, "--help").out
    for name in kinds_of(stage):
        assert re.search(rf"\b{name.partition('.')[2]}\b", shown)


def test_a_step_alone_makes_its_artifact_and_prints_where(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a text")
    done = call(
        "corpus", "read", "--documents", tmp_path / "a.txt", "--minimum_characters", "2", "--out", tmp_path / "o"
    )
    assert (done.status, done.out) == (0, f"{tmp_path / 'o'}\n")
    assert json.loads((tmp_path / "o" / "manifest.json").read_text())["settings"]["minimum_characters"] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "o"]


def test_the_catalog_is_listed_for_people_and_programs() -> None:
    rows = json.loads(call("tasks", "list", "--json").out)
    wanted = {"name", "category", "domain", "suites", "access", "license", "verified"}
    assert all(row.keys() == wanted for row in rows)
    assert "icd10cm-easy" in call("tasks", "list").out
    suite = json.loads(call("tasks", "list", "--suite", "icd10cm", "--json").out)
    assert {row["name"] for row in suite} == {"icd10cm-easy", "icd10cm-medium", "icd10cm-hard"}
    assert json.loads(call("tasks", "show", "icd10cm-easy", "--json").out)["family"] == "multiple_choice"
    assert "multiple_choice" in call("tasks", "show", "icd10cm-easy").out


def write_scores(folder: Path, model: str, right: int) -> Path:
    """Write the scores of a model that answered the first `right` of 40 questions."""
    scores = [Score(model, model, "icd10cm-easy", str(i), "accuracy", "s", float(i < right)) for i in range(40)]
    write_records(folder / model, scores, Score)
    return folder / model


def test_scores_are_summed_up_and_compared(tmp_path: Path) -> None:
    base, expert = write_scores(tmp_path, "base", 10), write_scores(tmp_path, "expert", 30)
    rows = json.loads(call("eval", "summary", base, expert, "--json").out)
    assert [(row["model"], row["n"], row["estimate"]) for row in rows] == [("base", 40, 0.25), ("expert", 40, 0.75)]
    (row,) = json.loads(call("eval", "compare", base, expert, "--json").out)
    assert (row["model"], row["baseline"], row["n"], row["difference"]) == ("expert", "base", 40, 0.5)
    assert 0 < row["low"] < row["high"]
    shown = call("eval", "compare", base, expert).out.splitlines()
    assert shown[0].split()[:5] == ["model", "baseline", "task", "subset", "metric"]
    assert shown[1].split()[:2] == ["expert", "base"]
    assert "0.75" in call("eval", "summary", base, expert).out
    alone = call("eval", "compare", base)
    assert alone.status == 2
    assert "scores of one model only (base); comparing needs two" in alone.err


def test_the_doctor_names_what_is_missing_and_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    whole = call("doctor", "--store", tmp_path / "not" / "there", "--json")
    rows = {row["what"]: row for row in json.loads(whole.out)}
    assert {"python", "processor", "memory", "disk"} <= rows.keys()
    installed = importlib.metadata.version

    def without_torch(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", without_torch)
    monkeypatch.setattr(
        importlib.metadata, "requires", lambda name: ["torch==2.13.0", "rich>=99", 'x; extra == "test"']
    )
    done = call("doctor", "--json")
    rows = {row["what"]: row for row in json.loads(done.out)}
    assert done.status == 1
    assert (rows["torch"]["state"], rows["torch"]["advice"]) == ("missing", 'pip install "torch==2.13.0"')
    assert rows["rich"]["state"] == "note"
    assert "x" not in rows
    assert "accelerator" not in rows


def test_the_version_is_told() -> None:
    assert call("--version").out == f"{polyclinic.__version__}\n"


def test_help_is_quick_and_imports_no_stage_and_no_heavy_library() -> None:
    names = ["torch", "transformers", "pyarrow", "numpy", "yaml", "polyclinic.steps", "polyclinic.evals"]
    after = f"sys.stderr.write(repr([n for n in {names!r} if n in sys.modules]))"
    for words in ([], ["--help"], ["merge", "--help"]):
        done = call_apart(*words, after=after)
        if words == ["merge", "--help"]:
            assert "torch" not in done.err
            assert "slerp" in done.out
        else:
            assert done.err.endswith("[]")
            assert "merge" in done.out
    before = "import time, resource"
    after = "sys.stderr.write(str(time.process_time()))"
    assert float(call_apart("--help", before=before, after=after).err) < 1.5  # 0.3 on a quiet machine


def test_an_interrupted_run_says_that_it_goes_on(tmp_path: Path) -> None:
    rows = (f'{{"id": "{i}", "text": "A note of some length about the day."}}\n' for i in range(150_000))
    (tmp_path / "in.jsonl").write_text("".join(rows))
    before = (
        "import os, signal, threading, polyclinic.cli, polyclinic.corpus, polyclinic.kind_commands, pyarrow.parquet\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()"
    )
    done = call_apart("corpus", "read", "--documents", tmp_path / "in.jsonl", "--out", tmp_path / "o", before=before)
    assert done.status == 130
    assert done.err.endswith("polyclinic: stopped; the same command goes on from here\n")
    assert "Traceback" not in done.err
    assert not (tmp_path / "o").exists()
