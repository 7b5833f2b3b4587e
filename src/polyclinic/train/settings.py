"""The settings that every training kind shares, and what is checked of them against a model before the first step.

This file knows nothing about data: what a row of tokens is stands in `token_rows` and `batches`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.step_settings import Runtime, Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LONGEST_DEFAULT = 4096  # tokens; MediPhi's length, where the model has that many positions


class OptimizerSettings(Settings):
    """How the optimizer goes down, whatever it is given to learn."""

    batch_size: int = Field(16, ge=1, description="rows that one device takes at once")
    gradient_accumulation: int = Field(1, ge=1, description="batches that are summed into one optimizer step")
    max_length: int | None = Field(
        None,
        ge=8,
        description="tokens in a row; when not given, 4,096 or the positions the model has, if fewer",
    )
    warmup_steps: float = Field(
        0, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    schedule: Literal["cosine", "linear", "constant"] = Field(
        "cosine", description="how the learning rate falls after the warm-up"
    )
    weight_decay: float = Field(0.0, ge=0, le=1, description="AdamW's decoupled weight decay")
    adam_beta1: float = Field(0.9, ge=0, lt=1, description="AdamW's decay of the mean of the gradients")
    adam_beta2: float = Field(0.999, ge=0, lt=1, description="AdamW's decay of the mean of their squares")
    max_gradient_norm: float = Field(
        1.0, ge=0, description="gradients longer than this are shortened to it; 0 leaves them"
    )
    neftune_noise_alpha: float = Field(
        0.0, ge=0, description="noise on the embeddings while training (NEFTune, arXiv 2310.05914); 0 is none"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "bfloat16",
        description="arithmetic of the forward and backward pass; the weights stay float32. "
        "bfloat16 is for accelerators: on most CPUs it is slower than float32",
    )
    checkpoint_every: Annotated[int, Runtime] = Field(
        200, ge=1, description="optimizer steps between checkpoints, from which a killed run goes on"
    )
    log_every: Annotated[int, Runtime] = Field(
        10, ge=1, description="optimizer steps in one line of training_log.jsonl"
    )
    gradient_checkpointing: Annotated[bool, Runtime] = Field(
        False,
        description="compute activations a second time in the backward pass instead of keeping them: much less "
        "memory, a third more time, the same result",
    )
    stop_at_spike: Annotated[float, Runtime] = Field(
        10.0,
        ge=0,
        description="standard deviations of the last 50 losses above their mean, and at least 1 nat, at which a "
        "step's loss stops the run; 0 is never",
    )
    sharding: Annotated[Literal["none", "full"], Runtime] = Field(
        "none",
        description="with --launch: none, every process has the whole model (DDP); full, each has a part of the "
        "weights, gradients and optimizer states (FSDP2), for what does not fit",
    )
    report_to: Annotated[list[Literal["tensorboard", "wandb", "mlflow"]], Runtime] = Field(
        [], description="where losses are shown as well while it runs, if installed: tensorboard, wandb, mlflow"
    )


class HeldOutSettings(Settings):
    """How often records that are not trained on are looked at, and what follows from it."""

    evaluate_every: int = Field(100, ge=1, description="optimizer steps between two looks at the held-out loss")
    patience: int | None = Field(
        None, ge=1, description="looks without a lower held-out loss that end the training; when not given, none do"
    )
    keep: Literal["best", "last"] = Field(
        "best",
        description="with held-out records: whether the weights of the lowest held-out loss or the last are kept",
    )


class TrainingSettings(OptimizerSettings, HeldOutSettings):
    """The settings of a training that goes on from a model."""

    output_dtype: Literal["same", "float32", "bfloat16"] = Field(
        "same", description="type of the weights that are written; `same` is that of the model it started from"
    )


def row_length(
    settings: OptimizerSettings, model: PreTrainedModel | SimpleNamespace, place: str = "max_length"
) -> int:
    """Return the tokens a row may have.

    Raises UserError when `max_length` is more than the positions the model has.
    """
    config = model.config.get_text_config()
    positions = getattr(config, "max_position_embeddings", None)
    if settings.max_length is None:
        return min(LONGEST_DEFAULT, positions or LONGEST_DEFAULT)
    if positions is not None and settings.max_length > positions:
        raise UserError(
            f"{place}: {settings.max_length} tokens, but the model has {positions} positions; "
            f"give at most {positions}, or leave it out"
        )
    return settings.max_length


def check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, place: str) -> None:
    """Check that every token has its row in the embedding; padding rows beyond are allowed. Raises UserError."""
    rows = model.get_input_embeddings().weight.shape[0]
    largest = max(tokenizer.get_vocab().values())
    if largest >= rows:
        raise UserError(
            f"{place}: the tokenizer has tokens up to number {largest}, the model's embedding has {rows} rows; "
            "tokenizer and weights are not of the same model"
        )
