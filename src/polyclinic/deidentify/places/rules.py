"""Places and institutions of a text: towns, streets, hospitals, schools, homes, employers.

Each word with a capital is looked up once: a kind of institution, a town, the end of a town's name or street anchors
the rule that looks at its neighbours. What stands right behind `at`, `from` and their like is asked for by these.
"""

from __future__ import annotations

from polyclinic.deidentify.joined_words import BETWEEN, LONGEST_GAP, before
from polyclinic.deidentify.language import Words
from polyclinic.deidentify.lexicon import CITY, CREDENTIAL, STOP
from polyclinic.deidentify.places.businesses import CHAINS, UNITS
from polyclinic.deidentify.places.fields import PATTERNS as of_fields
from polyclinic.deidentify.places.fields import fields, numbered_schools
from polyclinic.deidentify.places.institutions import HEADINGS, LISTING
from polyclinic.deidentify.places.known import known_institutions
from polyclinic.deidentify.places.letterheads import letterheads
from polyclinic.deidentify.places.organisations import by_their_deeds
from polyclinic.deidentify.places.short_names import SHORT_NAMES
from polyclinic.deidentify.places.streets import (
    FOREIGN_TYPES,
    StreetRules,
    broadways,
    in_lower_case,
    other_streets,
    streets_before_towns,
    with_houses,
)
from polyclinic.deidentify.places.streets import PATTERNS as of_streets
from polyclinic.deidentify.places.tails import TAIL_WORDS
from polyclinic.deidentify.places.towns import TownRules
from polyclinic.deidentify.screens import PlaceScreen
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import KIND, PLACE_WORD, STATE_WORD, STREET_TYPE, TAIL, Tokens

_AFTER_DEGREES = ("; ", ", ", "\n")
_IN = (" in ", "\nin ", " in\n")
_SAINTS = frozenset(("holy", "sacred", "mount", "mt", "st", "saint", "good", "lady"))


