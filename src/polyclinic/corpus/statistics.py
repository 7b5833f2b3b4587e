"""What is in corpora: documents, tokens, lengths, sources, licences, copies, and what earlier steps found in them.

Counting streams; what is kept of a document are sixteen bytes. `statistics_page` shows it.
"""

from __future__ import annotations

import hashlib
import heapq
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.artifacts import Manifest, read_manifest
from polyclinic.corpus.document_units import BATCH_ROWS, corpus_names, is_ours, texts_of
from polyclinic.errors import UserError
from polyclinic.progress import progress_bar
from polyclinic.records import Document, read_records

COUNTED = ("source", "license", "language", "domain")  # fields whose values are counted
LENGTHS = (32, 128, 512, 2048, 8192)  # words of a document: up to 32, up to 128, ...
QUANTILES = (5, 25, 50, 75, 95)  # per cent
EXCERPT = 2000  # characters of a sample
UNKNOWN = "unknown"


@dataclass
class CorpusCounts:
    """One corpus, counted."""

    name: str
    documents: int = 0
    words: int = 0
    tokens: int | None = None  # None when no tokenizer was given
    lengths: array[int] = field(default_factory=lambda: array("I"))  # of each document in tokens, or in words
    bins: Counter[str] = field(default_factory=Counter)  # documents by words
    values: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})
    copies: int = 0  # documents whose text stood before, in this corpus or one before it
    empty: int = 0  # documents without a word
    found: list[Finding] = field(default_factory=list)  # by earlier steps
    samples: list[tuple[str, str, str]] = field(default_factory=list)  # id, title, begin of the text

    def quantile(self, per_cent: float) -> float:
        """Return the length that so many per cent of the documents do not exceed."""
        import numpy as np

        return float(np.percentile(np.frombuffer(self.lengths, dtype=np.uint32), per_cent)) if self.lengths else 0.0


@dataclass(frozen=True)
class Finding:
    """What a step found in the documents that this corpus was made from."""

    step: str
    what: str  # duplicates or contamination
    read: int
    figures: dict[str, int]


def count_documents(
    paths: Sequence[Path], tokenizer: Path | None = None, samples: int = 3, seed: int = 0
) -> list[CorpusCounts]:
    """Count corpora.

    Args:
        paths: folders or files of documents.
        tokenizer: model folder whose tokenizer counts; without one lengths are words.
        samples: documents of each corpus to read, drawn by a hash of seed and id.
        seed: for them.

    Raises UserError when a corpus holds no documents or cannot be read.
    """
    import numpy as np

    count_tokens = token_counter(tokenizer) if tokenizer is not None else None
    hashes: list[array[int]] = []
    made = []
    with progress_bar("counting", len(paths)) as bar:
        for name, path in zip(corpus_names(paths), paths, strict=True):
            counts = CorpusCounts(name, tokens=None if count_tokens is None else 0)
            hashes.append(_count(counts, path, count_tokens, samples, seed))
            if not counts.documents:
                raise UserError(f"{path}: no documents here; there is nothing to count")
            counts.found = findings(path)
            made.append(counts)
            bar.advance(1, f"{name}: {counts.documents} documents")
    texts = np.concatenate([np.frombuffer(own, dtype=np.uint64) for own in hashes])
    first = np.zeros(len(texts), dtype=bool)
    first[np.unique(texts, return_index=True)[1]] = True
    start = 0
    for counts in made:
        counts.copies = counts.documents - int(first[start : start + counts.documents].sum())
        start += counts.documents
    return made


def token_counter(folder: Path) -> Callable[[list[str]], list[int]]:
    """Return a function that says how many tokens texts have, without special ones; raises UserError."""
    from polyclinic.models import load_tokenizer

    tokenizer = load_tokenizer(folder)
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)

    def count(texts: list[str]) -> list[int]:
        if backend is not None:
            return [len(one) for one in backend.encode_batch_fast(texts, add_special_tokens=False)]
        return [len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]

    return count


def findings(path: Path) -> list[Finding]:
    """Return what the steps that made an artifact found, the last first; they are looked for in the same store."""
    manifest = read_manifest(path) if path.is_dir() else None
    if manifest is None:
        return []
    made = {found.key: (found, folder) for folder, found in _manifests(path.resolve().parent)}
    found: list[Finding] = []
    waiting, seen = [manifest], {manifest.key}
    while waiting:
        one = waiting.pop(0)
        if one.kind == "corpus.deduplicate":
            found.append(_finding(one, "duplicates", ("removed_exact", "removed_near")))
        if one.kind == "corpus.decontaminate":
            touched = {f"touched_{n}": int(count) for n, count in one.facts.get("touched", {}).items()}
            acted = {str(n): int(one.facts[n]) for n in ("dropped", "cut", "marked") if n in one.facts}
            found.append(Finding(one.step, "contamination", int(one.facts.get("read", 0)), {**touched, **acted}))
        for record in one.inputs.get("documents", []):
            if record.key in made and record.key not in seen:
                seen.add(record.key)
                waiting.append(made[record.key][0])
    return found


