"""What a reader gives: rows with their place, and what could not be read. No reader raises for a broken record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Row:
    """One record of a data set."""

    place: str  # file and line, for people
    fields: dict[str, Any]  # what templates may name; a field without a value is not there


@dataclass(frozen=True, slots=True)
class Bad:
    """Something in a file that cannot be read: the message says what was expected."""

    place: str  # file and line, for people
    reason: str
    text: str = ""  # as much of it as could be read
    kind: str = "broken"  # by which checks count it: broken, empty, over-long, label or template


LONGEST_SHOWN = 10_000  # characters of a bad record that are kept
