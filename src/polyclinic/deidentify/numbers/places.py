"""Streets with their numbers, post boxes and postal codes: what stands around digits tells them."""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.calendar import CalendarRules
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.last_words import LastWords, WordsBefore
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.numbers.tokens import NumberTokens
from polyclinic.deidentify.spans import Span

WORDS = re.compile(r"[A-Za-z]+")
ZIP_PLUS = re.compile(r"\d{5}(?:-\d{4})?(?!\d)")
TOWN_BEFORE = re.compile(
    r"(?<![\w'-])(?!Plate|Count|Dose|Unit|Room|Code|Total|White|Leuk|Hospital|Study|Page|Line|Model|Part)"
    r"[A-Z][a-z]{2,}\.?,?[ ]{1,3}$"
)
ZIP_BEHIND = re.compile(r"\s(?:zip|postal|area\s?code)\b", re.IGNORECASE)
TOWN_AFTER = re.compile(r"\s*(?:[\n,;)]|\.(?!\d)|$|U\.?S\.?A?\b|United States)")
TELEMETRY = re.compile(r"\btele(?:metry)?\s$", re.IGNORECASE)
FOLLOWED = re.compile(r" [A-Z–-]")
_NO_STATES = frozenset(words_of("in or me hi ok de la pa ma al on id co mt mo oh ms md do ne ct"))
_SIGNS = ("", ".", ",", ";", ".,", ")", "?", ":")


class NumberPlaces(NumberTokens):
    """Where digits belong to a place."""

    def __init__(self, words: Words, calendar: CalendarRules) -> None:
        """Compile the streets and states of a language."""
        super().__init__(words, calendar)
        streets = either(words["street_types"])
        short = either(words["short_street_types"])
        not_street = either(words["no_street_words"])
        unit = (
            r"(?:(?:\s*,\s*|\s+|\s*\n\s*)(?:(?:apt|apartment|suite|ste|unit|flat|floor|fl|bldg|building|lot|"
            r"trailer|trlr|room|rm|space|spc|no)\b\.?"
            r"\s*#?\s*[\w-]{1,6}\b|#\s?[\w-]{1,6}\b|\d{1,2}(?:st|nd|rd|th)\s+(?:floor|fl)\b))?"
        )
        compass = (
            r"(?:\s+(?:n|s|e|w|ne|nw|se|sw|north|south|east|west|northeast|northwest|southeast|southwest)\b\.?)?"
        )
        word = rf"(?!(?:{not_street})\b)(?:[A-Za-z]{{1,2}}\.|[A-Za-z0-9][\w'’-]*)"
        self.address = re.compile(
            rf"\d{{1,6}}(?:[A-Za-z]\b|"
            rf"-\d{{1,4}})?(?:\s1/2)?,?{compass}\s+(?:{word}\s+){{1,3}}?(?:(?:{streets})\b|"
            rf"(?:{short})\b\.?){compass}{unit}"
            rf"|\d{{2,6}}{compass}\s+(?:broadway|(?:(?:state|county|us|u\.s\.|rural|farm)\s+)?(?:highway|hwy|"
            rf"route|rte|road|rd)\.?\s+\d{{1,5}}|avenue\s+[a-z]\b){unit}",
            re.IGNORECASE,
        )
        self.flat = re.compile(
            r"\b(?:(?:apt|apartment|suite|ste|unit|flat)\b\.?\s*#?\s*|(?:flat|apt|unit|suite)\s\w{1,4},\s)$",
            re.IGNORECASE,
        )
        self.street_words = words["street_types"] | words["short_street_types"] | {"broadway", "route", "rte"}
        self.street_ends = frozenset(word + sign for word in self.street_words for sign in _SIGNS)
        self.box = WordsBefore(
            r"(?:p\.?\s?o\.?\s+)?\bbox\s+(?:no\.?\s*|#\s*)?|\brural route\s*#?\s*",
            ["po", "p.", "box", "rural"],
            LastWords(["box", "rural route"], ["no"]),
        )
        states = f"{either(words['states'])}|{words.any_of('state_names_of_two_words')}"
        codes = "|".join(sorted(words["state_codes"])) or "(?!)"
        low = "|".join(code.lower() for code in sorted(words["state_codes"]))
        self.state_before = LookBack(
            rf"\b(?:{codes}|{states}|{low}|D\.C)\.?(?:[,|]?\s{{1,3}}(?:\|\s)?|[\^-])|"
            rf"\b(?:{words.any_of('zip_labels')})(?:\s(?:is|was))?[\"']?\s*[:#=]?\s*[\"']?",
            [
                "d.c",
                *words["state_codes"],
                *words["states"],
                *words["state_names_of_two_words"],
                *words["zip_labels"],
            ],
        )

    def _post_box(self, text: str, start: int, end: int) -> Span | None:
        """Return a post box with its number: not Box 11 of a row of monitors, which is followed by who lies there."""
        found = self.box.search(text, start - 14, start)
        if found is None or TELEMETRY.search(text, max(0, found.start() - 12), found.start()):
            return None
        short = end - start < 3 and found[0][0] in "bB"
        return None if short and FOLLOWED.match(text, end) else Span(found.start(), end, "address")

    def _street(self, text: str, start: int) -> bool:
        return not self.street_words.isdisjoint(WORDS.findall(text[start : start + 70].lower()))

    def _address(self, text: str, start: int) -> Span | None:
        found = self.address.match(text, start)
        if found is None or text[max(0, start - 1) : start] in (".", "/", "$"):
            return None
        street = found[0]
        begin = start
        if (flat := self.flat.search(text[max(0, start - 16) : start])) is not None:
            begin = max(0, start - 16) + flat.start()
        if street.split()[-1].lower().rstrip(".") in (
            "dr",
            "st",
            "way",
            "place",
            "court",
            "run",
            "walk",
            "close",
            "path",
            "row",
            "ct",
            "pl",
            "hill",
            "ridge",
        ):
            middle = street.split()[1:-1]
            if not middle or not (middle[0][:1].isupper() or middle[0][:1].isdigit()):
                return None
            if (
                street.split()[-1] in ("Dr", "Dr.")
                and text[found.end() : found.end() + 2].strip()[:1].isupper()
                and text[found.end() : found.end() + 1] == " "
            ):
                return None  # 12 Seen by Dr. Smith
        return Span(begin, found.end(), "address")

    def _zip(self, text: str, start: int, end: int) -> int | None:
        """Return where a postal code ends: five digits after a state, or at the end of a line after a town."""
        zip_code = ZIP_PLUS.match(text, start)
        if zip_code is None:
            return None
        state = self.state_before.search(text, start - 24, start)
        if state is not None and (
            (state[0].strip() not in _NO_STATES and state[0] != "ID ")
            or text[max(0, state.start() - 2) : state.start()].startswith(",")
        ):
            return zip_code.end()
        if ZIP_BEHIND.match(text, zip_code.end()):
            return zip_code.end()
        if (
            TOWN_BEFORE.search(text, max(0, start - 20), start)
            and TOWN_AFTER.match(text, zip_code.end())
            and not self._label_type(text, start)
        ):
            return zip_code.end()
        return None
