"""One phase of training on the Trainer of transformers or one of TRL's, with exact resume.

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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from polyclinic.errors import UserError
from polyclinic.progress import Progress
from polyclinic.steps import Work
from polyclinic.train import checkpoints
from polyclinic.train.noise import noisy_embeddings
from polyclinic.train.settings import OptimizerSettings
from polyclinic.train.training_log import TrainingLog

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Batches(Protocol):
    """A plan of batches: how many, each a list of keys of the data set, over how many passes."""

    batch_size: int

    @property
    def epochs(self) -> float:
        """Passes over the data."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[list[Any]]: ...


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
    step_loss: float = field(default=0.0, init=False)  # of the step that is under way
    keep_final: bool = False  # whether to write a checkpoint at the end, for a next phase to go on from


def train_phase(phase: Phase, settings: OptimizerSettings, work: Work, folder: Path) -> TrainingLog:
    """Train `phase.model` and return its log; goes on from the last whole checkpoint in `folder`.

    Raises UserError when the warm-up is as long as the training, or when the loss is no longer a number.
    """
    import torch
    from transformers import Trainer, TrainingArguments, set_seed

    folder.mkdir(parents=True, exist_ok=True)
    found = checkpoints.last_complete(folder)
    checkpoints.keep_only(folder, found)
    log = TrainingLog(phase.name)
    if found is not None:
        log.load(found)
    steps = math.ceil(len(phase.batches) / settings.gradient_accumulation)
    if settings.warmup_steps >= 1 and settings.warmup_steps >= steps:
        raise UserError(
            f"warmup_steps: {settings.warmup_steps:g}, but {phase.name} ends at step {steps}, so the learning rate "
            "would never reach its peak; give fewer, a share such as 0.05, or smaller batches"
        )
    configuration, generation = copy.deepcopy(vars(phase.model.config)), copy.deepcopy(phase.model.generation_config)
    phase.model.config.use_cache = False  # a cache would also undo the isolation of packed documents
    on_cpu = not torch.cuda.is_available()
    with quiet_libraries(), work.progress(phase.name, steps) as progress:
        progress.advance(log.steps)
        arguments = (phase.arguments or TrainingArguments)(
            output_dir=str(folder),
            use_cpu=on_cpu,
            bf16=settings.precision == "bfloat16",
            per_device_train_batch_size=phase.batches.batch_size,
            gradient_accumulation_steps=settings.gradient_accumulation,
            num_train_epochs=1,  # the plan holds all epochs
            learning_rate=phase.learning_rate,
            lr_scheduler_type=settings.schedule if settings.schedule != "constant" else "constant_with_warmup",
            warmup_steps=settings.warmup_steps,
            weight_decay=settings.weight_decay,
            adam_beta1=settings.adam_beta1,
            adam_beta2=settings.adam_beta2,
            max_grad_norm=settings.max_gradient_norm,
            seed=work.seed,
            data_seed=work.seed,
            dataloader_pin_memory=not on_cpu,
            gradient_checkpointing=False,
            logging_strategy="no",
            logging_nan_inf_filter=False,
            save_strategy="no",  # the callback asks for checkpoints
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            **phase.argument_options,
        )
        trainer = _planned(phase.trainer or Trainer, phase, log)(
            model=phase.model,
            args=arguments,
            data_collator=phase.collate,
            train_dataset=phase.data_set,
            callbacks=[_callback(phase, settings, log, progress, steps)],
            **phase.trainer_options,
        )
        _remove_printing(trainer)
        set_seed(work.seed)  # whatever preparing the trainer has drawn, the training starts from the same state
        with noisy_embeddings(phase.model, settings.neftune_noise_alpha, phase.pad_token):
            trainer.train(resume_from_checkpoint=str(found) if found is not None else None)
    # The trainers write padding and end tokens into both; the model's own are kept.
    vars(phase.model.config).clear()
    vars(phase.model.config).update(configuration)
    adapted = getattr(phase.model, "get_base_model", None)  # the configuration is the model's, not the adapter's
    (adapted() if adapted is not None else phase.model).generation_config = generation
    if not all(torch.isfinite(p).all() for p in phase.model.parameters()):
        raise UserError(_not_a_number(phase.name, log.steps))
    return log


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


def _planned(base: Any, phase: Phase, log: TrainingLog) -> Any:
    """Return `base` as a trainer that takes our batches, notes its losses and marks its checkpoints."""

    class Planned(base):  # type: ignore[misc]
        def get_train_dataloader(self) -> Any:
            from torch.utils.data import DataLoader

            loader = DataLoader(
                self.train_dataset,
                batch_sampler=phase.batches,
                collate_fn=self.data_collator,
            )
            return self.accelerator.prepare(loader)

        def training_step(self, *given: Any, **named: Any) -> Any:
            loss = super().training_step(*given, **named)
            value = float(loss)
            if not math.isfinite(value):
                raise UserError(_not_a_number(phase.name, self.state.global_step + 1))
            phase.step_loss += value
            return loss

        def _save_checkpoint(self, *given: Any, **named: Any) -> None:
            super()._save_checkpoint(*given, **named)
            folder = Path(self.args.output_dir)
            checkpoint = folder / f"checkpoint-{self.state.global_step}"
            log.save(checkpoint)
            checkpoints.mark_complete(checkpoint)
            checkpoints.keep_only(folder, checkpoint)

        def _prepare_dataset(self, data_set: Any, *given: Any, **named: Any) -> Any:
            return data_set  # TRL's preparation; the rows are ready

        def create_model_card(self, *given: Any, **named: Any) -> None:
            """Write none: the artifact has its own."""

    return Planned


def _callback(phase: Phase, settings: OptimizerSettings, log: TrainingLog, progress: Progress, steps: int) -> Any:
    from transformers import TrainerCallback

    class Steps(TrainerCallback):  # type: ignore[misc]
        learning_rate = 0.0  # of the step that is under way

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            self.learning_rate = given["optimizer"].param_groups[0]["lr"]

        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> Any:
            step = state.global_step
            log.add(phase.step_loss, self.learning_rate, phase.batches.epochs * step / steps)
            phase.step_loss = 0.0
            progress.advance(1, f"loss {log.final_loss(settings.log_every):.3f}")
            due = step % settings.checkpoint_every == 0 and step < steps
            control.should_save = due or (phase.keep_final and step == steps)
            return control

    return Steps()


def _remove_printing(trainer: Any) -> None:
    from transformers import PrinterCallback, ProgressCallback

    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)


def _not_a_number(phase: str, step: int) -> str:
    return (
        f"{phase}: the loss is not a number any more at step {step}; nothing was written. Lower learning_rate, raise "
        "warmup_steps, or set precision to float32"
    )
