"""Fisher: the mean of the models in which each entry counts by how sure its model is of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined
from polyclinic.merge.engine import merge_models
from polyclinic.merge.given_statistics import StatisticsSettings, check_statistics, open_statistics
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import normalized
from polyclinic.merge.weights import Tensor
from polyclinic.steps import Work, step_kind


def fisher_tensor(
    parents: Parents, weights: Sequence[float], information: Sequence[Tensor], floor: float = 1e-6
) -> Iterator[Float32]:
    """Yield the blocks of the mean of the models, entry by entry.

        merged = sum_k w_k max(F_k, floor) model_k / sum_k w_k max(F_k, floor)

    Source: Matena and Raffel, "Merging models with Fisher-weighted averaging", NeurIPS 2022, equation 3; the floor is
    that of their code, and makes a plain mean where no model is sure.

    Args:
        parents: the tensor of every model; the base takes no part.
        weights: w_k, one for each model; they sum to 1.
        information: F_k, the diagonal of each model's Fisher information, shaped as the tensor.
        floor: smallest information.
    """
    for block in parents.blocks(base=False):
        size = block.models[0].size
        above, below, known = np.zeros(size), np.zeros(size), np.empty(size, np.float32)
        for weight, values, tensor in zip(weights, block.models, information, strict=True):
            tensor.read(block.start, known)
            if known.min(initial=0) < 0:
                raise UserError(
                    f"the Fisher information of {parents.name} has entries below 0; it is a mean of squares"
                )
            share = weight * np.maximum(known, floor).astype(np.float64)
            above += share * values
            below += share
        yield (above / below).astype(np.float32)


class FisherSettings(StatisticsSettings):
    floor: float = Field(1e-6, gt=0, description="smallest Fisher information an entry counts with")


def _check(settings: FisherSettings) -> None:
    check_statistics(settings, lambda tensor: (tensor.shape,))


@step_kind("merge.fisher", FisherSettings, output="model", version=1, check=_check)
def fisher(settings: FisherSettings, work: Work) -> None:
    """Average the models, each entry weighted by its Fisher information (Matena and Raffel 2022)."""
    _check(settings)
    with open_statistics(settings.statistics) as found:

        def method(parents: Parents) -> Iterable[Float32]:
            weights = normalized(settings.at(parents.position)["weights"])
            if any(parents.name not in tensors for tensors in found):
                return Combined(parents, 0.0, weights)
            return fisher_tensor(parents, weights, [tensors[parents.name] for tensors in found], settings.floor)

        merged = merge_models(settings, work, method)
    work.facts["plain_mean"] = [p.name for p in merged if any(p.name not in tensors for tensors in found)]