class PlaceRules(TownRules):
    """The places and institutions of one language."""

    def __init__(self, words: Words) -> None:
        """Compile the words of a language."""
        super().__init__(words)
        self.streets = StreetRules(words)
        self.anchors = frozenset(self.roles)
        self.shorts = SHORT_NAMES | _SAINTS | CHAINS | {"rite", "fort", "camp"}
        # What `find` asks of a word with a capital: what it does not name here is passed over unseen.
        self.asked = {
            KIND: self.anchors,
            TAIL: TAIL_WORDS,
            PLACE_WORD: self.shorts | self.phrases_by_end.keys() | self.endings | UNITS,
            STATE_WORD: self.state_openers | {code.lower() for code in self.codes},
            STREET_TYPE: self.streets.types | FOREIGN_TYPES,
        }
        self.patterns = {**of_fields, **of_streets, **self.town_patterns}
        # What stands before and beside those that can be a place: the kernel leaves the others out.
        self.screen = PlaceScreen(
            announcers=self.announcers(),
            labels=frozenset(label.split()[-1] for label in self.place_labels | self.city_labels if label.split()),
            listing=LISTING.union(_IN),
            after_degrees=_AFTER_DEGREES,
            between=BETWEEN,
            longest_gap=LONGEST_GAP,
            headings=HEADINGS,
        )

    def find(self, tokens: Tokens, closed: list[Span]) -> list[Span]:
        """Return places and institutions; `closed` is what was found before."""
        text, bits, lower, starts = tokens.text, tokens.bits, tokens.lower, tokens.starts
        streets = [span for span in closed if span.type == "address"]
        streets += self.streets.by_type(tokens)
        streets += other_streets(text, tokens.lowered, tokens)
        if "broadway" in tokens.hits:
            streets += broadways(text)
        found: list[Span] = []
        zips = {span.start for span in closed if span.type == "zip"}
        anchors, shorts, by_end, endings = self.anchors, self.shorts, self.phrases_by_end, self.endings
        until = -1
        for i in self._candidates(tokens, zips):
            word = lower[i]
            if word in anchors and (spot := self.institution(tokens, i, until)) is not None:
                found.append(spot)
                until = max(until, spot.end)
                continue
            if starts[i] < until:
                continue
            if word in TAIL_WORDS and (spot := self.tailed(tokens, i)) is not None:
                found.append(spot)
                until = spot.end
                continue
            if word in shorts and (spot := self.short_name(tokens, i)) is not None:
                found.append(spot)
                until = spot.end
                continue
            if (bits[i] & CITY or zips or word in by_end or word in endings or self._state_follows(tokens, i)) and (
                spot := self.town(tokens, i, zips)
            ) is not None:
                spot = self._longer(tokens, i, spot)
                found.append(spot)
                until = spot.end
                continue
            if word in UNITS and (spot := _unit(tokens, i)) is not None:
                found.append(spot)
                continue
            spot = self.announced(tokens, i)
            if spot is None and text[until : starts[i]] in _IN and found[-1].type == "institution":
                spot = self.named_after(tokens, i, "city")  # at Flint Manor in Flint
            if spot is None and found and text[until : starts[i]] in LISTING and found[-1].type == "institution":
                spot = self.named_after(tokens, i, "place")
            if (
                spot is None
                and i
                and bits[i - 1] & CREDENTIAL
                and text[tokens.ends[i - 1] : starts[i]] in _AFTER_DEGREES
            ):
                spot = self._after_degree(tokens, i)
            if spot is not None:
                found.append(spot)
                until = spot.end
        if tokens.caseless:
            found += self.lower_cities(tokens)
            streets += in_lower_case(text)
        found += known_institutions(self, tokens)
        found += by_their_deeds(self, tokens)
        found += fields(tokens)
        if "school" in tokens.hits:
            found += numbered_schools(text)
        towns = [span for span in (*found, *closed) if span.type in ("city", "zip")]
        streets += streets_before_towns(tokens, towns)
        found += self.after_streets(tokens, streets, found)
        streets += with_houses(tokens, streets)
        found += streets
        state = self.state_after
        found = [_with_possessive(text, span) for span in found]
        places = [s for s in found if s.type == "address" or (s.type == "city" and state.match(text, s.end))]
        found += letterheads(tokens, places, [*found, *closed], self.worth)
        return found

    def _candidates(self, tokens: Tokens, zips: set[int]) -> list[int]:
        """Return the words at which a place may end or begin."""
        if not zips:
            return tokens.may_be_places
        beside = [i for i, end in enumerate(tokens.ends) if end + 1 in zips or end + 2 in zips]
        return sorted({*tokens.may_be_places, *beside})

    def _longer(self, tokens: Tokens, i: int, town: Span) -> Span:
        """Return a town, or the name that begins with it where one is announced: at Lewiston Adult Education."""
        if town.start != tokens.starts[i] or tokens.text[town.end : town.end + 1] != " ":
            return town
        more = self.announced(tokens, i)
        return more if more is not None and more.end > town.end else town

    def _state_follows(self, tokens: Tokens, i: int) -> bool:
        return tokens.text[tokens.ends[i] : tokens.ends[i] + 1] in (",", " ", "^")

    def _after_degree(self, tokens: Tokens, i: int) -> Span | None:
        """Return what stands behind a doctor's degree to the end of the line: Ann Lee, MD; The Lung Center."""
        if tokens.bits[i] & (STOP | CREDENTIAL) and tokens.lower[i] != "the":
            return None
        spot = self.headless(tokens, i, line_end=True)
        if spot is None:
            return None
        last = i
        while last + 1 < len(tokens.starts) and tokens.starts[last + 1] < spot.end:
            last += 1
        worths = [self.worth(tokens, j) for j in range(i, last + 1)]
        if tokens.lower[i] == "the" or (
            last > i and (sum(worths) > 1 or (any(worths) and tokens.lower[last] in self.roles))
        ):
            return spot
        return None


def _unit(tokens: Tokens, i: int) -> Span | None:
    """Return a unit of the services by its number: 82nd Airborne."""
    text, start = tokens.text, tokens.starts[i]
    low = max(0, start - 8)
    head = text[low:start]
    number = head.rstrip(" ").rpartition(" ")[2]
    if number[:1].isdigit() and number[-2:].lower() in ("st", "nd", "rd", "th"):
        end = tokens.ends[i]
        if i + 1 < len(tokens.starts) and text[end : tokens.starts[i + 1]] == " ":
            end = tokens.ends[i + 1]
        return Span(low + head.rindex(number), end, "institution")
    step = before(tokens, i)
    if (
        step is not None
        and step[1] == " "
        and not tokens.bits[step[0]] & STOP
        and tokens.lower[i] in ("battalion", "regiment")
    ):
        return Span(tokens.starts[step[0]], tokens.ends[i], "institution")
    return None


def _with_possessive(text: str, span: Span) -> Span:
    """Return an institution with the s of its possessive: St. Brendan's."""
    return span._replace(end=span.end + 2) if text[span.end : span.end + 2] in ("'s", "’s") else span
