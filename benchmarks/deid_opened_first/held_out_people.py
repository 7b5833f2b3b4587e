"""Patients of the notes kept apart, and how these notes write dates, telephones and numbers."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

import held_out_names as names
from held_out_cases import CASES, Case

from polyclinic.corpus.invented_notes.marked_text import mark

ONES = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


RELATIONS: list[tuple[str, bool | None]] = [
    ("mother", True),
    ("father", False),
    ("niece", True),
    ("granddaughter", True),
    ("nephew", False),
    ("partner", None),
    ("neighbor", None),
    ("ex-husband", False),
    ("grandson", False),
    ("aunt", True),
]


@dataclass(frozen=True)
class Human:
    """A person's name."""

    given: str
    family: str
    woman: bool
    letter: str = ""
    suffix: str = ""

    def whole(self) -> str:
        """Given name first."""
        middle = f" {self.letter}." if self.letter else ""
        return f"{self.given}{middle} {self.family}{self.suffix}"

    def register(self) -> str:
        """Family name first."""
        return f"{self.family}, {self.given}{' ' + self.letter if self.letter else ''}"

    def letters(self) -> str:
        """Initials."""
        return f"{self.given[0]}{self.family[0]}"


def human(draw: random.Random, woman: bool | None = None, family: str = "") -> Human:
    """Draw a name of one of several origins."""
    (_, women, men, families) = draw.choices(names.ORIGINS, weights=[origin[0] for origin in names.ORIGINS])[0]
    is_woman = draw.random() < 0.5 if woman is None else woman
    letter = draw.choice("ABCDEFGHIJLMNOPRSTVWZ") if draw.random() < 0.3 else ""
    suffix = draw.choice([" Jr.", ", Jr.", " III", " Sr."]) if not is_woman and draw.random() < 0.05 else ""
    return Human(draw.choice(women if is_woman else men), family or draw.choice(families), is_woman, letter, suffix)


@dataclass
class Subject:
    """A patient and those around."""

    draw: random.Random
    who: Human
    case: Case
    born: date
    seen: date
    town: str
    state: str
    zip: str
    area: str
    street: str
    hospital: str
    office: str
    home: str
    work: str
    payer: str
    kin: list[tuple[str, Human]]
    doctors: list[Human]
    nurse: Human
    made: dict[str, str] = field(default_factory=dict)

    @property
    def age(self) -> int:
        """Whole years at the visit."""
        before = (self.seen.month, self.seen.day) < (self.born.month, self.born.day)
        return self.seen.year - self.born.year - before

    def years(self) -> str:
        """The age as digits, marked over 89."""
        return mark("age", str(self.age)) if self.age > 89 else str(self.age)

    def years_in_words(self) -> str:
        """The age in words where it is over 89, marked."""
        if 90 <= self.age <= 99:
            return mark("age", "ninety" + ("-" + ONES[self.age % 10] if self.age % 10 else ""))
        return self.years()

    def after(self, days: int) -> date:
        """A day after the visit."""
        return self.seen + timedelta(days=days)

    def number(self, kind: str, *patterns: str) -> str:
        """A number of this patient, made once: 9 is any digit, A any letter, others as they are."""
        if kind not in self.made:
            pattern = self.draw.choice(patterns)
            self.made[kind] = "".join(
                str(self.draw.randint(0, 9))
                if c == "9"
                else self.draw.choice("ABCDEFGHKLMNPQRTWXYZ")
                if c == "A"
                else c
                for c in pattern
            )
        return self.made[kind]

    def mrn(self) -> str:
        """The record number in one of the hospital's writings."""
        return mark(
            "mrn", self.number("mrn", "E9999999", "H00999999", "99-99-99-9", "999 999 99", "UH-9999999", "99999999")
        )

    def phone(self, whose: str, kind: str = "phone") -> str:
        """A telephone number."""
        area, draw = self.area, self.draw
        last = f"{draw.randint(100, 199):04d}"
        if whose not in self.made:
            self.made[whose] = draw.choice(
                [
                    f"{area}.555.{last}",
                    f"+1 {area} 555 {last}",
                    f"1-{area}-555-{last}",
                    f"{area}/555-{last}",
                    f"({area}) 555-{last} x{draw.randint(10, 499)}",
                    f"{area}555{last}",
                    f"({area}) 555-{last}",
                    f"{area}-555-{last}",
                    f"{area}-555-{last} ext {draw.randint(100, 9999)}",
                ]
            )
        return mark(kind, self.made[whose])


