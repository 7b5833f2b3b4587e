"""What a clinical case holds. Templates may have the keys of set_a_scene."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: names of the diagnosis, the steps as they are dictated, an implant (kind, maker and model)."""

    title: str
    before: str
    anesthesia: str
    blood_loss: str
    steps: tuple[str, ...]
    implant: str = ""


@dataclass(frozen=True, slots=True)
class Pathology:
    """A specimen and what was seen."""

    specimen: str
    gross: str
    microscopic: str
    diagnosis: str


@dataclass(frozen=True, slots=True)
class Imaging:
    """An examination by images."""

    title: str
    technique: str
    findings: tuple[str, ...]
    impression: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """An illness with the words of its specialty; `sex` is "F", "M" or "" for both."""

    key: str
    specialty: str
    sex: str
    ages: tuple[int, int]
    complaint: str
    diagnosis: str
    story: tuple[str, ...]
    history: tuple[str, ...]
    drugs: tuple[str, ...]
    allergies: str
    exam: tuple[str, ...]
    labs: tuple[str, ...]
    imaging: Imaging
    course: tuple[str, ...]
    plan: tuple[str, ...]
    lay: tuple[str, ...]  # what the patient says or writes
    nurse: tuple[str, ...]  # what a nurse charts, short
    operation: Operation | None = None
    pathology: Pathology | None = None
