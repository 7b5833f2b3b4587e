"""Tiny models of the families Phi-3, Llama, Qwen2 and Gemma, with random weights and the tokenizer of another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polyclinic.models import load_tokenizer, save_model

FAMILIES = ("phi3", "llama", "qwen2", "gemma2")

# Templates as these families have them: Phi-3's own turns, Llama's header turns, ChatML, and Gemma's, which refuses a
# system turn. End of a turn is the tokenizer's <|im_end|> everywhere, so that one tokenizer serves all.
GEMMA_TEMPLATE = (
    "{{ bos_token or '' }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<|im_start|>' + role + '\n' + message['content'] | trim + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>model\n' }}{% endif %}"
)


def make_family(family: str, tokenizer_of: Path, out: Path, **options: Any) -> Path:
    """Write a model of a family with 2 layers of width 32 and the tokenizer of another folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = load_tokenizer(tokenizer_of)
    if family.startswith("gemma"):
        tokenizer.chat_template = GEMMA_TEMPLATE
    settings: dict[str, Any] = {
        "vocab_size": 384,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 128,
        "sliding_window": 64,
        "tie_word_embeddings": family != "llama",
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
        **options,
    }
    if family == "phi3":
        del settings["head_dim"]
    if family == "llama":
        del settings["sliding_window"]
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **settings))
    save_model(out, model, tokenizer)
    return out
