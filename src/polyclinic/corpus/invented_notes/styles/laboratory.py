"""Results as interfaces and printers give them: HL7 segments, or a banner with columns."""

from __future__ import annotations

import random

from polyclinic.corpus.invented_notes import dates
from polyclinic.corpus.invented_notes.marked_text import mark, pad
from polyclinic.corpus.invented_notes.people import Patient


def laboratory(patient: Patient, draw: random.Random) -> str:
    """Write a laboratory report, half of the time as a message."""
    return _message(patient, draw) if draw.random() < 0.5 else _banner(patient, draw)


def _message(patient: Patient, draw: random.Random) -> str:
    person, doctor, kin = patient.person, patient.attending, patient.relative
    day = patient.day(draw.randint(0, 2))
    time = f"{draw.randint(0, 23):02d}{draw.randint(0, 59):02d}"
    given = f"{person.last}^{person.first}^{person.middle}".rstrip("^")
    doctor_name = mark("name", f"{doctor.last}^{doctor.first}")
    lines = [
        f"MSH|^~\\&|LAB|{mark('institution', patient.hospital.upper())}|EHR||{dates.message_time(day, time + '00')}||"
        f"ORU^R01|{mark('other_id', patient.number('message', 'MSG########'))}|P|2.3",
        f"PID|1||{mark('mrn', patient.number('mrn', '#######'))}^^^MRN||{mark('name', given.upper())}||"
        f"{dates.message_time(patient.born, '')}|{'F' if person.woman else 'M'}|||"
        f"{mark('address', patient.address.upper())}"
        f"^^{mark('city', patient.town.upper())}^{patient.state}^{mark('zip', patient.zip)}||"
        f"{mark('phone', patient.phone('home'))}|||||{mark('account', patient.number('account', '##########'))}|"
        f"{mark('ssn', patient.number('ssn whole', '###-##-####'))}",
        f"NK1|1|{mark('name', f'{kin.last}^{kin.first}'.upper())}|{patient.relation.upper()}||"
        f"{mark('phone', patient.phone('relative'))}",
        f"PV1|1|I|4W^{draw.randint(400, 480)}^A||||"
        f"{mark('license', patient.number('npi', '1#########'))}^{doctor_name}",
        f"OBR|1|{mark('other_id', patient.number('order', 'ORD#######'))}|"
        f"{mark('other_id', patient.number('specimen', '##-###-#####'))}|PANEL^CHEM|||"
        f"{dates.message_time(day, time)}",
    ]
    for number, (test, value, unit, usual) in enumerate(patient.illness.results, start=1):
        flag = draw.choice(["", "H", "L", "N"])
        lines.append(f"OBX|{number}|NM|{test.upper()}||{value}|{unit}|{usual}|{flag}|||F")
    lines.append(
        f"NTE|1||RESULTS CALLED TO {mark('name', patient.nurse.full().upper())} RN BY "
        f"{mark('name', patient.consultant.initials)} AT {time[:2]}:{time[2:]} ON {dates.slashed(day)}"
    )
    return "\n".join(lines)


def _banner(patient: Patient, draw: random.Random) -> str:
    person = patient.person
    day = patient.day(draw.randint(0, 2))
    form = draw.choice([dates.slashed, dates.iso, dates.day_first])
    collected = f"{form(day)} {draw.randint(0, 12):02d}:{draw.randint(0, 59):02d}"
    lines = [
        "*" * 70,
        f"  {mark('institution', patient.hospital.upper())}  CLINICAL LABORATORY  CLIA "
        f"{mark('license', patient.number('clia', '##D#######'))}",
        f"  {mark('address', f'{draw.randint(100, 9000)} Hospital Drive')} {mark('city', patient.town)} "
        f"{patient.state} "
        f"{mark('zip', patient.zip[:5])}  PH {mark('phone', patient.phone('laboratory'))} "
        f"FX {mark('fax', patient.phone('laboratory fax'))}",
        "*" * 70,
        pad(f"NAME: {mark('name', person.turned().upper())}", 38)
        + f"MR#: {mark('mrn', patient.number('mrn', '#######'))}",
        pad(f"DOB:  {form(patient.born)}  {'F' if person.woman else 'M'}", 38)
        + f"ACCT: {mark('account', patient.number('account', '##########'))}",
        pad(f"DR:   {mark('name', patient.attending.turned().upper())}", 38)
        + f"LAB#: {mark('other_id', patient.number('specimen', '##-###-#####'))}",
        pad(f"COLL: {collected}", 38) + f"RPT: {form(patient.day(3))}",
        "-" * 70,
        "TEST                RESULT   FLAG  UNITS         REFERENCE",
    ]
    for test, value, unit, usual in patient.illness.results:
        lines.append(f"{test.upper():<20}{value:<9}{draw.choice(['H', 'L', ' ']):<6}{unit:<14}{usual}")
    lines += [
        "-" * 70,
        f"Lot 20{draw.randint(21, 25)}-{draw.randint(10, 99)} QC passed. eGFR by CKD-EPI. Ratio 1:160 on "
        f"2/3 dilutions.",
        f"Verified by: {mark('name', patient.consultant.initials)} {form(day)}",
    ]
    if draw.random() < 0.4:
        lines.append(
            f"Read back by {mark('name', patient.nurse.first)} in 4W, analyzer SN "
            f"{mark('device', patient.number('analyzer', '@#####'))}"
        )
    lines.append(f"Results online: {mark('url', 'www.example.org/results/' + patient.number('result', '@@####'))}")
    return "\n".join(lines)
