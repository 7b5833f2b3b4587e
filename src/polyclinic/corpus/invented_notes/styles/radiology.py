"""A radiology report: a short head, comparison, findings, impression, who was called."""

from __future__ import annotations

import random

from polyclinic.corpus.invented_notes import dates
from polyclinic.corpus.invented_notes.marked_text import mark
from polyclinic.corpus.invented_notes.people import Patient


def radiology(patient: Patient, draw: random.Random) -> str:
    """Write a report of an imaging study."""
    illness, person = patient.illness, patient.person
    done = draw.randint(0, 2)
    day = draw.choice([dates.day_first, dates.slashed, dates.short])
    earlier = patient.day(-draw.randint(30, 900))
    clock = f"{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}"
    caller = draw.choice([patient.resident, patient.attending, patient.nurse])
    title = "RN" if caller is patient.nurse else "MD"
    comparison = draw.choice(
        [
            f"{illness.study.split(',')[0].capitalize()} {day(earlier)}.",
            f"Chest radiograph of {dates.spelt(earlier)} and CT of {dates.month_and_year(patient.day(-400))}.",
            f"Outside study from {mark('institution', patient.clinic)}, {dates.short(earlier)}.",
            "None.",
        ]
    )
    note = [
        f"{mark('institution', patient.hospital)}   Department of Radiology",
        f"EXAM: {illness.study}  {day(patient.day(done))} {clock}",
        f"PATIENT: {mark('name', person.turned().upper())}    MRN: {mark('mrn', patient.number('mrn', '#######'))}",
        f"ACCESSION: {mark('other_id', patient.number(f'accession {done}', '@@-##-#######'))}    "
        f"DOB: {day(patient.born)}    AGE/SEX: {patient.shown_age}{'F' if person.woman else 'M'}",
        f"ORDERING: {mark('name', patient.attending.turned())}, MD",
        "",
        f"INDICATION: {patient.shown_age} year old {'woman' if person.woman else 'man'} with {illness.complaint}."
        + draw.choice(["", f" Per Dr. {mark('name', patient.resident.last)}, evaluate for {illness.name}."]),
        "",
        f"COMPARISON: {comparison}",
        "",
        "TECHNIQUE: "
        + draw.choice(["Standard protocol.", "5 mm axial images, 120 kVp. CTDIvol 12.4 mGy.", "2 views."]),
        "",
        "FINDINGS:",
        *illness.findings,
        draw.choice(
            [
                f"Compared with {dates.month_and_day(earlier)}, there is no change in the Schmorl nodes at T11-12.",
                "Images 4/22 and 5/36 show the level. Series 3, image 14 is degraded by motion.",
                "Measured 1.2 x 0.8 cm (previously 1.1 x 0.8 cm), image 2-31.",
            ]
        ),
        "",
        "IMPRESSION:",
        *[f"{number}. {line}" for number, line in enumerate(illness.impression, start=1)],
        "",
    ]
    if draw.random() < 0.6:
        note += [
            f"Findings were discussed with {mark('name', caller.full())}, {title} by phone at "
            f"{draw.randint(1, 12)}:{draw.randint(10, 59)} pm on {day(patient.day(done))}, callback "
            f"{draw.choice(['x', 'ext. '])}{mark('phone', patient.number('extension', '#-####'))}."
            if draw.random() < 0.5
            else f"Results called to Dr. {mark('name', caller.last)} on {dates.spelt_day(patient.day(done))} by "
            f"{mark('name', patient.consultant.initials)}.",
            "",
        ]
    note += [
        f"Dictated by: {mark('name', patient.consultant.full())}, M.D.",
        f"Electronically Signed by: {mark('name', patient.consultant.turned())} on {day(patient.day(done))} {clock}",
    ]
    if draw.random() < 0.3:
        note.append(
            f"Images: {mark('url', 'https://pacs.example.org/view?study=' + patient.number('study', '########'))}"
        )
    if draw.random() < 0.2:
        note.append(f"Workstation {mark('ip', patient.number('ip', '10.1#.2##.#'))}")
    return "\n".join(note)
