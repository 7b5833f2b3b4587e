"""Task arithmetic: what each model learnt, added to the base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Parents
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import MergeSettings, normalized, one_for_each_model, spread
from polyclinic.steps import Work, step_kind


def task_arithmetic_tensor(parents: Parents, weights: Sequence[float], scale: float = 1.0) -> Iterator[Float32]:
    """Yield the blocks of the base plus the weighted sum of the deltas.

        merged = base + scale * sum_k w_k (model_k - base)

    It is computed as (1 - scale sum_k w_k) base + scale sum_k w_k model_k, so that one model with weight 1 comes back
    bit for bit.

    Source: Ilharco et al., "Editing models with task arithmetic", ICLR 2023, section 2.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        scale: multiplies the whole sum.
    """
    shares = [scale * weight for weight in weights]
    base_share = 1 - sum(shares)
    for block in parents.blocks(base=base_share != 0):
        parts = ([(base_share, block.base)] if base_share else []) + list(zip(shares, block.models, strict=True))
        merged = None
        for share, values in parts:
            if share:
                np.multiply(values, share, out=values)
                merged = values if merged is None else np.add(merged, values, out=merged)
        yield merged if merged is not None else np.zeros(block.models[0].size, np.float32)


class TaskArithmeticSettings(MergeSettings):
    weights: list[float] = Field(
        [1.0], min_length=1, description="how much of each model's delta is added; one for each model, or one for all"
    )
    scale: float = Field(1.0, description="multiplies the sum of the weighted deltas (lambda)")
    normalize: bool = Field(False, description="divide the weights by their sum")

    _weights = field_validator("weights")(one_for_each_model)


@step_kind("merge.task_arithmetic", TaskArithmeticSettings, output="model", version=1, check=check_mergeable)
def task_arithmetic(settings: TaskArithmeticSettings, work: Work) -> None:
    """Add the weighted deltas of all models to the base (Ilharco et al. 2023)."""
    weights = normalized(spread(settings.weights, len(settings.models)), settings.normalize)
    merge_models(settings, work, lambda parents: task_arithmetic_tensor(parents, weights, settings.scale))
