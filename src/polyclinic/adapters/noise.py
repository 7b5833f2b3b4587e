"""The noise aggregator: routed LoRA experts beside each FFN projection, thrown away after stage 1.

Of one token's input x to a projection W0, with E experts of rank r, the k best of them, and knowledge beside them
(MedCare, section 2 of the reference):

    g    = softmax over the k largest of S x + b, 0 elsewhere      (softmax, top-k, renormalise gives the same)
    h    = W0 x + sum_i g_i * s * B_i A_i x + s * B_knowledge A_knowledge x

The experts are held as one LoRA of rank E * r whose rank axis is multiplied by the gates, so that the cost is that of
a plain LoRA: the published code computes every expert for every token and keeps all their outputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polyclinic.adapters.projections import PREFIX
from polyclinic.errors import UserError

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from peft.tuners.lora.layer import LoraLayer

ADAPTER = "default"  # the one adapter on the model; the noise lies in its layers
PARTS = ("lora_noise_A", "lora_noise_B", "lora_router")  # PEFT saves and loads what begins with lora_


@dataclass(frozen=True)
class NoiseShape:
    """How many experts, of which size."""

    experts: int = 8
    top_k: int = 2  # experts that one token goes to
    rank: int = 16  # of one expert
    scale: float = 2.0  # the product of an expert's matrices counts so many times


def gates(logits: torch.Tensor, top_k: int) -> torch.Tensor:
    """Return the share of each expert for each token, [..., experts]: the softmax of the k largest, 0 elsewhere.

    Args:
        logits: the router's, [..., experts], of any floating type.
        top_k: how many experts a token goes to.
    """
    import torch

    best = logits.float().topk(top_k, dim=-1)
    shares = torch.softmax(best.values, dim=-1)
    return torch.zeros_like(logits, dtype=torch.float32).scatter(-1, best.indices, shares)


class RoutedNoise:
    """A LoRA layer with routed experts beside it, as PEFT's LoraVariant has it (a contract test pins its methods).

    Layers without experts (attention) stay plain, but have it too: so an attempt to merge fails at the first layer of
    the model, with nothing changed.
    """

    def __init__(self, shape: NoiseShape) -> None:
        """Keep how the experts are cut out of the stacked matrices."""
        self.shape = shape

    def supports_lora_conversion(self) -> bool:
        """Routed experts are no plain LoRA."""
        return False

    def init(self, module: LoraLayer, adapter_name: str, **given: Any) -> None:
        """Do nothing: `attach_noise` has made what is needed."""

    def merge_safe(self, module: LoraLayer, active_adapter: str, orig_weight: torch.Tensor) -> torch.Tensor:
        """Refuse: which experts count differs from token to token."""
        raise _not_mergeable()

    def merge_unsafe(self, module: LoraLayer, active_adapter: str, orig_weight: torch.Tensor) -> None:
        """Refuse: which experts count differs from token to token."""
        raise _not_mergeable()

    def unmerge(self, module: LoraLayer, active_adapter: str, orig_weight: torch.Tensor) -> torch.Tensor:
        """Refuse: it was never merged."""
        raise _not_mergeable()

    def forward(
        self, module: LoraLayer, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **given: Any
    ) -> torch.Tensor:
        """Return the layer's output: the base's `result`, knowledge and routed experts, [..., d_out]."""
        import torch
        from torch.nn.functional import linear

        a, b = module.lora_A[active_adapter], module.lora_B[active_adapter]
        scale = module.scaling[active_adapter]
        if active_adapter not in module.lora_router:
            plain: torch.Tensor = result + b(a(module.lora_dropout[active_adapter](x))) * scale
            return plain
        noise_a, noise_b = module.lora_noise_A[active_adapter], module.lora_noise_B[active_adapter]
        router = module.lora_router[active_adapter]
        shape = self.shape
        rank, stacked = a.weight.shape[0], shape.experts * shape.rank
        # One product for the input side and one for the output side, as a plain LoRA of the same size has.
        hidden = linear(x, torch.cat([a.weight, noise_a.weight, router.weight]))
        knowledge, noise, logits = torch.split(hidden, [rank, stacked, shape.experts], dim=-1)
        gate = gates(logits + router.bias, shape.top_k).to(hidden.dtype) * (shape.scale / scale)
        noise = (noise.reshape(*gate.shape, shape.rank) * gate.unsqueeze(-1)).flatten(-2)
        hidden = torch.cat([knowledge, noise], dim=-1) * scale
        return result + linear(hidden, torch.cat([b.weight, noise_b.weight], dim=1))


def attach_noise(model: PeftModel, ffn: tuple[str, ...], shape: NoiseShape, generator: torch.Generator) -> None:
    """Put routed experts beside the FFN projections of a model with a LoRA on it; they change nothing at first.

    A is Kaiming-uniform (a = sqrt 5), B zero, the router as torch begins a linear layer.

    Args:
        model: a PEFT model with the adapter `default`.
        ffn: names of the FFN projections.
        shape: number and size of the experts.
        generator: decides the random beginnings.

    Raises:
        UserError: when `top_k` is more than the experts there are.
    """
    from torch import nn

    if shape.top_k > shape.experts:
        raise UserError(f"top_k: {shape.top_k}, but there are {shape.experts} experts")
    variant = RoutedNoise(shape)
    for name, layer in lora_layers(model).items():
        layer.lora_router = nn.ModuleDict()
        layer.lora_variant[ADAPTER] = variant
        if name.rpartition(".")[2] not in ffn:
            continue
        like = layer.lora_A[ADAPTER].weight
        stacked = shape.experts * shape.rank
        layer.lora_noise_A = nn.ModuleDict({ADAPTER: nn.Linear(layer.in_features, stacked, bias=False)})
        layer.lora_noise_B = nn.ModuleDict({ADAPTER: nn.Linear(stacked, layer.out_features, bias=False)})
        layer.lora_router[ADAPTER] = nn.Linear(layer.in_features, shape.experts)
        _begin(layer.lora_noise_A[ADAPTER].weight, layer.in_features, generator)
        nn.init.zeros_(layer.lora_noise_B[ADAPTER].weight)
        _begin(layer.lora_router[ADAPTER].weight, layer.in_features, generator)
        _begin(layer.lora_router[ADAPTER].bias, layer.in_features, generator)
        for part in PARTS:
            getattr(layer, part).to(device=like.device, dtype=like.dtype)
        # Told to PEFT, so that switching, freezing and deleting the adapter takes them along.
        layer.adapter_layer_names = (*layer.adapter_layer_names, *PARTS)


def drop_noise(model: PeftModel) -> None:
    """Take the routed experts off a model again; what stays is the knowledge, a stock LoRA model."""
    for layer in lora_layers(model).values():
        if isinstance(layer.lora_variant.get(ADAPTER), RoutedNoise):
            del layer.lora_variant[ADAPTER]
            layer.adapter_layer_names = tuple(name for name in layer.adapter_layer_names if name not in PARTS)
            for part in PARTS:
                if hasattr(layer, part):
                    delattr(layer, part)


def lora_layers(model: torch.nn.Module) -> dict[str, Any]:
    """Return PEFT's LoRA layers by the names of the modules they lie beside, in the model's order."""
    from peft.tuners.lora.layer import LoraLayer

    return {
        name.removeprefix(PREFIX): module for name, module in model.named_modules() if isinstance(module, LoraLayer)
    }


def _begin(weight: torch.Tensor, inputs: int, generator: torch.Generator) -> None:
    """Fill with U(-1/sqrt(d_in), 1/sqrt(d_in)): what Kaiming-uniform with a = sqrt 5, torch's linear layer, gives."""
    import torch

    bound = 1 / math.sqrt(inputs)
    with torch.no_grad():
        weight.uniform_(-bound, bound, generator=generator)


def _not_mergeable() -> UserError:
    return UserError(
        "routed experts cannot be merged into the weights: which of them count differs from token to token. Nothing "
        "was changed. Drop the noise first (adapters.noise.drop_noise), or load the adapter without it"
    )
