"""Model Breadcrumbs: deltas without their largest and smallest entries, added to the base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge import kernel as compiled
from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fused import Call
from polyclinic.merge.fusion import Added, Deltas
from polyclinic.merge.kernel import RowsCall
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.row_selection import between_ranks
from polyclinic.merge.selection import EVERYTHING, Cut, largest
from polyclinic.merge.settings import DeltaSettings, Flavour, each_a_share, not_negative, one_for_each_model
from polyclinic.merge.trimming import Trimmed, count_ranks
from polyclinic.steps import Work, step_kind


def breadcrumbs_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    gamma: Sequence[float],
    scale: float = 1.0,
    flavour: Flavour = "paper",
) -> Iterable[Float32]:
    """Return the blocks of the base plus the weighted sum of the masked deltas.

        merged = base + scale * sum_k w_k m_k (model_k - base)

    Of N entries of a delta, ordered by magnitude, the mask m_k drops the int(gamma N) largest, keeps the
    int(density N) that follow and drops the rest. Equal magnitudes: the lower flat index counts as larger.

    Source: Davari and Belilovsky, "Model breadcrumbs", ECCV 2024, section 3. Their text speaks of layers; their
    published code ranks the entries of each row (the last dimension), leaves numbers without dimension as they are,
    and so does flavour `paper`. Flavour `mergekit` ranks the entries of each tensor, as MediPhi's merge was made.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density: share of each delta that is kept, 0 to 1.
        gamma: share of each delta that is dropped because it is largest; a share of less than one entry drops none.
            When gamma > 1 - density the kept entries are the int(density N) smallest, as in mergekit.
        scale: multiplies the whole sum.
        flavour: see above; `mergekit` also rounds the deltas to the base's dtype before they are compared.
    """
    return Added(crumbs(parents, density, gamma, flavour), weights, scale)


def crumbs(parents: Parents, density: Sequence[float], gamma: Sequence[float], flavour: Flavour = "paper") -> Deltas:
    """Return blocks whose models are the deltas with their largest and smallest entries set to 0.

    A tensor whose rows have a single entry is ranked as a whole in both flavours: within such rows nothing could be
    chosen.
    """
    if flavour == "paper" and not parents.shape:
        return Trimmed(parents, [Cut(EVERYTHING)] * len(parents.models))
    if flavour == "paper" and parents.shape[-1] > 1:
        bounds = [between(parents.shape[-1], d, g) for d, g in zip(density, gamma, strict=True)]
        return CrumbsOfRows(parents, bounds)
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    bounds = [between(parents.size, d, g) for d, g in zip(density, gamma, strict=True)]
    cuts = largest(parents, bounds, dtype)
    return Trimmed(parents, [last for _, last in cuts], dtype, [first for first, _ in cuts], bounds)


@dataclass(frozen=True)
class CrumbsOfRows:
    """Deltas of which each row keeps the ranks from the first bound to before the last, from the largest down."""

    parents: Parents
    bounds: Sequence[tuple[int, int]]  # for each model
    dtype: str = "F32"

    def __iter__(self) -> Iterator[Block]:
        for block in self.parents.blocks(rows=True):
            for delta, (first, last) in zip(block.deltas(), self.bounds, strict=True):
                mask = between_ranks(np.abs(delta).reshape(-1, self.parents.shape[-1]), first, last)
                np.multiply(delta, mask.reshape(-1), out=delta)
            yield block
        self._count()

    def fill(self, call: Call) -> None:
        """Say the same to the kernel."""

        def thin(model: int, rows: RowsCall) -> int:
            rows.first, rows.last = self.bounds[model]
            return call.kernel.crumb_rows(rows)

        call.merge.thinning, call.thin_rows = compiled.GIVEN, thin

    def count(self, call: Call) -> None:
        """Count what the bounds say."""
        self._count()

    def _count(self) -> None:
        rows = self.parents.size // self.parents.shape[-1]
        count_ranks(self.parents, [(rows * first, rows * last) for first, last in self.bounds])


def between(size: int, density: float, gamma: float) -> tuple[int, int]:
    """Return the ranks, counted from the largest, that breadcrumbs keeps: from the first to before the last."""
    kept = int(density * size)
    smallest = max(0, size - kept - int(gamma * size))
    return size - smallest - kept, size - smallest


class BreadcrumbsSettings(DeltaSettings):
    flavour: Flavour = Field(
        "paper",
        description="paper: entries are ranked within each row, gamma must leave room for density; mergekit: they "
        "are ranked within each tensor, gamma > 1 - density keeps the smallest, deltas have the base's dtype",
    )
    density: list[Amount] = Field(
        [0.5],
        min_length=1,
        description="share of each delta that is kept, 0 to 1; one for each model, or one for all",
    )
    gamma: list[Amount] = Field(
        [0.01],
        min_length=1,
        description="share of each delta that is dropped because it is largest, at most 1 - density",
    )

    _one_each = field_validator("density", "gamma")(one_for_each_model)
    _shares = field_validator("density")(each_a_share)

    _not_below_zero = field_validator("gamma")(not_negative)

    def check_together(self, values: Mapping[str, Sequence[float]]) -> None:
        """Check that gamma leaves room for density, unless it need not; raises ValueError."""
        if self.flavour == "mergekit":
            return
        for value, density in zip(values["gamma"], values["density"], strict=True):
            if value + density > 1 + 1e-9:
                raise ValueError(
                    f"gamma {value} with density {density}: {value:.4g} of the entries are to be dropped as "
                    f"too large and {density:.4g} of them kept, more than there are, so only the smallest would be "
                    f"kept; gamma can be at most 1 - density = {1 - density:.4g} (flavour 'mergekit' allows it, "
                    "to reproduce what others have published)"
                )


@step_kind("merge.breadcrumbs", BreadcrumbsSettings, output="model", version=2, check=check_mergeable)
def breadcrumbs(settings: BreadcrumbsSettings, work: Work) -> None:
    """Add the deltas of all models, each without its largest and smallest entries (Davari and Belilovsky 2024)."""

    def method(parents: Parents) -> Iterable[Float32]:
        values = settings.at(parents.position)
        weights = settings.model_weights(values)
        density, gamma = values["density"], values["gamma"]
        return breadcrumbs_tensor(parents, weights, density, gamma, settings.scale, settings.flavour)

    merge_models(settings, work, method)
