"""Towns and counties: before a state or postal code, behind a street, of the list, or by the end of their name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.joined_words import after, before, begins_sentence, ends_names, is_upper
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, EPONYM, MONTH, NAME, STATE, STOP, STREET, TITLE, WORD
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.places.businesses import NO_PARTS
from polyclinic.deidentify.places.institutions import GENERIC
from polyclinic.deidentify.places.tails import TailRules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places, is_pattern

# Codes of states that are also degrees, orders or words.
_CODES_THAT_ARE_WORDS = frozenset(words_of("MD PA MS MA DO OR DC CO DE IN ME AL LA MT CT PR ON OK HI ID OH"))
_DEGREES = frozenset(words_of("MD DO PA MS MA DC CT OR"))
_PREPOSITIONS = frozenset(("in", "near", "to", "from", "of"))
_SIDE = re.compile(r"(?:East|West|North|South|EAST|WEST|NORTH|SOUTH|New) $")
_UNITS = frozenset(words_of("apt apt. apartment unit suite ste ste. lot bldg building floor flat room box"))
_ABBREVIATED = frozenset(("st", "mt", "ft"))
_NOT_TOWNS = re.compile(
    r"(?:['’]s)?\s(?:criteria|score|scale|classification|coma|knee|ankle|rules?|index|virus|test|protocol|heart|"
    r"cohort|study|method|[A-Z]\d|negative|positive|stool|chromosome|sleep|cough|questionnaire|jet)",
    re.IGNORECASE,
)
_STREET_ENDS = re.compile(r"(?:,[ \t]?|[ \t]*\|[ \t]*|,?[ \t]*\n[ \t>]*|[ \t]{2,}|[ \t]+in[ \t\n]|[ \t])$")


class TownRules(TailRules):
    """The towns of one language."""

    def __init__(self, words: Words) -> None:
        """Compile the lists of a language."""
        super().__init__(words)
        self.endings = words["city_endings"]
        self.codes = words["state_codes"]
        self.state_openers = frozenset(phrase.split()[0] for phrase in self.two_word_states)
        self.zip_labels = words["zip_labels"]
        self.short_streets = words["short_street_types"]
        self.phrases_by_end: dict[str, list[str]] = {}
        for phrase in words["cities_of_two_words"]:
            self.phrases_by_end.setdefault(re.split(r"[\s'’-]", phrase)[-1], []).append(phrase)
        cues = either(words["city_cues"])
        self.city_cue = LookBack(
            rf"(?:\b(?:{cues})|\b(?:{either(words['city_labels'])})\s*:)\s+",
            [*words["city_cues"], *words["city_labels"]],
        )
        state_names = f"{either(words['states'])}|{words.any_of('state_names_of_two_words')}"
        codes = "|".join(sorted(self.codes)) or "(?!)"
        self.state_after = re.compile(
            rf"\s?,\s?(?:(?:{codes})\b(?!\s[a-z])|(?i:{state_names}|{either(words['countries'])})\b)|"
            rf"\s{{1,2}}(?!ID\b(?!\s+\d{{5}}))(?:{codes})\s{{1,2}}\d{{5}}(?!\d)|"
            rf"\^(?:{codes})\b"
        )
        self.lower_state = re.compile(
            rf"\s?,\s?(?:{state_names}|(?:{'|'.join(c.lower() for c in sorted(self.codes)) or '(?!)'}))\b"
        )
        cities = words["cities"] | words["cities_of_two_words"]
        self.lower_city = re.compile(rf"(?:{cues})\s+((?:{either(cities)}))\b")
        asked = [r"\s+".join((*cue.split(), "")) for cue in sorted(words["city_cues"])]
        self.town_patterns = {"lower_city": asked} if all(map(is_pattern, asked)) else {}

    def lower_cities(self, tokens: Tokens) -> Iterator[Span]:
        """Yield the towns of a text in lower case that stand behind a word for it."""
        places = tokens.hits.get("lower_city", ()) if self.town_patterns else range(len(tokens.text))
        for found in at_places(self.lower_city, tokens.text, places):
            yield Span(found.start(1), found.end(1), "city")

    def town(self, tokens: Tokens, i: int, zips: set[int]) -> Span | None:
        """Return the town that ends with word `i`, of the list or by what stands behind it."""
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        bit, word = bits[i], lower[i]
        if bit & CITY or word in self.endings:
            spot = self._known(tokens, i)
            if spot is not None:
                return spot
        if word in self.phrases_by_end and (spot := self._of_words(tokens, i)) is not None:
            return spot
        if bit & MONTH or (bit & STATE and not bit & (CITY | NAME)):
            return None
        end = ends[i]
        if zips and (end + 1 in zips or (end + 2 in zips and text[end] in ", ")) and not bit & STOP:
            alone = not text[text.rfind("\n", 0, starts[i]) + 1 : starts[i]].strip(" >*|")
            known = bit & CITY or alone or "^" in text[starts[i] - 1 : starts[i]]
            if known and ends[i] - starts[i] > 2 and word not in self.zip_labels:
                return self._to_left(tokens, i)
        following = text[end : end + 1]
        if following in (",", " ", "^") and i + 1 < len(bits) and starts[i + 1] - end < 4:
            state = text[starts[i + 1] : ends[i + 1]]
            if state in self.codes or bits[i + 1] & STATE or lower[i + 1] in self.state_openers:
                return self._before_state(tokens, i)
        return None

    def _of_words(self, tokens: Tokens, i: int) -> Span | None:
        """Return a town of the list with several words: Truth or Consequences."""
        end = tokens.ends[i]
        for phrase in self.phrases_by_end[tokens.lower[i]]:
            low = max(0, end - len(phrase) - 3)
            piece = tokens.lowered[low:end]
            if " ".join(piece.replace("’", "'").split()).endswith(phrase):
                start = end - len(phrase)
                while start > low and " ".join(tokens.lowered[start:end].replace("’", "'").split()) != phrase:
                    start -= 1
                low = max(0, start - 6)
                if (side := _SIDE.search(tokens.text, low, start)) is not None:
                    start = side.start()
                if not tokens.text[max(0, start - 1) : start].isalnum():
                    plain = tokens.text[start].isupper() or tokens.caseless
                    return Span(start, end, "city") if plain else None
        return None

    def _to_left(self, tokens: Tokens, i: int) -> Span:
        """Return the town whose last word is `i`, with the words with capitals before it."""
        bits, lower, text, starts, ends = tokens.bits, tokens.lower, tokens.text, tokens.starts, tokens.ends
        first = i
        upper = is_upper(tokens, i)
        while i - first < 3 and (step := before(tokens, first)) is not None:
            j, how = step
            if how not in (" ", ".", "of", "or", "on") or text[ends[j] : starts[first]].strip(" \n").startswith("/"):
                break
            if text[ends[j] : starts[first]] == "  " and "\n" not in text[ends[j] : starts[first]]:
                break
            if how == "." and lower[j].rstrip(".") not in _ABBREVIATED:
                break
            if bits[j] & (MONTH | TITLE) or ends_names(bits[j]) or lower[j] in NO_PARTS | _UNITS:
                break
            if lower[j].rstrip(".") in self.short_streets and not (
                lower[j].rstrip(".") in _ABBREVIATED and how == "."
            ):
                step = before(tokens, j)
                if lower[j].rstrip(".") not in _ABBREVIATED or (step is not None and step[1] == " "):
                    break
            if bits[j] & STREET and lower[j] not in self.town_beginnings | self.town_endings:
                break
            if how in ("of", "or", "on") and j + 1 != first:
                break
            if (
                bits[j] & STOP
                and (upper or begins_sentence(text, starts[j]))
                and lower[j] not in self.town_beginnings
            ):
                break
            if upper != is_upper(tokens, j) and ends[j] - starts[j] > 3:
                break
            first = j
        return Span(starts[first], ends[i], "city")

    def _before_state(self, tokens: Tokens, i: int) -> Span | None:
        """Return the town before a state: Fall River, MA."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        state = self.state_after.match(text, ends[i])
        if state is None or ends[i] - starts[i] < 3 or tokens.lower[i] in NO_PARTS:
            return None
        code = state[0].strip(" ,^\n").split()[0]
        after_it = text[state.end() : state.end() + 8]
        postal = bool(re.search(r"\d{5}|\^", state[0]) or re.match(r"[\s,^]*\d{5}", after_it))
        bit = bits[i]
        if not postal:
            if bit & STOP and not bit & CITY:
                closes = code in self.codes and re.match(r"[.\n;)]|$", after_it)
                if not (closes and code not in _CODES_THAT_ARE_WORDS):
                    return None
            cued = self.city_cue.search(text, starts[i] - 30, starts[i]) is not None
            if is_upper(tokens, i) and bit & COMMON and not bit & (NAME | CITY) and not cued:
                return None  # CAR TOWED, AR PLATE
            ends_line = re.match(r"\s*(?:\n|$)", after_it) is not None
            doubtful = code in _DEGREES or (bit and code in _CODES_THAT_ARE_WORDS and not ends_line)
            if doubtful and not (bit & CITY or cued) and (bit or code != "MA"):
                return None
            if bit & COMMON and code not in self.codes and not bit & (NAME | CITY) and not cued:
                return None
        return self._to_left(tokens, i)

    def _known(self, tokens: Tokens, i: int) -> Span | None:
        """Return a town of the list, or a county, where what stands around it allows."""
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        bit = bits[i]
        if lower[i] in self.endings:
            step = before(tokens, i)
            if step is None or step[1] != " " or bits[step[0]] & STOP or self.worth(tokens, step[0]) == GENERIC:
                return None
            if (
                bits[step[0]] & COMMON
                and not bits[step[0]] & NAME
                and (tokens.caseless or begins_sentence(text, starts[step[0]]))
            ):
                return None
            return self._to_left(tokens, i)
        if is_upper(tokens, i) and ends[i] - starts[i] < 4:
            return None
        if (bit & (NAME | WORD | COMMON | EPONYM) or tokens.caseless) and not self._in_context(tokens, i):
            return None
        if _NOT_TOWNS.match(text, ends[i]):
            return None
        return Span(starts[i], ends[i], "city")

    def _in_context(self, tokens: Tokens, i: int) -> bool:
        text, start, end = tokens.text, tokens.starts[i], tokens.ends[i]
        return bool(
            self.state_after.match(text, end)
            or (tokens.caseless and self.lower_state.match(text, end))
            or self.city_cue.search(text, start - 32, start)
            or (
                text[max(0, start - 6) : start].lower().rpartition(" ")[0].split(" ")[-1].strip("\n") in _PREPOSITIONS
                and not tokens.bits[i] & COMMON
            )
        )

    def after_streets(self, tokens: Tokens, streets: list[Span], taken: list[Span]) -> Iterator[Span]:
        """Yield the towns that stand right behind a street: 12 Elm St, Waco; 9 Oak Rd | Waco, TX."""
        if not streets:
            return
        text, bits, lower, starts, ends = tokens.text, tokens.bits, tokens.lower, tokens.starts, tokens.ends
        count = len(starts)
        i = 0
        for street in sorted(streets):
            while i < count and starts[i] < street.end:
                i += 1
            if i == count:
                return
            if lower[i] == "in" and i + 1 < count:  # a text in lower case has it as a word
                i += 1
            gap = text[street.end : starts[i]]
            if len(gap) > 24 or not _STREET_ENDS.fullmatch(gap) or bits[i] & (MONTH | TITLE) or lower[i] in NO_PARTS:
                continue
            surely = gap.lstrip(" ")[:1] in ("|", "\n", ",") or " in" in gap
            if not surely and not bits[i] & CITY:
                continue
            one_case = tokens.caseless or is_upper(tokens, i)
            last = i
            while last - i < 3 and (step := after(tokens, last)) is not None:
                j, how = step
                if how not in (" ", ".", "or", "of", "on") or text[ends[last] : starts[j]].count(" ") > 1:
                    break
                if how == "." and lower[last].rstrip(".") not in _ABBREVIATED:
                    break
                if bits[j] & (STATE | MONTH) or text[starts[j] : ends[j]] in self.codes or lower[j] in NO_PARTS:
                    break
                if text[ends[j] : ends[j] + 1].isdigit():
                    break
                if one_case and not (
                    lower[last] in self.town_beginnings or lower[j] in self.town_endings or bits[j] & CITY
                ):
                    break
                last = j
            newline = "\n" in gap and not re.match(r"\s?,|[ \t]*(?:\n|$)|\s[A-Z]{2}\b", text[ends[last] :][:8])
            if newline or text[ends[last] : ends[last] + 1] in ":=" or (bits[i] & STOP and not surely):
                continue
            if last == i and (ends[i] - starts[i] < 3 or lower[i] in self.generic or bits[i] & STATE):
                continue
            if gap.strip(" ") == "," and bits[i] & STOP and not one_case:
                continue
            yield Span(starts[i], ends[last], "city")
