"""What was built, counted and drawn: by domain, category, source, language and length, beside the published shares.

Published shares: MedS-Ins, npj Digital Medicine 2025;8:58 (domains as printed, categories recovered from its overview
figure, per cent of instances).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.pages import Cell, Column, Section, figure, page, paragraph, sankey, sunburst, table
from polyclinic.records import Sample, read_records
from polyclinic.tasks.catalog import load_catalog

PUBLISHED_DOMAINS = {
    "Medical knowledge bases": 43.0,
    "Clinical texts": 35.0,
    "Academic papers": 13.0,
    "Exams": 7.0,
    "Daily conversations": 2.0,
}
PUBLISHED_CATEGORIES = {
    "Clinical Outcome Prediction": 22.36,
    "Diagnosis": 19.98,
    "Question Answering": 14.90,
    "Text Summarization": 10.99,
    "Text Completion": 9.09,
    "Explanation": 6.34,
    "Text Classification": 4.81,
    "Text Retrieval": 3.16,
    "Information Extraction": 2.95,
    "Dialogue": 2.20,
    "Named Entity Recognition": 0.81,
    "Treatment Planning": 0.62,
    "Sentence Composition Analysis": 0.58,
    "Natural Language Inference": 0.33,
    "Translation": 0.22,
    "Word Relation Classification": 0.20,
    "Intent Identification": 0.20,
    "Fact Verification": 0.19,
    "Wrong Candidate Generation": 0.07,
}
LENGTHS = (16, 64, 256, 1024, 4096)  # words of input and reply: up to 16, up to 64, ...
NOTHING = "(none)"


@dataclass
class Counts:
    """How many samples there are of each kind."""

    samples: int = 0
    ways: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)  # domain, category, source, task
    languages: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    lengths: Counter[str] = field(default_factory=Counter)
    words: int = 0

    def of(self, place: int) -> Counter[str]:
        """Return the counts by domain (0), category (1), source (2) or task (3)."""
        sums: Counter[str] = Counter()
        for way, count in self.ways.items():
            sums[way[place]] += count
        return sums


def count_samples(paths: Iterable[Path], catalog: Path | None = None) -> Counts:
    """Count samples; streams. Raises UserError when there are none."""
    tasks = load_catalog(catalog)
    counts = Counts()
    listed = list(paths)
    for path in listed:
        for sample in read_records(path, Sample):
            task = tasks.get(sample.task)
            category = task.category if task is not None else str(sample.metadata.get("category", "")) or NOTHING
            counts.samples += 1
            counts.ways[sample.domain or NOTHING, category, sample.source or NOTHING, sample.task] += 1
            counts.languages[sample.language] += 1
            counts.licenses[sample.license or "unknown"] += 1
            words = len(sample.input.split()) + len(sample.output.split())
            counts.words += words
            counts.lengths[_length(words)] += 1
    if not counts.samples:
        raise UserError(f"{', '.join(map(str, listed))}: no samples here; there is nothing to count")
    return counts


def statistics_rows(counts: Counts) -> list[dict[str, Any]]:
    """Return what, name, samples, share (per cent) and published share (per cent, where there is one)."""
    rows: list[dict[str, Any]] = []
    groups: list[tuple[str, Mapping[str, int], Mapping[str, float]]] = [
        ("domain", counts.of(0), PUBLISHED_DOMAINS),
        ("category", counts.of(1), PUBLISHED_CATEGORIES),
        ("source", counts.of(2), {}),
        ("task", counts.of(3), {}),
        ("language", counts.languages, {}),
        ("license", counts.licenses, {}),
        ("words", {name: counts.lengths[name] for name in _length_names() if name in counts.lengths}, {}),
    ]
    for what, found, published in groups:
        names = list(found) if what == "words" else sorted(found, key=lambda n: (-found[n], n))
        for name in names:
            share = 100 * found[name] / counts.samples
            rows.append(
                {"what": what, "name": name, "samples": found[name], "share": share, "published": published.get(name)}
            )
    return rows


def statistics_page(counts: Counts, title: str = "What was built") -> str:
    """Return one HTML page: sunburst (category, data set, task), Sankey (domain, category, source), tables."""
    rings: Counter[tuple[str, ...]] = Counter()
    flows: Counter[tuple[str, ...]] = Counter()
    for (domain, category, source, task), count in counts.ways.items():
        rings[category, source, task] += count
        flows[domain, category, source] += count
    rows = statistics_rows(counts)
    pictures = [
        figure(
            sunburst(
                rings,
                name="sunburst",
                title="Samples by category, data set and task",
                description=f"{counts.samples} samples; the table below says the same in figures.",
            ),
            "Category, data set and task from the middle outward; the area is the number of samples.",
        ),
        figure(
            sankey(
                flows,
                name="sankey",
                title="Samples from domain to category to source",
                description=f"{counts.samples} samples; the tables below say the same in figures.",
            ),
            "Domain, category and source; the width is the number of samples.",
        ),
    ]
    tables = []
    for what in ("domain", "category", "source", "language", "license", "words", "task"):
        own = [row for row in rows if row["what"] == what]
        with_published = what in ("domain", "category")
        columns = [Column(what), Column("samples", number=True), Column("share", "%", number=True)]
        columns += [Column("MedS-Ins as published", "%", number=True)] if with_published else []
        cells = [
            [
                row["name"],
                Cell(f"{row['samples']:,}", order=row["samples"]),
                Cell(f"{row['share']:.2f}", order=row["share"]),
                *([_published(row["published"])] if with_published else []),
            ]
            for row in own
        ]
        tables.append(table(f"By {what}", columns, cells, sortable=True))
    lead = paragraph(
        f"{counts.samples:,} samples of {len(counts.of(3))} tasks from {len(counts.of(2))} data sets, "
        f"{counts.words / counts.samples:.0f} words of input and reply on average."
    )
    return page(title, [Section("pictures", "Pictures", pictures), Section("tables", "Figures", tables)], lead=lead)


def _published(share: float | None) -> Cell:
    return Cell("–") if share is None else Cell(f"{share:.2f}", order=share)


def _length(words: int) -> str:
    names = _length_names()
    return next((name for limit, name in zip(LENGTHS, names, strict=False) if words <= limit), names[-1])


def _length_names() -> list[str]:
    return [f"≤ {limit}" for limit in LENGTHS] + [f"> {LENGTHS[-1]}"]
