"""Persons: drawn with a name of one origin, written in the ways notes write them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from set_a_names import NICKNAMES, ORIGINS, Origin

from polyclinic.corpus.invented_notes.marked_text import mark


@dataclass(frozen=True, slots=True)
class Person:
    """A person; `degree` is empty for who is no clinician. The methods return marked text."""

    given: str
    middle: str
    family: str
    female: bool
    origin: Origin
    degree: str = ""

    def full(self) -> str:
        """Return "Given Family"."""
        return mark("name", f"{self.given} {self.family}")

    def whole(self) -> str:
        """Return the name with the middle initial, where there is one."""
        middle = f" {self.middle[0]}." if self.middle else ""
        return mark("name", f"{self.given}{middle} {self.family}")

    def last(self) -> str:
        """Return the family name."""
        return mark("name", self.family)

    def first(self) -> str:
        """Return the given name."""
        return mark("name", self.given)

    def called(self) -> str:
        """Return the nickname, else the given name."""
        return mark("name", NICKNAMES.get(self.given, (self.given,))[0])

    def register(self, capitals: bool = False, middle: bool = True) -> str:
        """Return "Family, Given M" as registers write it."""
        text = f"{self.family}, {self.given}" + (f" {self.middle[0]}" if middle and self.middle else "")
        return mark("name", text.upper() if capitals else text)

    def capitals(self) -> str:
        """Return the whole name in capitals."""
        return mark("name", f"{self.given} {self.family}".upper())

    def initial_last(self) -> str:
        """Return "G. Family"."""
        return mark("name", f"{self.given[0]}. {self.family}")

    def first_initial(self) -> str:
        """Return "Given F." as nurses sign; the dot is part of the initial."""
        return mark("name", f"{self.given} {self.family[0].upper()}.")

    def initials(self, lower: bool = False, dots: bool = False) -> str:
        """Return the initials."""
        letters = [self.given[0], *([self.middle[0]] if self.middle else []), self.family.split()[-1][0]]
        text = "".join(letter + "." for letter in letters) if dots else "".join(letters)
        return mark("name", text.lower() if lower else text.upper())


def draw_origin(random: Random, staff: bool = False) -> Origin:
    """Draw an origin by its weight among patients or staff."""
    weights = [origin.staff_weight if staff else origin.weight for origin in ORIGINS]
    return random.choices(ORIGINS, weights)[0]


def draw_person(
    random: Random,
    female: bool,
    origin: Origin | None = None,
    family: str = "",
    degree: str = "",
    staff: bool = False,
) -> Person:
    """Draw a person; a given name may be of another origin (one in ten), as it is in families that moved."""
    origin = origin or draw_origin(random, staff)
    of_given = ORIGINS[0] if random.random() < 0.1 else origin
    given = random.choice(of_given.women if female else of_given.men)
    middle = random.choice(of_given.women if female else of_given.men) if random.random() < 0.45 else ""
    if middle == given:
        middle = ""
    name = family or random.choice(origin.family)
    if not family and female and random.random() < 0.03:
        name = f"{name.split()[-1]}-{random.choice(draw_origin(random).family).split()[-1]}"
    return Person(given, middle, name, female, origin, degree)


@dataclass(frozen=True, slots=True)
class Relative:
    """A relative or friend of the patient: what they are to each other, who it is, and the phone."""

    relation: str
    person: Person
    phone: str

    @property
    def he(self) -> str:
        """Return the pronoun."""
        return "she" if self.person.female else "he"


_KIN = {
    "old": (("daughter", True), ("son", False), ("granddaughter", True), ("niece", True), ("son-in-law", False)),
    "grown": (("sister", True), ("brother", False), ("mother", True), ("roommate", False), ("cousin", True)),
    "child": (("mother", True), ("father", False), ("grandmother", True), ("aunt", True)),
}


def draw_relatives(random: Random, patient: Person, age: int, phones: tuple[str, str]) -> tuple[Relative, Relative]:
    """Draw two relatives of a patient of this age; adults above 25 mostly have a spouse."""
    kind = "child" if age < 18 else "old" if age >= 60 else "grown"
    kin = random.sample(_KIN[kind], 2)
    if kind == "child" and not any(relation in ("mother", "father") for relation, _ in kin):
        kin[0] = ("mother", True)
    if age >= 25 and random.random() < 0.6:
        kin[0] = ("husband", False) if patient.female else ("wife", True)
    drawn = []
    for (relation, female), phone in zip(kin, phones, strict=True):
        family = "" if relation in ("roommate", "son-in-law", "niece", "cousin") else patient.family
        if (
            family
            and female
            and relation in ("daughter", "sister", "granddaughter", "aunt")
            and random.random() < 0.45
        ):
            family = ""
        origin = patient.origin if random.random() < 0.85 else None
        person = draw_person(random, female, origin, family)
        while person.given == patient.given:
            person = draw_person(random, female, origin, family)
        drawn.append(Relative(relation, person, phone))
    return drawn[0], drawn[1]
