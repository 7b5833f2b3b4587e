"""Goes through the tensors of the parents, merges each by a method, and writes the result as a model folder.

Memory does not grow with the model: blocks of the parents are read, merged in float32, rounded to the base's dtype
and written, on a few threads that each take a tensor at a time. The engine knows nothing about formulas.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import numpy as np

from polyclinic.merge.alignment import Vocabulary, have_same_rows, join_vocabularies, write_tokens
from polyclinic.merge.beside_weights import SAFETENSORS_NAMES, write_beside_weights
from polyclinic.merge.blocks import BLOCK, Method, Parents
from polyclinic.merge.diagnostics import Agreement, layer_shares
from polyclinic.merge.fused import Call, Fused, too_large
from polyclinic.merge.kernel import choose
from polyclinic.merge.layer_figure import write_layer_figure
from polyclinic.merge.lora import open_parents
from polyclinic.merge.numbers import FLOAT_BYTES, from_float32
from polyclinic.merge.parameters import positions
from polyclinic.merge.parents import Plan, TensorPlan, check_folders, plan_tensors
from polyclinic.merge.settings import MergeSettings
from polyclinic.merge.shards import WRITE, Target, TensorWriter, shards
from polyclinic.merge.weights import RoundedTensor, Tensor
from polyclinic.models import is_adapter
from polyclinic.progress import Progress
from polyclinic.steps import Work

Result = TypeVar("Result")


def check_mergeable(settings: MergeSettings) -> None:
    """Check all that can be known before the merge from the inputs' headers, configurations and tokenizers.

    Inputs that are still to be made by other steps (`$name`) are left for later. Raises UserError.
    """
    folders = (settings.base, *settings.models)
    if any(str(folder).startswith("$") for folder in folders):
        return
    check_folders(settings.base, settings.models, settings.vocabulary == "same")
    with open_parents(settings.base, settings.models) as tensors:
        plan = plan_tensors(settings.base, tensors[0], settings.models, tensors[1:], joined_vocabulary(settings))
        settings.check_everywhere(positions([tensor.name for tensor in plan.tensors if tensor.models]))


def joined_vocabulary(settings: MergeSettings) -> Vocabulary | None:
    """Return the tokens of the result when models may have different ones, None otherwise. Raises UserError."""
    if settings.vocabulary == "same" or all(
        is_adapter(folder) or have_same_rows(settings.base, folder) for folder in settings.models
    ):
        return None
    return join_vocabularies(settings.base, settings.models, settings.vocabulary == "union")


@dataclass(frozen=True)
class LiveParents:
    """Parents that stay open for many merges, and where their results go in memory."""

    parents: list[Parents]
    places: Mapping[str, Target]


@dataclass
class LiveWork(Work):
    """A merge into memory, of which no folder is made."""

    live: LiveParents = field(default_factory=lambda: LiveParents([], {}))

    def progress(self, title: str, total: float) -> AbstractContextManager[Progress]:
        """Show nothing: such a merge is part of longer work."""
        return nullcontext(_Silent())


class _Silent:
    def advance(self, steps: float = 1, note: str = "") -> None:
        pass


@dataclass
class Merge:
    """A merge under way: the parents' tensors, and the places their results go to."""

    parents: list[Parents]  # the tensors to merge, by name
    work: Work
    places: Mapping[str, Target]
    threads: int

    def each(self, title: str, function: Callable[[Parents], Result], only: set[str] | None = None) -> list[Result]:
        """Return what `function` gives for every tensor (or those named in `only`), in order; on several threads."""
        chosen = [parents for parents in self.parents if only is None or parents.name in only]
        stop = threading.Event()

        def one(parents: Parents) -> Result | None:
            if stop.is_set():
                return None
            try:
                return function(parents)
            except BaseException:
                stop.set()
                raise

        millions = sum(parents.size for parents in chosen) / 1e6
        with (
            self.work.progress(f"{title}, million weights", millions) as bar,
            ThreadPoolExecutor(self.threads) as pool,
        ):
            # The largest first, so that no thread is left with one of them at the end.
            ordered = sorted(chosen, key=lambda parents: (-parents.size, parents.name))
            futures = {parents.name: pool.submit(one, parents) for parents in ordered}
            sizes = {future: parents.size for parents, future in zip(ordered, futures.values(), strict=True)}
            try:
                for future in as_completed(sizes):
                    future.result()
                    bar.advance(sizes[future] / 1e6)
            except BaseException:
                stop.set()
                raise
        return [cast(Result, futures[parents.name].result()) for parents in chosen]

    def write(self, method: Method, only: set[str] | None = None) -> None:
        """Merge every tensor (or those named in `only`) with `method` and write it."""

        def one(parents: Parents) -> None:
            self.work.tensor_hashes[parents.name] = merge_tensor(parents, method, self.places[parents.name])

        self.each("merging", one, only)


