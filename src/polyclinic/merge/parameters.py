"""Parameters of a merge that need not be the same everywhere: by model, by layer, by tensor, or running over depth.

Depth goes from 0 at the first layer to 1 at the last; what comes before the layers (embeddings) has depth 0, what
comes after them (last norm, head) depth 1. This file knows the values, not what methods do with them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, field_validator, model_serializer, model_validator

from polyclinic.errors import UserError, did_you_mean
from polyclinic.step_settings import Settings

LAYER = re.compile(r"\.(\d+)\.")
BEFORE_LAYERS = re.compile(r"(^|\.)(embed\w*|wte|wpe|word_embeddings)\.")
NAMES = ("weights", "density", "gamma", "epsilon", "t")  # parameters a rule can set
OUTSIDE = "outside"  # the tensors that lie in no layer


def _amount(value: Any) -> Any:
    """Return a number, or the text of a gradient in one spelling: 0..0.5..1 becomes 0.0..0.5..1.0."""
    if not isinstance(value, str):
        return value
    try:
        anchors = [float(part) for part in value.split("..")]
    except ValueError:
        raise ValueError(
            f"expected a number, or numbers joined by '..' that run over depth such as 0.2..0.8, found {value!r}"
        ) from None
    if not all(math.isfinite(anchor) for anchor in anchors):
        raise ValueError(f"expected finite numbers, found {value!r}")
    return anchors[0] if len(anchors) == 1 else "..".join(map(str, anchors))


Amount: TypeAlias = Annotated[float | str, BeforeValidator(_amount)]  # a number, or a gradient over depth


def amount_at(amount: float | str, depth: float) -> float:
    """Return the value at a depth from 0 to 1: anchors lie at equal distances, with straight lines between them."""
    if not isinstance(amount, str):
        return amount
    points = anchors(amount)
    place = depth * (len(points) - 1)
    left = min(int(place), len(points) - 2)
    share = place - left
    return (1 - share) * points[left] + share * points[left + 1]


def anchors(amount: float | str) -> list[float]:
    """Return the numbers an amount runs through; their extremes are its extremes."""
    return [float(part) for part in amount.split("..")] if isinstance(amount, str) else [amount]


def corner_depths(values: Mapping[str, Sequence[float | str]]) -> list[float]:
    """Return the depths at which any of the amounts has an anchor: what is linear is extreme there."""
    depths = {0.0}
    for amounts in values.values():
        for amount in amounts:
            last = len(anchors(amount)) - 1
            depths |= {place / last for place in range(last + 1) if last}
    return sorted(depths)


@dataclass(frozen=True)
class Position:
    """Where a tensor lies in the model."""

    name: str
    layer: int | None = None  # None outside the layers
    depth: float = 0.0


def positions(names: Sequence[str]) -> dict[str, Position]:
    """Return where each tensor lies, from the names of all."""
    found = {name: LAYER.search(name) for name in names}
    last = max((int(match.group(1)) for match in found.values() if match), default=0)
    placed = {}
    for name, match in found.items():
        if match:
            layer = int(match.group(1))
            placed[name] = Position(name, layer, layer / last if last else 1.0)
        else:
            placed[name] = Position(name, None, 0.0 if BEFORE_LAYERS.search(name) else 1.0)
    return placed


class Rule(Settings):
    """Other values for some tensors. In a list for each model, null leaves that model's value as it is."""

    tensors: str = Field("", description="regular expression found in the tensor's name; empty = every name")
    layers: str = Field(
        "", description="layers from 0 on, both ends included, as in 0-7 or 3 or 0-3,28-31; outside = in no layer"
    )
    weights: list[Amount | None] | None = Field(None, description="weights there")
    density: list[Amount | None] | None = Field(None, description="density there")
    gamma: list[Amount | None] | None = Field(None, description="gamma there")
    epsilon: list[Amount | None] | None = Field(None, description="epsilon there")
    t: list[Amount | None] | None = Field(None, description="t there")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    known = list(cls.model_fields)
                    raise ValueError(
                        f"unknown key {key!r}{did_you_mean(str(key), known)}; a rule has {', '.join(known)}"
                    )
        return data

    @field_validator(*NAMES, mode="before")
    @classmethod
    def _one_for_all(cls, value: Any) -> Any:
        return value if isinstance(value, list) or value is None else [value]

    @field_validator("layers", mode="before")
    @classmethod
    def _layers_as_text(cls, value: Any) -> Any:
        text = str(value) if isinstance(value, int) else value
        if isinstance(text, str) and text not in ("", OUTSIDE):
            ranges = _ranges(text)
            if any(first > last for first, last in ranges):
                raise ValueError(f"expected layers from a lower to a higher number, found {text!r}")
        return text

    @field_validator("tensors")
    @classmethod
    def _an_expression(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {value!r}: {error}") from None
        return value

    @model_serializer
    def _what_is_set(self) -> dict[str, Any]:
        places = {name: text for name, text in (("tensors", self.tensors), ("layers", self.layers)) if text}
        return {**places, **self.values()}

    def values(self) -> dict[str, list[float | str | None]]:
        """Return the parameters the rule sets."""
        given = {name: getattr(self, name) for name in NAMES}
        return {name: list(amounts) for name, amounts in given.items() if amounts is not None}

    def matches(self, position: Position) -> bool:
        """Say whether the rule is for a tensor."""
        if self.tensors and not re.search(self.tensors, position.name):
            return False
        if not self.layers:
            return True
        if self.layers == OUTSIDE or position.layer is None:
            return self.layers == OUTSIDE and position.layer is None
        return any(first <= position.layer <= last for first, last in _ranges(self.layers))

    def text(self) -> str:
        """Return what tensors the rule is for, as messages name it."""
        parts = [f"tensors {self.tensors!r}" if self.tensors else "", f"layers {self.layers}" if self.layers else ""]
        return ", ".join(filter(None, parts)) or "all tensors"

    def check_matches(self, placed: Mapping[str, Position]) -> None:
        """Check that there are such tensors and such layers. Raises UserError."""
        if self.layers not in ("", OUTSIDE):
            count = 1 + max((p.layer for p in placed.values() if p.layer is not None), default=-1)
            highest = max(last for _, last in _ranges(self.layers))
            if highest >= count:
                raise UserError(
                    f"where: the rule for {self.text()} names layer {highest}, "
                    + (f"the model's layers are 0 to {count - 1}" if count else "the model has no layers")
                )
        if not any(self.matches(position) for position in placed.values()):
            example = next(iter(placed), "")
            raise UserError(
                f"where: the rule for {self.text()} is for no tensor of the model; names look like {example!r}"
            )


def overlay(
    common: Mapping[str, Sequence[float | str]], rule: Mapping[str, Sequence[float | str | None]], models: int
) -> dict[str, list[float | str]]:
    """Return the common values with a rule's in their place, one for each model."""
    found = {name: list(amounts) * (models if len(amounts) == 1 else 1) for name, amounts in common.items()}
    for name, amounts in rule.items():
        several = list(amounts) * (models if len(amounts) == 1 else 1)
        found[name] = [old if new is None else new for old, new in zip(found[name], several, strict=True)]
    return found


def _ranges(text: str) -> list[tuple[int, int]]:
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
        if match is None:
            raise ValueError(f"expected layers such as 0-7, 3 or {OUTSIDE}, found {text!r}")
        ranges.append((int(match.group(1)), int(match.group(2) or match.group(1))))
    return ranges
