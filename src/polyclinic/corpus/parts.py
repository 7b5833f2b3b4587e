"""Work on a stream of chunks, in several processes, that a kill does not undo.

Each chunk becomes a part: a folder in `scratch` that appears when it is whole. A run that was killed cuts its input
into the same chunks again and makes only the parts that are not there. What the parts hold depends on the chunks
alone, not on how many processes made them. This file knows nothing about what a chunk holds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from socket import socketpair
from typing import Any

import msgspec

from polyclinic.corpus.part_worker import MakePart, make_part, maker
from polyclinic.errors import UserError

MOST_PROCESSES = 4  # that are started unasked; each takes some 150 MB
START = "from polyclinic.corpus.part_worker import main; main()"
HERE = 2  # chunks that are worked on in this process before others are started: small inputs need none


def process_count(asked: int) -> int:
    """Return how many processes work: as many as asked, or with 0 as many as there are cores, at most four."""
    return asked or min(MOST_PROCESSES, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)


def make_parts(chunks: Iterable[bytes], job: str, settings: bytes, folder: Path, processes: int = 0) -> int:
    """Make a part of each chunk in `folder` and return how many there are.

    Args:
        chunks: the work, in an order and size that depend on the input alone.
        job: `module:function`; the function takes `settings` and returns what makes a part.
        settings: of the job.
        folder: where the parts are; survives a kill.
        processes: how many work, see `process_count`. They are started when there is enough to do.

    Raises UserError as the job does, and RuntimeError with the traceback of whatever else went wrong in a process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.*"):  # half made when a run was killed
        _remove(left)
    make: MakePart | None = None
    count = 0
    wanted = process_count(processes)
    with _workers(job, settings) as workers:
        for count, chunk in enumerate(chunks, start=1):
            place = folder / f"{count - 1:06d}"
            if place.exists():
                continue
            if count <= HERE or wanted == 1:
                make = make or maker(job, settings)
                make_part(make, chunk, place)
            else:
                workers.give(place, chunk, wanted)
        workers.finish()
    return count


def part_folders(folder: Path) -> list[Path]:
    """Return the parts in the order of their chunks."""
    return sorted(folder.iterdir())


def forget_parts(scratch: Path) -> None:
    """Remove all that was kept for a later try: the input has to change first, so there is nothing to go on from."""
    for path in scratch.iterdir():
        if path.is_dir():
            _remove(path)
        else:
            path.unlink()


def part_counts(folders: Iterable[Path]) -> dict[str, int]:
    """Return the sums of what was counted in parts."""
    sums: dict[str, int] = {}
    for folder in folders:
        counts = msgspec.json.decode((folder / "counts.json").read_bytes(), type=dict[str, int])
        for name, count in counts.items():
            sums[name] = sums.get(name, 0) + count
    return sums


class _Workers:
    """Processes of `part_worker`, started one by one as they are needed."""

    def __init__(self, job: str, settings: bytes) -> None:
        self.first = msgspec.msgpack.encode((job, settings))
        self.processes: list[subprocess.Popen[bytes]] = []
        self.idle: list[Connection[Any, Any]] = []
        self.busy: list[Connection[Any, Any]] = []

    def give(self, place: Path, chunk: bytes, most: int) -> None:
        """Hand a chunk to a process that is free; waits for one."""
        self._take_answers(block=False)
        if not self.idle:
            if len(self.processes) < most:
                self._start()
            else:
                self._take_answers(block=True)
        connection = self.idle.pop()
        connection.send_bytes(msgspec.msgpack.encode((str(place), chunk)))
        self.busy.append(connection)

    def finish(self) -> None:
        """Wait until all chunks are done."""
        while self.busy:
            self._take_answers(block=True)

    def stop(self) -> None:
        """End the processes; what they have not finished is lost."""
        for connection in (*self.idle, *self.busy):
            connection.close()
        for process in self.processes:
            if self.busy:
                process.kill()
            process.wait()

    def _start(self) -> None:
        ours, theirs = socketpair()
        with ours, theirs:
            command = [sys.executable, "-c", START, str(theirs.fileno())]
            self.processes.append(subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL))
            connection: Connection[Any, Any] = Connection(ours.detach())
        connection.send_bytes(self.first)
        self.idle.append(connection)

    def _take_answers(self, block: bool) -> None:
        for ready in self._ready(block):
            try:
                kind, message = msgspec.msgpack.decode(ready.recv_bytes(), type=tuple[str, str])
            except (EOFError, ConnectionResetError) as error:
                raise RuntimeError("a process of the corpus ended; perhaps the system was out of memory") from error
            if kind == "user":
                raise UserError(message)
            if kind:
                raise RuntimeError(f"a process of the corpus failed:\n{message}")
            self.busy.remove(ready)
            self.idle.append(ready)

    def _ready(self, block: bool) -> Iterator[Connection[Any, Any]]:
        if self.busy:
            for found in wait(self.busy, None if block else 0):
                assert isinstance(found, Connection)
                yield found


@contextmanager
def _workers(job: str, settings: bytes) -> Iterator[_Workers]:
    workers = _Workers(job, settings)
    try:
        yield workers
    finally:
        workers.stop()


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)
