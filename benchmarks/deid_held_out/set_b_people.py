"""People: patients, relatives and staff, and the forms in which their names are written."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from set_b_names import NICKNAMES, Community, draw_community, draw_family, draw_given

from polyclinic.corpus.invented_notes.marked_text import mark


@dataclass(frozen=True, slots=True)
class Person:
    """One person; `degree` follows the name in signatures and is no part of it."""

    given: str
    middle: str
    family: str
    female: bool
    title: str
    degree: str = ""
    suffix: str = ""

    @property
    def nickname(self) -> str:
        """What friends call them."""
        return NICKNAMES.get(self.given, self.given)


def draw_person(
    rng: Random,
    uk: bool,
    title: str = "",
    degree: str = "",
    community: Community | None = None,
    family: str = "",
    female: bool | None = None,
) -> Person:
    """Draw a person; what is given is kept."""
    community = community or draw_community(rng, uk)
    female = rng.random() < 0.53 if female is None else female
    middle = draw_given(rng, community, female) if rng.random() < 0.7 else ""
    suffix = "Jr." if not female and not degree and not uk and rng.random() < 0.015 else ""
    plain = rng.choice(["Mrs.", "Ms.", "Ms."]) if female else "Mr."
    given = draw_given(rng, community, female)
    return Person(
        given,
        "" if middle == given else middle,
        family or draw_family(rng, community),
        female,
        title or plain,
        degree,
        suffix,
    )


def plain(person: Person) -> str:
    """John Smith."""
    return mark("name", f"{person.given} {person.family}" + (f" {person.suffix}" if person.suffix else ""))


def formal(person: Person) -> str:
    """John A. Smith."""
    middle = f" {person.middle[0]}." if person.middle else ""
    return mark("name", f"{person.given}{middle} {person.family}" + (f", {person.suffix}" if person.suffix else ""))


def whole(person: Person) -> str:
    """John Andrew Smith."""
    middle = f" {person.middle}" if person.middle else ""
    return mark("name", f"{person.given}{middle} {person.family}")


def comma(person: Person) -> str:
    """Smith, John A."""
    return mark("name", f"{person.family}, {person.given}" + (f" {person.middle[0]}" if person.middle else ""))


def chart(person: Person) -> str:
    """SMITH,JOHN A, as charts print it."""
    return mark("name", f"{person.family},{person.given}{' ' + person.middle[0] if person.middle else ''}".upper())


def letter_heading(person: Person) -> str:
    """SMITH, John, as British letters have it."""
    return mark("name", f"{person.family.upper()}, {person.given}")


def family(person: Person) -> str:
    """Smith."""
    return mark("name", person.family)


def given(person: Person) -> str:
    """John."""
    return mark("name", person.given)


def nickname(person: Person) -> str:
    """Jack."""
    return mark("name", person.nickname)


def short(person: Person) -> str:
    """J. Smith."""
    return mark("name", f"{person.given[0]}. {person.family}")


def initials(person: Person, stops: bool = False, lower: bool = False) -> str:
    """JAS, J.S. or js."""
    letters = [word[0].upper() for word in (person.given, person.middle, person.family) if word]
    text = "".join(f"{letter}." for letter in letters) if stops else "".join(letters)
    return mark("name", text.lower() if lower else text)


def titled(person: Person, uk: bool = False) -> str:
    """Mr. Smith, Dr. Smith; without the stop in Britain."""
    return f"{person.title.rstrip('.') if uk else person.title} {family(person)}"


def signed(person: Person) -> str:
    """John A. Smith, MD."""
    return f"{formal(person)}, {person.degree}" if person.degree else formal(person)
