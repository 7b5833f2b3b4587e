"""Adapters as folders in PEFT's layout: check, remember their base, put on a model, save.

An adapter is a small set of matrices that means nothing without the model it was trained on, its base. The base's
fingerprint lies beside it in `base.json`, and an adapter is never put on another model. This file knows nothing about
how an adapter is trained.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.models import PICKLED, fingerprint, read_header

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

CONFIG, WEIGHTS, BASE = "adapter_config.json", "adapter_model.safetensors", "base.json"


def check_adapter_folder(folder: Path) -> None:
    """Check that a folder holds an adapter: configuration and safetensors. Raises UserError."""
    if not (folder / WEIGHTS).is_file():
        pickled = sorted(p.name for p in folder.glob("*") if p.suffix in PICKLED)
        why = (
            f"only pickled weights here ({pickled[0]}), and pickle can run code on loading; save them as safetensors"
            if pickled
            else f"no {WEIGHTS} here"
        )
        raise UserError(f"{folder}: {why}; expected an adapter in PEFT's layout")
    read_adapter_config(folder)
    if not read_header(folder / WEIGHTS):
        raise UserError(f"{folder / WEIGHTS}: holds no tensors, so it would change nothing")


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Return `adapter_config.json` of an adapter; raises UserError when it cannot be read or is none."""
    file = folder / CONFIG
    if not file.is_file():
        raise UserError(f"{folder}: no {CONFIG} here; expected an adapter in PEFT's layout")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: broken JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("peft_type"), str):
        raise UserError(f"{file}: expected a 'peft_type'")
    return config


def base_fingerprint(base: Path) -> str:
    """Return the fingerprint of a model folder: from its manifest, else from its files."""
    manifest = read_manifest(base)
    return (manifest.fingerprint if manifest is not None else "") or fingerprint(base)


def write_base(folder: Path, base: Path) -> None:
    """Write beside an adapter which model it was trained on."""
    kept = {"fingerprint": base_fingerprint(base), "name": base.resolve().name}
    (folder / BASE).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def check_base(folder: Path, base: Path) -> None:
    """Check that an adapter was trained on this model; one without base.json, from elsewhere, is let through.

    Raises UserError when the fingerprints differ.
    """
    file = folder / BASE
    if not file.is_file():
        return
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        theirs, name = str(kept["fingerprint"]), str(kept["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: broken; expected JSON with 'fingerprint' and 'name' of the base") from error
    ours = base_fingerprint(base)
    if theirs != ours:
        raise UserError(
            f"{folder}: this adapter was trained on {name} with the fingerprint {theirs[:12]}, {base} has "
            f"{ours[:12]}; give its own base, or train it again on this one"
        )


def put_adapter(model: PreTrainedModel, folder: Path, *, trainable: bool = False) -> PeftModel:
    """Return the model with an adapter on it; every tensor of the adapter has found its place.

    PEFT loads what fits and leaves the rest at random values, for instance when names of another architecture match
    in part. Raises UserError instead, naming the first tensor.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import SafetensorError

    check_adapter_folder(folder)
    try:
        made: PeftModel = PeftModel.from_pretrained(model, str(folder), is_trainable=trainable)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise UserError(f"{folder}: the adapter cannot be put on this model: {error}") from error
    stored = {name for name in read_header(folder / WEIGHTS) if "embed_tokens.weight" not in name}
    wanted = set(get_peft_model_state_dict(made, save_embedding_layers=False))
    if strange := sorted(stored - wanted) or sorted(wanted - stored):
        where = "is not a part of this model" if strange[0] in stored else "is missing from it"
        raise UserError(
            f"{folder}: the adapter cannot be put on this model: {len(strange)} tensors do not match, first "
            f"{strange[0]}, which {where}; it was made for another model"
        )
    return made


def save_adapter(folder: Path, model: PeftModel, base: Path) -> None:
    """Write the adapter that is on a model in PEFT's layout, its base beside it; the same bytes each time."""
    model.save_pretrained(str(folder), save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's form to fill in
    config = read_adapter_config(folder)
    # PEFT writes a set in any order, and the path of this machine.
    config |= {key: sorted(value) for key, value in config.items() if key == "target_modules" and value}
    config["base_model_name_or_path"] = base.resolve().name
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_base(folder, base)
