"""Memory and CPU time of `synth.select`, by the number of samples.

    python benchmarks/synth_select.py --samples 20000 100000

The samples are made up: four to an instruction of 220 words, judged, over three axes. Each number is selected in a
process of its own, near-duplicates looked for, page and card written; the memory is the whole process's peak.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from polyclinic.records import Sample, write_records
from polyclinic.synth import select

EACH, WORDS, VOCABULARY = 4, 220, 20_000


def made_up(count: int) -> Iterator[Sample]:
    """Yield samples, `EACH` to an instruction."""
    chance = random.Random(0)
    words = [f"{chance.randrange(36**5):x}" for _ in range(VOCABULARY)]
    for number in range(count // EACH):
        instruction = " ".join(chance.choices(words, k=WORDS))
        metadata = {
            "task_type": f"task {number % 11}",
            "input_data": f"input {number % 7}",
            "output_format": f"format {number % 5}",
            "quality": 1 + number % 4,
        }
        for place in range(EACH):
            text = " ".join(chance.choices(words, k=60))
            yield Sample(
                f"{number}-{place}", "mediflow", text[:100], input=text, instruction=instruction, metadata=metadata
            )


def main() -> None:
    """Select each number of samples in a process of its own and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--one", nargs=2, metavar=("SAMPLES", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        begun = time.process_time()
        select(out=given.one[1], samples=[given.one[0]], samples_kept=10**9)
        taken = time.process_time() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(f"{taken:.1f} CPU-s, {peak:,.0f} MiB at most\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in given.samples:
            source, out = Path(folder) / f"samples-{count}", Path(folder) / f"kept-{count}"
            write_records(source, made_up(count), Sample)
            command = [sys.executable, __file__, "--one", str(source), str(out)]
            found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            sys.stdout.write(f"{count:,} samples: {found}")


if __name__ == "__main__":
    main()
