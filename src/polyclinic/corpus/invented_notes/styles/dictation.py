"""A discharge summary as a typist wrote it down from a dictation: long sentences, headings in capitals."""

from __future__ import annotations

import random

from polyclinic.corpus.invented_notes import dates
from polyclinic.corpus.invented_notes.marked_text import mark, wrap
from polyclinic.corpus.invented_notes.people import Patient
from polyclinic.corpus.invented_notes.sentences import about, history


def dictation(patient: Patient, draw: random.Random) -> str:
    """Write a dictated discharge summary."""
    illness, person = patient.illness, patient.person
    left = draw.randint(2, 9)
    mrn = patient.number("mrn", "#######")
    hospital = mark("institution", patient.hospital)
    date_in_head = draw.choice([dates.slashed, dates.slashed, dates.spelt])
    kin = patient.relative
    name = draw.choice([person.turned(), person.turned().upper(), person.full()])
    lines = [
        hospital.upper(),
        "DISCHARGE SUMMARY",
        "",
        f"PATIENT NAME:  {mark('name', name)}",
        f"MEDICAL RECORD NUMBER:  {mark('mrn', mrn)}",
        f"DATE OF BIRTH:  {date_in_head(patient.born)}",
        f"DATE OF ADMISSION:  {date_in_head(patient.admitted)}",
        f"DATE OF DISCHARGE:  {date_in_head(patient.day(left))}",
        f"ATTENDING PHYSICIAN:  {mark('name', patient.attending.full())}, M.D.",
        "",
        f"ADMITTING DIAGNOSIS:  {illness.complaint.capitalize()}.",
        f"DISCHARGE DIAGNOSIS:  {illness.name.capitalize()}.",
        "",
        "HISTORY OF PRESENT ILLNESS:",
        " ".join(
            [
                f"{person.title} {mark('name', person.last)} is a {patient.shown_age}-year-old {patient.sex} with "
                f"{illness.past.split(',')[0]}, who was brought to the emergency room by {patient.her} "
                f"{patient.relation}, {mark('name', kin.full())}, with {illness.complaint}.",
                *history(patient),
                draw.choice(
                    [
                        f"{patient.she.capitalize()} was last seen by Dr. {mark('name', patient.family_doctor.last)} "
                        f"on {dates.spelt_day(patient.day(-40))}.",
                        f"{patient.she.capitalize()} lives at {mark('institution', patient.nursing_home)} in "
                        f"{mark('city', patient.town)}.",
                        f"{patient.she.capitalize()} was transferred from "
                        f"{mark('institution', patient.nursing_home)} "
                        f"in {mark('city', patient.county)} on {dates.month_and_day(patient.admitted)}.",
                        f"{patient.she.capitalize()} worked for {mark('institution', patient.employer)} until 2004.",
                    ]
                ),
            ]
        ),
        "",
        "PAST MEDICAL HISTORY:",
        f"{illness.past}.",
        "",
        "PHYSICAL EXAMINATION:",
        f"On admission blood pressure was {draw.randint(102, 178)}/{draw.randint(58, 98)}, pulse "
        f"{draw.randint(62, 118)}, respirations {draw.randint(14, 28)}, temperature 9{draw.randint(7, 9)}."
        f"{draw.randint(0, 9)}. " + " ".join(illness.examination),
        "",
        "HOSPITAL COURSE:",
        " ".join(
            [
                *[about(patient, sentence) for sentence in illness.course],
                f"Dr. {mark('name', patient.consultant.last)} from the consulting service saw the patient on "
                f"{dates.spelt(patient.day(1))} and agreed.",
                f"On {dates.month_and_day(patient.day(left - 1))}, the findings were discussed with "
                f"{mark('name', kin.first)}, who can be reached at {mark('phone', patient.phone('relative'))}.",
            ]
        ),
        "",
        "DISCHARGE MEDICATIONS:",
        *[f"{number}.  {drug}." for number, drug in enumerate(illness.drugs, start=1)],
        "",
        "DISPOSITION:",
        f"Discharged to home. {' '.join(illness.plan)} Follow up with Dr. "
        f"{mark('name', patient.family_doctor.full())} at {mark('institution', patient.clinic)} on "
        f"{dates.slashed(patient.day(left + 12))} at {draw.randint(8, 11)}:{draw.choice(['00', '15', '30', '45'])} "
        f"a.m., telephone {mark('phone', patient.phone('clinic'))}.",
        "",
        "_" * 30,
        f"{mark('name', patient.attending.full())}, M.D.",
        "",
        f"{mark('name', patient.attending.initials)}/{mark('name', patient.nurse.initials.lower())}",
        f"D:  {dates.slashed(patient.day(left))}  {draw.randint(10, 22)}:{draw.randint(10, 59)}",
        f"T:  {dates.slashed(patient.day(left + 1))}  0{draw.randint(1, 9)}:{draw.randint(10, 59)}",
        f"Job #:  {mark('other_id', patient.number('job', '######'))}",
    ]
    if draw.random() < 0.5:
        lines.append(
            f"cc:  {mark('name', patient.family_doctor.full())}, M.D., fax {mark('fax', patient.phone('fax'))}"
        )
    return wrap("\n".join(lines), draw.choice([72, 80, 1000]))
