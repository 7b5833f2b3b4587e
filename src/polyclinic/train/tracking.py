"""Losses shown in TensorBoard, Weights & Biases or MLflow while a training runs, for whoever has and names them.

Only numbers and settings are handed over, never a record. W&B and MLflow send them where their own settings say.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from polyclinic.errors import UserError
from polyclinic.steps import Work
from polyclinic.train import processes

PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb", "mlflow": "mlflow"}


def check_trackers(names: Sequence[str]) -> None:
    """Check that what was named is installed; raises UserError."""
    for name in names:
        if importlib.util.find_spec(PACKAGES[name]) is None:
            raise UserError(f"report_to: {name} is not installed; pip install {PACKAGES[name]}, or leave it out")


class Trackers:
    """Where the entries of the training log are shown as well; a context that ends them."""

    def __init__(self, names: Sequence[str], work: Work, phase: str) -> None:
        """Begin a run with each tracker of `names`; in the first process only.

        TensorBoard's files come into `tensorboard/` of the artifact. Raises UserError when one is not installed.
        """
        check_trackers(names)
        self._trackers: list[Any] = []
        if not names or not processes.is_first():
            return
        from accelerate import PartialState
        from accelerate.tracking import LOGGER_TYPE_TO_CLASS

        PartialState()  # which the trackers ask for the number of the process
        run = " ".join(part for part in (work.name, phase) if part)
        for name in names:
            tracker = LOGGER_TYPE_TO_CLASS[name]
            where = {"logging_dir": str(work.out / "tensorboard")} if name == "tensorboard" else {}
            made = tracker(run, **where)
            if hasattr(made, "start"):
                made.start()
            self._trackers.append(made)

    def __enter__(self) -> Trackers:
        return self

    def log(self, entry: dict[str, Any]) -> None:
        """Show an entry of the training log."""
        numbers = {name: value for name, value in entry.items() if isinstance(value, (int, float)) and name != "step"}
        for tracker in self._trackers:
            tracker.log({f"train/{name}": value for name, value in numbers.items()}, step=entry["step"])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for tracker in self._trackers:
            tracker.finish()
