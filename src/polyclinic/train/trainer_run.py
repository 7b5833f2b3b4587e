"""One phase of training on the Trainer of transformers or one of TRL's, with exact resume, in one process or several.

The order of the batches, the losses and the checkpoints are ours (`batches`, `training_log`, `checkpoints`); forward
pass, optimizer and schedule are the Trainer's. This file knows nothing about what the rows mean.
"""

from __future__ import annotations

import copy
import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.steps import Work
from polyclinic.train import checkpoints, processes
from polyclinic.train.held_out import HeldOut, load_best
from polyclinic.train.noise import noisy_embeddings
from polyclinic.train.settings import OptimizerSettings
from polyclinic.train.sharding import sharded_copy
from polyclinic.train.shared_batches import Batches, SharedBatches
from polyclinic.train.tracking import Trackers
from polyclinic.train.training_log import FILE, GrowingFile, TrainingLog

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


@dataclass
class Phase:
    """What is trained in one go, with its own optimizer and schedule."""

    name: str  # for people, and in the training log
    model: PreTrainedModel  # changed in place
    batches: Batches  # which rows, in which order
    data_set: Any  # gives a row for a key of a batch
    collate: Callable[[list[Any]], dict[str, Any]]  # rows to tensors
    learning_rate: float  # at its peak
    pad_token: int  # padding in input_ids
    trainer: Any = None  # class of the trainer; transformers.Trainer when None
    arguments: Any = None  # class of its arguments
    trainer_options: dict[str, Any] = field(default_factory=dict)  # what this trainer wants beside
    argument_options: dict[str, Any] = field(default_factory=dict)  # what its arguments want beside
    keep_final: bool = False  # whether to write a checkpoint at the end, for a next phase to go on from
    names: Callable[[Any], list[str]] | None = None  # the records in the row of a key, for messages
    row_losses: Callable[[Any, dict[str, Any]], torch.Tensor] | None = None  # model, batch -> a loss for each row;
    # the loss of a step is their mean. None: the model's own loss, the mean over the tokens of the step
    reference: Callable[[Any, dict[str, Any]], dict[str, torch.Tensor]] | None = None  # model before the first step,
    # batch -> further columns of the data set, one value for each row
    held_out: HeldOut | None = None  # what is only looked at


