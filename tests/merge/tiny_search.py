"""Tiny language models and items for the tests of the search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LETTERS = "abcdefghijklmnopqrstuvwxyz .,"  # a bigram model has a row for each, and for the start and the end


def write_language_models(folder: Path, count: int = 2, tied: bool = True) -> tuple[Path, list[Path]]:
    """Write a base and `count` random fine-tunes of it, with a token for each character."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        pad_token_id=1, bos_token_id=None, eos_token_id=1, tie_word_embeddings=tied, max_position_embeddings=512,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    folders = []
    for name in ("base", "one", "two", "three")[: count + 1]:
        if name != "base":
            with torch.no_grad():
                for weight in model.parameters():
                    weight.add_(0.02 * torch.randn_like(weight))
        model.save_pretrained(folder / name)
        _write_tokenizer(folder / name, "".join(map(chr, range(32, 127))))
        folders.append(folder / name)
    return folders[0], folders[1:]


def write_questions(file: Path, count: int = 24, documents: int = 0) -> Path:
    """Write multiple-choice items, of so many documents (0: each of its own)."""
    task = _task("multiple_choice")
    rows = []
    for number in range(count):
        options = [f"{letter}{number}" for letter in "abcd"]
        row = {"id": f"i{number}", "task": task, "input": f"Question {number}?", "options": options}
        if documents:
            row["document"] = f"d{number % documents}"
        rows.append({**row, "output": options[number % 4], "source": "test", "license": "cc0-1.0"})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def write_bigram_models(folder: Path, seed: int = 0) -> tuple[Path, list[Path], list[NDArray[np.float64]]]:
    """Write a base and two models whose logits are a table: row by the next letter, column by the one before.

    Returns the folders and the tables in double precision, base first. Only the heads differ, so that a merge by
    weights w has the table base + sum_k w_k (model_k - base).
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    size = len(LETTERS) + 2
    width = size + size % 2
    config = LlamaConfig(
        vocab_size=size, hidden_size=width, intermediate_size=4, num_hidden_layers=1, num_attention_heads=1,
        pad_token_id=1, bos_token_id=None, eos_token_id=1, tie_word_embeddings=False, max_position_embeddings=512,
        rms_norm_eps=1e-12,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    generator = np.random.default_rng(seed)
    base = generator.standard_normal((size, size))
    tables = [base, *(base + 1.5 * generator.standard_normal((size, size)) for _ in range(2))]
    folders = []
    for name, table in zip(("base", "one", "two"), tables, strict=True):
        head = np.zeros((size, width))
        head[:, :size] = table / np.sqrt(width)  # the last norm makes each embedding sqrt(width) long
        with torch.no_grad():
            for part in model.model.layers[0].parameters():
                part.zero_()  # a layer that adds nothing
            model.model.embed_tokens.weight.copy_(torch.eye(size, width))
            model.lm_head.weight.copy_(torch.tensor(head))
        model.save_pretrained(folder / name)
        _write_tokenizer(folder / name, LETTERS)
        folders.append(folder / name)
    return folders[0], folders[1:], tables


def write_texts(file: Path, table: NDArray[np.float64], count: int, length: int, seed: int = 0) -> list[str]:
    """Write texts that a bigram table says; returns them."""
    generator = np.random.default_rng(seed)
    texts = []
    for _ in range(count):
        letters = [int(generator.integers(2, len(LETTERS) + 2))]
        while len(letters) < length:
            chances = np.exp(table[2:, letters[-1]])
            letters.append(2 + int(generator.choice(len(LETTERS), p=chances / chances.sum())))
        texts.append("x" + "".join(LETTERS[letter - 2] for letter in letters).strip() + "x")
    rows = [
        {"id": f"t{i}", "task": _task("perplexity"), "output": text, "source": "test", "license": "cc0-1.0"}
        for i, text in enumerate(texts)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return texts


def _write_tokenizer(folder: Path, letters: str) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {letter: number for number, letter in enumerate(["<s>", "</s>", *letters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<s>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made: Any = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", pad_token="</s>", unk_token="<s>"
    )
    made.save_pretrained(folder)


def _task(family: str) -> str:
    from polyclinic.tasks import load_catalog

    return next(name for name, task in load_catalog().items() if task.family == family)
