"""The losses of a training, step by step: kept with every checkpoint, written as training_log.jsonl at the end.

A run that was killed and went on has the losses of an undisturbed one, each once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FILE = "training_log.jsonl"
_KEPT = "losses.json"


@dataclass
class TrainingLog:
    """One entry a step: mean loss of its tokens, learning rate, passes over the data, seconds since the start."""

    phase: str
    losses: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    @property
    def steps(self) -> int:
        """Optimizer steps so far."""
        return len(self.losses)

    def add(self, loss: float, learning_rate: float, epoch: float) -> None:
        """Note one optimizer step."""
        self.losses.append(loss)
        self.learning_rates.append(learning_rate)
        self.epochs.append(epoch)
        self.seconds.append(time.monotonic() - self._started)

    def final_loss(self, window: int = 20) -> float:
        """Return the mean loss of the last steps; a single step's loss is mostly chance."""
        last = self.losses[-window:]
        return sum(last) / len(last)

    def save(self, checkpoint: Path) -> None:
        """Write the steps so far into a checkpoint."""
        kept = {
            "losses": self.losses,
            "learning_rates": self.learning_rates,
            "epochs": self.epochs,
            "seconds": self.seconds,
        }
        (checkpoint / _KEPT).write_text(json.dumps(kept), encoding="utf-8")

    def load(self, checkpoint: Path) -> None:
        """Go on from the steps kept in a checkpoint."""
        kept = json.loads((checkpoint / _KEPT).read_text(encoding="utf-8"))
        self.losses, self.learning_rates = kept["losses"], kept["learning_rates"]
        self.epochs, self.seconds = kept["epochs"], kept["seconds"]
        self._started = time.monotonic() - (self.seconds[-1] if self.seconds else 0.0)

    def lines(self, every: int) -> Iterable[str]:
        """Yield a JSON line for every `every` steps and for the last; its loss is the mean of the steps since."""
        last = 0
        for step in range(1, self.steps + 1):
            if step % every and step != self.steps:
                continue
            entry = {
                "phase": self.phase,
                "step": step,
                "loss": round(sum(self.losses[last:step]) / (step - last), 6),
                "learning_rate": self.learning_rates[step - 1],
                "epoch": round(self.epochs[step - 1], 4),
                "seconds": round(self.seconds[step - 1], 3),
            }
            yield json.dumps(entry)
            last = step


def write_training_log(folder: Path, logs: Iterable[TrainingLog], every: int) -> None:
    """Write training_log.jsonl into a model folder, phase after phase."""
    lines = [line for log in logs for line in log.lines(every)]
    (folder / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
