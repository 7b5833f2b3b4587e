"""Telephone numbers, record numbers and the other numbers of a person, in the forms in which registries print
them."""

from __future__ import annotations

from datetime import date
from random import Random

from set_b_places import Area

_PLATE = "ABCDEFGHJKLMNPRSTUVWXYZ"


def digits(rng: Random, count: int) -> str:
    """Draw digits, the first of which is not 0."""
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(count - 1))


def letters(rng: Random, count: int) -> str:
    """Draw capital letters."""
    return "".join(rng.choice(_PLATE) for _ in range(count))


def phone_digits(rng: Random, area: Area, uk: bool, mobile: bool = False) -> str:
    """Draw a telephone number as digits with "-" between its groups."""
    if uk:
        if mobile:
            return f"07{rng.randint(400, 999)}-{digits(rng, 6)}"
        code = rng.choice(area.phones)
        return (
            f"020-{rng.choice('378')}{digits(rng, 3)}-{digits(rng, 4)}"
            if code == "020"
            else f"{code}-{digits(rng, 6)}"
        )
    return f"{rng.choice(area.phones)}-{rng.randint(220, 989)}-{digits(rng, 4)}"


def phone_form(rng: Random, number: str, uk: bool) -> str:
    """Write a number as people write it."""
    groups = number.split("-")
    if uk:
        return rng.choice(
            [" ".join(groups), " ".join(groups), "".join(groups), f"({groups[0]}) {' '.join(groups[1:])}"]
        )
    area, exchange, line = groups
    shapes = [
        f"({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"{exchange}-{line}",
    ]
    shapes += [
        f"{area}{exchange}{line}",
        f"({area}){exchange}-{line}",
        f"{area} {exchange} {line}",
        f"1-{area}-{exchange}-{line}",
    ]
    text = rng.choices(shapes, [30, 30, 8, 9, 4, 6, 5, 2])[0]
    return text


def extension(rng: Random) -> str:
    """Draw an extension with its label."""
    return rng.choice(["x{}", " ext. {}", " ext {}", ", extension {}", " x{}"]).format(rng.randint(200, 78000))


def record_number(rng: Random, uk: bool) -> str:
    """Draw the number of a medical record, in the form of one hospital."""
    if uk:
        return rng.choice([f"{letters(rng, 1)}{digits(rng, 6)}", digits(rng, 7), f"RX{digits(rng, 7)}"])
    return rng.choice(
        [
            digits(rng, 7),
            digits(rng, 8),
            f"{digits(rng, 3)}-{digits(rng, 2)}-{digits(rng, 2)}",
            f"00{digits(rng, 6)}",
            f"E{digits(rng, 8)}",
            digits(rng, 6),
            f"{digits(rng, 3)} {digits(rng, 2)} {digits(rng, 3)}",
        ]
    )


def nhs_number(rng: Random) -> str:
    """Draw a number of the British health service, ten digits."""
    number = [digits(rng, 3), digits(rng, 3), digits(rng, 4)]
    return rng.choice([" ", " ", "", "-"]).join(number)


def social_security(rng: Random) -> str:
    """Draw a social security number."""
    return f"{rng.randint(10, 720):03d}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def member_number(rng: Random) -> str:
    """Draw a member number of a health plan."""
    shapes = [
        f"{letters(rng, 3)}{digits(rng, 9)}",
        f"W{digits(rng, 9)}",
        digits(rng, 10),
        f"{letters(rng, 1)}{digits(rng, 8)}-01",
    ]
    shapes += [
        f"{rng.randint(1, 9)}{letters(rng, 1)}{rng.randint(10, 99)}-{letters(rng, 2)}{rng.randint(0, 9)}-"
        f"{letters(rng, 2)}{rng.randint(10, 99)}"
    ]
    return rng.choice(shapes)


