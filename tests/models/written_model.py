"""A model folder written byte by byte, in one file or in shards, so that lies can be put into it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WEIGHTS: Mapping[str, tuple[float, ...]] = {"a.weight": (1.0, 2.0, 3.0), "b.weight": (4.0,), "c.weight": (5.0, 6.0)}
CONFIG = {"model_type": "llama", "hidden_size": 8}
TOKENIZER = {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}


def write_file(file: Path, weights: Mapping[str, Sequence[float]], header: Mapping[str, Any] | None = None) -> None:
    """Write float32 tensors of one dimension; `header` takes the place of the true one."""
    made: dict[str, Any] = {}
    data = b""
    for name, values in weights.items():
        end = len(data) + 4 * len(values)
        made[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(data), end]}
        data += struct.pack(f"<{len(values)}f", *values)
    text = json.dumps(made if header is None else header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_folder(
    folder: Path, weights: Mapping[str, Sequence[float]] = WEIGHTS, shards: Sequence[Sequence[str]] = ()
) -> Path:
    """Write a model folder; `shards` names the tensors of each shard, none for a single file."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    if not shards:
        write_file(folder / "model.safetensors", weights)
        return folder
    places: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        write_file(folder / file, {name: weights[name] for name in names})
        places |= dict.fromkeys(names, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder
