"""Checks of samples that were built: each task of them by the rules for items."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from polyclinic.records import Sample, count_values, read_records
from polyclinic.tasks.catalog import load_catalog
from polyclinic.tasks.findings import Finding
from polyclinic.tasks.item_checks import ItemChecks
from polyclinic.tasks.source_items import Item


def is_samples(path: Path) -> bool:
    """Return whether a path holds samples rather than a task file, some of which are called .jsonl too."""
    if path.is_dir():
        return any(path.glob("*.parquet"))
    if path.suffix == ".jsonl" and path.is_file():
        with path.open("rb") as stream:
            try:
                first = json.loads(stream.readline())
            except ValueError:
                return False
        return isinstance(first, dict) and {"id", "task", "output"} <= set(first)
    return path.name.endswith((".parquet", ".jsonl.gz", ".csv"))


def sample_findings(path: Path, catalog: Path | None = None) -> Iterator[Finding]:
    """Yield what is wrong with samples; those of restricted tasks may show marks of de-identified notes.

    Raises UserError when they cannot be read.
    """
    known = load_catalog(catalog)
    checks: dict[str, ItemChecks] = {}
    for sample, item in _both(path):
        if sample.task not in checks:
            task = known.get(sample.task)
            checks[sample.task] = ItemChecks(sample.task, restricted=task is not None and task.access != "open")
        yield from checks[sample.task].see(item)
        if not item.input.strip() or not sample.output.strip():
            yield Finding(sample.task, item.place, "error", "empty", "input or output is empty")
    for check in checks.values():
        yield from check.finish()
    for name, number in count_values(path, Sample, "license").items():
        if name in ("", "unknown"):
            message = f"the licence of {number} samples is {name or 'not said'}; check it before use"
            yield Finding("", str(path), "warning", "license", message)


def sample_items(path: Path) -> Iterator[Item]:
    """Yield samples as items, with file and number."""
    return (item for _, item in _both(path))


def _both(path: Path) -> Iterator[tuple[Sample, Item]]:
    for number, sample in enumerate(read_records(path, Sample), start=1):
        # Perplexity items are outputs alone.
        text = sample.input or sample.output
        yield sample, Item(sample.id, f"{path}, sample {number}", text, (sample.output,), sample.document)
