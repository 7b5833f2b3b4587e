"""The world of one patient: who treats, who lives with them, where they live and work, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import set_b_numbers as numbers
import set_b_places as places
from set_b_case import Case
from set_b_names import Community, draw_community, draw_family
from set_b_people import Person, draw_person


@dataclass(frozen=True, slots=True)
class Relative:
    """A relative, and what they are to the patient."""

    person: Person
    kind: str
    phone: str


@dataclass(frozen=True, slots=True)
class World:
    """All that stays the same over the notes of a patient; nothing in it is marked."""

    uk: bool
    area: places.Area
    patient: Person
    born: date
    case: Case
    record: str
    nhs: str
    social: str
    member: str
    group: str
    account: str
    home_phone: str
    mobile: str
    street: str
    town: str
    post: str
    email: str
    relatives: tuple[Relative, ...]
    pcp: Person
    specialist: Person
    resident: Person
    nurses: tuple[Person, ...]
    hospital: str
    other_hospital: str
    practice: str
    clinic: str
    nursing_home: str
    pharmacy: str
    employer: str
    school: str
    desk_phone: str
    desk_fax: str
    first_seen: date


_US_NURSES = ("RN", "RN", "RN, BSN", "LPN", "RN, CCRN")


def draw_world(rng: Random, case: Case) -> World:
    """Draw a patient of this case and everyone around."""
    uk = rng.random() < 0.28
    area = rng.choice(places.UK_AREAS if uk else places.US_AREAS)
    origin = draw_community(rng, uk)
    female = rng.random() < 0.53 if not case.sex else case.sex == "F"
    seen = date(2009, 1, 5) + timedelta(days=rng.randrange(5700))
    age = rng.randint(*case.ages)
    if case.ages[1] > 88 and rng.random() < 0.12:
        age = rng.randint(90, 97)
    title = rng.choice(["Mrs.", "Ms.", "Ms."]) if female and age > 24 else "Ms." if female else "Mr."
    patient = draw_person(rng, uk, title, community=origin, female=female)
    born = seen - timedelta(days=age * 365 + age // 4 + rng.randint(20, 340))
    degrees = ("MD", "MD", "MD", "DO", "MD, PhD", "M.D.")
    doctor_degree = "" if uk else rng.choice(degrees)
    other = draw_person(rng, uk, "Dr.", "" if uk else rng.choice(degrees))
    nurses = tuple(
        draw_person(rng, uk, degree="RGN" if uk else rng.choice(_US_NURSES), female=rng.random() < 0.85)
        for _ in range(3)
    )
    hospital = places.hospital(rng, area, uk)
    outside = places.hospital(rng, area, uk)
    domain = rng.choice(
        [
            "gmail.com",
            "yahoo.com",
            "hotmail.co.uk" if uk else "aol.com",
            "outlook.com",
            "btinternet.com" if uk else "comcast.net",
        ]
    )
    ending = rng.choice(["", str(rng.randint(2, 99)), str(born.year)])
    login = f"{patient.given}{rng.choice(['.', '', '_'])}{patient.family}{ending}"
    login = login.lower().replace(" ", "").replace("'", "").encode("ascii", "ignore").decode()
    return World(
        uk=uk,
        area=area,
        patient=patient,
        born=born,
        case=case,
        record=numbers.record_number(rng, uk),
        nhs=numbers.nhs_number(rng),
        social=numbers.social_security(rng),
        member=numbers.member_number(rng),
        group=numbers.digits(rng, rng.choice([5, 6, 7])),
        account=numbers.digits(rng, rng.choice([8, 9, 11])),
        home_phone=numbers.phone_digits(rng, area, uk),
        mobile=numbers.phone_digits(rng, area, uk, mobile=True),
        street=places.street(rng, uk),
        town=rng.choice(area.towns),
        post=places.post_code(rng, area, uk),
        email=f"{login}@{domain}",
        relatives=_relatives(rng, uk, area, patient, age, origin),
        pcp=draw_person(rng, uk, "Dr.", doctor_degree),
        specialist=other,
        resident=draw_person(rng, uk, "Dr.", "" if uk else "MD"),
        nurses=nurses,
        hospital=hospital,
        other_hospital=outside if outside != hospital else places.hospital(rng, area, uk),
        practice=places.practice(
            rng, area, uk, rng.choice(["Family Practice", "Internal Medicine", "Family Health"])
        ),
        clinic=places.practice(rng, area, False, case.specialty)
        if not uk
        else f"{area.towns[0]} {case.specialty} Clinic",
        nursing_home=places.nursing_home(rng, area, uk),
        pharmacy=places.pharmacy(rng, area, uk),
        employer=places.employer(rng, area, uk),
        school=places.school(rng, area, uk),
        desk_phone=numbers.phone_digits(rng, area, uk),
        desk_fax=numbers.phone_digits(rng, area, uk),
        first_seen=seen,
    )


def _relatives(
    rng: Random, uk: bool, area: places.Area, patient: Person, age: int, origin: Community
) -> tuple[Relative, ...]:
    """Draw two or three relatives that fit the patient's age."""
    if age < 22:
        kinds = [("mother", True), ("father", False), ("grandmother", True)]
    elif age < 45:
        kinds = [("husband", False) if patient.female else ("wife", True), ("sister", True), ("mother", True)]
    else:
        kinds = [("husband", False) if patient.female else ("wife", True), ("daughter", True), ("son", False)]
    if age >= 22 and rng.random() < 0.25:
        kinds[0] = ("partner", not patient.female)
    relatives = []
    for kind, female in kinds:
        theirs = origin if rng.random() < 0.85 else draw_community(rng, uk)
        name = patient.family if rng.random() < 0.68 else draw_family(rng, theirs)
        person = draw_person(rng, uk, community=theirs, family=name, female=female)
        relatives.append(Relative(person, kind, numbers.phone_digits(rng, area, uk, mobile=True)))
    return tuple(relatives)
