"""Letters of American and British clinics."""

from __future__ import annotations

import set_b_numbers as numbers
import set_b_people as people
import set_b_places as places
from set_b_dictated import letterhead, typed_by
from set_b_typing import lowered
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.marked_text import mark


def consult_letter(w: Writer) -> str:
    """An American letter of a specialist to the referring doctor."""
    world, case = w.world, w.world.case
    author, to = world.specialist, world.pcp
    greeting = w.rng.choice(
        [
            f"Dear Dr. {people.family(to)}:",
            f"Dear {people.nickname(to)}:",
            f"Dear {people.given(to)},",
            f"Dear Dr. {people.family(to)},",
        ]
    )
    top = [
        letterhead(w, world.clinic),
        "",
        w.hand.mixed(w.today, 0.25),
        "",
        people.signed(to),
        w.place(world.practice),
    ]
    top += [
        mark(
            "address",
            f"{w.rng.randint(12, 4100)} "
            f"{w.rng.choice(['Route 9', 'Commerce Way', 'Fourth Street, Suite 200', 'Old Post Rd'])}",
        ),
        f"{mark('city', world.area.towns[1])}{w.state()} {mark('zip', places.post_code(w.rng, world.area, False))}",
        "",
    ]
    subject = [f"RE: {people.formal(world.patient)}", f"DOB: {w.hand.whole(world.born)}"]
    if w.chance(0.6):
        subject.append(f"MRN: {mark('mrn', world.record)}")
    opening = w.rng.choice(
        [
            f"Thank you for asking me to see {w.patient_name()} in consultation for {w.fill(case.complaint)}. I "
            f"saw {w.slot('him')} at {w.place(world.clinic)} on {w.hand.prose(w.today)}.",
            f"I had the pleasure of seeing your patient, {people.plain(world.patient)}, today. As you know, "
            f"{w.slot('he')} has {case.name}.",
            f"{w.patient_name()} returned to see me on {w.hand.prose(w.day(-1))}, accompanied by {w.slot('rel')}.",
        ]
    )
    body = [
        opening + " " + w.paragraph(case.story, 3, 5, first=True) + w.aside(),
        f"{w.slot('His')} past history is notable for "
        + ", ".join(w.some(case.history, 3, 5))
        + ". Current medications are "
        + ", ".join(w.some(case.drugs, 3, 5))
        + ".",
        f"On examination, blood pressure was {w.rng.randint(104, 158)}/{w.rng.randint(58, 92)}. "
        + w.paragraph(case.exam, 2, 4)
        + " "
        + w.ordinary(1, 3)
        + " "
        + w.paragraph(case.results, 1, 3),
        "My impression is "
        + lowered(" and ".join(w.some(case.diagnoses, 1, 2, first=True)))
        + ". I have recommended the following. "
        + w.paragraph(case.plan, 2, 4),
        w.rng.choice(
            [
                f"Thank you for letting me share in {w.patient_name()}'s care.",
                f"If you have questions, my direct line is {w.phone(world.desk_phone)}.",
                f"Please call me on my cell, {w.phone(author_cell(w))}, or e-mail "
                f"{mark('email', staff_email(w, author))}.",
            ]
        ),
    ]
    end = ["Sincerely,", "", people.signed(author)]
    if w.chance(0.4):
        end.append(f"NPI {mark('license', numbers.licence(w.rng, 'npi'))}")
    end.append(typed_by(w, author))
    if w.chance(0.5):
        end += ["", f"cc:  {people.signed(world.resident)}", f"     {people.titled(world.patient)}"]
    return "\n".join([*top, *subject, "", greeting, "", ""]) + "\n\n".join(body) + "\n\n" + "\n".join(end)


def author_cell(w: Writer) -> str:
    """A doctor's own number, the same area as the clinic."""
    return numbers.phone_digits(w.rng, w.world.area, w.world.uk, mobile=True)


def staff_email(w: Writer, person: people.Person) -> str:
    """An address of the hospital."""
    words = [word for word in w.world.hospital.lower().split() if word not in ("of", "and", "the", "hospital")]
    domain = "".join(c for c in "".join(words[:2]) if c.isascii() and c.isalpha())
    login = f"{person.given[0]}{person.family}" if w.chance(0.5) else f"{person.given}.{person.family}"
    login = "".join(c for c in login.lower() if c.isascii() and (c.isalpha() or c == "."))
    return f"{login}@{domain}{'.nhs.uk' if w.world.uk else w.rng.choice(['.org', '.org', '.edu', '.com'])}"


def british_letter(w: Writer) -> str:
    """A letter of a British clinic to the general practitioner."""
    world, case = w.world, w.world.case
    author = world.specialist
    place = w.place(world.hospital)
    secretary = w.person("secretary", female=True)
    top = [
        place,
        f"{mark('city', world.area.towns[0])}",
        f"Direct line: {w.phone(world.desk_phone)} (secretary {people.plain(secretary)})",
    ]
    reference = f"{people.initials(author)}/{people.initials(secretary, lower=True)}/{mark('mrn', world.record)}"
    top += [
        "",
        f"Our ref: {reference}",
        f"NHS No: {mark('mrn', world.nhs)}",
        f"Clinic date: {w.hand.whole(w.day(-w.rng.randint(0, 2)))}",
        f"Typed: {w.hand.whole(w.day(3))}",
        "",
    ]
    top += [
        f"Dr {people.short(world.pcp)}",
        w.place(world.practice),
        mark("address", places.street(w.rng, True)),
        mark("city", world.area.towns[1]),
        mark("zip", places.post_code(w.rng, world.area, True)),
        "",
    ]
    subject = f"Re: {w.patient_name() if w.chance(0.3) else people.letter_heading(world.patient)}"
    subject += f", DoB {w.hand.whole(world.born)}\n{w.address()}"
    body = [
        "Diagnoses: " + "; ".join(w.some(case.diagnoses, 2, 3, first=True)),
        "Current medication: " + ", ".join(w.some(case.drugs, 3, 5)),
        f"I reviewed {'this' if w.chance(0.4) else 'your'} {w.age_text()} year old patient in "
        f"{w.specialty.lower()} clinic, where {w.slot('he')} came with {w.slot('rel')}. "
        + w.paragraph(case.story, 2, 4)
        + w.aside(),
        "On examination: "
        + w.paragraph(case.exam, 2, 4)
        + " "
        + w.ordinary(1, 3)
        + " "
        + w.paragraph(case.results, 1, 3),
        w.paragraph(case.plan, 2, 4)
        + f" I would be grateful if you could arrange bloods before {w.slot('his')} next visit on "
        f"{w.hand.prose(w.day(60))}.",
    ]
    end = [
        "Yours sincerely" + w.rng.choice(["", ","]),
        "",
        w.rng.choice(["Dictated but not signed to avoid delay", ""]),
        f"Dr {people.plain(author)}",
    ]
    end.append(
        w.rng.choice(
            [
                f"Consultant in {w.specialty}",
                f"Specialty Registrar to Dr {people.family(world.resident)}",
                f"GMC {mark('license', numbers.licence(w.rng, 'gmc'))}",
            ]
        )
    )
    if w.chance(0.6):
        end.append(f"cc {w.patient_name()}, {w.address()}" if w.chance(0.5) else f"cc {w.patient_name()}")
    return (
        "\n".join([*top, f"Dear Dr {people.family(world.pcp)}", "", subject, "", ""])
        + "\n\n".join(body)
        + "\n\n"
        + "\n".join(end)
    )
