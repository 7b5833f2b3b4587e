"""Running a plan: what is made, what is recorded, what stays when a step fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_recipe import RECIPE, plan_of, run, states, write_texts

from polyclinic.errors import UserError
from polyclinic.pipeline import is_recorded, load_recipe, read_run, run_plan

FAILS = RECIPE + "  late:\n    uses: corpus.read\n    documents: late.jsonl\n    minimum_characters: 99\n"


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not {"runs", ".making"} & set(p.parts) and not p.name.startswith(".")
    }


def test_a_run_is_recorded_with_all_its_steps(tmp_path: Path) -> None:
    said: list[str] = []
    record = run_plan(plan_of(tmp_path), said.append)
    assert record == read_run(tmp_path / "store" / "runs" / "small")
    assert [(s.name, s.state) for s in record.steps] == [("texts", "made"), ("tasks", "made")]
    assert [s.inputs for s in record.steps] == [{}, {"documents": ["texts"]}]
    assert all((tmp_path / "store" / str(s.artifact)).is_dir() for s in record.steps)
    assert record.recipe_text == RECIPE
    assert [line.strip().split(" ")[0] for line in said][::2] == ["[1/2]", "[2/2]"]


def test_a_second_run_changes_no_artifact(tmp_path: Path) -> None:
    run(tmp_path)
    before = contents(tmp_path / "store")
    record = run_plan(plan_of(tmp_path), lambda line: None)
    assert [s.state for s in record.steps] == ["done", "done"]
    assert contents(tmp_path / "store") == before


def test_what_was_left_beside_a_finished_artifact_is_removed(tmp_path: Path) -> None:
    folder = run(tmp_path).steps[0].folder
    left = tmp_path / "store" / ".making" / folder.name / "scratch"
    left.mkdir(parents=True)
    plan = plan_of(tmp_path, RECIPE, "tasks.tasks=entities")
    assert states(plan)["texts"] == "done"
    run_plan(plan, lambda line: None)
    assert not left.parent.exists()
    assert folder.exists()


def test_a_step_that_fails_leaves_what_is_finished_and_says_so(tmp_path: Path) -> None:
    run(tmp_path)
    before = contents(tmp_path / "store")
    write_texts(tmp_path / "late.jsonl")
    with pytest.raises(UserError, match="no document is left"):
        run(tmp_path, FAILS)
    assert contents(tmp_path / "store") == before
    record = read_run(tmp_path / "store" / "runs" / "small")
    assert {s.name: s.state for s in record.steps} == {"texts": "done", "tasks": "done", "late": "failed"}
    assert next(s for s in record.steps if s.name == "late").artifact is None
    assert states(plan_of(tmp_path, FAILS)) == {"texts": "done", "late": "to do", "tasks": "done"}


def test_a_part_of_a_run_is_recorded_as_a_part(tmp_path: Path) -> None:
    record = run_plan(plan_of(tmp_path).only("texts"), lambda line: None)
    assert {s.name: s.state for s in record.steps} == {"texts": "made", "tasks": "not run"}
    record = run_plan(plan_of(tmp_path), lambda line: None)
    assert {s.name: s.state for s in record.steps} == {"texts": "done", "tasks": "made"}


def test_the_record_is_of_a_plan_only_when_recipe_artifacts_and_page_agree(tmp_path: Path) -> None:
    plan = run(tmp_path)
    page = tmp_path / "report.html"
    assert not is_recorded(plan, page)
    page.touch()
    assert is_recorded(plan, page)
    assert not is_recorded(plan_of(tmp_path, RECIPE + "# a note\n"), page)
    assert not is_recorded(plan_of(tmp_path, RECIPE, "texts.limit=3"), page)
    run(tmp_path, RECIPE, "texts.limit=3")  # the page is older than this run
    assert not is_recorded(plan_of(tmp_path, RECIPE, "texts.limit=3"), page)
    page.touch()
    assert is_recorded(plan_of(tmp_path, RECIPE, "texts.limit=3"), page)
    assert not is_recorded(plan_of(tmp_path), page)


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
def test_a_broken_record_is_named(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UserError, match=r"no run here|run\.json: not the record of a run"):
        read_run(tmp_path)


def test_a_store_must_be_a_folder(tmp_path: Path) -> None:
    from polyclinic.pipeline import Store

    write_texts(tmp_path / "texts.jsonl")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    assert load_recipe(tmp_path / "recipe.yaml").name == "small"
    with pytest.raises(UserError, match="the store must be a folder"):
        Store(tmp_path / "recipe.yaml")
