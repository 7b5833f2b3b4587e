"""The aligner: a second LoRA beside the knowledge on each FFN projection, with one dropout D for both.

    h = W0 x + s * B_knowledge A_knowledge D(x) + s * B_aligner A_aligner D(x)      (MedCare, section 4)

The knowledge may go on learning or be frozen. Where it is part of W0 already (a merged model), it is beside the layer
only to be kept away from, and not counted in the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polyclinic.adapters.low_rank import Pair, Pairs, check_fit
from polyclinic.adapters.noise import ADAPTER, lora_layers
from polyclinic.errors import UserError

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from peft.tuners.lora.layer import LoraLayer
    from transformers import PreTrainedModel

KNOWLEDGE = ("lora_knowledge_A", "lora_knowledge_B")  # PEFT saves and loads what begins with lora_
REFERENCE = "ref"  # TRL's name for the copy of an adapter that it compares with


@dataclass(frozen=True)
class AlignerShape:
    """Rank and scale of the aligner."""

    rank: int = 32
    scale: float = 2.0
    dropout: float = 0.05  # of the input that knowledge and aligner both see


class BesideKnowledge:
    """A LoRA layer with the knowledge beside it, as PEFT's LoraVariant has it (a contract test pins its methods)."""

    def __init__(self, scale: float, counted: bool) -> None:
        """Keep how often the knowledge counts, and whether it counts at all in the forward pass."""
        self.scale, self.counted = scale, counted

    def supports_lora_conversion(self) -> bool:
        """It is two plain LoRAs; `low_rank.side_by_side` makes them one."""
        return False

    def init(self, module: LoraLayer, adapter_name: str, **given: Any) -> None:
        """Give a further adapter on this layer, TRL's reference, the same knowledge."""
        for part in KNOWLEDGE:
            held = getattr(module, part)
            held[adapter_name] = held[ADAPTER]

    def merge_safe(self, module: LoraLayer, active_adapter: str, orig_weight: torch.Tensor) -> torch.Tensor:
        """Return the weights with aligner and knowledge in them."""
        return orig_weight + self._delta(module, active_adapter).to(orig_weight.dtype)

    def merge_unsafe(self, module: LoraLayer, active_adapter: str, orig_weight: torch.Tensor) -> None:
        """Add aligner and knowledge to the weights."""
        orig_weight.data += self._delta(module, active_adapter).to(orig_weight.dtype)

    def unmerge(self, module: LoraLayer, active_adapter: str, orig_weight: torch.Tensor) -> torch.Tensor:
        """Return the weights without aligner and knowledge."""
        return orig_weight.data - self._delta(module, active_adapter).to(orig_weight.dtype)

    def forward(
        self, module: LoraLayer, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **given: Any
    ) -> torch.Tensor:
        """Return the layer's output: the base's `result`, knowledge and aligner, [..., d_out]."""
        x = module.lora_dropout[active_adapter](x)
        a, b = module.lora_A[active_adapter], module.lora_B[active_adapter]
        made: torch.Tensor = result + b(a(x)) * module.scaling[active_adapter]
        if self.counted:
            knowledge_a, knowledge_b = (getattr(module, part)[active_adapter] for part in KNOWLEDGE)
            made = made + knowledge_b(knowledge_a(x)) * self.scale
        return made

    def _delta(self, module: LoraLayer, adapter: str) -> torch.Tensor:
        delta: torch.Tensor = module.get_delta_weight(adapter)
        if self.counted:
            a, b = (getattr(module, part)[adapter].weight for part in KNOWLEDGE)
            delta = delta + self.scale * (b @ a).to(delta.dtype)
        return delta


