"""Identifiers of a scene that are numbers or addresses, marked with their types, and the signatures under notes."""

from __future__ import annotations

import re

from set_a_numbers import (
    accession,
    digits,
    letters,
    phone,
    prescriber_number,
    serial_number,
    visit_number,
)
from set_a_people import Person
from set_a_scene import Scene

from polyclinic.corpus.invented_notes.marked_text import mark


def mrn(scene: Scene) -> str:
    """Return the number of the record."""
    return mark("mrn", scene.patient.mrn)


def number(scene: Scene, kind: str) -> str:
    """Return a number by kind: visit, account, order, message, R (radiology), S (specimen), L (laboratory) ..."""
    random, patient, year = scene.random, scene.patient, scene.today.year
    match kind:
        case "visit":
            return mark("other_id", visit_number(random))
        case "account":
            return mark("account", visit_number(random))
        case "order" | "message":
            return mark("other_id", digits(random, random.choice([8, 9, 10])))
        case "R" | "S" | "L" | "C" | "A":
            return mark("other_id", accession(random, year, kind))
        case "job":
            return mark("other_id", digits(random, 7))
        case "claim":
            return mark("other_id", f"{random.choice(['WC', 'CLM', ''])}{digits(random, 9)}")
        case "npi":
            return mark("license", "1" + digits(random, 9))
        case "gmc":
            return mark("license", digits(random, 7))
        case "dea":
            return mark("license", prescriber_number(random, scene.staff[0].family))
        case "driver":
            return mark("license", f"{letters(random, 1)}{digits(random, random.choice([7, 8, 12]))}")
        case "plate":
            return mark("vehicle", random.choice([f"{digits(random, 1)}{letters(random, 3)}{digits(random, 3)}",
                                                  f"{letters(random, 3)} {digits(random, 4)}",
                                                  f"{letters(random, 3)}-{digits(random, 3)}"]))  # fmt: skip
        case "vin":
            head = f"{random.choice('1245J')}{letters(random, 4)}{digits(random, 2)}{letters(random, 1)}"
            return mark("vehicle", f"{head}{digits(random, 1)}{letters(random, 2)}{digits(random, 6)}")
        case "serial":
            return mark("device", serial_number(random))
        case "member":
            return mark("health_plan", patient.member)
        case "group":
            return mark("health_plan", patient.group)
        case "ssn":
            return mark("ssn", patient.ssn)
        case "ssn4":
            return mark("ssn", patient.ssn[-4:])
        case "ip":
            return mark("ip", ".".join(str(random.randint(11, 220)) for _ in range(4)))
        case "biometric":
            return mark("biometric", f"{random.choice(['FP', 'VP', 'IR'])}-{digits(random, 6)}")
        case "photo":
            stem = random.choice(
                ["IMG_{:04d}.jpg", "IMG-{:04d}.JPG", "DSC0{:04d}.jpg", "wound_{:03d}.png", "photo_{:04d}.jpeg"]
            )
            return mark("photo", stem.format(random.randint(12, 9899)))
    raise KeyError(f"no number of kind {kind!r}")


def fax(scene: Scene) -> str:
    """Return a fax number."""
    return mark("fax", phone(scene.random, scene.patient.town))


def home_phone(scene: Scene) -> str:
    """Return the phone of the patient."""
    return mark("phone", scene.patient.phone)


def mobile(scene: Scene) -> str:
    """Return the mobile phone of the patient."""
    return mark("phone", scene.patient.mobile)


def pager(scene: Scene) -> str:
    """Return a pager or an extension of the hospital."""
    return mark("phone", digits(scene.random, scene.random.choice([4, 5])))


def extension(scene: Scene) -> str:
    """Return a phone of an office with its extension."""
    random = scene.random
    end = random.choice([" x{}", " ext. {}", ", ext {}", " ext {}"]).format(random.randint(11, 5999))
    return mark("phone", phone(random, scene.patient.town) + end)


