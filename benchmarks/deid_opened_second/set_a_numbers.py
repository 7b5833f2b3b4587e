"""Numbers of phones, records, plans and things, in the forms their issuers use."""

from __future__ import annotations

from random import Random

from set_a_places import Town

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def digits(random: Random, count: int) -> str:
    """Return a number of this many digits that does not begin with 0."""
    return str(random.randint(1, 9)) + "".join(random.choices("0123456789", k=count - 1))


def letters(random: Random, count: int) -> str:
    """Return capitals."""
    return "".join(random.choices(_LETTERS, k=count))


def phone(random: Random, town: Town, form: str = "") -> str:
    """Return a phone number in one of the usual forms, or in `form`."""
    if town.area.startswith("0"):
        if random.random() < 0.3:
            return f"07{random.randint(700, 999)} {digits(random, 6)}"
        rest = {4: "{}{}{} {}{}{}{}", 3: "{}{}{}{} {}{}{}{}", 5: "{}{}{}{}{}{}"}[len(town.area)]
        area = f"({town.area})" if random.random() < 0.15 else town.area
        return f"{area} " + rest.format(*digits(random, 8))
    forms = (
        "({a}) {x}-{n}",
        "({a}) {x}-{n}",
        "{a}-{x}-{n}",
        "{a}-{x}-{n}",
        "{a}.{x}.{n}",
        "{a} {x} {n}",
        "({a}){x}-{n}",
    )
    exchange = f"{random.randint(2, 9)}{random.randint(0, 9)}{random.randint(2, 9)}"
    form = form or random.choice(forms)
    return form.format(a=town.area, x=exchange, n=f"{random.randint(0, 9999):04d}")


def record_number(random: Random, british: bool) -> str:
    """Return the number of a medical record."""
    if british:
        n = digits(random, 10)
        return random.choice(
            [f"{n[:3]} {n[3:6]} {n[6:]}", f"{letters(random, 1)}{digits(random, 6)}", digits(random, 7)]
        )
    kind = random.randrange(6)
    if kind == 0:
        return f"{digits(random, 3)}-{digits(random, 2)}-{digits(random, 2)}"
    if kind == 1:
        return f"{letters(random, 1)}{digits(random, 7)}"
    if kind == 2:
        return f"00{digits(random, 6)}"
    return digits(random, random.choice([6, 7, 8, 8]))


def social_security(random: Random) -> str:
    """Return a number of the form of social security numbers."""
    return f"{random.randint(101, 665)}-{random.randint(11, 98)}-{random.randint(1001, 9998)}"


def member_number(random: Random) -> str:
    """Return a member or policy number of a health plan."""
    kind = random.randrange(5)
    if kind == 0:
        return f"{letters(random, 3)}{digits(random, 9)}"
    if kind == 1:
        first = f"{digits(random, 1)}{letters(random, 2)}{digits(random, 1)}"
        return f"{first}-{letters(random, 2)}{digits(random, 1)}-{letters(random, 2)}{digits(random, 2)}"
    if kind == 2:
        return f"W{digits(random, 4)} {digits(random, 5)}"
    if kind == 3:
        return f"{digits(random, 9)}{letters(random, 1)}"
    return digits(random, random.choice([9, 10, 11]))


def group_number(random: Random) -> str:
    """Return the number of a group."""
    return random.choice([f"00{digits(random, 5)}", digits(random, 6), f"{letters(random, 2)}-{digits(random, 4)}"])


def accession(random: Random, year: int, kind: str) -> str:
    """Return a number of an examination or specimen; `kind` is its letter (S surgical, R radiology ...)."""
    form = random.randrange(4)
    if form == 0:
        return f"{kind}{year % 100}-{random.randint(112, 39999)}"
    if form == 1:
        return f"{kind}{letters(random, 1)}-{year % 100}-{random.randint(1000, 19999):06d}"
    if form == 2:
        return digits(random, random.choice([7, 8, 9]))
    return f"{year}{letters(random, 2)}{digits(random, 5)}"


def visit_number(random: Random) -> str:
    """Return the number of a visit or account."""
    return random.choice(
        [digits(random, 9), digits(random, 12), f"V{digits(random, 8)}", f"{letters(random, 1)}{digits(random, 9)}"]
    )


def serial_number(random: Random) -> str:
    """Return the serial number of a device."""
    return random.choice(
        [
            f"{letters(random, 3)}{digits(random, 6)}{letters(random, 1)}",
            f"{digits(random, 6)}",
            f"{letters(random, 2)}-{digits(random, 5)}",
            f"{digits(random, 4)}-{letters(random, 1)}{digits(random, 4)}",
            f"SN{digits(random, 8)}",
        ]
    )


def prescriber_number(random: Random, family: str) -> str:
    """Return a number of the form of the Drug Enforcement Administration's."""
    return f"{random.choice('ABFM')}{family[0].upper()}{digits(random, 7)}"
