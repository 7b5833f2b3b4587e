"""What a search for duplicates is, and its stages as parts: each made once, by whoever comes to it first."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from polyclinic.corpus.document_units import Unit, list_units
from polyclinic.corpus.part_worker import MakePart, make_part, maker
from polyclinic.corpus.parts import make_parts, part_folders
from polyclinic.near_duplicates import MinHash

FEW = 20_000  # documents that one process deals with faster than several


class Job(msgspec.Struct, frozen=True):
    """A search for duplicates; what makes a difference to its result, and the folder it is done in."""

    folder: str
    corpora: tuple[str, ...]
    near: bool = True
    threshold: float = 0.8
    words: int = 5
    bands: int = 14
    rows: int = 8
    looks: int = 3
    at_once: int = 1 << 22  # documents in a bucket's partition, pairs compared together; the result is the same

    @property
    def plan(self) -> MinHash:
        """How texts are hashed."""
        return MinHash(self.words, self.bands, self.rows, self.looks)

    def place(self, stage: str) -> Path:
        """Return the folder with the parts of a stage."""
        return Path(self.folder) / stage

    def parts(self, stage: str) -> list[Path]:
        """Return the parts of a stage, in order."""
        return [part for part in part_folders(self.place(stage)) if "." not in part.name]  # without half made ones


@functools.lru_cache(maxsize=4)
def units_of(job: Job) -> list[Unit]:
    """Return the units of a job."""
    return list_units([Path(path) for path in job.corpora], Path(job.folder))


def document_count(job: Job) -> int:
    """Return how many documents there are in all."""
    return sum(unit.rows for unit in units_of(job))


def load(part: Path, name: str, mapped: bool = False) -> NDArray[Any]:
    """Return an array of a part."""
    found: NDArray[Any] = np.load(part / f"{name}.npy", allow_pickle=False, mmap_mode="r" if mapped else None)
    return found


def save(folder: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays into a part."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


@dataclass(frozen=True)
class Stage:
    """A stage: what work there is when the stages before it are done, and what is done with a piece of it."""

    name: str
    maker: str  # `module:function`, see `polyclinic.corpus.parts`
    chunks: Callable[[Job], Iterator[bytes]]


def run_stage(job: Job, stage: Stage, processes: int = 0, done: Callable[[int, int], None] | None = None) -> None:
    """Make all parts of a stage that are not there.

    Args:
        job: the search.
        stage: one of its stages; those before it must be finished.
        processes: how many work; 0 as many as there are cores, at most four.
        done: told after each part that was begun how many these are, and how many parts there will be.
    """
    chunks = list(stage.chunks(job))

    def told() -> Iterator[bytes]:
        for number, chunk in enumerate(chunks):
            yield chunk
            if done is not None:
                done(number + 1, len(chunks))

    few = document_count(job) <= FEW
    make_parts(told(), stage.maker, msgspec.json.encode(job), job.place(stage.name), 1 if few else processes)


def run_share(job: Job, stage: Stage, rank: int, ranks: int) -> None:
    """Make the parts of a stage that fall to a rank; those of all ranks together are the stage."""
    folder = job.place(stage.name)
    folder.mkdir(parents=True, exist_ok=True)
    make: MakePart | None = None
    for number, chunk in enumerate(stage.chunks(job)):
        place = folder / f"{number:06d}"
        if number % ranks == rank and not place.exists():
            make = make or maker(stage.maker, msgspec.json.encode(job))
            make_part(make, chunk, place)


def job_of(settings: bytes) -> Job:
    """Return the job that a process is told of."""
    return msgspec.json.decode(settings, type=Job)
