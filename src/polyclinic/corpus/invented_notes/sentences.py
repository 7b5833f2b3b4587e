"""Sentences of an illness, with the patient's pronouns put in."""

from __future__ import annotations

from polyclinic.corpus.invented_notes.marked_text import mark
from polyclinic.corpus.invented_notes.people import Patient


def about(patient: Patient, sentence: str) -> str:
    """Return the sentence with {She}, {she} and {her} filled in."""
    return sentence.format(She=patient.she.capitalize(), she=patient.she, her=patient.her)


def history(patient: Patient) -> list[str]:
    """Return the sentences of the illness's history."""
    return [about(patient, sentence) for sentence in patient.illness.history]


def residence(patient: Patient) -> str:
    """Street, town, state and ZIP code in one line; states are no identifiers."""
    street, town = mark("address", patient.address), mark("city", patient.town)
    return f"{street}, {town}, {patient.state} {mark('zip', patient.zip)}"
