"""A process that makes parts: it is told what to do and then given one chunk of work after the other.

Started by `polyclinic.corpus.parts`, never by hand. It speaks MessagePack over a socket and ends when the other end
does, so that nothing goes on after its parent was killed.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import msgspec

from polyclinic.errors import UserError


class MakePart(Protocol):
    """What is done with one chunk of work: records and whatever belongs to them go into `folder`."""

    def __call__(self, chunk: bytes, folder: Path) -> dict[str, int]:
        """Return what was counted."""


def maker(job: str, settings: bytes) -> MakePart:
    """Return what makes parts; a job is `module:function`, and the function takes the settings."""
    module, _, name = job.partition(":")
    make: Callable[[bytes], MakePart] = getattr(importlib.import_module(module), name)
    return make(settings)


def make_part(make: MakePart, chunk: bytes, place: Path) -> None:
    """Make the part `place`: in a folder beside it, which is renamed when it is whole."""
    half_made = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir(parents=True)
    counts = make(chunk, half_made)
    (half_made / "counts.json").write_bytes(msgspec.json.encode(counts))
    try:
        os.replace(half_made, place)
    except OSError:
        # A process of a run that was killed may have finished this very part in the meantime; it is the same.
        if not (place / "counts.json").exists():
            raise
        shutil.rmtree(half_made)


def main() -> None:
    """Answer the parent until it goes away."""
    _end_with_parent()
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        job, settings = msgspec.msgpack.decode(connection.recv_bytes(), type=tuple[str, bytes])
        make = maker(job, settings)
        while True:
            place, chunk = msgspec.msgpack.decode(connection.recv_bytes(), type=tuple[str, bytes])
            try:
                make_part(make, chunk, Path(place))
                answer = ("", "")
            except UserError as error:
                answer = ("user", str(error))
            except Exception:
                answer = ("error", traceback.format_exc())
            connection.send_bytes(msgspec.msgpack.encode(answer))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end_with_parent() -> None:
    """Ask Linux to end this process with its parent; elsewhere it ends when it next answers."""
    if sys.platform == "linux":
        import ctypes
        import signal

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
