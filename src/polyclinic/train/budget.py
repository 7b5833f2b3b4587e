"""What a training would take, before anything runs: tokens, steps, memory, hours; what to change if it will not fit.

`polyclinic plan` and `--dry-run` show it for every training that is still to be made. Tokens are counted in the first
5,000 records of each input and scaled to all of them; memory and operations are those of `memory`, hours those of
`devices`, whose assumptions are said with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from polyclinic.progress import duration
from polyclinic.records import RECORD_TYPES, count_values, read_records
from polyclinic.train.batches import full_pieces, pack_best_fit, split_span
from polyclinic.train.devices import KNOWN, UTILISATION, Device, found_device
from polyclinic.train.lora_settings import LoraSettings
from polyclinic.train.memory import (
    Shapes,
    StepSize,
    lora_weights,
    memory_needed,
    operations_per_token,
    shapes_of,
)
from polyclinic.train.settings import LONGEST_DEFAULT

LOOKED_AT = 5000  # records whose tokens are counted
TEMPLATE = "".join(
    f"<|im_start|>{role}\n<|im_end|>\n" for role in ("system", "user", "assistant")
)  # others are alike
CHARACTERS = 4.0  # in a token, where the tokenizer cannot be read without its library


def training_budget(settings: Any, processes: int = 1, device: Device | None = None) -> dict[str, Any]:
    """Return what a training takes; `model` and the inputs are folders, or `$name` where they are not made yet.

    Keys: `tokens` (seen, all epochs), `steps`, `memory` (bytes of each kind on one device), `memory_total`, `hours`
    by device, `fits`, `advice`, and `lines`, the same for people. What cannot be known yet is None.
    """
    if not settings.model.is_dir():
        return {"lines": [f"what it takes is known when {settings.model} is made"]}
    shapes = shapes_of(settings.model)
    device = device or found_device()
    length = settings.max_length or min(LONGEST_DEFAULT, _positions(settings.model))
    trained = lora_weights(shapes, settings.lora.rank) if settings.lora is not None else None
    sharded = settings.sharding == "full" and processes > 1
    size = StepSize(
        rows=settings.batch_size,
        length=length,
        half=settings.precision == "bfloat16",
        trained=trained,
        isolated=getattr(settings, "packing", "") == "best_fit",
        checkpointing=settings.gradient_checkpointing,
        pairs=hasattr(settings, "preferences"),
        parts=processes if sharded else 1,
        on_processor=not device.accelerator,
        base_half=settings.lora is not None
        and settings.lora.base_type(settings.precision, device.accelerator) == "bfloat16",
    )
    memory = memory_needed(shapes, size)
    total = sum(memory.values())
    tokens, steps = _work(settings, length)
    hours: dict[str, float | None] = {}
    for one in (device, *KNOWN):
        each = None if tokens is None else tokens * operations_per_token(shapes, size) / processes
        seconds = None if each is None else one.seconds(each, settings.precision)
        hours[one.name] = None if seconds is None else seconds / 3600
    fits = total <= device.usable
    advice = [] if fits else _advice(shapes, size, device, settings, processes)
    found = {
        "tokens": tokens,
        "steps": steps,
        "memory": memory,
        "memory_total": total,
        "device": device.name,
        "device_memory": device.memory,
        "hours": hours,
        "fits": fits,
        "advice": advice,
    }
    return found | {"lines": _lines(found, settings, processes)}


def _positions(model: Path) -> int:
    import json

    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    return int((config.get("text_config") or config).get("max_position_embeddings") or LONGEST_DEFAULT)


def _work(settings: Any, length: int) -> tuple[int | None, int | None]:
    """Return the tokens and optimizer steps of a training, None where its inputs are not made yet."""
    rows_of_step = settings.batch_size * settings.gradient_accumulation
    count = _counter(settings.model)
    template = sum(count([TEMPLATE]))
    if hasattr(settings, "phase1_epochs"):
        tasks = {f"pit.{name}" for name in settings.tasks}
        written = _measured(settings.samples, "samples", lambda s: [s.output] if s.task in tasks else [], count, 1)
        documents = _measured(settings.documents, "documents", lambda d: [d.text], count, 1)
        if written is None or documents is None:
            return None, None
        both = Counted(written.tokens + documents.tokens, documents.records, documents.rows(length, "one_document"))
        tokens = settings.phase1_epochs * written.tokens + settings.phase2_epochs * both.tokens
        phases = (
            settings.phase1_epochs * min(written.records, documents.records),
            settings.phase2_epochs * max(both.whole, both.tokens / length),
        )
        return round(tokens), sum(math.ceil(rows / rows_of_step) for rows in phases)
    if hasattr(settings, "samples"):
        found = _measured(settings.samples, "samples", lambda s: [s.instruction, s.input, s.output], count, template)
    elif hasattr(settings, "preferences"):
        found = _measured(
            settings.preferences,
            "preferences",
            lambda p: [p.instruction, p.input, p.chosen, p.instruction, p.input, p.rejected],
            count,
            2 * template,
        )
    else:
        found = _measured(settings.documents, "documents", lambda d: [d.text], count, 1)
    if found is None or not found.records:
        return None, settings.steps
    rows = found.rows(length, settings.packing) if hasattr(settings, "packing") else found.records
    if settings.steps is not None:
        return round(found.tokens * settings.steps * rows_of_step / rows), settings.steps
    return round(found.tokens * settings.epochs), math.ceil(settings.epochs * rows / rows_of_step)


@dataclass(frozen=True)
class Counted:
    """The tokens of some inputs, counted in part and scaled to all."""

    tokens: float
    records: float  # that have any
    whole: float = 0.0  # rows, where they are known already
    lengths: tuple[
        tuple[list[int], float], ...
    ] = ()  # of the records that were looked at, and for how many each stands

    def rows(self, length: int, packing: str) -> float:
        """Return how many rows of `length` tokens they make."""
        total = 0.0
        for lengths, scale in self.lengths:
            if packing == "wrapped":
                rows = sum(lengths) / length
            else:
                split = full_pieces if packing == "best_fit" else split_span
                pieces = [piece for tokens in lengths for piece in split((0, tokens), length)]
                rows = float(len(pack_best_fit(pieces, length)) if packing == "best_fit" else len(pieces))
            total += rows * scale
        return total


def _measured(
    paths: Sequence[Path],
    record_type: str,
    texts: Callable[[Any], list[str]],
    count: Callable[[list[str]], list[int]],
    around: int = 0,
) -> Counted | None:
    """Return the tokens of some inputs, `around` more for each record; None when one is not made yet."""
    if not all(path.exists() for path in paths):
        return None
    kind: Any = RECORD_TYPES[record_type]
    found = []
    for path in paths:
        looked = list(islice(read_records(path, kind), LOOKED_AT))
        total = (
            len(looked) if len(looked) < LOOKED_AT else sum(map(int, count_values(path, kind, "license").values()))
        )
        used = [parts for record in looked if (parts := [text for text in texts(record) if text])]
        tokens = iter(count([part for parts in used for part in parts]))
        lengths = [sum(islice(tokens, len(parts))) + around for parts in used]
        found.append((lengths, total / max(1, len(looked))))
    return Counted(
        tokens=sum(sum(lengths) * scale for lengths, scale in found),
        records=sum(len(lengths) * scale for lengths, scale in found),
        lengths=tuple(found),
    )


def _counter(model: Path) -> Callable[[list[str]], list[int]]:
    """Return what counts the tokens of texts, without loading transformers."""
    if not (model / "tokenizer.json").is_file():
        return lambda texts: [math.ceil(len(text) / CHARACTERS) for text in texts]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: list[str]) -> list[int]:
        return [len(found.ids) for found in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    return count


def _advice(shapes: Shapes, size: StepSize, device: Device, settings: Any, processes: int) -> list[str]:
    """Return what makes it fit, each enough alone; what leaves the result as it is comes first."""
    rows_of_step = settings.batch_size * settings.gradient_accumulation

    def with_rows(**changes: Any) -> str | None:
        """Return the most rows that fit with these changes, as settings; None when one row does not."""
        for rows in _divisors(rows_of_step):
            if rows <= size.rows and sum(memory_needed(shapes, replace(size, rows=rows, **changes)).values()) <= room:
                same = rows == size.rows
                return "" if same else f"batch_size: {rows}, gradient_accumulation: {rows_of_step // rows}"
        return None

    room = device.usable
    again = {"checkpointing": True}
    found = []
    if (plain := with_rows()) is not None:
        found.append(f"{plain} (the same result)")
    if not size.checkpointing and (fewer := with_rows(**again)) is not None:
        found.append(_joined("gradient_checkpointing: true", fewer) + " (the same result, a third more time)")
    for count in (2, 4, 8, 16, 32):
        if (
            count > max(processes, size.parts)
            and not found
            and (fewer := with_rows(**again, parts=count)) is not None
        ):
            parts = f"sharding: full with --launch torchrun:{count}, on as many devices"
            found.append(_joined(parts, "gradient_checkpointing: true", fewer) + " (the same result)")
            break
    if size.trained is None:
        for more, name in (({}, ""), (again, "gradient_checkpointing: true")):
            half = LoraSettings().base_type(settings.precision, device.accelerator) == "bfloat16"
            if (fewer := with_rows(trained=lora_weights(shapes, 16), base_half=half, **more)) is not None:
                found.append(_joined("lora: {rank: 16}", name, fewer) + " (another training: low-rank matrices)")
                break
    if not found:
        found.append(f"a shorter max_length than {size.length}, or a smaller model; one row does not fit in any way")
    return found


def _joined(*settings: str) -> str:
    return ", ".join(filter(None, settings))


def _divisors(number: int) -> list[int]:
    return [d for d in range(number, 0, -1) if number % d == 0]


def _lines(found: dict[str, Any], settings: Any, processes: int) -> list[str]:
    rows = f"{settings.batch_size} x {settings.gradient_accumulation} rows"
    steps = "?" if found["steps"] is None else f"{found['steps']:,}"
    tokens = "tokens not known yet" if found["tokens"] is None else f"about {found['tokens']:,} tokens"
    parts = ", ".join(f"{name} {_size(value)}" for name, value in found["memory"].items() if value)
    on = f" on each of {processes}" if processes > 1 else ""
    lines = [f"{tokens}, {steps} steps of {rows}", f"memory{on}: {_size(found['memory_total'])} ({parts})"]
    hours = [f"{name} {duration(3600 * h)}" for name, h in found["hours"].items() if h is not None]
    if hours:
        share = UTILISATION[settings.precision]
        lines.append(f"time, at an assumed {share:.0%} of the peak: {', '.join(hours)}")
    if not found["fits"]:
        lines.append(f"does not fit {found['device']} ({_size(found['device_memory'])}); one of:")
        lines += [f"  {advice}" for advice in found["advice"]]
    return lines


def _size(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
