"""Model Breadcrumbs: deltas without their largest and smallest entries, added to the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from pydantic import Field, field_validator

from polyclinic.merge.blocks import Block, Parents
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import add_sum
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.selection import Chosen, largest
from polyclinic.merge.settings import DeltaSettings, Flavour, each_a_share, not_negative, one_for_each_model
from polyclinic.steps import Work, step_kind


def breadcrumbs_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    gamma: Sequence[float],
    scale: float = 1.0,
    delta_dtype: str = "F32",
) -> Iterator[Float32]:
    """Yield the blocks of the base plus the weighted sum of the masked deltas.

        merged = base + scale * sum_k w_k m_k (model_k - base)

    Of the N entries of a delta, ordered by magnitude, the mask m_k drops the int(gamma N) largest, keeps the
    int(density N) that follow and drops the rest. Equal magnitudes: the lower flat index counts as larger.

    Source: Davari and Belilovsky, "Model breadcrumbs", ECCV 2024, section 3; per tensor and with the counts rounded
    down, as mergekit does and MediPhi used it.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density: share of each delta that is kept, 0 to 1.
        gamma: share of each delta that is dropped because it is largest; a share of less than one entry drops none.
            When gamma > 1 - density the kept entries are the int(density N) smallest, as in mergekit.
        scale: multiplies the whole sum.
        delta_dtype: what the deltas are rounded to before they are compared and added.
    """
    return add_sum(crumbs(parents, density, gamma, delta_dtype), weights, scale)


def crumbs(parents: Parents, density: Sequence[float], gamma: Sequence[float], dtype: str = "F32") -> Iterator[Block]:
    """Yield blocks whose models are the deltas with their largest and smallest entries set to 0."""
    bounds = [between(parents.size, d, g) for d, g in zip(density, gamma, strict=True)]
    cuts = largest(parents, bounds, dtype)
    outer = [Chosen(last) for _, last in cuts]
    inner = [Chosen(first) for first, _ in cuts]
    for model, (first, last) in enumerate(bounds):
        parents.counts["cut_large", model] = first
        parents.counts["kept", model] = last - first
        parents.counts["cut_small", model] = parents.size - last
    for block in parents.blocks():
        for model, delta in enumerate(block.deltas(dtype)):
            magnitude = np.abs(delta)
            mask = outer[model].mask(magnitude)
            if bounds[model][0]:
                np.logical_xor(mask, inner[model].mask(magnitude), out=mask)  # the inner ones are among the outer
            np.multiply(delta, mask, out=delta)
        yield block


def between(size: int, density: float, gamma: float) -> tuple[int, int]:
    """Return the ranks, counted from the largest, that breadcrumbs keeps: from the first to before the last."""
    kept = int(density * size)
    smallest = max(0, size - kept - int(gamma * size))
    return size - smallest - kept, size - smallest


class BreadcrumbsSettings(DeltaSettings):
    flavour: Flavour = Field(
        "paper",
        description="paper: gamma must leave room for density, deltas are compared in float32; "
        "mergekit: gamma > 1 - density keeps the smallest entries, deltas are rounded to the base's dtype",
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


@step_kind("merge.breadcrumbs", BreadcrumbsSettings, output="model", version=1, check=check_mergeable)
def breadcrumbs(settings: BreadcrumbsSettings, work: Work) -> None:
    """Add the deltas of all models, each without its largest and smallest entries (Davari and Belilovsky 2024)."""

    def method(parents: Parents) -> Iterator[Float32]:
        values = settings.at(parents.position)
        dtype = parents.dtype if settings.flavour == "mergekit" else "F32"
        weights = settings.model_weights(values)
        return breadcrumbs_tensor(parents, weights, values["density"], values["gamma"], settings.scale, dtype)

    merge_models(settings, work, method)
