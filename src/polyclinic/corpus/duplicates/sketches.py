"""Of each document what finding duplicates needs: hash of the text, keys of its signature, how good a copy it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from polyclinic.corpus.document_units import Unit, read_unit, texts_of
from polyclinic.corpus.duplicates.job import Job, job_of, load, save, units_of
from polyclinic.corpus.licences import openness
from polyclinic.corpus.part_worker import MakePart
from polyclinic.near_duplicates import band_keys, signatures
from polyclinic.near_duplicates.signatures import NOTHING

MOST_OPEN = 15
LONGEST = (1 << 24) - 1  # bytes beyond which texts count as equally long
COLUMNS = ("id", "text", "source", "license")


def sketch_chunks(job: Job) -> Iterator[bytes]:
    """Yield the units."""
    yield from map(msgspec.json.encode, units_of(job))


def sketch_maker(settings: bytes) -> MakePart:
    """Return what sketches a unit.

    A part holds, for each document: `text` two hashes of its text; `merit` the smaller the better the copy: first by
    licence, then by the place of its corpus, then the longer text, then by a hash of the id; `keys` (keys,
    documents); `worded` whether it has words; and its id, source and licence as JSON in `names.bin`, ending at
    `name_ends`.
    """
    import xxhash

    job = job_of(settings)
    encode = msgspec.json.Encoder().encode

    def sketch(chunk: bytes, folder: Path) -> dict[str, int]:
        unit = msgspec.json.decode(chunk, type=Unit)
        plan = job.plan
        text_hashes = np.empty((unit.rows, 2), dtype=np.uint64)
        merit = np.empty(unit.rows, dtype=np.uint64)
        keys = np.empty((plan.keys if job.near else 0, unit.rows), dtype=np.uint64)
        worded = np.zeros(unit.rows, dtype=bool)
        name_ends = np.empty(unit.rows, dtype=np.int64)
        row = size = 0
        open_as: dict[str, int] = {}
        with (folder / "names.bin").open("wb") as names:
            for batch in read_unit(unit, COLUMNS):
                texts, ids = texts_of(batch, "text"), texts_of(batch, "id")
                sources, licenses = texts_of(batch, "source"), texts_of(batch, "license")
                for at, (name, text, source, license) in enumerate(zip(ids, texts, sources, licenses, strict=True)):
                    raw = text.encode()
                    both = xxhash.xxh3_128_intdigest(raw)
                    text_hashes[row + at] = (both & 0xFFFFFFFFFFFFFFFF, both >> 64)
                    if license not in open_as:
                        open_as[license] = openness(license)
                    merit[row + at] = (
                        (MOST_OPEN - open_as[license] << 60)
                        | (min(unit.corpus, 4095) << 48)
                        | (LONGEST - min(len(raw), LONGEST) << 24)
                        | xxhash.xxh3_64_intdigest(name.encode()) >> 40
                    )
                    size += names.write(encode((name, source, license)))
                    name_ends[row + at] = size
                if job.near:
                    made = signatures(texts, plan)
                    keys[:, row : row + len(texts)] = band_keys(made, plan).T
                    worded[row : row + len(texts)] = made[:, 0] != np.uint64(NOTHING)
                row += len(texts)
        save(folder, text=text_hashes, merit=merit, keys=keys, worded=worded, name_ends=name_ends)
        return {"documents": row}

    return sketch


def read_names(job: Job, documents: list[int]) -> list[tuple[str, str, str]]:
    """Return id, source and licence of documents, by their numbers in ascending order."""
    found: list[tuple[str, str, str]] = []
    units = units_of(job)
    wanted = np.array(documents, dtype=np.int64)
    for unit, part in zip(units, job.parts("sketches"), strict=True):
        low, high = np.searchsorted(wanted, [unit.first, unit.first + unit.rows])
        if low == high:
            continue
        ends = load(part, "name_ends", mapped=True)
        with (part / "names.bin").open("rb") as names:
            for row in (wanted[low:high] - unit.first).tolist():
                start = int(ends[row - 1]) if row else 0
                names.seek(start)
                found.append(msgspec.json.decode(names.read(int(ends[row]) - start), type=tuple[str, str, str]))
    return found
