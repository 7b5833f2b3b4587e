"""DELLA's dropping followed by the election of the TIES paper, in which every model has one vote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polyclinic.merge.blocks import Parents
from polyclinic.merge.della import DellaSettings, magnitude_pruned
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import Agreed
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import Flavour
from polyclinic.steps import Work, step_kind


def della_ties_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    epsilon: Sequence[float],
    seed: int,
    scale: float = 1.0,
    normalize: bool = True,
    flavour: Flavour = "paper",
) -> Iterable[Float32]:
    """Return the blocks of the base plus what the thinned deltas agree on, in an unweighted vote.

        d_k = MagPrune(model_k - base)
        elected = sign(sum_k d_k), zero counts as plus
        merged = base + scale * mean of the w_k d_k for which sign(d_k) is the elected one

    It differs from `della` only in that weights do not count in the election; flavour `mergekit`, where they count in
    TIES too, makes the two the same.

    Source: Deep et al., "DELLA-merging", 2024, section 3.1; Yadav et al., "TIES-merging", NeurIPS 2023, algorithm 1.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density, epsilon, seed, flavour: see `magnitude_pruned`.
        scale: multiplies what is added.
        normalize: divide by the weights of those that agree.
    """
    deltas = magnitude_pruned(parents, density, epsilon, seed, flavour)
    return Agreed(parents, deltas, weights, scale, normalize, weighted_vote=flavour == "mergekit")


@step_kind("merge.della_ties", DellaSettings, output="model", version=2, check=check_mergeable)
def della_ties(settings: DellaSettings, work: Work) -> None:
    """Drop small entries of the deltas sooner than large ones and let each model vote (Deep 2024, Yadav 2023)."""
    merge_models(
        settings,
        work,
        lambda parents: della_ties_tensor(
            parents, normalize=settings.normalize, **settings.arguments(parents.position, work.seed)
        ),
    )
