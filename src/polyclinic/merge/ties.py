"""TIES: deltas trimmed to their largest entries, of which only those that agree on a sign are added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import Field, field_validator, model_validator

from polyclinic.merge.blocks import Parents
from polyclinic.merge.engine import Merge, check_mergeable, merging
from polyclinic.merge.fusion import Agreed
from polyclinic.merge.numbers import Float32
from polyclinic.merge.parameters import Amount
from polyclinic.merge.selection import Cut, find_cuts, largest, part_of
from polyclinic.merge.settings import DeltaSettings, Flavour, each_a_share, one_for_each_model, spread
from polyclinic.merge.trimming import Trimmed
from polyclinic.steps import Work, step_kind

SAMPLE_PIECES, PIECE = 1024, 2048  # of the whole model, to find its thresholds by


def ties_tensor(
    parents: Parents,
    weights: Sequence[float],
    cuts: Sequence[Cut],
    scale: float = 1.0,
    normalize: bool = True,
    flavour: Flavour = "paper",
    zero_sign: float = 1.0,
) -> Iterable[Float32]:
    """Return the blocks of the base plus what the trimmed deltas agree on.

        s_k = the entries of (model_k - base) before the cut, 0 elsewhere
        elected = sign(sum_k s_k)
        merged = base + scale * mean of w_k s_k over those k whose sign is the elected one

    Source: Yadav et al., "TIES-merging", NeurIPS 2023, algorithm 1. There the cut is at the largest `density` of all
    entries of a model, the vote is unweighted, and where it is zero the sign that won most often is taken. Flavour
    `mergekit` cuts within each tensor, lets the weights vote, takes plus for zero, and rounds deltas to the base's
    dtype.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        cuts: where each delta is cut; see `tensor_cuts` and `model_cuts`.
        scale: multiplies what is added.
        normalize: divide by the weights of those that agree.
        flavour: `paper` or `mergekit`.
        zero_sign: the sign where the vote is zero, 1, -1 or 0.
    """
    dtype = parents.dtype if flavour == "mergekit" else "F32"
    weighted = flavour == "mergekit"
    return Agreed(parents, Trimmed(parents, cuts, dtype), weights, scale, normalize, weighted, zero_sign)


def kept_entries(size: int, density: float) -> int:
    """Return how many of `size` entries a density keeps: rounded down, but at least one."""
    return max(1, int(density * size))


def tensor_cuts(parents: Parents, density: Sequence[float], dtype: str = "F32") -> list[Cut]:
    """Return for each model the cut after the largest `density` of its delta in one tensor."""
    found = largest(parents, [[kept_entries(parents.size, share)] for share in density], dtype)
    return [cut for (cut,) in found]


def model_cuts(merge: Merge, density: Sequence[float]) -> dict[str, list[Cut]]:
    """Return for each tensor and model the cut after the largest `density` of all deltas of the model.

    Equal magnitudes are taken in the order of tensor names, and within a tensor the lower flat index first.
    """
    total = sum(parents.size for parents in merge.parents)
    parts = {}
    for parents in merge.parents:
        pieces = round(parents.size / total * SAMPLE_PIECES) if total > SAMPLE_PIECES * PIECE else 0
        parts[parents.name] = part_of(parents, "F32", pieces, PIECE)
    cuts = find_cuts(
        list(parts.values()),
        [[kept_entries(total, share)] for share in density],
        lambda function: merge.each("finding thresholds", lambda parents: function(parts[parents.name])),
    )
    return {name: [cut for (cut,) in of_part] for name, of_part in zip(parts, cuts, strict=True)}


class TiesSettings(DeltaSettings):
    flavour: Flavour = Field(
        "paper",
        description="paper: one cut through each whole model, unweighted vote, a vote of zero goes to the sign that "
        "won most often; mergekit: a cut in every tensor, weighted vote, zero is plus",
    )
    density: list[Amount] = Field(
        [0.2],
        min_length=1,
        description="share of each delta that is kept, 0 to 1; one for each model, or one for all",
    )
    normalize: bool = Field(True, description="divide by the weights of the models that agree, which makes a mean")

    _one_each = field_validator("density")(one_for_each_model)
    _shares = field_validator("density")(each_a_share)

    @model_validator(mode="after")
    def _one_cut_has_one_density(self) -> Self:
        differs = any(isinstance(share, str) for share in self.density) or any(rule.density for rule in self.where)
        if differs and self.flavour == "paper":
            raise ValueError(
                "density: in flavour 'paper' one cut goes through each whole model, so the density cannot differ "
                "between layers or tensors; use flavour 'mergekit', which cuts in every tensor"
            )
        return self


@step_kind("merge.ties", TiesSettings, output="model", version=1, check=check_mergeable)
def ties(settings: TiesSettings, work: Work) -> None:
    """Trim the deltas, elect a sign for each entry, and add the mean of those that agree (Yadav et al. 2023)."""

    def method(parents: Parents, cuts: Sequence[Cut], zero_sign: float = 1.0) -> Iterable[Float32]:
        weights = settings.at(parents.position)["weights"]
        return ties_tensor(parents, weights, cuts, settings.scale, settings.normalize, settings.flavour, zero_sign)

    with merging(settings, work) as merge:
        if settings.flavour == "mergekit":
            merge.write(
                lambda parents: method(
                    parents, tensor_cuts(parents, settings.at(parents.position)["density"], parents.dtype)
                )
            )
            return
        cuts = model_cuts(merge, spread([float(share) for share in settings.density], len(settings.models)))
        merge.write(lambda parents: method(parents, cuts[parents.name]))
        net = sum(parents.counts["net sign", -1] for parents in merge.parents)
        contested = {parents.name for parents in merge.parents if parents.counts["contested", -1]}
        if net <= 0 and contested:  # minus won most often, so it also wins where the vote was zero
            for parents in merge.parents:
                if parents.name in contested:
                    parents.counts.clear()
            merge.write(lambda parents: method(parents, cuts[parents.name], -1.0 if net < 0 else 0.0), contested)
