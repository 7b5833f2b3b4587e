"""What an illness gives to notes: sentences by section, as templates that the writer fills in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One illness. `[a|b]` in a template is a choice, `{slot}` is filled by the writer."""

    name: str
    specialty: str
    ages: tuple[int, int]
    sex: str  # F, M or nothing for both
    complaint: str
    story: tuple[str, ...]
    history: tuple[str, ...]
    drugs: tuple[str, ...]
    allergies: tuple[str, ...]
    exam: tuple[str, ...]
    results: tuple[str, ...]
    course: tuple[str, ...]
    plan: tuple[str, ...]
    diagnoses: tuple[str, ...]
    procedure: str
    operation: tuple[str, ...]
    ward: tuple[str, ...]
    calls: tuple[str, ...]
    talk: tuple[tuple[str, str], ...]


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text; one that begins with a space goes on with the line before."""
    return tuple(text.strip("\n").replace("\n ", " ").split("\n"))


def items(text: str) -> tuple[str, ...]:
    """Return what stands between semicolons."""
    return tuple(" ".join(item.split()) for item in text.split(";"))


def case(
    name: str,
    specialty: str,
    ages: tuple[int, int],
    complaint: str,
    *,
    story: str,
    history: str,
    drugs: str,
    allergies: str,
    exam: str,
    results: str,
    course: str,
    plan: str,
    diagnoses: str,
    ward: str,
    calls: str,
    talk: str,
    sex: str = "",
    procedure: str = "",
    operation: str = "",
) -> Case:
    """Read the sections of a case; a line of `talk` is a question, a bar and an answer."""
    exchanges = [line.partition(" || ") for line in lines(talk)]
    return Case(
        name=name,
        specialty=specialty,
        ages=ages,
        sex=sex,
        complaint=complaint,
        story=lines(story),
        history=items(history),
        drugs=items(drugs),
        allergies=items(allergies),
        exam=lines(exam),
        results=lines(results),
        course=lines(course),
        plan=lines(plan),
        diagnoses=items(diagnoses),
        procedure=procedure,
        operation=lines(operation),
        ward=lines(ward),
        calls=lines(calls),
        talk=tuple((question, answer) for question, _, answer in exchanges),
    )


_GROWN = (
    "granddaughter", "anniversary", "colonoscopy", "cataracts", "came here", "attorney", "roommate", "used to live",
    "winter with", "retired in", "went to {school}", "brother-in-law", "138/82", "niece", "Rev.",
)  # fmt: skip
_ADULT = (
    "Pap smear", "Marlboro", "Hemoccult", "Cardiac Risk", "seborrheic", "Heberden", "CPAP", "Kellgren", "Bosniak",
    "bundle branch", "ASA class", "Caprini", "Shingrix", "Aldrete", "Barthel", "Mediterranean", "hiatal", "Lipids",
)  # fmt: skip
_NOT_HERS = ("BPH",)
_NOT_HIS = ("hCG", "oral contraceptive", "Pap smear")
_NOT_NOW = ("worked", "was a ", "was laid off", "retired", "father of")


def possible_for(template: str, age: int, female: bool) -> bool:
    """Whether a template is possible for a patient's sex and age, work and school among it."""
    if any(word in template for word in (_NOT_HERS if female else _NOT_HIS)):
        return False
    if (age < 45 and any(word in template for word in _GROWN)) or (
        age < 18 and any(word in template for word in _ADULT)
    ):
        return False
    at_work = "{emp}" in template or "teaches" in template
    return 16 <= age <= 68 or not at_work or any(word in template for word in _NOT_NOW)
