"""What `polyclinic plan` says that rows of tokens need in memory, against the measured peak of small models.

    python benchmarks/train_memory.py

Each line is a training step (forward, backward, AdamW) in a process of its own on the processor. The libraries take
more than such a model, so what is compared is how much the highest resident memory grows from one row to many, which
is activations and head; weights, gradients and optimizer states are counted, not estimated. Ratio: measured to said.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from pathlib import Path
from typing import Any

from train_gpu import write_model

# Vocabulary, width, inner width, layers, rows, length, bfloat16, LoRA, gradient checkpointing.
ROWS = (
    (4096, 256, 704, 6, 8, 256, False, False, False),
    (4096, 256, 704, 6, 8, 256, True, False, False),
    (512, 384, 1024, 8, 8, 256, False, False, False),
    (4096, 256, 704, 6, 8, 256, False, True, False),
    (512, 384, 1024, 8, 16, 256, False, False, True),
)


def main() -> None:
    """Print one line of JSON for each row."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name, context.Pool(1, maxtasksperchild=1) as pool:
        for number, (vocabulary, hidden, inner, layers, rows, length, half, lora, again) in enumerate(ROWS):
            folder = Path(name) / str(number)
            shape = {"hidden": hidden, "inner": inner, "layers": layers, "heads": 4, "key_values": 4}
            pool.apply(write_model, (folder, shape | {"vocabulary": vocabulary}, length))
            row = pool.apply(measure, (folder, rows, length, half, lora, again))
            print(json.dumps(row), flush=True)


def measure(folder: Path, rows: int, length: int, half: bool, lora: bool, again: bool) -> dict[str, Any]:
    """Return the memory that a step took and what is said of it, in MiB."""
    import torch

    from polyclinic.cost import Cost
    from polyclinic.train.fit import FitSettings, _training_step
    from polyclinic.train.memory import StepSize, lora_weights, memory_needed, shapes_of

    torch.set_num_threads(1)
    shapes = shapes_of(folder)
    settings = FitSettings(
        model=folder, max_length=length, precision="bfloat16" if half else "float32", gradient_checkpointing=again,
        lora={"rank": 16} if lora else None,  # type: ignore[arg-type]
    )  # fmt: skip
    step = _training_step(settings, 0)
    step(1)
    peaks = []
    for count in (1, rows):
        cost = Cost()
        step(count)
        peaks.append(cost.peak_memory_mb())
    trained = lora_weights(shapes, 16) if lora else None
    sizes = [StepSize(n, length, half, trained, checkpointing=again, on_processor=True) for n in (1, rows)]
    said = [sum(memory_needed(shapes, size).values()) / 2**20 for size in sizes]
    return {
        "parameters": shapes.weights,
        "rows": rows,
        "length": length,
        "precision": settings.precision,
        "lora": lora,
        "gradient_checkpointing": again,
        "said_mib": round(said[1] - said[0], 1),
        "measured_mib": round(peaks[1] - peaks[0], 1),
        "ratio": round((peaks[1] - peaks[0]) / (said[1] - said[0]), 3),
    }


if __name__ == "__main__":
    main()