def train_phase(phase: Phase, settings: OptimizerSettings, work: Work, folder: Path) -> TrainingLog:
    """Train `phase.model` and return its log; goes on from the last whole checkpoint in `folder`.

    Under torchrun each process takes its part of every step, and all end with the same model. Raises UserError when
    the warm-up is as long as the training, when a step has fewer rows than there are processes, or when the loss
    spikes or is no longer a number; WorkStopped when the disk is full.
    """
    import torch
    from transformers import Trainer, TrainingArguments, set_seed

    from polyclinic.train.planned_trainer import Steps, planned_trainer

    found = _last_checkpoint(folder)
    log = TrainingLog(phase.name)
    if found is not None:
        log.load(found)
    steps = math.ceil(len(phase.batches) / settings.gradient_accumulation)
    if settings.warmup_steps >= 1 and settings.warmup_steps >= steps:
        raise UserError(
            f"warmup_steps: {settings.warmup_steps:g}, but {phase.name} ends at step {steps}, so the learning rate "
            "would never reach its peak; give fewer, a share such as 0.05, or smaller batches"
        )
    shared = SharedBatches(phase.batches, settings.gradient_accumulation, processes.rank(), processes.count())
    configuration, generation = copy.deepcopy(vars(phase.model.config)), copy.deepcopy(phase.model.generation_config)
    phase.model.config.use_cache = False  # a cache would also undo the isolation of packed documents
    on_cpu = not torch.cuda.is_available()
    arguments: dict[str, Any] = {
        "output_dir": str(folder),
        "use_cpu": on_cpu,
        "bf16": settings.precision == "bfloat16",
        "per_device_train_batch_size": phase.batches.batch_size,
        "gradient_accumulation_steps": shared.accumulation,
        "num_train_epochs": 1,  # the plan holds all epochs
        "learning_rate": phase.learning_rate,
        "lr_scheduler_type": settings.schedule if settings.schedule != "constant" else "constant_with_warmup",
        "warmup_steps": settings.warmup_steps,
        "weight_decay": settings.weight_decay,
        "adam_beta1": settings.adam_beta1,
        "adam_beta2": settings.adam_beta2,
        "max_grad_norm": settings.max_gradient_norm,
        "seed": work.seed,
        "data_seed": work.seed,
        "dataloader_pin_memory": not on_cpu,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "ddp_find_unused_parameters": False,
        "logging_strategy": "no",
        "logging_nan_inf_filter": False,
        "save_strategy": "no",  # the callback asks for checkpoints
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
    }
    over = phase.held_out is not None and phase.held_out.is_over(log)  # before it was killed
    with (
        quiet_libraries(),
        work.progress(phase.name, steps) as progress,
        Trackers(settings.report_to, work, phase.name) as trackers,
        sharded_copy(phase.model) if settings.sharding == "full" else nullcontext(phase.model) as model,
    ):
        progress.advance(log.steps)
        growing = GrowingFile(folder / FILE, log, settings.log_every) if processes.is_first() else None
        state = Steps(phase, settings, log, progress, steps, folder, shared, growing, trackers)
        held_out = {"eval_dataset": phase.held_out.data_set} if phase.held_out is not None else {}
        trainer = planned_trainer(phase.trainer or Trainer, state, sharded=model is not phase.model)(
            model=model,
            args=(phase.arguments or TrainingArguments)(**(arguments | phase.argument_options)),
            data_collator=phase.collate,
            train_dataset=phase.data_set,
            callbacks=[state.callback()],
            **held_out,
            **phase.trainer_options,
        )
        _remove_printing(trainer)
        # Whatever preparing the trainer drew, training starts from the same state; dropout differs by process.
        set_seed((work.seed + processes.rank()) % 2**32)
        if over:
            trainer.load_weights(str(found))
        else:
            with noisy_embeddings(model, settings.neftune_noise_alpha, phase.pad_token, work.seed) as state.noise:
                trainer.train(resume_from_checkpoint=str(found) if found is not None else None)
    # The trainers write padding and end tokens into both; the model's own are kept.
    vars(phase.model.config).clear()
    vars(phase.model.config).update(configuration)
    adapted = getattr(phase.model, "get_base_model", None)  # the configuration is the model's, not the adapter's
    (adapted() if adapted is not None else phase.model).generation_config = generation
    if phase.held_out is not None and phase.held_out.keep == "best":
        load_best(phase.model, folder, log)
    if not all(torch.isfinite(p).all() for p in phase.model.parameters()):
        raise UserError(state.not_a_number(log.steps, "its records are not known"))
    return log


def _last_checkpoint(folder: Path) -> Path | None:
    """Return the last whole checkpoint; what is not whole, or older, is removed by the first process."""
    if processes.is_first():
        folder.mkdir(parents=True, exist_ok=True)
        checkpoints.keep_only(folder, checkpoints.last_complete(folder))
    processes.wait()
    return checkpoints.last_complete(folder)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep transformers, TRL and datasets from printing bars and notes of their own; restores them afterwards."""
    import datasets
    from transformers.utils import logging as transformers_logging

    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    dataset_bars = datasets.are_progress_bars_disabled()
    tqdm = os.environ.get("TQDM_DISABLE")
    loggers = [logging.getLogger(name) for name in ("trl", "accelerate", "datasets")]
    levels = [logger.level for logger in loggers]
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    datasets.disable_progress_bars()
    os.environ["TQDM_DISABLE"] = "1"
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
        if not dataset_bars:
            datasets.enable_progress_bars()
        if tqdm is None:
            os.environ.pop("TQDM_DISABLE", None)
        else:
            os.environ["TQDM_DISABLE"] = tqdm


def _remove_printing(trainer: Any) -> None:
    from transformers import PrinterCallback, ProgressCallback

    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
