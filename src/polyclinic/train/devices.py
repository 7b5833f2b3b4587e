"""What this machine trains on, and how fast it and three common accelerators are assumed to be.

An assumption, stated wherever it is used: training reaches a share of the operations per second that the maker names
for dense matrix products (40 % in bfloat16, 50 % in float32 without TF32). `benchmarks/train_gpu.py` measures it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass

UTILISATION = {"bfloat16": 0.40, "float32": 0.50}  # assumed share of the peak


@dataclass(frozen=True)
class Device:
    """An accelerator, or the processor."""

    name: str
    memory: float  # bytes
    peaks: dict[str, float]  # operations per second, by precision
    accelerator: bool = True

    @property
    def usable(self) -> float:
        """Bytes that a training may be said to need: some are for others."""
        return self.memory * 0.9

    def seconds(self, operations: float, precision: str) -> float | None:
        """Return how long so many operations take, None where the peak is not known."""
        peak = self.peaks.get(precision)
        return operations / (peak * UTILISATION[precision]) if peak else None


# Data sheets: dense, without sparsity; SXM versions.
KNOWN = (
    Device("A100 80 GB", 80 * 2**30, {"bfloat16": 312e12, "float32": 19.5e12}),
    Device("H100 80 GB", 80 * 2**30, {"bfloat16": 989e12, "float32": 67e12}),
    Device("H200 141 GB", 141e9, {"bfloat16": 989e12, "float32": 67e12}),
)


def found_device() -> Device:
    """Return the first accelerator of this machine, else its processor with a speed measured in a tenth of a second.

    Asks nvidia-smi, so that torch need not be loaded.
    """
    program = shutil.which("nvidia-smi")
    if program is not None:
        query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
        lines = [line.rsplit(",", 1) for line in answer.stdout.splitlines() if "," in line]
        if answer.returncode == 0 and lines:
            name, memory = lines[0][0].strip(), float(lines[0][1]) * 2**20
            peaks = next((known.peaks for known in KNOWN if known.name.split()[0] in name), {})
            return Device(name, memory, peaks)
    return _processor()


def _processor() -> Device:
    import numpy as np
    import psutil

    size = 512
    left = np.ones((size, size), dtype=np.float32)
    left @ left
    began, products = time.perf_counter(), 0
    while time.perf_counter() - began < 0.1:
        left @ left
        products += 1
    peak = products * 2 * size**3 / (time.perf_counter() - began)
    memory = float(psutil.virtual_memory().total)
    return Device("this processor", memory, {"float32": peak, "bfloat16": peak}, accelerator=False)
