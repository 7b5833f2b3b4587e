"""The largest micro-batch that fits, found by trying: whole training steps on random tokens until memory runs out.

Each try is what a training does on one device: forward, backward, AdamW. On an accelerator memory ends where the
device says so; on a processor at the limit the user gives, since nothing else would say no before the system kills
something. The tries run in a process of their own, so one that is killed is an answer too.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.step_settings import Model, Settings
from polyclinic.steps import Work, step_kind
from polyclinic.train.lora_settings import LoraSettings

FILE = "fit.json"
STEPS = 2  # of each try: the optimizer's states are there from the second on


class FitSettings(Settings):
    """Settings of train.fit."""

    model: Model = Field(description="the model to train")
    max_length: int = Field(4096, ge=8, description="tokens in a row")
    precision: Literal["float32", "bfloat16"] = Field("bfloat16", description="arithmetic, as in the training")
    gradient_checkpointing: bool = Field(False, description="whether activations are computed a second time")
    lora: LoraSettings | None = Field(None, description="low-rank matrices instead of the whole model")
    pairs: bool = Field(False, description="whether a row is a pair of replies, as in train.dpo")
    memory_gb: float | None = Field(
        None, gt=0, description="GiB that a processor may use; needed where there is no accelerator"
    )
    most: int = Field(1024, ge=1, le=65536, description="rows beyond which nothing is tried")
    rows_of_step: int | None = Field(
        None, ge=1, description="rows of an optimizer step, to say the gradient_accumulation that goes with it"
    )


def shown(folder: Path) -> list[dict[str, Any]]:
    """Return a row for each try; with `rows_of_step` the chosen one names its gradient_accumulation."""
    rows: list[dict[str, Any]] = json.loads((folder / FILE).read_text(encoding="utf-8"))["tries"]
    return rows


@step_kind(
    "train.fit",
    FitSettings,
    output="measurement",
    version=1,
    packages=("torch", "transformers"),
    shown=shown,
    out_optional=True,
)
def fit(settings: FitSettings, work: Work) -> None:
    """Find the largest batch_size that fits, by trying."""
    import torch

    if not torch.cuda.is_available() and settings.memory_gb is None:
        raise UserError(
            "train.fit.memory_gb: missing; there is no accelerator here, so say how many GiB the processor may use"
        )
    tries: list[dict[str, Any]] = []
    with _Trier(settings, work.seed) as attempt, work.progress("batch sizes", 1) as progress:

        def fits(rows: int) -> bool:
            found = attempt(rows)
            tries.append({"batch_size": rows, **found})
            progress.advance(0, f"{rows} {'fits' if found['fits'] else 'does not fit'}")
            return bool(found["fits"])

        largest = largest_that(fits, settings.most)
    if largest == 0:
        raise UserError(
            f"{settings.model}: not even one row of {settings.max_length} tokens fits "
            f"({tries[-1]['peak_gb']:.2f} GiB in use: {tries[-1]['why']}); `polyclinic plan` says what to change"
        )
    if settings.rows_of_step is not None:
        largest = max(rows for rows in range(1, largest + 1) if settings.rows_of_step % rows == 0)
    work.facts["batch_size"] = largest
    for one in tries:
        one["chosen"] = one["batch_size"] == largest
    if not any(one["chosen"] for one in tries):
        tries.append(
            {"batch_size": largest, "fits": True, "peak_gb": None, "why": "divides rows_of_step", "chosen": True}
        )
    if settings.rows_of_step is not None:
        work.facts["gradient_accumulation"] = settings.rows_of_step // largest
        for one in tries:
            one["gradient_accumulation"] = work.facts["gradient_accumulation"] if one["chosen"] else None
    tries.sort(key=lambda one: one["batch_size"])
    (work.out / FILE).write_text(json.dumps({"batch_size": largest, "tries": tries}, indent=1) + "\n")


def largest_that(fits: Callable[[int], bool], most: int) -> int:
    """Return the largest number up to `most` that fits, 0 when 1 does not: doubled until one fails, then halved."""
    good, rows = 0, 1
    while rows <= most and fits(rows):
        good, rows = rows, rows * 2
    bad = min(rows, most + 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(middle):
            good = middle
        else:
            bad = middle
    return good


class _Trier:
    """Asks a process of its own to try; starts another when one has died."""

    def __init__(self, settings: FitSettings, seed: int) -> None:
        self._settings, self._seed = settings, seed
        self._context = multiprocessing.get_context("spawn")
        self._process: Any = None

    def __enter__(self) -> _Trier:
        return self

    def __call__(self, rows: int) -> dict[str, Any]:
        if self._process is None:
            self._here, there = self._context.Pipe()
            self._process = self._context.Process(target=_try_all, args=(self._settings, self._seed, there))
            self._process.start()
            there.close()
        try:
            self._here.send(rows)
            found: Any = self._here.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._process.join()
            status, self._process = self._process.exitcode, None
            return {"fits": False, "peak_gb": self._settings.memory_gb, "why": f"the process ended with {status}"}
        if isinstance(found, Exception):
            raise found
        answer: dict[str, Any] = found
        return answer

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()


def _try_all(settings: FitSettings, seed: int, pipe: Any) -> None:
    """Answer each number of rows with whether it fits, in a process of its own."""
    try:
        step = _training_step(settings, seed)
        while True:
            pipe.send(_tried(step, pipe.recv(), settings.memory_gb))
    except EOFError:
        return
    except Exception as error:
        pipe.send(error)


def _training_step(settings: FitSettings, seed: int) -> Callable[[int], None]:
    """Return what runs training steps on so many rows of random tokens."""
    import torch

    from polyclinic.train.finish import load_for_training
    from polyclinic.train.lora import with_lora

    device = "cuda" if torch.cuda.is_available() else "cpu"
    held = settings.lora.base_type(settings.precision, device == "cuda") if settings.lora is not None else "float32"
    model, _ = load_for_training(settings.model, held)
    if settings.lora is not None:
        model = with_lora(model, settings.lora, seed, settings.model)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.config.use_cache = False
    model.to(device).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.0, fused=True)
    vocabulary = model.get_input_embeddings().weight.shape[0]

    def step(rows: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (rows * (2 if settings.pairs else 1), settings.max_length)
        ids = torch.randint(vocabulary, shape, generator=generator).to(device)
        for _ in range(STEPS):
            with torch.autocast(device, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16"):
                loss = model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        optimizer.zero_grad(set_to_none=True)

    return step


def _tried(step: Callable[[int], None], rows: int, memory_gb: float | None) -> dict[str, Any]:
    """Run a step and say whether it fitted, and the most memory that was in use, in GiB."""
    import gc

    import torch

    from polyclinic.cost import Cost

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    cost, why = Cost(), ""
    try:
        with _limited(memory_gb):
            step(rows)
    except (MemoryError, torch.OutOfMemoryError) as error:
        why = str(error).splitlines()[0] if str(error) else "out of memory"
    except RuntimeError as error:
        if "allocate memory" not in str(error):
            raise
        why = str(error).splitlines()[0]
    peak = torch.cuda.max_memory_reserved() / 2**30 if torch.cuda.is_available() else cost.peak_memory_mb() / 1024
    if not why and memory_gb is not None and peak > memory_gb:
        why = "more than memory_gb"
    return {"fits": not why, "peak_gb": round(peak, 3), "why": why}


class _limited:
    """Let this process have no more than so many GiB of memory of its own."""

    def __init__(self, memory_gb: float | None) -> None:
        self._limit = memory_gb

    def __enter__(self) -> None:
        import resource

        self._before = resource.getrlimit(resource.RLIMIT_DATA)
        if self._limit is not None:
            # Libraries map much that they never touch; it does not count.
            untouched = max(0, _in_use("VmData") - _in_use("VmRSS"))
            resource.setrlimit(resource.RLIMIT_DATA, (int(self._limit * 2**30) + untouched, self._before[1]))

    def __exit__(self, *error: object) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, self._before)


def _in_use(name: str) -> int:
    """Return what Linux says of this process's memory, in bytes; 0 elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)
