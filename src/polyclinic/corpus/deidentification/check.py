"""How well a language's rules, and further layers, find the identifiers of a labelled file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.corpus.invented_notes.marked_notes import read_labelled
from polyclinic.deidentify import Counts, load_rules, suspicions
from polyclinic.deidentify.spans import without_overlaps
from polyclinic.errors import UserError
from polyclinic.progress import Progress


@dataclass
class Checked:
    """What a check found."""

    counts: Counts
    by_style: dict[str, Counts] = field(default_factory=dict)
    held_back: int = 0  # notes that the residual gate holds back
    missed_notes: int = 0  # notes with an identifier that was missed
    missed_and_held_back: int = 0  # of these, those that the gate holds back

    def gate_rows(self) -> list[dict[str, Any]]:
        """Return what the residual gate does with the notes, as a table."""
        return [
            {"notes": "all", "n": self.counts.notes, "held_back": self.held_back},
            {"notes": "with a missed identifier", "n": self.missed_notes, "held_back": self.missed_and_held_back},
        ]


def check_labels(
    file: Path,
    *,
    rules: str = "en",
    model: Path | None = None,
    labels: Mapping[str, str] | None = None,
    presidio: bool = False,
    examples: int = 0,
    progress: Progress | None = None,
) -> Checked:
    """Return recall and precision of the de-identifier on labelled notes.

    Args:
        file: labelled notes, marked text or lines of JSON (docs/corpus.md).
        rules: language or YAML file.
        model: token-classification model folder that looks as well.
        labels: what its labels mean.
        presidio: whether presidio looks as well.
        examples: how many that were missed, and that are wrong, are kept to show.
        progress: advanced by one for each note.

    Raises UserError, naming file and line, for what is no labelled note, and when there is none.
    """
    found_rules = load_rules(rules)
    layers = []
    if model is not None:
        from polyclinic.deidentify.layers import token_classifier

        layers.append(token_classifier(model, labels))
    if presidio:
        from polyclinic.deidentify import layers as further

        layers.append(further.presidio(found_rules.words.language))
    checked = Checked(Counts(examples=examples))
    for note in read_labelled(file):
        reading = found_rules.read(note.text)
        spans = reading.spans
        if layers:
            spans = without_overlaps([*spans, *(span for layer in layers for span in layer(note.text))])
        before = sum(checked.counts.found.values())
        checked.counts.add(note.text, note.spans, spans)
        if note.style:
            checked.by_style.setdefault(note.style, Counts()).add(note.text, note.spans, spans)
        held = bool(suspicions(reading, spans, found_rules))
        missed = sum(checked.counts.found.values()) - before < len(note.spans)
        checked.held_back += held
        checked.missed_notes += missed
        checked.missed_and_held_back += held and missed
        if progress is not None:
            progress.advance()
    if not checked.counts.notes:
        raise UserError(f"{file}: no labelled notes; expected lines of JSON with id, text and spans, or marked text")
    return checked
