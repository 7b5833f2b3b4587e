"""What stands beside the weights of a merged model: configuration, tokenizer, chat template, all from the base."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
)
TORCH_NAMES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}
SAFETENSORS_NAMES = {name: stored for stored, name in TORCH_NAMES.items()}


def write_beside_weights(base: Path, out: Path, dtype: str = "base", chat_template: str = "") -> None:
    """Copy the base's configuration and tokenizer to `out`.

    Args:
        base: a model folder.
        out: the folder that gets the files.
        dtype: what config.json is to say of the weights, `base` for what it says there.
        chat_template: a template (Jinja) instead of the base's, when not empty.
    """
    for name in FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, out / name)
    if dtype != "base":
        config = read_json(out / "config.json")
        names = [name for name in ("dtype", "torch_dtype") if name in config] or ["dtype"]
        write_json(out / "config.json", {**config, **dict.fromkeys(names, dtype)})
    if chat_template:
        (out / "chat_template.jinja").write_text(chat_template, encoding="utf-8")
        (out / "chat_template.json").unlink(missing_ok=True)
        if (out / "tokenizer_config.json").is_file():
            settings = read_json(out / "tokenizer_config.json")
            if settings.pop("chat_template", None) is not None:
                write_json(out / "tokenizer_config.json", settings)


def chat_template_of(folder: Path) -> str:
    """Return the chat template of a model folder, empty when it has none."""
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    settings = folder / "tokenizer_config.json"
    found = read_json(settings).get("chat_template") if settings.is_file() else None
    if isinstance(found, list):  # several, by name
        found = {entry.get("name"): entry.get("template") for entry in found}.get("default")
    return found if isinstance(found, str) else ""


def read_json(file: Path) -> dict[str, Any]:
    """Return what a JSON file holds."""
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def write_json(file: Path, value: dict[str, Any]) -> None:
    """Write a JSON file."""
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
