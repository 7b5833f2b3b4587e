"""Pairs of documents compared exactly: the runs of words of each, on disk, and what two of them share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from polyclinic.corpus.document_units import Unit, read_unit, texts_of
from polyclinic.corpus.duplicates.candidates import unpacked
from polyclinic.corpus.duplicates.job import Job, job_of, load, save, units_of
from polyclinic.corpus.part_worker import MakePart
from polyclinic.near_duplicates import RunSets, jaccard, run_sets

TOGETHER = 64 << 20  # bytes of sets that are in memory at a time, unless two take more
PAIRS = 1 << 17  # compared in a part
TEXTS = 4 << 20  # characters of texts whose runs are in memory at a time


def run_set_chunks(job: Job) -> Iterator[bytes]:
    """Yield the units."""
    if job.near:
        yield from map(msgspec.json.encode, units_of(job))


def run_set_maker(settings: bytes) -> MakePart:
    """Return what writes the runs of a unit's documents that are in pairs.

    A part holds `rows` (places in the unit), `ends` (of each set, in numbers) and the sorted hashes in `runs.bin`.
    """
    job = job_of(settings)

    def write(chunk: bytes, folder: Path) -> dict[str, int]:
        unit = msgspec.json.decode(chunk, type=Unit)
        wanted = np.zeros(unit.rows, dtype=bool)
        for part in job.parts("pairs"):
            pairs = load(part, "pairs", mapped=True)
            for first in range(0, len(pairs), 1 << 20):
                for numbers in unpacked(np.asarray(pairs[first : first + (1 << 20)])).T:
                    own = numbers[(numbers >= unit.first) & (numbers < unit.first + unit.rows)]
                    wanted[own - unit.first] = True
        ends: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        with (folder / "runs.bin").open("wb") as runs:
            row = written = 0
            for batch in read_unit(unit, ("text",)) if wanted.any() else ():
                here = np.flatnonzero(wanted[row : row + batch.num_rows])
                if len(here):
                    for texts in _some(texts_of(batch.take(_places(here)), "text")):
                        sets = run_sets(texts, job.words)
                        runs.write(np.ascontiguousarray(sets.numbers).data.cast("B"))
                        ends.append(sets.starts[1:] + written)
                        written += len(sets.numbers)
                row += batch.num_rows
        save(folder, rows=np.flatnonzero(wanted), ends=np.concatenate(ends))
        return {}

    return write


def compared_chunks(job: Job) -> Iterator[bytes]:
    """Yield (part of the pairs, first, last)."""
    if not job.near:
        return
    for number, part in enumerate(job.parts("pairs")):
        count = len(load(part, "pairs", mapped=True))
        yield from (msgspec.json.encode((number, first, first + PAIRS)) for first in range(0, count, PAIRS))


def compared_maker(settings: bytes) -> MakePart:
    """Return what compares some pairs: `pairs` that are alike enough, packed."""
    job = job_of(settings)

    def compare(chunk: bytes, folder: Path) -> dict[str, int]:
        number, first, last = msgspec.json.decode(chunk, type=tuple[int, int, int])
        pairs = np.asarray(load(job.parts("pairs")[number], "pairs", mapped=True)[first:last])
        values = compare_pairs(job, unpacked(pairs))
        save(folder, pairs=pairs[values >= job.threshold])
        return {"compared": len(pairs)}

    return compare


def compare_pairs(job: Job, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the Jaccard index of each pair of documents, all of which have their runs on disk."""
    values = np.zeros(len(pairs))
    stored = _StoredSets(job)
    if len(pairs):
        documents, places = np.unique(pairs, return_inverse=True)
        places = places.reshape(pairs.shape)
        sizes = stored.sizes(documents)
        first = 0
        while first < len(pairs):
            # As many pairs as memory takes, counting each document as often as it occurs.
            bytes_to = np.cumsum(8 * sizes[places[first : first + PAIRS]].sum(axis=1))
            last = first + max(1, int(np.searchsorted(bytes_to, TOGETHER, side="right")))
            here, own = np.unique(places[first:last], return_inverse=True)
            values[first:last] = jaccard(stored.read(documents[here]), own.reshape(-1, 2))
            first = last
    return values


class _StoredSets:
    """The sets on disk."""

    def __init__(self, job: Job) -> None:
        self.parts = job.parts("run-sets")
        self.firsts = np.array([unit.first for unit in units_of(job)], dtype=np.int64)

    def spans(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return for documents, in ascending order, their unit and where their set begins and ends."""
        unit = np.searchsorted(self.firsts, documents, side="right") - 1
        begins, ends = np.zeros(len(documents), np.int64), np.zeros(len(documents), np.int64)
        for number in np.unique(unit).tolist():
            own = np.flatnonzero(unit == number)
            rows, stops = load(self.parts[number], "rows"), load(self.parts[number], "ends")
            place = np.searchsorted(rows, documents[own] - self.firsts[number])
            ends[own] = stops[place]
            begins[own] = np.where(place > 0, stops[place - 1], 0)
        return unit, begins, ends

    def sizes(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many runs each of these documents has."""
        _, begins, ends = self.spans(documents)
        return ends - begins

    def read(self, documents: NDArray[np.int64]) -> RunSets:
        """Return the sets of documents, in ascending order."""
        unit, begins, ends = self.spans(documents)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - begins)])
        numbers = np.empty(int(starts[-1]), dtype=np.uint64)
        for own in np.unique(unit).tolist():
            with (self.parts[own] / "runs.bin").open("rb", buffering=0) as runs:
                for place in np.flatnonzero(unit == own).tolist():
                    runs.seek(8 * int(begins[place]))
                    target = numbers[starts[place] : starts[place + 1]].data.cast("B")
                    while len(target):
                        if not (read := runs.readinto(target)):
                            raise OSError(f"{runs.name}: cut off; remove the folder of the job and run again")
                        target = target[read:]
        return RunSets(numbers, starts)


def _some(texts: list[str]) -> Iterator[list[str]]:
    """Yield texts in lists of some megabytes, a longer one alone."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        if waiting and size + len(text) > TEXTS:
            yield waiting
            waiting, size = [], 0
        waiting.append(text)
        size += len(text)
    if waiting:
        yield waiting


def _places(rows: NDArray[np.int64]) -> object:
    import pyarrow as pa

    return pa.array(rows)
