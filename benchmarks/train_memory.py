"""What `polyclinic plan` says that a training needs in memory, against the measured peak of small models.

    python benchmarks/train_memory.py

Each line is training steps (forward, backward, AdamW) in a process of its own, on the processor, one thread. Measured
is the highest resident memory of the whole process, libraries included. `live` is the same with every larger tensor
in pages of its own, so that nothing is lost in the allocator, against what is said without `allocator`. Ratios:
measured to said.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from train_gpu import write_model

# Vocabulary, width, inner width, layers, heads, rows, length.
SHAPES = (
    (4096, 256, 704, 6, 4, 8, 256),
    (512, 384, 1024, 8, 4, 8, 256),
    (8192, 512, 1408, 9, 8, 8, 256),
    (8192, 512, 1408, 9, 8, 2, 512),
)
PAGES = {"MALLOC_MMAP_THRESHOLD_": "65536"}


def main() -> None:
    """Print one line of JSON for each shape, whole and with LoRA."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, default=len(SHAPES), help="how many of the shapes")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument("--without-live", action="store_true", help="measure only what users have")
    parser.add_argument("--measure", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(**json.loads(given.measure))))
        return
    for shape in SHAPES[: given.shapes]:
        for lora in (False, True):
            case = {
                "shape": shape,
                "lora": lora,
                "precision": given.precision,
                "again": given.gradient_checkpointing,
            }
            row = apart(case, {})
            if not given.without_live:
                live = apart(case, PAGES)
                row["live_mib"] = live["measured_mib"]
                row["live_ratio"] = round(live["measured_mib"] / (live["said_mib"] - live["allocator_mib"]), 2)
            print(json.dumps(row), flush=True)


def apart(case: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    """Measure a case in a process of its own."""
    command = [sys.executable, __file__, "--measure", json.dumps(case)]
    wanted = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"} | environment
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=wanted)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def measure(shape: tuple[int, ...], lora: bool, precision: str, again: bool) -> dict[str, Any]:
    """Return the most memory that this process took, and what is said of it, in MiB."""
    import torch

    from polyclinic.cost import Cost
    from polyclinic.train.fit import FitSettings, _training_step
    from polyclinic.train.memory import StepSize, lora_weights, memory_needed, shapes_of

    vocabulary, hidden, inner, layers, heads, rows, length = shape
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "model"
        sizes = {"hidden": hidden, "inner": inner, "layers": layers, "heads": heads, "key_values": heads}
        writer = os.fork()  # its memory is its own
        if writer == 0:
            write_model(folder, sizes | {"vocabulary": vocabulary}, length)
            os._exit(0)
        os.waitpid(writer, 0)
        shapes = shapes_of(folder)
        settings = FitSettings.model_validate(
            {
                "model": folder,
                "max_length": length,
                "precision": precision,
                "gradient_checkpointing": again,
                "lora": {"rank": 16} if lora else None,
            }
        )
        step, cost = _training_step(settings, 0), Cost()
        step(rows)
    size = StepSize(
        rows,
        length,
        precision == "bfloat16",
        lora_weights(shapes, 16) if lora else None,
        checkpointing=again,
        on_processor=True,
    )
    said = {kind: value / 2**20 for kind, value in memory_needed(shapes, size).items()}
    peak, total = cost.peak_memory_mb(), sum(said.values())
    return {
        "parameters": shapes.weights,
        "rows": rows,
        "length": length,
        "precision": precision,
        "lora": lora,
        "gradient_checkpointing": again,
        "said_mib": round(total),
        "measured_mib": round(peak),
        "ratio": round(peak / total, 2),
        "allocator_mib": round(said["allocator"]),
    }


if __name__ == "__main__":
    main()
