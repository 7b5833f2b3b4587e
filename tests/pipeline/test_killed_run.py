"""kill -9 at any moment, then the same command: it finishes, with the models and scores of an undisturbed run."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from polyclinic.artifacts import Manifest
from polyclinic.cli import main
from polyclinic.steps import STAGES

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

RECIPE = """\
name: small
steps:
  texts: {uses: corpus.read, documents: texts.jsonl, domain: notes}
  questions: {uses: tasks.build, tasks: perplexity-notes, documents: $texts}
  tasks: {uses: synth.pit, documents: $texts}
  base:
    {uses: model.tiny, documents: $texts, vocabulary_size: 320, hidden_size: 32, intermediate_size: 64, layers: 2,
     heads: 2, max_positions: 128, max_length: 64, batch_size: 8, steps: 20, checkpoint_every: 8}
  expert:
    {uses: train.pit, model: $base, samples: $tasks, documents: $texts, batch_size: 8, gradient_accumulation: 1,
     precision: float32, max_length: 64, checkpoint_every: 4}
  merged: {uses: merge.slerp, base: $base, models: $expert, t: 0.5}
  scores: {uses: eval.run, model: $merged, samples: $questions, batch_tokens: 64}
"""
WORDS = ("fever", "pain", "asthma", "left", "right", "acute", "chronic", "renal", "with", "without")
PROCESSES = multiprocessing.get_context("forkserver")
# The libraries load what they need when it is first asked for; named here, each process has them from the start.
PROCESSES.set_forkserver_preload(
    [
        *("torch", "transformers.trainer", "transformers.models.llama.modeling_llama", "pyarrow.parquet"),
        *("polyclinic.cli", "polyclinic.report", "polyclinic.pipeline", *STAGES.values()),
    ]
)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    chance = random.Random(0)
    texts = [f"The patient has {' '.join(chance.choices(WORDS, k=12))}. Day {i} was calm." for i in range(40)]
    rows = [json.dumps({"id": f"n{i}", "text": text}) + "\n" for i, text in enumerate(texts)]
    (tmp_path / "texts.jsonl").write_text("".join(rows))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path / "recipe.yaml"


def polyclinic(words: list[str], said: Path) -> None:
    """Run the command line in this process; what it says goes into the file `said`."""
    with said.open("w") as stream:
        sys.stdout = sys.stderr = stream
        sys.argv = ["polyclinic", *words]
        main()


def start(recipe: Path, store: Path) -> multiprocessing.process.BaseProcess:
    process = PROCESSES.Process(
        target=polyclinic, args=(["run", str(recipe), "--store", str(store)], store.with_suffix(".log"))
    )
    process.start()
    return process


def kill_when(process: multiprocessing.process.BaseProcess, seen: Callable[[], bool]) -> bool:
    """Kill the process with SIGKILL as soon as something is seen; say whether it came to that."""
    assert process.pid is not None
    while process.is_alive():
        if seen():
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.001)
    process.join()
    return process.exitcode == -signal.SIGKILL


def manifests(store: Path) -> dict[str, Manifest]:
    found = [Manifest.model_validate_json(file.read_bytes()) for file in store.glob("*-*/manifest.json")]
    return {manifest.step: manifest for manifest in found}


def test_a_run_that_is_killed_again_and_again_ends_like_an_undisturbed_one(recipe: Path, tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    process = start(recipe, undisturbed)
    process.join()
    assert process.exitcode == 0, undisturbed.with_suffix(".log").read_text()

    def there(pattern: str) -> Callable[[], bool]:
        return lambda: any(killed.glob(pattern))

    moments = {
        "while texts are read": there(".making/texts-*/out/*"),
        "in the middle of pre-training": there(".making/base-*/scratch/pre-training/checkpoint-8/*"),
        "in a later checkpoint": there(".making/base-*/scratch/pre-training/checkpoint-16/*"),
        "in phase 1": there(".making/expert-*/scratch/phase-1-tasks/checkpoint-4/complete"),
        "in phase 2": there(".making/expert-*/scratch/phase-2*/checkpoint-*/complete"),
        "while weights are merged": there(".making/merged-*/out/*"),
        "while questions are asked": there(".making/scores-*/scratch/answers.jsonl"),
    }
    hit = []
    for moment, seen in moments.items():
        if kill_when(start(recipe, killed), seen):
            hit.append(moment)
        names = {path.name for path in killed.glob("*-*")}
        assert names <= {path.name for path in undisturbed.glob("*-*")}
        assert all((killed / name / "manifest.json").is_file() for name in names)
    assert {"in the middle of pre-training", "in a later checkpoint", "in phase 1", "in phase 2"} <= set(hit)

    process = start(recipe, killed)
    process.join()
    assert process.exitcode == 0, killed.with_suffix(".log").read_text()
    expected, found = manifests(undisturbed), manifests(killed)
    assert {s: m.fingerprint for s, m in found.items()} == {s: m.fingerprint for s, m in expected.items()}
    assert {s: m.key for s, m in found.items()} == {s: m.key for s, m in expected.items()}
    assert found["merged"].output == "model"
    assert not list((killed / ".making").glob("*"))
    _nothing_is_to_do_and_nothing_heavy_is_loaded(recipe, killed)


def _nothing_is_to_do_and_nothing_heavy_is_loaded(recipe: Path, store: Path) -> None:
    import subprocess

    import polyclinic as package

    heavy = ["torch", "transformers", "trl", "datasets", "pyarrow", "tokenizers", "simple_icd_10_cm"]
    code = (
        f"import sys, time\nsys.argv = ['polyclinic', 'run', {str(recipe)!r}, '--store', {str(store)!r}]\n"
        "from polyclinic.cli import main\n"
        "try:\n    main()\nfinally:\n"
        f"    sys.stderr.write(repr([n for n in {heavy!r} if n in sys.modules]) + str(time.process_time()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("Nothing to do: all 7 steps are done. The page: ")
    loaded, _, seconds = done.stderr.partition("]")
    assert loaded == "["
    assert float(seconds) < 4  # under 1 on a quiet machine
