"""Print-outs of electronic records: visits, emergency department, face sheets with case management."""

from __future__ import annotations

import set_b_numbers as numbers
import set_b_people as people
from set_b_letters import staff_email
from set_b_typing import raised
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.marked_text import mark, pad


def clock(w: Writer) -> str:
    hour, minute = w.rng.randint(0, 23), w.rng.randint(0, 59)
    return (
        f"{hour:02d}{minute:02d}"
        if w.chance(0.4)
        else f"{hour % 12 or 12}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
    )


def _vitals(w: Writer) -> str:
    r = w.rng
    warm = r.uniform(36.3, 38.4)
    if w.age > 15:
        pressure, pulse, breaths = f"{r.randint(98, 168)}/{r.randint(54, 96)}", r.randint(58, 118), r.randint(12, 24)
        size = f"Ht 5' {r.randint(1, 11)}\" | Wt {r.randint(48, 118)}.{r.randint(1, 9)} kg | "
    else:
        pressure, pulse, breaths = f"{r.randint(88, 112)}/{r.randint(48, 70)}", r.randint(92, 148), r.randint(22, 42)
        size = ""
    heat = f"{warm * 1.8 + 32:.1f} °F ({warm:.1f} °C)"
    return f"BP {pressure} | Pulse {pulse} | Temp {heat} | Resp {breaths} | {size}SpO2 {r.randint(91, 100)}%"


def visit_printout(w: Writer) -> str:
    """An office visit as a record system prints it."""
    world, case = w.world, w.world.case
    author = world.pcp if w.chance(0.5) else world.specialist
    place = world.practice if author is world.pcp else world.clinic
    head = [
        f"{people.comma(world.patient)} (MRN {mark('mrn', world.record)})     Encounter Date: "
        f"{w.hand.whole(w.today)}",
        f"DOB: {w.hand.whole(world.born)}   Age: {w.age_text()} "
        f"{'y.o. ' if w.chance(0.5) else ''}{'F' if world.patient.female else 'M'}   CSN: "
        f"{mark('other_id', numbers.digits(w.rng, 9))}",
        f"Department: {w.place(place)}   Provider: {people.signed(author)}",
        "=" * 60,
    ]
    problems = [pad("Problem", 46) + "Noted"]
    problems += [
        pad(text[:44], 46) + w.hand.whole(w.day(-w.rng.randint(90, min(4000, 365 * w.age))))
        for text in w.some(case.history, 3, 5)
    ]
    drugs = []
    for text in w.some(case.drugs, 4, 6):
        drugs.append(
            f"• {text}"
            + (
                f"  (Last filled {w.hand.whole(w.day(-w.rng.randint(4, 60)))}, {w.place(world.pharmacy)})"
                if w.chance(0.2)
                else ""
            )
        )
    parts = [
        "Chief Complaint\n" + raised(w.fill(case.complaint)),
        "Subjective\n" + w.paragraph(case.story, 3, 6, first=True) + w.aside(),
        "Active Problem List\n" + "\n".join(problems),
        "Current Outpatient Medications\n" + "\n".join(drugs),
        "Allergies: " + w.some(case.allergies, 1, 1)[0],
        "Objective\n" + _vitals(w) + "\n" + "\n".join(w.some(case.exam, 3, 5)) + "\n" + w.ordinary(2, 4),
        "Results Review\n" + "\n".join(f"- {line}" for line in w.some(case.results, 2, 4)),
        "Assessment & Plan\n"
        + "\n".join(
            f"{n}. {line}"
            for n, line in enumerate(w.some(case.diagnoses, 2, 3, first=True) + w.some(case.plan, 2, 4), 1)
        ),
    ]
    if w.chance(0.5):
        first, second = world.relatives[0], world.relatives[1]
        rows = [pad("Name", 28) + pad("Relation", 12) + "Phone"]
        for relative in (first, second):
            rows.append(
                pad(people.comma(relative.person), 28) + pad(relative.kind.capitalize(), 12) + w.phone(relative.phone)
            )
        parts.insert(3, "Emergency Contacts\n" + "\n".join(rows))
    if w.chance(0.5):
        nurse = world.nurses[0]
        parts.insert(
            2,
            f"Rooming note by {people.signed(nurse)} at {clock(w)}: PHQ-2 0, Fall Risk Low, Tdap "
            f"{w.hand.whole(w.day(-700))}, pharmacy verified ({w.place(world.pharmacy)}, "
            f"{w.phone(world.desk_phone)}).",
        )
    end = [
        w.rng.choice(
            [
                f"Electronically signed by {people.signed(author)} at {w.hand.whole(w.today)} {clock(w)}",
                f"Electronically Signed: {people.comma(author)} {w.hand.whole(w.today)} {clock(w)}",
            ]
        )
    ]
    if w.chance(0.4):
        end.append(
            f"Visit conducted by video from IP "
            f"{mark('ip', '.'.join(str(w.rng.randint(11, 240)) for _ in range(4)))}; patient at home in "
            f"{w.slot('town')}."
        )
    if w.chance(0.3):
        domain = staff_email(w, author).split("@")[1]
        end.append(f"Patient portal: {mark('url', f'https://my{domain}/visits/{numbers.digits(w.rng, 6)}')}")
    return "\n".join(head) + "\n\n" + "\n\n".join(parts) + "\n\n" + "\n".join(end)


