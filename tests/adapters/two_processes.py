"""The penalty in two processes, under DDP and FSDP2: run with torchrun; see test_adapters_orthogonality.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from medcare_models import shake, tiny, tokens
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from polyclinic.adapters.aligner import AlignerShape, attach_aligner
from polyclinic.adapters.low_rank import Pair
from polyclinic.adapters.orthogonality import Orthogonality, Projection, gathered, penalty, row_overlap, row_pairs


def aligned(trainable: bool) -> Any:
    generator = torch.Generator().manual_seed(0)
    base = tiny()
    knowledge = {
        name: Pair(
            torch.randn(6, m.in_features, generator=generator),
            torch.randn(m.out_features, 6, generator=generator),
            2.0,
        )
        for name, m in base.named_modules()
        if name.rpartition(".")[2] in ("gate_proj", "up_proj", "down_proj")
    }
    model = attach_aligner(
        base, knowledge, ("gate_proj", "up_proj", "down_proj"), AlignerShape(4, 2.0, 0.0),
        trainable=trainable, seed=0, base="tiny",
    )  # fmt: skip
    shake(model, "lora_B", 0.1)
    return model.train()


def gradients(model: Any, wrapped: Any, kind: Orthogonality, rows: torch.Tensor) -> dict[str, torch.Tensor]:
    """One step of two accumulated batches, the penalty divided among them, as the trainer does."""
    for batch in rows.chunk(2):
        loss = wrapped(batch, labels=batch).loss / 2
        (loss + penalty(row_pairs(model), kind) / 2).backward()
    return {
        name.replace("module.", ""): gathered(p.grad).clone()
        for name, p in model.named_parameters()
        if p.requires_grad
    }


def main(way: str, out: Path) -> None:
    rank = dist.get_rank()
    rows = tokens(8).chunk(2)[rank]
    model = aligned(True)
    if way == "ddp":
        wrapped: Any = DistributedDataParallel(model)
    else:
        for layer in model.get_base_model().model.layers:
            fully_shard(layer)
        wrapped = fully_shard(model)
    made = gradients(model, wrapped, "penalty_norm", rows)
    Projection(row_pairs(model), refresh=True).apply()
    inside = max(row_overlap(r.knowledge, r.aligner) for r in row_pairs(model))
    if rank == 0:
        torch.save({"gradients": made, "inside": inside}, out / f"{way}.pt")


if __name__ == "__main__":
    dist.init_process_group("gloo")
    for one in ("ddp", "fsdp2"):
        main(one, Path(sys.argv[1]))
    dist.destroy_process_group()
