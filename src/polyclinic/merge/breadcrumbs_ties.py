"""Breadcrumbs with TIES' election: MediPhi's last merge was made with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polyclinic.merge.blocks import Parents
from polyclinic.merge.breadcrumbs import BreadcrumbsSettings, crumbs
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import Agreed
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import Flavour
from polyclinic.steps import Work, step_kind


def breadcrumbs_ties_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    gamma: Sequence[float],
    scale: float = 1.0,
    normalize: bool = False,
    flavour: Flavour = "paper",
) -> Iterable[Float32]:
    """Return the blocks of the base plus what the masked deltas agree on.

        d_k = m_k (model_k - base), with the mask of breadcrumbs
        elected = sign(sum_k w_k d_k), zero counts as plus
        merged = base + scale * sum of the w_k d_k whose sign is the elected one

    Source: Davari and Belilovsky, "Model breadcrumbs", ECCV 2024, for d_k; Yadav et al., "TIES-merging",
    NeurIPS 2023, algorithm 1, for the election, here with weights; together as mergekit has it.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density: share of each delta that is kept.
        gamma: share of each delta that is dropped because it is largest.
        scale: multiplies what is added.
        normalize: divide by the weights of those that agree.
        flavour: `paper` ranks the entries of each row, `mergekit` those of each tensor, rounded to the base's dtype.
    """
    return Agreed(parents, crumbs(parents, density, gamma, flavour), weights, scale, normalize)


@step_kind("merge.breadcrumbs_ties", BreadcrumbsSettings, output="model", version=2, check=check_mergeable)
def breadcrumbs_ties(settings: BreadcrumbsSettings, work: Work) -> None:
    """Mask the deltas as breadcrumbs does and add what they agree on; MediPhi's merge of its experts."""
    merge_models(
        settings,
        work,
        lambda parents: breadcrumbs_ties_tensor(
            parents,
            **settings.at(parents.position),
            scale=settings.scale,
            normalize=settings.normalize,
            flavour=settings.flavour,
        ),
    )
