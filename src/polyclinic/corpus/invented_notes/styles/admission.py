"""An admission note from the templates of an electronic record: a face sheet, fields, lists, a signature line."""

from __future__ import annotations

import random

from polyclinic.corpus.invented_notes import dates
from polyclinic.corpus.invented_notes.marked_text import mark
from polyclinic.corpus.invented_notes.people import Patient
from polyclinic.corpus.invented_notes.sentences import history, residence


def admission(patient: Patient, draw: random.Random) -> str:
    """Write a templated history and physical."""
    illness, person = patient.illness, patient.person
    mrn = mark("mrn", patient.number("mrn", "#######"))
    kin = patient.relative
    name = person.turned() if draw.random() < 0.7 else person.turned().upper()
    mail = f"{person.first}.{person.last}{draw.choice(['', '1', '77'])}@{draw.choice(['example.com', 'example.org'])}"
    face = [
        f"Patient: {mark('name', name)}   MRN: {mrn}   DOB: {dates.slashed(patient.born)} "
        f"({patient.shown_age} y.o. {'F' if person.woman else 'M'})",
        f"CSN: {mark('other_id', patient.number('visit', '#########'))}   Admit date: "
        f"{dates.slashed(patient.admitted)}"
        f"   Room: {draw.randint(2, 9)}{draw.randint(100, 60 * 10)}-{draw.choice('AB')}",
        f"Address: {residence(patient)}",
        f"Home Phone: {mark('phone', patient.phone('home'))}   Mobile: {mark('phone', patient.phone('mobile'))}",
        f"SSN: {mark('ssn', draw.choice(['xxx-xx-', '***-**-', 'XXX-XX-']) + patient.number('ssn', '####'))}"
        if draw.random() < 0.4
        else f"SSN: {mark('ssn', patient.number('ssn whole', '###-##-####'))}",
        f"Insurance: {patient.plan}   Member ID: {mark('health_plan', patient.number('member', '@@@#########'))}"
        f"   Group: {mark('health_plan', patient.number('group', '#####'))}",
        f"Guarantor Acct: {mark('account', patient.number('account', '##########'))}",
        f"Emergency contact: {mark('name', kin.full())} ({patient.relation}) "
        f"{mark('phone', patient.phone('relative'))}",
        f"Email: {mark('email', mail.lower())}",
        f"Driver's Lic: {mark('license', patient.number('licence', '@###-####-####'))} ({patient.state})",
        f"PCP: {mark('name', patient.family_doctor.full())}, MD   {mark('institution', patient.clinic)}   "
        f"Fax: {mark('fax', patient.phone('fax'))}",
    ]
    kept = [face[0], face[1], *[line for line in face[2:] if draw.random() < 0.6]]
    note = [
        "=" * 60,
        "HISTORY AND PHYSICAL",
        mark("institution", patient.hospital),
        "=" * 60,
        *kept,
        "-" * 60,
        "",
        "Chief Complaint",
        f"Patient presents with: {illness.complaint}",
        "",
        "HPI",
        f"{mark('name', person.full())} is a {patient.shown_age} y.o. {patient.sex} who presents with "
        f"{illness.complaint}. " + " ".join(history(patient)),
        "",
        "Past Medical History:",
        *[f"  - {entry}" for entry in illness.past.split(", ")],
        f"  - Influenza vaccine {dates.month_and_year(patient.day(-draw.randint(20, 300)))}",
        "",
        "Social History",
        f"  Occupation: retired from {mark('institution', patient.employer)}"
        if patient.age > 64
        else f"  Employer: {mark('institution', patient.employer)}",
        f"  Lives in {mark('city', patient.town)} with {patient.relation} {mark('name', kin.first)}. "
        f"Tobacco: quit in {patient.admitted.year - draw.randint(2, 20)}. EtOH: 1-2 drinks/wk.",
        "",
        "Home Medications",
        *[f"  [ ] {drug}" for drug in illness.drugs],
        f"  Last fill {dates.slashed(patient.day(-draw.randint(5, 60)))}, dispense #{draw.choice([30, 60, 90])}, "
        f"refills {draw.randint(0, 5)}",
        "",
        "Vitals",
        f"  BP {draw.randint(100, 180)}/{draw.randint(55, 99)} | Pulse {draw.randint(58, 120)} | Temp "
        f"{draw.randint(97, 101)}.{draw.randint(0, 9)} F | Resp {draw.randint(12, 28)} | SpO2 "
        f"{draw.randint(88, 99)}% "
        f"| Wt {draw.randint(50, 130)}.{draw.randint(0, 9)} kg | BMI {draw.randint(19, 41)}.{draw.randint(10, 99)}",
        "",
        "Exam",
        *[f"  {line}" for line in illness.examination],
        "",
        "Labs",
        *[
            f"  {test:<16}{value:>8} {unit}  ({usual})  {dates.month_and_day(patient.admitted)} 0{draw.randint(3, 7)}"
            f"{draw.randint(10, 59)}"
            for test, value, unit, usual in illness.results
        ],
        "",
        "Assessment / Plan",
        f"1. {illness.name.capitalize()}: " + " ".join(illness.plan),
        f"2. Code status: Full. Discussed with {patient.relation} at bedside, "
        f"{dates.short(patient.admitted)} {draw.randint(10, 23)}:{draw.randint(10, 59)}.",
    ]
    if draw.random() < 0.4:
        note.append(
            f"3. {illness.device}, S/N {mark('device', patient.number('device', '@@@######'))}, placed "
            f"{dates.month_and_year(patient.day(-draw.randint(300, 2000)))}, last checked "
            f"{dates.slashed(patient.day(-draw.randint(20, 200)))}."
        )
    if draw.random() < 0.3:
        note.append(
            f"4. Wound photo in media tab: {mark('photo', patient.number('photo', 'IMG_####.jpg'))}, taken "
            f"{dates.slashed(patient.admitted)}."
        )
    if draw.random() < 0.15:
        note.append(f"   Consent by fingerprint, ID {mark('biometric', patient.number('finger', 'FP-######'))}.")
    doctor = patient.resident
    note += [
        "",
        f"Electronically signed by {mark('name', doctor.full())}, {draw.choice(['MD', 'DO', 'PA-C', 'NP'])} at "
        f"{dates.slashed(patient.admitted)} {draw.randint(1, 12)}:{draw.randint(10, 59)} {draw.choice(['AM', 'PM'])}",
        f"NPI {mark('license', patient.number('npi', '1#########'))}   Pager "
        f"{mark('phone', patient.number('pager', '####'))}"
        if draw.random() < 0.5
        else f"Attending: {mark('name', patient.attending.turned())}",
    ]
    return "\n".join(note)
