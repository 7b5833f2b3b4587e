"""Write set A: invented notes with labelled identifiers, one a line of JSON.

python generate.py --patients 300 --seed 11 --out FILE
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from set_a_notes import notes

from polyclinic.corpus.invented_notes.identifiers import label_line


def _lines(patients: int, seed: int) -> Iterator[str]:
    for note in notes(patients, seed):
        yield label_line(note)


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=300, help="how many patients; each has one to three notes")
    parser.add_argument("--seed", type=int, default=11, help="the same seed gives the same bytes")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    given = parser.parse_args()
    if given.patients < 1:
        sys.exit("--patients: expected 1 or more")
    with given.out.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_lines(given.patients, given.seed))


if __name__ == "__main__":
    main()
