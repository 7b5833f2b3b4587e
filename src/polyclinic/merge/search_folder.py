"""The folder through which the processes of a search work together, on one machine or on a shared file system.

    job.json                what is searched; written once by the process that leads the search
    candidates/NAME.json    what is to be evaluated
    claims/NAME             who is doing it
    results/NAME.json       what came out; written whole or not at all, and never made again
    alive/OWNER             touched every few seconds by each process
    over                    the search is over

What comes out of a candidate is the same whoever evaluates it, so a claim only saves work: when its owner is gone,
another process takes the candidate. This file knows nothing about merges.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

BEAT = 1.0  # seconds between two signs of life
PATIENCE = 120.0  # seconds without one after which a process of another machine is given up
LEADER = "leader"


class SearchFolder:
    """What one process sees of a search.

    Args:
        folder: the folder that all processes share.
        owner: name of this process; by default made from machine and process number.
    """

    def __init__(self, folder: Path, owner: str = "") -> None:
        self.folder = folder
        self.owner = owner or f"{socket.gethostname()}-{os.getpid()}"

    def open(self, job: Any) -> None:
        """Make the folder for a search that this process leads; results that are there stay."""
        for name in ("candidates", "claims", "results", "alive"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "over").unlink(missing_ok=True)
        self._write(self.folder / "job.json", job)

    def job(self) -> Any:
        """Return what is searched, None when no search is led here."""
        return self._read(self.folder / "job.json")

    def close(self) -> None:
        """Say that the search is over."""
        (self.folder / "over").touch()

    @property
    def is_over(self) -> bool:
        """Whether the search is over: it ended, or its folder or its leader are gone."""
        if (self.folder / "over").exists() or not (self.folder / "job.json").exists():
            return True
        leader = self._read(self.folder / "alive" / LEADER)
        return not isinstance(leader, str) or self._is_gone(leader)

    def ask(self, name: str, candidate: Any) -> None:
        """Let a candidate be evaluated."""
        file = self.folder / "candidates" / f"{name}.json"
        if self._read(file) != candidate:
            self._write(file, candidate)

    def asked(self) -> list[str]:
        """Return the names of all candidates, in order."""
        with suppress(FileNotFoundError):
            return sorted(file.stem for file in (self.folder / "candidates").glob("*.json"))
        return []

    def candidate(self, name: str) -> Any:
        """Return a candidate, None when the folder is gone."""
        return self._read(self.folder / "candidates" / f"{name}.json")

    def result(self, name: str) -> Any:
        """Return what came out of a candidate, None when that is not known yet."""
        return self._read(self.folder / "results" / f"{name}.json")

    def answer(self, name: str, result: Any) -> None:
        """Keep what came out of a candidate. Does nothing when the search is over and its folder gone."""
        with suppress(FileNotFoundError):
            self._write(self.folder / "results" / f"{name}.json", result)
            (self.folder / "claims" / name).unlink(missing_ok=True)

    def claim(self, names: Sequence[str]) -> str:
        """Return the first candidate that has no result and nobody works on, and take it; empty if there is none."""
        for name in names:
            if (self.folder / "results" / f"{name}.json").exists():
                continue
            claim = self.folder / "claims" / name
            with suppress(FileNotFoundError):
                holder = claim.read_text(encoding="utf-8") if claim.exists() else self.owner
                if holder != self.owner and (not holder or self._is_gone(holder)):
                    claim.unlink()
            beside = claim.with_name(f".{name}.{self.owner}")
            with suppress(FileExistsError, FileNotFoundError):
                beside.write_text(self.owner, encoding="utf-8")
                try:
                    _appear(claim, beside)
                    return name
                finally:
                    beside.unlink(missing_ok=True)
        return ""

    @contextmanager
    def alive(self, lead: bool = False, parent: int = 0) -> Iterator[None]:
        """Give signs of life while the block runs.

        Args:
            lead: whether this process leads the search.
            parent: number of the process that started this one; when it is gone, this one ends at once, since what it
                would still find is kept by nobody else's leave.
        """
        sign = self.folder / "alive" / self.owner
        sign.touch()
        if lead:
            self._write(self.folder / "alive" / LEADER, self.owner)
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(BEAT):
                if parent and os.getppid() != parent:
                    os._exit(1)
                with suppress(FileNotFoundError):
                    os.utime(sign)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            sign.unlink(missing_ok=True)

    def _is_gone(self, owner: str) -> bool:
        machine, _, process = owner.rpartition("-")
        if machine == socket.gethostname() and process.isdigit() and not _runs(int(process)):
            return True
        signs = [self.folder / "alive" / name for name in (owner, self.owner)]
        try:
            # Both times are the file server's, so clocks need not agree.
            theirs, ours = (sign.stat().st_mtime for sign in signs)
        except FileNotFoundError:
            return not signs[0].exists()
        return ours - theirs > PATIENCE

    def _write(self, file: Path, value: Any) -> None:
        beside = file.with_name(f".{file.name}.{self.owner}")
        with beside.open("w", encoding="utf-8") as stream:
            json.dump(value, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, file)

    def _read(self, file: Path) -> Any:
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None


def _appear(claim: Path, beside: Path) -> None:
    """Make a claim of the file beside it, with its owner or not at all, as a process may be killed at any moment.

    A file system without links makes it empty first; an empty claim is anyone's. Raises FileExistsError.
    """
    try:
        os.link(beside, claim)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        with claim.open("x", encoding="utf-8") as stream:
            stream.write(beside.read_text(encoding="utf-8"))


def _runs(process: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
