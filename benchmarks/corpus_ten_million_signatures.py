"""Ten million signatures clustered: the stages of corpus.deduplicate after the sketches, on disk, in one process.

Signatures are made up (112 values of 64 bits), nine in ten at random, one in ten a copy of another with about one
value in twelve changed. Their keys are written as `sketches` are; buckets, pairs and clusters are found as in the
step. Texts there are none, so pairs are taken as they meet. Prints CPU-seconds and the peak memory of each stage, and
how many of the planted pairs are in one cluster.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from polyclinic.corpus.document_units import Unit
from polyclinic.corpus.duplicates.candidates import unpacked
from polyclinic.corpus.duplicates.job import Job, document_count, load, run_stage, save
from polyclinic.corpus.duplicates.stages import STAGES
from polyclinic.near_duplicates import Clusters, band_keys

UNIT = 1 << 14
CHANGED = 1 / 12


def write_sketches(job: Job, count: int) -> None:
    """Write the keys of made-up signatures, unit by unit; document 10 n + 9 is a copy of 10 n + 3."""
    folder = job.place("sketches")
    units = [Unit(0, "", [0], first, min(UNIT, count - first)) for first in range(0, count, UNIT)]
    (folder.parent / "units.json").write_bytes(msgspec.json.encode(units))
    for number, unit in enumerate(units):
        part = folder / f"{number:06d}"
        part.mkdir(parents=True)
        dice = np.random.Generator(np.random.SFC64(number))
        made = dice.integers(0, 1 << 64, size=(unit.rows, job.plan.values), dtype=np.uint64)
        copies = np.arange((9 - unit.first) % 10, unit.rows, 10)
        copies = copies[copies >= 6]
        same = dice.random((len(copies), job.plan.values)) >= CHANGED
        made[copies] = np.where(same, made[copies - 6], made[copies])
        save(
            part,
            text=dice.integers(0, 1 << 64, size=(unit.rows, 2), dtype=np.uint64),
            merit=dice.integers(0, 1 << 64, size=unit.rows, dtype=np.uint64),
            keys=np.ascontiguousarray(band_keys(made, job.plan).T),
            worded=np.ones(unit.rows, dtype=bool),
        )
        (part / "counts.json").write_text("{}")


def cluster(job: Job) -> tuple[int, int, int]:
    """Join all pairs; return planted pairs in one cluster, planted pairs, and pairs."""
    count = document_count(job)
    clusters = Clusters(count)
    pairs = 0
    for part in job.parts("pairs"):
        packed = load(part, "pairs")
        pairs += len(packed)
        clusters.join(unpacked(packed))
    copies = np.arange(9, count, 10)
    copies = copies[copies % UNIT >= 6]
    return int((clusters.first(copies) == clusters.first(copies - 6)).sum()), len(copies), pairs


def main() -> None:
    """Run the stages, each in a process of its own, so that each has its own peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000_000)
    parser.add_argument("--looks", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; some 1.5 kB a document at three looks")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stage:
        job = Job(str(chosen.folder), (), looks=chosen.looks)
        begun = time.process_time()
        said = ""
        if chosen.stage == "signatures":
            write_sketches(job, chosen.documents)
        elif chosen.stage == "clusters":
            said = "{} of {} planted pairs in one cluster, {} pairs".format(*cluster(job))
        else:
            run_stage(job, next(stage for stage in STAGES if stage.name == chosen.stage), processes=1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([time.process_time() - begun, peak, said]))
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for stage in ("signatures", "exact", "unique", "candidates", "pairs", "clusters"):
            command = [sys.executable, __file__, "--stage", stage, "--folder", folder]
            command += ["--documents", str(chosen.documents), "--looks", str(chosen.looks)]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
            if done.returncode:
                sys.exit(done.stderr)
            cpu, peak, said = json.loads(done.stdout)
            print(f"{stage}: {cpu:.1f} CPU-s, {peak:.0f} MB {said}", flush=True)


if __name__ == "__main__":
    main()
