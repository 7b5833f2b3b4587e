"""A model folder, with an adapter on it where there is one, ready to be asked in this process."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic import models
from polyclinic.adapter_folder import check_base, put_adapter
from polyclinic.adapters.noise_folder import keeps_noise, put_with_noise
from polyclinic.artifacts import content_fingerprint, read_manifest

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def model_name(folder: Path) -> str:
    """Return the name of a model for people: the step that made it, else its folder."""
    manifest = read_manifest(folder)
    return (manifest.step if manifest is not None else "") or folder.resolve().name


def model_fingerprint(folder: Path, adapter: Path | None) -> str:
    """Return what tells a model from all others: its fingerprint, with the adapter's content where there is one."""
    own = models.fingerprint(folder)
    if adapter is None:
        return own
    return hashlib.blake2b(f"{own}\0{content_fingerprint(adapter)}".encode(), digest_size=16).hexdigest()


def load_for_asking(folder: Path, precision: str, adapter: Path | None = None) -> PreTrainedModel:
    """Load a model that is only to be asked, on the accelerator when there is one.

    Raises UserError when the model or the adapter cannot be loaded, or the adapter is none of this model.
    """
    import torch

    model = models.load_model(folder, dtype=precision)
    if adapter is not None:
        check_base(adapter, folder)
        put = put_with_noise if keeps_noise(adapter) else put_adapter
        # The layers are in the model itself then; its own class keeps its ways of being asked.
        model = put(model, adapter).get_base_model()
    model.eval()
    model.requires_grad_(False)
    if torch.cuda.is_available():
        model.to("cuda")
    return model
