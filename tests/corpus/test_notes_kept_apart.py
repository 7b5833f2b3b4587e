"""The labelled notes that are kept apart for measuring are whole and the same each time."""

import subprocess
import sys
from pathlib import Path

from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS, read_labels

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "deid_held_out" / "generate.py"


def test_notes_kept_apart_have_sound_labels_and_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("first", "again"):
        command = [sys.executable, str(SCRIPT), "--patients", "60", "--seed", "3", "--out", str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    types, styles = set(), set()
    for note in read_labels(tmp_path / "first"):
        styles.add(note.style)
        for span in note.spans:
            types.add(span.type)
            assert note.text[span.start : span.end].strip() == note.text[span.start : span.end]
    assert len(styles) == 6
    assert types >= set(IDENTIFIERS) - {"biometric", "ip", "photo", "account"}
