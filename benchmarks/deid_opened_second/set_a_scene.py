"""One visit of one patient: who is there, when and where, and the words that fill a template.

Templates hold keys in braces: `{He} saw {dr1} on {d-14}`. `Scene.value` lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from set_a_case import Case
from set_a_dates import Forms, last_holiday, ordinal, write
from set_a_numbers import phone
from set_a_people import Person, Relative, draw_person
from set_a_places import Town, institution, marked_institution, road_without_number, short_institution

from polyclinic.corpus.invented_notes.marked_text import mark

_KEY = re.compile(r"\{([A-Za-z0-9_+-]+)\}")


@dataclass(frozen=True, slots=True)
class Patient:
    """What stays the same over the notes of a patient; texts are without marks."""

    id: str
    person: Person
    born: date
    first_visit: date
    case: Case
    town: Town
    street: str
    postal: str
    phone: str
    mobile: str
    email: str
    mrn: str
    ssn: str
    member: str
    group: str
    relatives: tuple[Relative, Relative]
    family_doctor: Person
    hospital: str
    clinic: str
    pharmacy: str
    nursing_home: str
    occupation: str  # employer or school by name

    @property
    def british(self) -> bool:
        """Return whether the notes are of a British hospital."""
        return self.town.area.startswith("0")


class Scene:
    """One visit: draws what changes from note to note, and fills templates."""

    def __init__(self, random: Random, patient: Patient, today: date, forms: Forms, staff: list[Person]) -> None:
        self.random = random
        self.patient = patient
        self.case = patient.case
        self.today = today
        self.forms = forms
        self.staff = staff
        self.british = patient.british
        self.shift = 0  # days that a story lies back, for one told at discharge
        self.age = (today - patient.born).days * 100 // 36525
        self.dot = "" if self.british else "."
        self.other_hospital = institution(random, "hospital", patient.town)
        while self.other_hospital == patient.hospital:
            self.other_hospital = institution(random, "hospital", patient.town)
        self.agency = institution(random, "agency", patient.town)
        self.nurses = [
            draw_person(
                random, random.random() < 0.85, degree=random.choice(["RN", "RN", "RN", "LPN", "RN, BSN"]), staff=True
            )
            for _ in range(3)
        ]

    def draw(self, *choices: str) -> str:
        """Return one of the templates, filled."""
        return self.fill(self.random.choice(choices))

    def chance(self, share: float) -> bool:
        """Return True in this share of calls."""
        return self.random.random() < share

    def some(self, lines: tuple[str, ...], least: int, most: int = 99) -> list[str]:
        """Return between `least` and `most` of the lines, in their order, filled."""
        count = self.random.randint(min(least, len(lines)), min(most, len(lines)))
        kept = sorted(self.random.sample(range(len(lines)), count))
        return [self.fill(lines[i]) for i in kept]

    def fill(self, template: str) -> str:
        """Put values in the place of keys; a sentence that begins with a value gets its capital."""
        if str(self.age)[0] == "8" or self.age in (11, 18):
            template = template.replace("a {age}", "an {age}")
        return _KEY.sub(lambda found: self.value(found[1]), template)

    def date(self, days: int = 0, form: str = "") -> str:
        """Return today plus `days`, marked; in the form of prose where none is given."""
        return mark("date", write(form or self.forms.prose, self.today + timedelta(days=days)))

    def head(self, days: int = 0) -> str:
        """Return today plus `days` as heads have it, marked."""
        return self.date(days, self.forms.head)

    def born(self) -> str:
        """Return the date of birth as heads have it, marked."""
        form = self.forms.head
        if self.random.random() < 0.6:
            form = form.replace("{yy:02d}", "{y}")
        return mark("date", write(form, self.patient.born))

    def time(self) -> str:
        """Return a time of day."""
        hour = self.random.randint(0, 23) if self.random.random() < 0.2 else self.random.randint(7, 20)
        return f"{hour:02d}:{self.random.randint(0, 59):02d}"

    def age_text(self) -> str:
        """Return the age in years; marked above 89."""
        return mark("age", str(self.age)) if self.age > 89 else str(self.age)

    def titled(self) -> str:
        """Return "Mr. Family", for a child the given name."""
        person = self.patient.person
        if self.age < 18:
            return person.first()
        title = ("Mrs" if self.patient.relatives[0].relation == "husband" else "Ms") if person.female else "Mr"
        return f"{title}{self.dot} {person.last()}"

    def doctor(self, number: int) -> str:
        """Return "Dr. Family" or, less often, the full name."""
        person = self.patient.family_doctor if number == 2 else self.staff[number]
        kind = self.random.random()
        if kind < 0.74:
            return f"Dr{self.dot} {person.last()}"
        if kind < 0.94 or self.british:
            return f"Dr{self.dot} {person.full()}"
        return f"{person.full()}, {person.degree}"

    def place(self, kind: str) -> str:
        """Return an institution by kind, marked."""
        names = {
            "hosp": self.patient.hospital,
            "ohosp": self.other_hospital,
            "clinic": self.patient.clinic,
            "pharm": self.patient.pharmacy,
            "nh": self.patient.nursing_home,
            "work": self.patient.occupation,
            "school": self.patient.occupation,
            "agency": self.agency,
        }
        if kind == "hosps":
            return marked_institution(short_institution(self.random, self.patient.hospital))
        if kind == "ohosps":
            return marked_institution(short_institution(self.random, self.other_hospital))
        return marked_institution(names[kind])

    def contact(self) -> str:
        """Return a phone of the hospital, marked."""
        return mark("phone", phone(self.random, self.patient.town))

    def value(self, key: str) -> str:
        """Return the value of a key: persons, places, days before and after today (`d` prose, `s` short, `m` month,
        `h` head, `w` weekday, `o` day alone, `y` year alone), pronouns."""
        found = re.fullmatch(r"([dshmywo])([+-]\d+)", key)
        if found:
            return self._day(found[1], int(found[2]))
        person, (near, far) = self.patient.person, self.patient.relatives
        female, child = person.female, self.age < 18
        if key in ("hosp", "hosps", "ohosp", "ohosps", "clinic", "pharm", "nh", "work", "school", "agency"):
            return self.place(key)
        if re.fullmatch(r"dr\d", key):
            return self.doctor(int(key[2]))
        nouns = {
            "He": "She" if female else "He",
            "he": "she" if female else "he",
            "His": "Her" if female else "His",
            "his": "her" if female else "his",
            "him": "her" if female else "him",
            "man": ("girl" if female else "boy") if child else ("woman" if female else "man"),
            "gentleman": ("girl" if female else "boy") if child else ("lady" if female else "gentleman"),
            "male": "female" if female else "male",
            "M": "F" if female else "M",
            "rel": near.relation,
            "rel2": far.relation,
            "relhe": near.he,
            "relHe": near.he.capitalize(),
        }
        if key in nouns:
            return nouns[key]
        match key:
            case "age":
                return self.age_text()
            case "Mr":
                return self.titled()
            case "pt":
                return person.full()
            case "last":
                return person.last()
            case "first":
                return person.first()
            case "called":
                return person.called()
            case "reln":
                return near.person.full()
            case "relf":
                return near.person.first()
            case "rel2n":
                return far.person.full()
            case "rel2f":
                return far.person.first()
            case "relph":
                return mark("phone", near.phone)
            case "rel2ph":
                return mark("phone", far.phone)
            case "rn":
                nurse = self.nurses[0]
                return f"{self.random.choice([nurse.full(), nurse.first_initial()])}, {nurse.degree}"
            case "rnf":
                return self.nurses[0].first()
            case "hol":
                name = last_holiday(self.today + timedelta(days=self.shift), self.british)
                return "the " + mark("date", name[4:]) if name.startswith("the ") else mark("date", name)
            case "city":
                return mark("city", self.patient.town.name)
            case "state":
                return self.patient.town.state_name
            case "road":
                return mark("address", road_without_number(self.random, self.british))
            case "street":
                return mark("address", self.patient.street)
            case "phone":
                return self.contact()
            case "time":
                return self.time()
        raise KeyError(f"no key {key!r}")

    def _day(self, kind: str, days: int) -> str:
        if kind == "m" and abs(days) <= 14:  # months, beyond that days
            days *= 30
        day = self.today + timedelta(days=days + self.shift)
        if kind == "w":
            return f"{day:%A} {mark('date', write(self.forms.short, day))}"
        if kind == "o":
            return mark("date", f"{day.day}{ordinal(day.day)}")
        if kind == "y":
            return str(day.year)
        form = {"d": self.forms.prose, "s": self.forms.short, "h": self.forms.head, "m": self.forms.monthly}[kind]
        if kind == "m" and -330 < days < 330 and self.random.random() < 0.4:
            form = "{month}"
        return mark("date", write(form, day))

    def date_born_spoken(self) -> str:
        """Return the date of birth as a patient says it, marked."""
        form = self.random.choice(
            ["{month} {d}{th}, {y}", "{month} {d}, {y}", "{m}/{d}/{y}", "{month} the {d}{th}, {y}"]
        )
        if self.british:
            form = self.random.choice(["{d}{th} of {month} {y}", "{d} {month} {y}"])
        return mark("date", write(form, self.patient.born))
