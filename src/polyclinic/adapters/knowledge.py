"""The knowledge aggregator: an ordinary LoRA on attention, and one of greater rank on the FFN that is always on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.adapters.noise import ADAPTER, lora_layers
from polyclinic.adapters.projections import Projections

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class KnowledgeShape:
    """Ranks of the knowledge; the product of a layer's matrices counts `scale` times everywhere."""

    attention_rank: int = 16
    ffn_rank: int = 32  # rank of an expert x shared experts
    scale: float = 2.0  # alpha / rank, or alpha / sqrt(rank) when rank-stabilised
    dropout: float = 0.05  # on attention alone


def attach_knowledge(
    model: PreTrainedModel, projections: Projections, shape: KnowledgeShape, seed: int, base: str
) -> PeftModel:
    """Return the model with the knowledge aggregator on it, as PEFT's adapter `default`; it changes nothing at first.

    Args:
        model: the base; its own weights are frozen.
        projections: the layers to adapt.
        shape: ranks, scale and dropout.
        seed: decides the random beginnings.
        base: the base's folder or name, for the adapter's configuration.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=shape.ffn_rank,
        lora_alpha=shape.scale * shape.ffn_rank,
        rank_pattern=dict.fromkeys(projections.attention, shape.attention_rank),
        alpha_pattern=dict.fromkeys(projections.attention, shape.scale * shape.attention_rank),
        lora_dropout=shape.dropout,
        target_modules=sorted((*projections.attention, *projections.ffn)),
        base_model_name_or_path=base,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: PeftModel = get_peft_model(model, config)
    made.peft_config[ADAPTER].base_model_name_or_path = base
    for name, layer in lora_layers(made).items():
        if name.rpartition(".")[2] in projections.ffn:
            layer.lora_dropout[ADAPTER] = torch.nn.Identity()  # PEFT has one dropout for a whole adapter
    return made
