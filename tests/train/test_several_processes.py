"""Training in two processes: the losses of one, the same weights after a kill, one clear message when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from several_processes import Forked

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.launched import Launch, read_launch
from polyclinic.records import Document, write_records
from polyclinic.train import dapt, dpo
from polyclinic.train.shared_batches import Part, SharedBatches

OPTIONS: dict[str, Any] = {
    "steps": 4,
    "warmup_steps": 1,
    "learning_rate": 1e-2,
    "precision": "float32",
    "log_every": 1,
    "checkpoint_every": 2,
    "batch_size": 4,
    "gradient_accumulation": 3,
    "neftune_noise_alpha": 5,
    "max_length": 64,
    "seed": 7,
}


def losses_of(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "training_log.jsonl").read_text().splitlines()]


def looks_of(folder: Path) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in (folder / "training_log.jsonl").read_text().splitlines()]
    return [entry for entry in entries if "held_out_loss" in entry]


class Rows:
    """A plan of batches of these sizes."""

    epochs = 1.0

    def __init__(self, sizes: list[int]) -> None:
        self.batches = [[(i, j) for j in range(size)] for i, size in enumerate(sizes)]
        self.batch_size = max(sizes)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Any:
        return iter(self.batches)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=9), st.integers(1, 4), st.integers(1, 4))
def test_processes_share_the_rows_of_every_step_and_take_as_many_parts(sizes: list[int], k: int, count: int) -> None:
    plan = Rows(sizes)
    if count > plan.batch_size * k:
        return
    shares = [SharedBatches(plan, k, rank, count) for rank in range(count)]
    parts: list[list[Part]] = [list(share) for share in shares]
    assert {len(share) for share in shares} == {len(found) for found in parts} == {len(parts[0])}
    for step in range((len(sizes) + k - 1) // k):
        expected = [key for batch in plan.batches[step * k : (step + 1) * k] for key in batch]
        of_step = [part for found in parts for part in found if part.step == step]
        taken = {part.row + i: key for part in of_step if part.counts for i, key in enumerate(part.keys)}
        assert [taken[row] for row in sorted(taken)] == expected
        assert sum(len(part.keys) for part in of_step if part.counts) == len(expected)
        assert {part.rows_of_step for part in of_step} == {len(expected)}


@pytest.fixture(scope="module")
def in_two(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("two") / "dapt"
    return dapt(out=out, model=model, documents=data / "documents", launch=Forked(2), **OPTIONS)


def test_two_processes_have_the_losses_of_one(data: Path, model: Path, in_two: Path, tmp_path: Path) -> None:
    alone = dapt(out=tmp_path / "one", model=model, documents=data / "documents", **OPTIONS)
    assert losses_of(in_two) == pytest.approx(losses_of(alone), abs=2e-5)
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (alone, in_two)]
    assert manifests[0]["key"] == manifests[1]["key"]
    assert manifests[0]["facts"]["tokens"] == manifests[1]["facts"]["tokens"]


def test_a_process_that_is_killed_ends_the_run_which_goes_on_to_the_same_weights(
    data: Path, model: Path, in_two: Path, tmp_path: Path
) -> None:
    fields = {"model": model, "documents": data / "documents", **OPTIONS}
    with pytest.raises(ChildProcessError):  # in step 4, behind the checkpoint of step 2
        dapt(out=tmp_path / "m", launch=Forked(2, die=(1, "torch:Tensor.backward", 11)), **fields)
    assert not (tmp_path / "m").exists()
    made = dapt(out=tmp_path / "m", launch=Forked(2), **fields)
    assert models.fingerprint(made) == models.fingerprint(in_two)
    assert losses_of(made) == losses_of(in_two)


def test_sharded_pairs_have_the_losses_of_one_process_and_go_on_after_a_kill(
    data: Path, model: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {
        "model": model,
        "preferences": data / "preferences",
        **OPTIONS,
        "lora": {"rank": 4, "output": "model"},
    }
    fields |= {"held_out": data / "held_out_preferences", "evaluate_every": 2}
    alone = dpo(out=tmp_path / "one", **fields)
    with pytest.raises(ChildProcessError):
        dpo(out=tmp_path / "m", sharding="full", launch=Forked(2, die=(0, "torch:Tensor.backward", 11)), **fields)
    made = dpo(out=tmp_path / "m", sharding="full", launch=Forked(2), **fields)
    assert losses_of(made) == pytest.approx(losses_of(alone), abs=2e-5)
    looks = [[entry[f"held_out_{name}"] for name in ("loss", "reward_margin", "accuracy") for entry in found]
             for found in (looks_of(made), looks_of(alone))]  # fmt: skip
    assert looks[0] == pytest.approx(looks[1], abs=2e-5)


def test_torchrun_hands_back_the_one_message_of_a_process(data: Path, model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "empty", [Document("d", " ")], Document)
    with pytest.raises(UserError, match="no text in"):
        dapt(out=tmp_path / "m", launch=Launch(2), model=model, documents=tmp_path / "empty", **OPTIONS)
    assert not (tmp_path / "m").exists()


def test_more_processes_than_a_step_has_rows_are_refused() -> None:
    with pytest.raises(UserError, match="13 processes, but a step has 12 rows"):
        SharedBatches(Rows([4]), 3, 0, 13)


def test_a_launch_is_torchrun_and_a_number() -> None:
    assert read_launch("torchrun:8").processes == 8
    assert read_launch("").processes == 1
    for wrong in ("torchrun", "torchrun:0", "slurm:2", "torchrun:x"):
        with pytest.raises(UserError, match="expected torchrun:N"):
            read_launch(wrong)


def test_sharding_wants_several_processes(data: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="several processes"):
        dapt(out=tmp_path / "m", model=model, documents=data / "documents", sharding="full", **OPTIONS)