@contextmanager
def merging(settings: MergeSettings, work: Work) -> Iterator[Merge]:
    """Open the parents and lay out the model folder `work.out`; the block merges and writes the tensors.

    The result has the base's configuration, generation configuration, tokenizer, chat template and, unless the
    settings say otherwise, its dtype. What the methods counted goes into the manifest. Raises UserError when the
    parents do not fit each other, or hold NaN or infinite numbers.
    """
    if isinstance(work, LiveWork):
        yield Merge(work.live.parents, work, work.live.places, settings.threads or _threads())
        return
    base, models = settings.base, settings.models
    with open_merge(settings) as (plan, parents, vocabulary, notes):
        dtype = SAFETENSORS_NAMES.get(settings.dtype, "")
        stored = [
            replace(t.base, dtype=dtype or t.base.dtype, shape=t.shape) if t.models else t.base for t in plan.tensors
        ]
        shard_bytes = settings.shard_size_mb * 1_000_000
        with shards(work.out, stored, shard_bytes) as places:
            for tensor in plan.tensors:
                if not tensor.models:
                    _copy(tensor, places[tensor.name])
            yield Merge(parents, work, places, settings.threads or _threads())
    write_beside_weights(base, work.out, settings.dtype, settings.chat_template)
    if vocabulary is not None:
        write_tokens(work.out, vocabulary.new, max((t.shape[0] for t in plan.tensors if t.aligned), default=0))
        notes += vocabulary.notes
    names = [folder.name for folder in models]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in models]
    work.facts["parameters"] = sum(math.prod(tensor.shape) for tensor in plan.tensors)
    work.facts["tensors"] = {
        "merged": len(parents),
        "copied": {tensor.name: tensor.rule for tensor in plan.tensors if not tensor.models},
        "left_out": plan.left_out,
    }
    work.facts["notes"] = notes + plan.notes
    work.facts["kernel"] = next((p.kernel.name for p in parents if p.kernel is not None), "numpy")
    work.facts["agreement"] = Agreement.of(parents, len(models)).facts(names)
    work.facts["layers"] = layer_shares(parents, names)
    write_layer_figure(work.out, work.facts["layers"])


@contextmanager
def open_merge(settings: MergeSettings) -> Iterator[tuple[Plan, list[Parents], Vocabulary | None, list[str]]]:
    """Open the parents while the block runs: what becomes of each tensor, the tensors to merge, tokens and notes."""
    notes = check_folders(settings.base, settings.models, settings.vocabulary == "same")
    vocabulary = joined_vocabulary(settings)
    with open_parents(settings.base, settings.models) as opened:
        plan = plan_tensors(settings.base, opened[0], settings.models, opened[1:], vocabulary)
        placed = positions([tensor.name for tensor in plan.tensors if tensor.models])
        settings.check_everywhere(placed)
        dtype = SAFETENSORS_NAMES.get(settings.dtype, "")
        kernel = choose(settings.kernel, len(settings.models))
        parents = [
            Parents(
                t.name,
                *_rounded(t, settings, dtype),
                placed[t.name],
                dtype,
                t.aligned.taken if t.aligned else (),
                kernel,
            )
            for t in plan.tensors
            if t.models
        ]
        yield plan, parents, vocabulary, notes


def merge_models(settings: MergeSettings, work: Work, method: Method) -> list[Parents]:
    """Merge the models of `settings` into `work.out`, each tensor by itself; returns what the method counted."""
    with merging(settings, work) as merge:
        merge.write(method)
    return merge.parents


def merge_tensor(parents: Parents, method: Method, place: Target) -> str:
    """Merge one tensor and write it; returns the hash of its bytes, empty when it is not known.

    Raises UserError when the result cannot be held by the base's dtype.
    """
    width = FLOAT_BYTES[parents.dtype]
    merged = method(parents)
    if parents.kernel is not None and isinstance(merged, Fused):
        call = Call(parents)
        merged.fill(call)
        writer = TensorWriter(place, parents.size * width, call.step * width)
        for count in call.run(writer.address):
            writer.add(count)
        merged.count(call)
    else:
        writer = TensorWriter(place, parents.size * width)
        for block in merged:
            for start in range(0, block.size, BLOCK):
                piece = block[start : start + BLOCK]
                if not from_float32(piece, parents.dtype, writer.room(piece.size * width)):
                    raise too_large(parents)
                writer.add(piece.size * width)
    digest = writer.finish()
    row = math.prod(parents.shape[1:])
    for first, count, source, there in parents.taken:
        values, raw = np.empty(count * row, np.float32), np.empty(count * row * width, np.uint8)
        source.read(there * row, values)
        from_float32(values, parents.dtype, raw)
        place.write(first * row * width, raw)
    Agreement.measure(parents)
    return "" if parents.taken else digest


def _rounded(plan: TensorPlan, settings: MergeSettings, dtype: str) -> tuple[Tensor, Sequence[Tensor]]:
    """Return the base and the models of a tensor; that tool rounds all of them to the dtype it is told to use."""
    if not dtype or getattr(settings, "flavour", "") != "mergekit":
        return plan.parents
    base, models = plan.parents
    return RoundedTensor(base, dtype), [RoundedTensor(model, dtype) for model in models]


def _copy(tensor: TensorPlan, place: Target) -> None:
    for start in range(0, tensor.base.bytes, WRITE):
        piece = np.empty(min(WRITE, tensor.base.bytes - start), np.uint8)
        tensor.base.read_bytes(start, piece)
        place.write(start, piece)


def _threads() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2 * cores, 32)
