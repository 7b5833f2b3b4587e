"""Holidays, and seasons of a year, as dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.language import Words, either
from polyclinic.deidentify.tokens import Tokens

_DAYS_OF_ALL = frozenset(["day", "new", "years", "eve", "of", "de", "sunday", "monday", "friday", "saturday", "all"])
PLAIN_YEAR = re.compile(r"(?:the )?new year")  # what begins in January, more than a day
_SIGNS = ("", ".", ",", ":", ";", ")", "?", "!", "'s", '"', '."', '",', ',"', ").", "),", '?"', '!"', "-", "’s")
PATTERNS = {"new year": ("new year",)}
_AHEAD = ("", '"', "(", "“", "'")


class Holidays:
    """The holidays and seasons of one language."""

    def __init__(self, words: Words) -> None:
        """Compile them, and the rarest word of each, so that few texts are searched."""
        holidays = either(words["holidays"]).replace("'", "['’]?")
        year = r"(?:,?\s+(?:of\s+)?(?:19|20)\d{2}|\s['’]\d{2})"
        self.holiday = re.compile(
            rf"\b(?:the\s+)?(?:{holidays})\b(?!\s+(?:disease|factor|\d|tree|cards?|cactus|food|fast|rose)\b)(?:\s+(?:week(?:end)?|eve)\b)?{year}?",
            re.IGNORECASE,
        )
        self.season = re.compile(
            # a fall in 2018 is no season
            rf"(?<!\ba )(?<!\bhis )(?<!\bher )\b(?:the\s+)?(?:(?:early|mid|late)[\s-])?"
            rf"(?:{words.any_of('seasons')})\b"
            r"(?:(?:\s+of)?\s+(?:19|20)\d{2}(?:[-/–]\d{2,4})?|\s+(?:of\s+)?['’]\d{2}|\s+of\s+(?:this|last)\s+year)\b",
            re.IGNORECASE,
        )
        self.season_words = words["seasons"]
        self.after_season = re.compile(r"(?:\s+of)?\s+(?:(?:19|20)\d{2}|['’]\d\d|this|last)")
        # For each key its phrases, so that `mother's` alone costs no more than a look.
        keys: dict[str, str] = {}
        phrases: dict[str, set[str]] = {}
        for holiday in words["holidays"] - {"new year"}:  # `find` looks for it
            key = max((w for w in holiday.split() if w not in _DAYS_OF_ALL), key=len, default=holiday)
            for form in (key, key.replace("'", "’"), key.replace("'", "")):
                keys.update({ahead + form + sign: form for sign in _SIGNS for ahead in _AHEAD})
                written = (holiday, holiday.replace("'", "’"), holiday.replace("'", ""))
                phrases.setdefault(form, set()).update(w for w in written if form in w)
        self.keys, self.phrases = keys, {key: tuple(sorted(found)) for key, found in phrases.items()}
        self.words = frozenset(keys)

    def find(self, tokens: Tokens) -> Iterator[tuple[int, int]]:
        """Yield where holidays and seasons stand in a text."""
        text, lowered, words = tokens.text, tokens.lowered, tokens.words
        if self.words.isdisjoint(words) and self.season_words.isdisjoint(words) and "new year" not in tokens.hits:
            return
        keys = {self.keys[word] for word in self.words & words}
        if "new year" in tokens.hits:
            keys.add("new year")
        flat = lowered.replace("\n", " ") if keys else ""
        for key in sorted(keys):
            if key == "new year":
                spots = [*_around(key, self.holiday, text, lowered, 24)]
                yield from (spot for spot in spots if not PLAIN_YEAR.fullmatch(text, *spot))
            elif any(phrase in flat for phrase in self.phrases[key]):
                yield from _around(key, self.holiday, text, lowered, 24)
        for season in sorted(self.season_words & words):
            place = lowered.find(season)
            while place >= 0:
                if self.after_season.match(lowered, place + len(season)):
                    yield from _around(season, self.season, text, lowered, 12)
                    break
                place = lowered.find(season, place + 1)


def _around(key: str, pattern: re.Pattern[str], text: str, lowered: str, before: int) -> Iterator[tuple[int, int]]:
    place = lowered.find(key)
    while place >= 0:
        for found in pattern.finditer(text, max(0, place - before), min(len(text), place + 48)):
            if found.start() <= place < found.end():
                yield found.span()
        place = lowered.find(key, place + 1)
