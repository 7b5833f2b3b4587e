"""An invented patient and those around them: who they are, where they live, their numbers, when they came."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from polyclinic.corpus.invented_notes import names
from polyclinic.corpus.invented_notes.illnesses import ILLNESSES, Illness
from polyclinic.corpus.invented_notes.marked_text import mark


@dataclass(frozen=True)
class Person:
    """Somebody with a name."""

    first: str
    middle: str  # one letter, or nothing
    last: str
    woman: bool

    @property
    def title(self) -> str:
        """Mr. or Ms."""
        return "Ms." if self.woman else "Mr."

    @property
    def initials(self) -> str:
        """First letters, as they stand beside a signature."""
        return f"{self.first[0]}{self.middle}{self.last[0]}"

    def full(self) -> str:
        """First name, letter and surname."""
        return f"{self.first} {self.middle}. {self.last}" if self.middle else f"{self.first} {self.last}"

    def turned(self) -> str:
        """Surname first, as registers have it."""
        return f"{self.last}, {self.first} {self.middle}".rstrip()


@dataclass
class Patient:
    """A patient, and what all notes of that patient agree on."""

    random: random.Random
    person: Person
    born: date
    admitted: date
    illness: Illness
    address: str
    town: str
    state: str
    zip: str
    county: str
    hospital: str
    clinic: str
    nursing_home: str
    employer: str
    relative: Person
    relation: str
    attending: Person
    resident: Person
    consultant: Person
    nurse: Person
    family_doctor: Person
    plan: str
    numbers: dict[str, str] = field(default_factory=dict)

    @property
    def age(self) -> int:
        """Whole years on the day of admission."""
        return (self.admitted - self.born).days * 100 // 36525

    @property
    def shown_age(self) -> str:
        """The age, marked where it is over 89."""
        return mark("age", str(self.age)) if self.age > 89 else str(self.age)

    @property
    def she(self) -> str:
        """The pronoun."""
        return "she" if self.person.woman else "he"

    @property
    def her(self) -> str:
        """The possessive."""
        return "her" if self.person.woman else "his"

    @property
    def sex(self) -> str:
        """Female or male."""
        return "female" if self.person.woman else "male"

    def day(self, after: int) -> date:
        """The day so many days after admission."""
        return self.admitted + timedelta(days=after)

    def number(self, kind: str, pattern: str) -> str:
        """This patient's number of a kind: # is a digit, % one from 2, @ a capital
        letter; the same whenever it is asked for."""
        if kind not in self.numbers:
            among = {"#": "0123456789", "%": "23456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
            made = [self.random.choice(among.get(character, character)) for character in pattern]
            self.numbers[kind] = "".join(made)
        return self.numbers[kind]

    def phone(self, whose: str) -> str:
        """A telephone number, in one of the usual forms."""
        form = self.random.choice(["(%##) 555-####", "%##-555-####", "%## 555 ####", "(%##)555-####", "555-####"])
        return self.number(f"phone of {whose}", form)


def draw_person(draw: random.Random, *, woman: bool | None = None, last: str = "") -> Person:
    """Draw a name; one surname in eight is a common word."""
    is_woman = draw.random() < 0.5 if woman is None else woman
    first = draw.choice(names.WOMEN if is_woman else names.MEN)
    surnames = names.SURNAMES_THAT_ARE_WORDS if draw.random() < 0.125 else names.SURNAMES
    middle = draw.choice("ABCDEFGHJKLMNPRSTW") if draw.random() < 0.5 else ""
    return Person(first, middle, last or draw.choice(surnames), is_woman)


def draw_patient(draw: random.Random) -> Patient:
    """Draw a patient with all that notes may say."""
    illness = draw.choice(ILLNESSES)
    person = draw_person(draw)
    admitted = date(draw.randint(2009, 2025), 1, 1) + timedelta(days=draw.randint(0, 364))
    years = draw.randint(90, 101) if draw.random() < 0.1 else draw.randint(illness.youngest, illness.oldest)
    born = admitted - timedelta(days=years * 36525 // 100 + draw.randint(1, 360))
    town, state, zip_start = draw.choice(names.TOWNS)
    county = draw.choice(names.COUNTIES)
    relation, woman = draw.choice(
        [("wife", True), ("daughter", True), ("sister", True), ("husband", False), ("son", False), ("brother", False)]
    )
    if relation in ("wife", "husband"):
        woman = not person.woman
        relation = "wife" if woman else "husband"
    shared = person.last if draw.random() < 0.6 else ""

    def place(among: list[str]) -> str:
        return draw.choice(among).format(town=town, county=county)

    flat = draw.choice(["", "", "", ", Apt {}", " #{}", ", Unit {}"]).format(draw.randint(1, 40))
    return Patient(
        random=draw,
        person=person,
        born=born,
        admitted=admitted,
        illness=illness,
        address=f"{draw.randint(3, 9800)} {draw.choice(names.STREETS)} {draw.choice(names.STREET_KINDS)}{flat}",
        town=town,
        state=state,
        zip=zip_start
        + f"{draw.randint(1, 99):02d}"
        + (f"-{draw.randint(1000, 9999)}" if draw.random() < 0.1 else ""),
        county=county,
        hospital=place(names.HOSPITALS),
        clinic=place(names.CLINICS),
        nursing_home=place(names.NURSING_HOMES),
        employer=place(names.EMPLOYERS),
        relative=draw_person(draw, woman=woman, last=shared),
        relation=relation,
        attending=draw_person(draw),
        resident=draw_person(draw),
        consultant=draw_person(draw),
        nurse=draw_person(draw),
        family_doctor=draw_person(draw),
        plan=draw.choice(names.HEALTH_PLANS),
    )
