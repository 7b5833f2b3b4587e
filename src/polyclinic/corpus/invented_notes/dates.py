"""A day as people write it. What is not an identifier (the year alone) is not in a mark."""

from __future__ import annotations

from datetime import date

from polyclinic.corpus.invented_notes.marked_text import mark


def slashed(day: date) -> str:
    """03/04/2024."""
    return mark("date", day.strftime("%m/%d/%Y"))


def short(day: date) -> str:
    """3/4/24."""
    return mark("date", f"{day.month}/{day.day}/{day:%y}")


def month_and_day(day: date) -> str:
    """3/4."""
    return mark("date", f"{day.month}/{day.day}")


def spelt(day: date) -> str:
    """March 4, 2024."""
    return mark("date", f"{day:%B} {day.day}, {day.year}")


def spelt_day(day: date) -> str:
    """March 4th."""
    return mark("date", f"{day:%B} {day.day}{ending(day.day)}")


def month_and_year(day: date) -> str:
    """March 2024."""
    return mark("date", f"{day:%B} {day.year}")


def day_first(day: date) -> str:
    """04 Mar 2024."""
    return mark("date", day.strftime("%d %b %Y"))


def iso(day: date) -> str:
    """2024-03-04."""
    return mark("date", day.isoformat())


def message_time(day: date, time: str) -> str:
    """20240304 and a time, as interfaces send it: one run of digits."""
    return mark("date", day.strftime("%Y%m%d") + time)


def ending(number: int) -> str:
    """Return st, nd, rd or th."""
    if 10 <= number % 100 <= 20:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
