"""The beginning and the end of every training kind: load and check a model; write model, log and facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic import models
from polyclinic.steps import Work
from polyclinic.train import processes
from polyclinic.train.settings import TrainingSettings, check_vocabulary
from polyclinic.train.trainer_run import quiet_libraries
from polyclinic.train.training_log import TrainingLog, write_training_log

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_for_training(folder: Path, dtype: str = "float32") -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load model and tokenizer of a folder, as float32, which the optimizer needs of weights that it changes.

    Raises UserError when they do not fit together.
    """
    with quiet_libraries():
        tokenizer = models.load_tokenizer(folder)
        model = models.load_model(folder, dtype)
    check_vocabulary(model, tokenizer, str(folder))
    try:
        model.generation_config.validate(strict=True)
    except ValueError:  # e.g. a temperature without sampling: it could be read, but not be written again
        model.generation_config.do_sample = True
    return model, tokenizer


def write_trained(
    work: Work,
    settings: TrainingSettings,
    started_from: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    logs: Sequence[TrainingLog],
) -> None:
    """Write the trained model, its training log and the facts that are the same for every kind."""
    import torch

    if settings.output_dtype == "same":
        headers = (models.read_header(file) for file in models.weight_files(started_from))
        kinds = {entry["dtype"] for header in headers for entry in header.values()}
        dtype = {"BF16": torch.bfloat16, "F16": torch.float16}.get(kinds.pop() if len(kinds) == 1 else "")
    else:
        dtype = torch.bfloat16 if settings.output_dtype == "bfloat16" else None
    if dtype is not None:
        model.to(dtype)
    save_trained(work, model, tokenizer, logs, settings.log_every)


def save_trained(
    work: Work,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    logs: Sequence[TrainingLog],
    log_every: int,
) -> None:
    """Write model, tokenizer and training log as they are; of several processes only the first does."""
    work.facts["steps"] = sum(log.steps for log in logs)
    work.facts["parameters"] = model.num_parameters()
    work.facts["final_loss"] = round(logs[-1].final_loss(), 4)
    note_held_out(work, logs)
    if not processes.is_first():
        return
    with quiet_libraries():
        models.save_model(work.out, model, tokenizer)
    write_training_log(work.out, logs, log_every)


def note_held_out(work: Work, logs: Sequence[TrainingLog]) -> None:
    """Put into the facts which step had the lowest held-out loss, where there is one."""
    for log in logs:
        if (best := log.best_step) is not None:
            work.facts["best_step"] = best
            work.facts["held_out_loss"] = round(log.held_out[best], 4)
            for name, value in log.figures.get(best, {}).items():
                work.facts[f"held_out_{name}"] = round(value, 4)
