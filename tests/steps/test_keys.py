"""What is part of the name of an artifact, and what is not."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import polyclinic
from polyclinic.artifacts import InputRecord
from polyclinic.errors import UserError
from polyclinic.merge import slerp
from polyclinic.steps import find_kind, key_of, validate_settings
from polyclinic.train import pit

FIELDS: dict[str, Any] = {"model": "$m", "samples": "$s", "documents": ["$d"], "phase1_learning_rate": 1e-4}
INPUTS = {"model": [InputRecord(name="m", key="1")], "documents": [InputRecord(name="d", key="2")]}


def key(seed: int = 0, inputs: dict[str, list[InputRecord]] = INPUTS, **change: Any) -> str:
    return key_of(pit, validate_settings(pit, {**FIELDS, **change}, "pit"), seed, inputs)


def test_the_order_and_the_spelling_of_settings_do_not_matter() -> None:
    assert key() == key_of(pit, validate_settings(pit, dict(reversed(FIELDS.items())), "pit"), 0, INPUTS)
    assert key() == key(phase1_learning_rate="1e-4") == key(phase1_learning_rate=0.0001)
    assert key(tasks="summary") == key(tasks=["summary"]) == key()  # one for a list; the default spelt out


@pytest.mark.parametrize(
    "change",
    [{"phase1_learning_rate": 2e-4}, {"tasks": ["entities"]}, {"precision": "float32"}, {"max_length": 64}],
)
def test_a_setting_that_changes_the_result_changes_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


@pytest.mark.parametrize("change", [{"checkpoint_every": 7}, {"log_every": 3}])
def test_a_setting_that_changes_only_how_it_runs_does_not(change: dict[str, Any]) -> None:
    assert key(**change) == key()


def test_runtime_settings_of_a_merge_are_no_part_of_its_key() -> None:
    def merge_key(**change: Any) -> str:
        return key_of(slerp, validate_settings(slerp, {"base": "$b", "models": "$m", **change}, "slerp"), 0, {})

    assert merge_key(threads=3, shard_size_mb=9) == merge_key()
    assert merge_key(t=0.25) != merge_key()


def test_seed_code_version_and_inputs_are_part_of_the_key() -> None:
    seen = {key(), key(seed=1), key(inputs={})}
    seen.add(key(inputs={**INPUTS, "model": [InputRecord(name="m", key="3")]}))
    seen.add(key(inputs={"model": INPUTS["documents"], "documents": INPUTS["model"]}))
    newer = dataclasses.replace(pit, version=pit.version + 1)
    seen.add(key_of(newer, validate_settings(pit, FIELDS, "pit"), 0, INPUTS))
    assert len(seen) == 6


def test_the_name_of_an_input_is_no_part_of_the_key() -> None:
    renamed = {name: [dataclasses_replaced(r) for r in found] for name, found in INPUTS.items()}
    assert key(inputs=renamed) == key()


def dataclasses_replaced(record: InputRecord) -> InputRecord:
    return record.model_copy(update={"name": "other", "fingerprint": "x"})


def test_the_version_of_a_package_the_result_hangs_on_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = importlib.metadata.version
    before = key()
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9" if name == "torch" else installed(name))
    assert key() != before
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9" if name == "rich" else installed(name))
    assert key() == before


def test_infinite_settings_are_refused_since_two_of_them_would_have_one_key() -> None:
    kind = find_kind("merge.task_arithmetic")
    for value in ("inf", "-inf", "nan"):
        with pytest.raises(UserError, match="scale: input should be a finite number"):
            validate_settings(kind, {"base": "$b", "models": "$m", "scale": value}, "m")


def test_keys_are_the_same_in_processes_with_another_hash_seed() -> None:
    code = (
        "from polyclinic.train import pit\n"
        "from polyclinic.steps import key_of, validate_settings\n"
        "from polyclinic.artifacts import InputRecord\n"
        f"settings = validate_settings(pit, {FIELDS!r}, 'pit')\n"
        "inputs = {n: [InputRecord(name=n, key=k)] for n, k in (('model', '1'), ('documents', '2'))}\n"
        "print(key_of(pit, settings, 0, inputs))"
    )
    found = set()
    for hash_seed in ("1", "2"):
        paths = {"PYTHONPATH": str(Path(polyclinic.__file__).parents[1]), "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **paths}, capture_output=True, text=True, check=True
        )
        found.add(done.stdout.strip())
    assert found == {key()}
