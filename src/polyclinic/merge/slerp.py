"""SLERP: two models merged along the arc between them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Parents
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32, dot
from polyclinic.merge.settings import MergeSettings
from polyclinic.steps import Model, Work, step_kind

LINEAR = 0.9995  # cosine from which the arc is taken for a line, as mergekit does


def slerp_tensor(parents: Parents, t: float) -> Iterator[Float32]:
    """Yield the blocks of the base and one model merged on the sphere.

    With omega the angle between base and model, both flattened:

        merged = sin((1 - t) omega) / sin(omega) * base + sin(t omega) / sin(omega) * model

    and (1 - t) base + t model where |cos(omega)| > 0.9995, or where one of them is zero and there is no angle.

    Source: Shoemake, "Animating rotation with quaternion curves", 1985, section 3.3; the limit is mergekit's.
    At t = 0 the result is the base, at t = 1 the model, bit for bit.

    Args:
        parents: the tensor of the base and of one model.
        t: share of the model, 0 to 1.
    """
    if t in (0.0, 1.0):  # no rounding, not even of the sign of a zero
        for block in parents.blocks():
            yield block.models[0] if t else block.base
        return
    cosine, _, _ = angle(parents)
    line = cosine is None or abs(cosine) > LINEAR
    parents.counts["off the line", 0] = 0 if line else parents.size
    if cosine is None or line:
        base_share, model_share = 1 - t, t
    else:
        omega = math.acos(cosine)
        base_share, model_share = (math.sin((1 - t) * omega) / math.sin(omega), math.sin(t * omega) / math.sin(omega))
    for block in parents.blocks():
        merged = np.multiply(block.base, base_share, out=block.base)
        merged += np.multiply(block.models[0], model_share, out=block.models[0])
        yield merged


def angle(parents: Parents) -> tuple[float | None, float, float]:
    """Return cosine, norm of the base and norm of the model; the cosine is None when one of them is zero."""
    product = base_squares = model_squares = 0.0
    for block in parents.blocks():
        model = block.models[0]
        product += dot(block.base, model)
        base_squares += dot(block.base, block.base)
        model_squares += dot(model, model)
    norms = math.sqrt(base_squares), math.sqrt(model_squares)
    if not norms[0] or not norms[1]:
        return None, *norms
    return max(-1.0, min(1.0, product / (norms[0] * norms[1]))), *norms


class SlerpSettings(MergeSettings):
    models: list[Model] = Field(min_length=1, description="the one model to merge with the base")
    t: float = Field(0.5, ge=0, le=1, description="share of the model: 0 gives the base, 1 the model")

    @field_validator("models")
    @classmethod
    def _one_model(cls, models: list[Model]) -> list[Model]:
        if len(models) != 1:
            raise ValueError(f"slerp merges the base with one model, found {len(models)}")
        return models


@step_kind("merge.slerp", SlerpSettings, output="model", version=1, check=check_mergeable)
def slerp(settings: SlerpSettings, work: Work) -> None:
    """Merge a model with its base along the arc between them (Shoemake 1985); MediPhi's way back to the base."""
    merged = merge_models(settings, work, lambda parents: slerp_tensor(parents, settings.t))
    total = sum(parents.size for parents in merged)
    off = sum(parents.counts["off the line", 0] for parents in merged)
    work.facts["share_off_the_line"] = round(off / total, 6) if total else 0.0
    work.facts["tensors_off_the_line"] = [p.name for p in merged if p.counts["off the line", 0]]
