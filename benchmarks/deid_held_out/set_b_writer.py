"""The writer of one note: fills templates with what the patient's world holds, identifiers marked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import set_b_numbers as numbers
import set_b_people as people
import set_b_places as places
from set_b_asides import ABROAD, ASIDES, ORDINARY, RESORTS
from set_b_british import in_british
from set_b_case import possible_for
from set_b_dates import DateHand, ordinal
from set_b_people import Person, draw_person
from set_b_world import Relative, World

from polyclinic.corpus.invented_notes.marked_text import mark

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{([^{}]+)\}")
_ARTICLE = re.compile(r"\ba (?=(8\d?|11|18)[- ]y)")
_DAY = re.compile(r"(mp|sp|[dsm])([+-]\d+)")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(slots=True)
class Writer:
    """Writes one note of a patient on one day; `cast` keeps the other people of the patient's notes."""

    rng: Random
    world: World
    today: date
    hand: DateHand
    cast: dict[str, Person]
    spoken: bool = False
    words: dict[str, str] = field(default_factory=dict)

    # --- people ---
    @property
    def age(self) -> int:
        """The patient's age today."""
        birthday_passed = (self.today.month, self.today.day) >= (self.world.born.month, self.world.born.day)
        return self.today.year - self.world.born.year - (0 if birthday_passed else 1)

    def age_text(self, years: int | None = None) -> str:
        """An age, marked over 89."""
        years = self.age if years is None else years
        return mark("age", str(years)) if years > 89 else str(years)

    def person(self, role: str, degree: str = "", title: str = "", female: bool | None = None) -> Person:
        """The person with this role, the same in all notes of a patient."""
        if role not in self.cast:
            self.cast[role] = draw_person(self.rng, self.world.uk, title, degree, female=female)
        return self.cast[role]

    def doctor(self, person: Person) -> str:
        """Dr. Smith."""
        stop = "" if self.world.uk else "."
        roll = self.rng.random()
        if roll < 0.14:
            return f"Dr{stop} {people.plain(person)}"
        return f"Dr{stop} {people.family(person)}"

    def patient_name(self) -> str:
        """Mr. Smith, or the given name of a child."""
        if self.age < 16:
            return people.given(self.world.patient)
        return people.titled(self.world.patient, self.world.uk)

    def relative(self, relative: Relative, whose: str) -> str:
        """His wife Maria."""
        form = self.rng.choices(["", " {g}", " {w}", " ({g})"], [45, 35, 12, 8])[0]
        return f"{whose} {relative.kind}" + form.format(
            g=people.given(relative.person), w=people.plain(relative.person)
        )

    # --- numbers ---
    def phone(self, number: str) -> str:
        """A telephone number."""
        return mark("phone", numbers.phone_form(self.rng, number, self.world.uk))

    def fax(self, number: str) -> str:
        """A fax number."""
        return mark("fax", numbers.phone_form(self.rng, number, self.world.uk))

    def onward(self) -> str:
        """Where a patient goes from the hospital: a nursing home, or another hospital when young."""
        return self.place(self.world.nursing_home if self.age > 54 else self.world.other_hospital)

    @property
    def specialty(self) -> str:
        """The specialty of the case."""
        return self.fill(self.world.case.specialty)

    def place(self, text: str) -> str:
        """An institution; its article stays out."""
        return "the " + mark("institution", text[4:]) if text.startswith("the ") else mark("institution", text)

    def state(self) -> str:
        """The state's letters after a town, or nothing in Britain."""
        return f", {self.world.area.state}" if self.world.area.state else ""

    def address(self, separator: str = ", ") -> str:
        """The patient's address."""
        w = self.world
        town = f"{mark('city', w.town)}{self.state()}"
        code = f"{', ' if w.uk else ' '}{mark('zip', w.post)}"
        return f"{mark('address', w.street)}{separator}{town}{code}"

    def chance(self, share: float) -> bool:
        """Whether something of this share happens."""
        return self.rng.random() < share

    # --- text ---
    def day(self, offset: int) -> date:
        """A day so many days from today."""
        return self.today + timedelta(days=offset)

    def fill(self, template: str) -> str:
        """Fill a template in."""
        while found := _CHOICE.search(template):
            template = template[: found.start()] + self.rng.choice(found[1].split("|")) + template[found.end() :]
        if self.world.uk:
            template = in_british(template)
        return _ARTICLE.sub("an ", _SLOT.sub(lambda m: self.slot(m[1]), template))

    def fits(self, template: str) -> bool:
        """Whether a template is possible for the patient."""
        return possible_for(template, self.age, self.world.patient.female)

    def some(self, templates: tuple[str, ...], low: int, high: int, first: bool = False) -> list[str]:
        """Fill some of the templates in, in their order; with `first` always the first one."""
        fitting = [number for number, template in enumerate(templates) if self.fits(template)]
        count = min(self.rng.randint(low, high), len(fitting))
        chosen = sorted(self.rng.sample(fitting, count))
        if first and chosen and chosen[0] != 0:
            chosen[0] = 0
        return [self.fill(templates[number]) for number in chosen]

    def paragraph(self, templates: tuple[str, ...], low: int, high: int, first: bool = False) -> str:
        """Some of the templates as one paragraph."""
        return " ".join(self.some(templates, low, high, first))

    def aside(self, share: float = 0.6) -> str:
        """By this share a sentence or two about the patient's life, with a space before."""
        return " " + self.paragraph(ASIDES, 1, 2) if self.chance(share) else ""

    def ordinary(self, low: int, high: int) -> str:
        """Sentences without identifiers."""
        fresh = tuple(line for line in ORDINARY if line not in self.words)
        chosen = self.rng.sample(fresh, min(self.rng.randint(low, high), len(fresh)))
        self.words.update(dict.fromkeys(chosen, "used"))
        return " ".join(self.fill(line) for line in chosen if self.fits(line))

    def slot(self, name: str) -> str:
        """Return what a slot stands for."""
        if name[:2] in ("n:", "f:", "o:"):
            low, high = name[2:].split("-")
            if name[0] != "f":
                number = self.rng.randint(int(low), int(high))
                return str(number) if name[0] == "n" else ordinal(number)
            return f"{self.rng.uniform(float(low), float(high)):.1f}"
        if timed := _DAY.fullmatch(name):
            return self._dated(timed[1], self.day(int(timed[2])))
        if name.startswith("yr-"):
            return str(self.today.year - int(name[3:]))
        return self._pronoun(name) or self._someone(name) or self._somewhere(name) or self._number(name)

    def _dated(self, kind: str, day: date) -> str:
        if kind == "d" and not self.spoken:
            return self.hand.prose(day)
        if kind == "m":
            return self.hand.month(day)
        if kind == "sp" or (kind in "ds" and self.spoken):
            return self.hand.spoken(day)
        if kind == "s":
            return self.hand.short(day)
        return mark("date", f"{day:%B}" if self.spoken else f"{day:%B %Y}")

    def _pronoun(self, name: str) -> str:
        she = self.world.patient.female
        table = {
            "he": "she",
            "He": "She",
            "his": "her",
            "His": "Her",
            "him": "her",
            "hespoken": "she",
            "Hespoken": "She",
        }
        if name in table:
            return table[name] if she else name.replace("spoken", "")
        if name == "she_rel":
            return "she" if self.world.relatives[0].person.female else "he"
        if name in ("man", "boy"):
            pairs = {"man": ("woman", "man"), "boy": ("girl", "boy")}
            return self.words.setdefault(
                name, self.rng.choice([pairs[name], pairs[name], ("female", "male")])[0 if she else 1]
            )
        if name == "age" or name == "agespoken":
            return self.age_text()
        if name in ("page", "pageword"):
            return self.age_text(self.words_number("parent", 52, 94))
        if name == "wd":
            return self.rng.choice(_WEEKDAYS)
        if name == "dayword":
            return mark("date", ordinal(self.day(-self.rng.randint(4, 25)).day))
        if name == "mnow":
            return mark("date", f"{self.today:%B}")
        if name == "hol":
            return self.hand.holiday()
        return self.rng.choice("AB") if name == "stage" else ""

    def words_number(self, key: str, low: int, high: int) -> int:
        """A number that stays the same within a note."""
        return int(self.words.setdefault(key, str(self.rng.randint(low, high))))

    def _someone(self, name: str) -> str:
        w = self.world
        his = "her" if w.patient.female else "his"
        first, second = w.relatives[0], w.relatives[1]
        if name == "Pt":
            forms = [self.patient_name(), people.plain(w.patient), "The patient", people.titled(w.patient, w.uk)]
            forms += [people.given(w.patient)] * 2 if self.age < 18 else []
            return self.rng.choice(forms if self.age >= 18 else [forms[1], forms[-1], "The patient"])
        if name == "pt":
            return "the patient" if self.age < 18 or self.chance(0.5) else self.patient_name()
        if name in ("rel", "relmid"):
            return self.relative(first, his)
        if name == "relcap":
            return self.relative(first, his.capitalize())
        if name in ("rel2", "rel2cap"):
            return self.relative(second, his if name == "rel2" else his.capitalize())
        if name.startswith(("relyour", "rel2your")):
            return self.relative(
                first if name.startswith("relyour") else second, "My" if name.endswith("cap") else "my"
            )
        if name == "relshort":
            return self.rng.choice(
                [first.kind, f"{first.kind} {people.given(first.person)}", people.given(first.person)]
            )
        if name in ("relgiven", "relgivenonly"):
            return people.given(first.person)
        if name in ("pcp", "spec", "res", "otherdoc"):
            who = {"pcp": w.pcp, "spec": w.specialist, "res": w.resident}.get(name)
            return self.doctor(who or self.person("otherdoc", title="Dr."))
        if name == "ptfull":
            return people.plain(w.patient)
        if name == "ptnick":
            return people.nickname(w.patient)
        if name.startswith("friend"):
            person = draw_person(self.rng, w.uk)
            return {"friendgiven": people.given, "friendfamily": people.family}.get(name, people.plain)(person)
        return self._cast(name)

    def _cast(self, name: str) -> str:
        if name in ("neighbor", "therapist", "socialworker"):
            return people.plain(self.person(name))
        if name in ("midwife", "schoolnurse"):
            person = self.person(name, female=True)
            return people.titled(person, self.world.uk) if name == "schoolnurse" else people.plain(person)
        if name in ("sister", "sistergiven", "babyname"):
            return people.given(self.person(name[:6], female=True))
        if name == "brother":
            return people.given(self.person(name, female=False))
        if name in ("father", "fathergiven"):
            first = self.world.relatives[0].person
            person = self.person("father", female=False) if first.female else first
            return people.plain(person) if name == "father" else people.given(person)
        if name == "passenger":
            kind = self.words.setdefault("passenger", self.rng.choice(["cousin", "friend", "neighbor", "coworker"]))
            return f"{kind} {people.plain(self.person('passenger'))}"
        return people.family(self.person("officer")) if name == "officer" else ""

    def _somewhere(self, name: str) -> str:
        w = self.world
        institutions = {
            "hosp": w.hospital, "out": w.other_hospital, "clinic": w.clinic, "practice": w.practice,
            "nh": w.nursing_home, "pharm": w.pharmacy, "emp": w.employer, "school": w.school,
        }  # fmt: skip
        if name in ("hosp", "out") and self.chance(0.12) and len(institutions[name].split()) > 2:
            return mark("institution", "".join(word[0] for word in institutions[name].split() if word[0].isupper()))
        if name in institutions:
            return self.place(institutions[name])
        if name == "agency":
            family = self.person("agency").family
            kinds = (
                ["District Nursing Service", "Community Care"]
                if w.uk
                else ["Home Care", "Visiting Nurse Association", "Home Health", "Hospice and Home Care"]
            )
            text = f"{self.rng.choice([w.area.towns[1], w.area.towns[2], family])} {self.rng.choice(kinds)}"
            return mark("institution", self.words.setdefault("agency", text))
        if name == "abroad":
            city, _, country = self.rng.choice(ABROAD).partition(", ")
            return f"{mark('city', city)}, {country}"
        if name == "resort":
            return mark("city", self.rng.choice(RESORTS))
        if name == "eyes":
            return mark("institution", f"{w.area.towns[0]} Eye {'Hospital' if w.uk else 'Associates'}")
        if name == "lane":
            return mark("address", self._corner())
        if name == "relphone2":
            return self.phone(w.relatives[1].phone)
        if name == "town":
            return mark("city", w.town)
        if name == "town2":
            return mark(
                "city", self.words.setdefault("town2", self.rng.choice([t for t in w.area.towns if t != w.town]))
            )
        if name == "street":
            return mark(
                "address",
                self._corner() if "Box" in w.street or w.case.name == "motor vehicle collision" else w.street,
            )
        if name == "streetname":
            return mark("address", self._corner())
        return ""

    def _number(self, name: str) -> str:
        return mark(*numbers.patient_number(name, self.world.record, self.today, self.world.uk))

    def _corner(self) -> str:
        """A street of the town without a number."""
        draw = Random(self.world.record)
        while "Box" in (line := places.street(draw, self.world.uk)):
            continue
        return re.sub(r"^(Flat \d+, )?\d+ |,? (Apt|Unit|#).*$", "", line)
