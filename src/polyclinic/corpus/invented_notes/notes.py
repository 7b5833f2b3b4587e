"""Invented notes as a step: documents, and beside them the labels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from polyclinic.corpus.invented_notes.identifiers import LabelledNote, label_line
from polyclinic.corpus.invented_notes.marked_text import read_off
from polyclinic.corpus.invented_notes.people import draw_patient
from polyclinic.corpus.invented_notes.styles import STYLES
from polyclinic.records import Document, write_records
from polyclinic.step_settings import Settings
from polyclinic.steps import Work, step_kind

Style = Literal["dictation", "admission", "radiology", "nursing", "dialogue", "laboratory"]
EVERY_STYLE: list[Style] = ["dictation", "admission", "radiology", "nursing", "dialogue", "laboratory"]


class InventedNotesSettings(Settings):
    """How many notes, and in which styles."""

    patients: int = Field(100, ge=1, le=1_000_000, description="patients that are invented")
    most_notes: int = Field(3, ge=1, le=20, description="notes of a patient: 1 to this many, each of a drawn style")
    styles: list[Style] = Field(EVERY_STYLE, min_length=1, description="styles to draw from")


@step_kind("corpus.invented_notes", InventedNotesSettings, output="documents", version=1)
def invented_notes(settings: InventedNotesSettings, work: Work) -> None:
    """Write clinical notes about people who do not exist, with every identifier labelled.

    Beside the documents `labels.jsonl` says where identifiers stand (docs/corpus.md). The text is free (CC0-1.0) and
    no medical advice.
    """
    spans: dict[str, int] = {}
    styles: dict[str, int] = {}

    def documents() -> Iterator[Document]:
        with work.progress("patients", settings.patients) as progress, labels.open("w", encoding="utf-8") as stream:
            for note in draw_notes(settings.patients, work.seed, settings.most_notes, settings.styles):
                for span in note.spans:
                    spans[span.type] = spans.get(span.type, 0) + 1
                styles[note.style] = styles.get(note.style, 0) + 1
                progress.advance(note.id.endswith("-1"))  # the first of a patient
                stream.write(label_line(note))
                yield _document(note)

    labels = work.out / "labels.jsonl"
    count = write_records(work.out, documents(), Document)
    work.facts.update(documents=count, by_style=styles, identifiers=spans)


def draw_notes(patients: int, seed: int, most_notes: int, styles: list[Style]) -> Iterator[LabelledNote]:
    """Yield labelled notes; each patient has a generator of its own, so that more patients change none before."""
    for number in range(1, patients + 1):
        patient_id = f"invented-{number:05d}"
        draw = random.Random(f"{seed}/{patient_id}")
        patient = draw_patient(draw)
        for part in range(1, draw.randint(1, most_notes) + 1):
            style = draw.choice(styles)
            text, spans = read_off(STYLES[style](patient, draw))
            yield LabelledNote(f"{patient_id}-{part}", text, spans, style, patient_id)


def _document(note: LabelledNote) -> Document:
    return Document(
        id=note.id,
        text=note.text,
        domain="notes",
        source="polyclinic invented notes (about nobody; not medical advice)",
        license="CC0-1.0",
        metadata={"style": note.style, "patient": note.patient},
    )
