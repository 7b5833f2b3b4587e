"""Checkpoints in the layout of the published code (GitHub BlueZeros/MedCare), read without running anything in them.

    adapter_config.json, adapter_model.safetensors | .bin     LoRA of attention (PEFT)
    non_lora_trainables.bin | .safetensors                    all else, by these names:
      stage 1  ...{gate,up,down}_proj.experts.{i}.lora_A_{i}, .lora_B_{i}; .share_experts.lora_A, .lora_B;
               .switch (weight and bias)
      stage 2  ....base.lora_A, .lora_B (the knowledge); .orth.lora_A, .lora_B (the aligner)

Pickles are read with torch's weights-only loading, which refuses everything but tensors.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.adapters.low_rank import Pair, Pairs
from polyclinic.adapters.noise import NoiseShape
from polyclinic.adapters.noise_folder import Noise
from polyclinic.errors import UserError

if TYPE_CHECKING:
    import torch

ATTENTION_FILES = ("adapter_model.safetensors", "adapter_model.bin")
OTHER_FILES = ("non_lora_trainables.safetensors", "non_lora_trainables.bin")
LAYERS = re.compile(r"(?:^|\.)((?:model\.)?layers\.\d+\..+)$")  # behind whatever wrappers were called
EXPERT = re.compile(r"(.+)\.experts\.(\d+)\.lora_([AB])_(\d+)$")
SHARED = re.compile(r"(.+)\.(share_experts|base|orth)\.lora_([AB])$")


@dataclass(frozen=True)
class PublishedCheckpoint:
    """What a checkpoint of the published code holds."""

    stage: int
    attention: Pairs
    knowledge: Pairs
    aligner: Pairs  # empty after stage 1
    noise: Noise | None  # None after stage 2


def read_published(folder: Path, top_k: int) -> PublishedCheckpoint:
    """Return what a checkpoint in the published layout holds; names are those of the model's modules.

    Args:
        folder: holds adapter_config.json and the files above.
        top_k: experts a token goes to; the checkpoints do not say (published: 2).

    Raises:
        UserError: when a file is missing or is a pickle of more than tensors, or when names or shapes do not fit.
    """
    rank, scale = _scale(folder)
    other = _tensors(folder, OTHER_FILES)
    if other is None:
        raise UserError(
            f"{folder}: neither {' nor '.join(OTHER_FILES)} here; expected a checkpoint of MedCare's code"
        )
    file, tensors = other
    halves: dict[tuple[str, str], dict[str, torch.Tensor]] = {}
    experts: dict[str, dict[tuple[str, int], torch.Tensor]] = {}
    routers: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        plain = _module(name)
        stem = plain.removesuffix(".weight")
        if match := EXPERT.match(stem):
            experts.setdefault(match[1], {})[match[3], int(match[2])] = tensor
        elif match := SHARED.match(stem):
            halves.setdefault((match[2], match[1]), {})[match[3]] = tensor
        elif match := re.match(r"(.+)\.switch\.(weight|bias)$", plain):
            routers.setdefault(match[1], {})[match[2]] = tensor
        else:
            raise UserError(f"{file}: {name} is no part of MedCare's layout")
    groups: dict[str, Pairs] = {"share_experts": {}, "base": {}, "orth": {}}
    for (group, module), half in sorted(halves.items()):
        if half.keys() != {"A", "B"} or half["A"].shape[0] != half["B"].shape[1]:
            raise UserError(f"{file}: {module}.{group} has not both matrices of one rank")
        groups[group][module] = Pair(half["A"], half["B"], scale)
    attention = _attention(folder, scale)
    if groups["orth"]:
        return PublishedCheckpoint(2, attention, groups["base"], groups["orth"], None)
    if not groups["share_experts"]:
        raise UserError(f"{file}: neither share_experts (stage 1) nor orth (stage 2) in it")
    noise = _noise(file, experts, routers, top_k, rank, scale) if experts or routers else None
    return PublishedCheckpoint(1, attention, groups["share_experts"], {}, noise)


def _noise(
    file: Path,
    experts: dict[str, dict[tuple[str, int], torch.Tensor]],
    routers: dict[str, dict[str, torch.Tensor]],
    top_k: int,
    rank: int,
    scale: float,
) -> Noise:
    import torch

    stacked, switches = {}, {}
    count = len(next(iter(experts.values()), {})) // 2
    for module, found in sorted(experts.items()):
        if module not in routers or routers[module].keys() != {"weight", "bias"}:
            raise UserError(
                f"{file}: the experts of {module} are there, but not their router (switch); the published code's "
                "intermediate checkpoints lack it. Take the final one"
            )
        wanted = [(part, i) for part in "AB" for i in range(count)]
        if sorted(found) != sorted(wanted) or any(found["A", i].shape[0] != rank for i in range(count)):
            raise UserError(f"{file}: {module} has not {count} experts of rank {rank}, both matrices each")
        stacked[module] = (
            torch.cat([found["A", i] for i in range(count)]),
            torch.cat([found["B", i] for i in range(count)], dim=1),
        )
        switches[module] = (routers[module]["weight"], routers[module]["bias"])
    return Noise(NoiseShape(count, top_k, rank, scale), stacked, switches)


def _attention(folder: Path, scale: float) -> Pairs:
    found = _tensors(folder, ATTENTION_FILES)
    if found is None:
        return {}
    file, tensors = found
    halves: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        match = re.match(r"(.+)\.lora_([AB])(\.default)?\.weight$", _module(name))
        if match is None:
            raise UserError(f"{file}: {name} is no part of a LoRA")
        halves.setdefault(match[1], {})[match[2]] = tensor
    for module, half in halves.items():
        if half.keys() != {"A", "B"}:
            raise UserError(f"{file}: {module} has only one of the two matrices of a LoRA")
    return {module: Pair(half["A"], half["B"], scale) for module, half in sorted(halves.items())}


def _scale(folder: Path) -> tuple[int, float]:
    file = folder / "adapter_config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: cannot be read; expected the rank r and lora_alpha of the training") from error
    return rank, alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _tensors(folder: Path, names: tuple[str, ...]) -> tuple[Path, dict[str, torch.Tensor]] | None:
    import torch
    from safetensors.torch import load_file

    file = next((folder / name for name in names if (folder / name).is_file()), None)
    if file is None:
        return None
    if file.suffix == ".safetensors":
        return file, {name: tensor.float() for name, tensor in load_file(file).items()}
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or hostile file makes torch raise
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{file}: is no pickle of tensors alone, and nothing else is read: {first}") from error
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise UserError(f"{file}: expected names with tensors")
    return file, {str(name): tensor.float() for name, tensor in found.items()}


def _module(name: str) -> str:
    match = LAYERS.search(name)
    if match is None:
        raise UserError(f"{name}: expected a layer's name such as model.layers.0.mlp.gate_proj")
    plain = match[1]
    return plain if plain.startswith("model.") else f"model.{plain}"