def emergency_record(w: Writer) -> str:
    """The record of an emergency department: triage, doctor, re-evaluations."""
    world, case = w.world, w.world.case
    triage, doctor = world.nurses[1], world.specialist
    arrived = w.rng.choice(["ambulance", "private vehicle", "walk-in", "wheelchair van"])
    head = [
        f"{w.place(world.hospital)} EMERGENCY DEPARTMENT"
        if w.chance(0.7)
        else f"ED Provider Note - {w.place(world.hospital)}",
        f"Patient: {people.chart(world.patient)}   Sex: {'F' if world.patient.female else 'M'}   Age: "
        f"{w.age_text()}   DOB: {w.hand.whole(world.born)}",
        f"{'Hosp No' if world.uk else 'MRN'}: {mark('mrn', world.record)}   "
        f"{'Attendance' if world.uk else 'FIN'}: {mark('other_id', numbers.visit(w.rng))}",
        f"Arrival: {w.hand.whole(w.today)} {clock(w)} by {arrived}   ESI: {w.rng.randint(2, 4)}   Room: ED "
        f"{w.rng.randint(2, 38)}",
        f"Attending: {people.plain(doctor)}, {doctor.degree or 'MB ChB'}   PCP: {people.plain(world.pcp)}",
    ]
    triage_text = [
        f"TRIAGE ({people.short(triage)}, {triage.degree.split(',')[0]} {clock(w)}): {w.fill(case.complaint)}. "
        + w.rng.choice(
            [
                "Pt ambulatory, speaking full sentences.",
                "Pt to room via stretcher.",
                f"Accompanied by {w.slot('rel')}.",
            ]
        ),
        "Vitals: " + _vitals(w),
    ]
    if not world.uk and w.chance(0.3):
        triage_text.append(
            f"Registration: SSN {mark('ssn', world.social)}; ID shown: {world.area.state} driver's license "
            f"{mark('license', numbers.licence(w.rng, 'driver'))}."
        )
    if w.chance(0.05):
        triage_text.append(
            f"Identity confirmed by palm scan, template no. {mark('biometric', 'PV-' + numbers.digits(w.rng, 7))}."
        )
    parts = [
        "HPI: " + w.paragraph(case.story, 4, 6, first=True) + w.aside(0.4),
        "PMH: "
        + ", ".join(w.some(case.history, 3, 5))
        + "\nMeds: "
        + ", ".join(w.some(case.drugs, 3, 6))
        + "\nAllergies: "
        + w.some(case.allergies, 1, 1)[0],
        "ROS: as in HPI. " + w.ordinary(1, 2),
        "PHYSICAL EXAM\n" + "\n".join(w.some(case.exam, 4, 6)),
        "ED COURSE / MDM\n" + "\n".join(w.some(case.results, 2, 4)),
        "\n".join(
            f"{hour}{w.rng.randint(10, 59)}  {text}"
            for hour, text in enumerate(_reevaluations(w), w.rng.randint(10, 19))
        ),
        "IMPRESSION: " + "; ".join(w.some(case.diagnoses, 1, 3, first=True)),
        "DISPOSITION: "
        + w.rng.choice(
            [
                f"Admitted to Dr. {people.family(world.specialist)}, telemetry, bed request {clock(w)}.",
                f"Discharged home with {w.slot('rel')}. Return precautions given.",
                f"Transferred to {w.place(world.other_hospital)}; accepted by {w.slot('otherdoc')}; EMTALA "
                f"forms signed.",
            ]
        ),
        "PLAN: " + w.paragraph(case.plan, 1, 3),
    ]
    end = (
        [f"Scribe attestation: I, {people.plain(w.person('scribe'))}, am scribing for {people.signed(doctor)}."]
        if w.chance(0.35)
        else []
    )
    end.append(f"{people.signed(doctor)}  {w.hand.whole(w.today)} {clock(w)}")
    return "\n".join(head) + "\n\n" + "\n".join(triage_text) + "\n\n" + "\n\n".join(parts) + "\n\n" + "\n".join(end)


def _reevaluations(w: Writer) -> list[str]:
    world = w.world
    texts = [
        f"Discussed with Dr. {people.family(w.person('radiologist', 'MD', 'Dr.'))} (radiology), agrees with read.",
        f"Paged {w.specialty.lower()} on call, Dr. {people.family(world.resident)}, pager "
        f"{mark('phone', numbers.digits(w.rng, 5))}.",
        "Patient reassessed, pain improved, repeat abdominal exam benign.",
        f"Spoke with {w.slot('rel2')} by phone at {w.phone(world.relatives[1].phone)}.",
        f"Signed out to Dr. {people.family(w.person('nightdoc', 'MD', 'Dr.'))} at change of shift.",
        "Tolerating PO, ambulated in hallway with steady gait.",
    ]
    return w.rng.sample(texts, w.rng.randint(2, 4))


