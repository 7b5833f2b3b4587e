"""Hugging Face model folders: check, load, save, fingerprint, chat template.

A model is a folder with config.json, a tokenizer and safetensors. Pickled weights are refused, code that comes with a
model is not run. This file knows nothing about how a model came into being.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from polyclinic.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
LAYER_FIGURE = "layers.svg"  # beside the weights of some merges
SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,9})-of-(?P<of>\d{1,9})\.safetensors")
MOST_SHARDS = 100_000  # more are no model; a lying name must not keep us busy
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
TOKENIZER_PARTS = ("merges.txt", "added_tokens.json", "special_tokens_map.json")  # of older layouts, beside the above
DTYPE_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E5M2FNUZ", "F8_E4M3FNUZ", "I8", "U8", "BOOL"), 8),
    "F4": 4,
}

# ChatML. The generation markers tell the trainer which tokens the assistant wrote: its text and the end of its turn.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ message['content'] + '<|im_end|>\n' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a model folder, as its index or its single file says.

    Raises UserError when there are none, when only pickled weights are there, when a shard is missing from the folder
    or from the index, or when it cannot be said which of two sets of weights is meant.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"{index}: broken index; expected JSON with a 'weight_map'") from error
        for name in names:
            # A name, no path: a shard may be a link (the hub's cache has such), but not lie elsewhere by its name.
            if not isinstance(name, str) or Path(name).name != name or "\0" in name:
                raise UserError(f"{index}: names a file outside its folder: {name}")
            if not (folder / name).is_file():
                raise UserError(f"{folder}: the shard {name} named in {index.name} is missing")
        _check_all_shards(folder, set(names))
        if names:
            return [folder / name for name in names]
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    pickled = sorted(p.name for p in folder.glob("*") if p.suffix in PICKLED)
    if pickled:
        raise UserError(
            f"{folder}: only pickled weights here ({pickled[0]}), and pickle can run code on loading; "
            "convert them to safetensors first (transformers: save_pretrained)"
        )
    raise UserError(f"{folder}: no weights here; expected model.safetensors or its index and shards")


def _check_all_shards(folder: Path, named: Collection[str]) -> None:
    """Check that an index leaves out no shard, whose tensors would be lost without a word. Raises UserError."""
    sets = {(m["stem"], len(m["number"]), m["of"]) for name in named if (m := SHARD.fullmatch(name))}
    for stem, digits, of in sets:
        for number in range(1, int(of) + 1) if int(of) <= MOST_SHARDS else []:
            shard = f"{stem}-{number:0{digits}d}-of-{of}.safetensors"
            if shard not in named:
                raise UserError(
                    f"{folder}: model.safetensors.index.json names shards of {of}, but not {shard}, whose tensors "
                    "would be lost; save the model again or complete the index"
                )
    if named and "model.safetensors" not in named and (folder / "model.safetensors").is_file():
        raise UserError(
            f"{folder}: holds model.safetensors and an index of other files ({min(named)}), which may be two models; "
            "remove the one that is old"
        )


def is_adapter(folder: Path) -> bool:
    """Say whether a folder holds an adapter in PEFT's layout and no model."""
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()


def check_model_folder(folder: Path) -> None:
    """Check that `folder` is a whole model: configuration, tokenizer, safetensors. Raises UserError."""
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; expected a model in the Hugging Face layout")
    config = folder / "config.json"
    if not config.is_file():
        raise UserError(f"{folder}: no config.json here; expected a model in the Hugging Face layout")
    try:
        loaded = json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{config}: broken JSON: {error}") from error
    if not isinstance(loaded, dict) or "model_type" not in loaded:
        raise UserError(f"{config}: expected a 'model_type'")
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        raise UserError(f"{folder}: no tokenizer here; expected {' or '.join(TOKENIZER_FILES)}")
    for name in ("tokenizer.json", "vocab.json"):
        if (folder / name).is_file():
            _check_json_object(folder / name)
    tensors = {file.name: read_header(file) for file in weight_files(folder)}
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        for name, file_name in json.loads(index.read_bytes())["weight_map"].items():
            if name not in tensors[file_name]:
                raise UserError(f"{index}: says that tensor {name} lies in {file_name}; it does not")


def _check_json_object(file: Path) -> None:
    try:
        good = isinstance(json.loads(file.read_bytes()), dict)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: broken JSON: {error}") from error
    if not good:
        raise UserError(f"{file}: expected a JSON object")