def attach_aligner(
    model: PreTrainedModel,
    knowledge: Mapping[str, Pair],
    ffn: tuple[str, ...],
    shape: AlignerShape,
    *,
    trainable: bool,
    counted: bool = True,
    seed: int,
    base: str,
    place: str = "knowledge",
) -> PeftModel:
    """Return the model with the aligner on its FFN projections, the knowledge beside it; both count at once.

    Args:
        model: the base; its own weights are frozen.
        knowledge: pairs of FFN projections.
        ffn: names of the FFN projections that get an aligner.
        shape: of the aligner.
        trainable: whether the knowledge goes on learning.
        counted: whether the knowledge is added in the forward pass; not so when the model has it in its weights.
        seed: decides the random beginning of A; B is zero.
        base: the base's folder or name, for the adapter's configuration.
        place: the knowledge's folder, for messages.

    Raises:
        UserError: when the knowledge was made for another model, or reaches no FFN projection.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from torch import nn

    check_fit(model, knowledge, place)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=shape.rank,
        lora_alpha=shape.scale * shape.rank,
        lora_dropout=shape.dropout,
        target_modules=sorted(ffn),
        base_model_name_or_path=base,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: PeftModel = get_peft_model(model, config)
    made.peft_config[ADAPTER].base_model_name_or_path = base
    layers = lora_layers(made)
    if knowledge and not set(layers) & set(knowledge):
        raise UserError(
            f"{place}: holds nothing for the FFN projections {', '.join(ffn)}, beside which the aligner lies; "
            "expected knowledge of train.medcare_knowledge or a LoRA on these layers"
        )
    for name, layer in layers.items():
        if name not in knowledge:
            continue
        pair = knowledge[name]
        like = layer.lora_A[ADAPTER].weight
        for part, matrix in zip(KNOWLEDGE, (pair.a, pair.b), strict=True):
            held = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False, device="meta")
            held.weight = nn.Parameter(matrix.detach().clone().to(like.device, like.dtype), requires_grad=trainable)
            setattr(layer, part, nn.ModuleDict({ADAPTER: held}))
        variant = BesideKnowledge(pair.scale, counted)
        # TRL adds a copy of the adapter as its reference; named beforehand, it gets the knowledge too (`init`).
        layer.lora_variant.update({ADAPTER: variant, REFERENCE: variant})
        if trainable:  # told to PEFT, whose switching of adapters would otherwise leave it as it is
            layer.adapter_layer_names = (*layer.adapter_layer_names, *KNOWLEDGE)
    return made


def forget_reference(model: PeftModel) -> None:
    """Take TRL's reference off the layers again, once its log-probabilities are known."""
    if REFERENCE in model.peft_config:
        model.delete_adapter(REFERENCE)
    for layer in lora_layers(model).values():
        layer.lora_variant.pop(REFERENCE, None)
        for part in KNOWLEDGE:
            held = getattr(layer, part, {})
            if REFERENCE in held:
                del held[REFERENCE]
    model.base_model.set_adapter(ADAPTER)  # what it shares with the reference was frozen with it


def lora_pairs(model: PeftModel) -> Pairs:
    """Return the matrices of a model's plain LoRA, such as the aligner, by module; copied to float32 on the CPU."""
    return {
        name: Pair(
            _copied(layer.lora_A[ADAPTER].weight), _copied(layer.lora_B[ADAPTER].weight), layer.scaling[ADAPTER]
        )
        for name, layer in lora_layers(model).items()
    }


def knowledge_pairs(model: PeftModel) -> Pairs:
    """Return the matrices of the knowledge beside the aligner by module, copied to float32 on the CPU."""
    return {
        name: Pair(
            _copied(getattr(layer, KNOWLEDGE[0])[ADAPTER].weight),
            _copied(getattr(layer, KNOWLEDGE[1])[ADAPTER].weight),
            layer.lora_variant[ADAPTER].scale,
        )
        for name, layer in lora_layers(model).items()
        if hasattr(layer, KNOWLEDGE[0])
    }


def _copied(weight: torch.Tensor) -> torch.Tensor:
    whole = weight.full_tensor() if hasattr(weight, "full_tensor") else weight
    return whole.detach().float().cpu().clone()
