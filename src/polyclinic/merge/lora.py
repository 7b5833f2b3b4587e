"""LoRA adapters as models: the base with a low-rank delta that is multiplied out while it is read.

In comes a folder as PEFT writes it; out come tensors like a full model's. Nothing is written to disk, and the deltas
are exact in float32, not rounded to the base's dtype as a merged checkpoint would be.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from polyclinic.adapter_folder import check_base
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError, did_you_mean
from polyclinic.merge.numbers import FLOAT_BYTES, Float32
from polyclinic.merge.weights import StoredTensor, open_weights, stored_tensors
from polyclinic.models import PICKLED, is_adapter

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."
PART = re.compile(r"^(?P<module>.+)\.(?P<part>lora_A|lora_B|lora_embedding_A|lora_embedding_B)(\.weight)?$")
# Other things PEFT can do to a layer, which are not a product of two matrices.
OTHER_KINDS = {
    "use_dora": "DoRA", "lora_bias": "a bias of its own", "alora_invocation_tokens": "aLoRA",
    "megatron_config": "Megatron layers", "arrow_config": "Arrow",
    "target_parameters": "parameters outside of layers", "trainable_token_indices": "trained tokens",
    "layer_replication": "layers used several times",
}  # fmt: skip


@dataclass(frozen=True)
class AdaptedTensor(StoredTensor):
    """A tensor of the base plus scale * left @ right."""

    left: Float32 | None = None  # rows x rank
    right: Float32 | None = None  # rank x columns, the scale in it

    def read(self, start: int, out: Float32) -> None:
        """Fill `out` with the elements from flat index `start` on.

        Products are added up rank by rank, so that the bits depend neither on a matrix library nor on the block.
        """
        super().read(start, out)
        assert self.left is not None
        assert self.right is not None
        columns = self.shape[1]
        first, last = start // columns, -(-(start + out.size) // columns)
        delta = np.zeros((last - first, columns), np.float32)
        product = np.empty_like(delta)
        for rank in range(self.right.shape[0]):
            np.multiply(self.left[first:last, rank, None], self.right[rank], out=product)
            np.add(delta, product, out=delta)
        offset = start - first * columns
        np.add(out, delta.reshape(-1)[offset : offset + out.size], out=out)


def adapted_tensors(
    folder: Path, base: Path, base_tensors: Mapping[str, StoredTensor], stack: ExitStack
) -> dict[str, StoredTensor]:
    """Return the tensors of the base with a LoRA adapter over them, in the order of names.

    Ranks and alphas by pattern, rank-stabilised scaling, transposed layers, embeddings and modules that were trained
    whole are known. Files stay open until `stack` is closed. Raises UserError for an adapter that is of another kind,
    was made for another base as far as it can be known, does not fit the base's shapes, or has parts for tensors the
    base lacks.
    """
    config = read_adapter_config(folder)
    check_made_for(folder, config, base)
    stored = _stored(folder, stack)
    found = dict(base_tensors)
    pairs: dict[str, dict[str, StoredTensor]] = {}
    for name, tensor in stored.items():
        plain = name.removeprefix(PREFIX)
        match = PART.match(plain)
        if match:
            pairs.setdefault(match["module"], {})[match["part"][-1]] = tensor
        else:
            _replace(folder, base, found, plain, tensor)
    for module, pair in pairs.items():
        name = f"{module.removesuffix('.base_layer')}.weight"
        if pair.keys() != {"A", "B"}:
            raise UserError(f"{folder / WEIGHTS}: the layer {module} has only one of the two matrices of a LoRA")
        if name not in found:
            raise _no_match(folder, base, name, found)
        found[name] = _adapted(folder, config, module, found[name], pair["A"], pair["B"])
    if not stored:
        raise UserError(f"{folder / WEIGHTS}: holds no tensors, so it would change nothing")
    return dict(sorted(found.items()))


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Return an adapter's configuration; raises UserError when it cannot be read or is no plain LoRA."""
    file = folder / CONFIG
    try:
        config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        kind = config.get("peft_type") if isinstance(config, dict) else None
        raise UserError(f"{file}: peft_type is {kind}; adapters of the type LORA can be merged")
    for key, what in OTHER_KINDS.items():
        if config.get(key):
            raise UserError(
                f"{file}: {key} is set: {what} cannot be merged as a plain LoRA; merge it with PEFT first"
            )
    if config.get("bias", "none") != "none":
        raise UserError(f"{file}: bias is {config['bias']!r}; merge it with PEFT first")
    return config


