"""Places and institutions by the words before them: lives in X, transferred from X, works for X, Facility: X."""

from __future__ import annotations

import functools
import re

from polyclinic.deidentify.joined_words import after, before, ends_names, is_upper
from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import (
    CITY,
    COMMON,
    CREDENTIAL,
    EPONYM,
    GIVEN,
    MONTH,
    NAME,
    STATE,
    STOP,
    TITLE,
    read_dictionary,
    read_list,
)
from polyclinic.deidentify.places.announcing_words import (
    DEPARTMENTS,
    EMPLOYED,
    IN_WHAT,
    JOBS,
    LABELS,
    LEAVERS,
    LIVES,
    LIVING,
    MOVES,
    NO_PLACES,
    OF,
    OF_FIRMS,
    PAYERS,
    PEOPLE,
    REGIONS,
    RUN,
    VERBS,
    WENT,
)
from polyclinic.deidentify.places.businesses import BORDERS, NO_PARTS
from polyclinic.deidentify.places.institutions import GENERIC, OF_MEDICINE, OWN, PLAIN
from polyclinic.deidentify.places.short_names import SHORT_NAMES, ShortNameRules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

_CLOSES = re.compile(r"[,.;)\n]|$| (?:[a-z]|\d|\()")
# His employer, Dean Roofing, was told.
_APPOSED = frozenset(("employer,", "school,", "pharmacy,", "workplace,", "church,"))
TAILS = frozenset(
    f"{tail}{blank}"
    for word in ("at", "from", "to", "in", "for", "with", "of", "via", "by", "into", "the", "and", *VERBS, *_APPOSED)
    for tail in (word[-2:], word[-2:].upper())
    for blank in " \n"
) | {" @ ", ": "}


@functools.cache
def _of_open_text() -> frozenset[str]:
    """Return words that open text writes with a capital and no dictionary has: after `in` these are mostly places."""
    return read_list("capitalised_words") - read_dictionary() - read_list("clinical_words") - read_list("makers")


