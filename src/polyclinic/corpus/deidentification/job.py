"""One unit of documents de-identified; what a process of corpus.deidentify does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from polyclinic.deidentify import Deidentified, Deidentifier, held_back, load_rules
from polyclinic.deidentify.dates.shifted import DateShift
from polyclinic.deidentify.surrogates import Surrogates
from polyclinic.records import Document

HELD_BACK = "held_back.jsonl"
SAMPLES = "samples.json"
LONGEST_SAMPLE = 6000  # characters of a sample
MOST_PLACES = 50  # that the side file lists of a document
LONGEST = 10_000_000  # characters of a document; a longer one is held back unread


class DeidentifyJob(msgspec.Struct, frozen=True):
    """What every unit is worked with."""

    secret: bytes
    rules: str  # language or path
    style: str
    suspicious: str  # hold, keep
    patient_fields: list[str]
    keep_metadata: list[str]
    keep_ids: bool
    model: str  # folder of a token classifier, or empty
    labels: dict[str, str]
    threshold: float
    presidio: bool
    samples: int


class Sample(msgspec.Struct):
    """A document before and after, for the page."""

    order: str  # by which samples are chosen: a hash
    id: str
    before: str
    after: str
    spans: list[tuple[int, int, str]]
    suspicions: list[tuple[int, int, str]]


def make_deidentifier(settings: bytes) -> Callable[[bytes, Path], dict[str, int]]:
    """Return what makes a part of a unit; see `polyclinic.corpus.parts`."""
    job = msgspec.msgpack.decode(settings, type=DeidentifyJob)
    layers = []
    if job.model:
        from polyclinic.deidentify.layers import token_classifier

        layers.append(token_classifier(Path(job.model), job.labels, job.threshold))
    rules = load_rules(job.rules)
    if job.presidio:
        from polyclinic.deidentify.layers import presidio

        layers.append(presidio(rules.words.language))
    worker = _Worker(job, Deidentifier(job.secret, rules, tuple(layers), job.style))
    return worker.make


class _Worker:
    def __init__(self, job: DeidentifyJob, deidentifier: Deidentifier) -> None:
        self.job, self.deidentifier = job, deidentifier

    def make(self, chunk: bytes, folder: Path) -> dict[str, int]:
        """De-identify the documents of a unit into a part, and return what was counted."""
        from polyclinic.corpus.document_units import Unit, read_unit, write_unit

        unit = msgspec.msgpack.decode(chunk, type=Unit)
        counts: dict[str, int] = {}
        samples: list[Sample] = []
        with (folder / HELD_BACK).open("wb") as side:

            def documents() -> Iterator[Document]:
                for batch in read_unit(unit):
                    for row in batch.to_pylist():
                        made = self._document(_document(row), counts, samples, side)
                        if made is not None:
                            yield made

            _add(counts, "kept", write_unit(folder, documents()))
        (folder / SAMPLES).write_bytes(msgspec.json.encode(samples))
        return counts

    def _document(
        self, document: Document, counts: dict[str, int], samples: list[Sample], side: Any
    ) -> Document | None:
        _add(counts, "documents", 1)
        patient = next(
            (str(v) for f in self.job.patient_fields if (v := document.metadata.get(f)) not in (None, "")), ""
        )
        _add(counts, "with a patient", int(bool(patient)))
        whose = patient or f"document {document.source}\0{document.id}"
        if len(document.text) > LONGEST:
            self._hold(document, counts, side, f"longer than {LONGEST} characters", ())
            return None
        result = self.deidentifier.work(document.text, whose)
        title = self.deidentifier.work(document.title, whose) if document.title else None
        for span in result.spans:
            _add(counts, f"found {span.type}", 1)
        self._sample(document.id, result, samples)
        left = [*result.suspicions, *(title.suspicions if title else ())]
        for reason in {one.reason for one in left}:
            _add(counts, f"suspicious: {reason}", 1)
        if left and self.job.suspicious == "hold":
            self._hold(document, counts, side, held_back(left), [*result.suspicions])
            return None
        _add(counts, "suspicious kept", int(bool(left)))
        return self._made(document, result, title, whose, bool(patient), bool(left))

    def _made(
        self,
        document: Document,
        result: Deidentified,
        title: Deidentified | None,
        whose: str,
        named: bool,
        left: bool,
    ) -> Document:
        mark = self.deidentifier.patient_mark
        metadata = {name: document.metadata[name] for name in self.job.keep_metadata if name in document.metadata}
        if named:
            metadata["patient"] = mark(whose)
        if left:
            metadata["suspicious"] = True
        return replace(
            document,
            id=document.id if self.job.keep_ids else f"d-{mark(f'{document.source}{chr(0)}{document.id}')}",
            text=result.text,
            title=title.text if title else "",
            date=self._date(document.date, whose),
            sections=tuple(s for s in document.sections if s in result.text),
            metadata=metadata,
        )

    def _date(self, written: str, whose: str) -> str:
        """Return when a document was written, moved as its text is; a year alone may stand."""
        if len(written) <= 4:
            return written
        rules = self.deidentifier.rules
        days = Surrogates(self.deidentifier.secret, whose, rules.words, rules.lexicon).days
        day = DateShift(rules.words, days).whole(written) if len(written) >= 10 else None
        return (day + timedelta(days=days)).isoformat() if day is not None else written[:4]

    def _hold(self, document: Document, counts: dict[str, int], side: Any, reason: str, places: Any) -> None:
        _add(counts, "held back", 1)
        row = {
            "id": document.id,
            "source": document.source,
            "reason": reason,
            "places": [{"start": p.start, "end": p.end, "reason": p.reason} for p in places[:MOST_PLACES]],
        }
        side.write(msgspec.json.encode(row) + b"\n")

    def _sample(self, name: str, result: Deidentified, samples: list[Sample]) -> None:
        """Keep the samples of the unit whose hashes are smallest."""
        if not self.job.samples:
            return
        order = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        if len(samples) == self.job.samples and order >= samples[-1].order:
            return
        end = LONGEST_SAMPLE
        spans = [(s.start, s.end, s.type) for s in result.spans if s.end <= end]
        left = [(s.start, s.end, s.reason) for s in result.suspicions if s.end <= end]
        samples.append(Sample(order, name, result.original[:end], result.text[:end], spans, left))
        samples.sort(key=lambda one: one.order)
        del samples[self.job.samples :]


def _document(row: dict[str, Any]) -> Document:
    row["metadata"] = json.loads(row["metadata"]) if row.get("metadata") else {}
    row["sections"] = tuple(row.get("sections") or ())
    return Document(**{name: value for name, value in row.items() if value is not None})


def _add(counts: dict[str, int], name: str, number: int) -> None:
    counts[name] = counts.get(name, 0) + number
