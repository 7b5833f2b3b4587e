"""One recipe with several seeds at the same time: what they share is made once, each seed has a run of its own."""

from __future__ import annotations

from pathlib import Path

from calling import call

RECIPE = """
name: small
seed: 0
steps:
  documents: {uses: corpus.demonstration, domains: notes, seed: 0}
  items: {uses: tasks.build, tasks: perplexity-notes, documents: $documents, items: 4}
"""


def test_what_the_seeds_share_is_made_once_and_each_has_its_own_run(tmp_path: Path) -> None:
    recipe, store = tmp_path / "small.yaml", tmp_path / "store"
    recipe.write_text(RECIPE)
    arguments = ("run", recipe, "--store", store, "--seeds", "0,1,2", "--at-once", "2")
    answer = call(*arguments)
    assert answer.status == 0, answer.err
    made = sorted(path.name.rpartition("-")[0] for path in store.iterdir() if path.name[0] not in ".r")
    assert made == ["documents", "items", "items", "items"]
    assert answer.err.index("] documents") < answer.err.index("seed ")
    assert all(f"seed {seed}: [1/1] items" in answer.err for seed in (0, 1, 2))
    runs = {path.name for path in (store / "runs").iterdir()}
    assert runs == {"small-seed-0", "small-seed-1", "small-seed-2", "small-seeds"}
    again = call(*arguments)
    assert again.status == 0
    assert again.out.count("Nothing to do") == 3


def test_a_seed_that_fails_is_named_and_the_others_are_run(tmp_path: Path) -> None:
    recipe, store = tmp_path / "small.yaml", tmp_path / "store"
    wrong = RECIPE.replace("documents: $documents", "documents: $texts") + (
        "  texts: {uses: corpus.read, documents: texts.jsonl, domain: notes}\n"
    )
    recipe.write_text(wrong)
    (tmp_path / "texts.jsonl").write_text('{"id": "1"}\n')  # nothing usable: told when the step runs
    answer = call("run", recipe, "--store", store, "--seeds", "0,1", "--at-once", "2")
    assert answer.status == 1
    assert "with seed 0 (exit status 2), 1 (exit status 2)" in answer.err
    assert "seed 1: " in answer.err
    assert not (store / "runs" / "small-seeds").exists()


def test_seeds_side_by_side_need_several_seeds_and_whole_runs(tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(RECIPE)
    for more in ((), ("--seeds", "1"), ("--seeds", "1,2", "--only", "items")):
        answer = call("run", recipe, "--store", tmp_path / "store", "--at-once", "2", *more)
        assert answer.status == 2
        assert "--at-once: expected several --seeds" in answer.err
