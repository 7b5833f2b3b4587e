"""A training that is killed at any moment ends, started again, with the model of an undisturbed run.

Each case runs in a process of its own, which kills itself with SIGKILL at the n-th call of a function.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from several_processes import kill_in

from polyclinic import models
from polyclinic.steps import find_kind
from polyclinic.train.training_log import FILE as LOG_FILE

KINDS: dict[str, dict[str, Any]] = {
    "train.pit": {
        "samples": "tasks",
        "documents": "documents",
        "batch_size": 8,
        "gradient_accumulation": 2,
        "max_length": 64,
        "phase2_learning_rate": 1e-2,
        "phase2_epochs": 1,
        "precision": "float32",
        "checkpoint_every": 2,
    },
    "train.sft": {
        "samples": "instructions",
        "batch_size": 4,
        "gradient_accumulation": 2,
        "warmup_steps": 0.1,
        "learning_rate": 1e-2,
        "precision": "float32",
        "checkpoint_every": 3,
    },
    "train.dpo": {
        "preferences": "preferences",
        "batch_size": 4,
        "gradient_accumulation": 1,
        "warmup_steps": 1,
        "learning_rate": 1e-2,
        "neftune_noise_alpha": 5,
        "precision": "float32",
        "checkpoint_every": 3,
        "held_out": "held_out_preferences",
        "evaluate_every": 2,
        "log_every": 1,
    },
}
DATA = ("samples", "documents", "preferences", "held_out")


def fields_of(kind: str, data: Path, model: Path) -> dict[str, Any]:
    return {"model": model} | {k: data / v if k in DATA else v for k, v in KINDS[kind].items()}


@pytest.fixture(scope="module")
def undisturbed(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return {
        kind: find_kind(kind)(
            out=folder / kind, seed=7, **(fields_of(kind, data, model) | {"checkpoint_every": 1000})
        )
        for kind in KINDS
    }


@pytest.mark.parametrize(
    ("kind", "function", "count"),
    [
        ("train.pit", "os:fsync", 2),  # while tokens are written
        ("train.pit", "torch:Tensor.backward", 5),  # in the middle of a step of phase 1, after a checkpoint
        ("train.pit", "torch:save", 2),  # in the first checkpoint, half of its files are there
        ("train.pit", "torch:save", 8),  # in the checkpoint that ends phase 1
        ("train.pit", "torch:Tensor.backward", 14),  # in phase 2
        ("train.pit", "os:replace", 3),  # when the artifact is whole but not in its place
        ("train.sft", "torch:Tensor.backward", 11),
        ("train.sft", "os:fsync", 12),  # while a checkpoint is brought to disk
        ("train.dpo", "torch:Tensor.backward", 7),
    ],
)
def test_a_killed_training_ends_with_the_undisturbed_model(
    kind: str, function: str, count: int, data: Path, model: Path, undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    fields = fields_of(kind, data, model)
    kill_in(kind, fields, tmp_path / "out", function, count)
    made = find_kind(kind)(out=tmp_path / "out", seed=7, **fields)
    assert models.fingerprint(made) == models.fingerprint(undisturbed[kind])

    def losses(folder: Path) -> list[str]:
        return [line.split(', "seconds"')[0] for line in (folder / LOG_FILE).read_text().splitlines()]

    assert losses(made) == losses(undisturbed[kind])
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_what_other_settings_left_half_made_is_not_gone_on_with(
    data: Path, model: Path, undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    fields = fields_of("train.pit", data, model)
    other = fields | {"phase1_learning_rate": 0.1, "tasks": ["entities"]}
    kill_in("train.pit", other, tmp_path / "out", "torch:Tensor.backward", 9)
    made = find_kind("train.pit")(out=tmp_path / "out", seed=7, **fields)
    assert models.fingerprint(made) == models.fingerprint(undisturbed["train.pit"])
