"""How much memory a training step takes and how much it computes: formulas, from the shapes in a model folder alone.

Checked against what torch keeps (tests) and against the measured peak of small models (`benchmarks/train_memory.py`).

For N weights of which T are trained, rows x length = t tokens at once, and a model of L layers, width h, inner width
i, k values in keys and in values of a token, a heads and a vocabulary of V, in bytes:

- weights 4 N, and with bfloat16 2 for each weight of a linear layer, cast once a step; with LoRA 2 N where the base
  lies in memory in bfloat16, and 4 T;
- gradients 4 T, optimizer (AdamW) 8 T;
- activations in float32 t L (16 i + 32 h + 8 k + 4 (a + 2)), in bfloat16 t L (8 i + 30 h + 4 k + 4 (a + 2)), and
  12 t h for the last norm; with LoRA 24 h in the place of 32 h and 30 h, since frozen norms keep less; with gradient
  checkpointing t L 4 h and one layer of the above;
- documents that do not see each other: the mask, 4 bytes for each pair of positions of a row and layer on a
  processor, 1 byte once on an accelerator;
- the head: 16 t V in float32, 20 t V in bfloat16: logits, log-probabilities and their gradients. Preferences go
  through the head in pieces and need next to none of it;
- passing: t (12 i + 12 h), the gradients of one layer's activations.

On a processor two kinds are more, both measured:

- libraries: 460 MiB, Python with torch and transformers;
- allocator: 0.6 of activations, head and passing once more, with LoRA 1.3. glibc's heap has holes where tensors were
  freed between others that are kept, and LoRA's small tensors lie between large ones. Where each tensor has pages of
  its own (MALLOC_MMAP_THRESHOLD_=65536) there is nothing of this, but the pages cost time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyclinic import models
from polyclinic.errors import UserError

LIBRARIES = 460.0 * 2**20  # bytes
LOST, LOST_WITH_LORA = 0.6, 1.3  # of what comes and goes, on a processor
NAMES = {  # the same number under other names, by family
    "hidden_size": ("hidden_size", "n_embd", "d_model"),
    "intermediate_size": ("intermediate_size", "ffn_dim", "n_inner"),
    "num_hidden_layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "num_attention_heads": ("num_attention_heads", "n_head"),
}


@dataclass(frozen=True)
class Shapes:
    """What a model's cost follows from."""

    weights: int  # all, tied ones once
    linear: tuple[tuple[int, int], ...]  # outputs and inputs of each linear layer but the head
    hidden: int
    inner: int
    layers: int
    heads: int
    key_values: int  # values of a token in the keys of all heads; as many in the values
    vocabulary: int

    @property
    def linear_weights(self) -> int:
        """Weights that tokens are multiplied with, the head among them."""
        return sum(rows * columns for rows, columns in self.linear) + self.vocabulary * self.hidden


