"""Keeping the aligner out of the knowledge's way: two penalties, a projection, and how much of it lies inside.

All of it is about the rows of A, the directions of the input that a LoRA looks at, of the matrices that are being
trained themselves: the published code took the penalty from copies, which have no gradient. Sharded matrices (FSDP2)
are gathered, with gradients. An aligner orthogonal to the knowledge is silent on inputs in the knowledge's row space;
of what the base knows, and of overlap in the outputs, this says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.adapters.aligner import KNOWLEDGE
from polyclinic.adapters.noise import ADAPTER, lora_layers
from polyclinic.errors import UserError

if TYPE_CHECKING:
    import torch

Orthogonality = Literal["none", "penalty_norm", "penalty_published", "projection"]
# Weight of a penalty beside the loss: where to start, and the published commands' (the code's own default is 0.5).
WEIGHTS = {"none": 0.0, "penalty_norm": 0.5, "penalty_published": 1.0, "projection": 0.0}


@dataclass(frozen=True)
class Rows:
    """The input sides of knowledge and aligner beside one projection, as they are being trained."""

    module: str
    knowledge: torch.Tensor  # [rank of the knowledge, d_in]
    aligner: torch.Tensor  # [rank of the aligner, d_in]


def row_pairs(model: torch.nn.Module) -> list[Rows]:
    """Return the live matrices of every projection that has knowledge beside its aligner."""
    return [
        Rows(name, getattr(layer, KNOWLEDGE[0])[ADAPTER].weight, layer.lora_A[ADAPTER].weight)
        for name, layer in lora_layers(model).items()
        if hasattr(layer, KNOWLEDGE[0])
    ]


def penalty(pairs: Sequence[Rows], kind: Orthogonality) -> torch.Tensor:
    """Return the penalty of a kind, a scalar in float32 with gradients.

    penalty_published: the sum over projections of the absolute entries of A_knowledge A_aligner^T (O-LoRA, arXiv
    2310.14152; MedCare's train/trainer.py): 355 to 397 at the start for 1.8 to 14 B, beside a loss of 1 to 2.
    penalty_norm: the mean over projections of ||^A_knowledge ^A_aligner^T||_F^2 / r, rows scaled to length 1, r the
    aligner's rank: between 0 and the rank of the knowledge, whatever the sizes.
    """
    import torch
    from torch.nn.functional import normalize

    terms = []
    device = pairs[0].aligner.device
    with torch.autocast(device.type, enabled=False):
        for rows in pairs:
            knowledge, aligner = gathered(rows.knowledge).float(), gathered(rows.aligner).float()
            if kind == "penalty_published":
                terms.append((knowledge @ aligner.T).abs().sum())
            else:
                terms.append((normalize(knowledge) @ normalize(aligner).T).square().sum() / aligner.shape[0])
        total = torch.stack(terms)
        return total.sum() if kind == "penalty_published" else total.mean()


class Projection:
    """A_aligner <- A_aligner - (A_aligner Q) Q^T, Q an orthonormal basis of the rows of A_knowledge; exact."""

    def __init__(self, pairs: Sequence[Rows], refresh: bool) -> None:
        """Take the bases; with `refresh` they are taken anew each time, for knowledge that goes on learning.

        Raises UserError when the knowledge takes all directions, so that none is left for the aligner.
        """
        self.pairs, self.refresh = pairs, refresh
        for rows in pairs:
            if rows.knowledge.shape[0] >= rows.knowledge.shape[1]:
                raise UserError(
                    f"orthogonality: the knowledge beside {rows.module} has rank {rows.knowledge.shape[0]}, and its "
                    f"input {rows.knowledge.shape[1]} directions: none is left for an aligner. Take a penalty, or "
                    "knowledge of smaller rank"
                )
        self._bases = None if refresh else [row_basis(rows.knowledge) for rows in pairs]

    def apply(self) -> None:
        """Take out of every aligner what lies in the row space of its knowledge."""
        import torch

        bases = self._bases or [row_basis(rows.knowledge) for rows in self.pairs]
        with torch.no_grad():
            for rows, basis in zip(self.pairs, bases, strict=True):
                own = _rows_here(rows.aligner)
                basis = basis.to(own.device)
                own.copy_((own.double() - (own.double() @ basis) @ basis.T).to(own.dtype))


def row_basis(matrix: torch.Tensor) -> torch.Tensor:
    """Return an orthonormal basis of the row space of a matrix [r, d] as columns [d, rank], in float64."""
    import torch

    with torch.no_grad():
        found = torch.linalg.svd(gathered(matrix).detach().double(), full_matrices=False)
        smallest = float(found.S.max()) * 1e-9 if found.S.numel() else 0.0
        basis: torch.Tensor = found.Vh[found.S.gt(smallest)].T.contiguous()
        return basis


def share_inside(matrix: torch.Tensor, basis: torch.Tensor) -> float:
    """Return ||A Q|| / ||A||: the share of the rows of A [r, d] inside the space with basis Q [d, k]; 0 for A = 0."""
    whole = float(matrix.double().norm())
    return float((matrix.double() @ basis).norm()) / whole if whole else 0.0


def row_overlap(knowledge_a: torch.Tensor, aligner_a: torch.Tensor) -> float:
    """Return the share of the aligner's input directions inside those of the knowledge, 0 to 1."""
    return share_inside(gathered(aligner_a).detach(), row_basis(knowledge_a))


def column_overlap(knowledge_b: torch.Tensor, aligner_b: torch.Tensor) -> float:
    """Return the share of the aligner's output directions inside those of the knowledge, 0 to 1; 0 while B is 0."""
    return share_inside(gathered(aligner_b).detach().T, row_basis(gathered(knowledge_b).T))


def gathered(matrix: torch.Tensor) -> torch.Tensor:
    """Return a matrix as a whole, with its gradient, where FSDP2 has cut it into shards."""
    whole: Any = matrix
    return whole.full_tensor() if hasattr(matrix, "full_tensor") else whole  # type: ignore[no-any-return]


def _rows_here(matrix: torch.Tensor) -> torch.Tensor:
    """Return the rows of a matrix that this process holds; whole rows, or there is nothing to project them with."""
    whole: Any = matrix
    if not hasattr(matrix, "to_local"):
        return matrix
    if any(getattr(placement, "dim", 0) != 0 for placement in whole.placements):
        raise UserError(
            "orthogonality: the aligner's rows are cut by FSDP; shard parameters by their first dimension"
        )
    return whole.to_local()  # type: ignore[no-any-return]
