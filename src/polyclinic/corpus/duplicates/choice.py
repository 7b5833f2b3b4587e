"""Which document of a cluster is kept, and how like it the others are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from polyclinic.corpus.document_units import Unit, read_unit, write_unit
from polyclinic.corpus.duplicates.candidates import unpacked
from polyclinic.corpus.duplicates.comparison import PAIRS, compare_pairs
from polyclinic.corpus.duplicates.job import Job, document_count, job_of, load, save, units_of
from polyclinic.corpus.duplicates.sketches import read_names
from polyclinic.corpus.part_worker import MakePart
from polyclinic.near_duplicates import Clusters

LISTED = 1 << 16  # removed documents whose names are in memory at a time


@dataclass(frozen=True)
class Removed:
    """A document that is removed, and the one that is kept instead."""

    document: int  # its number
    id: str
    corpus: int  # place of its corpus among those named
    source: str
    license: str
    kept: int
    kept_id: str
    kept_corpus: int
    kept_source: str
    kept_license: str
    exact: bool  # whether both texts are the same
    jaccard: float  # what their sets of runs have in common; below the threshold when others stand between them


def chosen_chunks(job: Job) -> Iterator[bytes]:
    """Yield one piece of work."""
    yield b"all"


def chosen_maker(settings: bytes) -> MakePart:
    """Return what clusters the documents: `removed`, in order, with `kept`, `original` (best copy) and `exact`."""
    job = job_of(settings)

    def choose(chunk: bytes, folder: Path) -> dict[str, int]:
        count = document_count(job)
        clusters = Clusters(count)
        copies, originals = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for part in job.parts("exact"):
            copies.append(load(part, "copies"))
            originals.append(load(part, "originals"))
            clusters.join(np.column_stack([originals[-1], copies[-1]]))
        for part in job.parts("compared") if job.near else ():
            clusters.join(unpacked(load(part, "pairs")))
        first = clusters.all_first()
        together = np.zeros(count, dtype=bool)
        later = np.flatnonzero(first != np.arange(count))
        together[later] = together[first[later]] = True
        members = np.flatnonzero(together)
        cluster = first[members]
        merits = [np.zeros(0, np.uint64)]
        for unit, part in zip(units_of(job), job.parts("sketches"), strict=True):
            low, high = np.searchsorted(members, [unit.first, unit.first + unit.rows])
            merits.append(load(part, "merit", mapped=True)[members[low:high] - unit.first])
        merit = np.concatenate(merits)
        order = np.lexsort((members, merit, cluster))
        cluster, members = cluster[order], members[order]
        fresh = np.ones(len(members), dtype=bool)
        fresh[1:] = cluster[1:] != cluster[:-1]
        best = members[np.maximum.accumulate(np.where(fresh, np.arange(len(members)), 0))]
        removed, kept = members[~fresh], best[~fresh]
        by_number = np.argsort(removed)
        removed, kept = removed[by_number], kept[by_number]
        original = removed.copy()
        all_copies = np.concatenate(copies)
        original[np.searchsorted(removed, all_copies)] = np.concatenate(originals)
        save(folder, removed=removed, kept=kept, original=original, exact=original == kept)
        return {
            "removed_exact": int((original == kept).sum()),
            "removed_near": int((original != kept).sum()),
            "clusters": int(fresh.sum()),
        }

    return choose


def listed_chunks(job: Job) -> Iterator[bytes]:
    """Yield ranges of the removed documents."""
    count = len(load(job.parts("chosen")[0], "removed", mapped=True))
    yield from (msgspec.json.encode((first, first + PAIRS)) for first in range(0, count, PAIRS))


def listed_maker(settings: bytes) -> MakePart:
    """Return what compares removed documents with those that are kept: `jaccard`."""
    job = job_of(settings)

    def compare(chunk: bytes, folder: Path) -> dict[str, int]:
        first, last = msgspec.json.decode(chunk, type=tuple[int, int])
        part = job.parts("chosen")[0]
        original, kept = load(part, "original")[first:last], load(part, "kept")[first:last]
        near = np.flatnonzero(original != kept)
        values = np.ones(len(kept))
        if len(near):
            values[near] = compare_pairs(job, np.column_stack([original[near], kept[near]]))
        save(folder, jaccard=values)
        return {}

    return compare


def removed_documents(job: Job) -> Iterator[Removed]:
    """Yield what is removed, in the order of the documents; the job must be done."""
    part = job.parts("chosen")[0]
    values = np.concatenate([np.zeros(0), *(load(one, "jaccard") for one in job.parts("listed"))])
    removed, kept, exact = (load(part, name, mapped=True) for name in ("removed", "kept", "exact"))
    firsts = np.array([unit.first for unit in units_of(job)], dtype=np.int64)
    corpora = [unit.corpus for unit in units_of(job)]
    for start in range(0, len(removed), LISTED):
        own, other = np.asarray(removed[start : start + LISTED]), np.asarray(kept[start : start + LISTED])
        distinct, place = np.unique(other, return_inverse=True)
        own_names, kept_names = read_names(job, own.tolist()), read_names(job, distinct.tolist())
        for at, (document, instead) in enumerate(zip(own.tolist(), other.tolist(), strict=True)):
            kept_id, kept_source, kept_license = kept_names[int(place[at])]
            name, source, license = own_names[at]
            yield Removed(
                document,
                name,
                corpora[int(np.searchsorted(firsts, document, side="right")) - 1],
                source,
                license,
                instead,
                kept_id,
                corpora[int(np.searchsorted(firsts, instead, side="right")) - 1],
                kept_source,
                kept_license,
                bool(exact[start + at]),
                float(values[start + at]),
            )


def written_chunks(job: Job) -> Iterator[bytes]:
    """Yield the units."""
    yield from map(msgspec.json.encode, units_of(job))


def written_maker(settings: bytes) -> MakePart:
    """Return what writes the documents of a unit that are kept, as they are."""
    job = job_of(settings)
    removed = load(job.parts("chosen")[0], "removed", mapped=True)

    def write(chunk: bytes, folder: Path) -> dict[str, int]:
        import pyarrow as pa

        unit = msgspec.json.decode(chunk, type=Unit)
        flags = np.ones(unit.rows, dtype=bool)
        low, high = np.searchsorted(removed, [unit.first, unit.first + unit.rows])
        flags[np.asarray(removed[low:high]) - unit.first] = False

        def batches() -> Iterator[Any]:
            row = 0
            for batch in read_unit(unit):
                own = flags[row : row + batch.num_rows]
                yield batch if own.all() else batch.filter(pa.array(own))
                row += batch.num_rows

        return {"documents": write_unit(folder, batches())}

    return write
