"""The processes that evaluate candidates beside the one that leads a search: on this machine, or on others.

Each takes candidates from the folder of a search until that is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from polyclinic.artifacts import MAKING
from polyclinic.errors import UserError
from polyclinic.merge.judge import Judge, as_stored, available_cores, from_stored, open_judge
from polyclinic.merge.search_folder import SearchFolder
from polyclinic.merge.search_settings import SearchSettings

FOLDER = "search"  # of a search, in the scratch folder of what is being made
START = "from polyclinic.merge.search_workers import main; main()"
LOOK = 0.05  # seconds between two looks into the folder
SHOWN = 2000  # characters of what a process said before it failed
OVERHEAD = 1 << 30  # bytes a process takes beside its model
GROWTH = 1.5  # of a model's bytes, for what it computes


@dataclass
class Workers:
    """Processes of this machine that work on a search."""

    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    logs: list[IO[bytes]] = field(default_factory=list)

    def check(self) -> None:
        """Raise UserError when one of them failed; what the others found is kept."""
        for number, (process, log) in enumerate(zip(self.processes, self.logs, strict=True), start=2):
            status = process.poll()
            if status is None or status == 0:
                continue
            if status < 0:
                raise UserError(
                    f"process {number} of the search was killed (signal {-status}), perhaps for want of memory; "
                    "set workers to fewer and run the same command again: what was found is kept"
                )
            log.seek(0)
            said = log.read()[-SHOWN:].decode(errors="replace").strip()
            raise RuntimeError(f"process {number} of the search ended with status {status}:\n{said}")


@contextmanager
def local_workers(count: int, folder: Path, scratch: Path) -> Iterator[Workers]:
    """Start `count` processes that work on the search in `folder`; they end with the block, or with this process."""
    workers = Workers()
    with ExitStack() as stack:
        for number in range(1, count + 1):
            log = stack.enter_context((scratch / f"worker-{number}.log").open("w+b"))
            command = [sys.executable, "-c", START, str(folder)]
            command += ["--number", str(number), "--parent", str(os.getpid()), "--of", str(count + 1)]
            workers.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
            workers.logs.append(log)
        try:
            yield workers
        finally:
            for process in workers.processes:
                process.terminate()
            for process in workers.processes:
                process.wait()


def number_of_workers(settings: SearchSettings, together: int) -> int:
    """Return how many processes evaluate candidates, at most as many as are tried together."""
    if settings.workers:
        return settings.workers
    import psutil
    import torch

    from polyclinic import models

    if torch.cuda.is_available():
        return max(1, min(together, torch.cuda.device_count()))
    stored = sum(file.stat().st_size for file in models.weight_files(settings.base))
    needed = GROWTH * stored * (2 if settings.precision == "float32" else 1) + OVERHEAD
    by_memory = int(psutil.virtual_memory().available // needed)
    return max(1, min(together, available_cores() // settings.model_threads, by_memory))


def evaluate_next(shared: SearchFolder, judge: Judge, names: list[str]) -> str:
    """Evaluate the first candidate that nobody works on; return its name, empty when there is none."""
    name = shared.claim(names)
    candidate = shared.candidate(name) if name else None
    if candidate is None:
        return ""
    best = from_stored(shared.result(candidate["best"])).outcomes if candidate["best"] else None
    found = judge.evaluate(
        candidate["values"], None if best is None else np.array(best), held_back=candidate["held_back"]
    )
    shared.answer(name, as_stored(found))
    return name


def work_on(folder: Path, number: int = 0, of: int = 1, parent: int = 0) -> int:
    """Evaluate candidates of the search in `folder` until it is over; return how many.

    Args:
        folder: what the processes of the search share.
        number: of this process on its machine, which chooses its accelerator.
        of: processes of the search on this machine, which share its cores.
        parent: process that started this one, with which it ends.
    """
    shared = SearchFolder(folder)
    job = shared.job()
    if job is None:
        return 0
    _choose_accelerator(number)
    settings = SearchSettings.model_validate(job["settings"])
    threads = max(1, available_cores() // of)
    done = 0
    journal = folder / f"answers-{shared.owner}"
    with shared.alive(parent=parent), open_judge(settings, job["seed"], journal, threads) as judge:
        known: set[str] = set()
        while not shared.is_over:
            waiting = [name for name in shared.asked() if name not in known]
            known |= {name for name in waiting if shared.result(name) is not None}
            if evaluate_next(shared, judge, [name for name in waiting if name not in known]):
                done += 1
            else:
                time.sleep(LOOK)
    return done


def join_search(out: Path) -> int:
    """Help with the search that another process makes into `out`, from this machine; return how many candidates.

    Both must see the same files under the same names. Raises UserError when no search is made there.
    """
    folder = out.parent / MAKING / out.name / "scratch" / FOLDER
    shared = SearchFolder(folder)
    if shared.job() is None or shared.is_over:
        raise UserError(
            f"{out}: no search is being made here; start it first (`polyclinic merge search ... --out {out}`, or the "
            "recipe it is a step of) and give the folder that it makes"
        )
    return work_on(folder)


def job_of(settings: SearchSettings, seed: int) -> dict[str, Any]:
    """Return what other processes need to know of a search; paths are made absolute."""
    paths = {
        "base": settings.base.resolve(),
        "models": [path.resolve() for path in settings.models],
        "samples": [path.resolve() for path in settings.samples],
        "statistics": [path.resolve() for path in settings.statistics],
        "catalog": settings.catalog.resolve() if settings.catalog is not None else None,
    }
    return {"settings": settings.model_copy(update=paths).model_dump(mode="json"), "seed": seed}


def _choose_accelerator(number: int) -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_device(number % torch.cuda.device_count())


def main() -> None:
    """Work on a search; what `local_workers` starts."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--parent", type=int, default=0)
    given = parser.parse_args()
    work_on(given.folder, given.number, given.of, given.parent)
