"""The plan says of every step whether it is done, and if it will be made again, why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_recipe import RECIPE, plan_of, reasons, run, states, write_recipe, write_texts

import polyclinic
from polyclinic.artifacts import Manifest
from polyclinic.errors import UserError
from polyclinic.pipeline import Store
from polyclinic.shown_plan import plan_lines
from polyclinic.steps import package_versions, result_settings


def test_first_to_do_then_done(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert states(plan) == {"texts": "to do", "tasks": "to do"}
    assert not any(p.folder.exists() for p in plan.steps)
    run(tmp_path)
    plan = plan_of(tmp_path)
    assert states(plan) == {"texts": "done", "tasks": "done"}
    assert plan.to_make == ()
    assert [p.folder.name for p in plan.steps] == [f"{p.step.name}-{p.key[:8]}" for p in plan.steps]


def test_a_changed_setting_is_the_cause_and_what_follows_is_made_again(tmp_path: Path) -> None:
    run(tmp_path)
    plan = plan_of(tmp_path, RECIPE.replace("1.0e-4", "2.0e-4"))
    assert states(plan) == {"texts": "again", "tasks": "again"}
    assert reasons(plan, "texts") == ("settings.held_out_share 1e-4 -> 2e-4",)
    assert reasons(plan, "tasks") == ("input documents: texts is made again",)
    lines = plan_lines(plan)
    assert "because settings.held_out_share 1e-4 -> 2e-4" in lines[1]
    assert lines[-1].startswith("0 of 2 steps done, 2 to make, about ")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ("texts.held_out_share=0.25", "settings.held_out_share 1e-4 -> 0.25"),
        ("texts.held_out_share=0.00015", "settings.held_out_share 1e-4 -> 1.5e-4"),
        ("texts.held_out_share=1", "settings.held_out_share 1e-4 -> 1.0"),
        ("texts.limit=2", "settings.limit 0 -> 2"),
        ("texts.domain=guidelines", "settings.domain notes -> guidelines"),
        ("texts.seed=5", "seed 0 -> 5"),
        ("tasks.tasks=[entities, summary]", "settings.tasks [summary] -> [entities, summary]"),
        ("tasks.uses=tasks.instructions", "uses synth.pit -> tasks.instructions"),
        ("texts.source=" + "x" * 99, "settings.source  -> " + "x" * 57 + "..."),
    ],
)
def test_each_cause_is_shown(change: str, cause: str, tmp_path: Path) -> None:
    run(tmp_path)
    plan = plan_of(tmp_path, RECIPE, change)
    step = change.partition(".")[0]
    assert reasons(plan, step) == (cause,)
    assert states(plan)["texts"] == ("again" if step == "texts" else "done")


def test_the_text_of_a_recipe_is_no_cause(tmp_path: Path) -> None:
    run(tmp_path)
    turned = RECIPE.replace(
        "    documents: texts.jsonl\n    domain: notes\n",
        "    domain: 'notes'  # why\n    documents: ./texts.jsonl\n",
    )
    assert turned != RECIPE
    assert plan_of(tmp_path, turned).to_make == ()
    assert plan_of(tmp_path, RECIPE.replace("name: small", "name: other\ntitle: Another")).to_make == ()


def test_the_content_of_a_file_counts_not_its_time_or_place(tmp_path: Path) -> None:
    run(tmp_path)
    os.utime(tmp_path / "texts.jsonl", (1, 1))
    assert plan_of(tmp_path).to_make == ()
    (tmp_path / "below").mkdir()
    (tmp_path / "texts.jsonl").rename(tmp_path / "below" / "texts.jsonl")
    write_texts(tmp_path / "texts.jsonl", word="restless")
    assert plan_of(tmp_path, RECIPE.replace("texts.jsonl", "below/texts.jsonl")).to_make == ()
    plan = plan_of(tmp_path)
    assert reasons(plan, "texts") == ("input documents: texts.jsonl has other content",)


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    run(tmp_path)
    file = tmp_path / "texts.jsonl"
    before = file.stat()
    file.write_text(file.read_text().replace("calm", "cold"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert states(plan_of(tmp_path))["texts"] == "again"


def test_a_file_that_moves_within_a_folder_is_seen(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "texts" / name).mkdir(parents=True)
    (tmp_path / "texts" / "a" / "one.txt").write_text("a text")
    store = Store(tmp_path / "store")
    before = store.identify(tmp_path / "texts")
    assert store.identify(tmp_path / "texts") == before
    (tmp_path / "texts" / "a" / "one.txt").rename(tmp_path / "texts" / "b" / "one.txt")
    assert store.identify(tmp_path / "texts").key != before.key


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"x": 1}', '{"x": ["a"]}', '{"x": [1, 2]}'])
def test_a_damaged_memory_of_hashes_costs_time_only(damage: str, tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "store" / ".fingerprints.json").write_text(damage)
    assert plan_of(tmp_path).to_make == ()


def test_a_newer_version_of_a_kinds_code_is_a_cause(tmp_path: Path) -> None:
    old = run(tmp_path).steps[0].folder
    manifest = Manifest.model_validate_json((old / "manifest.json").read_bytes())
    made_before = manifest.model_copy(update={"code_version": 0, "key": "0" * 64})
    (old / "manifest.json").write_text(made_before.model_dump_json())
    old.rename(old.with_name("texts-00000000"))
    plan = plan_of(tmp_path)
    assert reasons(plan, "texts") == ("code of corpus.read: version 0 -> 3",)
    assert states(plan)["tasks"] == "done"  # its key is what it was


def test_another_version_of_a_package_is_a_cause(tmp_path: Path) -> None:
    text = RECIPE + "  base: {uses: model.tiny, documents: $texts}\n"
    made = run(tmp_path).steps[0].folder
    base = next(p for p in plan_of(tmp_path, text).steps if p.step.name == "base")
    kind, settings = base.step.kind, base.step.settings
    before = package_versions(kind.packages) | {"torch": "0.1"}
    manifest = Manifest.model_validate_json((made / "manifest.json").read_bytes()).model_copy(
        update={"step": "base", "kind": kind.name, "key": "0" * 64, "packages": before, "inputs": dict(base.inputs)}
        | {"settings": result_settings(kind, settings), "code_version": kind.version}
    )
    (tmp_path / "store" / "base-00000000").mkdir()
    (tmp_path / "store" / "base-00000000" / "manifest.json").write_text(manifest.model_dump_json())
    version = package_versions(("torch",))["torch"]
    assert reasons(plan_of(tmp_path, text), "base") == (f"package.torch 0.1 -> {version}",)


def test_renaming_a_step_does_not_make_it_again(tmp_path: Path) -> None:
    made = run(tmp_path)
    plan = plan_of(tmp_path, RECIPE.replace("texts:", "notes:").replace("$texts", "$notes"))
    assert states(plan) == {"notes": "done", "tasks": "done"}
    assert [p.folder for p in plan.steps] == [p.folder for p in made.steps]


def test_two_steps_that_are_the_same_share_one_artifact(tmp_path: Path) -> None:
    text = RECIPE + "  again:\n    uses: synth.pit\n    documents: $texts\n"
    plan = run(tmp_path, text)
    assert len({p.folder for p in plan.steps if p.step.name != "texts"}) == 1
    assert sorted(p.name.partition("-")[0] for p in (tmp_path / "store").glob("*-*")) == ["tasks", "texts"]
    assert plan_of(tmp_path, text).to_make == ()


def test_going_back_to_old_settings_makes_nothing(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path, RECIPE, "texts.limit=3")
    assert plan_of(tmp_path).to_make == ()
    plan = plan_of(tmp_path, RECIPE, "texts.limit=4")
    assert reasons(plan, "texts") == ("settings.limit 3 -> 4",)  # against the newest


def test_an_input_that_was_made_again_alone_is_told_apart(tmp_path: Path) -> None:
    from polyclinic.pipeline import run_plan

    run(tmp_path)
    run_plan(plan_of(tmp_path, RECIPE, "texts.limit=3").only("texts"), lambda line: None)
    plan = plan_of(tmp_path, RECIPE, "texts.limit=3")
    assert states(plan) == {"texts": "done", "tasks": "again"}
    assert reasons(plan, "tasks") == ("input documents: texts was made again",)


def test_another_input_is_named(tmp_path: Path) -> None:
    text = RECIPE + "  more:\n    uses: corpus.demonstration\n    domains: notes\n"
    run(tmp_path, text)
    plan = plan_of(tmp_path, text.replace("$texts", "[$texts, $more]"))
    assert reasons(plan, "tasks") == ("input documents: texts -> texts, more",)


def test_only_takes_a_step_and_what_it_needs(tmp_path: Path) -> None:
    text = RECIPE + "  more:\n    uses: corpus.demonstration\n    domains: notes\n"
    whole = plan_of(tmp_path, text)
    assert [p.step.name for p in whole.only("tasks").to_make] == ["texts", "tasks"]
    assert [p.step.name for p in whole.only("more").to_make] == ["more"]
    assert plan_lines(whole.only("more"))[-1] == "0 of 1 steps done, 1 to make"


def test_what_was_cut_off_goes_on(tmp_path: Path) -> None:
    planned = plan_of(tmp_path).steps[0]
    (tmp_path / "store" / ".making" / planned.folder.name / "scratch").mkdir(parents=True)
    plan = plan_of(tmp_path)
    assert states(plan) == {"texts": "resume", "tasks": "to do"}
    assert plan_lines(plan)[0].startswith("goes on ")


def test_what_is_not_the_artifact_its_name_says_is_refused(tmp_path: Path) -> None:
    folder = plan_of(tmp_path).steps[0].folder
    folder.mkdir(parents=True)
    with pytest.raises(UserError, match="this is not the artifact its name says; move it away"):
        plan_of(tmp_path)
    assert folder.exists()
    (folder / "manifest.json").write_text("{")
    with pytest.raises(UserError, match=r"manifest\.json: not a manifest of this version"):
        plan_of(tmp_path)


def test_records_of_the_users_own_are_read_through_before_anything_runs(tmp_path: Path) -> None:
    lines = ['{"id": "a", "text": "b"}'] * 3
    (tmp_path / "own.jsonl").write_text("\n".join([*lines, '{"id": "a", ']))
    text = RECIPE.replace("$texts", "own.jsonl")
    with pytest.raises(UserError, match=r"^tasks.documents: .*own\.jsonl:4: broken JSON"):
        plan_of(tmp_path, text)
    (tmp_path / "own.jsonl").write_text("\n".join(lines))
    assert states(plan_of(tmp_path, text)) == {"texts": "to do", "tasks": "to do"}
    begun = time.process_time()
    plan_of(tmp_path, text)
    assert time.process_time() - begun < 1
    wrong = RECIPE + "  trained:\n    uses: tasks.preferences\n    samples: own.jsonl\n"
    with pytest.raises(UserError, match=r"trained.samples: .*own\.jsonl:1: unknown field 'text'"):
        plan_of(tmp_path, wrong)


def test_a_plan_is_the_same_in_a_process_with_another_hash_seed(tmp_path: Path) -> None:
    keys = [p.key for p in plan_of(tmp_path).steps]
    write_recipe(tmp_path)
    code = (
        "import sys, pathlib\n"
        "from polyclinic.pipeline import Store, load_recipe, make_plan\n"
        "plan = make_plan(load_recipe(pathlib.Path(sys.argv[1])), Store(pathlib.Path(sys.argv[2])))\n"
        "print(*[p.key for p in plan.steps])"
    )
    paths = {"PYTHONPATH": str(Path(polyclinic.__file__).parents[1]), "PYTHONHASHSEED": "123"}
    words = [sys.executable, "-c", code, str(tmp_path / "recipe.yaml"), str(tmp_path / "another")]
    done = subprocess.run(words, env={**os.environ, **paths}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == keys
