"""DELLA: entries of the deltas dropped at random, small ones sooner, and those of the rest added that agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.dropout import key_of, random_bits
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import add_agreed
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount, Position
from polyclinic.merge.settings import DeltaSettings, Flavour, each_a_share, one_for_each_model
from polyclinic.steps import Work, step_kind


def della_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    epsilon: Sequence[float],
    seed: int,
    scale: float = 1.0,
    normalize: bool = True,
    flavour: Flavour = "paper",
) -> Iterator[Float32]:
    """Yield the blocks of the base plus what the thinned deltas agree on.

        d_k = MagPrune(model_k - base)
        elected = sign(sum_k w_k d_k), zero counts as plus
        merged = base + scale * mean of the w_k d_k whose sign is the elected one

    Source: Deep et al., "DELLA-merging", 2024, sections 3.1 (drop), 3.2 (elect) and 3.3 (fuse).

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density: mean chance of the entries of a delta to be kept.
        epsilon: how far the chance of the smallest lies below that mean, and of the largest above it.
        seed: decides, with the tensor's name and the index of model and entry, what is dropped.
        scale: multiplies what is added.
        normalize: divide by the weights of those that agree.
        flavour: see `magnitude_pruned`.
    """
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    deltas = magnitude_pruned(parents, density, epsilon, seed, flavour)
    return add_agreed(parents, deltas, weights, scale, normalize, dtype=dtype)


def magnitude_pruned(
    parents: Parents,
    density: Sequence[float],
    epsilon: Sequence[float],
    seed: int,
    flavour: Flavour = "paper",
) -> Iterator[Block]:
    """Yield blocks whose models are the deltas, thinned at random by the rank of each entry in its row (MagPrune).

    The entry with rank r of n in its row, from the smallest magnitude on, is kept with the chance

        p_r = density - epsilon + 2 epsilon (r - 1) / (n - 1)

    and divided by it. Flavour `mergekit` multiplies all that is kept in the tensor by sum |delta| / sum |kept delta|
    instead, and rounds deltas to the base's dtype. Equal magnitudes: the lower index counts as larger. A row of one
    entry, as every row of a single column is, keeps it with the chance `density`.
    """
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    several = len(parents.models)
    length = parents.shape[-1] if parents.shape else 1
    keys = [key_of(seed, parents.name, model) for model in range(several)]
    chances = [row_chances(length, d, e) for d, e in zip(density, epsilon, strict=True)]

    def chance_and_mask(block: Block, model: int, delta: Float32) -> tuple[Float32, NDArray[np.bool_]]:
        chance = chances[model][ranks(np.abs(delta).reshape(-1, length)).reshape(-1)]
        bits = random_bits(keys[model], block.start, delta.size)
        return chance, np.less(bits, chance * np.float32(65_536))

    factors = [1.0] * several
    if flavour == "mergekit":
        sums = np.zeros((2, several))
        for block in parents.blocks(rows=True):
            for model, delta in enumerate(block.deltas(dtype)):
                _, mask = chance_and_mask(block, model, delta)
                magnitude = np.abs(delta, out=delta)
                sums[:, model] += np.add.reduce(magnitude), np.add.reduce(magnitude * mask)
        factors = [float(whole / kept) if kept else 0.0 for whole, kept in sums.T]
    for block in parents.blocks(rows=True):
        for model, delta in enumerate(block.deltas(dtype)):
            chance, mask = chance_and_mask(block, model, delta)
            np.multiply(delta, mask, out=delta)
            if flavour == "mergekit":
                np.multiply(delta, factors[model], out=delta)
            else:
                np.divide(delta, chance, out=delta, where=mask)
            kept = int(np.count_nonzero(mask))
            parents.counts["kept", model] += kept
            parents.counts["dropped", model] += delta.size - kept
        yield block


def row_chances(length: int, density: float, epsilon: float) -> Float32:
    """Return the chance to be kept for each rank in a row, from the smallest magnitude on."""
    if length < 2 or density in (0.0, 1.0):
        return np.full(length, density, np.float32)
    return np.linspace(density - epsilon, density + epsilon, length).astype(np.float32)


def ranks(magnitudes: Float32) -> NDArray[np.int64]:
    """Return the rank of each entry in its row from 0 for the smallest; of equals, the lower index is the larger.

    Magnitude and index are sorted as one whole number, which is several times faster than sorting indices.
    """
    rows, length = magnitudes.shape
    width = np.uint64(max(1, (length - 1).bit_length()))
    backwards = np.arange(length - 1, -1, -1, dtype=np.uint64)
    numbers = magnitudes.view(np.uint32).astype(np.uint64)
    numbers <<= width
    numbers |= backwards
    numbers.sort(axis=1)
    numbers &= (np.uint64(1) << width) - np.uint64(1)
    order = (length - 1) - numbers.view(np.int64)
    order += np.arange(rows)[:, None] * length
    found = np.empty(rows * length, np.int64)
    found[order.reshape(-1)] = np.tile(np.arange(length), rows)
    return found.reshape(rows, length)


class DellaSettings(DeltaSettings):
    flavour: Flavour = Field(
        "paper",
        description="paper: what is kept is divided by its own chance; mergekit: all of it is scaled to the same sum "
        "of magnitudes, and deltas are rounded to the base's dtype",
    )
    density: list[Amount] = Field(
        [0.5],
        min_length=1,
        description="mean chance of the entries of a delta to be kept, 0 to 1; one for each model, or one for all",
    )
    epsilon: list[Amount] = Field(
        [0.15],
        min_length=1,
        description="how far the chance of the smallest entry lies below the density, and of the largest above it",
    )
    normalize: bool = Field(True, description="divide by the weights of the models that agree, which makes a mean")

    _one_each = field_validator("density", "epsilon")(one_for_each_model)
    _shares = field_validator("density", "epsilon")(each_a_share)

    def check_together(self, values: Mapping[str, Sequence[float]]) -> None:
        """Check that chances stay between 0 and 1; raises ValueError."""
        for spread_, mean in zip(values["epsilon"], values["density"], strict=True):
            if mean not in (0.0, 1.0) and not (spread_ <= mean + 1e-9 and mean + spread_ <= 1 + 1e-9):
                raise ValueError(
                    f"epsilon {spread_} with density {mean}: chances would run from {mean - spread_:.4g} to "
                    f"{mean + spread_:.4g}; epsilon can be at most {min(mean, 1 - mean):.4g}"
                )

    def arguments(self, position: Position, seed: int) -> dict[str, Any]:
        """Return the arguments of the methods that thin deltas so, for one tensor."""
        return {**self.at(position), "seed": seed, "scale": self.scale, "flavour": self.flavour}


@step_kind("merge.della", DellaSettings, output="model", version=1, check=check_mergeable)
def della(settings: DellaSettings, work: Work) -> None:
    """Drop small entries of the deltas sooner than large ones and add what the rest agree on (Deep et al. 2024)."""
    merge_models(
        settings,
        work,
        lambda parents: della_tensor(
            parents, normalize=settings.normalize, **settings.arguments(parents.position, work.seed)
        ),
    )
