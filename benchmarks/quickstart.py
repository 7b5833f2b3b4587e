"""What the quickstart costs: wall time, CPU-seconds and peak memory of the first run, and wall time of the second.

    python benchmarks/quickstart.py [--recipe recipes/quickstart.yaml] [--store DIR]

The store must not exist. The first run is watched from outside: its peak memory is the largest resident set of the
process, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(command: list[str]) -> tuple[float, float]:
    """Run a command to its end; return wall seconds and CPU-seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=sys.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def main() -> None:
    """Measure both runs and print them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="recipes/quickstart.yaml")
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = given.store or Path(folder) / "store"
        if store.exists():
            sys.exit(f"{store} exists; the first run must start from nothing")
        command = [sys.executable, "-m", "polyclinic", "run", given.recipe, "--store", str(store)]
        first_wall, first_cpu = measure(command)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        second_wall, second_cpu = measure(command)
    print(f"first run   {first_wall:8.1f} s  {first_cpu:8.1f} CPU-s  {peak:5.2f} GB at its peak")
    print(f"second run  {second_wall:8.1f} s  {second_cpu:8.1f} CPU-s")


if __name__ == "__main__":
    main()
