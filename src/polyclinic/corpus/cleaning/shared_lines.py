"""Lines that many documents of one source share: counted in a first pass, in a table of fixed size.

Each part counts the documents that hold a line, by a hash of source and line, in slots; the sums are what the second
pass looks at. Two lines may fall into one slot, so a count is never too small, and with 16 million slots hardly ever
too large by what matters: a line must stand in a good share of all documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from polyclinic.records import Document

SLOTS = 1 << 24
SHORTEST, LONGEST = 20, 400  # characters of a line that is counted
FEWEST_DOCUMENTS = 20  # of a source, below which no line is called shared
Counts = NDArray[np.uint32]


def countable_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that may be shared: whole sentences. Headings, labels and tables recur by nature."""
    for raw in text.split("\n"):
        line = raw.strip()
        if SHORTEST <= len(line) <= LONGEST and line[0] not in "#|" and line[-1] in ".!?" and line.count(" ") >= 3:
            yield line


def slot_of(source: str, line: str) -> int:
    """Return where a line of a source is counted."""
    return xxhash.xxh3_64_intdigest(f"{source}\0{line}".encode()) % SLOTS


def count_lines(documents: Iterable[Document]) -> tuple[Counts, Counts, dict[str, int]]:
    """Return (slots, documents in each, documents of each source)."""
    found: list[int] = []
    sources: dict[str, int] = {}
    for document in documents:
        sources[document.source] = sources.get(document.source, 0) + 1
        found += {slot_of(document.source, line) for line in countable_lines(document.text)}
    slots, counts = np.unique(np.array(found, dtype=np.uint32), return_counts=True)
    return slots, counts.astype(np.uint32), sources


@dataclass(frozen=True)
class SharedLines:
    """How many documents hold each line."""

    counts: Counts  # by slot
    sources: Mapping[str, int]  # source -> documents
    share: float  # of a source's documents, from which on a line is shared

    def of(self, document: Document) -> set[str]:
        """Return the lines of a document that many others of its source have as well."""
        total = self.sources.get(document.source, 0)
        if total < FEWEST_DOCUMENTS:
            return set()
        fewest = max(FEWEST_DOCUMENTS // 2, self.share * total)
        lines = countable_lines(document.text)
        return {line for line in lines if self.counts[slot_of(document.source, line)] >= fewest}


def save_sums(folders: Iterable[Path], file: Path) -> None:
    """Add up what parts counted into one table on disk, which processes then share."""
    sums: Counts = np.zeros(SLOTS, dtype=np.uint32)
    for folder in folders:
        counted = np.load(folder / "lines.npy", allow_pickle=False)
        sums[counted[0]] += counted[1]  # slots of a part are unique
    half = file.with_suffix(".half.npy")
    np.save(half, sums, allow_pickle=False)
    half.replace(file)
