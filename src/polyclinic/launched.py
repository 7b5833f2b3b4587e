"""A step's function run by several processes on this machine, started by torchrun.

Locks, manifest and the folder stay with the process that was asked to make the artifact. It writes what is to be done
into the step's scratch folder, starts torchrun, and takes back the facts. The processes all run the kind's function;
what each of them has to do is the function's own affair, which reads RANK and WORLD_SIZE as torchrun sets them.

This module is also the program of these processes: `python -m polyclinic.launched`.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError, WorkStopped
from polyclinic.progress import Progress
from polyclinic.step_settings import Settings
from polyclinic.steps import StepKind, Work, find_kind, validate_settings

FOLDER = "launch"  # in a step's scratch: the job, its facts, what went wrong
WRONG_INPUT, STOPPED, FAILED = 2, 3, 1  # exit status of a process
LOOKS = 0.2  # seconds between two looks whether the parent is still there


@dataclass(frozen=True)
class Launch:
    """How the kinds that can be are run: by this many processes."""

    processes: int

    def __call__(self, kind: StepKind[Any], settings: Settings, work: Work) -> None:
        """Run a kind's function in these processes, or here where the kind is made for one."""
        if self.processes == 1 or not kind.processes:
            kind.function(settings, work)
        else:
            run_processes(self.processes, kind, settings, work)


def read_launch(text: str) -> Launch:
    """Return what `torchrun:N` asks for; an empty text is one process. Raises UserError for anything else."""
    name, _, number = text.partition(":")
    if not text:
        return Launch(1)
    if name != "torchrun" or not number.isdecimal() or not 1 <= int(number) <= 1024:
        raise UserError(f"--launch {text}: expected torchrun:N with the number of processes, such as torchrun:8")
    return Launch(int(number))


def run_processes(count: int, kind: StepKind[Any], settings: Settings, work: Work) -> None:
    """Run a kind's function in `count` processes and take their facts into `work`.

    Raises what the first of them raised: UserError, WorkStopped, or RuntimeError with its traceback; WorkStopped also
    when one of them was killed.
    """
    folder = work.scratch / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    job = {
        "kind": kind.name,
        "settings": settings.model_dump(mode="json", exclude_unset=True),
        "out": str(work.out.absolute()),
        "scratch": str(work.scratch.absolute()),
        "seed": work.seed,
        "name": work.name,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    environment = {"OMP_NUM_THREADS": str(max(1, cores // count)), **os.environ}
    command = [sys.executable, "-m", "polyclinic.launched", "agent", str(count), str(folder.absolute())]
    agent = subprocess.Popen(command, env=environment)
    try:
        status = agent.wait()
    except BaseException:
        agent.terminate()
        agent.wait()
        raise
    if status:
        _raise_first(folder, kind.name)
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    work.facts.update(facts["facts"], processes=count)
    work.tensor_hashes.update(facts["tensor_hashes"])
    shutil.rmtree(folder)


def _raise_first(folder: Path, kind: str) -> None:
    """Raise what the processes said of their end: what the user can read first, then the earliest."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("error-*.json"))]
    found.sort(key=lambda error: (error["status"] == FAILED, error["when"]))
    if not found:
        raise WorkStopped(f"{kind}: a process was killed; look for a lack of memory")
    first = found[0]
    if first["status"] == WRONG_INPUT:
        raise UserError(first["message"])
    if first["status"] == STOPPED:
        raise WorkStopped(first["message"])
    raise RuntimeError(f"{kind}: a process ended with an error:\n{first['message']}")


def _agent(count: int, folder: str) -> None:
    """Start the processes with torchrun, in its own process so that they end when whoever asked is killed."""
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # each process says itself what went wrong
    arguments = ["--standalone", "--nproc-per-node", str(count), "--module", "polyclinic.launched", "process", folder]
    try:
        main(arguments)
    except ChildFailedError:
        sys.exit(FAILED)


def _process(folder: Path) -> None:
    """Run the job as one of its processes."""
    rank = int(os.environ["RANK"])
    try:
        job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        kind = find_kind(job["kind"])
        settings = validate_settings(kind, job["settings"], where=job["name"] or kind.name)
        shown: type[Work] = Work if rank == 0 else _SilentWork
        out = Path(job["out"])
        if rank:  # whatever it writes beside the first process is thrown away
            out = folder / f"out-{rank}"
            out.mkdir()
        work = shown(out, Path(job["scratch"]), job["seed"], job["name"])
        kind.function(settings, work)
        if rank == 0:
            kept = {"facts": work.facts, "tensor_hashes": work.tensor_hashes}
            (folder / "facts.json").write_text(json.dumps(kept), encoding="utf-8")
    except Exception as error:
        status = {UserError: WRONG_INPUT, WorkStopped: STOPPED}.get(type(error), FAILED)
        message = traceback.format_exc() if status == FAILED else str(error)
        _say(folder / f"error-{rank}.json", {"status": status, "when": time.time(), "message": message})
        sys.stderr.flush()
        os._exit(status)  # the others may be waiting for this one: no leave is taken of them


def _say(file: Path, error: dict[str, Any]) -> None:
    """Write down what went wrong, or say it where the disk has no room for that."""
    try:
        file.write_text(json.dumps(error), encoding="utf-8")
    except OSError:
        sys.stderr.write(f"polyclinic: {error['message']}\n")


class _SilentWork(Work):
    """Work that shows no progress: the first process does."""

    @contextmanager
    def progress(self, title: str, total: float) -> Iterator[Progress]:
        class Silent:
            def advance(self, steps: float = 1, note: str = "") -> None:
                """Show nothing."""

        yield Silent()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, so that nobody writes beside a next try."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOKS)
        os._exit(FAILED)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    if sys.argv[1] == "agent":
        _agent(int(sys.argv[2]), sys.argv[3])
    else:
        _process(Path(sys.argv[2]))
