"""Nursing flow notes: entries by the hour, lower case, abbreviations, no full stops, names as they are said."""

from __future__ import annotations

import random

from polyclinic.corpus.invented_notes import dates
from polyclinic.corpus.invented_notes.marked_text import mark
from polyclinic.corpus.invented_notes.people import Patient


def nursing(patient: Patient, draw: random.Random) -> str:
    """Write a shift of nursing notes, or two."""
    illness, person, kin = patient.illness, patient.person, patient.relative
    first_day = draw.randint(0, 3)
    day = draw.choice([dates.short, dates.month_and_day])
    last = person.last.lower() if draw.random() < 0.6 else person.last
    doctor = patient.resident.last.lower() if draw.random() < 0.6 else patient.resident.last
    entries = [
        f"pt {patient.shown_age} yo {'f' if person.woman else 'm'} admitted w/ {illness.complaint}, a&o x3, "
        f"vss, bp {draw.randint(98, 170)}/{draw.randint(50, 95)} hr {draw.randint(55, 115)} rr 18 t "
        f"{draw.randint(97, 100)}.{draw.randint(0, 9)} sat {draw.randint(90, 99)}% 2l nc",
        f"c/o pain {draw.randint(3, 9)}/10, med x1 w/ "
        f"{draw.choice(['percocet 5/325', 'dilaudid 0.5', 'tylenol 650'])}, "
        f"reassess 2/10",
        f"dr {mark('name', doctor)} paged x2, called back, no new orders",
        f"{patient.relation} {mark('name', kin.first.lower())} here, updated, wants call if any change "
        f"{mark('phone', patient.phone('relative'))}",
        f"report from {mark('name', patient.nurse.first)} in ED, {draw.choice(['18g', '20g'])} L ac, "
        f"foley 16fr to gravity "
        f"{draw.randint(200, 900)}cc cyu",
        f"{draw.choice(['ms', 'mr', 'mrs']) if person.woman else 'mr'} {mark('name', last)} oob to chair x1 assist, "
        f"ate {draw.choice(['1/2', '3/4', '25%', '50-75%'])} of meal, bs {draw.randint(90, 280)} covered w/ "
        f"{draw.randint(2, 8)}u",
        f"to {draw.choice(['CT', 'MRI', 'xray', 'echo'])} via stretcher, back at "
        f"{draw.randint(13, 18)}{draw.randint(10, 59)}, "
        f"braden {draw.randint(12, 20)}, morse {draw.randint(25, 75)}",
        f"sw {mark('name', patient.consultant.full())} spoke w/ family re "
        f"{mark('institution', patient.nursing_home)}, "
        f"bed avail {dates.month_and_day(patient.day(first_day + 2))}",
        f"{illness.examination[0].lower()} md aware",
        f"id band checked, mrn {mark('mrn', patient.number('mrn', '#######'))} dob {dates.short(patient.born)}, "
        f"{draw.choice(['2 units prbc', 'heparin gtt 18u/kg/hr', 'vanco 1.25g'])} double checked w/ "
        f"{mark('name', draw.choice([patient.nurse.full(), patient.nurse.first, patient.nurse.initials]))} rn",
        f"fall precautions, call light w/in reach, will cont to monitor. {illness.drugs[0].lower()} given",
        f"daughter in law {mark('name', draw.choice(['Jess', 'Deb', 'Kris', 'Tasha', 'Cathy', 'Steph']))} "
        f"at bedside, "
        f"says pt from {mark('city', patient.town)}, lives alone, no stairs",
        f"valuables: {draw.choice(['dentures', 'glasses', 'hearing aid x2'])} w/ pt, car {patient.state} plate "
        f"{mark('vehicle', patient.number('plate', '@@@ ####'))} in ED lot per security",
    ]
    chosen = [entries[0], *draw.sample(entries[1:], draw.randint(5, 9))]
    hours = sorted(draw.sample(range(7, 24), len(chosen)))
    head = draw.choice(
        [
            f"{mark('name', person.turned())} {mark('mrn', patient.number('mrn', '#######'))} 4 West rm "
            f"{draw.randint(400, 480)}",
            f"NURSING FLOW NOTES  {mark('name', person.turned().upper())}  DOB {dates.short(patient.born)}",
            f"Pt: {mark('name', person.full())}  Unit: {draw.choice(['ICU', 'MICU', 'Tele', '5N', 'Stepdown'])}",
        ]
    )
    lines = [head]
    by = mark("name", f"{patient.nurse.first[0]}. {patient.nurse.last}") + " RN"
    for hour, entry in zip(hours, chosen, strict=True):
        clock = f"{hour:02d}{draw.choice(['00', '15', '30', '45'])}"
        lines.append(f"{day(patient.day(first_day))} {clock} {entry}" + draw.choice(["", "", f" --{by}", "."]))
    lines.append(
        f"{day(patient.day(first_day + 1))} 0{draw.randint(1, 6)}00 slept in naps, no c/o, i/o "
        f"{draw.randint(800, 2400)}/"
        f"{draw.randint(600, 2600)}  {by}"
    )
    return "\n".join(lines)
