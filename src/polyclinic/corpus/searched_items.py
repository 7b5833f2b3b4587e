"""Items on disk, as several processes share them, and what is done with the documents that hold them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from polyclinic.corpus.benchmark_items import Benchmarks
from polyclinic.corpus.document_units import Unit, read_unit, texts_of, write_unit
from polyclinic.corpus.part_worker import MakePart
from polyclinic.records import encode_object
from polyclinic.word_hashes import word_spans, words_of
from polyclinic.word_runs import KnownRuns, RunIndex, SharedRun, open_runs, shared_runs

LISTED = 50  # items that are listed for one stretch of a document; the others are counted
MARKED = 20  # overlaps that stand in a document's metadata
TRIES = 5  # times that a document is cut until nothing is found in what is left


class About(msgspec.Struct):
    """What is known of the items."""

    items: int
    too_short: dict[str, int]  # words in a run -> items without a run of their own
    by_task: dict[str, int]
    broken: dict[str, int]
    missing: dict[str, str]


class Search(msgspec.Struct, frozen=True):
    """What is looked for, and what becomes of a document that holds it."""

    folder: str  # of the items
    corpora: list[str]  # their names
    mode: Literal["drop", "cut", "mark"]
    lengths: list[int]
    decisive: list[int]
    margin: int
    minimum_words: int


def write_search(folder: Path, benchmarks: Benchmarks, lengths: Sequence[int], common: float) -> None:
    """Read the items and write their runs into a folder that appears when it is whole."""
    half = folder.with_name(f"{folder.name}.half")
    half.mkdir(parents=True, exist_ok=True)
    groups: list[str] = []
    families: list[str] = []
    ends: list[int] = []
    encode = msgspec.json.Encoder().encode
    with (half / "names.bin").open("wb") as names:

        def texts() -> Iterator[tuple[str, ...]]:
            size = 0
            for item in benchmarks.read():
                groups.append(item.task)
                families.append(item.family)
                size += names.write(encode((item.task, item.name)))
                ends.append(size)
                yield item.texts

        # Groups and families are known when the texts have been read, which the index does first.
        index = RunIndex(lengths, texts(), groups, families, common)
    np.save(half / "name_ends.npy", np.array(ends, dtype=np.int64), allow_pickle=False)
    for known in index.known.values():
        known.save(half)
    about = About(
        items=len(groups),
        too_short={str(length): int((index.runs(length) == 0).sum()) for length in lengths},
        by_task=benchmarks.counts,
        broken=benchmarks.broken,
        missing=benchmarks.missing,
    )
    (half / "search.json").write_bytes(msgspec.json.encode(about))
    os.replace(half, folder)


def read_search(folder: Path) -> About:
    """Return what is known of the items in a folder."""
    return msgspec.json.decode((folder / "search.json").read_bytes(), type=About)


def search_maker(settings: bytes) -> MakePart:
    """Return what searches a unit of documents and writes what is left of it.

    A part holds records, `overlaps.jsonl`, and for each length the numbers of the items that were found.
    """
    search = msgspec.json.decode(settings, type=Search)
    known = [open_runs(Path(search.folder), length) for length in search.lengths]

    def make(chunk: bytes, folder: Path) -> dict[str, int]:
        unit = msgspec.json.decode(chunk, type=Unit)
        name = search.corpora[unit.corpus]
        counts = {"read": unit.rows, f"read in {name}": unit.rows}
        found: dict[int, set[int]] = {length: set() for length in search.lengths}
        with (folder / "overlaps.jsonl").open("wb") as side:
            written = write_unit(folder, _searched(search, known, unit, side, found, counts))
        for length, things in found.items():
            np.save(folder / f"found-{length}.npy", np.array(sorted(things), dtype=np.int64), allow_pickle=False)
        return {**counts, "documents": written}

    return make


def _searched(
    search: Search,
    known: Sequence[KnownRuns],
    unit: Unit,
    side: Any,
    found: dict[int, set[int]],
    counts: dict[str, int],
) -> Iterator[Any]:
    """Yield what is left of a unit, batch by batch, and write what was found."""
    import pyarrow as pa

    corpus = search.corpora[unit.corpus]

    def count(what: str) -> None:
        counts[what] = counts.get(what, 0) + 1
        counts[f"{what} in {corpus}"] = counts.get(f"{what} in {corpus}", 0) + 1

    for batch in read_unit(unit):
        texts, titles = texts_of(batch, "text"), texts_of(batch, "title")
        hits = list(zip(shared_runs(known, texts), shared_runs(known, titles), strict=True))
        touched = [row for row, (own, in_title) in enumerate(hits) if own or in_title]
        if not touched:
            yield batch
            continue
        kept = np.ones(batch.num_rows, dtype=bool)
        changed: dict[int, dict[str, Any]] = {}
        for row in touched:
            own, in_title = hits[row]
            document = batch.slice(row, 1).to_pylist()[0]
            count("touched")
            for length in {hit.length for hit in (*own, *in_title)}:
                counts[f"touched {length}"] = counts.get(f"touched {length}", 0) + 1
            decided = any(hit.length in search.decisive for hit in (*own, *in_title))
            action = "kept"
            if decided and search.mode == "drop":
                action = "dropped"
            elif decided and search.mode == "mark":
                action = "marked"
            elif decided:
                action = "cut" if _cut(document, own, in_title, search, known) else "dropped"
            rows = list(_rows(search, document["id"], texts[row], titles[row], own, in_title, action, corpus))
            for hit in (*own, *in_title):
                found[hit.length].add(hit.thing)
            side.write(b"".join(msgspec.json.encode(one) + b"\n" for one in rows))
            if action != "kept":
                count(action)
            if action == "dropped":
                kept[row] = False
            elif action == "cut":
                changed[row] = document
            elif action == "marked":
                own_metadata = msgspec.json.decode(document["metadata"] or "{}")
                marks = [one for one in rows if one["length"] in search.decisive][:MARKED]
                own_metadata["contamination"] = [
                    {name: one[name] for name in ("task", "item", "length", "words")} for one in marks
                ]
                changed[row] = {**document, "metadata": encode_object(own_metadata)}
        if changed:
            rows_now = [changed.get(row) or batch.slice(row, 1).to_pylist()[0] for row in range(batch.num_rows)]
            batch = pa.RecordBatch.from_pylist(rows_now, schema=batch.schema)
        yield batch if kept.all() else batch.filter(pa.array(kept))


def _rows(
    search: Search,
    name: str,
    text: str,
    title: str,
    own: Sequence[SharedRun],
    in_title: Sequence[SharedRun],
    action: str,
    corpus: str,
) -> Iterator[dict[str, Any]]:
    """Yield a row for each stretch and item."""
    for field, source, hits in (("text", text, own), ("title", title, in_title)):
        words = words_of(source) if hits else []
        stretches: dict[tuple[int, int, int], list[int]] = {}
        for hit in hits:
            stretches.setdefault((hit.start, hit.end, hit.length), []).append(hit.thing)
        for (start, end, length), things in stretches.items():
            for place, (task, item) in enumerate(_names(Path(search.folder), things[:LISTED])):
                last = place == min(LISTED, len(things)) - 1
                yield {
                    "task": task,
                    "item": item,
                    "document": name,
                    "corpus": corpus,
                    "field": field,
                    "length": length,
                    "first_word": start,
                    "words": " ".join(words[start:end]),
                    "action": action if length in search.decisive else "listed",
                    **({"further_items": len(things) - LISTED} if last and len(things) > LISTED else {}),
                }


def _names(folder: Path, things: Sequence[int]) -> list[tuple[str, str]]:
    """Return task and name of items by their numbers."""
    ends = np.load(folder / "name_ends.npy", allow_pickle=False, mmap_mode="r")
    found = []
    with (folder / "names.bin").open("rb") as names:
        for thing in things:
            start = int(ends[thing - 1]) if thing else 0
            names.seek(start)
            found.append(msgspec.json.decode(names.read(int(ends[thing]) - start), type=tuple[str, str]))
    return found


def _cut(
    document: dict[str, Any],
    own: Sequence[SharedRun],
    in_title: Sequence[SharedRun],
    search: Search,
    known: Sequence[KnownRuns],
) -> bool:
    """Take what decides out of a document, in place; return whether enough is left and nothing is found in it."""
    decisive = [one for one in known if one.length in search.decisive]
    if any(hit.length in search.decisive for hit in in_title):
        document["title"] = ""
    text, hits = document["text"], [hit for hit in own if hit.length in search.decisive]
    for _ in range(TRIES):
        if not hits:
            break
        spans = list(word_spans(text))
        if len(spans) != len(words_of(text)):
            return False  # a script in which words cannot be told where they stand
        text = without_words(text, spans, hits, search.margin)
        hits = shared_runs(decisive, [text])[0]
    document["text"] = text
    document["sections"] = [heading for heading in document["sections"] or () if heading in text]
    return not hits and len(words_of(text)) >= search.minimum_words


def without_words(text: str, spans: Sequence[tuple[int, int]], hits: Sequence[SharedRun], margin: int) -> str:
    """Return a text without the words of some stretches and `margin` words on either side.

    Args:
        text: the document's.
        spans: where each of its words begins and ends.
        hits: what is taken out.
        margin: words on either side.
    """
    out: NDArray[np.bool_] = np.zeros(len(spans) + 1, dtype=bool)
    for hit in hits:
        out[max(0, hit.start - margin) : min(len(spans), hit.end + margin)] = True
    made, at = [], 0
    borders = np.flatnonzero(np.diff(out.astype(np.int8), prepend=0))
    for start, end in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        made.append(text[at : spans[start][0]])
        at = spans[end - 1][1]
    made.append(text[at:])
    return "".join(made)