def licence(rng: Random, kind: str) -> str:
    """Draw the number of a licence: npi, dea, driver, gmc, nmc, state."""
    if kind == "npi":
        return f"1{digits(rng, 9)}"
    if kind == "dea":
        return f"{rng.choice('ABFM')}{letters(rng, 1)}{digits(rng, 7)}"
    if kind == "gmc":
        return digits(rng, 7)
    if kind == "nmc":
        return f"{rng.randint(70, 99)}{letters(rng, 1)}{digits(rng, 4)}E"
    if kind == "driver":
        return rng.choice(
            [
                f"S{digits(rng, 8)}",
                f"{letters(rng, 1)}{digits(rng, 3)}-{digits(rng, 4)}-{digits(rng, 4)}",
                digits(rng, 8),
            ]
        )
    return rng.choice([f"RN{digits(rng, 6)}", f"{letters(rng, 2)}-{digits(rng, 5)}", digits(rng, 6)])


def plate(rng: Random, uk: bool) -> str:
    """Draw a licence plate."""
    if uk:
        return f"{letters(rng, 2)}{rng.randint(10, 72)} {letters(rng, 3)}"
    return rng.choice(
        [
            f"{letters(rng, 3)} {digits(rng, 4)}",
            f"{rng.randint(1, 9)}{letters(rng, 3)}{digits(rng, 3)}",
            f"{letters(rng, 3)}-{digits(rng, 3)}",
        ]
    )


def serial(rng: Random) -> str:
    """Draw the serial number of a device."""
    return rng.choice(
        [
            f"{letters(rng, 3)}{digits(rng, 6)}{rng.choice('HSGV')}",
            digits(rng, 8),
            f"{digits(rng, 2)}{letters(rng, 1)}-{digits(rng, 5)}",
            f"SN{digits(rng, 7)}",
            f"{letters(rng, 2)}{digits(rng, 5)}-{digits(rng, 3)}",
        ]
    )


def accession(rng: Random, year: int) -> str:
    """Draw the number of a specimen or an imaging study."""
    return rng.choice(
        [
            f"S{year % 100:02d}-{digits(rng, 5)}",
            digits(rng, 8),
            f"{letters(rng, 2)}{year % 100:02d}-{digits(rng, 4)}",
            f"{rng.choice('MTWF')}{digits(rng, 5)}",
            f"{year}-{digits(rng, 6)}",
        ]
    )


def visit(rng: Random) -> str:
    """Draw the number of a visit, an order or a job."""
    return rng.choice(
        [digits(rng, 9), digits(rng, 10), f"V{digits(rng, 11)}", digits(rng, 6), f"{letters(rng, 1)}{digits(rng, 8)}"]
    )


def patient_number(name: str, record: str, today: date, uk: bool) -> tuple[str, str]:
    """Return type and text of a number that the notes of one day agree on; a licence plate stays the same for good.

    Raises ValueError for a slot that is not known.
    """
    draw = Random(f"{record} {name} {today}")
    if name == "plate":
        return "vehicle", plate(Random(record), uk)
    if name == "serial":
        return "device", serial(draw)
    if name == "driver":
        return "license", licence(draw, "driver")
    if name == "policy":
        return "health_plan", f"LTC{digits(draw, 7)}"
    if name == "photo":
        return "photo", f"IMG_{digits(draw, 4)}.{draw.choice(['JPG', 'jpg', 'HEIC'])}"
    if name == "photo2":
        return "photo", f"{draw.choice(['foot', 'wound', 'L_plantar'])}_{digits(draw, 3)}.jpg"
    if name == "acc":
        return "other_id", accession(draw, today.year)
    if name == "report":
        return "other_id", f"{today:%y}-{digits(draw, 6)}"
    if name == "claim":
        return "other_id", f"{digits(draw, 2)}-{digits(draw, 4)}-{letters(draw, 3)}"
    if name == "bracelet":
        return "other_id", digits(draw, 9)
    raise ValueError(f"unknown slot {name!r}")
