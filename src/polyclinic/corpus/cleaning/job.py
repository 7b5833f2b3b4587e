"""One part of cleaning: the documents of a unit go through the rules; the first pass counts shared lines."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from polyclinic.corpus.cleaning.rules import Change, CleanRules, cleaned
from polyclinic.corpus.cleaning.shared_lines import SharedLines, count_lines, save_sums
from polyclinic.corpus.document_units import Unit, read_unit
from polyclinic.corpus.held_out import place_of
from polyclinic.corpus.part_worker import MakePart
from polyclinic.records import Document, row_reader, write_records

CHANGES = "changes.jsonl"  # the side file: every document that was changed or dropped, with the rule's name
SAMPLES = 3  # of each rule, on the page
SHOWN = 400  # characters of a sample


@dataclass(frozen=True)
class CleanJob:
    """What a process needs to know."""

    rules: CleanRules = field(default_factory=CleanRules)
    shared: str = ""  # file of the table of shared lines
    sources: dict[str, int] = field(default_factory=dict)  # source -> documents
    share: float = 0.0


class Sample(msgspec.Struct, frozen=True):
    """An example of what a rule did."""

    order: int  # by a hash of the id: which examples are taken does not depend on the parts
    id: str
    rule: str
    action: str
    detail: str
    before: str
    after: str


def make_counter(settings: bytes) -> MakePart:
    """Return what counts the lines of a unit."""
    decode = msgspec.msgpack.Decoder(Unit).decode

    def make(chunk: bytes, folder: Path) -> dict[str, int]:
        slots, counts, sources = count_lines(documents_of(decode(chunk)))
        np.save(folder / "lines.npy", np.stack([slots, counts]), allow_pickle=False)
        return {f"source {name}": count for name, count in sources.items()}

    return make


def make_cleaner(settings: bytes) -> MakePart:
    """Return what cleans the documents of a unit."""
    job = msgspec.json.decode(settings, type=CleanJob)
    decode = msgspec.msgpack.Decoder(Unit).decode
    shared = None
    if job.shared:
        shared = SharedLines(np.load(job.shared, mmap_mode="r", allow_pickle=False), job.sources, job.share)

    def make(chunk: bytes, folder: Path) -> dict[str, int]:
        counts = {"documents": 0, "kept": 0, "characters before": 0, "characters after": 0}
        with (folder / CHANGES).open("wb") as side:
            samples: dict[str, list[tuple[int, str, Sample]]] = {}
            made = _cleaned(decode(chunk), job, shared, counts, side.write, samples)
            if not write_records(folder, made, Document):
                (folder / "records.parquet").unlink()
        found = [one for rows in samples.values() for _, _, one in rows]
        (folder / "samples.json").write_bytes(msgspec.json.encode(found))
        return counts

    return make


def documents_of(unit: Unit) -> Iterator[Document]:
    """Yield the documents of a unit."""
    make, number = row_reader(Document), unit.first
    for batch in read_unit(unit):
        for row in batch.to_pylist():
            number += 1
            yield make(row, f"{unit.file}, document {number}")


def _cleaned(
    unit: Unit,
    job: CleanJob,
    shared: SharedLines | None,
    counts: dict[str, int],
    write: object,
    samples: dict[str, list[tuple[int, str, Sample]]],
) -> Iterator[Document]:
    encode = msgspec.json.Encoder().encode
    assert callable(write)
    for document in documents_of(unit):
        made, changes = cleaned(document, job.rules, shared.of(document) if shared is not None else ())
        counts["documents"] += 1
        counts["characters before"] += len(document.text)
        for change in changes:
            line = {"id": document.id, "rule": change.rule, "action": change.action, "detail": change.detail}
            write(encode(line) + b"\n")
            name = f"{change.rule} {change.action}"
            counts[name] = counts.get(name, 0) + 1
            fewer = f"{change.rule} characters"
            counts[fewer] = counts.get(fewer, 0) + len(change.before) - len(change.after)
            _keep_sample(samples.setdefault(change.rule, []), document.id, change)
        if made is not None:
            counts["kept"] += 1
            counts["characters after"] += len(made.text)
            yield made


def _keep_sample(kept: list[tuple[int, str, Sample]], name: str, change: Change) -> None:
    """Keep the examples with the smallest hashes; the heap's first is the one to go."""
    order = place_of(name, "sample")
    if len(kept) == SAMPLES and -order <= kept[0][0]:
        return
    before, after = _around(change.before, change.after)
    one = Sample(order, name, change.rule, change.action, change.detail, before, after)
    if len(kept) < SAMPLES:
        heapq.heappush(kept, (-order, name, one))
    else:
        heapq.heapreplace(kept, (-order, name, one))


def _around(before: str, after: str) -> tuple[str, str]:
    """Return both texts from a little before their first difference."""
    at = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = max(0, at - SHOWN // 4)
    return before[start : start + SHOWN], after[start : start + SHOWN]


__all__ = ["CHANGES", "CleanJob", "Sample", "make_cleaner", "make_counter", "save_sums"]
