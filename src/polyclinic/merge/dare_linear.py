"""DARE: random entries of the deltas dropped, the rest rescaled and added to the base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import BLOCK, Block, Parents
from polyclinic.merge.dropout import key_of, random_bits
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fused import Call
from polyclinic.merge.fusion import Added, Deltas
from polyclinic.merge.numbers import LANES, Float32, Mask, lane_sum
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
) -> Iterable[Float32]:
    """Return the blocks of the base plus the weighted sum of the thinned deltas.

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
    return Added(dropped(parents, density, seed, flavour), weights, scale)


def dropped(parents: Parents, density: Sequence[float], seed: int, flavour: Flavour = "paper") -> Deltas:
    """Return blocks whose models are the deltas, each entry kept with the chance `density` and rescaled.

    What is kept is divided by the density; in flavour `mergekit` it is multiplied by sum |delta| / sum |kept delta|
    of the tensor instead, and deltas are rounded to the base's dtype.
    """
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    limits = [kept_of_65536(share) for share in density]
    keys = [key_of(seed, parents.name, model) for model in range(len(parents.models))]
    return Dropped(parents, keys, limits, dtype, same_sum=flavour == "mergekit")


@dataclass(frozen=True)
class Dropped:
    """Blocks whose models are the deltas, each entry kept where its random bits lie below a limit, and rescaled."""

    parents: Parents
    keys: Sequence[int]  # of each model's random stream
    limits: Sequence[int]  # for each model, 0 to 65,536
    dtype: str = "F32"  # what deltas are rounded to
    same_sum: bool = False  # rescale to the same sum of magnitudes

    def __iter__(self) -> Iterator[Block]:
        factors = self._factors()
        for block in self.parents.blocks():
            for model, (delta, mask) in enumerate(zip(block.deltas(self.dtype), self._masks(block), strict=True)):
                if self.limits[model] < 65_536:
                    # What the dtype cannot hold becomes infinite and is refused when it is written.
                    with np.errstate(over="ignore", invalid="ignore"):
                        np.multiply(delta, mask, out=delta)
                        np.multiply(delta, factors[model], out=delta)
                self._count(model, int(np.count_nonzero(mask)), delta.size)
            yield block

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""
        self._set_streams(call)
        for model, factor in zip(call.models, self._factors(), strict=True):
            model.factor = factor

    def count(self, call: Call) -> None:
        """Take what the kernel counted."""
        for place, model in enumerate(call.models):
            self._count(place, model.kept, self.parents.size)

    def _factors(self) -> list[float]:
        if not self.same_sum:
            return [65_536 / limit if limit else 0.0 for limit in self.limits]
        sums = np.zeros((len(self.keys), 2))  # of magnitudes, all and kept
        if self.parents.kernel is not None:
            call, lanes = Call(self.parents, self.dtype), np.empty(sums.size * LANES)
            self._set_streams(call)
            for _ in call.pieces():
                call.check(call.kernel.dropout_sums(call.merge, BLOCK, lanes.ctypes.data, sums.ctypes.data))
        else:
            for block in self.parents.blocks():
                for model, (delta, mask) in enumerate(zip(block.deltas(self.dtype), self._masks(block), strict=True)):
                    magnitude = np.abs(delta, out=delta)
                    sums[model] += (
                        lane_sum(magnitude.astype(np.float64)),
                        lane_sum(magnitude.astype(np.float64) * mask),
                    )
        return [float(whole / kept) if kept else 0.0 for whole, kept in sums]

    def _set_streams(self, call: Call) -> None:
        call.merge.thinning = compiled.DROPOUT
        for model, key, limit in zip(call.models, self.keys, self.limits, strict=True):
            model.key, model.limit = key, limit

    def _masks(self, block: Block) -> list[Mask]:
        size = block.base.size
        return [
            random_bits(key, block.start, size) < limit for key, limit in zip(self.keys, self.limits, strict=True)
        ]

    def _count(self, model: int, kept: int, size: int) -> None:
        self.parents.counts["kept", model] += kept
        self.parents.counts["dropped", model] += size - kept


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


@step_kind("merge.dare_linear", DareSettings, output="model", version=2, check=check_mergeable)
def dare_linear(settings: DareSettings, work: Work) -> None:
    """Drop random entries of the deltas, rescale the rest and add them to the base (Yu et al. 2024)."""

    def method(parents: Parents) -> Iterable[Float32]:
        values = settings.at(parents.position)
        weights, density = settings.model_weights(values), values["density"]
        return dare_linear_tensor(parents, weights, density, work.seed, settings.scale, settings.flavour)

    merge_models(settings, work, method)
