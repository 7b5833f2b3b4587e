"""Institutions without their kind: Erie Methodist, Baptist Memorial - Erie, Holy Cross, St. Anne's, CVS."""

from __future__ import annotations

from polyclinic.deidentify.joined_words import after, before, begins_sentence
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, MONTH, NAME, STOP, TITLE
from polyclinic.deidentify.places.businesses import CHAINS, NO_PARTS
from polyclinic.deidentify.places.institutions import OWN, InstitutionRules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

# Churches that hospitals are called after, and what is left of a name without its last word: Erie Methodist.
SHORT_NAMES = frozenset(
    words_of("methodist baptist presbyterian lutheran adventist deaconess memorial general regional mercy infirmary")
)


class ShortNameRules(InstitutionRules):
    """The institutions of one language, also by what they are called for short."""

    def short_name(self, tokens: Tokens, i: int) -> Span | None:
        """Return a name without its kind: Erie Methodist, Baptist Memorial - Erie, Holy Cross, St. Anne's."""
        text, lower, bits, starts, ends = tokens.text, tokens.lower, tokens.bits, tokens.starts, tokens.ends
        word = lower[i]
        if word == "lady":
            return self._our_lady(tokens, i)
        if word in ("fort", "camp"):
            step = after(tokens, i)
            fits = step is not None and step[1] == " " and self.worth(tokens, step[0]) == OWN
            return Span(starts[i], ends[step[0]], "institution") if step is not None and fits else None
        if word in CHAINS or word == "rite":
            return self._chain(tokens, i)
        if word in ("holy", "sacred", "mount", "mt", "st", "saint", "good"):
            step = after(tokens, i)
            if step is None or step[1] not in (" ", ".") or bits[step[0]] & (STOP | MONTH) or step[0] == i:
                return None
            last = step[0]
            saint = word in ("st", "saint")
            possessive = text[ends[last] : ends[last] + 2] in ("'s", "’s") or text[ends[last] - 2 : ends[last]] in (
                "'s",
                "’s",
            )
            if saint and not possessive:
                return None
            if word == "good" and lower[last] not in ("samaritan", "shepherd", "hope"):
                return None
            if word in ("mount", "mt") and lower[last] not in ("sinai", "carmel", "zion", "auburn"):
                return None
            if text[ends[last] : ends[last] + 8].lstrip("'’s ").startswith(("wort", "water", "week")):
                return None
            return Span(starts[i], ends[last], "institution")
        if not i or (step := before(tokens, i)) is None or step[1] != " ":
            return None
        j = step[0]
        known = self.worth(tokens, j) == OWN and (bits[j] & CITY or word not in ("general", "regional"))
        if not known and (bits[j] & STOP or not self._names_town(tokens, j)):
            return None
        first = j
        while j - first < 2 and (step := before(tokens, first)) is not None and step[1] in (" ", "."):
            if bits[step[0]] & (STOP | MONTH | TITLE) or lower[step[0]] in NO_PARTS:
                break
            if (
                begins_sentence(text, starts[step[0]])
                and bits[step[0]] & COMMON
                and not bits[step[0]] & (NAME | CITY)
            ):
                break
            first = step[0]
        last = self._right(tokens, i)[0]
        return Span(starts[first], ends[last], "institution")

    def _chain(self, tokens: Tokens, i: int) -> Span | None:
        """Return a chain's name where it stands without an article: called CVS, refill to Rite Aid."""
        start, end = tokens.starts[i], tokens.ends[i]
        if tokens.lower[i] == "rite":
            if tokens.lowered[end : end + 4] != " aid":
                return None
            end += 4
        before_it = tokens.lowered[max(0, start - 8) : start].split()
        if before_it and before_it[-1] in ("the", "a", "local", "your", "our", "another", "any"):
            return None
        return Span(start, end, "institution")

    def _our_lady(self, tokens: Tokens, i: int) -> Span | None:
        """Return Our Lady of Perpetual Help, from its second word."""
        step = after(tokens, i)
        if (
            not i
            or tokens.lower[i - 1] != "our"
            or step is None
            or step[1] != "of"
            or tokens.starts[i] != tokens.ends[i - 1] + 1
        ):
            return None
        last = self._right(tokens, self._town(tokens, step[0], False), True)[0]
        return Span(tokens.starts[i - 1], tokens.ends[last], "institution")

    def _names_town(self, tokens: Tokens, j: int) -> bool:
        """Say whether a word is the last of a town's name of ordinary words: Falls, Land, City."""
        return tokens.lower[j] in ("falls", "city", "land", "springs", "beach", "hope", "pleasant", "valley", "lake")
