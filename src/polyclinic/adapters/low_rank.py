"""The pairs of low-rank matrices of an adapter: read from a folder, written to one, put beside each other.

A pair stands for the change scale * B @ A of one linear layer. This file knows nothing about what a pair has learnt.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.adapter_folder import CONFIG, WEIGHTS, check_adapter_folder, read_adapter_config, write_base
from polyclinic.adapters.projections import PREFIX
from polyclinic.errors import UserError

if TYPE_CHECKING:
    import torch

# What PEFT can do to a layer beside a product of two matrices.
OTHER_KINDS = (
    "use_dora",
    "lora_bias",
    "alora_invocation_tokens",
    "arrow_config",
    "target_parameters",
    "trainable_token_indices",
    "layer_replication",
    "modules_to_save",
    "fan_in_fan_out",
)


@dataclass(frozen=True)
class Pair:
    """The change scale * B @ A of a linear layer from d_in to d_out."""

    a: torch.Tensor  # [rank, d_in]
    b: torch.Tensor  # [d_out, rank]
    scale: float

    @property
    def rank(self) -> int:
        """Rows of A."""
        return int(self.a.shape[0])

    def delta(self) -> torch.Tensor:
        """Return the change itself, [d_out, d_in], in float32."""
        return self.scale * (self.b.float() @ self.a.float())


Pairs = dict[str, Pair]  # by the name of the model's own module


def read_pairs(folder: Path) -> Pairs:
    """Return the pairs of a plain LoRA in PEFT's layout, by module, in the order of names; float32.

    Raises UserError when the folder holds no adapter, one of another kind, or half a pair.
    """
    from safetensors.torch import load_file

    check_adapter_folder(folder)
    config = read_adapter_config(folder)
    if config["peft_type"] != "LORA":
        raise UserError(f"{folder / CONFIG}: peft_type is {config['peft_type']}; expected LORA")
    for key in OTHER_KINDS:
        if config.get(key):
            raise UserError(f"{folder / CONFIG}: {key} is set; expected a plain LoRA, merge this one with PEFT first")
    halves: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in load_file(folder / WEIGHTS).items():
        module, _, part = name.removeprefix(PREFIX).removesuffix(".weight").rpartition(".")
        if part not in ("lora_A", "lora_B") or tensor.ndim != 2:
            raise UserError(f"{folder / WEIGHTS}: {name} is no part of a plain LoRA")
        halves.setdefault(module, {})[part] = tensor.float()
    made: Pairs = {}
    for module, half in sorted(halves.items()):
        if half.keys() != {"lora_A", "lora_B"} or half["lora_A"].shape[0] != half["lora_B"].shape[1]:
            raise UserError(f"{folder / WEIGHTS}: the layer {module} has not both matrices of a LoRA of one rank")
        rank = int(half["lora_A"].shape[0])
        expected = int(by_pattern(config.get("rank_pattern"), module, config.get("r", rank)))
        if rank != expected:
            raise UserError(f"{folder / WEIGHTS}: the layer {module} has the rank {rank}, {CONFIG} says {expected}")
        alpha = float(by_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", rank)))
        scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
        made[module] = Pair(half["lora_A"], half["lora_B"], scale)
    return made


def write_pairs(folder: Path, pairs: Mapping[str, Pair], base: Path) -> None:
    """Write pairs as one standard LoRA for `base`, which stock PEFT and vLLM load; the same bytes each time.

    Ranks may differ between layers (`rank_pattern`). The scale is one for all, that of the most common rank: other
    scales are multiplied into B, since not everything that loads adapters looks at `alpha_pattern`.
    """
    from safetensors.torch import save_file

    ranks = [pair.rank for pair in pairs.values()]
    rank = max(ranks)
    scale = next(pair.scale for pair in pairs.values() if pair.rank == rank)
    others = {module: pair.rank for module, pair in sorted(pairs.items()) if pair.rank != rank}
    by_name = {module.rpartition(".")[2]: own for module, own in others.items()}
    if {m for m in pairs if m.rpartition(".")[2] in by_name} == set(others) and all(
        by_name[module.rpartition(".")[2]] == own for module, own in others.items()
    ):
        others = by_name  # names of layers instead of one entry for each
    alpha = scale * rank
    config: dict[str, Any] = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.resolve().name,
        "r": rank,
        "lora_alpha": int(alpha) if float(alpha).is_integer() else alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "use_rslora": False,
        "fan_in_fan_out": False,
        "inference_mode": True,
        "target_modules": sorted({module.rpartition(".")[2] for module in pairs}),
        "rank_pattern": others,
        "alpha_pattern": {name: _whole(scale * own) for name, own in others.items()},
    }
    tensors = {}
    for module, pair in sorted(pairs.items()):
        b = pair.b if pair.scale == scale else pair.b * (pair.scale / scale)
        tensors[f"{PREFIX}{module}.lora_A.weight"] = pair.a.contiguous()
        tensors[f"{PREFIX}{module}.lora_B.weight"] = b.contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_base(folder, base)


def side_by_side(first: Mapping[str, Pair], second: Mapping[str, Pair]) -> Pairs:
    """Return the sum of two adapters as one of summed rank: A stacked, B side by side, layer by layer."""
    import torch

    made: Pairs = {}
    for module in sorted({*first, *second}):
        if module in first and module in second:
            one, two = first[module], second[module]
            made[module] = Pair(
                torch.cat([one.a, two.a]), torch.cat([one.b, two.b * (two.scale / one.scale)], dim=1), one.scale
            )
        else:
            made[module] = first.get(module) or second[module]
    return made


def add_pairs(model: torch.nn.Module, pairs: Mapping[str, Pair], place: str) -> None:
    """Add the change of each pair to the weights of a model, computed in float32.

    Raises UserError, before anything is changed, when the model lacks a layer or has it in another shape.
    """
    check_fit(model, pairs, place)
    for module, pair in pairs.items():
        weight = model.get_parameter(f"{module}.weight")
        weight.data = (weight.data.float() + pair.delta().to(weight.device)).to(weight.dtype)


def check_fit(model: torch.nn.Module, pairs: Mapping[str, Pair], place: str) -> None:
    """Check that a model has each layer in the shape its pair is for; `place` is the adapter. Raises UserError."""
    modules = dict(model.named_modules())
    for module, pair in pairs.items():
        weight = getattr(modules.get(module), "weight", None)
        if weight is None:
            raise UserError(
                f"{place}: has matrices for {module}, which the model lacks; it was made for another model"
            )
        shape = (pair.b.shape[0], pair.a.shape[1])
        if tuple(weight.shape) != shape:
            raise UserError(
                f"{place}: {module} is {shape[0]} x {shape[1]} in it, in the model "
                f"{weight.shape[0]} x {weight.shape[1]}; it was made for another model"
            )


def by_pattern(patterns: Mapping[str, Any] | None, module: str, default: Any) -> Any:
    """Return the first pattern's value that fits the end of a module's name, as PEFT finds it."""
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return default


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
