"""Places and institutions: cities and counties, streets without a number, hospitals, schools, employers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.institutions import InstitutionRules
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, EPONYM, INSTITUTION, MONTH, NAME, STATE, STOP, STREET, WORD
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.streets import other_streets, streets_before_towns
from polyclinic.deidentify.tokens import Tokens

PLAIN_GAP = re.compile(r"[ \t]|\.[ \t]|[ \t]?\n[ \t]*|['’]s?[ \t]")
_CODES_THAT_ARE_WORDS = frozenset(words_of("MD PA MS MA DO OR DC CO DE IN ME AL LA MT CT PR ON OK HI ID OH"))
_DEGREES = frozenset(["MD", "DO", "PA", "MS", "MA", "DC", "CT", "OR"])
_PREPOSITIONS = frozenset(("in", "near", "to", "from", "of"))


class PlaceRules(InstitutionRules):
    """The places and institutions of one language."""

    def find(self, tokens: Tokens, closed: list[Span]) -> list[Span]:
        """Return places and institutions; words inside the spans of `closed` are passed over."""
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        found: list[Span] = []
        until = -1
        zips = {span.start for span in closed if span.type == "zip"}
        streets = {span.end for span in closed if span.type == "address"}
        for i, bit in enumerate(bits):
            if bit & INSTITUTION and self._is_head(tokens, i):
                spot = self._institution(tokens, i)
                if spot is not None and not (found and found[-1].end > spot.start and found[-1].end >= spot.end):
                    found.append(spot)
                    until = spot.end
                    continue
            if lower[i] in self.businesses and starts[i] >= until:
                spot = self._business(tokens, i) or self._in_one_case(tokens, i)
                if spot is not None:
                    if found and found[-1].end > spot.start:
                        spot = Span(min(found.pop().start, spot.start), spot.end, "institution")
                    found.append(spot)
                    until = spot.end
                    continue
            if starts[i] < until:
                continue
            beside_zip = zips and (ends[i] + 1 in zips or (ends[i] + 2 in zips and text[ends[i]] == ","))
            after_street = streets and starts[i] - 2 in streets and text[starts[i] - 2 : starts[i]] in (", ", ",\n")
            if (
                (beside_zip or after_street)
                and not bit & (STATE | MONTH | STOP)
                and ends[i] - starts[i] > 2
                and lower[i] not in self.zip_labels
            ):
                last = i
                while after_street and last + 1 < len(starts) and text[ends[last] : starts[last + 1]] == " ":
                    if (
                        bits[last + 1] & (STATE | STOP | MONTH)
                        or text[starts[last + 1] : ends[last + 1]] in self.codes
                    ):
                        break
                    if text[ends[last + 1] : ends[last + 1] + 1].isdigit():  # a postal code
                        break
                    last += 1
                found.append(Span(starts[i], ends[last], "city"))
                until = ends[last]
                continue
            if bit & (CITY | STREET) or lower[i] in self.endings:
                spot = self._known_place(tokens, i)
                if spot is not None:
                    found.append(spot)
                    continue
            if lower[i] in self.two_word_ends and i:
                for size in (2, 1):
                    if i >= size and " ".join(text[starts[i - size] : ends[i]].lower().split()) in self.two_words:
                        found.append(Span(starts[i - size], ends[i], "city"))
                        break
            following = text[ends[i] : ends[i] + 1]
            if (
                following in (",", " ", "^")
                and i + 1 < len(bits)
                and starts[i + 1] - ends[i] < 4
                and (
                    bits[i + 1] & STATE
                    or text[starts[i + 1] : ends[i + 1]] in self.codes
                    or lower[i + 1] in self.state_openers
                )
                and not bit & (STATE | MONTH)
                and self.state_after.match(text, ends[i])
            ):
                spot = self._before_state(tokens, i)
                if spot is not None:
                    found.append(spot)
                    continue
            if (
                (
                    found
                    and text[found[-1].end : starts[i]] in (" in ", "\nin ", " in\n")
                    and found[-1].type == "institution"
                )
                and not bit & (STATE | MONTH)
                and text[starts[i]].isupper()
            ):
                last = i
                while (
                    last + 1 < len(starts)
                    and text[ends[last] : starts[last + 1]] == " "
                    and not bits[last + 1] & (STOP | MONTH)
                    and last - i < 2
                ):
                    last += 1
                found.append(Span(starts[i], ends[last], "city"))
                until = ends[last]
                continue
            if bit & STOP and text[starts[i] - 3 : starts[i]] not in ("in ", "to "):
                continue
            if (
                starts[i] > 5
                and text[starts[i] - 1] in " \n"
                and text[starts[i] - 3 : starts[i] - 1].lower() in self.cue_ends
            ):
                spot = self._cued(tokens, i)
                if spot is not None:
                    found.append(spot)
                    until = spot.end
        if tokens.caseless:
            found += [Span(m.start(1), m.end(1), "city") for m in self.lower_city.finditer(text)]
        towns = [span for span in (*found, *closed) if span.type in ("city", "zip")]
        found += streets_before_towns(text, towns)
        found += other_streets(text, tokens.lowered, tokens)
        if not tokens.words.isdisjoint(self.street_ends):
            for m in self._streets_without_number(tokens):
                if m[1][0].isupper() or (
                    tokens.caseless
                    and (
                        m[2].lower() in self.full_streets or text[m.end() : m.end() + 1] in (".", ",", "?", "\n", "")
                    )
                ):
                    found.append(Span(m.start(1), m.end(), "address"))
        return found

    def _streets_without_number(self, tokens: Tokens) -> Iterator[re.Match[str]]:
        """Yield `on Maple Street` and its like."""
        text, lowered = tokens.text, tokens.lowered
        seen: set[int] = set()
        for word in sorted(self.street_ends & tokens.words):
            place = lowered.find(f" {word}")
            while place >= 0:
                low = max(0, place - 40)
                near = lowered[low:place]
                if " on " in near or " at " in near or " off " in near or " along " in near or " near " in near:
                    for found in self.street_alone.finditer(text, low, place + len(word) + 1):
                        if found.start() not in seen:
                            seen.add(found.start())
                            yield found
                place = lowered.find(f" {word}", place + 1)

    def _known_place(self, tokens: Tokens, i: int) -> Span | None:
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        bit = bits[i]
        if lower[i] in self.endings:
            if (
                not i
                or text[ends[i - 1] : starts[i]] not in (" ", "\n")
                or bits[i - 1] & STOP
                or lower[i - 1] in self.generic
                or (bits[i - 1] & COMMON and not bits[i - 1] & NAME)
            ):
                return None
            first = i - 1
            if (
                first
                and text[ends[first - 1] : starts[first]] in (" ", ". ")
                and lower[first - 1].rstrip(".")
                in ("st", "san", "santa", "los", "new", "prince", "king", "palm", "el")
            ):
                first -= 1
            return Span(starts[first], ends[i], "city")
        if bit & STREET:
            if not i or text[ends[i - 1] : starts[i]] != " " or bits[i - 1] & STOP:
                return None
            first = i - 1
            while (
                first
                and text[ends[first - 1] : starts[first]] == " "
                and i - first < 3
                and not bits[first - 1] & STOP
            ):
                first -= 1
            if (
                self.street_cue.search(text[max(0, starts[first] - 10) : starts[first]]) and not tokens.caseless
            ) and (
                text[starts[i] - 1] == " "
                and lower[i]
                in (
                    "street",
                    "avenue",
                    "road",
                    "lane",
                    "boulevard",
                    "parkway",
                    "highway",
                    "drive",
                    "terrace",
                    "alley",
                )
            ):
                return Span(starts[first], ends[i], "address")
            return None
        if text[starts[i] : ends[i]].isupper() and ends[i] - starts[i] < 4:
            return None
        if bit & (NAME | WORD | COMMON) and not self._city_context(tokens, i):
            return None
        if bit & EPONYM and not self._city_context(tokens, i):
            return None
        if re.match(
            r"(?:['’]s)?\s(?:criteria|score|scale|classification|coma|knee|ankle|rules?|index|virus|test|"
            r"protocol|heart|cohort|study|method|stool)",
            text[ends[i] : ends[i] + 20],
            re.IGNORECASE,
        ):
            return None
        if tokens.caseless and not self._city_context(tokens, i):
            return None
        return Span(starts[i], ends[i], "city")

    def _city_context(self, tokens: Tokens, i: int) -> bool:
        text, start, end = tokens.text, tokens.starts[i], tokens.ends[i]
        return bool(
            self.state_after.match(text, end)
            or (tokens.caseless and self.lower_state.match(text, end))
            or self.city_cue.search(text, start - 32, start)
            or (_preposition_before(text, start) and not tokens.bits[i] & COMMON)
        )

    def _before_state(self, tokens: Tokens, i: int) -> Span | None:
        """Return the city before a state: Fall River, MA."""
        text, bits, starts, ends, lower = tokens.text, tokens.bits, tokens.starts, tokens.ends, tokens.lower
        state = self.state_after.match(text, ends[i])
        assert state is not None
        word = state[0].strip(" ,^").split()[0]
        plain = re.match(r"[A-Za-z]+", word)
        if (
            bits[i] & STOP
            and not re.match(r"[\s,^]*\d{5}", text[state.end() : state.end() + 8])
            and not re.search(r"\d{5}$|\^", state[0])
        ):
            return None
        if text[starts[i] : ends[i]].isupper() and ends[i] - starts[i] < 3:
            return None
        code = plain is not None and plain[0] in self.codes
        postal = re.search(r"\d{5}|\^", state[0]) or re.match(r"[\s,^]*\d{5}", text[state.end() : state.end() + 8])
        if code and word in _CODES_THAT_ARE_WORDS and not postal:
            # Degrees, orders and words: only where no person's name may stand.
            cued = self.city_cue.search(text, starts[i] - 30, starts[i]) is not None
            unknown = bits[i] == 0 and word in ("MA", "CO", "AL", "LA", "OH", "IN") and "," in state[0]
            if not (bits[i] & CITY or unknown or (cued and not (bits[i] & NAME and word in _DEGREES))):
                return None
        if postal:
            code = True
        if (bits[i] & COMMON and not code and not self.city_cue.search(text, starts[i] - 30, starts[i])) and (
            not bits[i] & (NAME | CITY)
        ):
            return None
        first = i
        while (
            first
            and i - first < 2
            and text[ends[first - 1] : starts[first]] in (" ", ". ")
            and not bits[first - 1] & (STOP | MONTH | STREET)
            and lower[first - 1].rstrip(".") not in self.words["short_street_types"] - {"st"}
        ):
            if text[ends[first - 1] : starts[first]] == ". " and lower[first - 1].rstrip(".") not in (
                "st",
                "mt",
                "ft",
            ):
                break
            first -= 1
        return Span(starts[first], ends[i], "city")


def _preposition_before(text: str, start: int) -> bool:
    return text[max(0, start - 6) : start].lower().rpartition(" ")[0].split(" ")[-1].strip("\n") in _PREPOSITIONS