def check_made_for(folder: Path, config: Mapping[str, Any], base: Path) -> None:
    """Check that an adapter was trained on this base, as far as names and manifests tell. Raises UserError."""
    check_base(folder, base)
    trained, ours = read_manifest(folder), read_manifest(base)
    if trained is not None and ours is not None:
        known = [record.fingerprint for record in trained.inputs.get("model", []) if record.fingerprint]
        if known and ours.fingerprint and ours.fingerprint not in known:
            raise UserError(
                f"{folder}: this adapter was trained on a model with the fingerprint {known[0][:12]}, "
                f"{base} has {ours.fingerprint[:12]}; give its own base"
            )
    named = config.get("base_model_name_or_path")
    if not isinstance(named, str) or not named:
        return
    other = Path(named)
    if not (other / "config.json").is_file() or other.resolve() == base.resolve():
        return  # the name of a hub, or a folder of another machine: only shapes can be compared
    theirs, mine = (json.loads((path / "config.json").read_text(encoding="utf-8")) for path in (other, base))
    same = {key: theirs.get(key) for key in ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")}
    if any(mine.get(key) != value for key, value in same.items()) or _sizes(other) != _sizes(base):
        raise UserError(f"{folder}: this adapter was trained on {other}, which is another model than {base}")


def scale_of(config: Mapping[str, Any], module: str, rank: int) -> float:
    """Return what a LoRA's product is multiplied with: alpha / rank, or alpha / sqrt(rank) where rank-stabilised.

    Sources: Hu et al., "LoRA", ICLR 2022, section 4.1; Kalajdzievski, "A rank stabilization scaling factor", 2023.
    """
    alpha = float(_by_pattern(config.get("alpha_pattern") or {}, module, config.get("lora_alpha", rank)))
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _adapted(
    folder: Path, config: Mapping[str, Any], module: str, base: StoredTensor, a: StoredTensor, b: StoredTensor
) -> StoredTensor:
    if isinstance(base, AdaptedTensor):
        raise UserError(f"{folder / WEIGHTS}: the layer {module} is there twice")
    where = f"{folder / WEIGHTS}: the layer {module}"
    rank = a.shape[0] if a.shape else 0
    expected = int(_by_pattern(config.get("rank_pattern") or {}, module, config.get("r", rank)))
    if rank != expected:
        raise UserError(f"{where} has the rank {rank}, {CONFIG} says {expected}")
    left, right = _matrix(b), _matrix(a)
    if "lora_embedding" in a.name or config.get("fan_in_fan_out"):
        left, right = np.ascontiguousarray(right.T), np.ascontiguousarray(left.T)
    if left.shape[1] != right.shape[0] or (left.shape[0], right.shape[1]) != base.shape:
        raise UserError(
            f"{where} makes a {left.shape[0]} x {right.shape[1]} matrix, in the base {base.name} is "
            f"{list(base.shape)}; this adapter was made for another model"
        )
    scale = np.float32(scale_of(config, module, rank))
    values = {field.name: getattr(base, field.name) for field in fields(StoredTensor)}
    return AdaptedTensor(**values, left=left, right=right * scale)


def _replace(folder: Path, base: Path, found: dict[str, StoredTensor], name: str, tensor: StoredTensor) -> None:
    """Take a tensor that was trained whole (modules_to_save) in place of the base's."""
    plain = re.sub(r"\.(modules_to_save(\.\w+)?|base_layer)\.(?=[^.]+$)", ".", name)
    if ".lora_" in name:
        raise UserError(f"{folder / WEIGHTS}: {tensor.name} is no part of a plain LoRA; merge it with PEFT first")
    if plain not in found:
        raise _no_match(folder, base, plain, found)
    if tensor.shape != found[plain].shape:
        raise UserError(
            f"{folder / WEIGHTS}: tensor {tensor.name} has the shape {list(tensor.shape)}, in the base it is "
            f"{list(found[plain].shape)}; this adapter was made for another model"
        )
    found[plain] = tensor


def _no_match(folder: Path, base: Path, name: str, found: Mapping[str, StoredTensor]) -> UserError:
    return UserError(
        f"{folder / WEIGHTS}: the base {base} has no tensor {name}{did_you_mean(name, found)}; "
        "this adapter was made for another model, or its base ties this tensor to another"
    )


def _stored(folder: Path, stack: ExitStack) -> dict[str, StoredTensor]:
    file = folder / WEIGHTS
    if not file.is_file():
        pickled = sorted(path.name for path in folder.glob("*") if path.suffix in PICKLED)
        why = f"only pickled weights here ({pickled[0]}); save them as safetensors" if pickled else "no weights here"
        raise UserError(f"{folder}: {why}, expected {WEIGHTS}")
    descriptor = os.open(file, os.O_RDONLY)
    stack.callback(os.close, descriptor)
    found = {tensor.name: tensor for tensor in stored_tensors(file, descriptor)}
    for tensor in found.values():
        if tensor.dtype not in FLOAT_BYTES:
            raise UserError(f"{file}: tensor {tensor.name} is {tensor.dtype}; expected {', '.join(FLOAT_BYTES)}")
    return found


def _matrix(tensor: StoredTensor) -> Float32:
    if len(tensor.shape) != 2:
        raise UserError(
            f"{tensor.file}: tensor {tensor.name} has the shape {list(tensor.shape)}; matrices can be merged, "
            "merge others with PEFT first"
        )
    values = np.empty(tensor.size, np.float32)
    tensor.read(0, values)
    return values.reshape(tensor.shape)


def _by_pattern(patterns: Mapping[str, Any], module: str, default: Any) -> Any:
    """Return the first pattern's value that fits the end of a module's name, as PEFT finds it."""
    for pattern, value in patterns.items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return default


def _sizes(folder: Path) -> list[int]:
    return sorted(path.stat().st_size for path in folder.glob("*.safetensors"))


@contextmanager
def open_parents(base: Path, models: Sequence[Path]) -> Iterator[list[dict[str, StoredTensor]]]:
    """Open a base and models or adapters of it while the block runs; give the tensors of each by name, base first.

    Raises UserError for files that are damaged and adapters that are not the base's.
    """
    whole = [folder for folder in models if not is_adapter(folder)]
    with ExitStack() as stack:
        base_tensors, *others = stack.enter_context(open_weights((base, *whole)))
        opened = iter(others)
        yield [
            base_tensors,
            *(
                adapted_tensors(folder, base, base_tensors, stack) if is_adapter(folder) else next(opened)
                for folder in models
            ),
        ]
