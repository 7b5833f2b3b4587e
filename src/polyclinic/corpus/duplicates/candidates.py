"""Documents that meet: with the same text, then with a key in common; sorted buckets, one range of keys at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from polyclinic.corpus.duplicates.job import Job, document_count, job_of, load, save, units_of
from polyclinic.corpus.part_worker import MakePart
from polyclinic.near_duplicates import bucket_pairs

Number = TypeVar("Number", np.int64, np.uint64)
Numbers = NDArray[np.int64]
Keys = NDArray[np.uint64]
NO_KEYS, NO_NUMBERS = np.zeros(0, np.uint64), np.zeros(0, np.int64)


def range_bits(job: Job) -> int:
    """Return how many leading bits of a key say which range it is in, so that a range fits into memory."""
    bits = 0
    while document_count(job) >> bits > job.at_once:
        bits += 1
    return bits


def exact_chunks(job: Job) -> Iterator[bytes]:
    """Yield ranges of hashes of texts."""
    yield from (msgspec.json.encode(number) for number in range(1 << range_bits(job)))


def exact_maker(settings: bytes) -> MakePart:
    """Return what finds equal texts in a range of hashes: `copies`, `originals` (the best copy of each text)."""
    job = job_of(settings)

    def exact(chunk: bytes, folder: Path) -> dict[str, int]:
        wanted, bits = msgspec.json.decode(chunk, type=int), range_bits(job)
        hashes, merits, numbers = [], [], []
        for unit, part in zip(units_of(job), job.parts("sketches"), strict=True):
            text = load(part, "text", mapped=True)
            here = np.flatnonzero(_in_range(np.asarray(text[:, 0]), wanted, bits))
            hashes.append(np.asarray(text[here]))
            merits.append(load(part, "merit", mapped=True)[here])
            numbers.append(here + unit.first)
        text, merit, number = (
            _joined(hashes, np.zeros((0, 2), np.uint64)),
            _joined(merits, NO_KEYS),
            _joined(numbers, NO_NUMBERS),
        )
        order = np.lexsort((number, merit, text[:, 1], text[:, 0]))
        text, number = text[order], number[order]
        same = np.zeros(len(text), dtype=bool)
        same[1:] = (text[1:] == text[:-1]).all(axis=1)
        first = np.maximum.accumulate(np.where(same, 0, np.arange(len(text))))
        copies = np.flatnonzero(same)
        save(folder, copies=number[copies], originals=number[first[copies]])
        return {"copies": len(copies)}

    return exact


def unique_chunks(job: Job) -> Iterator[bytes]:
    """Yield one piece of work."""
    yield b"all"


def unique_maker(settings: bytes) -> MakePart:
    """Return what says of each document whether it goes on: it has words and is the best copy of its text."""
    job = job_of(settings)

    def unique(chunk: bytes, folder: Path) -> dict[str, int]:
        kept = np.concatenate([np.zeros(0, bool), *(load(part, "worded") for part in job.parts("sketches"))])
        for part in job.parts("exact"):
            kept[load(part, "copies")] = False
        save(folder, unique=kept)
        return {"unique": int(kept.sum())}

    return unique


def candidate_chunks(job: Job) -> Iterator[bytes]:
    """Yield (places of keys, range): several places together where documents are few."""
    if not job.near:
        return
    bits = range_bits(job)
    together = max(1, min(job.plan.keys, job.at_once // max(1, document_count(job))))
    for first in range(0, job.plan.keys, together):
        places = list(range(first, min(first + together, job.plan.keys)))
        yield from (msgspec.json.encode((places, wanted)) for wanted in range(1 << bits))


def candidate_maker(settings: bytes) -> MakePart:
    """Return what finds the pairs to compare: `pairs`, as first << 32 | second, sorted, each once.

    Within a bucket documents are in the order of their merit, so that the pairs do not depend on how they came in.
    """
    job = job_of(settings)

    def candidates(chunk: bytes, folder: Path) -> dict[str, int]:
        places, wanted = msgspec.json.decode(chunk, type=tuple[list[int], int])
        bits = range_bits(job)
        unique = load(job.parts("unique")[0], "unique", mapped=True)
        found = [np.zeros(0, np.uint64)]
        for place in places:
            keys, merits, numbers = [], [], []
            for unit, part in zip(units_of(job), job.parts("sketches"), strict=True):
                own = np.asarray(load(part, "keys", mapped=True)[place])
                here = _in_range(own, wanted, bits) & unique[unit.first : unit.first + unit.rows]
                keys.append(own[here])
                merits.append(load(part, "merit", mapped=True)[here])
                numbers.append(np.flatnonzero(here) + unit.first)
            found.append(packed_pairs(_joined(keys, NO_KEYS), _joined(merits, NO_KEYS), _joined(numbers, NO_NUMBERS)))
        save(folder, pairs=np.unique(np.concatenate(found)))
        return {}

    return candidates


def packed_pairs(keys: Keys, merits: Keys, numbers: Numbers) -> Keys:
    """Return the pairs of documents to compare, packed, each with the smaller number first.

    Args:
        keys: of the documents, under one of their bands.
        merits: what they are ordered by within a bucket.
        numbers: of the documents.
    """
    # Only documents that meet another go on: a small share, so that little is sorted twice.
    order = np.argsort(keys)
    keys = keys[order]
    same = np.zeros(len(keys) + 1, dtype=bool)
    same[1:-1] = keys[1:] == keys[:-1]
    met = same[1:] | same[:-1]
    keys, chosen = keys[met], order[met]
    by_merit = np.lexsort((numbers[chosen], merits[chosen]))
    names = np.empty(len(chosen), dtype=np.int64)
    names[by_merit] = np.arange(len(chosen))
    pairs = numbers[chosen[by_merit]][bucket_pairs(keys, names)]
    low, high = pairs.min(axis=1).astype(np.uint64), pairs.max(axis=1).astype(np.uint64)
    packed: Keys = (low << np.uint64(32)) | high
    return packed


def pair_chunks(job: Job) -> Iterator[bytes]:
    """Yield ranges of the first documents of pairs that hold about as many pairs as are dealt with together."""
    if not job.near:
        return
    total = sum(len(load(part, "pairs", mapped=True)) for part in job.parts("candidates"))
    count = document_count(job)
    step = max(1, -(-count // max(1, -(-total // job.at_once))))
    yield from (msgspec.json.encode((first, min(count, first + step))) for first in range(0, count, step))


def pair_maker(settings: bytes) -> MakePart:
    """Return what gathers the pairs of a range of documents, each once: `pairs`, packed and sorted."""
    job = job_of(settings)

    def gather(chunk: bytes, folder: Path) -> dict[str, int]:
        low, high = msgspec.json.decode(chunk, type=tuple[int, int])
        found = [np.zeros(0, np.uint64)]
        for part in job.parts("candidates"):
            pairs = load(part, "pairs", mapped=True)
            start, end = np.searchsorted(pairs, np.array([low << 32, high << 32], dtype=np.uint64))
            found.append(np.asarray(pairs[start:end]))
        distinct = np.unique(np.concatenate(found))
        save(folder, pairs=distinct)
        return {"candidates": len(distinct)}

    return gather


def unpacked(pairs: Keys) -> Numbers:
    """Return packed pairs as (pairs, 2) numbers of documents."""
    return np.column_stack([pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)]).astype(np.int64)


def _in_range(keys: Keys, wanted: int, bits: int) -> NDArray[np.bool_]:
    if bits == 0:
        return np.ones(len(keys), dtype=bool)
    found: NDArray[np.bool_] = keys >> np.uint64(64 - bits) == np.uint64(wanted)
    return found


def _joined(arrays: list[NDArray[Number]], empty: NDArray[Number]) -> NDArray[Number]:
    return np.concatenate(arrays) if arrays else empty
