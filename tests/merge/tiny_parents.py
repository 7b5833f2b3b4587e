"""Tiny model folders for the merge tests, written byte by byte so that damage can be put into them."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from polyclinic import models
from polyclinic.merge.numbers import from_float32, to_float32

Array: TypeAlias = NDArray[np.float32]
WIDTH = {"BF16": 2, "F16": 2, "F32": 4}
SHAPES = {
    "model.embed_tokens.weight": (96, 16),
    "model.layers.0.mlp.up_proj.weight": (40, 16),
    "model.layers.0.input_layernorm.weight": (16,),
    "model.layers.1.mlp.up_proj.weight": (40, 16),
    "model.norm.weight": (16,),
    "lm_head.weight": (96, 16),
}


def write_safetensors(file: Path, tensors: Mapping[str, Array], dtype: str = "BF16") -> None:
    """Write float32 arrays as a safetensors file of `dtype`."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, values in tensors.items():
        raw = np.empty(values.size * WIDTH[dtype], np.uint8)
        from_float32(np.ascontiguousarray(values).reshape(-1), dtype, raw)
        header[name] = {
            "dtype": dtype,
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + raw.size],
        }
        data += raw.tobytes()
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_tensors(folder: Path) -> dict[str, Array]:
    """Return all tensors of a model folder as float32."""
    found = {}
    for file in models.weight_files(folder):
        content = file.read_bytes()
        begin = 8 + struct.unpack("<Q", content[:8])[0]
        for name, entry in models.read_header(file).items():
            start, end = entry["data_offsets"]
            raw = np.frombuffer(content[begin + start : begin + end], np.uint8).copy()
            values = np.empty(raw.size // WIDTH[entry["dtype"]], np.float32)
            to_float32(raw, entry["dtype"], values)
            found[name] = values.reshape(entry["shape"])
    return found


def random_tensors(seed: int, near: Mapping[str, Array] | None = None) -> dict[str, Array]:
    """Return the tensors of a tiny model; with `near`, a fine-tune of that one."""
    generator = np.random.default_rng(seed)
    made = {name: generator.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()}
    if near is not None:
        made = {name: (near[name] + 0.1 * values).astype(np.float32) for name, values in made.items()}
    return made


def write_model(
    folder: Path,
    tensors: Mapping[str, Array],
    dtype: str = "BF16",
    config: Mapping[str, Any] | None = None,
    vocabulary: Mapping[str, int] | None = None,
) -> Path:
    """Write a model folder around `tensors`."""
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors", tensors, dtype)
    settings = {"model_type": "llama", "num_hidden_layers": 2, "tie_word_embeddings": False, **(config or {})}
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "generation_config.json").write_text('{"eos_token_id": 2}', encoding="utf-8")
    tokens = vocabulary or {f"token{i}": i for i in range(96)}
    tokenizer = {"model": {"type": "BPE", "vocab": tokens, "merges": []}, "added_tokens": []}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    return folder


def write_family(folder: Path, count: int, dtype: str = "BF16") -> tuple[Path, list[Path]]:
    """Write a base and `count` fine-tunes of it."""
    base = random_tensors(0)
    experts = [write_model(folder / f"expert{i}", random_tensors(i + 1, near=base), dtype) for i in range(count)]
    return write_model(folder / "base", base, dtype), experts
