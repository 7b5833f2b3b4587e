"""Licences and sources of all data in an artifact, handed on from what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from polyclinic.artifacts import read_manifest
from polyclinic.records import RECORD_TYPES, count_values

Counts = dict[str, int]  # licence or source -> records


def provenance(output: str, out: Path, inputs: Sequence[tuple[str, Path]]) -> tuple[Counts, Counts]:
    """Return the licences and the sources of an artifact, each with the number of records.

    Records say it themselves; for a model it is what its inputs say, by manifest or by record.

    Args:
        output: type of the artifact.
        out: its folder.
        inputs: type and path of everything it was made from.
    """
    if output in ("documents", "samples", "preferences"):
        return _count(out, output, "license"), _count(out, output, "source")
    licenses: Counts = {}
    sources: Counts = {}
    for type_name, path in inputs:
        manifest = read_manifest(path) if path.is_dir() else None
        if manifest is not None:
            found = (manifest.licenses, manifest.sources)
        elif type_name in RECORD_TYPES:
            found = (_count(path, type_name, "license"), _count(path, type_name, "source"))
        else:
            continue
        # The same data may come in twice, through a model and its samples: the larger count is kept.
        for total, counts in zip((licenses, sources), found, strict=True):
            for name, count in counts.items():
                total[name] = max(total.get(name, 0), count)
    return licenses, sources


def _count(path: Path, record_type: str, column: str) -> Counts:
    if record_type == "scores":
        return {}
    counts = count_values(path, RECORD_TYPES[record_type], column)
    if nameless := counts.pop("", 0):
        counts["unknown"] = counts.get("unknown", 0) + nameless
    return counts
