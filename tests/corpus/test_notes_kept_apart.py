"""The labelled notes for measuring are whole and the same each time: those kept apart, and those that once were."""

import subprocess
import sys
from pathlib import Path

import pytest

from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS, read_labels
from polyclinic.corpus.invented_notes.marked_notes import read_marked

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RARE = {
    "biometric",
    "ip",
    "photo",
    "account",
    "device",
    "vehicle",
    "url",
    "ssn",
}  # too rare to ask for in so few notes


@pytest.mark.parametrize(
    ("folder", "patients", "styles"),
    [("deid_held_out", 60, 15), ("deid_opened_first", 60, 6), ("deid_opened_second", 80, 17)],
)
def test_notes_for_measuring_have_sound_labels_and_a_seed_gives_the_same_bytes(
    folder: str, patients: int, styles: int, tmp_path: Path
) -> None:
    made = []
    for name in ("first", "again"):
        command = [
            sys.executable,
            str(BENCHMARKS / folder / "generate.py"),
            "--patients",
            str(patients),
            "--seed",
            "3",
        ]
        subprocess.run([*command, "--out", str(tmp_path / name)], check=True, capture_output=True)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    types, found = set(), set()
    for note in read_labels(tmp_path / "first"):
        found.add(note.style)
        for span in note.spans:
            types.add(span.type)
            assert note.text[span.start : span.end].strip() == note.text[span.start : span.end]
    assert len(found) == styles
    assert types >= set(IDENTIFIERS) - RARE


@pytest.mark.parametrize("folder", ["deid_notes", "deid_held_out_written"])
def test_notes_written_by_hand_can_be_read_and_name_people(folder: str) -> None:
    files = sorted((Path(__file__).parents[2] / "benchmarks" / folder).glob("*.txt"))
    notes = [note for file in files for note in read_marked(file)]
    assert len(notes) > 250
    assert len({note.text for note in notes}) == len(notes)
    assert sum(span.type == "name" for note in notes for span in note.spans) > 5 * len(notes)
