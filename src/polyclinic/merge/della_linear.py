"""DELLA's dropping without an election: what is kept of the deltas is summed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from polyclinic.merge.blocks import Parents
from polyclinic.merge.della import DellaSettings, magnitude_pruned
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import Added
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import Flavour
from polyclinic.steps import Work, step_kind


def della_linear_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    epsilon: Sequence[float],
    seed: int,
    scale: float = 1.0,
    flavour: Flavour = "paper",
) -> Iterable[Float32]:
    """Return the blocks of base + scale * sum_k w_k MagPrune(model_k - base).

    Source: Deep et al., "DELLA-merging", 2024, section 3.1, without its election; as mergekit's `della_linear`.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density, epsilon, seed, flavour: see `magnitude_pruned`.
        scale: multiplies the sum.
    """
    return Added(magnitude_pruned(parents, density, epsilon, seed, flavour), weights, scale)


class DellaLinearSettings(DellaSettings):
    normalize: bool = Field(False, description="divide the weights by their sum")


@step_kind("merge.della_linear", DellaLinearSettings, output="model", version=2, check=check_mergeable)
def della_linear(settings: DellaLinearSettings, work: Work) -> None:
    """Drop small entries of the deltas sooner than large ones and sum the rest (Deep et al. 2024)."""

    def method(parents: Parents) -> Iterable[Float32]:
        arguments = settings.arguments(parents.position, work.seed)
        return della_linear_tensor(parents, **{**arguments, "weights": settings.model_weights(arguments)})

    merge_models(settings, work, method)
