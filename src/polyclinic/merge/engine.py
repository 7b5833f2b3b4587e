"""Goes through the tensors of the parents, merges each by a method, and writes the result as a model folder.

Memory does not grow with the model: blocks of the parents are read, merged in float32, rounded to the base's dtype
and written, on a few threads that each take a tensor at a time. The engine knows nothing about formulas.
"""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from polyclinic.errors import UserError
from polyclinic.merge.blocks import Method, Parents
from polyclinic.merge.diagnostics import Agreement, layer_shares
from polyclinic.merge.numbers import FLOAT_BYTES, from_float32
from polyclinic.merge.parents import Plan, TensorPlan, check_folders, plan_tensors
from polyclinic.merge.settings import MergeSettings
from polyclinic.merge.shards import Place, shards
from polyclinic.merge.weights import open_weights
from polyclinic.steps import Work

WRITE = 4 << 20  # bytes written at a time: smaller writes cost the kernel more
BESIDE_WEIGHTS = (
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


def check_mergeable(settings: MergeSettings) -> None:
    """Check all that can be known before the merge from the inputs' headers, configurations and tokenizers.

    Inputs that are still to be made by other steps (`$name`) are left for later. Raises UserError.
    """
    folders = (settings.base, *settings.models)
    if any(str(folder).startswith("$") for folder in folders):
        return
    check_folders(settings.base, settings.models)
    with open_weights(folders) as tensors:
        plan_tensors(settings.base, tensors[0], settings.models, tensors[1:])


def merge_models(settings: MergeSettings, work: Work, method: Method) -> list[Parents]:
    """Merge the models of `settings` tensor by tensor with `method` into the model folder `work.out`.

    The result has the base's configuration, generation configuration, tokenizer, chat template and dtype. Returns
    what the method counted for each tensor.

    Raises UserError when the parents do not fit each other, or hold NaN or infinite numbers.
    """
    base, models = settings.base, settings.models
    for folder in (base, *models):
        if work.out.resolve().is_relative_to(folder.resolve()):
            raise UserError(f"the result would lie inside the input {folder}; choose another folder for it")
    notes = check_folders(base, models)
    with open_weights((base, *models)) as opened:
        plan = plan_tensors(base, opened[0], models, opened[1:])
        with shards(work.out, [tensor.base for tensor in plan.tensors], settings.shard_size_mb * 1_000_000) as places:
            merged = _merge_all(plan, places, method, work, settings.threads or _available_cores())
    for name in BESIDE_WEIGHTS:
        if (base / name).is_file():
            shutil.copyfile(base / name, work.out / name)
    names = [folder.name for folder in models]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in models]
    work.facts["parameters"] = sum(tensor.base.size for tensor in plan.tensors)
    work.facts["tensors"] = {
        "merged": sum(tensor.rule == "merged" for tensor in plan.tensors),
        "copied": {tensor.name: tensor.rule for tensor in plan.tensors if tensor.rule != "merged"},
        "left_out": plan.left_out,
    }
    work.facts["notes"] = notes + plan.notes
    work.facts["agreement"] = Agreement.of(merged, len(models)).facts(names)
    work.facts["layers"] = layer_shares(merged, names)
    return merged


def _merge_all(plan: Plan, places: dict[str, Place], method: Method, work: Work, threads: int) -> list[Parents]:
    """Merge or copy every tensor; returns what the methods counted, in the order of the plan."""
    stop = threading.Event()

    def one(tensor: TensorPlan) -> Parents:
        parents = Parents(tensor.name, tensor.base, tensor.models)
        if not stop.is_set():
            try:
                if tensor.models:
                    merge_tensor(parents, method, places[tensor.name])
                else:
                    _copy(tensor, places[tensor.name])
            except BaseException:
                stop.set()
                raise
        return parents

    millions = sum(tensor.base.size for tensor in plan.tensors) / 1e6
    with work.progress("million weights", millions) as bar, ThreadPoolExecutor(threads) as pool:
        # The largest first, so that no thread is left with one of them at the end.
        ordered = sorted(plan.tensors, key=lambda t: (-t.base.size, t.name))
        futures = {pool.submit(one, tensor): tensor for tensor in ordered}
        try:
            for future in as_completed(futures):
                future.result()
                bar.advance(futures[future].base.size / 1e6)
        except BaseException:
            stop.set()
            raise
    done = {futures[future].name: future.result() for future in futures}
    return [done[tensor.name] for tensor in plan.tensors if tensor.models]


def merge_tensor(parents: Parents, method: Method, place: Place) -> None:
    """Merge one tensor and write it. Raises UserError when the result cannot be held by the base's dtype."""
    width = FLOAT_BYTES[parents.dtype]
    buffer = np.empty(min(WRITE, parents.size * width), np.uint8)
    written = filled = 0
    for block in method(parents):
        for start in range(0, block.size, WRITE // width):
            piece = block[start : start + WRITE // width]
            length = piece.size * width
            if filled + length > buffer.size:
                place.write(written, buffer[:filled])
                written, filled = written + filled, 0
            if not from_float32(piece, parents.dtype, buffer[filled : filled + length]):
                raise UserError(
                    f"tensor {parents.name}: the merged weights are too large for the base's {parents.dtype}; "
                    "use smaller weights, or a base in another dtype"
                )
            filled += length
    place.write(written, buffer[:filled])
    if written + filled != parents.size * width:
        raise RuntimeError(f"{parents.name}: the method gave {written + filled} of {parents.size * width} bytes")
    Agreement.measure(parents)


def _copy(tensor: TensorPlan, place: Place) -> None:
    for start in range(0, tensor.base.bytes, WRITE):
        piece = np.empty(min(WRITE, tensor.base.bytes - start), np.uint8)
        tensor.base.read_bytes(start, piece)
        place.write(start, piece)


def _available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
