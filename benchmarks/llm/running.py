"""Start the answering server and the clients of these benchmarks, and measure what a client costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measured:
    """One process with all its children that have ended."""

    cpu: float  # seconds
    megabytes: float  # largest resident memory of one of them
    status: int
    said: str


@contextmanager
def answering_server(*options: str) -> Iterator[str]:
    """Run the server while the block runs and give its URL."""
    command = [sys.executable, str(HERE / "answering_server.py"), *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def seen(url: str) -> tuple[int, int, int]:
    """Return how many requests the server had, how many it answered, and how many different ones there were."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/seen") as answer:
        asked, answered, different = json.load(answer)
    return asked, answered, different


def measure(python: str, script: str, *arguments: str, folder: Path) -> Measured:
    """Run a client to its end."""
    log = folder / f"{Path(script).stem}.log"
    with log.open("w") as stream:
        command: Sequence[str] = [python, str(HERE / script), *arguments]
        environment = {**os.environ, "TERM": "dumb", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode, log.read_text())
