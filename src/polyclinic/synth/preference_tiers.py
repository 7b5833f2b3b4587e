"""Which samples become preference pairs: the best instructions, evenly over the axes, more pairs for the better ones.

Source: Corbeil et al., ACL 2025, appendix A.7. This file knows nothing about teachers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from polyclinic.records import Sample
from polyclinic.step_settings import Settings
from polyclinic.synth.mediflow.axes import Defined
from polyclinic.synth.stratified import best_of_each


class Tier(Settings):
    """So many of the best instructions that are left, with so many pairs each."""

    instructions: int = Field(ge=1, description="number of instructions")
    pairs: int = Field(ge=1, le=16, description="preference pairs of each")


PUBLISHED = [
    Tier(instructions=20_000, pairs=3),
    Tier(instructions=25_000, pairs=2),
    Tier(instructions=40_000, pairs=1),
]


@dataclass(frozen=True, slots=True)
class Pair:
    """One sample and how its output is made worse."""

    number: int
    sample: Sample
    error: Defined


def draw_pairs(
    groups: dict[str, list[Sample]],
    tiers: Sequence[tuple[int, int]],
    score: str,
    errors: Sequence[Defined],
    seed: int,
) -> list[Pair]:
    """Return which samples become pairs, and with which error type.

    The pairs of one instruction are made from different examples, as far as it has so many.

    Args:
        groups: the samples of each instruction; its score is that of the first.
        tiers: (instructions, pairs of each), the best first; see `tier_sizes`.
        score: name of the score in the samples' metadata.
        errors: error types with their weights.
        seed: decides which examples and which error types.
    """
    import numpy as np

    groups_in_order = list(groups.values())
    cells = [
        tuple(group[0].metadata.get(name, "") for name in ("task_type", "input_data", "output_format"))
        for group in groups_in_order
    ]
    scores = [float(group[0].metadata[score]) for group in groups_in_order]
    ranked = best_of_each(groups_in_order, cells, scores, sum(size for size, _ in tiers))
    generator = np.random.Generator(np.random.PCG64(seed))
    weights = np.array([error.weight for error in errors])
    pairs: list[Pair] = []
    position = 0
    for size, number in tiers:
        for index in ranked[position : position + size]:
            group = groups_in_order[index]
            for chosen in generator.permutation(len(group))[:number].tolist():
                error = errors[int(generator.choice(len(errors), p=weights / weights.sum()))]
                pairs.append(Pair(len(pairs), group[chosen], error))
        position += size
    return pairs


def tier_sizes(tiers: Sequence[Tier], instructions: int, counts: str) -> list[tuple[int, int]]:
    """Return (instructions, pairs of each) by tier for the instructions there are."""
    wanted = sum(tier.instructions for tier in tiers)
    scale = min(1.0, instructions / wanted) if counts == "proportional" else 1.0
    sizes, end, given = [], 0, 0
    for tier in tiers:
        end += tier.instructions  # the ends are rounded, so that no instruction is lost between the tiers
        reached = min(instructions, round(end * scale))
        sizes.append((reached - given, tier.pairs))
        given = reached
    return sizes
