"""The loss on records that are not trained on: measured now and then, it says which step was best and when to stop.

What training data loses further while held-out data does not is learnt by heart. The weights of the best step lie
beside the checkpoints until the training ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.train import checkpoints, processes, sharding
from polyclinic.train.batches import IGNORED
from polyclinic.train.settings import HeldOutSettings
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WEIGHTS = "weights.safetensors"
Figures = Callable[[Any, dict[str, Any]], dict[str, Any]]  # model, batch -> `loss` and others, a value for each row


@dataclass(frozen=True)
class HeldOut:
    """What is only looked at, how often, and what follows from it."""

    batches: Sequence[list[Any]]  # keys of the data set
    data_set: Any
    collate: Callable[[list[Any]], dict[str, Any]]
    every: int  # optimizer steps between two looks; the last step is always looked at
    patience: int | None = None  # looks without a lower loss after which the training ends; None: it never does
    keep: Literal["best", "last"] = "best"  # which weights the training ends with
    figures: Figures | None = None  # what is measured of each row; None: the model's own loss, over the tokens

    def is_over(self, log: TrainingLog) -> bool:
        """Say whether the loss has not fallen for as many looks as patience has."""
        best = log.best_step
        return self.patience is not None and best is not None and sum(s > best for s in log.held_out) >= self.patience


def looked_at(
    settings: HeldOutSettings,
    batches: Iterable[list[Any]],
    data_set: Any,
    collate: Callable[[list[Any]], dict[str, Any]],
    figures: Figures | None = None,
) -> HeldOut:
    """Return rows that are only looked at, as often as the settings say."""
    return HeldOut(
        list(batches), data_set, collate, settings.evaluate_every, settings.patience, settings.keep, figures
    )


def held_out_figures(trainer: Any, held_out: HeldOut) -> dict[str, float]:
    """Return the means over the held-out rows of what is measured of each, or the mean loss of their tokens.

    Each process takes its share; all go through as many batches, since the weights may be spread over them.
    """
    import torch

    data_set = trainer.eval_dataset if trainer.eval_dataset is not None else held_out.data_set
    batches, count = held_out.batches, processes.count()
    totals: dict[str, float] = {}
    weight = 0.0
    trainer.model.eval()
    with torch.no_grad():
        for start in range(0, len(batches), count):
            place = start + processes.rank()
            keys = batches[min(place, len(batches) - 1)]
            batch = trainer._prepare_inputs(dict(held_out.collate([data_set[key] for key in keys])))
            with trainer.compute_loss_context_manager():
                if held_out.figures is not None:
                    found = {n: float(v.sum()) for n, v in held_out.figures(trainer.model, batch).items()}
                    items = float(len(keys))
                else:
                    items = float((batch["labels"][:, 1:] != IGNORED).sum())
                    found = {"loss": float(trainer.model(**batch).loss) * items if items else 0.0}
            counts = place < len(batches)
            weight += items * counts
            totals = {name: totals.get(name, 0.0) + value * counts for name, value in found.items()}
    sharding.take_apart(trainer.model)
    trainer.model.train()
    *sums, weight = processes.sums([*totals.values(), weight])
    return {name: total / weight for name, total in zip(totals, sums, strict=True)}


def save_best(model: PreTrainedModel, folder: Path, step: int, write: bool) -> None:
    """Write the trained weights of a step beside the checkpoints, whole or not at all.

    All processes call it, since each may hold a part of the weights; only one has `write`.
    """
    from safetensors.torch import save_file

    weights = {name: sharding.whole_tensor(p) for name, p in model.named_parameters() if p.requires_grad}
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
