"""What the residual gate sees: labelled notes from which an identifier that was found is dropped, and clean notes.

    python benchmarks/deidentify_gate.py invented/labels.jsonl [more.jsonl] [--clean FILE.jsonl]

Of each note and type one labelled identifier is drawn (seed 5), what was found of it is left out, and the gate judges
the note: `seen` counts those it is suspicious of at that place, `held back` the notes it does not let go.
Then the notes as they are: how many of those with a missed identifier, and without one, it holds back. `--clean` is a
file of lines with `text`, without identifiers or nearly so: how many are held back for nothing, and why.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from polyclinic.deidentify import TYPES, load_rules, suspicions

RULES = load_rules("en")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--clean", type=Path)
    arguments = parser.parse_args()
    dropped(arguments.files)
    for file in arguments.files:
        as_they_are(file)
    if arguments.clean:
        clean(arguments.clean)


def dropped(files: list[Path]) -> None:
    """Print by type what the gate sees of an identifier that is left out."""
    rng = random.Random(5)
    asked, seen, held = Counter[str](), Counter[str](), Counter[str]()
    for note in (note for file in files for note in lines(file)):
        text, labels = note["text"], note["spans"]
        reading = RULES.read(text)
        spans = reading.spans
        for kind in sorted({label["type"] for label in labels}):
            label = rng.choice([one for one in labels if one["type"] == kind])
            rest = [span for span in spans if span.end <= label["start"] or span.start >= label["end"]]
            if len(rest) == len(spans):
                continue
            found = suspicions(reading, rest, RULES)
            asked[kind] += 1
            seen[kind] += any(one.start < label["end"] and one.end > label["start"] for one in found)
            held[kind] += bool(found)
    print("| dropped | n | seen | held back |\n|---|---|---|---|")
    for kind in (kind for kind in TYPES if asked[kind]):
        print(f"| {kind} | {asked[kind]} | {seen[kind] / asked[kind]:.3f} | {held[kind] / asked[kind]:.3f} |")


def as_they_are(file: Path) -> None:
    """Print how many notes with and without a missed identifier are held back."""
    missed, held, of = Counter[bool](), Counter[bool](), 0
    for note in lines(file):
        text = note["text"]
        reading = RULES.read(text)
        spans = reading.spans
        covered = bytearray(len(text))
        for span in spans:
            covered[span.start : span.end] = b"\x01" * (span.end - span.start)
        lost = any(text[i].isalnum() and not covered[i] for s in note["spans"] for i in range(s["start"], s["end"]))
        missed[lost] += 1
        held[lost] += bool(suspicions(reading, spans, RULES))
        of += 1
    print(f"\n{file}: {of} notes; {held[True]} of {missed[True]} with a missed identifier are held back, ", end="")
    print(f"{held[False]} of {missed[False]} without")


def clean(file: Path) -> None:
    """Print how many notes without identifiers are held back, and the reasons."""
    held, of, reasons = 0, 0, Counter[str]()
    for note in lines(file):
        reading = RULES.read(note["text"])
        found = suspicions(reading, reading.spans, RULES)
        held, of = held + bool(found), of + 1
        reasons.update({one.reason for one in found})
    print(f"\n{file}: {held} of {of} held back; {dict(reasons.most_common())}")


def lines(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
