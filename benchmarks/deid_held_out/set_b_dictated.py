"""Notes that were dictated and typed: clinic notes, discharge summaries, operative reports."""

from __future__ import annotations

import set_b_numbers as numbers
import set_b_people as people
import set_b_places as places
from set_b_typing import raised
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.marked_text import mark, wrap


def typed_by(w: Writer, author: people.Person) -> str:
    """The transcriptionist's line."""
    typist = w.person("typist")
    return f"{people.initials(author)}{w.rng.choice('//:')}{people.initials(typist, lower=True)}"


def letterhead(w: Writer, place: str) -> str:
    town = w.world.area.towns[0]
    street = mark("address", places.street(w.rng, w.world.uk))
    code = mark("zip", places.post_code(w.rng, w.world.area, w.world.uk))
    lines = [w.place(place), f"{street}", f"{mark('city', town)}{w.state()} {code}"]
    if w.chance(0.7):
        lines.append(
            f"Tel: {w.phone(w.world.desk_phone)}" + (f"  Fax: {w.fax(w.world.desk_fax)}" if w.chance(0.7) else "")
        )
    return "\n".join(lines)


def clinic_note(w: Writer) -> str:
    """A longitudinal outpatient note of a practice, in prose."""
    world, case = w.world, w.world.case
    author = world.pcp if w.chance(0.5) else world.specialist
    place = world.practice if author is world.pcp else world.clinic
    heading = "Record date: " if w.chance(0.5) else ""
    top = [f"{heading}{w.hand.whole(w.today)}", ""]
    shape = w.rng.randint(0, 2)
    if shape == 0:
        top += [
            letterhead(w, place),
            "",
            f"{people.chart(world.patient)}",
            f"{mark('mrn', world.record)}  ({w.hand.whole(world.born)})",
            "",
        ]
    elif shape == 1:
        top += [
            f"PATIENT:  {people.formal(world.patient)}",
            f"MRN:  {mark('mrn', world.record)}",
            f"DOB:  {w.hand.whole(world.born)}",
            f"VISIT AT:  {w.place(place)}",
            "",
        ]
    else:
        top += [f"{people.comma(world.patient)}", f"MR# {mark('mrn', world.record)}", f"{w.place(place)}", ""]
    body = ["HISTORY OF PRESENT ILLNESS:  " + w.paragraph(case.story, 4, 7, first=True) + w.aside()]
    body.append("PAST MEDICAL HISTORY:  " + raised("; ".join(w.some(case.history, 4, 6))) + ".")
    body.append("MEDICATIONS:  " + ", ".join(w.some(case.drugs, 4, 7)) + ".")
    body.append("ALLERGIES:  " + ", ".join(w.some(case.allergies, 1, 1)) + ".")
    if w.chance(0.7):
        social = [
            f"{w.slot('He')} lives in {w.slot('town')} with {w.slot('rel')}.",
            f"{'Retired from' if w.age > 68 else 'Works at'} {w.slot('emp')}."
            if w.age > 20
            else f"Goes to {w.slot('school')}.",
            "Drinks one or two glasses of wine a week, never smoked." if w.age > 20 else "No smokers at home.",
            f"Grew up in {w.slot('town2')}.",
            f"Emergency contact is {people.plain(world.relatives[1].person)} at {w.phone(world.relatives[1].phone)}.",
        ]
        body.append("SOCIAL HISTORY:  " + " ".join(w.rng.sample(social, w.rng.randint(2, 4))))
    body.append(
        f"PHYSICAL EXAMINATION:  BP {w.rng.randint(104, 158)}/{w.rng.randint(58, 92)}, pulse "
        f"{w.rng.randint(58, 104)}, weight {w.rng.randint(104, 248) if w.age > 15 else 3 * w.age + 26} lb.  "
        + w.paragraph(case.exam, 3, 5)
        + " "
        + w.ordinary(2, 4)
    )
    body.append("DATA:  " + w.paragraph(case.results, 2, 4) + " " + w.ordinary(1, 2))
    body.append(
        "ASSESSMENT AND PLAN:  "
        + ". ".join(w.some(case.diagnoses, 2, 3, first=True))
        + ".  "
        + w.paragraph(case.plan, 3, 5)
    )
    end = (
        ["", "_" * 30, f"{people.signed(author)}"]
        if w.chance(0.6)
        else ["", f"Signed electronically by {people.signed(author)} on {w.hand.whole(w.day(w.rng.randint(0, 2)))}"]
    )
    if w.chance(0.4):
        end.append(f"cc: {people.signed(world.specialist if author is world.pcp else world.pcp)}")
    if w.chance(0.4):
        end.append(typed_by(w, author))
    return "\n".join(top) + "\n" + "\n\n".join(body) + "\n" + "\n".join(end)


