"""One recipe with several seeds, some of them at the same time: what all seeds share first, then a process a seed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.errors import WorkStopped

if TYPE_CHECKING:
    from polyclinic.pipeline import Plan


def shared_steps(plans: Sequence[Plan]) -> Plan:
    """Return the first plan with only those steps that are the same, to their keys, in every one of the plans."""
    everywhere = set.intersection(*({planned.folder for planned in plan.steps} for plan in plans))
    return plans[0].those(planned.step.name for planned in plans[0].steps if planned.folder in everywhere)


def run_seeds(
    recipe: Path,
    store: Path,
    overrides: Sequence[str],
    seeds: Sequence[int],
    *,
    at_once: int,
    launch: str,
    say: Callable[[str], None],
) -> None:
    """Run a recipe with each seed in a process of its own, at most `at_once` at the same time.

    The processes divide the cores that this one may use, unless OMP_NUM_THREADS is set. A seed that fails does not
    stop the others.

    Args:
        recipe: the file.
        store: folder with the artifacts; what the seeds share should be there already (`shared_steps`).
        overrides: `STEP.field=value` texts.
        seeds: one process for each.
        at_once: processes at the same time.
        launch: `torchrun:N` for each of them, or empty.
        say: called with each line that a process writes, its seed before it.

    Raises WorkStopped when a process did not end well.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    environment = {"OMP_NUM_THREADS": str(max(1, cores // at_once)), **os.environ}

    def run(seed: int) -> int:
        command = [
            sys.executable,
            "-m",
            "polyclinic",
            "run",
            str(recipe),
            "--store",
            str(store),
            "--seeds",
            str(seed),
        ]
        for override in overrides:
            command += ["--set", override]
        if launch:
            command += ["--launch", launch]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            for line in process.stdout or ():
                say(f"seed {seed}: {line.rstrip()}")
        return process.returncode

    with ThreadPoolExecutor(at_once) as pool:
        ended = dict(zip(seeds, pool.map(run, seeds), strict=True))
    if failed := [f"{seed} (exit status {status})" for seed, status in ended.items() if status]:
        raise WorkStopped(
            f"{recipe}: did not end well with seed {', '.join(failed)}; its lines above say why. Finished steps are "
            "kept, and the same command goes on"
        )
