"""Random models of a few thousand parameters, and tensors to put through them."""

from __future__ import annotations

from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config, Qwen2ForCausalLM

SIZES: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "tie_word_embeddings": True,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
}
FFN = ("gate_proj", "up_proj", "down_proj")


def tiny(family: str = "qwen2", **sizes: Any) -> Any:
    torch.manual_seed(3)
    made: Any = {
        "qwen2": (Qwen2Config, Qwen2ForCausalLM),
        "llama": (LlamaConfig, LlamaForCausalLM),
        "phi3": (Phi3Config, Phi3ForCausalLM),
    }[family]
    return made[1](made[0](**(SIZES | sizes))).eval()


def tokens(rows: int = 3, length: int = 12) -> torch.Tensor:
    return torch.randint(2, 64, (rows, length), generator=torch.Generator().manual_seed(1))


def shake(model: torch.nn.Module, part: str = "lora_", size: float = 0.3) -> None:
    """Give all matrices of a kind random values, as if they had been trained."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if part in name:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * size)
