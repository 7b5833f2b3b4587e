"""DARE: random entries of the deltas dropped, the rest rescaled and added to the base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.dropout import key_of, random_bits
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import add_sum
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.settings import DeltaSettings, Flavour, each_a_share, one_for_each_model
from polyclinic.steps import Work, step_kind


def dare_linear_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    seed: int,
    scale: float = 1.0,
    flavour: Flavour = "paper",
) -> Iterator[Float32]:
    """Yield the blocks of the base plus the weighted sum of the thinned deltas.

        merged = base + scale * sum_k w_k m_k (model_k - base) / density_k,   m_k ~ Bernoulli(density_k)

    Source: Yu et al., "Language models are super Mario", ICML 2024, section 3.2 (their drop rate is 1 - density).

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density: chance of each entry of a delta to be kept, in steps of 1/65,536.
        seed: decides, with the tensor's name and the index of model and entry, what is dropped.
        scale: multiplies the sum.
        flavour: see `dropped`.
    """
    return add_sum(dropped(parents, density, seed, flavour), weights, scale)


def dropped(parents: Parents, density: Sequence[float], seed: int, flavour: Flavour = "paper") -> Iterator[Block]:
    """Yield blocks whose models are the deltas, each entry kept with the chance `density` and rescaled.

    What is kept is divided by the density; in flavour `mergekit` it is multiplied by sum |delta| / sum |kept delta|
    of the tensor instead, and deltas are rounded to the base's dtype.
    """
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    limits = [kept_of_65536(share) for share in density]
    keys = [key_of(seed, parents.name, model) for model in range(len(parents.models))]

    def masks(block: Block) -> list[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
        size = block.base.size
        return [random_bits(key, block.start, size) < limit for key, limit in zip(keys, limits, strict=True)]

    factors = [65_536 / limit if limit else 0.0 for limit in limits]
    if flavour == "mergekit":
        sums = np.zeros((2, len(keys)))
        for block in parents.blocks():
            for model, (delta, mask) in enumerate(zip(block.deltas(dtype), masks(block), strict=True)):
                magnitude = np.abs(delta, out=delta)
                sums[:, model] += np.add.reduce(magnitude), np.add.reduce(magnitude * mask)
        factors = [float(whole / kept) if kept else 0.0 for whole, kept in sums.T]
    for block in parents.blocks():
        for model, (delta, mask) in enumerate(zip(block.deltas(dtype), masks(block), strict=True)):
            if limits[model] < 65_536:
                np.multiply(delta, mask, out=delta)
                np.multiply(delta, factors[model], out=delta)
            kept = int(np.count_nonzero(mask))
            parents.counts["kept", model] += kept
            parents.counts["dropped", model] += delta.size - kept
        yield block


def kept_of_65536(density: float) -> int:
    """Return below which number of 16 bits an entry is kept; a density above zero never becomes zero."""
    return min(65_536, max(round(density * 65_536), int(density > 0)))


class DareSettings(DeltaSettings):
    flavour: Flavour = Field(
        "paper",
        description="paper: what is kept is divided by the density; mergekit: it is scaled to the same sum of "
        "magnitudes, and deltas are rounded to the base's dtype",
    )
    density: list[Amount] = Field(
        [0.5],
        min_length=1,
        description="chance of each entry of a delta to be kept, 0 to 1; one for each model, or one for all",
    )

    _one_each = field_validator("density")(one_for_each_model)
    _shares = field_validator("density")(each_a_share)


@step_kind("merge.dare_linear", DareSettings, output="model", version=1, check=check_mergeable)
def dare_linear(settings: DareSettings, work: Work) -> None:
    """Drop random entries of the deltas, rescale the rest and add them to the base (Yu et al. 2024)."""

    def method(parents: Parents) -> Iterator[Float32]:
        values = settings.at(parents.position)
        weights, density = settings.model_weights(values), values["density"]
        return dare_linear_tensor(parents, weights, density, work.seed, settings.scale, settings.flavour)

    merge_models(settings, work, method)