def statistics_rows(counts: Sequence[CorpusCounts]) -> list[dict[str, Any]]:
    """Return corpus, what, name, documents and share (per cent) for all that was counted."""
    rows: list[dict[str, Any]] = []
    for one in counts:
        head = {"corpus": one.name, "documents": one.documents}
        rows.append({**head, "what": "all", "name": "documents", "share": 100.0})
        rows.append({**head, "what": "all", "name": "words", "total": one.words})
        if one.tokens is not None:
            rows.append({**head, "what": "all", "name": "tokens", "total": one.tokens})
        unit = "words" if one.tokens is None else "tokens"
        rows += [
            {**head, "what": f"{unit} of a document", "name": f"{q} % have at most", "total": one.quantile(q)}
            for q in QUANTILES
        ]
        groups = {"words": {name: one.bins[name] for name in bin_names()}, **one.values}
        groups["copies"] = {"same text as one before": one.copies, "no words": one.empty}
        for what, values in groups.items():
            ordered = list(values) if what in ("words", "copies") else sorted(values, key=lambda n: (-values[n], n))
            rows += [
                {
                    "corpus": one.name,
                    "what": what,
                    "name": name,
                    "documents": values[name],
                    "share": 100 * values[name] / one.documents,
                }
                for name in ordered
            ]
        for finding in one.found:
            rows += [
                {
                    "corpus": one.name,
                    "what": finding.what,
                    "name": f"{name.replace('_', ' ')} ({finding.step})",
                    "documents": number,
                    "share": 100 * number / max(1, finding.read),
                }
                for name, number in finding.figures.items()
            ]
    return rows


def bin_names() -> list[str]:
    """Return the names of the lengths that documents are counted by."""
    return [f"≤ {most}" for most in LENGTHS] + [f"> {LENGTHS[-1]}"]


def _count(
    counts: CorpusCounts, path: Path, count_tokens: Callable[[list[str]], list[int]] | None, samples: int, seed: int
) -> array[int]:
    """Count a corpus; return a hash of each text."""
    import numpy as np
    import xxhash

    from polyclinic.word_hashes import hash_words

    hashes = array("Q")
    drawn: list[tuple[int, int, tuple[str, str, str]]] = []  # the heap: its largest place first
    names = bin_names()
    for columns in _columns(path):
        texts = columns["text"]
        hashed = hash_words(texts)
        words = hashed.ends - hashed.starts
        hashes.extend(xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace")) for text in texts)
        counts.words += int(words.sum())
        counts.empty += int((words == 0).sum())
        for name, number in zip(*np.unique(np.searchsorted(LENGTHS, words), return_counts=True), strict=True):
            counts.bins[names[int(name)]] += int(number)
        if count_tokens is None or counts.tokens is None:
            counts.lengths.extend(words.tolist())
        else:
            tokens = count_tokens(texts)
            counts.tokens += sum(tokens)
            counts.lengths.extend(tokens)
        for name in COUNTED:
            counts.values[name].update(value or UNKNOWN for value in columns[name])
        for row, name in enumerate(columns["id"]):
            place = int.from_bytes(
                hashlib.blake2b(f"{seed}\0{name}".encode("utf-8", "replace"), digest_size=8).digest()
            )
            entry = (-place, counts.documents + row, (name, columns["title"][row], texts[row][:EXCERPT]))
            if len(drawn) < samples:
                heapq.heappush(drawn, entry)
            elif drawn and entry > drawn[0]:
                heapq.heapreplace(drawn, entry)
        counts.documents += len(texts)
    counts.samples = [sample for _, _, sample in sorted(drawn, reverse=True)]
    return hashes


def _columns(path: Path) -> Iterator[dict[str, list[str]]]:
    """Yield the fields that are looked at, some documents at a time."""
    wanted = ("id", "title", "text", *COUNTED)
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path] if path.suffix == ".parquet" else []
    if files and all(map(is_ours, files)):
        import pyarrow.parquet as pq

        for file in files:
            with pq.ParquetFile(file) as stream:
                for batch in stream.iter_batches(batch_size=BATCH_ROWS, columns=list(wanted)):
                    yield {name: texts_of(batch, name) for name in wanted}
        return
    waiting: list[Document] = []
    for document in read_records(path, Document):
        waiting.append(document)
        if len(waiting) == BATCH_ROWS:
            yield {name: [getattr(one, name) for one in waiting] for name in wanted}
            waiting = []
    if waiting:
        yield {name: [getattr(one, name) for one in waiting] for name in wanted}


def _finding(manifest: Manifest, what: str, names: Sequence[str]) -> Finding:
    figures = {name: int(manifest.facts.get(name, 0)) for name in names}
    return Finding(manifest.step, what, int(manifest.facts.get("read", 0)), figures)


def _manifests(store: Path) -> Iterator[tuple[Path, Manifest]]:
    for folder in sorted(path for path in store.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found = read_manifest(folder)
        if found is not None:
            yield folder, found