def discharge_summary(w: Writer) -> str:
    """A dictated discharge summary with the footer of a transcription service."""
    world, case = w.world, w.world.case
    stay = w.rng.randint(6, 9)
    then = Writer(w.rng, world, w.day(-stay), w.hand, w.cast, words=w.words)
    pad = w.rng.choice(["  ", "\t", " "])
    top = [
        w.place(world.hospital),
        "",
        f"PATIENT NAME:{pad}{people.comma(world.patient)}",
        f"MEDICAL RECORD NUMBER:{pad}{mark('mrn', world.record)}",
        f"ACCOUNT NUMBER:{pad}{mark('account', world.account)}"
        if w.chance(0.6)
        else f"VISIT #:{pad}{mark('other_id', numbers.visit(w.rng))}",
        f"DATE OF BIRTH:{pad}{w.hand.whole(world.born)}",
        f"ADMISSION DATE:{pad}{w.hand.whole(w.day(-stay))}",
        f"DISCHARGE DATE:{pad}{w.hand.whole(w.today)}",
        f"ATTENDING PHYSICIAN:{pad}{people.signed(world.specialist)}",
    ]
    if w.chance(0.6):
        top.append(f"PRIMARY CARE PHYSICIAN:{pad}{people.signed(world.pcp)}")
    place = w.rng.choice(
        [
            f"home with {w.slot('agency')}",
            w.place(world.nursing_home) if w.age > 54 else "home",
            f"home in the care of {w.slot('rel')}",
            "home",
        ]
    )
    parts = [
        "PRINCIPAL DIAGNOSIS:\n" + w.fill(case.diagnoses[0]) + ".",
        "SECONDARY DIAGNOSES:\n" + "\n".join(f"{n}. {text}." for n, text in enumerate(w.some(case.history, 3, 5), 1)),
        "HISTORY OF PRESENT ILLNESS:\n" + then.paragraph(case.story, 4, 6, first=True) + then.aside(),
        "PHYSICAL EXAMINATION ON ADMISSION:\n" + then.paragraph(case.exam, 3, 5) + " " + w.ordinary(1, 2),
        "LABORATORY AND RADIOLOGY DATA:\n" + w.paragraph(case.results, 2, 4) + " " + w.ordinary(1, 2),
        "HOSPITAL COURSE:\n" + w.paragraph(case.course, 3, 5),
        "DISCHARGE MEDICATIONS:\n" + "\n".join(f"{n}. {text}." for n, text in enumerate(w.some(case.drugs, 4, 7), 1)),
        f"DISPOSITION:\nDischarged to {place}. Condition stable.",
        "FOLLOWUP:\n" + w.paragraph(case.plan, 2, 4),
    ]
    made = w.day(w.rng.randint(0, 9))
    shape = w.rng.randint(0, 2)
    author = world.resident
    if shape == 0:
        end = [
            f"Dictated By: {people.signed(author)}",
            f"Attending: {people.signed(world.specialist)}",
            "",
            f"D: {w.hand.whole(w.today)} {w.rng.randint(7, 19):02d}:{w.rng.randint(0, 59):02d}",
            f"T: {w.hand.whole(made)}",
            f"Job #: {mark('other_id', numbers.visit(w.rng))}",
            f"CC: {people.signed(world.pcp)}",
        ]
    elif shape == 1:
        end = [
            f"{people.formal(author).upper()}, {author.degree or 'MB BS'}",
            "",
            f"TR: {people.initials(w.person('typist'), lower=True)}",
            f"DD: {w.hand.whole(w.today)}",
            f"TD: {w.hand.whole(made)} {w.rng.randint(1, 12)}:{w.rng.randint(0, 59):02d} P",
            f"CC: {people.plain(world.pcp)}",
            f"Document ID {mark('other_id', numbers.digits(w.rng, 8))}",
        ]
    else:
        end = [
            "___________________________________",
            f"{people.signed(author)} for {people.signed(world.specialist)}",
            f"{typed_by(w, author)}  {w.hand.whole(made)}",
            f"Batch: {mark('other_id', numbers.digits(w.rng, 5))}",
        ]
    text = "\n".join(top) + "\n\n" + "\n\n".join(parts) + "\n\n" + "\n".join(end)
    if w.chance(0.12):
        text = text.upper()
    return wrap(text, 78) if w.chance(0.35) else text


def operative_report(w: Writer) -> str:
    """A dictated operative report."""
    world, case = w.world, w.world.case
    top = [
        f"{w.place(world.hospital)}",
        "OPERATIVE REPORT",
        "",
        f"NAME: {people.chart(world.patient)}    UNIT NO: {mark('mrn', world.record)}",
        f"DATE OF OPERATION: {w.hand.whole(w.day(-1))}",
        f"SURGEON: {people.signed(world.specialist)}",
        f"ASSISTANT: {people.signed(world.resident)}"
        + (f"; {people.plain(w.person('student'))}, medical student" if w.chance(0.2) else ""),
        f"ANESTHESIA: {people.signed(w.person('anesthetist', '' if world.uk else 'MD'))}",
    ]
    if w.chance(0.4):
        top.append(f"CASE NO: {mark('other_id', numbers.visit(w.rng))}")
    parts = [
        "PREOPERATIVE DIAGNOSIS: " + w.fill(case.diagnoses[0]) + ".",
        "POSTOPERATIVE DIAGNOSIS: Same.",
        "PROCEDURE: " + case.procedure + ".",
        "INDICATIONS: "
        + w.paragraph(case.story, 2, 3, first=True)
        + f" The risks were explained to {w.patient_name()} and to {w.slot('rel')}, and consent was signed on "
        f"{w.hand.prose(w.day(-2))}.",
        f"DESCRIPTION: {w.patient_name()} was brought to the suite and identified by name and date of birth. "
        + " ".join(w.fill(line) for line in case.operation),
        f"Dr. {people.family(world.specialist)} was present for the key parts of the procedure. "
        f"{w.rng.choice(['Counts were correct.', 'Sponge and needle counts were correct x2.'])}",
        "FINDINGS AND DATA: " + w.paragraph(case.results, 1, 3),
        "PLAN: " + w.paragraph(case.plan, 2, 3),
    ]
    end = [
        f"Dictated by: {people.signed(world.resident)}",
        f"D: {w.hand.whole(w.day(-1))}  T: {w.hand.whole(w.today)}  {typed_by(w, world.resident)}  JOB: "
        f"{mark('other_id', numbers.digits(w.rng, 7))}",
    ]
    text = "\n".join(top) + "\n\n" + "\n\n".join(parts) + "\n\n" + "\n".join(end)
    return text.upper() if w.chance(0.15) else text
