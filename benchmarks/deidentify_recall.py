"""Recall and precision of de-identification by type on labelled notes, by style, and what the residual gate catches.

    polyclinic corpus invented_notes --patients 300 --seed 7 --out invented
    python benchmarks/deidentify_recall.py seen=invented/labels.jsonl [kept-apart=FILE] [--model DIR] [--examples 10]

Each argument is a name and a file of labelled notes (docs/corpus.md), a line of JSON each. An identifier is found
when every letter and digit of it is covered; a span is right when half of it is labelled. 95% intervals (Wilson).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from polyclinic.corpus.deidentification.check import Checked, check_labels
from polyclinic.deidentify import Counts

NUMBERS = (*("ssn", "mrn", "health_plan", "account", "license", "vehicle", "device", "biometric", "other_id"),)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="name=labels.jsonl, or the file alone")
    parser.add_argument("--rules", default="en")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--examples", type=int, default=0)
    arguments = parser.parse_args()
    for one in arguments.files:
        name, sign, path = one.partition("=")
        file = Path(path if sign else one)
        checked = check_labels(file, rules=arguments.rules, model=arguments.model, examples=arguments.examples)
        report(name if sign else file.stem, checked)


def report(name: str, checked: Checked) -> None:
    """Print the tables of one file."""
    print(f"\n## {name}: {checked.counts.notes} notes\n")
    print("| type | n | recall | 95% | partly | spans | precision | 95% |")
    print("|---|---|---|---|---|---|---|---|")
    for row in [*checked.counts.rows(), ids(checked.counts)]:
        print(line(row))
    for style, counts in sorted(checked.by_style.items()):
        rows = {row["type"]: row for row in counts.rows()}
        asked = [rows[kind] for kind in ("name", "date", "phone", "all") if kind in rows]
        shown = "; ".join(f"{r['type']} {share(r['recall'])} / {share(r['precision'])} (n {r['n']})" for r in asked)
        print(f"\n{style}, recall / precision: {shown}")
    for row in checked.gate_rows():
        print(f"\ngate: of {row['n']} notes ({row['notes']}) {row['held_back']} are held back")
    for kind, _, context in checked.counts.missed:
        print(f"missed {kind}: {context}")
    for kind, _, context in checked.counts.wrong:
        print(f"wrong {kind}: {context}")


def ids(counts: Counts) -> dict[str, Any]:
    """Return the row of all numbers that identify someone, taken together."""
    together = Counts()
    for field in ("labelled", "found", "partly", "same_type", "spans", "right"):
        for kind in NUMBERS:
            getattr(together, field)["other_id"] += getattr(counts, field)[kind]
    return {**together.rows()[0], "type": "all numbers (ids)"}


def line(row: dict[str, Any]) -> str:
    """Return a row of a table."""
    recall = f"{share(row['recall'])} | {share(row['recall_low'])}-{share(row['recall_high'])}"
    precision = f"{share(row['precision'])} | {share(row['precision_low'])}-{share(row['precision_high'])}"
    return f"| {row['type']} | {row['n']} | {recall} | {row['partly']} | {row['spans']} | {precision} |"


def share(value: float | None) -> str:
    """Return a share as people read it."""
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
