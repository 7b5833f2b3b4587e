"""Write the notes kept apart as lines of JSON (see README.md, and who must not read them)."""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from held_out_people import subject
from held_out_styles import STYLES

from polyclinic.corpus.invented_notes.identifiers import LabelledNote, label_line
from polyclinic.corpus.invented_notes.marked_text import read_off


def draw_held_out(patients: int, seed: int) -> Iterator[LabelledNote]:
    """Yield labelled notes of so many patients, one to three of each, in drawn styles."""
    for number in range(1, patients + 1):
        patient = f"apart-{number:05d}"
        draw = random.Random(f"{seed}/{patient}")
        who = subject(draw)
        for part in range(1, draw.randint(1, 3) + 1):
            style = draw.choice(list(STYLES))
            text, spans = read_off(STYLES[style](who))
            yield LabelledNote(f"{patient}-{part}", text, spans, style, patient)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    notes = list(draw_held_out(given.patients, given.seed))
    given.out.write_text("".join(label_line(note) for note in notes), encoding="utf-8")
    print(f"{len(notes)} notes, {sum(len(note.spans) for note in notes)} identifiers: {given.out}")


if __name__ == "__main__":
    main()
