"""Patients, visits and the styles of their notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random

from set_a_cases_medical import MEDICAL_CASES
from set_a_cases_neurology import NEUROLOGY_CASES
from set_a_cases_surgical import SURGICAL_CASES
from set_a_cases_tumor import TUMOR_CASES
from set_a_cases_young import YOUNG_CASES
from set_a_dates import draw_forms
from set_a_numbers import group_number, member_number, phone, record_number, social_security
from set_a_people import Person, draw_person, draw_relatives
from set_a_places import UK_TOWNS, US_TOWNS, institution, postal, street
from set_a_scene import Patient, Scene
from set_a_styles_dictated import death_summary, discharge_summary, operative_report
from set_a_styles_letters import clinic_letter, referral_fax
from set_a_styles_messages import portal_thread, telephone, transcript
from set_a_styles_nursing import home_visit, icu_progress, triage
from set_a_styles_printed import laboratory, pathology, radiology, registration
from set_a_styles_social import social_work, therapy
from set_a_text import british, clean

from polyclinic.corpus.invented_notes.identifiers import LabelledNote
from polyclinic.corpus.invented_notes.marked_text import read_off

CASES = (*MEDICAL_CASES, *NEUROLOGY_CASES, *TUMOR_CASES, *SURGICAL_CASES, *YOUNG_CASES)
# Style: how it is written, its weight, whether British hospitals have it in this form.
STYLES: dict[str, tuple[Callable[[Scene], str], int, bool]] = {
    "discharge summary": (discharge_summary, 13, False),
    "operative report": (operative_report, 20, False),
    "death summary": (death_summary, 16, False),
    "radiology": (radiology, 8, True),
    "pathology": (pathology, 16, True),
    "laboratory": (laboratory, 5, True),
    "registration": (registration, 8, False),
    "clinic letter": (clinic_letter, 8, True),
    "referral fax": (referral_fax, 7, False),
    "portal thread": (portal_thread, 9, False),
    "telephone": (telephone, 6, False),
    "transcript": (transcript, 6, True),
    "triage": (triage, 14, False),
    "icu progress": (icu_progress, 30, False),
    "home visit": (home_visit, 11, False),
    "social work": (social_work, 8, False),
    "therapy": (therapy, 150, False),
}
_INTENSIVE = {"heart failure", "COPD and pneumonia", "stroke", "diabetic ketoacidosis", "dialysis line sepsis"}
_MORTAL = {
    "heart failure",
    "COPD and pneumonia",
    "stroke",
    "dialysis line sepsis",
    "hip fracture",
    "Parkinson's disease and falls",
}
_AT_EASE = {"portal thread", "telephone", "clinic letter", "transcript", "home visit", "referral fax"}
_DEGREES = ("MD", "MD", "MD", "DO", "MD, PhD", "MBBS", "MD")


def fits(style: str, patient: Patient) -> bool:
    """Return whether a patient has notes of this style."""
    case = patient.case
    if patient.british and not STYLES[style][2]:
        return False
    if case.key == "dialysis line sepsis" and style in _AT_EASE:
        return False
    match style:
        case "operative report":
            return case.operation is not None
        case "pathology":
            return case.pathology is not None
        case "icu progress":
            return case.key in _INTENSIVE
        case "death summary":
            return case.key in _MORTAL
        case "therapy":
            return case.key == "depression"
        case "triage":
            return case.key not in ("prostate cancer", "breast cancer", "melanoma", "knee replacement")
        case "home visit":
            return case.key not in ("depression", "preeclampsia", "childhood asthma")
    return True


def draw_patient(random: Random, number: int) -> Patient:
    """Draw a patient with an illness, a town, relatives and a family doctor."""
    case = random.choice(CASES)
    low, high = case.ages
    age = random.randint(low, high) if high < 90 or random.random() < 0.7 else random.randint(86, high)
    female = case.sex == "F" or (case.sex == "" and random.random() < 0.52)
    british_ = random.random() < 0.17
    town = random.choice(UK_TOWNS if british_ else US_TOWNS)
    person = draw_person(random, female)
    today = date(2009, 1, 1) + timedelta(days=random.randint(0, 5900))
    born = today - timedelta(days=age * 36525 // 100 + random.randint(20, 340))
    phones = (phone(random, town), phone(random, town))
    relatives = draw_relatives(random, person, age, phones)
    words = [re.sub(r"[^a-z]", "", _ascii(word).lower()) for word in (person.given, person.family)]
    box = random.choice(
        [
            f"{words[0]}.{words[1]}",
            f"{words[0][0]}{words[1]}{random.randint(1, 99)}",
            f"{words[1]}{born.year % 100:02d}",
        ]
    )
    mail = (
        f"{box}@{random.choice(['gmail.com', 'yahoo.com', 'hotmail.com', 'aol.com', 'comcast.net', 'outlook.com'])}"
    )
    doctor = draw_person(random, random.random() < 0.5, degree=random.choice(_DEGREES), staff=True)
    return Patient(
        id=f"set-a-{number:05d}",
        person=person,
        born=born,
        first_visit=today,
        case=case,
        town=town,
        street=street(random, british_),
        postal=postal(random, town),
        phone=phone(random, town),
        mobile=phone(random, town),
        email=mail,
        mrn=record_number(random, british_),
        ssn=social_security(random),
        member=member_number(random),
        group=group_number(random),
        relatives=relatives,
        family_doctor=doctor,
        hospital=institution(random, "hospital", town),
        clinic=institution(random, "clinic", town),
        pharmacy=institution(random, "pharmacy", town),
        nursing_home=institution(random, "home", town),
        occupation=institution(random, "school" if age < 18 else "work", town),
    )


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def draw_staff(random: Random) -> list[Person]:
    """Draw the clinicians of a visit; the last is a resident, assistant or typist."""
    staff = [
        draw_person(random, random.random() < 0.45, degree=random.choice(_DEGREES), staff=True) for _ in range(4)
    ]
    staff.append(
        draw_person(random, random.random() < 0.6, degree=random.choice(["MD", "PA-C", "NP", "MD"]), staff=True)
    )
    return staff


def notes(patients: int, seed: int) -> Iterator[LabelledNote]:
    """Yield the notes of that many patients, one to three for each."""
    for number in range(patients):
        random = Random(f"set A {seed} {number}")
        patient = draw_patient(random, number)
        today = patient.first_visit
        left = [style for style in STYLES if fits(style, patient)]
        for which in range(random.choice([1, 2, 2, 3])):
            if not left:
                break
            style = random.choices(left, [STYLES[name][1] for name in left])[0]
            left.remove(style)
            scene = Scene(random, patient, today, draw_forms(random, patient.british), draw_staff(random))
            marked = clean(STYLES[style][0](scene))
            text, spans = read_off(british(marked) if patient.british else marked)
            yield LabelledNote(f"{patient.id}-{which + 1}", text, spans, style, patient.id)
            if style == "death summary":
                break
            today += timedelta(days=random.choice([0, 1, 3, 9, 21, 40]))