class AnnouncedRules(ShortNameRules):
    """What the words before a capital say."""

    def __init__(self, words: Words) -> None:
        """Take the cues of a language."""
        super().__init__(words)
        cues = [*words["employer_cues"], *words["city_labels"]]
        self.place_labels = frozenset(cue.rstrip(":") for cue in cues if cue.endswith(":") or " " not in cue)
        self.place_labels |= {"from", "to", *LABELS}
        self.city_labels = words["city_labels"]
        self.states = words["states"] | words["countries"]
        self.two_word_states = words["state_names_of_two_words"]
        self.city_phrases = frozenset(cue for cue in words["city_cues"])
        self.employer_phrases = frozenset(cue for cue in words["employer_cues"])

    def announced(self, tokens: Tokens, i: int) -> Span | None:
        """Return the place or institution that the words before word `i` announce."""
        text, start = tokens.text, tokens.starts[i]
        tail = text[max(0, start - 3) : start]
        if tail not in TAILS and tail[1:] != ": ":
            return None
        cue = self._cue(tokens, start)
        if cue is None:
            return None
        return self.named_after(tokens, i, cue)

    def _cue(self, tokens: Tokens, start: int) -> str | None:
        """Return what the words before a place announce: "city", "work", "place", "moves"; None for nothing."""
        text = tokens.lowered
        before_it = text[max(0, start - 40) : start]
        if before_it.rstrip(" ").endswith(":"):
            line = before_it[before_it.rfind("\n") + 1 :].rstrip(" :")
            words = line.strip(" *-|>[]().,;").split()
            if not words:
                return None
            if words[-1] in self.city_labels:
                return "city"
            return "label" if {words[-1], " ".join(words[-2:])} & self.place_labels else None
        parts = before_it.split()
        if not parts:
            return None
        word = parts[-1]
        the = word == "the"
        if the:
            parts.pop()
            word = parts[-1] if parts else ""
        previous = parts[-2].strip("(,;.") if len(parts) > 1 else ""
        two = f"{previous} {word}"
        if word in _APPOSED:
            return "work"
        if two in self.city_phrases:
            return None if the else "city"
        if word in ("at", "@"):
            return "work" if previous in EMPLOYED else "place"
        if word == "for":
            return "work" if not EMPLOYED.isdisjoint(parts[-4:-1]) else None
        if word == "via":
            return "place"
        if word == "by":
            return "work" if previous in RUN else None
        if word == "into":
            return "place" if previous in WENT else None
        if word == "with":
            return "work" if previous in JOBS else None
        if word == "in":
            lives = previous in LIVES or not LIVING.isdisjoint(parts[-4:-1])
            if lives and not the and (previous != "up" or "grew" in parts[-4:]):
                return "city"
            return None if the or previous in IN_WHAT else "in"
        if word == "of":
            return "city" if previous in OF else ("work" if previous in OF_FIRMS else None)
        if word in ("from", "to"):
            if two in self.employer_phrases or previous in LEAVERS:
                return "work" if previous in LEAVERS else "moves"
            if word == "from" and previous in PEOPLE:
                return "city"
            if previous in MOVES:
                return "moves"
            return "from" if word == "from" and previous.isalpha() else None
        return "place" if word in VERBS else None

    def announcers(self) -> dict[str, tuple[frozenset[str], frozenset[str]] | None]:
        """Return the words with which `_cue` says something when they stand right before a place, and which words it
        then asks for: right before them, and among the three before them; None where it asks for none."""
        found: dict[str, tuple[frozenset[str], frozenset[str]] | None]
        found = dict.fromkeys(("at", "@", "from", "via", "in", *VERBS, *_APPOSED))
        nothing: frozenset[str] = frozenset()
        found |= {
            "for": (nothing, EMPLOYED),
            "with": (JOBS, nothing),
            "by": (RUN, nothing),
            "into": (WENT, nothing),
            "of": (OF | OF_FIRMS, nothing),
            "to": (MOVES | LEAVERS, nothing),
        }
        for phrase in self.city_phrases | self.employer_phrases:
            first, _, last = phrase.rpartition(" ")
            asked = found.get(last, (nothing, nothing))
            if first and asked is not None:
                found[last] = (asked[0] | {first}, asked[1])
        return found

    def named_after(self, tokens: Tokens, i: int, cue: str) -> Span | None:
        """Return the name that begins with word `i` and is announced as `cue`."""
        text, bits, starts, ends, lower = tokens.text, tokens.bits, tokens.starts, tokens.ends, tokens.lower
        if tokens.caseless or (is_upper(tokens, i) and self._in_capitals(tokens, i)):
            return None if tokens.caseless and cue == "in" else self._named_in_one_case(tokens, i, cue)
        if bits[i] & (TITLE | CREDENTIAL) and lower[i] not in self.openers:
            return None
        last = self._run(tokens, i)
        if last < i or text[ends[last] : ends[last] + 1] == ":":
            return None
        first = i + 1 if lower[i] == "the" and last > i else i
        if lower[first] in PAYERS and cue in ("from", "label"):
            return None
        phrase = " ".join(text[starts[first] : ends[last]].lower().split())
        if phrase in self.states or phrase in self.two_word_states or phrase in REGIONS:
            return None
        if text[ends[last] : ends[last] + 1].isdigit() or text[ends[last] : ends[last] + 2].strip(" #-").isdigit():
            return None  # Room 4, L5, T12
        worths = [self.worth(tokens, j) for j in range(first, last + 1)]
        own, plain = worths.count(OWN), worths.count(PLAIN)
        person = (
            all(bits[j] & NAME for j in range(first, last + 1)) and bits[first] & GIVEN and not bits[first] & CITY
        )
        if person and (cue in ("moves", "from", "label") or (cue == "place" and last > first)):
            return None  # from Maria Lopez: the rules of names know better
        if first == last and cue == "in":
            return self._in_town(tokens, i, i)
        if first == last and text[max(0, starts[i] - 4) : starts[i]].lower().startswith("via"):
            return None  # by way of a tube as well
        if first == last:
            one = self._one_word(tokens, first, cue)
            return one._replace(start=starts[i]) if one is not None else None
        if bits[first] & EPONYM and self._thing_follows(tokens, last):
            return None
        end = lower[last]
        kind = first > i or end in SHORT_NAMES or end in self.roles or end in self.care or end in self.town_endings
        kind = kind or last - first > 1
        if not own and lower[last] in ("unit", "department", "room", "ward", "floor", "desk", "team"):
            return None
        if cue == "in":
            return self._in_town(tokens, i, last)
        if text[max(0, starts[i] - 4) : starts[i]].lower().startswith("via"):
            return (
                None
                if any(is_upper(tokens, j) for j in range(first, last + 1)) or not own
                else Span(starts[i], ends[last], "institution")
            )
        if cue == "from" and last > first and plain == last - first + 1 and lower[last] not in DEPARTMENTS:
            office = any(
                lower[j] in self.care or lower[j] in DEPARTMENTS or bits[j] & EPONYM for j in range(first, last + 1)
            )
            return None if office else Span(starts[i], ends[last], "institution")
        surely = cue in ("city", "work", "label")
        if not (own or (plain and surely) or (cue != "from" and (plain > 1 or (plain and kind)))):
            return None
        return Span(starts[i], ends[last], "city" if cue == "city" else "institution")

    def _in_town(self, tokens: Tokens, i: int, last: int) -> Span | None:
        """Return a town of no list behind `in` or `near`: her sisters in Vitebsk, a place in Old Lyme."""
        bits, lower, starts, ends = tokens.bits, tokens.lower, tokens.starts, tokens.ends
        while last > i and tokens.text[ends[last - 1] : starts[last]] != " ":
            last -= 1
        span = range(i, last + 1)
        if last - i > 2 or any(bits[j] & (STOP | MONTH | STATE) or is_upper(tokens, j) for j in span):
            return None
        if bits[i] & EPONYM and tokens.text[ends[i] : ends[i] + 1] not in ".,;)":
            return None
        if any(lower[j] in self.care or lower[j] in self.generic or lower[j] in NO_PLACES for j in span):
            return None
        if self._thing_follows(tokens, last) or not _CLOSES.match(tokens.text, ends[last]):
            return None
        worths = [self.worth(tokens, j) for j in span]
        if last == i:
            known = bits[i] & CITY or not bits[i] & GIVEN
            strange = (
                (worths[0] == OWN or bits[i] & CITY or lower[i] in _of_open_text())
                and known
                and ends[i] - starts[i] > 3
            )
            strange = (
                strange
                and not lower[i].endswith((*OF_MEDICINE, "ans", "ese"))
                and not tokens.text[starts[i] + 1 : ends[i]].isupper()
            )
            return Span(starts[i], ends[i], "city") if strange else None
        parts = lower[i] in self.town_beginnings or lower[last] in self.town_endings
        parts = parts or bool((bits[i] | bits[last]) & CITY)
        return Span(starts[i], ends[last], "city") if parts and any(worths) else None

    def _one_word(self, tokens: Tokens, i: int, cue: str) -> Span | None:
        text, bit, word = tokens.text, tokens.bits[i], tokens.lower[i]
        start, end = tokens.starts[i], tokens.ends[i]
        if word in self.generic or bit & MONTH or self._thing_follows(tokens, i) or (bit & STATE and cue != "work"):
            return None
        if (bit & EPONYM or word in PAYERS) and cue not in ("city", "work") and not bit & CITY:
            return None
        if is_upper(tokens, i):  # transferred from MGH
            known = bit & (STOP if cue == "work" else COMMON | STOP)
            fits = 2 < end - start < 6 and not known and cue in ("moves", "place", "work", "city")
            return Span(start, end, "institution") if fits and not self._thing_follows(tokens, i) else None
        if end - start < 3 or text[end : end + 1] == ":" or text[start : end - 1].isupper():
            return None
        worth = self.worth(tokens, i)
        if cue == "city" and (worth > GENERIC or (bit & STOP and bit & COMMON)) and word not in NO_PARTS:
            return Span(start, end, "city")
        if cue == "moves" and word in ("boots", "target"):
            return Span(start, end, "institution")
        closes = text[end : end + 2].strip(" ")[:1] in ("", "\n", ",", ".", ";", "|")
        if worth == PLAIN and cue == "label" and not bit & STOP and closes:
            return Span(start, end, "institution")
        if worth == PLAIN and cue == "work" and not bit & STOP:
            return Span(start, end, "institution")
        if worth == PLAIN and cue in ("place", "moves") and not bit & (STOP | EPONYM) and text[start - 2].islower():
            fits = (
                end - start > 3
                and word not in NO_PLACES
                and not word.endswith("s")
                and not word.endswith(OF_MEDICINE)
            )
            return Span(start, end, "institution") if fits else None
        if (
            word in _of_open_text()
            and closes
            and cue in ("from", "moves", "place")
            and not bit & (STOP | EPONYM | GIVEN)
        ):
            return Span(start, end, "city")
        if worth == OWN and not bit & GIVEN:
            return Span(start, end, "institution" if cue == "work" else "city")
        return None

    def _thing_follows(self, tokens: Tokens, i: int) -> bool:
        """Say whether an eponym's thing stands behind: McBurney's point, Coude catheter."""
        rest = tokens.lowered[tokens.ends[i] : tokens.ends[i] + 24].lstrip("'’s").split()
        return bool(rest) and rest[0].strip(".,;:)") in self.things

    def _run(self, tokens: Tokens, i: int) -> int:
        """Return the last of the capitalised words that begin with word `i`; i - 1 if there is none."""
        bits, lower = tokens.bits, tokens.lower
        last = i
        if (lower[i] in NO_PARTS and lower[i] != "the") or (
            bits[i] & STOP and is_upper(tokens, i) and lower[i] != "us"
        ):
            return i - 1
        the = lower[i] == "the"
        while last - i < 6 and (step := after(tokens, last)) is not None:
            j, how = step
            if how == "." and lower[last].rstrip(".") not in ("st", "mt", "ft") and len(lower[last]) > 1:
                break
            kind = lower[j] in self.roles
            kind = kind or (how == "and" and last - i < 3 and self._is_tool(tokens, j, how))
            if how == "," or (how in ("and", "for", "on", "by", "the") and not kind) or (how == "or" and last > i):
                break
            if how == "at" and lower[last] not in self.roles and (self.worth(tokens, j) < OWN or last > i + the):
                break
            if ends_names(bits[j]) or bits[j] & MONTH or lower[j] in NO_PARTS:
                break
            last = j
        return last

    def _named_in_one_case(self, tokens: Tokens, i: int, cue: str) -> Span | None:
        """Return a town or saint after a cue in a text of one case: as many words as surely belong to it."""
        bits, lower, starts, ends = tokens.bits, tokens.lower, tokens.starts, tokens.ends
        if (
            lower[i] in NO_PARTS
            or bits[i] & (MONTH | STATE | TITLE)
            or (cue == "work" and tokens.caseless and self.worth(tokens, i, True) != OWN)
        ):
            return None
        last = i
        if cue == "work" and not tokens.caseless and (spot := self._employer_in_capitals(tokens, i)) is not None:
            return spot
        while last - i < 3 and (step := after(tokens, last)) is not None and step[1] in (" ", "."):
            j = step[0]
            joins = lower[i] in self.town_beginnings if last == i else False
            if not (joins or lower[j] in self.town_endings) or bits[j] & MONTH:
                break
            last = j
        word, bit = lower[i], bits[i]
        if self._thing_follows(tokens, i):
            return None
        phrase = " ".join(tokens.lowered[starts[i] : ends[last]].split())
        if phrase in self.two_word_states or phrase in self.states:
            return None
        if last > i:
            return Span(starts[i], ends[last], "city")
        if cue != "label" and self.worth(tokens, i, True) == OWN and not bit & (STATE | EPONYM):
            while last - i < 2 and (step := after(tokens, last)) is not None and step[1] == " ":
                if self.worth(tokens, step[0], True) < OWN or bits[step[0]] & STATE:
                    break
                last = step[0]
            if not (bit & GIVEN and not bit & CITY) or cue == "city":
                return Span(starts[i], ends[last], "institution" if last > i else "city")
        if bit & CITY and (cue == "city" or not bit & COMMON):
            return Span(starts[i], ends[i], "city")
        if cue == "city" and word not in self.generic and not bit & STOP and (bit & (NAME | CITY) or not bit):
            return Span(starts[i], ends[i], "city") if ends[i] - starts[i] > 2 else None
        return None

    def _employer_in_capitals(self, tokens: Tokens, i: int) -> Span | None:
        """Return the words of capitals behind a word for work, up to a sign or small word: AT TRACTOR BARN."""
        bits, lower, starts, ends = tokens.bits, tokens.lower, tokens.starts, tokens.ends
        last = i - 1
        while last - i < 3 and last + 1 < len(bits):
            j = last + 1
            if last >= i and tokens.text[ends[last] : starts[j]] not in (" ", "'S ", "'s "):
                break
            if bits[j] & (STOP | MONTH | STATE) or lower[j] in NO_PARTS or lower[j] in BORDERS:
                break
            last = j
        if last < i or all(lower[j] in self.generic or lower[j] in self.care for j in range(i, last + 1)):
            return None
        return Span(starts[i], ends[last], "institution") if last > i or self.worth(tokens, i, True) == OWN else None

    town_beginnings: frozenset[str] = frozenset(
        words_of(
            "st st. saint mt mt. mount ft ft. fort new san santa los las el la le lake port north south east west "
            "palm baton des grand little big great coeur ann corpus sioux cedar long virginia"
        )
    )
    town_endings: frozenset[str] = frozenset(
        words_of(
            "city falls springs beach heights park hills grove rapids valley creek ridge island bay harbor harbour "
            "haven junction lake lakes land landing mills point port shores station township village borough county "
            "center centre forest gardens green crossing bluff bluffs rock river mountain pleasant"
        )
    )

    def headless(self, tokens: Tokens, i: int, line_end: bool) -> Span | None:
        """Return the words with capitals that begin with word `i` as a whole, where a name is expected."""
        last = self._run(tokens, i)
        if last < i or (line_end and tokens.text[tokens.ends[last] : tokens.ends[last] + 1] not in ("\n", "")):
            return None
        step = before(tokens, i)
        first = step[0] if step is not None and tokens.lower[step[0]] == "the" else i
        return Span(tokens.starts[first], tokens.ends[last], "institution")
