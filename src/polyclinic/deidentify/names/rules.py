"""Names of people: from what stands around them, from lists, and from where they stood in the same text before.

A name is found where the context says so (Dr. X, X, RN, Patient: X, his wife X, dictated by X), where the lists do (a
given name with a family name, a name that is no word), and wherever what was found so stands again. Names that are
also words, or the names of diseases and instruments, count only by their context.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from polyclinic.deidentify.lexicon import (
    COMMON,
    CREDENTIAL,
    EPONYM,
    FAMILY,
    GIVEN,
    MONTH,
    NAME,
    PARTICLE,
    SOFT_TITLE,
    STATE,
    STOP,
    TITLE,
    WORD,
)
from polyclinic.deidentify.names.columns import names_before_ages, names_of_columns
from polyclinic.deidentify.names.cues import SMALL_SURNAMES
from polyclinic.deidentify.names.initials import find_initials, find_known_initials, initials_of
from polyclinic.deidentify.names.leftovers import NameLeftovers
from polyclinic.deidentify.names.signatures import find_signatures
from polyclinic.deidentify.names.slots import is_thing_place
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

_PERSON = re.compile(
    r"\s+(?:is|was|has|had|presents|presented|returns|comes|came|reports|denies|states|called|will|"
    r"and\s+(?:his|her))\b|,?\s(?:an?\s)?\d{1,3}(?:[ -]y|yo)|,\s(?:MD|RN|NP|DO|PA|a|an)\b"
)


# What stands behind a given name that is an eponym too, hardly behind a thing.
GIVEN_ACTS = re.compile(
    r"\s(?:is|was|will|has|had)\s(?:out|here|in|at|going|coming|driving|set|be|been|that|aware|home|bring|call|come|"
    r"help|drive|take|pick|stay|already|asked|told|called|noticed)\b"
    r"|\s(?:parking|going home|prefers|noticed|drove|drives)\b"
)


class NameRules(NameLeftovers):
    """The names of one language."""

    def find(self, tokens: Tokens, closed: list[Span]) -> list[Span]:
        """Return the names in a text; words inside the spans of `closed` are no names."""
        starts, bits = tokens.starts, tokens.bits
        found: list[tuple[int, int]] = []  # first and last token of each name
        until = -1
        shut = _inside(starts, closed)
        placed = (
            {} if tokens.caseless else dict(names_of_columns(tokens, shut)) | dict(names_before_ages(tokens, shut))
        )
        # A word that is not among these is an ordinary one that announces nothing.
        for i in sorted({*tokens.may_be_names, *placed}) if placed else tokens.may_be_names:
            if i <= until or shut[i]:
                continue
            if i in placed:
                until = placed[i]
                found.append((i, until))
                continue
            bit = bits[i]
            if (bit & COMMON and not bit & (NAME | TITLE | SOFT_TITLE | CREDENTIAL)) and (
                bit & STOP or not self._labelled_word(tokens, i)
            ):
                continue
            name = self._name_from(tokens, i, shut)
            if name is not None:
                found.append(name)
                until = name[1]
        found += self._leftovers(tokens, found, shut)
        phones = frozenset(span.start for span in closed if span.type in ("phone", "fax"))
        found += self._by_place(tokens, found, shut, phones)
        found = self._whole(tokens, found, shut)
        spans = [self._span(tokens, a, b, shut) for a, b in found]
        spans += self._again(tokens, found, shut)
        spans += self._lower_case(tokens, found)
        spans += find_initials(tokens, self.lexicon)
        if initials := initials_of(tokens, found):
            spans += find_known_initials(tokens, initials)
        people = [tokens.text[starts[first] : tokens.ends[last]] for first, last in found if last > first]
        spans += find_signatures(tokens, self.lexicon, closed, people)
        return spans

    def _name_from(self, tokens: Tokens, i: int, shut: list[bool]) -> tuple[int, int] | None:
        """Return first and last token of the name that begins at, or is announced by, token `i`."""
        text, bits, _lower = tokens.text, tokens.bits, tokens.lower
        bit = bits[i]
        if (
            bit & (TITLE | SOFT_TITLE)
            and not (bit & NAME and self._last_first(tokens, i, shut))
            and (found := self._after_title(tokens, i, shut))
        ):
            return found
        if bit & CREDENTIAL and i and (before := self._before_credential(tokens, i, shut)):
            return before
        if bit & (TITLE | SOFT_TITLE | CREDENTIAL) and not bit & NAME:
            return None
        if bit & STOP and not (bit & FAMILY and self._last_first(tokens, i, shut)):
            after = text[tokens.ends[i] : tokens.ends[i] + 1]
            if (
                tokens.lower[i] in SMALL_SURNAMES
                and bit & FAMILY
                and (after == "\n" or text[tokens.ends[i] : tokens.ends[i] + 2] == "  ")
                and text[tokens.starts[i]].isupper()
                and self._context(tokens, i) == "label"
            ):
                return i, i  # Attending: Sun
            if (
                bit & GIVEN
                and i + 1 < len(bits)
                and not shut[i + 1]
                and text[tokens.starts[i]].isupper()
                and self._adjacent(tokens, i)
            ):
                initial = tokens.ends[i + 1] - tokens.starts[i + 1] == 1 and text[tokens.ends[i + 1]] == "."
                family = i + 2 if initial else i + 1
                if (
                    (
                        family < len(bits)
                        and bits[family] & FAMILY
                        and not bits[family] & (STOP | STATE)
                        and self._adjacent(tokens, family - 1)
                    )
                    and (initial or _PERSON.match(text, tokens.ends[family]))
                    and not self.is_thing(tokens, family)
                ):
                    return i, family
            if (
                bit & GIVEN
                and after in (",", ".", ")", ";")
                and text[tokens.starts[i]].isupper()
                and self._context(tokens, i) in ("relation", "cue")
            ):
                return i, i
            return None
        if bit & MONTH and not bit & NAME:
            return None
        if tokens.caseless:
            if text[tokens.starts[i]].isupper() and self._last_first(tokens, i, shut):
                return i, self._extend(tokens, i + 1, shut, True)  # a heading above a transcript
            return self._caseless(tokens, i, shut)
        context = self._context(tokens, i)
        if context:
            return self._in_context(tokens, i, context, shut)
        if not bit & NAME:
            # A word of no list before a name that is one: Xiulan Wang
            if (
                bit == 0
                and i + 1 < len(bits)
                and bits[i + 1] & FAMILY
                and not bits[i + 1] & (WORD | EPONYM | STOP)
                and self._adjacent(tokens, i)
                and not self.is_thing(tokens, i + 1)
                and tokens.ends[i] - tokens.starts[i] > 1
                and not self._all_caps_pair(tokens, i)
            ):
                return i, self._extend(tokens, i + 1, shut)
            if self._initial(tokens, i) and self._initial_then_family(tokens, i, shut):
                return i, self._extend(tokens, i, shut)
            return None
        return self._from_lists(tokens, i, shut)

    def _from_lists(self, tokens: Tokens, i: int, shut: list[bool]) -> tuple[int, int] | None:
        """Return the name that begins at a word of the lists, without help of the context."""
        bits, text = tokens.bits, tokens.text
        bit = bits[i]
        plain = not bit & (WORD | EPONYM)
        if text[tokens.ends[i] : tokens.ends[i] + 1] == "^" and self._last_first(tokens, i, shut):
            return i, self._extend(tokens, i + 1, shut, True)
        last = self._extend(tokens, i, shut)
        if last > i and bit & PARTICLE and self._last_first(tokens, last, shut):
            return i, self._extend(tokens, last + 1, shut, True)  # De La Cruz, Angel I
        if last > i:
            strong = [j for j in range(i, last + 1) if bits[j] & NAME and not bits[j] & (WORD | EPONYM)]
            if self.is_thing(tokens, last):
                if last - 1 == i and plain and bit & GIVEN and bits[last] & EPONYM:
                    return None
                return None
            if strong:
                return i, last
            if (
                bit & GIVEN
                and bits[last] & FAMILY
                and (
                    _PERSON.match(text, tokens.ends[last])
                    or (
                        not self._heading(tokens, i, last)
                        and not (bits[i] & COMMON and bits[last] & COMMON and self.starts_sentence(tokens, i))
                    )
                )
            ):
                return i, last
            return None
        if self._last_first(tokens, i, shut):
            return i, self._extend(tokens, i + 1, shut)
        if bit & GIVEN and bit & (EPONYM | WORD) and not bit & STATE and GIVEN_ACTS.match(text, tokens.ends[i]):
            return i, i  # Frank is out
        if bit & EPONYM and not (bit & NAME and not bit & WORD and self._person_follows(tokens, i)):
            return None
        if not plain or self.is_thing(tokens, i) or is_thing_place(text, tokens.starts[i], tokens.ends[i], True):
            return None
        size = tokens.ends[i] - tokens.starts[i]
        if text[tokens.starts[i] : tokens.ends[i]].isupper():
            if size < 4 or (not bit & GIVEN and not self._upper_line(tokens, i) and size < 5):
                return None
            if bit & GIVEN and size < 4:
                return None
        elif size < 3:
            return None
        return i, i

    def _in_context(self, tokens: Tokens, i: int, context: str, shut: list[bool]) -> tuple[int, int] | None:
        """Return the name after a label, a cue or a relative."""
        bits, text = tokens.bits, tokens.text
        bit = bits[i]
        size = tokens.ends[i] - tokens.starts[i]
        if self._last_first(tokens, i, shut) or (context == "label" and self._comma_name(tokens, i, shut)):
            return i, self._extend(tokens, i + 1, shut, True)
        last = self._extend(tokens, i, shut, context == "label")
        if self.is_thing(tokens, last) and context != "label":
            return None
        known = any(bits[j] & NAME and not bits[j] & (WORD | EPONYM) for j in range(i, last + 1))
        if context == "title":
            return None if bit & COMMON and not bit & NAME else (i, last)
        if context == "label":
            if size == 1 and last == i:
                return None
            if bit & COMMON and not bit & NAME:
                return (i, last) if known else None
            if last == i and not bit & NAME and (text[tokens.starts[i] : tokens.ends[i]].isupper() or bit & STATE):
                return None
            if last == i and (bit == 0 or bit & WORD) and not self._line_ends(tokens, i):
                return None
            return i, last
        if context == "relation":
            if last == i and (bit & (WORD | STATE) or (bit == 0 and size < 3)) and not bit & GIVEN:
                return None
            if text[tokens.starts[i] : tokens.ends[i]].isupper() and not known:
                return None
            if bit & COMMON and not bit & NAME:
                return None
            return i, last
        # a cue in a sentence
        if bit & COMMON and not bit & NAME:
            return None
        if last == i:
            if bit & STATE or (bit & EPONYM and not bit & GIVEN):
                return None
            if text[tokens.starts[i] : tokens.ends[i]].isupper():
                return (i, i) if known and size > 3 else None
            if size < 2:
                return None
            if bit & WORD and not bit & GIVEN and context != "self":
                return None
            if bit == 0 and context == "cue" and size < 4:
                return None
            return i, last
        if text[tokens.starts[i] : tokens.ends[i]].isupper() and not known:
            return None
        return i, last

    def _caseless(self, tokens: Tokens, i: int, shut: list[bool]) -> tuple[int, int] | None:
        """Return the name that begins at a word of a text without capitals."""
        bit, bits = tokens.bits[i], tokens.bits
        size = tokens.ends[i] - tokens.starts[i]
        if not bit & NAME:
            if bit & (COMMON | STOP) or size < 3:
                return None
            before = tokens.text[max(0, tokens.starts[i] - 24) : tokens.starts[i]]
            return (i, i) if re.search(r"\b(?:my|his|her) name is\s*$", before) else None
        if bit & (EPONYM | STOP | MONTH) or self.is_thing(tokens, i):
            return None
        following = i + 1
        if (
            following + 1 < len(bits)
            and tokens.ends[following] - tokens.starts[following] == 1
            and self._adjacent(tokens, i)
            and self._adjacent(tokens, following)
        ) and (
            bit & GIVEN
            and bits[following + 1] & FAMILY
            and not bits[following + 1] & STOP
            and tokens.text[tokens.ends[following]] == "."
        ):
            return i, following + 1
        pair = following < len(bits) and self._adjacent(tokens, i) and not shut[following]
        if (
            pair
            and bit & GIVEN
            and bits[following] & FAMILY
            and not bits[following] & STOP
            and not self.is_thing(tokens, following)
        ):
            if not bit & WORD and not (
                bits[following] & COMMON and bits[following] & WORD and self._verb(tokens, following)
            ):
                return i, following
            if not bits[following] & (WORD | EPONYM):
                return i, following
        if bit & GIVEN and not bit & (WORD | COMMON) and size >= 3:
            return i, i
        if bit & FAMILY and not bit & (WORD | COMMON) and size >= 5:
            return i, i
        if (
            bit & GIVEN and i and tokens.lower[i - 1] in self.relations and tokens.starts[i] == tokens.ends[i - 1] + 1
        ) and (not bit & COMMON or tokens.text[tokens.ends[i] : tokens.ends[i] + 1] in (".", ",", "?")):
            return i, i
        if (
            bit & GIVEN and (said := self.self_cue.search(tokens.text, tokens.starts[i] - 24, tokens.starts[i]))
        ) and (not re.match(r"i['’]m|i am|this is|called", said[0])):
            return i, i
        return None


def _inside(starts: list[int], closed: list[Span]) -> list[bool]:
    """Return for each token whether it stands inside of one of the spans, which are in order."""
    shut = [False] * len(starts)
    first = 0
    for span in closed:
        first = bisect_left(starts, span.start, first)
        last = bisect_left(starts, span.end, first)
        if last > first:
            shut[first:last] = [True] * (last - first)
    return shut
