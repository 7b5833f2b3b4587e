"""The settings that all merge kinds share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from polyclinic.errors import UserError
from polyclinic.steps import Model, Runtime, Settings

Flavour = Literal["paper", "mergekit"]  # where authors and the common tool differ


class MergeSettings(Settings):
    """Inputs of every merge, and how it runs."""

    base: Model = Field(
        description="the model the others were trained from; gives configuration, tokenizer, chat template and dtype"
    )
    models: list[Model] = Field(
        min_length=1, description="the models to merge, with the base's tensors and tokenizer"
    )
    shard_size_mb: Annotated[int, Runtime] = Field(
        5000, ge=1, description="largest weight file that is written, in millions of bytes"
    )
    threads: Annotated[int, Runtime] = Field(
        0, ge=0, le=256, description="tensors merged at the same time; 0 takes all cores this process may use"
    )


def one_for_each_model(values: Sequence[float], info: ValidationInfo) -> Sequence[float]:
    """Check that there is one value, or one for every model; for a field validator. Raises ValueError."""
    models = info.data.get("models")
    if models is not None and len(values) not in (1, len(models)):
        raise ValueError(
            f"{len(values)} values for {len(models)} models; "
            "give one for each model, in their order, or a single one for all"
        )
    return values


def spread(values: Sequence[float], models: int) -> list[float]:
    """Return one value for every model: `values` itself, or its only value repeated."""
    return list(values) * models if len(values) == 1 else list(values)


def normalized(weights: Sequence[float], normalize: bool = True) -> list[float]:
    """Return the weights divided by their sum, or as they are. Raises UserError when their sum is zero."""
    total = sum(weights)
    if normalize and not total:
        raise UserError(
            f"the weights {list(weights)} sum to zero and cannot be divided by it; set normalize to false"
        )
    return [weight / total for weight in weights] if normalize else list(weights)


def each_a_share(values: Sequence[float]) -> Sequence[float]:
    """Check that all values are from 0 to 1; for a field validator. Raises ValueError."""
    for value in values:
        if not 0 <= value <= 1:
            raise ValueError(f"expected shares from 0 to 1, found {value}")
    return values


class DeltaSettings(MergeSettings):
    """What every method has that adds deltas (model minus base) to the base."""

    weights: list[float] = Field(
        [1.0], min_length=1, description="how much of each model's delta is added; one for each model, or one for all"
    )
    scale: float = Field(1.0, description="multiplies the sum of the weighted deltas (lambda)")
    normalize: bool = Field(False, description="divide the weights by their sum")

    _one_weight_each = field_validator("weights")(one_for_each_model)

    def model_weights(self) -> list[float]:
        """Return one weight for each model, divided by their sum where `normalize` says so. Raises UserError."""
        return normalized(spread(self.weights, len(self.models)), self.normalize)
