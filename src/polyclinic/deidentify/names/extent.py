"""How far a name goes: initials before it, particles, what can only be its end, the firm that bears it."""

from __future__ import annotations

import re

from polyclinic.deidentify.lexicon import (
    COMMON,
    CREDENTIAL,
    EPONYM,
    FAMILY,
    GIVEN,
    INSTITUTION,
    MONTH,
    NAME,
    SOFT_TITLE,
    STOP,
    STREET,
    TITLE,
)
from polyclinic.deidentify.names.cues import FIRMS, NO_RUN, NOT_NAMES_ALONE, PARTICLES, SMALL_SURNAMES
from polyclinic.deidentify.names.repeats import OPENERS, NameRepeats
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

ENDS_WITH_DEGREE = re.compile(
    r",? ?\(?(?:MD|M\.D|DO|RN|LPN|NP|PA|MBBS|PhD|PharmD|FNP|APRN|CRNA|DPT|PT|LCSW)\b|[ \t]*\n|[ \t]{2}|$"
)


class NameExtent(NameRepeats):
    """The first and last word of a name."""

    def _whole(self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool]) -> list[tuple[int, int]]:
        """Return names in order, with their initials and what else is part of them; neighbours are one name."""
        whole: list[tuple[int, int]] = []
        for first, last in sorted(found):
            first = self._first_initial(tokens, first, shut)
            last = self._grown(tokens, last, shut)
            if whole and first <= whole[-1][1]:
                whole[-1] = (whole[-1][0], max(last, whole[-1][1]))
            elif (
                whole
                and first == whole[-1][1] + 1
                and tokens.starts[first] == tokens.ends[first - 1] + 1
                and (tokens.text[tokens.ends[first - 1]] == " ")
            ):
                whole[-1] = (whole[-1][0], last)
            else:
                whole.append((first, last))
        return whole

    def _span(self, tokens: Tokens, first: int, last: int, shut: list[bool]) -> Span:
        """Return a name as a span; with words in capitals behind it that of a firm or a house: Xu Ship Chandlers."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        start, end = self._with_particles(text, starts[first]), self._end(tokens, last)
        if ends[last] - starts[last] < 2:
            return Span(start, end, "name")
        if tokens.caseless or text[starts[last] : ends[last]].isupper():
            return self._firm_in_one_case(tokens, start, end, last, shut)
        until = last
        while until + 1 < len(bits) and until - last < 4 and not shut[until + 1]:
            j = until + 1
            gap = text[ends[until] : starts[j]]
            bit = bits[j]
            if (
                gap not in (" ", " & ", "-", " of ", " and ", "'s ", "’s ", " for ")
                or not text[starts[j] + 1 : starts[j] + 2].islower()
            ):
                break
            if (bit & (NO_RUN | STOP) and not (bit & INSTITUTION)) or tokens.lower[j] in self.relations:
                break
            # Mercado's Auto Body, Lin & Bao: only when it is all of a name
            if (gap[:1] in "'’" or len(gap) > 1) and (
                self.starts_sentence(tokens, first) or bit & (EPONYM | STOP) or (len(gap) > 3 and bit & COMMON)
            ):
                break
            until = j
        while until > last and (
            text[ends[until] : ends[until] + 1] == ":"
            or (until == last + 1 and self._ends_as_heading(tokens, last, until))
        ):
            until -= 1
        if until == last:
            return Span(start, end, "name")
        return Span(start, ends[until], "institution" if bits[until] & COMMON and not bits[until] & NAME else "name")

    def _firm_in_one_case(self, tokens: Tokens, start: int, end: int, last: int, shut: list[bool]) -> Span:
        """Return a name of a text in one case, up to the kind of business that ends it: at wexford sleep clinic."""
        for j in range(last + 1, min(last + 4, len(tokens.bits))):
            if shut[j] or tokens.text[tokens.ends[j - 1] : tokens.starts[j]] != " ":
                break
            if (
                tokens.lower[j] in FIRMS
                and tokens.lower[j] not in self.relations
                and (
                    tokens.text[tokens.starts[last] : tokens.ends[last]].isupper()
                    == tokens.text[tokens.starts[j] : tokens.ends[j]].isupper()
                )
            ):
                return Span(start, tokens.ends[j], "institution")
            if tokens.bits[j] & (TITLE | CREDENTIAL | SOFT_TITLE) or not tokens.bits[j] & COMMON:
                break
        return Span(start, end, "name")

    def _ends_as_heading(self, tokens: Tokens, last: int, j: int) -> bool:
        """Say whether a word behind a name rather begins something else: a role, a column."""
        after = tokens.text[tokens.ends[j] : tokens.ends[j] + 1]
        return after in ("\t", "|", "=", "#") or tokens.lower[j] in self.labels

    def _first_initial(self, tokens: Tokens, i: int, taken: list[bool]) -> int:
        """Return the token with which a name begins whose first known word is token `i`: the Q of Q. Adams."""
        first = i
        while (
            first
            and not taken[first - 1]
            and tokens.ends[first - 1] - tokens.starts[first - 1] == 1
            and (
                (gap := tokens.text[tokens.ends[first - 1] : tokens.starts[first]]) in (". ", ".", "^")
                or (gap == " " and tokens.text[tokens.ends[first - 1] - 1] == ".")
            )
        ):
            first -= 1
        if first and first == i and not taken[i - 1] and tokens.lower[i - 1].rstrip(".") in OPENERS:
            upper = tokens.text[tokens.starts[i] : tokens.ends[i]].isupper()
            gap = tokens.text[tokens.ends[i - 1] : tokens.starts[i]]
            if gap in (" ", ". ") and tokens.text[tokens.starts[i - 1] : tokens.ends[i - 1]].isupper() == upper:
                return i - 1
        return first

    def _grown(self, tokens: Tokens, last: int, shut: list[bool]) -> int:
        """Return the last token of a name with what cannot be but its end: Barbara Train, Adams, Q., Adams Q."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        j = last + 1
        if j >= len(bits) or shut[j] or tokens.caseless:
            return last
        gap = text[ends[last] : starts[j]]
        size = ends[j] - starts[j]
        if size == 1:
            after = text[ends[j] : ends[j] + 2]
            if (
                gap == " "
                and "," in text[starts[max(0, last - 1)] : ends[last]]
                and (after[:1] in ("", "\n", "|", "\t", '"', "<", ")", ";") or after == "  ")
            ):
                return j  # Del Río, Raúl O
            if gap == "^" or (
                gap in (", ", " ", ",") and text[ends[j] : ends[j] + 1] == "." and text[starts[j]] not in "I"
            ):
                return j
            return last
        bit = bits[j]
        if (
            tokens.lower[j] in SMALL_SURNAMES
            and gap in (" ", ". ")
            and (bits[last] & GIVEN or not bits[last] or ends[last] - starts[last] == 1)
            and text[starts[j]].isupper()
            and ENDS_WITH_DEGREE.match(text, ends[j])
        ):
            return j  # Hao Sun, DO
        if (
            ends[last] - starts[last] == 1
            and gap in (". ", " ")
            and bit & FAMILY
            and last
            and bits[last - 1] & GIVEN
            and text[starts[j]].isupper()
            and text[starts[j] : ends[j]].isupper() == text[starts[last - 1] : ends[last - 1]].isupper()
        ):
            return j
        if (
            gap == "^"
            and not bit & CREDENTIAL
            and text[starts[j] : ends[j]].isupper()
            and bits[last] & NAME | (not bits[last])
        ):
            return self._grown(tokens, j, shut)
        if (
            gap == " "
            and bits[last] & GIVEN
            and not bits[last] & NOT_NAMES_ALONE
            and bit & COMMON
            and not bit & (STOP | TITLE | SOFT_TITLE | CREDENTIAL | INSTITUTION | STREET | MONTH)
            and text[starts[j] + 1].islower()
            and text[starts[last] + 1 : starts[last] + 2].islower()
            and (ends[last] - starts[last] > 3)
            and re.match(r"['’]s\s|[,.;)\n]| [\"(a-z]|$", text[ends[j] : ends[j] + 3])
        ):
            return j
        return last

    def _with_particles(self, text: str, start: int) -> int:
        """Return where a name begins when the particles before it are its own: de la Cruz."""
        if start and text[start - 1] in " -":
            found = PARTICLES.search(text, max(0, start - 14), start)
            if found:
                return found.start()
        return start
