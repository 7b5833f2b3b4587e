"""Wrong input: one clear message, exit status 2, nothing trained, finished artifacts untouched."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from calling import ENVIRONMENT, call

RECIPE = """\
steps:
  texts: {uses: corpus.read, documents: texts.jsonl, domain: notes}
  tasks: {uses: synth.pit, documents: $texts}
  base:
    uses: model.tiny
    documents: $texts
  expert:
    uses: train.pit
    model: $base
    samples: $tasks
    documents: $texts
"""
GOOD = '{"id": "a", "text": "The patient has asthma."}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the recipe, and a store in which what needs no model is finished."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "texts.jsonl").write_text(GOOD)
    done = call("run", tmp_path / "recipe.yaml", "--store", tmp_path / "store", "--only", "tasks")
    assert done.status == 0, done.err
    return tmp_path


def artifacts(store: Path) -> dict[str, tuple[int, bytes]]:
    return {
        file.relative_to(store).as_posix(): (file.stat().st_mtime_ns, file.read_bytes())
        for folder in store.glob("*-*")
        for file in folder.rglob("*")
        if file.is_file()
    }


def replaced(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        assert old in RECIPE
        (folder / "recipe.yaml").write_text(RECIPE.replace(old, new, 1))

    return change


def texts(content: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "texts.jsonl").write_text(content)

    return change


def model_folder(weights: str, tokenizer: bool) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "own").mkdir()
        (folder / "own" / "config.json").write_text('{"model_type": "llama"}')
        (folder / "own" / weights).write_bytes(b"\x02" + bytes(7) + b"{}")
        if tokenizer:
            (folder / "own" / "tokenizer.json").write_text("{}")
        replaced("$base", "own")(folder)

    return change


def own_samples(content: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "own.jsonl").write_text(content)
        replaced("$tasks", "own.jsonl")(folder)

    return change


MISTAKES: dict[str, tuple[Callable[[Path], None], str]] = {
    "misspelt field": (
        replaced("model: $base", "model: $base\n    phase1_learnin_rate: 1e-4"),
        r"recipe.yaml:10: expert.phase1_learnin_rate: unknown field; did you mean 'phase1_learning_rate'\?",
    ),
    "unknown kind": (
        replaced("train.pit", "train.pid"),
        r"recipe.yaml:8: expert: unknown step kind 'train.pid'; did you mean 'train.pit'\?",
    ),
    "missing step": (replaced("$base", "$bases"), r"recipe.yaml:9: expert.model: \$bases: there is no such step"),
    "circle": (
        replaced(
            "uses: model.tiny\n    documents: $texts", "uses: merge.slerp\n    base: $expert\n    models: $expert"
        ),
        r"recipe.yaml:\d+: the steps go in a circle: (base -> expert -> base|expert -> base -> expert)",
    ),
    "wrong type": (
        replaced("$base", "$texts"),
        r"recipe.yaml:9: train.pit.model wants a model, \$texts is documents",
    ),
    "missing file": (
        replaced("texts.jsonl", "no.jsonl"),
        r"recipe.yaml:2: texts.documents: .*no.jsonl: no such file",
    ),
    "empty corpus": (texts(""), r"texts.jsonl: no document is left: 0 read"),
    "empty texts": (texts('{"id": "a", "text": " "}\n'), r"texts.jsonl: no document is left: 1 read, 1 too short"),
    "broken lines": (texts('{"id": "b", \n' * 2), r"0 read, 2 broken JSON; first texts.jsonl:1: .* at column 1\d"),
    "first line broken": (texts("{\n"), r"texts.jsonl:1: broken JSON"),
    "broken line of samples": (own_samples("{"), r"expert.samples: .*own.jsonl:1: broken JSON"),
    "samples that are documents": (own_samples(GOOD), r"expert.samples: .*own.jsonl:1: unknown field 'text'"),
    "no tokenizer": (model_folder("model.safetensors", False), r"recipe.yaml:7: .*own: no tokenizer here"),
    "pickled only": (model_folder("pytorch_model.bin", True), r"recipe.yaml:7: .*only pickled weights here"),
    "broken yaml": (replaced("steps:", "steps: ["), r"recipe.yaml:\d+: broken YAML"),
    "no recipe": (lambda f: (f / "recipe.yaml").unlink(), r"recipe.yaml: no such file"),
    "report of a missing step": (replaced("steps:", "report: {final: nobody}\nsteps:"), r"there is no step 'nobody'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_ends_with_status_2_and_one_message(name: str, folder: Path) -> None:
    change, message = MISTAKES[name]
    before = artifacts(folder / "store")
    assert before
    change(folder)
    done = call("run", folder / "recipe.yaml", "--store", folder / "store")
    assert done.status == 2
    assert done.out == ""
    told = [line for line in done.err.splitlines() if line.startswith("polyclinic: ")]
    assert len(told) == 1
    assert re.search(message, told[0]), told[0]
    assert "Traceback" not in done.err
    assert done.err.rstrip().endswith(told[0])
    after = artifacts(folder / "store")
    assert before.items() <= after.items()
    assert not any(n.startswith(("base", "expert")) for n in after)


@pytest.mark.parametrize("name", ["misspelt field", "no tokenizer", "broken line of samples"])
def test_the_plan_finds_it_too(name: str, folder: Path) -> None:
    change, message = MISTAKES[name]
    change(folder)
    done = call("plan", folder / "recipe.yaml", "--store", folder / "store")
    assert (done.status, done.out) == (2, "")
    assert re.search(message, done.err)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "recipe.yaml", "--only", "bas"], r"--only bas: recipe.yaml has no such step; did you mean 'base'\?"),
        (["run", "recipe.yaml", "--set", "base.layers=0"], r"recipe.yaml:4: base.layers: input should be greater"),
        (["run", "recipe.yaml", "--store", "recipe.yaml"], r"recipe.yaml: the store must be a folder"),
        (["steps", "merge.slrp"], r"unknown step kind 'merge.slrp'; did you mean 'merge.slerp'\?"),
        (["tasks", "show", "icd10cm-esy"], r"unknown task 'icd10cm-esy'; did you mean 'icd10cm-easy'\?"),
        (["tasks", "list", "--suite", "quickstrat"], r"unknown suite 'quickstrat'; did you mean 'quickstart'\?"),
        (["report", "nowhere"], r"nowhere: no run here \(no run.json\)"),
        (["eval", "summary", "nowhere"], r"nowhere: no such file or folder; expected scores"),
        (
            ["corpus", "read", "--out", "o", "--documents", "no.jsonl"],
            r"corpus.read.documents: no.jsonl: no such file",
        ),
        (
            ["corpus", "read", "--out", "o", "--documents", ".", "--limit", "x"],
            r"corpus.read.limit: input should be a valid",
        ),
        (["corpus", "read", "--out", "texts.jsonl", "--documents", "texts.jsonl"], r"texts.jsonl exists already"),
        (["corpus", "read", "--out", "o"], r"corpus.read.documents: missing"),
        (
            ["corpus", "deduplicate", "--out", "o", "--documents", "texts.jsonl", "--documents", "texts.jsonl"],
            r"--documents is given 2 times; give it once \(several values are divided by commas\)",
        ),
        (
            ["synth", "pit", "--out", "o", "--documents", "recipe.yaml"],
            r"recipe.yaml: cannot read documents from this",
        ),
    ],
)
def test_a_wrong_word_on_the_command_line_ends_with_status_2(
    words: list[str], message: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = call(*words)
    assert (done.status, done.out) == (2, "")
    assert re.search(f"^polyclinic: {message}", done.err), done.err
    assert not (folder / "o").exists()


@pytest.mark.parametrize("words", [["corpus", "read", "--pth", "x", "--out", "o"], ["corpus", "raed"], ["runn"], []])
def test_an_unknown_option_or_command_ends_with_status_2(words: list[str]) -> None:
    assert call(*words).status == 2


def test_the_process_itself_ends_with_status_2(folder: Path) -> None:
    words = [sys.executable, "-m", "polyclinic", "run", str(folder / "nothing.yaml")]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"polyclinic: {folder / 'nothing.yaml'}: no such file\n"
    assert done.stdout == ""


def test_after_the_mistake_is_mended_the_run_goes_on(folder: Path) -> None:
    texts("{\n")(folder)  # nothing that can be used
    assert call("run", folder / "recipe.yaml", "--store", folder / "store", "--only", "tasks").status == 2
    texts(GOOD)(folder)
    done = call("run", folder / "recipe.yaml", "--store", folder / "store", "--only", "tasks")
    assert done.status == 0
    assert (
        json.loads(call("plan", folder / "recipe.yaml", "--store", folder / "store", "--json").out)[0]["state"]
        == "done"
    )
