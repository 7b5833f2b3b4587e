"""What a part of a corpus holds, and how parts become the artifact: repeated ids, limits, what was left out."""

from __future__ import annotations

import heapq
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from polyclinic.corpus.held_out import place_of
from polyclinic.corpus.parts import part_folders
from polyclinic.corpus.readers.pieces import LeftOut, Made
from polyclinic.records import Document, read_records, write_records

LEFT_OUT = "left_out.jsonl"  # the side file of an artifact: what is not in it, where it stood and why
Keep = Literal["first", "last"]
Hashes = NDArray[np.uint64]
Booleans = NDArray[np.bool_]


def write_part(folder: Path, made: Iterable[tuple[str, Made]], counts: dict[str, int]) -> None:
    """Write (place, document) and what is left out into a part, counting both by reason.

    Beside the records stand `index.npy` (two hashes of each id) and `places.txt`, for what is known only when all
    parts are there.
    """
    index: list[tuple[int, int]] = []
    encode = msgspec.json.Encoder().encode

    def documents() -> Iterator[Document]:
        for place, one in made:
            if isinstance(one, LeftOut):
                count_reason(counts, one.reason)
                left.write(encode(one) + b"\n")
            else:
                index.append((place_of(one.id, "repeated"), place_of(one.id, "limit")))
                places.write(place.replace("\n", " ").encode("utf-8", "replace") + b"\n")
                yield one

    with (folder / LEFT_OUT).open("wb") as left, (folder / "places.txt").open("wb") as places:
        written = write_records(folder, documents(), Document)
    counts["documents"] = counts.get("documents", 0) + written
    if not written:
        (folder / "records.parquet").unlink()
    np.save(folder / "index.npy", np.array(index, dtype=np.uint64).reshape(-1, 2), allow_pickle=False)


def count_reason(counts: dict[str, int], reason: str) -> None:
    """Count one document that is left out."""
    counts[f"left out: {reason}"] = counts.get(f"left out: {reason}", 0) + 1


@dataclass(frozen=True)
class Gathered:
    """What became of the parts."""

    documents: int
    left_out: dict[str, int]  # reason -> documents, without those that a limit did not take
    first: LeftOut | None  # the first that was left out, for a message


def gather_parts(
    folder: Path, out: Path, counts: dict[str, int], *, keep: Keep = "first", limit: int = 0
) -> Gathered:
    """Make the artifact `out` of the parts in `folder`, which stay as they are, and return what became of them.

    Of documents with one id the first or the last is kept. With a limit, documents are taken by a hash of their ids.
    """
    parts = part_folders(folder)
    indexes = [np.load(part / "index.npy", allow_pickle=False) for part in parts]
    starts = np.cumsum([0, *(len(index) for index in indexes)])
    hashes: Hashes = np.concatenate(indexes) if indexes else np.empty((0, 2), dtype=np.uint64)
    kept: Booleans = np.ones(len(hashes), dtype=np.bool_)
    repeated = dict(_repeated(parts, starts, hashes[:, 0], keep))
    kept[list(repeated)] = False
    left_out = {name.removeprefix("left out: "): n for name, n in counts.items() if name.startswith("left out: ")}
    if repeated:
        left_out["repeated id"] = len(repeated)
    if limit and limit < int(kept.sum()):
        taken = np.array(heapq.nsmallest(limit, hashes[kept, 1].tolist()), dtype=np.uint64)
        kept &= np.isin(hashes[:, 1], taken)
    written = _write_records(parts, starts, kept, out, together=bool(limit))
    first = _write_left_out(parts, starts, repeated, out, keep)
    return Gathered(written, left_out, first)


def _repeated(parts: list[Path], starts: Any, ids: Hashes, keep: Keep) -> Iterator[tuple[int, int]]:
    """Yield (row that is left out, row that is kept) for ids that occur more than once."""
    order = np.argsort(ids, kind="stable")
    alike = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    rows = sorted({int(order[place + step]) for place in alike for step in (0, 1)})
    names = dict(zip(rows, _ids_of(parts, starts, rows), strict=True))  # hashes may be alike by chance
    groups: dict[str, list[int]] = {}
    for row in rows:
        groups.setdefault(names[row], []).append(row)
    for group in groups.values():
        kept = group[0] if keep == "first" else group[-1]
        yield from ((row, kept) for row in group if row != kept)


def _ids_of(parts: list[Path], starts: Any, rows: list[int]) -> Iterator[str]:
    import pyarrow.parquet as pq

    wanted = np.array(rows, dtype=np.int64)
    for number, part in enumerate(parts):
        here = wanted[(wanted >= starts[number]) & (wanted < starts[number + 1])] - starts[number]
        if len(here):
            column = pq.read_table(part / "records.parquet", columns=["id"]).column(0)
            yield from column.take(here).to_pylist()


def _write_records(parts: list[Path], starts: Any, kept: Booleans, out: Path, *, together: bool) -> int:
    """Write the records that are kept, part by part or all in one file; parts that are whole are linked."""

    def chosen(number: int) -> Iterator[Document]:
        flags = kept[starts[number] : starts[number + 1]]
        if flags.any():
            for flag, document in zip(flags, read_records(parts[number] / "records.parquet", Document), strict=True):
                if flag:
                    yield document

    filled = [n for n in range(len(parts)) if kept[starts[n] : starts[n + 1]].any()]
    if together or len(filled) <= 1:
        return write_records(out, (document for number in filled for document in chosen(number)), Document)
    out.mkdir(parents=True, exist_ok=True)
    for place, number in enumerate(filled):
        target = out / f"records-{place:05d}.parquet"
        if kept[starts[number] : starts[number + 1]].all():
            _link(parts[number] / "records.parquet", target)
        else:
            write_records(parts[number] / "kept", chosen(number), Document)
            os.replace(parts[number] / "kept" / "records.parquet", target)
    return int(kept.sum())


def _write_left_out(
    parts: list[Path], starts: Any, repeated: dict[int, int], out: Path, keep: Keep
) -> LeftOut | None:
    """Join the side files of the parts and add the ids that repeat; return the first that was left out."""
    first: LeftOut | None = None
    encode = msgspec.json.Encoder().encode
    with (out / LEFT_OUT).open("wb") as side:
        for part in parts:
            with (part / LEFT_OUT).open("rb") as lines:
                if first is None and (line := lines.readline()):
                    first = msgspec.json.decode(line, type=LeftOut)
                lines.seek(0)
                shutil.copyfileobj(lines, side, 1 << 20)
        rows = sorted({*repeated, *repeated.values()})
        places = dict(zip(rows, _places_of(parts, starts, rows), strict=True))
        names = dict(zip(rows, _ids_of(parts, starts, rows), strict=True))
        for row in sorted(repeated):
            other = places[repeated[row]]
            detail = f"the id occurs {'before' if keep == 'first' else 'again'}, at {other}; that one is kept"
            one = LeftOut(places[row], "repeated id", detail, names[row])
            first = first or one
            side.write(encode(one) + b"\n")
        empty = side.tell() == 0
    if empty:
        (out / LEFT_OUT).unlink()
    return first


def _places_of(parts: list[Path], starts: Any, rows: list[int]) -> Iterator[str]:
    wanted = np.array(rows, dtype=np.int64)
    for number, part in enumerate(parts):
        here = set((wanted[(wanted >= starts[number]) & (wanted < starts[number + 1])] - starts[number]).tolist())
        if here:
            with (part / "places.txt").open("rb") as lines:
                for row, line in enumerate(lines):
                    if row in here:
                        yield line.decode("utf-8", "replace").rstrip("\n")


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(file, target)
