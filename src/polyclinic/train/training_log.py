"""The losses of a training, step by step: kept with every checkpoint, written as training_log.jsonl at the end.

A run that was killed and went on has the losses of an undisturbed one, each once. While it runs, the same lines grow
in a file in its scratch folder, for whoever wants to look.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "training_log.jsonl"
_KEPT = "losses.json"
_LOOKS = ("held_out", "figures")
_COLUMNS = ("losses", "learning_rates", "epochs", "seconds", "tokens", "gradient_norms")


@dataclass
class TrainingLog:
    """One entry a step: mean loss of its tokens, learning rate, passes over the data, seconds since the start, ..."""

    phase: str
    losses: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)  # of the step, padding left out
    gradient_norms: list[float] = field(default_factory=list)  # before they are shortened
    held_out: dict[int, float] = field(default_factory=dict)  # step -> loss on what is not trained on
    figures: dict[int, dict[str, float]] = field(default_factory=dict)  # step -> what else was measured there
    _started: float = field(default_factory=time.monotonic)

    @property
    def steps(self) -> int:
        """Optimizer steps so far."""
        return len(self.losses)

    @property
    def best_step(self) -> int | None:
        """The step with the lowest held-out loss, the earliest of equal ones; None without any."""
        return min(self.held_out, key=lambda step: (self.held_out[step], step)) if self.held_out else None

    def add(
        self, loss: float, learning_rate: float, epoch: float, tokens: int = 0, gradient_norm: float = 0.0
    ) -> None:
        """Note one optimizer step."""
        self.losses.append(loss)
        self.learning_rates.append(learning_rate)
        self.epochs.append(epoch)
        self.seconds.append(time.monotonic() - self._started)
        self.tokens.append(tokens)
        self.gradient_norms.append(gradient_norm)

    def final_loss(self, window: int = 20) -> float:
        """Return the mean loss of the last steps; a single step's loss is mostly chance."""
        last = self.losses[-window:]
        return sum(last) / len(last)

    def tokens_per_second(self, window: int = 20) -> float:
        """Return how fast the last steps were."""
        first = max(0, self.steps - window)
        began = self.seconds[first - 1] if first else 0.0
        return sum(self.tokens[first:]) / max(self.seconds[-1] - began, 1e-9) if self.steps else 0.0

    def save(self, checkpoint: Path) -> None:
        """Write the steps so far into a checkpoint."""
        looks = {name: sorted(getattr(self, name).items()) for name in _LOOKS}
        kept = {name: getattr(self, name) for name in _COLUMNS} | looks
        (checkpoint / _KEPT).write_text(json.dumps(kept), encoding="utf-8")

    def load(self, checkpoint: Path) -> None:
        """Go on from the steps kept in a checkpoint."""
        kept = json.loads((checkpoint / _KEPT).read_text(encoding="utf-8"))
        for name in _COLUMNS:
            setattr(self, name, kept[name])
        for name in _LOOKS:
            setattr(self, name, {int(step): found for step, found in kept.get(name, [])})
        self._started = time.monotonic() - (self.seconds[-1] if self.seconds else 0.0)

    def due(self, step: int, every: int) -> bool:
        """Say whether a line ends at `step`."""
        return step % every == 0 or step in self.held_out

    def entries(self, every: int, after: int = 0) -> Iterator[dict[str, Any]]:
        """Yield an entry for every `every` steps, for each held-out loss and for the last step, those behind `after`.

        The loss of an entry is the mean of the steps since the one before.
        """
        last = 0
        for step in range(1, self.steps + 1):
            if not self.due(step, every) and step != self.steps:
                continue
            if step > after:
                yield self._entry(last, step)
            last = step

    def lines(self, every: int, after: int = 0) -> Iterator[str]:
        """Yield the entries as lines of JSON."""
        yield from (json.dumps(entry) for entry in self.entries(every, after))

    def _entry(self, last: int, step: int) -> dict[str, Any]:
        took = self.seconds[step - 1] - (self.seconds[last - 1] if last else 0.0)
        tokens = sum(self.tokens[last:step])
        entry = {
            "phase": self.phase,
            "step": step,
            "loss": round(sum(self.losses[last:step]) / (step - last), 6),
            "learning_rate": self.learning_rates[step - 1],
            "epoch": round(self.epochs[step - 1], 4),
            "gradient_norm": round(self.gradient_norms[step - 1], 6),
            "tokens": tokens,
            **({"held_out_loss": round(self.held_out[step], 6)} if step in self.held_out else {}),
            **{f"held_out_{name}": round(value, 6) for name, value in self.figures.get(step, {}).items()},
            "seconds": round(self.seconds[step - 1], 3),
            "tokens_per_second": round(tokens / took, 1) if took > 0 else 0.0,
        }
        return entry


class GrowingFile:
    """The lines of a log that is under way, in a file that grows."""

    def __init__(self, file: Path, log: TrainingLog, every: int) -> None:
        """Begin the file with what the log has already."""
        self._file, self._log, self._every = file, log, every
        file.write_text("".join(f"{line}\n" for line in log.lines(every)), encoding="utf-8")
        self._written = log.steps

    def write(self) -> list[dict[str, Any]]:
        """Add the lines that are due and not there yet; returns them."""
        if not self._log.due(self._log.steps, self._every):
            return []
        found = list(self._log.entries(self._every, after=self._written))
        with self._file.open("a", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(entry)}\n" for entry in found)
        self._written = self._log.steps
        return found


def write_training_log(folder: Path, logs: Iterable[TrainingLog], every: int) -> None:
    """Write training_log.jsonl into a model folder, phase after phase."""
    lines = [line for log in logs for line in log.lines(every)]
    (folder / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
