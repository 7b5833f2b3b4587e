"""The noise aggregator as a folder beside the knowledge: experts, router and their shape, each a file of its own.

    adapter_config.json, adapter_model.safetensors    the knowledge: a standard LoRA
    noise/aggregator.json                              experts, top_k, rank, scale; whether it counts when it is asked
    noise/experts.safetensors                          lora_A [experts * rank, d_in] and lora_B of each projection
    noise/router.safetensors                           weight [experts, d_in] and bias of each projection

None of the files has a name that stock PEFT would load: without their routers all experts would run at once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.adapter_folder import put_adapter
from polyclinic.adapters.noise import ADAPTER, PARTS, NoiseShape, attach_noise, lora_layers
from polyclinic.adapters.projections import PREFIX
from polyclinic.errors import UserError
from polyclinic.models import read_header

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

FOLDER = "noise"
SHAPE, EXPERTS, ROUTER = "aggregator.json", "experts.safetensors", "router.safetensors"


@dataclass(frozen=True)
class Noise:
    """The tensors of a noise aggregator by module, and their shape."""

    shape: NoiseShape
    experts: dict[str, tuple[torch.Tensor, torch.Tensor]]  # A [experts * rank, d_in], B [d_out, experts * rank]
    routers: dict[str, tuple[torch.Tensor, torch.Tensor]]  # weight [experts, d_in], bias [experts]


def noise_of(model: PeftModel) -> Noise:
    """Return the routed experts on a model, copied to the CPU. Raises ValueError when there are none."""
    layers = {
        name: layer for name, layer in lora_layers(model).items() if ADAPTER in getattr(layer, "lora_router", {})
    }
    if not layers:
        raise ValueError("the model has no noise aggregator")
    experts, routers = {}, {}
    for name, layer in layers.items():
        a, b, router = (getattr(layer, part)[ADAPTER] for part in PARTS)
        experts[name] = (_kept(a.weight), _kept(b.weight))
        routers[name] = (_kept(router.weight), _kept(router.bias))
    shape: NoiseShape = next(iter(layers.values())).lora_variant[ADAPTER].shape
    return Noise(shape, experts, routers)


def write_noise(folder: Path, noise: Noise, *, kept: bool) -> None:
    """Write the noise into `folder`/noise; `kept` says whether it counts when our evaluation loads the adapter."""
    from safetensors.torch import save_file

    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    experts, routers = {}, {}
    for module, (a, b) in sorted(noise.experts.items()):
        experts[f"{PREFIX}{module}.lora_A.weight"] = a.contiguous()
        experts[f"{PREFIX}{module}.lora_B.weight"] = b.contiguous()
    for module, (weight, bias) in sorted(noise.routers.items()):
        routers[f"{PREFIX}{module}.lora_router.weight"] = weight.contiguous()
        routers[f"{PREFIX}{module}.lora_router.bias"] = bias.contiguous()
    save_file(experts, place / EXPERTS, metadata={"format": "pt"})
    save_file(routers, place / ROUTER, metadata={"format": "pt"})
    (place / SHAPE).write_text(json.dumps({**asdict(noise.shape), "kept": kept}, indent=1) + "\n", encoding="utf-8")


def keeps_noise(folder: Path) -> bool:
    """Say whether an adapter is to be asked with its noise aggregator; raises UserError when its file is broken."""
    return (folder / FOLDER / SHAPE).is_file() and bool(_read_shape(folder)[1])


def read_noise(folder: Path) -> Noise:
    """Return the noise aggregator beside an adapter.

    Raises UserError when a file is missing or broken, or when experts and routers do not fit together or the shape.
    """
    shape, _ = _read_shape(folder)
    experts = _read_pairs(folder / FOLDER / EXPERTS, ("lora_A.weight", "lora_B.weight"))
    if not (folder / FOLDER / ROUTER).is_file():
        raise UserError(
            f"{folder / FOLDER}: no {ROUTER} here; without its router every expert would answer every token. Copy "
            "the whole folder, or leave the noise out, which is what it was made for"
        )
    routers = _read_pairs(folder / FOLDER / ROUTER, ("lora_router.weight", "lora_router.bias"))
    if strange := sorted(set(experts) ^ set(routers)):
        which = ROUTER if strange[0] in experts else EXPERTS
        raise UserError(f"{folder / FOLDER / which}: nothing for {strange[0]}, which the other file has")
    for module, (a, b) in experts.items():
        weight, bias = routers[module]
        wanted = shape.experts * shape.rank
        if a.shape[0] != wanted or b.shape[1] != wanted or (weight.shape[0], bias.shape[0]) != (shape.experts,) * 2:
            raise UserError(
                f"{folder / FOLDER}: {module} has matrices for {a.shape[0]} ranks and {weight.shape[0]} experts, "
                f"{SHAPE} says {shape.experts} experts of rank {shape.rank}"
            )
    return Noise(shape, experts, routers)


def put_with_noise(model: PreTrainedModel, folder: Path) -> PeftModel:
    """Return the model with knowledge and noise of a folder on it, every tensor in its place.

    Raises UserError when the folder lacks a part, or was made for another model.
    """
    import torch

    noise = read_noise(folder)
    made = put_adapter(model, folder)
    ffn = tuple(sorted({module.rpartition(".")[2] for module in noise.experts}))
    attach_noise(made, ffn, noise.shape, torch.Generator().manual_seed(0))
    layers = {name: layer for name, layer in lora_layers(made).items() if ADAPTER in layer.lora_router}
    if strange := sorted(set(layers) ^ set(noise.experts)):
        raise UserError(f"{folder / FOLDER}: it does not match the adapter beside it, first in {strange[0]}")
    for module, layer in layers.items():
        a, b, router = (getattr(layer, part)[ADAPTER] for part in PARTS)
        pairs = zip(
            (a.weight, b.weight, router.weight, router.bias),
            (*noise.experts[module], *noise.routers[module]),
            strict=True,
        )
        for place, value in pairs:
            if place.shape != value.shape:
                raise UserError(
                    f"{folder / FOLDER}: {module} is {list(value.shape)} in it, in the model {list(place.shape)}; it "
                    "was made for another model"
                )
            place.data.copy_(value)
    return made


def _read_shape(folder: Path) -> tuple[NoiseShape, bool]:
    file = folder / FOLDER / SHAPE
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        shape = NoiseShape(int(found["experts"]), int(found["top_k"]), int(found["rank"]), float(found["scale"]))
        return shape, bool(found.get("kept", False))
    except FileNotFoundError as error:
        raise UserError(f"{folder}: no {FOLDER}/{SHAPE} here; this adapter has no noise aggregator") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: broken; expected JSON with experts, top_k, rank and scale") from error


def _read_pairs(file: Path, parts: tuple[str, str]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    from safetensors.torch import load_file

    if not file.is_file():
        raise UserError(f"{file.parent}: no {file.name} here; the noise aggregator is not whole")
    read_header(file)  # a message of ours when it is damaged
    halves: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in load_file(file).items():
        part = next((p for p in parts if name.endswith(f".{p}")), None)
        if part is None:
            raise UserError(f"{file}: {name} is no part of a noise aggregator")
        halves.setdefault(name.removeprefix(PREFIX).removesuffix(f".{part}"), {})[part] = tensor.float()
    for module, half in halves.items():
        if len(half) != 2:
            raise UserError(f"{file}: {module} has only {next(iter(half))}, not {' and '.join(parts)}")
    return {module: (half[parts[0]], half[parts[1]]) for module, half in halves.items()}


def _kept(weight: torch.Tensor) -> torch.Tensor:
    whole = weight.full_tensor() if hasattr(weight, "full_tensor") else weight
    return whole.detach().float().cpu().clone()