def shapes_of(folder: Path) -> Shapes:
    """Read the shapes of a model folder: its configuration and the headers of its weights.

    Raises UserError when the configuration lacks them.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("text_config") or config

    def number(name: str) -> int:
        for other in NAMES.get(name, (name,)):
            if isinstance(config.get(other), int):
                return int(config[other])
        raise UserError(f"{folder / 'config.json'}: no {name}, so what training it takes is not known")

    hidden, heads = number("hidden_size"), number("num_attention_heads")
    headers = [models.read_header(file) for file in models.weight_files(folder)]
    tensors = {name: entry["shape"] for header in headers for name, entry in header.items()}
    layers = number("num_hidden_layers")
    linear = tuple(
        (shape[0], shape[1])
        for name, shape in tensors.items()
        if len(shape) == 2 and not any(part in name for part in ("embed", "wte", "wpe", "lm_head"))
    )
    try:
        inner = number("intermediate_size")
    except UserError:
        inner = 4 * hidden
    head = config.get("head_dim") or hidden // heads
    return Shapes(
        weights=sum(_product(shape) for shape in tensors.values()),
        linear=linear,
        hidden=hidden,
        inner=inner,
        layers=layers,
        heads=heads,
        key_values=int(config.get("num_key_value_heads") or heads) * head,
        vocabulary=int(config.get("vocab_size") or 0),
    )


@dataclass(frozen=True)
class StepSize:
    """What goes through a model at once, and how."""

    rows: int  # of one device
    length: int  # tokens in each
    half: bool = False  # whether it computes in bfloat16
    trained: int | None = None  # weights that are trained; None: all
    isolated: bool = False  # whether rows hold documents that do not see each other
    checkpointing: bool = False  # whether activations are computed twice
    pairs: bool = False  # whether rows are pairs of a chosen and a rejected reply
    parts: int = 1  # processes that the weights, gradients and optimizer states are spread over
    on_processor: bool = False  # whether there is no accelerator
    base_half: bool = False  # with LoRA: whether the model's own weights lie in memory in bfloat16


def memory_needed(shapes: Shapes, size: StepSize) -> dict[str, float]:
    """Return the bytes of each kind on one device; see the head of this file."""
    tokens = size.rows * size.length * (2 if size.pairs else 1)
    trained = shapes.weights if size.trained is None else size.trained
    lora = size.trained is not None
    casts = 2 * shapes.linear_weights if size.half and not size.base_half else 0
    per_layer = 4 * (shapes.heads + 2) + (
        8 * shapes.inner + (24 if lora else 30) * shapes.hidden + 4 * shapes.key_values
        if size.half
        else 16 * shapes.inner + (24 if lora else 32) * shapes.hidden + 8 * shapes.key_values
    )
    kept = (
        tokens * (shapes.layers * 4 * shapes.hidden + per_layer)
        if size.checkpointing
        else tokens * shapes.layers * per_layer
    )
    if size.isolated:
        kept += tokens * size.length * (4 * shapes.layers if size.on_processor else 1)
    passing = {
        "activations": float(kept + 12 * tokens * shapes.hidden),
        "head": 0.0 if size.pairs else float(tokens * shapes.vocabulary * (20 if size.half else 16)),
        "passing": float(tokens * 12 * (shapes.inner + shapes.hidden)),
    }
    lost = (LOST_WITH_LORA if lora else LOST) * sum(passing.values())
    return {
        "weights": ((2 if size.base_half else 4) * shapes.weights + 4 * trained * lora + casts) / size.parts,
        "gradients": 4 * trained / size.parts,
        "optimizer": 8 * trained / size.parts,
        **passing,
        "allocator": lost if size.on_processor else 0.0,
        "libraries": LIBRARIES if size.on_processor else 0.0,
    }


def operations_per_token(shapes: Shapes, size: StepSize) -> float:
    """Return the floating-point operations that training takes for a token.

    6 for each weight a token is multiplied with (Kaplan et al., arXiv 2001.08361): 2 forward, 2 for the gradients of
    the activations, 2 for those of the weights, which frozen weights do not have; and 6 L h s for attention to half
    of s positions (Chowdhery et al., arXiv 2204.02311, appendix B). Gradient checkpointing goes forward once more,
    and preferences once more for the reference.
    """
    forward = 2 * shapes.linear_weights + 2 * shapes.layers * shapes.hidden * size.length
    backward = 2.0 * forward
    if size.trained is not None:
        backward -= 2 * shapes.linear_weights - 4 * size.trained
    again = forward * (size.checkpointing + size.pairs)
    return forward + backward + again


def lora_weights(shapes: Shapes, rank: int) -> int:
    """Return the weights of low-rank matrices beside every linear layer but the head."""
    return sum(rank * (rows + columns) for rows, columns in shapes.linear)


def _product(shape: list[Any]) -> int:
    total = 1
    for length in shape:
        total *= int(length)
    return total
