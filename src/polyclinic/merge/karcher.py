"""Karcher: the mean of the models on the sphere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Parents
from polyclinic.merge.combination import Combined, inner_products
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.settings import MergeSettings, check_sum, normalized, one_for_each_model
from polyclinic.steps import Work, step_kind


def karcher_tensor(
    parents: Parents, weights: Sequence[float], iterations: int = 10, tolerance: float = 1e-5
) -> Iterable[Float32]:
    """Return the blocks of the Riemannian centre of mass of the models; the base takes no part.

    The models, flattened and divided by their norms, are points u_k on the unit sphere. From their normalised mean u,
    with theta_k the angle between u and u_k:

        T = sum_k w_k theta_k / sin(theta_k) (u_k - cos(theta_k) u)
        u <- cos(|T|) u + sin(|T|) T / |T|

    until |T| is below `tolerance`, then merged = u sum_k w_k |model_k|. All of it stays within the span of the
    models, so it is worked out on their inner products.

    Source: Karcher, "Riemannian center of mass and mollifier smoothing", 1977; as mergekit does it.

    Args:
        parents: the tensor of every model.
        weights: w_k, one for each model; they sum to 1.
        iterations: steps at most.
        tolerance: length of T, in radians, at which to stop.
    """
    products = inner_products(parents)[1:, 1:]
    norms = np.sqrt(np.diag(products))
    there = norms > 0
    share = np.where(there, weights, 0.0)
    if not share.sum():
        return Combined(parents, 0.0, weights)
    share = share / share.sum()
    lengths = np.where(there, norms, 1.0)
    cosines = products / np.outer(lengths, lengths)
    point = share.copy()  # what u has of each u_k
    length = math.sqrt(max(0.0, point @ cosines @ point))
    if length < tolerance:  # opposite models: no mean direction, so start from the first of them
        point, length = np.eye(len(share))[int(np.argmax(there))], 1.0
    point /= length
    for _ in range(iterations):
        angles_cosine = np.clip(cosines @ point, -1.0, 1.0)
        theta = np.arccos(angles_cosine)
        sine = np.sin(theta)
        no_direction = sine < 1e-6  # at the mean, or opposite to it
        stretch = np.where(no_direction, 1.0, theta / np.where(no_direction, 1.0, sine))
        pull = share * stretch
        step = pull - float(pull @ angles_cosine) * point
        size = math.sqrt(max(0.0, step @ cosines @ step))
        if size < tolerance:
            break
        point = math.cos(size) * point + math.sin(size) / size * step
    norm = float(share @ norms)
    return Combined(parents, 0.0, [float(part) for part in norm * point / lengths])


class KarcherSettings(MergeSettings):
    weights: list[Amount] = Field(
        [1.0], min_length=1, description="share of each model, in their order; one for each, or one for all"
    )
    iterations: int = Field(10, ge=1, le=1000, description="steps towards the mean at most")
    tolerance: float = Field(1e-5, gt=0, description="step, in radians, below which the mean is reached")

    _weights = field_validator("weights")(one_for_each_model)

    def check_together(self, values: Mapping[str, Sequence[float]]) -> None:
        """Check that the weights of one tensor are not negative and have a sum; raises ValueError."""
        if min(values["weights"]) < 0:
            raise ValueError(f"a mean on the sphere takes no weights below 0, found {min(values['weights'])}")
        check_sum(values["weights"])


@step_kind("merge.karcher", KarcherSettings, output="model", version=2, check=check_mergeable)
def karcher(settings: KarcherSettings, work: Work) -> None:
    """Take the mean of the models on the sphere (Karcher 1977); the base gives only configuration and tokenizer."""

    def method(parents: Parents) -> Iterable[Float32]:
        weights = normalized(settings.at(parents.position)["weights"])
        return karcher_tensor(parents, weights, settings.iterations, settings.tolerance)

    merge_models(settings, work, method)