def subject(draw: random.Random) -> Subject:
    """Draw a patient."""
    case = draw.choice(CASES)
    who = human(draw, woman=True if case.name.startswith("left breast") else None)
    seen = date(draw.randint(2012, 2025), 1, 1) + timedelta(days=draw.randint(0, 364))
    old = draw.random() < 0.12 and case.oldest > 60
    years = draw.randint(90, 99) if old else draw.randint(case.youngest, min(case.oldest, 88))
    born = seen - timedelta(days=int(years * 365.25) + draw.randint(20, 330))
    town, state, start, area = draw.choice(names.TOWNS)
    kin = []
    for relation, woman in draw.sample(
        RELATIONS,
        3,
    ):
        kin.append((relation, human(draw, woman, who.family if draw.random() < 0.4 else "")))
    return Subject(
        draw=draw,
        who=who,
        case=case,
        born=born,
        seen=seen,
        town=town,
        state=state,
        zip=start + f"{draw.randint(1, 999):03d}" + ("" if draw.random() < 0.8 else f"-{draw.randint(1000, 9999)}"),
        area=area,
        street=draw.choice(names.STREETS).format(n=draw.randint(11, 28000), k=draw.randint(4, 99)),
        hospital=draw.choice(names.HOSPITALS).format(town=town),
        office=draw.choice(names.OFFICES).format(town=town),
        home=draw.choice(names.HOMES).format(town=town),
        work=draw.choice(names.WORKPLACES).format(town=town),
        payer=draw.choice(names.PAYERS),
        kin=kin,
        doctors=[human(draw) for _ in range(4)],
        nurse=human(draw),
    )


def suffix_of(day: int) -> str:
    """Return st, nd, rd or th."""
    return "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


FORMS = {
    "dashed": lambda d: d.strftime("%m-%d-%y"),
    "dashed long": lambda d: d.strftime("%m-%d-%Y"),
    "dotted": lambda d: f"{d.month}.{d.day}.{d:%y}",
    "short name": lambda d: f"{d:%b} {d.day}, {d.year}",
    "short name, point": lambda d: f"{d:%b}. {d.day}, {d.year}",
    "military": lambda d: d.strftime("%d%b%y").upper(),
    "day name": lambda d: d.strftime("%d-%b-%Y"),
    "year first": lambda d: d.strftime("%Y/%m/%d"),
    "stamp": lambda d: d.strftime("%Y-%m-%d"),
    "letter": lambda d: f"{d.day} {d:%B} {d.year}",
    "letter, American": lambda d: f"{d:%B} {d.day}, {d.year}",
    "said": lambda d: f"the {d.day}{suffix_of(d.day)} of {d:%B}",
    "said, American": lambda d: f"{d:%B} the {d.day}{suffix_of(d.day)}",
    "slash": lambda d: f"{d.month}/{d.day}/{d.year}",
    "month and year": lambda d: d.strftime("%m/%Y"),
    "month's year": lambda d: f"{d:%b} {d.year}",
    "month of year": lambda d: f"{d:%B} of {d.year}",
    "month": lambda d: f"{d:%B}",
    "two": lambda d: f"{d.month}/{d.day}",
    "two dashed": lambda d: f"{d.month}-{d.day}",
    "name and day": lambda d: f"{d:%b} {d.day}",
}


def when(day: date, form: str) -> str:
    """Return a day in a form of FORMS, marked."""
    return mark("date", FORMS[form](day))
