"""Dates as notes write them. One form for heads and one for prose holds for a whole note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
HOLIDAYS = (
    ("New Year's Day", 1, 1),
    ("Valentine's Day", 2, 14),
    ("the Fourth of July", 7, 4),
    ("Halloween", 10, 31),
    ("Thanksgiving", 11, 24),
    ("Christmas", 12, 25),
    ("Christmas Eve", 12, 24),
)
_HEAD = {
    "us": ("{m:02d}/{d:02d}/{y}", "{m}/{d}/{y}", "{m}/{d}/{yy:02d}", "{m:02d}-{d:02d}-{y}", "{y}-{m:02d}-{d:02d}",
           "{d:02d}-{mon}-{y}", "{mon} {d}, {y}", "{MON} {d}, {y}", "{month} {d}, {y}", "{d} {mon} {y}"),
    "uk": ("{d:02d}/{m:02d}/{y}", "{d:02d}.{m:02d}.{yy:02d}", "{d} {month} {y}", "{d:02d}-{mon}-{y}",
    "{d}{th} {month} {y}"),
}  # fmt: skip
_PROSE = {
    "us": ("{m:02d}/{d:02d}/{y}", "{m}/{d}/{yy:02d}", "{month} {d}, {y}", "{month} {d}, {y}", "{month} {d}{th}, {y}",
           "{mon} {d}, {y}", "{m}-{d}-{yy:02d}"),
    "uk": ("{d}{th} {month} {y}", "{d} {month} {y}", "{d:02d}/{m:02d}/{yy:02d}", "{d:02d}.{m:02d}.{y}",
    "{d} {mon} {yy:02d}"),
}  # fmt: skip
_SHORT = {
    "us": ("{m}/{d}", "{m}/{d}", "{mon} {d}", "{month} {d}", "{month} {d}{th}", "{m:02d}/{d:02d}"),
    "uk": ("{d}/{m}", "{d}{th} {month}", "{d} {mon}", "{d} {month}"),
}
_MONTHLY = ("{month} {y}", "{month} {y}", "{month} of {y}", "{mon} {y}", "{m}/{y}")


def ordinal(day: int) -> str:
    """Return "st", "nd", "rd" or "th"."""
    return "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def write(form: str, day: date) -> str:
    """Write a date in one of the forms of this module."""
    month = MONTHS[day.month - 1]
    return form.format(
        d=day.day,
        m=day.month,
        y=day.year,
        yy=day.year % 100,
        month=month,
        mon=month[:3],
        MON=month[:3].upper(),
        th=ordinal(day.day),
    )


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms one note uses."""

    head: str
    prose: str
    short: str
    monthly: str


def draw_forms(random: Random, british: bool) -> Forms:
    """Draw the forms of a note."""
    land = "uk" if british else "us"
    monthly = random.choice(_MONTHLY[:-1] if british else _MONTHLY)
    return Forms(random.choice(_HEAD[land]), random.choice(_PROSE[land]), random.choice(_SHORT[land]), monthly)


def last_holiday(today: date, british: bool) -> str:
    """Return the holiday that was last before today, as one names it."""
    days = []
    for name, month, day in HOLIDAYS:
        if british and name in ("the Fourth of July", "Thanksgiving"):
            continue
        year = today.year if (month, day) < (today.month, today.day) else today.year - 1
        days.append((date(year, month, day), name))
    return max(days)[1]