def email(scene: Scene) -> str:
    """Return the address of mail of the patient."""
    return mark("email", scene.patient.email)


def domain(name: str) -> str:
    """Return the web domain of an institution."""
    return (
        re.sub(r"[^a-z]", "", name.lower().replace("hospital", "").replace("medical center", "med"))[:30] or "clinic"
    )


def staff_email(scene: Scene, person: Person) -> str:
    """Return the address of a clinician."""
    family = re.sub(r"[^a-z]", "", person.family.lower())
    end = ".nhs.uk" if scene.british else scene.random.choice([".org", ".com", ".edu"])
    return mark(
        "email",
        f"{person.given[0].lower()}{scene.random.choice(['', '.'])}{family}@{domain(scene.patient.hospital)}{end}",
    )


def portal(scene: Scene) -> str:
    """Return the address of a page for patients."""
    host = domain(scene.patient.hospital) + (".nhs.uk" if scene.british else ".org")
    form = scene.random.choice(["https://mychart.{}", "www.{}/portal", "https://{}/video/visit", "portal.{}"])
    return mark("url", form.format(host))


def home_lines(scene: Scene, lines: bool = True) -> str:
    """Return the address of the patient, in two lines or in one."""
    patient, town = scene.patient, scene.patient.town
    street, code = mark("address", patient.street), mark("zip", patient.postal)
    middle = "\n" if lines else ", "
    if scene.british:
        return f"{street}{middle}{mark('city', town.name)}{middle}{code}"
    state = town.state if scene.random.random() < 0.85 else town.state_name
    return f"{street}{middle}{mark('city', town.name)}, {state} {code}"


def signed(scene: Scene, person: Person, specialty: str = "") -> str:
    """Return a signature, electronic or not; the specialty is that of the case where none is given."""
    specialty = specialty or scene.case.specialty
    if scene.british:
        return scene.random.choice(
            [
                f"{person.full()}\nConsultant, {specialty}\nGMC {number(scene, 'gmc')}",
                f"Dr {person.full()}\nConsultant in {specialty}",
                f"Signed electronically: {person.full()} {scene.head()} {scene.time()}",
            ]
        )
    return scene.random.choice(
        [
            f"Electronically signed by {person.whole()}, {person.degree} on {scene.head()} at {scene.time()}",
            f"{person.whole()}, {person.degree}\n{specialty}\nPager {pager(scene)}",
            f"/es/ {person.capitals()}, {person.degree}\nSigned: {scene.head()} {scene.time()}",
            f"Electronically Signed By: {person.register()} {person.degree}   {scene.head()} {scene.time()}",
            f"{person.full()}, {person.degree}",
            f"Authenticated by {person.initial_last()}, {person.degree}, {scene.head()}",
        ]
    )


def dictated(scene: Scene, person: Person, typist: Person) -> str:
    """Return the lines under a dictation."""
    return scene.random.choice(
        [
            f"{person.whole()}, {person.degree}\n\nD: {scene.head()} {scene.time()}\nT: {scene.head(1)} "
            f"{scene.time()}\n"
            f"{person.initials()}/{typist.initials(lower=True)}\nJob #{number(scene, 'job')}",
            f"Dictated by: {person.full()}, {person.degree}\nDD: {scene.head()}   DT: {scene.head(1)}\nJob: "
            f"{number(scene, 'job')}",
            f"{person.initials()}:{typist.initials(lower=True)}\nDictated: {scene.head()}  Transcribed: "
            f"{scene.head(1)}\n"
            f"cc: {scene.doctor(1)}, {scene.doctor(2)}",
            f"DICTATED BY: {person.capitals()}, {person.degree}\nDICTATED ON {scene.head()} {scene.time()}   "
            f"TRANSCRIBED {scene.head()} BY {typist.initials()}\n\ncc: {scene.patient.family_doctor.full()}, "
            f"{scene.patient.family_doctor.degree}",
        ]
    )