def read_header(file: Path) -> dict[str, Any]:
    """Return the header of a safetensors file: tensor name -> dtype, shape, data_offsets.

    Raises UserError when the header is damaged or promises more or other bytes than the file has.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
        if length < 2 or length > size - 8:
            raise UserError(f"{file}: not a whole safetensors file (its header does not fit in {size} bytes)")
        try:
            header = json.loads(stream.read(length))
        except (ValueError, RecursionError) as error:
            raise UserError(f"{file}: the safetensors header is damaged: {error}") from error
    if not isinstance(header, dict):
        raise UserError(f"{file}: the safetensors header is damaged: expected an object")
    header.pop("__metadata__", None)
    for name, entry in header.items():
        if not _is_header_entry(entry):
            raise UserError(f"{file}: the safetensors header is damaged: tensor {name} has no dtype, shape and place")
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, after = entry["data_offsets"]
        bits = DTYPE_BITS.get(entry["dtype"])
        wrong = bits is not None and math.prod(entry["shape"]) * bits != (after - start) * 8
        if start != end or after < start or wrong:
            raise UserError(
                f"{file}: the safetensors header is damaged: tensor {name} ({entry['dtype']}, {entry['shape']}) "
                f"cannot be the bytes {start} to {after} behind byte {end}"
            )
        end = after
    if 8 + length + end != size:
        raise UserError(
            f"{file}: cut off or damaged: the header promises {8 + length + end} bytes, the file has {size}"
        )
    return header


def _is_header_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("dtype"), str):
        return False
    shape, place = entry.get("shape"), entry.get("data_offsets")
    whole = isinstance(shape, list) and isinstance(place, list) and len(place) == 2
    return whole and all(type(number) is int and number >= 0 for number in [*shape, *place])  # type: ignore[misc]


def fingerprint(folder: Path, known: Mapping[str, str] | None = None) -> str:
    """Return the hash (xxh3, 128 bits) of what a model is: its tensors, tokenizer, template and configuration.

    Tensors count by name, dtype, shape and the hash of their bytes, in the order of their names, so that sharding
    does not matter; paths, times, model cards and manifests do not count.

    Args:
        folder: a model folder.
        known: hashes (xxh3, 128 bits) of the bytes of tensors that were hashed before; empty ones are not known.
    """
    digest = xxhash.xxh3_128()
    places = {name: (file, entry) for file in weight_files(folder) for name, entry in read_header(file).items()}
    for name in sorted(places):
        file, entry = places[name]
        of_bytes = (known or {}).get(name) or _tensor_hash(file, *entry["data_offsets"])
        digest.update(f"{name}\0{entry['dtype']}\0{entry['shape']}\0{of_bytes}\0".encode())
    for name in (
        "config.json",
        "generation_config.json",
        "chat_template.jinja",
        "tokenizer_config.json",
        *TOKENIZER_FILES,
        *TOKENIZER_PARTS,
    ):
        if (folder / name).is_file():
            digest.update(f"{name}\0".encode() + (folder / name).read_bytes())
    return digest.hexdigest()


def _tensor_hash(file: Path, start: int, end: int) -> str:
    digest = xxhash.xxh3_128()
    with file.open("rb", buffering=0) as stream:
        stream.seek(8 + struct.unpack("<Q", stream.read(8))[0] + start)
        block = memoryview(bytearray(min(max(end - start, 1), 1 << 19)))
        left = end - start
        while left > 0 and (count := stream.readinto(block[: min(left, len(block))])):
            digest.update(block[:count])
            left -= count
    return digest.hexdigest()


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a model folder; raises UserError when it cannot be read."""
    from transformers import AutoTokenizer

    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise UserError(f"{folder}: the tokenizer cannot be read: {error}") from error
    return tokenizer


def load_model(folder: Path, dtype: str = "float32") -> PreTrainedModel:
    """Load the causal language model of a folder in `dtype` (float32, bfloat16, float16 or auto).

    Raises UserError when the folder is not whole, lacks tensors of its architecture (transformers would make them up
    at random and only say so), or when the architecture is unknown.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    check_model_folder(folder)
    try:
        model: PreTrainedModel
        with _without_bars():
            model, found = AutoModelForCausalLM.from_pretrained(
                str(folder),
                dtype=dtype,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:  # RuntimeError: tensors of another shape
        raise UserError(f"{folder}: the model cannot be loaded: {error}") from error
    missing = sorted(found["missing_keys"])
    if missing:
        raise UserError(
            f"{folder}: {len(missing)} tensors that config.json asks for are not in the weights, first {missing[0]}; "
            "the folder is not whole, or the configuration is another model's"
        )
    return model


def save_model(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Write model and tokenizer as a Hugging Face folder with safetensors."""
    with _without_bars():
        model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep transformers from drawing bars of its own beside ours; restores its setting."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