def case_management(w: Writer) -> str:
    """A face sheet with the discharge planning of a social worker."""
    world, case = w.world, w.world.case
    worker = w.person("socialworker")
    degree = w.rng.choice(["RSW"] if world.uk else ["LCSW", "MSW", "RN, CCM", "LICSW"])
    first, second = world.relatives[0], world.relatives[1]
    rows = [
        ("Patient", people.whole(world.patient)),
        ("Preferred name", people.nickname(world.patient)),
        ("Date of birth", w.hand.whole(world.born)),
        ("Address", w.address()),
        ("Home phone", w.phone(world.home_phone)),
        ("Mobile", w.phone(world.mobile)),
        ("E-mail", mark("email", world.email)),
        ("Next of kin", f"{people.plain(first.person)} ({first.kind})  {w.phone(first.phone)}"),
        ("GP" if world.uk else "PCP", f"Dr {people.plain(world.pcp)}, {w.place(world.practice)}"),
    ]
    ids = [("NHS number", mark("mrn", world.nhs)), ("Hospital number", mark("mrn", world.record))]
    if not world.uk:
        plan = w.rng.choice(
            [
                "Blue Cross Blue Shield PPO",
                "Medicare Part A/B",
                "UnitedHealthcare",
                "Aetna HMO",
                "Medicaid",
                "Humana Gold Plus",
            ]
        )
        ids = [
            ("MRN", mark("mrn", world.record)),
            ("SSN", mark("ssn", world.social) if w.chance(0.5) else f"xxx-xx-{mark('ssn', world.social[-4:])}"),
            (
                "Insurance",
                f"{plan}  ID# {mark('health_plan', world.member)}  Group {mark('health_plan', world.group)}",
            ),
            ("Guarantor acct", mark("account", world.account)),
            *([("Employer", w.place(world.employer))] if w.age < 69 else []),
        ]
    rows += [row for row in ids if w.chance(0.8)]
    sheet = "\n".join(pad(label + ":", 18) + text for label, text in rows)
    he = w.slot("he")
    aids = (
        ["a Rollator", "a walker and a raised toilet seat", "a shower chair"]
        if w.age > 54
        else ["a cane", "crutches"]
    )
    aid = w.rng.choice(aids)
    story = [
        f"{w.patient_name()} was admitted on {w.hand.prose(w.day(-5))} with {case.name}. "
        f"{w.paragraph(case.course, 1, 2)}",
        f"Met with {w.slot('pt')} and {w.slot('rel')} at the bedside. {he.capitalize()} lives in a "
        f"{w.rng.choice(['two-story house', 'first floor apartment', 'ranch house'])} in {w.slot('town')} with "
        f"{w.rng.randint(2, 14)} steps to enter.",
        f"{he.capitalize()} was independent with ADLs and uses {aid}.",
        w.rng.choice(
            [f"Retired from {w.slot('emp')}."]
            if w.age > 68
            else [
                f"Employed by {w.slot('emp')}; HR contact {people.plain(w.person('hr'))}, "
                f"{w.phone(numbers.phone_digits(w.rng, world.area, world.uk))}."
            ]
        ),
        f"Referrals sent to {w.onward()} and {w.slot('agency')}. Per "
        f"{people.given(w.person('liaison'))} in admissions at {w.onward()}, a bed is "
        f"available on {w.hand.short(w.day(2))}.",
        f"{w.slot('rel2cap')} can be reached at {w.phone(second.phone)} and will bring the advance directive.",
        f"DME: {aid} ordered, confirmation {mark('other_id', numbers.visit(w.rng))}. Prior "
        f"auth {mark('other_id', numbers.visit(w.rng))} approved through {w.hand.short(w.day(14))}.",
        f"Choice letter{'' if world.uk else ' and Important Message'} signed {w.hand.short(w.today)}. "
        f"Transportation by {'wheelchair van' if w.age > 54 else 'private car'}.",
    ]
    keep = sorted(w.rng.sample(range(len(story)), w.rng.randint(5, 7)))
    clinical = [
        "Clinical summary: " + w.paragraph(case.story, 2, 4, first=True) + w.aside(0.8),
        "Current needs: " + w.paragraph(case.plan, 2, 3),
    ]
    end = f"{people.plain(worker)}, "
    end += f"{degree}\n{w.rng.choice(['Case Management', 'Social Work', 'Care Coordination'])}  "
    end += f"{'bleep' if world.uk else 'pager'} {mark('phone', numbers.digits(w.rng, 4))}  {w.hand.whole(w.today)}"
    if w.chance(0.4):
        end += f"\n{mark('email', staff_email(w, worker))}"
    title = w.rng.choice(
        ["CASE MANAGEMENT / DISCHARGE PLANNING", "SOCIAL WORK ASSESSMENT", "Discharge Planning Note"]
    )
    return (
        f"{w.place(world.hospital)}\n{title}\n\n{sheet}\n\n"
        + "\n".join(clinical)
        + "\n\n"
        + "\n".join(story[n] for n in keep)
        + "\n\n"
        + end
    )
