"""Days of a month behind their weekday: Saturday the fourteenth, Thursday second, a roster's Mon 6, Tue 7."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.tokens import Tokens, at_places

ENDS_CELL = re.compile(r"[ ]{2,}|[ ]*[\t|]|[ ]?[:–][ ](?!\d)|[ ]*(?:\n|$)")
LINE_HEAD = re.compile(r"\n[ \t|*-]*$")
MONTH_LONG, HOURS = 31, 12
# Monday 17 seen; not Sat 20 units, nor 17 hrs
AMID = re.compile(
    r"[.,;)]? (?!(?:h|hrs?|hours?|u|units?|mg|mcg|ml|cc|mins?|minutes?|beds?|patients?|pts?|on|visits?|x|times|of|to|"
    r"or)\b)[A-Za-z]",
    re.IGNORECASE,
)
# Tuesday first thing, Friday second look; on the first floor is no day of a month.
RANK = re.compile(
    r"[\s-]+(?:thing|look|dose|time|visit|shift|floor|day|week|half|case|one|baby|child|pregnancy|attempt|cycle|"
    r"session|appointment|slot|of\s+(?:two|three|four|his|her|the))\b",
    re.IGNORECASE,
)


class WeekdayDays:
    """The days of one language that stand behind a weekday's name."""

    def __init__(self, words: Words, ordinary_number: str) -> None:
        """Compile the weekdays of a language; `ordinary_number` is its pattern of ranks in words."""
        days = [day for day in words["weekdays"] if day.isascii()]
        name = rf"(?:{either(days)})\.?,?\s+"
        self.pattern = re.compile(
            rf"{name}(?:the\s+)?(?:(?P<ranked>\d{{1,2}}(?:st|nd|rd|th)\b)|"
            r"(?P<number>\d{1,2})(?![\d/:.-]|\s?[-–]\s?\d|\s?[ap]\.?m|st|nd|rd|th)|"
            rf"(?P<rank>{ordinary_number})\b)",
            re.IGNORECASE,
        )
        self.places = [rf"\b{day}\s" for day in sorted(days)]

    def find(self, tokens: Tokens) -> Iterator[tuple[int, int]]:
        """Yield where days of the month stand behind their weekdays."""
        text = tokens.text
        for found in at_places(self.pattern, text, tokens.hits.get("weekday", ())):
            if found["rank"]:
                the = text[found.start("rank") - 4 : found.start("rank")].lower() == "the "
                if (the or found["rank"].lower() != "first") and not RANK.match(text, found.end()):
                    yield found.span("rank")
                continue
            if found["ranked"]:
                if int(found["ranked"][:-2]) <= MONTH_LONG and not RANK.match(text, found.end()):
                    yield found.span("ranked")
                continue
            number = int(found["number"])
            if not 1 <= number <= MONTH_LONG:
                continue
            if number > HOURS and AMID.match(text, found.end()):
                yield found.span("number")
                continue
            cell = ENDS_CELL.match(text, found.end())
            if cell is not None and (
                number > HOURS or LINE_HEAD.search(text, max(0, found.start() - 8), found.start())
            ):
                yield found.span("number")
