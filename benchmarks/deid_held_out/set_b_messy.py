"""Hurried notes: nursing, hand-over lists, terse notes of general practice, home visits."""

from __future__ import annotations

import set_b_numbers as numbers
import set_b_people as people
from set_b_typing import lowered, with_slips
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.marked_text import mark


def nursing_note(w: Writer) -> str:
    """Nursing notes of a shift or two, full of abbreviations, some without capitals, with slips of the keyboard."""
    world, case = w.world, w.world.case
    lower = w.chance(0.4)
    lines = []
    if w.chance(0.7):
        lines.append(
            f"{people.comma(world.patient)}  {mark('mrn', world.record)}  {w.rng.choice(['Rm', 'Bed'])} "
            f"{w.rng.randint(2, 9)}{w.rng.randint(10, 48)}  Att: {people.family(world.specialist)}"
        )
    day = w.today
    hours = w.rng.choice([(7, 9, 11, 13, 16, 18), (19, 21, 23, 1, 3, 5)])
    social = [
        f"{w.slot('rel')} called for update, pw verified, {w.phone(world.relatives[0].phone)}",
        f"Dr {people.family(world.resident)} paged re above, new orders rec'd, rbv",
        f"report to {people.given(world.nurses[1])} in "
        f"{w.rng.choice(['PACU', 'ICU', 'dialysis', 'step down'])}, transported via stretcher w/ tele",
        f"seen by Dr {people.family(world.specialist)} + team on rounds, plan d/w pt and {w.slot('rel2')}",
        f"rec'd report from {people.given(world.nurses[1])} RN, assumed care, bed low, call light in reach",
        f"report called to {w.onward()} ({people.given(w.person('liaison'))}), "
        f"{w.phone(numbers.phone_digits(w.rng, world.area, world.uk))}, leaving w/ EMS 1400",
        f"consent for {case.procedure.lower() if case.procedure else 'procedure'} signed, witnessed "
        f"{people.initials(world.nurses[1])}",
        f"interpreter {people.given(w.person('interpreter'))} (ID {mark('other_id', numbers.digits(w.rng, 6))}) "
        f"used for teaching",
        f"PIV placed by {people.given(world.nurses[2])}, 20g R FA, flushes well",
        f"last BM {w.hand.short(w.day(-2))}, colace given, +BS x4",
        f"VS T 9{w.rng.choice([7, 8, 9])}.{w.rng.randint(0, 9)} HR {w.rng.randint(60, 118)} RR "
        f"{w.rng.randint(14, 26)} BP {w.rng.randint(94, 168)}/{w.rng.randint(50, 94)} O2 {w.rng.randint(90, 99)}%",
        "resting w/ eyes closed, resp even/unlabored, will cont to monitor",
        f"belongings list: glasses, upper dentures, cell phone, "
        f"{w.rng.choice(['rosary', 'wedding band', 'cane'])} sent home w/ {people.given(world.relatives[1].person)}",
    ]
    ward = [w.fill(line) for line in case.ward]
    pool = ward + w.rng.sample(social, 6)
    w.rng.shuffle(pool)
    he = "F" if world.patient.female else "M"
    intro = f"{w.age_text()}{he if w.chance(0.5) else ' yo ' + he} adm "
    intro += f"{w.hand.short(w.day(-w.rng.randint(1, 4)))} w/ {w.fill(case.complaint)}, hx "
    intro += f"{', '.join(w.some(case.history, 2, 4))}. {w.some(case.allergies, 1, 1)[0]}."
    lines.append(f"{w.hand.whole(day)} {hours[0]:02d}{w.rng.choice(['00', '15', '30'])}  {intro}")
    size = max(1, len(pool) // 5)
    for number, hour in enumerate(hours[1:]):
        chunk = pool[number * size : (number + 1) * size] if number < 4 else pool[number * size :]
        if not chunk:
            continue
        sign = w.rng.choice(
            [
                f"--{people.initials(world.nurses[0], lower=w.chance(0.4))} "
                f"{world.nurses[0].degree.split(',')[0].lower()}",
                people.short(world.nurses[0]) + " RN",
                "",
                "",
            ]
        )
        if hour < hours[number]:
            day = w.day(1)
        stamp = w.hand.short(day) + " " if w.chance(0.3) or hour < hours[number] else ""
        lines.append(
            f"{stamp}{hour:02d}{w.rng.choice(['00', '10', '45', '30'])}  "
            + w.rng.choice([". ", "; ", ", "]).join(chunk)
            + f". {sign}".rstrip()
        )
    lines.append("Meds given: " + ", ".join(w.some(case.drugs, 3, 6)))
    lines.append(
        f"{people.plain(world.nurses[0])}, {world.nurses[0].degree}"
        if w.chance(0.6)
        else people.initials(world.nurses[0], stops=True) + " RN"
    )
    text = with_slips(w.rng, "\n".join(lines), 45)
    return text.lower() if lower else text


def handover_list(w: Writer) -> str:
    """A sign-out entry with one-liner, tasks and contingencies."""
    world, case = w.world, w.world.case
    he = "F" if world.patient.female else "M"
    header = w.rng.choice([people.letter_heading, people.comma, people.plain, people.comma])(world.patient)
    lines = [
        f"{w.rng.randint(3, 9)}{w.rng.choice('ABNSW')}-{w.rng.randint(10, 44)}  {header}  {w.age_text()}{he}  "
        f"#{mark('mrn', world.record)}  HD#{w.rng.randint(2, 9)} (adm {w.hand.short(w.day(-3))})",
        f"Attg: {people.family(world.specialist)} / R: {people.plain(world.resident)} "
        f"p{mark('phone', numbers.digits(w.rng, 5))} / Intern: {people.given(w.person('intern'))}",
        f"Code: {w.rng.choice(['Full', 'DNR/DNI', 'Full'])}   All: {w.some(case.allergies, 1, 1)[0]}   HCP: "
        f"{people.plain(world.relatives[0].person)} ({world.relatives[0].kind}) {w.phone(world.relatives[0].phone)}",
        "ID/HPI: " + w.paragraph(case.story, 3, 5, first=True) + w.aside(0.3),
        "Dx: " + "; ".join(w.some(case.diagnoses, 2, 3, first=True)),
        "Events: " + w.paragraph(case.course, 2, 4),
        "Labs/img: " + w.paragraph(case.results, 2, 3),
        "Meds: " + ", ".join(w.some(case.drugs, 4, 7)),
        "To do:",
        *[f"[ ] {text}" for text in w.some(case.plan, 2, 4)],
        f"[ ] f/u cx from {w.hand.short(w.day(-1))}, call {people.plain(w.person('labtech'))} in micro "
        f"x{mark('phone', numbers.digits(w.rng, 4))}",
        f"[ ] update {people.given(world.relatives[1].person)} ({world.relatives[1].kind}), "
        f"{'d/c' if w.age > 54 else 'transfer'} to "
        f"{w.onward()} {w.hand.short(w.day(2))} if bed",
        f"If/then: temp >38.3 -> pan-cx, cefepime; SBP <90 -> 500 cc LR, call {people.family(world.resident)}; "
        f"agitation -> zyprexa 2.5",
        f"updated {w.hand.whole(w.today)} {w.rng.randint(13, 19)}:{w.rng.randint(10, 59)} "
        f"{people.initials(world.resident)}",
    ]
    drop = w.rng.sample([4, 6, 10, 11, 12], 1)[0]
    return with_slips(w.rng, "\n".join(line for number, line in enumerate(lines) if number != drop), 80)


def practice_note(w: Writer) -> str:
    """Terse notes of general practice, several contacts in one print."""
    world, case = w.world, w.world.case
    out = [
        f"{people.comma(world.patient)}   {w.hand.whole(world.born)}   "
        f"{'NHS ' if world.uk else 'Chart '}{mark('mrn', world.nhs if world.uk else world.record)}",
        f"{w.address()}   T: {w.phone(world.mobile)}",
        "",
    ]
    partner, nurse = world.pcp, world.nurses[0]
    contacts = (
        ["Surgery", "Telephone", "Home visit", "Face to face"] if world.uk else ["OV", "Phone", "OV", "Nurse visit"]
    )
    days = 0
    for _ in range(w.rng.randint(2, 4)):
        then = Writer(w.rng, world, w.day(days), w.hand, w.cast, words=w.words)
        who = w.rng.choice(
            [
                f"Dr {people.plain(partner)}",
                f"Dr {people.short(world.resident)}",
                f"{people.plain(nurse)} ({w.rng.choice(['Practice Nurse', 'NP', 'HCA'])})",
            ]
        )
        out.append(f"{then.hand.whole(then.today)}  {w.rng.choice(contacts)}  {who}")
        out.append(
            f"{'PC' if world.uk else 'S'}: {then.fill(case.complaint)} {w.rng.randint(2, 9)}/7. "
            + then.paragraph(case.story, 1, 3)
        )
        if w.chance(0.7):
            out.append(
                "O/E: " + " ".join(then.some(case.exam, 1, 3)).lower()
                if w.chance(0.4)
                else "O/E: " + " ".join(then.some(case.exam, 1, 3))
            )
        out.append(
            f"PMH: {', '.join(then.some(case.history, 2, 4))}. DH: {', '.join(then.some(case.drugs, 2, 4))}. "
            f"{then.some(case.allergies, 1, 1)[0]}."
        )
        extra = [
            f"Letter from {w.place(world.hospital)} ({w.doctor(world.specialist)}) scanned.",
            f"{w.slot('rel2cap')} rang, worried. Rang back {w.phone(world.relatives[1].phone)}.",
            f"Bloods {then.hand.short(then.day(-3))}: {then.fill(case.results[0])}",
            f"Script to {w.place(world.pharmacy)}.",
            f"{'Fit note' if world.uk else 'Work note'} to {then.hand.short(then.day(14))} for {w.slot('emp')}."
            if 16 <= w.age <= 68
            else "Flu jab given.",
            "Safety netted. Red flags explained.",
        ]
        out.append(
            f"Imp: {lowered(then.fill(case.diagnoses[0]))}. Plan: "
            + " ".join(w.rng.sample(extra, 2))
            + " "
            + then.fill(w.rng.choice([line for line in case.plan if w.fits(line)]))
        )
        out.append("")
        days -= w.rng.randint(5, 60)
    return with_slips(w.rng, "\n".join(out).rstrip(), 60)


def home_visit(w: Writer) -> str:
    """A home care or community nurse's visit note, half form and half prose."""
    world, case = w.world, w.world.case
    nurse, relative = world.nurses[2], world.relatives[0]
    hour = w.rng.randint(8, 15)
    device = w.rng.choice(
        ["Invacare concentrator", "KCI wound vac", "Hill-Rom bed", "Kangaroo feeding pump", "Alaris PCA"]
    )
    doctor = f"Dr{'' if world.uk else '.'} {people.plain(world.pcp)}"
    head = [
        f"{w.slot('agency')}  SKILLED NURSING VISIT"
        if not world.uk
        else f"{w.slot('agency')}  COMMUNITY NURSE RECORD",
        f"Client {people.whole(world.patient)}   ID {mark('other_id', numbers.digits(w.rng, 6))}   Visit "
        f"{w.hand.whole(w.today)}  In {hour}:{w.rng.randint(10, 25)}  Out {hour}:{w.rng.randint(40, 59)}",
        f"Addr {w.address()}  ph {w.phone(world.home_phone)}",
        f"Ordering MD {doctor}"
        + (f"  NPI {mark('license', numbers.licence(w.rng, 'npi'))}" if not world.uk else "")
        + f"  fax {w.fax(world.desk_fax)}",
        f"Cert period {w.hand.whole(w.day(-20))} - {w.hand.whole(w.day(39))}"
        if w.chance(0.6)
        else f"SOC {w.hand.whole(w.day(-20))}",
    ]
    body = [
        "Reason for care: "
        + "; ".join(w.some(case.diagnoses, 1, 2, first=True))
        + f". D/c'd from {w.place(world.hospital)} {w.hand.short(w.day(-w.rng.randint(3, 12)))}.",
        "Subjective: " + w.paragraph(case.story, 2, 4) + w.aside(),
        "Assessment: "
        + ". ".join(w.some(case.ward, 2, 3))
        + ". "
        + " ".join(w.some(case.exam, 1, 3))
        + " "
        + w.ordinary(1, 2),
        "Med reconciliation: " + "; ".join(w.some(case.drugs, 4, 7)) + f". Filled at {w.place(world.pharmacy)}.",
        f"Teaching: S/S of infection, low salt diet, when to call 911. {people.given(relative.person)} "
        f"({relative.kind}) did return demonstration."
        if not world.uk
        else f"Advice given to {people.given(relative.person)} ({relative.kind}) on when to ring 111.",
        w.rng.choice(
            [
                f"Caregiver: {people.plain(w.person('aide', female=True))} HHA comes MWF.",
                f"Neighbour {people.plain(w.person('neighbor'))} has a spare key."
                if world.uk
                else f"Neighbor {people.plain(w.person('neighbor'))} has a key.",
                f"Dog {'in kitchen' if w.chance(0.5) else 'friendly'}; park behind the "
                f"{w.rng.choice(['church', 'garage', 'shop'])}.",
            ]
        ),
        f"Equipment: {device} serial {mark('device', numbers.serial(w.rng))}, checked."
        if w.chance(0.6)
        else "Equipment: none.",
        "Plan: " + w.paragraph(case.plan, 1, 3) + f" Next visit {w.hand.short(w.day(3))}.",
    ]
    end = f"{people.plain(nurse)}, {nurse.degree}  " + (
        f"NMC {mark('license', numbers.licence(w.rng, 'nmc'))}"
        if world.uk
        else f"lic {mark('license', numbers.licence(w.rng, 'state'))}"
    )
    return with_slips(w.rng, "\n".join(head) + "\n\n" + "\n".join(body) + "\n\n" + end, 90)
