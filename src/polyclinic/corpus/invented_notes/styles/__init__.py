"""The ways in which invented notes are written: a function of a patient for each, giving marked text."""

from polyclinic.corpus.invented_notes.styles.admission import admission
from polyclinic.corpus.invented_notes.styles.dialogue import dialogue
from polyclinic.corpus.invented_notes.styles.dictation import dictation
from polyclinic.corpus.invented_notes.styles.laboratory import laboratory
from polyclinic.corpus.invented_notes.styles.nursing import nursing
from polyclinic.corpus.invented_notes.styles.radiology import radiology

STYLES = {
    "dictation": dictation,
    "admission": admission,
    "radiology": radiology,
    "nursing": nursing,
    "dialogue": dialogue,
    "laboratory": laboratory,
}
__all__ = ["STYLES", "admission", "dialogue", "dictation", "laboratory", "nursing", "radiology"]
