"""Whether models can be merged, and what becomes of each of their tensors: all from headers and configurations.

Every tensor of every input is merged, copied by a rule that is named here, left out by a rule that is named here, or
refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from polyclinic.errors import UserError, did_you_mean
from polyclinic.merge.alignment import Aligned, Vocabulary, align
from polyclinic.merge.lora import check_made_for, read_adapter_config
from polyclinic.merge.numbers import FLOAT_BYTES
from polyclinic.merge.vocabulary import check_same_vocabulary
from polyclinic.merge.weights import StoredTensor, Tensor
from polyclinic.models import TOKENIZER_FILES, is_adapter

# Buffers that older releases saved; the configuration decides them, training never changes them.
COMPUTED = re.compile(r"(^|\.)(rotary_emb\.inv_freq|masked_bias|attention\.bias|attn\.bias)$")
HEAD = "lm_head.weight"
EMBEDDING = re.compile(r"(^|\.)(embed_tokens|wte|word_embeddings)\.weight$")


@dataclass(frozen=True)
class TensorPlan:
    """What becomes of one tensor."""

    name: str
    base: StoredTensor
    models: tuple[StoredTensor, ...]  # one for each model; empty when it is copied
    rule: str  # "merged", or why it is copied from the base
    aligned: Aligned | None = None  # with the rows of the result, where vocabularies differ

    @property
    def parents(self) -> tuple[Tensor, Sequence[Tensor]]:
        """The base and the models as they are merged."""
        return (self.base, self.models) if self.aligned is None else (self.aligned.base, self.aligned.models)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.base.shape if self.aligned is None else self.aligned.shape


@dataclass(frozen=True)
class Plan:
    """What becomes of all tensors of all inputs."""

    tensors: list[TensorPlan]
    left_out: dict[str, str] = field(default_factory=dict)  # name -> why
    notes: list[str] = field(default_factory=list)  # what is different between the inputs and taken from the base


def check_folders(base: Path, models: Sequence[Path], same_vocabulary: bool = True) -> list[str]:
    """Check configurations and tokenizers; return notes on what differs and is taken from the base.

    Raises UserError when the models are of another kind than the base, tie their head otherwise, or have another
    tokenizer (unless it need not be the same).
    """
    ours = _config(base)
    notes = []
    for folder in models:
        if is_adapter(folder):
            config = read_adapter_config(folder)
            check_made_for(folder, config, base)
            notes.append(
                f"{folder.name}: an adapter, trained on {config.get('base_model_name_or_path') or 'a model'}"
            )
            if same_vocabulary and any((folder / name).is_file() for name in TOKENIZER_FILES):
                check_same_vocabulary(base, folder)
            continue
        theirs = _config(folder)
        if theirs.get("model_type") != ours.get("model_type"):
            raise UserError(
                f"{folder}: is a {theirs.get('model_type')} model, the base {base} is a {ours.get('model_type')}; "
                "only models of one architecture can be merged"
            )
        if _tied(theirs) != _tied(ours):
            raise UserError(
                f"{folder}/config.json: tie_word_embeddings is {_tied(theirs)}, "
                f"in the base {base} it is {_tied(ours)}; save both models with the same setting"
            )
        quantised = theirs.get("quantization_config") or ours.get("quantization_config")
        if quantised:
            raise UserError(
                f"{folder}: or its base is quantised; merge the unquantised models and quantise the result"
            )
        differing = sorted(
            name
            for name in (theirs.keys() | ours.keys())
            - {"_name_or_path", "transformers_version", "dtype", "torch_dtype"}
            if theirs.get(name) != ours.get(name)
        )
        if differing:
            notes.append(
                f"{folder.name}: config.json differs from the base in {', '.join(differing)}; the base's is taken"
            )
        if same_vocabulary:
            check_same_vocabulary(base, folder)
    return notes


def plan_tensors(
    base: Path,
    base_tensors: Mapping[str, StoredTensor],
    models: Sequence[Path],
    model_tensors: Sequence[Mapping[str, StoredTensor]],
    vocabulary: Vocabulary | None = None,
) -> Plan:
    """Decide what becomes of every tensor.

    Raises UserError for tensors that a model lacks or has too many, of other shapes, or of a dtype that cannot be
    merged. Reads no weights, except those of tensors that are copied, to see that the models agree on them.
    """
    plan = Plan([])
    tied = _tied(_config(base)) and any(EMBEDDING.search(name) for name in base_tensors)
    ours = dict(base_tensors)
    theirs = [dict(tensors) for tensors in model_tensors]
    for folder, tensors in zip((base, *models), (ours, *theirs), strict=True):
        if tied and HEAD in tensors:
            _check_tied_head(folder, tensors)
            del tensors[HEAD]
            plan.left_out[HEAD] = "tied to the embeddings, as config.json says"
        for name in [n for n in tensors if COMPUTED.search(n)]:
            if tensors is not ours and name not in ours:
                del tensors[name]
                plan.left_out[name] = "a buffer the configuration decides, which the base does not carry"
    for folder, tensors in zip(models, theirs, strict=True):
        for name in sorted(tensors.keys() - ours.keys()):
            raise UserError(
                f"{folder}: tensor {name} is not in the base {base}{did_you_mean(name, ours)}; "
                "only models with the same tensors can be merged"
            )
        for name in sorted(ours.keys() - tensors.keys()):
            if not COMPUTED.search(name):
                raise UserError(
                    f"{folder}: tensor {name} of the base {base} is missing; "
                    "only models with the same tensors can be merged"
                )
    for name, tensor in ours.items():
        others = [t.get(name) for t in theirs]
        if vocabulary is not None and is_by_token(name) and tensor.dtype in FLOAT_BYTES:
            present = [other for other in others if other is not None]
            plan.tensors.append(
                TensorPlan(name, tensor, tuple(present), "merged", align(tensor, present, vocabulary))
            )
        else:
            plan.tensors.append(_plan_tensor(name, base, tensor, models, others))
    for index, folder in enumerate(models):
        dtypes = sorted({f"{t.models[index].dtype} (base {t.base.dtype})" for t in plan.tensors
                         if t.models and t.models[index].dtype != t.base.dtype})  # fmt: skip
        if dtypes:
            plan.notes.append(f"{folder.name}: weights are {', '.join(dtypes)}; the base's dtype is taken")
    return plan


def is_by_token(name: str) -> bool:
    """Say whether the rows of a tensor stand for tokens."""
    return name in (HEAD, HEAD.replace("weight", "bias")) or EMBEDDING.search(name) is not None


def _plan_tensor(
    name: str,
    base: Path,
    tensor: StoredTensor,
    models: Sequence[Path],
    others: Sequence[StoredTensor | None],
) -> TensorPlan:
    if COMPUTED.search(name):
        return TensorPlan(name, tensor, (), "copied from the base: a buffer the configuration decides")
    present = [other for other in others if other is not None]
    for folder, other in zip(models, present, strict=True):
        if other.shape != tensor.shape:
            raise UserError(
                f"{folder}: tensor {name} has the shape {list(other.shape)}, in the base {base} it is "
                f"{list(tensor.shape)}; only tensors of one shape can be merged"
                + ("; set vocabulary to base if only the number of rows differs" if is_by_token(name) else "")
            )
        if (other.dtype in FLOAT_BYTES) != (tensor.dtype in FLOAT_BYTES):
            raise UserError(f"{folder}: tensor {name} is {other.dtype}, in the base {base} it is {tensor.dtype}")
    if tensor.dtype in FLOAT_BYTES:
        return TensorPlan(name, tensor, tuple(present), "merged")
    if tensor.dtype.startswith("F"):
        raise UserError(
            f"{tensor.file}: tensor {name} is {tensor.dtype}; weights of {', '.join(FLOAT_BYTES)} can be merged: "
            "save the models in one of these"
        )
    for other in present:
        if other.dtype != tensor.dtype or not _equal_bytes(tensor, other):
            raise UserError(
                f"{other.file}: tensor {name} holds whole numbers ({other.dtype}) that differ from the base's; "
                "whole numbers cannot be merged"
            )
    return TensorPlan(name, tensor, (), "copied from the base: whole numbers, the same in all models")


def _check_tied_head(folder: Path, tensors: Mapping[str, StoredTensor]) -> None:
    head = tensors[HEAD]
    embedding = next((t for n, t in tensors.items() if EMBEDDING.search(n)), None)
    if embedding is None or embedding.shape != head.shape or not _equal_bytes(embedding, head):
        raise UserError(
            f"{folder}: config.json ties {HEAD} to the embeddings, but the weights hold a {HEAD} that differs; "
            "set tie_word_embeddings to false, or save the model again"
        )


def _equal_bytes(one: StoredTensor, other: StoredTensor) -> bool:
    if one.bytes != other.bytes or one.dtype != other.dtype:
        return False
    step = 1 << 20
    for start in range(0, one.bytes, step):
        left, right = (np.empty(min(step, one.bytes - start), np.uint8) for _ in range(2))
        one.read_bytes(start, left)
        other.read_bytes(start, right)
        if not np.array_equal(left, right):
            return False
    return True


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    try:
        loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from error
    return loaded


def _tied(config: Mapping[str, Any]) -> bool:
    return bool(config.get("tie_word_embeddings", _TIED_BY_DEFAULT.get(str(config.get("model_type")), True)))


# What transformers takes when config.json does not say; everything else there ties by default.
_TIED_BY_DEFAULT = {
    "llama": False, "mistral": False, "mixtral": False, "phi": False, "phi3": False,
    "qwen2": False, "qwen3": False, "granite": False, "olmo": False, "olmo2": False,
}  # fmt: skip
