"""Dates as notes have them: a note keeps one form of figures and one form of words, and now and then slips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from polyclinic.corpus.invented_notes.marked_text import mark

Form = Callable[[date], str]


def ordinal(day: int) -> str:
    """Write 3 as 3rd."""
    ending = "th" if 11 <= day % 100 <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


_US_FIGURES: tuple[Form, ...] = (
    lambda d: f"{d:%m/%d/%Y}",
    lambda d: f"{d.month}/{d.day}/{d.year}",
    lambda d: f"{d.month}/{d.day}/{d:%y}",
    lambda d: f"{d:%m/%d/%y}",
    lambda d: f"{d:%Y-%m-%d}",
    lambda d: f"{d:%m-%d-%Y}",
    lambda d: f"{d:%d-%b-%Y}",
    lambda d: f"{d:%b} {d.day}, {d.year}",
)
_US_WORDS: tuple[Form, ...] = (
    lambda d: f"{d:%B} {d.day}, {d.year}",
    lambda d: f"{d:%B} {d.day}, {d.year}",
    lambda d: f"{d:%b} {d.day}, {d.year}",
    lambda d: f"{d:%B} {d.day} {d.year}",
)
_UK_FIGURES: tuple[Form, ...] = (
    lambda d: f"{d:%d/%m/%Y}",
    lambda d: f"{d:%d/%m/%y}",
    lambda d: f"{d:%d.%m.%y}",
    lambda d: f"{d:%d-%b-%Y}",
    lambda d: f"{d:%d.%m.%Y}",
    lambda d: f"{d.day}/{d.month}/{d:%y}",
    lambda d: f"{d:%d} {d:%b} {d.year}",
)
_UK_WORDS: tuple[Form, ...] = (
    lambda d: f"{d.day} {d:%B} {d.year}",
    lambda d: f"{ordinal(d.day)} {d:%B} {d.year}",
    lambda d: f"{d.day} {d:%b} {d.year}",
)
_HOLIDAYS = (
    "Christmas",
    "Easter",
    "New Year's",
    "Thanksgiving",
    "Labor Day",
    "the Fourth of July",
    "Memorial Day",
    "Halloween",
)
_UK_HOLIDAYS = ("Christmas", "Easter", "New Year", "Boxing Day", "Bonfire Night", "Christmas Eve")


@dataclass(frozen=True, slots=True)
class DateHand:
    """How one writer writes dates; every method returns a marked date."""

    rng: Random
    uk: bool
    figures: Form
    words: Form

    def whole(self, day: date) -> str:
        """A date with its year, mostly in figures."""
        return self.mixed(day, 0.85)

    def prose(self, day: date) -> str:
        """A date with its year within a sentence."""
        return self.mixed(day, 0.5)

    def mixed(self, day: date, share: float) -> str:
        """A date with its year, in figures by this share."""
        return mark("date", (self.figures if self.rng.random() < share else self.words)(day))

    def short(self, day: date) -> str:
        """A date without its year."""
        if self.uk:
            forms = [f"{day.day}/{day.month}", f"{day.day} {day:%B}", f"{ordinal(day.day)} {day:%B}", f"{day:%d/%m}"]
        else:
            forms = [
                f"{day.month}/{day.day}",
                f"{day:%B} {day.day}",
                f"{day:%b} {day.day}",
                f"{day:%m/%d}",
                f"{day:%B} {ordinal(day.day)}",
            ]
        return mark("date", self.rng.choices(forms, [5, 2, 2, 1, 1][: len(forms)])[0])

    def month(self, day: date) -> str:
        """A month with its year, or alone."""
        forms = [
            f"{day:%B} {day.year}",
            f"{day:%B} of {day.year}",
            f"{day:%b} {day.year}",
            f"{day.month}/{day.year}",
            f"{day:%m/%y}",
            f"{day:%B}",
        ]
        return mark("date", self.rng.choices(forms, [8, 0 if self.uk else 3, 2, 2, 1, 4])[0])

    def holiday(self) -> str:
        """A holiday."""
        text = self.rng.choice(_UK_HOLIDAYS if self.uk else _HOLIDAYS)
        return "the " + mark("date", text[4:]) if text.startswith("the ") else mark("date", text)

    def spoken(self, day: date) -> str:
        """A date as it is said and typed by a transcriber."""
        if self.uk:
            return mark(
                "date", f"{self.rng.choice([ordinal(day.day), ordinal(day.day) + ' of', str(day.day)])} {day:%B}"
            )
        return mark("date", f"{day:%B} {self.rng.choice([str(day.day), ordinal(day.day)])}")


def draw_hand(rng: Random, uk: bool) -> DateHand:
    """Draw the habits of a writer."""
    if uk:
        return DateHand(rng, True, rng.choices(_UK_FIGURES, [8, 4, 2, 3, 1, 2, 2])[0], rng.choice(_UK_WORDS))
    return DateHand(rng, False, rng.choices(_US_FIGURES, [8, 6, 5, 3, 2, 1, 1, 2])[0], rng.choice(_US_WORDS))
