"""DARE with TIES' election: random entries dropped, and of the rest only those that agree on a sign added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polyclinic.merge.blocks import Parents
from polyclinic.merge.dare_linear import DareSettings, dropped
from polyclinic.merge.engine import check_mergeable, merge_models
from polyclinic.merge.fusion import Agreed
from polyclinic.merge.numbers import Float32
from polyclinic.merge.settings import Flavour
from polyclinic.steps import Work, step_kind


def dare_ties_tensor(
    parents: Parents,
    weights: Sequence[float],
    density: Sequence[float],
    seed: int,
    scale: float = 1.0,
    normalize: bool = False,
    flavour: Flavour = "paper",
) -> Iterable[Float32]:
    """Return the blocks of the base plus what the thinned deltas agree on.

        d_k = m_k (model_k - base) / density_k,   m_k ~ Bernoulli(density_k)
        elected = sign(sum_k w_k d_k), zero counts as plus
        merged = base + scale * sum of the w_k d_k whose sign is the elected one

    Source: Yu et al., "Language models are super Mario", ICML 2024, section 3.2, for d_k; Yadav et al.,
    "TIES-merging", NeurIPS 2023, algorithm 1, for the election, here with weights.

    Args:
        parents: the tensor of the base and of every model.
        weights: w_k, one for each model.
        density: chance of each entry of a delta to be kept.
        seed: decides, with the tensor's name and the index of model and entry, what is dropped.
        scale: multiplies what is added.
        normalize: divide by the weights of those that agree.
        flavour: see `dropped`.
    """
    return Agreed(parents, dropped(parents, density, seed, flavour), weights, scale, normalize)


@step_kind("merge.dare_ties", DareSettings, output="model", version=2, check=check_mergeable)
def dare_ties(settings: DareSettings, work: Work) -> None:
    """Drop random entries of the deltas and add what the rest agree on (Yu et al. 2024, Yadav et al. 2023)."""
    merge_models(
        settings,
        work,
        lambda parents: dare_ties_tensor(
            parents,
            **settings.at(parents.position),
            seed=work.seed,
            scale=settings.scale,
            normalize=settings.normalize,
            flavour=settings.flavour,
        ),
    )
