"""Letters and faxes: clinic letter to the family doctor, referral sheet."""

from __future__ import annotations

from set_a_ids import email, extension, fax, home_lines, home_phone, mobile, mrn, number, portal, signed, staff_email
from set_a_places import office, postal
from set_a_scene import Scene
from set_a_text import inline, listed, sentences

from polyclinic.corpus.invented_notes.marked_text import mark


def office_lines(scene: Scene) -> str:
    """Return the address of an office in the town."""
    town = scene.patient.town
    line = mark("address", office(scene.random, scene.british))
    code = mark("zip", postal(scene.random, town))
    if scene.british:
        return f"{line}\n{mark('city', town.name)}\n{code}"
    return f"{line}\n{mark('city', town.name)}, {town.state} {code}"


def clinic_letter(scene: Scene) -> str:
    """Return a letter to the family doctor, copied to the patient."""
    case, patient, writer = scene.case, scene.patient, scene.staff[0]
    person, doctor = patient.person, patient.family_doctor
    contact = f"Tel: {scene.contact()}  Fax: {fax(scene)}"
    if scene.chance(0.3):
        contact += f"\nEmail: {staff_email(scene, writer)}"
    head = (
        f"{scene.place('hosp')}\nDepartment of {case.specialty}\n{office_lines(scene)}\n{contact}\n\n{scene.head()}"
    )
    if scene.british:
        head += (
            f"\n\nOur ref: {writer.initials()}/{scene.staff[4].initials(lower=True)}/{mrn(scene)}\nClinic "
            f"date: {scene.head(-3)}   Typed: {scene.head()}"
        )
    title = f"Dr{scene.dot} {doctor.last()}"
    address = (
        f"{scene.random.choice([f'Dr{scene.dot} {doctor.full()}', doctor.whole() + ', ' + doctor.degree])}\n"
        f"{scene.place('clinic')}\n{office_lines(scene)}"
    )
    number_line = f"{('NHS No' if ' ' in patient.mrn else 'Hospital No') if scene.british else 'MRN'}: {mrn(scene)}"
    about = scene.random.choice(
        [
            f"Re: {person.full()}, DOB {scene.born()}, {number_line}\n{home_lines(scene, lines=False)}",
            f"RE: {person.capitals()}\nDOB: {scene.born()}\n{number_line}",
            f"Re: {scene.titled() if scene.age > 17 else person.full()} (d.o.b. {scene.born()}), "
            f"{home_lines(scene, lines=False)}",
        ]
    )
    thanks = scene.draw(
        "Thank you for referring {Mr}, whom I saw on {d-3}.",
        "I had the pleasure of seeing {Mr} in clinic today together with {his} {rel}, {relf}.",
        "I reviewed this pleasant {age}-year-old {man} in my clinic on {d-3}.",
        "It was good to see {pt} again on {d-3}, who came with {relf}.",
    )
    diagnoses = "Diagnoses:\n" + listed([case.diagnosis, *scene.some(case.history, 2, 4)], "1")
    drugs = "Current medication: " + inline(scene.some(case.drugs, 3))
    story = sentences([thanks, *scene.some(case.story, 3, 5)])
    exam = "On examination, " + " ".join(line.split(": ", 1)[1] for line in scene.some(case.exam, 2))
    tests = (
        "Investigations: "
        + inline(scene.some(case.labs, 3))
        + " "
        + sentences([scene.fill(line) for line in case.imaging.impression])
    )
    plan = "I have suggested the following:\n" + listed(scene.some(case.plan, 3), "-")
    wider = scene.draw(
        "I have asked {dr1} at {ohosp} for an opinion, and {Mr} will be seen there on {d+17}.",
        "{His} {rel} {relf} can be reached at {relph} if the appointment of {d+30} has to move.",
        "I would be grateful if you could repeat the bloods in {m+30}.",
        "{Mr} has gone back to work at {work}, with my letter for the occupational health nurse."
        if 18 <= scene.age < 66
        else "We will see {him} again around {hol} next year, or earlier if you are worried.",
        "The results will be on our page, {portal}, and {he} has a log-in.".replace("{portal}", portal(scene)),
    )
    close = scene.random.choice(["Yours sincerely,", "With kind regards,", "Sincerely,", "Best wishes,"])
    copies = scene.draw("cc: {pt}", "cc {Mr}, {street}, {city}", "Cc: {dr1}, {ohosp}", "", "cc: patient; {dr3}")
    return "\n\n".join(
        [
            head,
            address,
            about,
            f"Dear {title},",
            diagnoses,
            drugs,
            story,
            exam,
            tests,
            plan,
            wider,
            close,
            signed(scene, writer),
            copies,
        ]
    )


