"""Rows of a file of any tabular kind, by its ending: what readers of options, pairs and relations begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyclinic.tasks.readers import delimited, json_rows, parquet_rows, workbook
from polyclinic.tasks.readers.compressed import plain_name
from polyclinic.tasks.readers.row import Bad, Row
from polyclinic.tasks.source import Source


def read(file: Path, source: Source) -> Iterator[Row | Bad]:
    """Yield the rows of a .csv, .tsv, .jsonl, .json, .parquet or .xlsx file, also compressed (.gz, .zst)."""
    name = plain_name(file)
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return json_rows.read(file, source)
    if name.endswith(".parquet"):
        return parquet_rows.read(file, source)
    if name.endswith(".xlsx"):
        return workbook.read(file, source)
    return delimited.read(file, source)
