"""What was built, counted and drawn: by domain, category, source, language, length, beside the published shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from polyclinic.errors import UserError
from polyclinic.pages import Cell, Column, Section, figure, page, paragraph, sankey, sunburst, svg_to_png, table
from polyclinic.records import Sample, read_records
from polyclinic.tasks.catalog import load_catalog
from polyclinic.tasks.published_shares import PUBLISHED_CATEGORIES, PUBLISHED_DOMAINS, bench_shares, source_shares

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
    titles: dict[str, str] = field(default_factory=dict)  # task of the catalog -> its name for people

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
            if task is not None:
                counts.titles[task.name] = task.title
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
    """Return what, name, samples, share, and the published shares in MedS-Ins and MedS-Bench (per cent, or None)."""
    rows: list[dict[str, Any]] = []
    groups: list[tuple[str, Mapping[str, int], Mapping[str, float]]] = [
        ("domain", counts.of(0), PUBLISHED_DOMAINS),
        ("category", counts.of(1), PUBLISHED_CATEGORIES),
        ("source", counts.of(2), source_shares()),
        ("task", counts.of(3), {}),
        ("language", counts.languages, {}),
        ("license", counts.licenses, {}),
        ("words", {name: counts.lengths[name] for name in _length_names() if name in counts.lengths}, {}),
    ]
    bench = bench_shares()
    for what, found, published in groups:
        names = list(found) if what == "words" else sorted(found, key=lambda n: (-found[n], n))
        for name in names:
            share = 100 * found[name] / counts.samples
            rows.append(
                {
                    "what": what,
                    "name": name,
                    "samples": found[name],
                    "share": share,
                    "published": published.get(name),
                    "published_bench": bench.get(name) if what == "category" else None,
                }
            )
    return rows


def statistics_pictures(counts: Counts) -> dict[str, Markup]:
    """Return the pictures as SVG: `sunburst` (category, data set, task) and `sankey` (domain, category, source)."""
    rings: Counter[tuple[str, ...]] = Counter()
    flows: Counter[tuple[str, ...]] = Counter()
    for (domain, category, source, task), count in counts.ways.items():
        rings[category, source, counts.titles.get(task, task)] += count
        flows[domain, category, source] += count
    return {
        "sunburst": sunburst(
            rings,
            name="sunburst",
            title="Samples by category, data set and task",
            description=f"{counts.samples} samples; the tables say the same in figures.",
        ),
        "sankey": sankey(
            flows,
            name="sankey",
            title="Samples from domain to category to source",
            description=f"{counts.samples} samples; the tables say the same in figures.",
        ),
    }


def write_pictures(counts: Counts, folder: Path, fonts: Sequence[Path] = ()) -> list[Path]:
    """Write `sunburst.png` and `sankey.png` into a folder, which is made; returns the files.

    Raises UserError when there is no font to write the words with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, picture in statistics_pictures(counts).items():
        files.append(folder / f"{name}.png")
        files[-1].write_bytes(svg_to_png(picture, fonts=fonts))
    return files


def statistics_page(counts: Counts, title: str = "What was built") -> str:
    """Return one HTML page: sunburst (category, data set, task), Sankey (domain, category, source), tables."""
    rows = statistics_rows(counts)
    drawn = statistics_pictures(counts)
    pictures = [
        figure(
            drawn["sunburst"],
            "Category, data set and task from the middle outward; the area is the number of samples. "
            "The shares that were published stand in the tables.",
        ),
        figure(
            drawn["sankey"],
            "Domain, category and source; the width is the number of samples. "
            "The shares that were published stand in the tables.",
        ),
    ]
    tables = []
    for what in ("domain", "category", "source", "language", "license", "words", "task"):
        own = [row for row in rows if row["what"] == what]
        with_published = what in ("domain", "category", "source")
        columns = [Column(what), Column("samples", number=True), Column("share", "%", number=True)]
        columns += [Column("MedS-Ins as published", "%", number=True)] if with_published else []
        columns += [Column("MedS-Bench as published", "%", number=True)] if what == "category" else []
        cells = [
            [
                row["name"],
                Cell(f"{row['samples']:,}", order=row["samples"]),
                Cell(f"{row['share']:.2f}", order=row["share"]),
                *([_published(row["published"])] if with_published else []),
                *([_published(row["published_bench"])] if what == "category" else []),
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
