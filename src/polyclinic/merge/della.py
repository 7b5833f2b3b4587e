"""DELLA: entries of the deltas dropped at random, small ones sooner, and those of the rest added that agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.dropout import key_of, random_bits
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fused import Call
from polyclinic.merge.fusion import Agreed, Deltas
from polyclinic.merge.kernel import RowsCall
from polyclinic.merge.numbers import Float32, Mask, lane_sum
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
) -> Iterable[Float32]:
    """Return the blocks of the base plus what the thinned deltas agree on.

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
    deltas = magnitude_pruned(parents, density, epsilon, seed, flavour)
    return Agreed(parents, deltas, weights, scale, normalize)


def magnitude_pruned(
    parents: Parents,
    density: Sequence[float],
    epsilon: Sequence[float],
    seed: int,
    flavour: Flavour = "paper",
) -> Deltas:
    """Return blocks whose models are the deltas, thinned at random by the rank of each entry in its row (MagPrune).

    The entry with rank r of n in its row, from the smallest magnitude on, is kept with the chance

        p_r = density - epsilon + 2 epsilon (r - 1) / (n - 1)

    and divided by it. Flavour `mergekit` multiplies all that is kept in the tensor by sum |delta| / sum |kept delta|
    instead, and rounds deltas to the base's dtype. Equal magnitudes: the lower index counts as larger. A row of one
    entry, as every row of a single column is, keeps it with the chance `density`.
    """
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    keys = [key_of(seed, parents.name, model) for model in range(len(parents.models))]
    chances = [row_chances(parents.row_length, d, e) for d, e in zip(density, epsilon, strict=True)]
    return Pruned(parents, keys, chances, dtype, same_sum=flavour == "mergekit")


@dataclass(frozen=True)
class Pruned:
    """Blocks whose models are the deltas, each entry kept with the chance of its rank in its row, and rescaled."""

    parents: Parents
    keys: Sequence[int]  # of each model's random stream
    chances: Sequence[Float32]  # for each model, by rank from the smallest magnitude on
    dtype: str = "F32"  # what deltas are rounded to
    same_sum: bool = False  # rescale to the same sum of magnitudes, not by each entry's chance

    def __iter__(self) -> Iterator[Block]:
        factors = self._factors()
        for block in self.parents.blocks(rows=True):
            for model, delta in enumerate(block.deltas(self.dtype)):
                chance, mask = self._chance_and_mask(block, model, delta)
                np.multiply(delta, mask, out=delta)
                if self.same_sum:
                    np.multiply(delta, factors[model], out=delta)
                else:
                    np.divide(delta, chance, out=delta, where=mask)
                self._count(model, int(np.count_nonzero(mask)), delta.size)
            yield block

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""

        def thin(model: int, rows: RowsCall) -> int:
            rows.chances, rows.by_factor = self.chances[model].ctypes.data, int(self.same_sum)
            return call.kernel.prune_rows(rows)

        for model, key, factor in zip(call.models, self.keys, self._factors(), strict=True):
            model.key, model.factor = key, factor
        call.merge.thinning, call.thin_rows = compiled.GIVEN, thin

    def count(self, call: Call) -> None:
        """Take what the kernel counted."""
        for place, model in enumerate(call.models):
            self._count(place, model.kept, self.parents.size)

    def _factors(self) -> list[float]:
        if not self.same_sum:
            return [1.0] * len(self.keys)
        sums = np.zeros((len(self.keys), 2))  # of magnitudes, all and kept
        if self.parents.kernel is not None:
            self._sum_with(Call(self.parents, self.dtype), sums)
        else:
            for block in self.parents.blocks(rows=True):
                for model, delta in enumerate(block.deltas(self.dtype)):
                    _, mask = self._chance_and_mask(block, model, delta)
                    magnitude = np.abs(delta, out=delta).astype(np.float64)
                    sums[model] += lane_sum(magnitude), lane_sum(magnitude * mask)
        return [float(whole / kept) if kept else 0.0 for whole, kept in sums]

    def _sum_with(self, call: Call, sums: NDArray[np.float64]) -> None:
        for model, key in zip(call.models, self.keys, strict=True):
            model.key = key
        deltas = np.empty(min(self.parents.block_size(rows=True), self.parents.size), np.float32)
        for size in call.pieces(blocks=1, rows=True):  # sums are folded at the end of every block
            for model in range(len(self.keys)):
                rows = call.rows_call(model, size, deltas.ctypes.data)
                rows.chances, rows.sums = self.chances[model].ctypes.data, sums[model].ctypes.data
                call.check(call.kernel.prune_rows(rows))

    def _chance_and_mask(self, block: Block, model: int, delta: Float32) -> tuple[Float32, Mask]:
        chance = self.chances[model][ranks(np.abs(delta).reshape(-1, self.parents.row_length)).reshape(-1)]
        bits = random_bits(self.keys[model], block.start, delta.size)
        return chance, np.less(bits, chance * np.float32(65_536))

    def _count(self, model: int, kept: int, size: int) -> None:
        self.parents.counts["kept", model] += kept
        self.parents.counts["dropped", model] += size - kept


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


@step_kind("merge.della", DellaSettings, output="model", version=2, check=check_mergeable)
def della(settings: DellaSettings, work: Work) -> None:
    """Drop small entries of the deltas sooner than large ones and add what the rest agree on (Deep et al. 2024)."""
    merge_models(
        settings,
        work,
        lambda parents: della_tensor(
            parents, normalize=settings.normalize, **settings.arguments(parents.position, work.seed)
        ),
    )
