"""What comes out of asking one item: a value, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

TOO_LONG = "too long for the model's window"
NOT_A_NUMBER = "the model returned NaN"
NO_TEXT = "no text to score"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one item.

    `reason` is empty or begins with one of the reasons of this file, up to the colon; then `value` is None.
    """

    value: float | None
    reason: str = ""
    weight: float = 1.0
    reply: str = ""
