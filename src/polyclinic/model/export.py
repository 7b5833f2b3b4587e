"""A model made ready to be served: an adapter multiplied into its base, and a GGUF file beside it for llama.cpp.

The converter is llama.cpp's own and stays with the user: its path is given, it is run with this Python, and what it
needs must be installed. Nothing is downloaded.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from polyclinic import models
from polyclinic.adapter_folder import check_base, put_adapter
from polyclinic.errors import UserError
from polyclinic.step_settings import Model, ModelOrAdapter, Settings, SourcePath
from polyclinic.steps import Work, step_kind

CONVERTER = "convert_hf_to_gguf.py"
GGUF = "model.gguf"
LAST_LINES = 15  # of what a converter said that are shown when it fails


class ExportSettings(Settings):
    """Settings of model.export."""

    model: ModelOrAdapter = Field(description="the model, or the adapter, to export")
    base: Model | None = Field(None, description="of an adapter: the model it was trained on")
    dtype: Literal["same", "float32", "bfloat16", "float16"] = Field(
        "same", description="type of the weights that are written"
    )
    llama_cpp: SourcePath | None = Field(
        None, description=f"llama.cpp's {CONVERTER}; with it a {GGUF} is written beside the weights"
    )
    gguf_type: Literal["f32", "f16", "bf16", "q8_0", "auto"] = Field("auto", description="type of the GGUF's weights")


def check_export(settings: ExportSettings) -> None:
    """Check before anything runs that base and converter are there and fit; raises UserError."""
    if settings.llama_cpp is not None and settings.llama_cpp.name != CONVERTER:
        raise UserError(
            f"model.export.llama_cpp: {settings.llama_cpp}; expected the path of {CONVERTER}, which lies at the root "
            "of llama.cpp's source (git clone https://github.com/ggml-org/llama.cpp)"
        )
    if str(settings.model).startswith("$") or not models.is_adapter(settings.model):
        return
    if settings.base is None:
        raise UserError(
            f"model.export.base: missing; {settings.model} is an adapter, give the model it was trained on"
        )
    if not str(settings.base).startswith("$"):
        check_base(settings.model, settings.base)


def shown(folder: Path) -> list[dict[str, Any]]:
    """Return the lines that serve what was made."""
    rows = [{"with": "vLLM", "command": f"vllm serve {folder} --served-model-name {folder.name}"}]
    if (folder / GGUF).is_file():
        rows.append({"with": "llama.cpp", "command": f"llama-server -m {folder / GGUF}"})
    return rows


@step_kind(
    "model.export",
    ExportSettings,
    output="model",
    version=1,
    packages=("torch", "transformers", "peft"),
    check=check_export,
    shown=shown,
)
def export(settings: ExportSettings, work: Work) -> None:
    """Write a model to be served: adapter merged, type chosen, GGUF where llama.cpp's converter is given."""
    check_export(settings)
    if models.is_adapter(settings.model):
        assert settings.base is not None
        _merge(settings.model, settings.base, settings.dtype, work)
    elif settings.dtype == "same":
        _copy(settings.model, work.out)
    else:
        model, tokenizer = models.load_model(settings.model, settings.dtype), models.load_tokenizer(settings.model)
        models.save_model(work.out, model, tokenizer)
    if settings.llama_cpp is not None:
        write_gguf(settings.llama_cpp, work.out, settings.gguf_type)
    work.facts["serve"] = [row["command"].replace(str(work.out), work.name) for row in shown(work.out)]


def _merge(adapter: Path, base: Path, dtype: str, work: Work) -> None:
    """Multiply an adapter into its base, in float32, and write the model in the type of the base or as asked."""
    import torch

    model, tokenizer = models.load_model(base, "float32"), models.load_tokenizer(base)
    merged: Any = put_adapter(model, adapter).merge_and_unload()
    wanted = _dtype_of(base) if dtype == "same" else dtype
    models.save_model(work.out, merged.to(getattr(torch, wanted)), tokenizer)
    work.facts["adapter"] = adapter.name


def _dtype_of(folder: Path) -> str:
    kinds = {e["dtype"] for file in models.weight_files(folder) for e in models.read_header(file).values()}
    return {"BF16": "bfloat16", "F16": "float16"}.get(kinds.pop() if len(kinds) == 1 else "", "float32")


def _copy(folder: Path, out: Path) -> None:
    """Copy what a model is made of, without manifest, card and logs."""
    weights = models.weight_files(folder)
    others = [*models.TOKENIZER_FILES, *models.TOKENIZER_PARTS, "config.json", "generation_config.json"]
    others += ["tokenizer_config.json", "chat_template.jinja", "model.safetensors.index.json"]
    for file in [*weights, *(folder / name for name in others)]:
        if file.is_file():
            shutil.copyfile(file, out / file.name)


def write_gguf(converter: Path, model: Path, gguf_type: str) -> None:
    """Let llama.cpp's converter write a GGUF file into a model folder.

    Raises UserError when it fails, with its last lines, or when it leaves no whole GGUF file.
    """
    target = model / GGUF
    command = [sys.executable, str(converter.resolve()), str(model), "--outfile", str(target), "--outtype", gguf_type]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        said = "\n".join((run.stderr or run.stdout).strip().splitlines()[-LAST_LINES:])
        raise UserError(
            f"model.export.llama_cpp: {converter} ended with {run.returncode}. It must know this architecture "
            f"({json.loads((model / 'config.json').read_text())['model_type']}) and find its packages (pip install "
            f"gguf). It said:\n{said}"
        )
    if not target.is_file() or target.open("rb").read(4) != b"GGUF":
        raise UserError(f"model.export.llama_cpp: {converter} has written no GGUF file to {target}")
