"""Task arithmetic: what each model learnt, added to the base."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import DeltaSettings
from polyclinic.steps import Work, step_kind


def task_arithmetic_tensor(parents: Parents, weights: Sequence[float], scale: float = 1.0) -> Iterable[Float32]:
    """Return the blocks of the base plus the weighted sum of the deltas.

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
    return Combined(parents, 1 - sum(shares), shares)


@step_kind("merge.task_arithmetic", DeltaSettings, output="model", version=1, check=check_mergeable)
def task_arithmetic(settings: DeltaSettings, work: Work) -> None:
    """Add the weighted deltas of all models to the base (Ilharco et al. 2023)."""

    def method(parents: Parents) -> Iterable[Float32]:
        weights = settings.model_weights(settings.at(parents.position))
        return task_arithmetic_tensor(parents, weights, settings.scale)

    merge_models(settings, work, method)
