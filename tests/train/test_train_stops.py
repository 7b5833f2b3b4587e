"""What ends a training before its end: losses gone wrong, a full disk, a held-out loss that falls no more."""

from __future__ import annotations

import errno
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError, WorkStopped
from polyclinic.models import fingerprint, load_model
from polyclinic.records import Sample, write_records
from polyclinic.steps import Work
from polyclinic.train import sft
from polyclinic.train.step_watch import is_spike
from polyclinic.train.tracking import Trackers, check_trackers

OPTIONS: dict[str, Any] = {
    "batch_size": 1,
    "gradient_accumulation": 1,
    "warmup_steps": 1,
    "learning_rate": 5e-3,
    "precision": "float32",
    "neftune_noise_alpha": 0,
    "epochs": 2,
    "checkpoint_every": 10,
    "log_every": 5,
}


@given(st.lists(st.floats(-5, 5), min_size=20, max_size=80), st.floats(-5, 5))
def test_a_spike_is_far_above_what_was_usual_and_needs_enough_steps_before(before: list[float], loss: float) -> None:
    assert not is_spike(loss, before, 0)
    assert not is_spike(loss, before[:19], 0.1)
    assert not is_spike(max(before[-50:]) + 0.5, before, 10) or max(before[-50:]) - min(before[-50:]) > 0.4
    assert is_spike(60.0, before, 5)


def instructions(folder: Path, odd: str) -> Path:
    same = [Sample(f"s{i}", "t", "pain pain pain", input="x") for i in range(24)]
    return_to = random.Random(0)
    strange = "".join(return_to.choices("0123456789QWZ", k=40))
    write_records(folder, [*same, Sample(odd, "t", strange, input="x")], Sample)
    return folder


def test_a_spike_stops_the_run_names_its_record_and_keeps_the_checkpoint(model: Path, tmp_path: Path) -> None:
    samples = instructions(tmp_path / "s", "the-odd-one")
    fields = {"model": model, "samples": samples, **OPTIONS}
    with pytest.raises(UserError, match=r"the loss jumped .*the-odd-one.*the checkpoint of step \d+ is kept"):
        sft(out=tmp_path / "m", stop_at_spike=1, **fields)
    grown = tmp_path / ".making" / "m" / "scratch" / "instructions" / "training_log.jsonl"
    seen = len(grown.read_text().splitlines())
    assert seen >= 4  # twenty steps and more
    made = sft(out=tmp_path / "m", stop_at_spike=0, **fields)  # the same key: it goes on from the checkpoint
    whole = sft(out=tmp_path / "w", stop_at_spike=0, **fields)
    assert fingerprint(made) == fingerprint(whole)
    entries = [json.loads(line) for line in (made / "training_log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in entries] == list(range(5, 51, 5))
    assert all(entry["tokens"] > 0 and entry["gradient_norm"] > 0 for entry in entries)


def test_the_step_of_the_lowest_held_out_loss_is_kept_and_patience_ends_the_run(model: Path, tmp_path: Path) -> None:
    samples = instructions(tmp_path / "s", "odd")
    held_out = tmp_path / "h"
    write_records(held_out, [Sample(f"h{i}", "t", "renal fever left", input="x") for i in range(3)], Sample)
    fields = {"model": model, "samples": samples, "held_out": held_out, "evaluate_every": 2, **OPTIONS, "epochs": 4}
    fields["schedule"] = "constant"  # so that a shorter run goes the same way
    made = sft(out=tmp_path / "m", patience=3, stop_at_spike=0, **fields)
    entries = [json.loads(line) for line in (made / "training_log.jsonl").read_text().splitlines()]
    looks = {entry["step"]: entry["held_out_loss"] for entry in entries if "held_out_loss" in entry}
    best = min(looks, key=lambda step: looks[step])
    facts = json.loads((made / "manifest.json").read_text())["facts"]
    assert facts["best_step"] == best
    assert list(looks)[-1] == best + 6 < 100  # three looks without a lower one, then the end
    last = sft(out=tmp_path / "l", patience=3, keep="last", stop_at_spike=0, **fields)
    longer = sft(out=tmp_path / "b", stop_at_spike=0, **(fields | {"steps": best + 10}))
    weights = [load_model(folder).get_input_embeddings().weight for folder in (made, last, longer)]
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])  # without patience it runs on, and the same step is the best


def test_a_full_disk_at_a_checkpoint_loses_nothing_finished(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = instructions(tmp_path / "s", "odd")
    fields = {"model": model, "samples": samples, "stop_at_spike": 0, **OPTIONS}
    real, calls = torch.save, 0

    def full_at_the_sixth(*given: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full_at_the_sixth)
        with pytest.raises(WorkStopped, match=r"checkpoint of step 20 could not be written .*of step 10 is kept"):
            sft(out=tmp_path / "m", **fields)
    scratch = tmp_path / ".making" / "m" / "scratch" / "instructions"
    assert [p.name for p in scratch.glob("checkpoint-*")] == ["checkpoint-10"]
    assert fingerprint(sft(out=tmp_path / "m", **fields)) == fingerprint(sft(out=tmp_path / "w", **fields))


def test_a_tracker_that_is_not_installed_is_named_before_the_first_step() -> None:
    import importlib.util

    missing = [name for name in ("wandb", "mlflow", "tensorboard") if importlib.util.find_spec(name) is None]
    if not missing:
        pytest.skip("all of them are installed")
    with pytest.raises(UserError, match=f"report_to: {missing[0]} is not installed"):
        check_trackers(missing)


def test_tensorboard_has_the_numbers_of_the_log(work: Work) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with Trackers(["tensorboard"], work, "instructions") as trackers:
        for step in (5, 10):
            trackers.log({"phase": "instructions", "step": step, "loss": 1 / step})
    events = EventAccumulator(str(work.out / "tensorboard" / "instructions"))
    events.Reload()
    assert events.Tags()["scalars"] == ["train/loss"]
    assert [(event.step, round(event.value, 4)) for event in events.Scalars("train/loss")] == [(5, 0.2), (10, 0.1)]