def referral_fax(scene: Scene) -> str:
    """Return a fax with a referral."""
    case, patient, random = scene.case, scene.patient, scene.random
    person, sender, receiver = patient.person, patient.family_doctor, scene.staff[1]
    caller = scene.nurses[0]
    plan = random.choice(["Aetna", "BCBS PPO", "Medicare", "Molina", "Humana HMO", "Tricare Prime", "Kaiser"])
    head = (
        f"{random.choice(['FAX', 'FACSIMILE TRANSMITTAL', 'REFERRAL REQUEST - FAX'])}\n\nTO: {receiver.full()}, "
        f"{receiver.degree} - {scene.place('ohosp')}\n"
        f"FAX: {fax(scene)}   PHONE: {scene.contact()}\nFROM: "
        f"{caller.first_initial() if random.random() < 0.5 else caller.full()} for "
        f"{sender.register(middle=False)}, {scene.place('clinic')}\nPHONE: {extension(scene)}"
    )
    rest = f"   FAX: {fax(scene)}\nDATE: {scene.head()} {scene.time()}   PAGES (incl. cover): {random.randint(2, 18)}"
    rows = [
        f"PATIENT: {person.register(capitals=True)}   DOB {scene.born()}   {'F' if person.female else 'M'}",
        f"ADDRESS: {home_lines(scene, lines=False)}",
        f"PHONE: {home_phone(scene)} (H) {mobile(scene)} (C)   "
        f"{random.choice(['OK to leave msg', 'call after 3', 'prefers text'])}",
        f"INSURANCE: {plan}   ID# {number(scene, 'member')}   GRP# {number(scene, 'group')}",
        f"AUTH #: {number(scene, 'claim')}   MRN: {mrn(scene)}",
    ]
    if random.random() < 0.4:
        rows.append(f"EMAIL: {email(scene)}")
    if random.random() < 0.35:
        rows.append(f"SSN (last 4): {number(scene, 'ssn4')}")
    if random.random() < 0.5:
        rows.append(
            f"CONTACT IF UNABLE TO REACH PT: {patient.relatives[0].person.full()} "
            f"({patient.relatives[0].relation}) {scene.value('relph')}"
        )
    urgent = random.choice(
        ["[ ] Routine  [X] Urgent  [ ] Stat", "URGENT - within 1 week", "Routine, first available"]
    )
    reason = f"REASON FOR REFERRAL: {case.diagnosis}\n{urgent}"
    story = "SUMMARY: " + sentences(scene.some(case.story, 3, 5))
    enclosed = "ENCLOSED: " + scene.draw(
        "office note {s-3}, labs {s-5}, " + case.imaging.title + " ({s-9})",
        "last two visits ({h-3}, {h-61}), med list, insurance card copy",
        "discharge summary {ohosps} {h-40}; imaging on disc to follow by mail",
    )
    drugs = (
        "MEDS: "
        + "; ".join(scene.some(case.drugs, 3))
        + f"\nALLERGIES: {case.allergies}\nLABS: "
        + "; ".join(scene.some(case.labs, 3))
    )
    ids = f"{sender.full()}, {sender.degree}   NPI {number(scene, 'npi')}" + (
        f"   DEA {number(scene, 'dea')}" if random.random() < 0.4 else ""
    )
    if scene.british:
        ids = f"Dr {sender.full()}   GMC {number(scene, 'gmc')}"
    note = scene.draw(
        "Please call {rnf} with the appointment, she will let {Mr} know.",
        "Appt needed before {s+14}; pt is leaving for {hol2}.".replace("{hol2}", "a trip"),
        "Pt's {rel} {relf} does the driving and can only do mornings.",
    )
    warning = (
        "CONFIDENTIALITY NOTICE: This fax may contain protected health information. If you have received it in "
        "error, please notify the sender at the number above and destroy all copies."
    )
    return "\n\n".join([head + rest, "\n".join(rows), reason, story, drugs, enclosed, note, ids, warning])
