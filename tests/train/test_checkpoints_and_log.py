from __future__ import annotations

import json
from pathlib import Path

from polyclinic.train.checkpoints import keep_only, last_complete, mark_complete
from polyclinic.train.training_log import TrainingLog, write_training_log


def test_a_checkpoint_counts_only_when_it_is_marked(tmp_path: Path) -> None:
    for step in (5, 10, 20):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "weights").write_text("x")
    assert last_complete(tmp_path) is None
    mark_complete(tmp_path / "checkpoint-5")
    mark_complete(tmp_path / "checkpoint-10")
    assert last_complete(tmp_path) == tmp_path / "checkpoint-10"
    keep_only(tmp_path, tmp_path / "checkpoint-10")
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint-10"]
    keep_only(tmp_path, None)
    assert not list(tmp_path.iterdir())


def log_of(losses: list[float], name: str = "p") -> TrainingLog:
    log = TrainingLog(name)
    for i, loss in enumerate(losses):
        log.add(loss, 0.1, i / 2)
    return log


def test_a_line_is_the_mean_of_its_steps_and_the_last_line_is_written(tmp_path: Path) -> None:
    write_training_log(tmp_path, [log_of([4, 2, 1, 3, 7]), log_of([1], "q")], every=2)
    lines = [json.loads(line) for line in (tmp_path / "training_log.jsonl").read_text().splitlines()]
    assert [(line["phase"], line["step"], line["loss"]) for line in lines] == [
        ("p", 2, 3.0),
        ("p", 4, 2.0),
        ("p", 5, 7.0),
        ("q", 1, 1.0),
    ]
    expected = {"phase", "step", "loss", "learning_rate", "epoch", "gradient_norm", "tokens", "seconds"}
    assert set(lines[0]) == expected | {"tokens_per_second"}


def test_a_log_goes_on_from_a_checkpoint_without_doubled_lines(tmp_path: Path) -> None:
    whole = log_of([5, 4, 3, 2])
    log_of([5, 4]).save(tmp_path)
    resumed = TrainingLog("p")
    resumed.load(tmp_path)
    resumed.add(3, 0.1, 1)
    resumed.add(2, 0.1, 1.5)
    assert resumed.losses == whole.losses
    assert len(list(resumed.lines(1))) == 4
    assert resumed.seconds == sorted(resumed.seconds)
