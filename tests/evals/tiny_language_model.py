"""A language model of 35,000 parameters with a byte-level tokenizer, and items of catalog tasks to ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from polyclinic import models
from polyclinic.records import Sample

SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
DISEASES = ["Cholera", "Typhoid fever", "Type 2 diabetes mellitus", "Asthma, unspecified", "Gout of the left foot"]


def save_tiny_model(folder: Path, seed: int = 0, window: int = 96, **config: Any) -> Path:
    """Write a random Llama of two layers (hidden size 32, 300 tokens) and its tokenizer into `folder`."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*DISEASES, "ICD-10-CM code:", "the patient has no fever"] * 3, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|pad|>")
    fast.chat_template = models.CHAT_TEMPLATE
    settings = {
        "vocab_size": len(fast),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": window,
        "pad_token_id": fast.pad_token_id,
        "bos_token_id": None,
        "eos_token_id": fast.eos_token_id,
        "tie_word_embeddings": True,
        "initializer_range": 0.5,  # so that random models prefer some tokens clearly
        **config,
    }
    torch.manual_seed(seed)
    models.save_model(folder, LlamaForCausalLM(LlamaConfig(**settings)), fast)
    return folder


def question(number: int, **fields: Any) -> Sample:
    """Return an ICD-10-CM question; with the number goes the code and the order of the options."""
    turned = tuple(DISEASES[(number + k) % len(DISEASES)] for k in range(4))
    made: dict[str, Any] = {
        "id": f"q{number}",
        "task": "icd10cm-easy",
        "input": f"What is the description of the ICD-10-CM code A{number:02d}?",
        "output": turned[number % 4],
        "options": turned,
        "metadata": {"code": f"A{number:02d}" + ".1" * (number % 3)},
        "subset": "seen" if number % 2 else "unseen",
    }
    return Sample(**{**made, **fields})


def text(number: int, words: int = 12, **fields: Any) -> Sample:
    """Return a held-out text."""
    written = " ".join(DISEASES[(number * 3 + k * k) % len(DISEASES)] for k in range(words // 2))
    made = {"id": f"t{number}", "task": "perplexity-notes", "output": f"{written}.", "document": f"note-{number}"}
    return Sample(**{**made, **fields})
