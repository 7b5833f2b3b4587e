"""Processes that have loaded the libraries already, alone or as torchrun would start them; some kill themselves."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from polyclinic.steps import StepKind, Work, find_kind

PROCESSES = multiprocessing.get_context("forkserver")
# The libraries load what they need when it is first asked for; named here, each process has them from the start.
PROCESSES.set_forkserver_preload(
    [
        "torch",
        "datasets",
        "transformers.trainer",
        "transformers.models.llama.modeling_llama",
        "trl.trainer.dpo_trainer",
        "peft",
        "polyclinic.train",
        "polyclinic.train.medcare_run",
    ]
)


def kill_in(kind: str, fields: dict[str, Any], out: Path, function: str, count: int) -> None:
    """Run a kind in a process of its own, killed at the `count`-th call of `function`; nothing is at `out` then."""
    process = PROCESSES.Process(target=run_and_die, args=(kind, fields, out, function, count))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not out.exists()


def run_and_die(kind: str, fields: dict[str, Any], out: Path, function: str, count: int) -> None:
    """Run a kind, but kill this process at the `count`-th call of `function` (module:name)."""
    die_at(function, count)
    step: StepKind[Any] = find_kind(kind)
    step(out=out, seed=7, **fields)


def die_at(function: str, count: int) -> None:
    """Kill this process at the `count`-th call of `function` (module:name)."""
    module_name, name = function.split(":")
    module = importlib.import_module(module_name)
    *path, last = name.split(".")
    owner: Any = module
    for part in path:
        owner = getattr(owner, part)
    real: Callable[..., Any] = getattr(owner, last)
    calls = 0

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    setattr(owner, last, counted)


class Forked:
    """Runs a kind's function in several processes, as `polyclinic.launched.Launch` does, but without torchrun."""

    def __init__(self, count: int = 2, die: tuple[int, str, int] | None = None) -> None:
        """Say how many, and which of them dies at which call of which function."""
        self.count, self.die = count, die

    def __call__(self, kind: StepKind[Any], settings: Any, work: Work) -> None:
        """Run it; the first process's facts are kept. Raises the error of the first that failed."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        answers = PROCESSES.Queue()
        given = (self.count, port, kind.name, settings, work, self.die, answers)
        started = [PROCESSES.Process(target=_one, args=(rank, *given)) for rank in range(self.count)]
        for process in started:
            process.start()
        # One that is gone leaves the others waiting for it; torchrun ends them.
        while any(process.is_alive() for process in started):
            if any(process.exitcode for process in started):
                for process in started:
                    process.kill()
            for process in started:
                process.join(0.05)
        found = [answers.get() for _ in range(self.count)] if not any(p.exitcode for p in started) else []
        failed = [answer for answer in found if isinstance(answer, Exception)]
        if failed:
            raise failed[0]
        if not found:
            raise ChildProcessError([process.exitcode for process in started])
        work.facts.update(next(answer for answer in found if answer))


def _one(rank: int, count: int, port: int, kind: str, settings: Any, work: Work, die: Any, answers: Any) -> None:
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    if die is not None and die[0] == rank:
        die_at(die[1], die[2])
    try:
        find_kind(kind).function(settings, work)
        answers.put(work.facts if rank == 0 else {})
    except Exception as error:
        error.add_note(traceback.format_exc())
        answers.put(error)
