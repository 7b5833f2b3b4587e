"""The settings that all merge kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from polyclinic.errors import UserError
from polyclinic.merge.kernel import Choice
from polyclinic.merge.parameters import NAMES, Amount, Position, Rule, amount_at, anchors, corner_depths, overlay
from polyclinic.step_settings import Model, ModelOrAdapter, Runtime, Settings

Flavour = Literal["paper", "mergekit"]  # where authors and the common tool differ


class MergeSettings(Settings):
    """Inputs of every merge, and how it runs."""

    base: Model = Field(
        description="the model the others were trained from; gives configuration, tokenizer, chat template and dtype"
    )
    models: list[ModelOrAdapter] = Field(
        min_length=1,
        description="the models to merge, with the base's tensors and tokenizer, or LoRA adapters of the base",
    )
    vocabulary: Literal["same", "base", "union"] = Field(
        "same",
        description="same: refuse models with another tokenizer; base: take the base's tokens and align the models' "
        "rows to them; union: take the tokens of all",
    )
    dtype: Literal["base", "float32", "bfloat16", "float16"] = Field(
        "base", description="dtype of the result; base = what the base's weights are stored in"
    )
    chat_template: str = Field("", description="chat template (Jinja) of the result; empty = the base's")
    shard_size_mb: Annotated[int, Runtime] = Field(
        5000, ge=1, description="largest weight file that is written, in millions of bytes"
    )
    threads: Annotated[int, Runtime] = Field(
        0,
        ge=0,
        le=256,
        description="tensors merged at the same time; 0: two for each core, as one waits for the disk while another "
        "is merged",
    )
    kernel: Annotated[Choice, Runtime] = Field(
        "auto",
        description="what does the arithmetic: compiled, numpy (the same bytes, more slowly), or auto: compiled "
        "where it is installed",
    )
    where: list[Rule] = Field(
        [],
        description="other values for some tensors: a list of rules, each with `tensors` (regular expression) or "
        "`layers` (0-7) or both, and the parameters there; the last rule that matches counts",
    )

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        common = self.parameters()
        for depth in corner_depths(common):
            self.check_together(_at(overlay(common, {}, len(self.models)), depth))
        for rule in self.where:
            given = rule.values()
            if not given:
                raise ValueError(f"where: the rule for {rule.text()} sets nothing; it can set {', '.join(common)}")
            for name, amounts in given.items():
                if name not in common:
                    has = f"has {', '.join(common)}" if common else "has none"
                    raise ValueError(f"where: {name} is no parameter of this method, which {has}")
                one_for_each(amounts, len(self.models), f"where: {name}: ")
                if name != "weights":
                    check = not_negative if name == "gamma" else each_a_share
                    check([amount for amount in amounts if amount is not None])
            combined = overlay(common, given, len(self.models))
            for depth in corner_depths(combined):
                self.check_together(_at(combined, depth))
        return self

    def parameters(self) -> dict[str, Sequence[float | str]]:
        """Return the parameters that can differ from place to place, with their common values."""
        return {name: getattr(self, name) for name in NAMES if name in type(self).model_fields}

    def at(self, position: Position) -> dict[str, list[float]]:
        """Return the values of all parameters for one tensor, one for each model."""
        found = overlay(self.parameters(), {}, len(self.models))
        for rule in self.where:
            if rule.matches(position):
                found = overlay(found, rule.values(), len(self.models))
        return _at(found, position.depth)

    def check_everywhere(self, placed: Mapping[str, Position]) -> None:
        """Check that every rule is for some tensor, and that values go together in each. Raises UserError."""
        for rule in self.where:
            rule.check_matches(placed)
        for name, position in placed.items():
            try:
                self.check_together(self.at(position))
            except ValueError as error:
                raise UserError(f"tensor {name}: {error}") from error

    def check_together(self, values: Mapping[str, Sequence[float]]) -> None:
        """Check the values of one tensor that have to fit each other; raises ValueError."""


def _at(values: Mapping[str, Sequence[float | str]], depth: float) -> dict[str, list[float]]:
    return {name: [amount_at(amount, depth) for amount in amounts] for name, amounts in values.items()}


def one_for_each(values: Sequence[Any], models: int, place: str = "") -> None:
    """Check that there is one value, or one for every model; raises ValueError."""
    if len(values) not in (1, models):
        raise ValueError(
            f"{place}{len(values)} values for {models} models; "
            "give one for each model, in their order, or a single one for all"
        )


def one_for_each_model(values: Sequence[float | str], info: ValidationInfo) -> Sequence[float | str]:
    """Check that there is one value, or one for every model; for a field validator. Raises ValueError."""
    models = info.data.get("models")
    if models is not None:
        one_for_each(values, len(models))
    return values


def spread(values: Sequence[float], models: int) -> list[float]:
    """Return one value for every model: `values` itself, or its only value repeated."""
    return list(values) * models if len(values) == 1 else list(values)


def check_sum(weights: Sequence[float], normalize: bool = True) -> None:
    """Check that weights that are to be divided by their sum have one that is not zero; raises ValueError."""
    if normalize and not sum(weights):
        raise ValueError(
            f"the weights {list(weights)} sum to zero and cannot be divided by it; set normalize to false"
        )


def normalized(weights: Sequence[float], normalize: bool = True) -> list[float]:
    """Return the weights divided by their sum, or as they are. Raises UserError when their sum is zero."""
    try:
        check_sum(weights, normalize)
    except ValueError as error:
        raise UserError(str(error)) from None
    total = sum(weights)
    return [weight / total for weight in weights] if normalize else list(weights)


def each_a_share(values: Sequence[float | str]) -> Sequence[float | str]:
    """Check that all values are from 0 to 1; for a field validator. Raises ValueError."""
    for value in values:
        if not all(0 <= number <= 1 for number in anchors(value)):
            raise ValueError(f"expected shares from 0 to 1, found {value}")
    return values


def not_negative(values: Sequence[float | str]) -> Sequence[float | str]:
    """Check that no value is below 0; for a field validator. Raises ValueError."""
    lowest = min((number for value in values for number in anchors(value)), default=0.0)
    if lowest < 0:
        raise ValueError(f"a share cannot be below 0, found {lowest}")
    return values


class DeltaSettings(MergeSettings):
    """What every method has that adds deltas (model minus base) to the base."""

    weights: list[Amount] = Field(
        [1.0], min_length=1, description="how much of each model's delta is added; one for each model, or one for all"
    )
    scale: float = Field(1.0, description="multiplies the sum of the weighted deltas (lambda)")
    normalize: bool = Field(False, description="divide the weights by their sum")

    _one_weight_each = field_validator("weights")(one_for_each_model)

    def model_weights(self, values: Mapping[str, list[float]]) -> list[float]:
        """Return the weights for one tensor, divided by their sum where `normalize` says so. Raises UserError."""
        return normalized(values["weights"], self.normalize)
