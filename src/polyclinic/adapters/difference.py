"""What a model has learnt, as if it were an adapter: the main directions of the difference of its weights.

A merged model has its knowledge in its weights. The difference to the model it came from is of full rank, but an
aligner can be kept away from its main directions (Eckart-Young; found by randomised subspace iteration, Halko et al.
2011, algorithm 4.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyclinic.adapters.low_rank import Pair, Pairs
from polyclinic.errors import UserError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

OVERSAMPLED = 8  # directions beyond those kept, and passes over the matrix
PASSES = 3


def main_directions(
    before: PreTrainedModel, after: PreTrainedModel, names: tuple[str, ...], rank: int, generator: torch.Generator
) -> tuple[Pairs, float]:
    """Return the best pairs of `rank` for what changed in the named projections, and their share of the change.

    Args:
        before: the model it came from.
        after: the model that has learnt.
        names: last parts of the names of the projections.
        rank: directions that are kept of each projection.
        generator: decides the random beginnings.

    Returns:
        pairs of scale 1 by module, and sqrt(sum of their squared norms / sum of those of the whole change).

    Raises:
        UserError: when the models differ in their layers, or when nothing changed.
    """
    import torch

    old = dict(before.named_modules())
    made: Pairs = {}
    kept = whole = 0.0
    for name, module in after.named_modules():
        if name.rpartition(".")[2] not in names:
            continue
        other = getattr(old.get(name), "weight", None)
        if other is None or other.shape != module.weight.shape:
            raise UserError(f"protect: this model has no layer {name} of the same shape; give the one it came from")
        change = module.weight.detach().float() - other.detach().float()
        if not change.any():
            continue
        u, s, v = _largest(change, rank, generator)
        made[name] = Pair(v.T.contiguous(), (u * s).contiguous(), 1.0)
        kept, whole = kept + float(s.square().sum()), whole + float(change.square().sum())
    if not made:
        raise UserError(
            "protect: its FFN projections are those of the model that is aligned; nothing was learnt that could be "
            "protected. Give the model from before the learning"
        )
    return made, float(torch.tensor(kept / whole).sqrt().clamp(max=1))


def _largest(
    matrix: torch.Tensor, rank: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    import torch

    rank = min(rank, *matrix.shape)
    width = min(rank + OVERSAMPLED, *matrix.shape)
    started = torch.randn(matrix.shape[1], width, generator=generator)
    space = torch.linalg.qr(matrix @ started).Q
    for _ in range(PASSES):
        space = torch.linalg.qr(matrix @ torch.linalg.qr(matrix.T @ space).Q).Q
    small = torch.linalg.svd(space.T @ matrix, full_matrices=False)
    return space @ small.U[:, :rank], small.S[:rank], small.Vh[:rank].T
