"""The loss on records that are not trained on: measured now and then, it says which step was best and when to stop.

What training data loses further while held-out data does not is learnt by heart. The weights of the best step lie
beside the checkpoints until the training ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.train import checkpoints
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class HeldOut:
    """What is only looked at, how often, and what follows from it."""

    batches: Sequence[list[Any]]  # keys of the data set
    data_set: Any
    collate: Callable[[list[Any]], dict[str, Any]]
    every: int  # optimizer steps between two looks; the last step is always looked at
    patience: int | None = None  # looks without a lower loss after which the training ends; None: it never does
    keep: Literal["best", "last"] = "best"  # which weights the training ends with

    def is_over(self, log: TrainingLog) -> bool:
        """Say whether the loss has not fallen for as many looks as patience has."""
        best = log.best_step
        return self.patience is not None and best is not None and sum(s > best for s in log.held_out) >= self.patience


def save_best(model: PreTrainedModel, folder: Path, step: int, write: bool) -> None:
    """Write the trained weights of a step beside the checkpoints, whole or not at all.

    All processes call it, since each may hold a part of the weights; only one has `write`.
    """
    from safetensors.torch import save_file

    from polyclinic.train.sharding import whole_tensor

    weights = {name: whole_tensor(p) for name, p in model.named_parameters() if p.requires_grad}
    if write:
        place = folder / f"best-{step}"
        place.mkdir(exist_ok=True)
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, place / WEIGHTS)
        checkpoints.mark_complete(place)


def keep_best(folder: Path, step: int | None) -> None:
    """Remove the weights of all steps but the best, once a checkpoint knows which that is."""
    for place in folder.glob("best-*"):
        if place.name != f"best-{step}":
            shutil.rmtree(place)


def load_best(model: PreTrainedModel, folder: Path, log: TrainingLog) -> None:
    """Give the model the weights of the best step, unless that is the last."""
    import torch
    from safetensors.torch import load_file

    if log.best_step is None or log.best_step == log.steps:
        return
    weights = load_file(folder / f"best-{log.best_step}" / WEIGHTS)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(weights[name])
