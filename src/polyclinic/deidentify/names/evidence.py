"""Names of ordinary words, and names no list has: what stands before and behind them is added up.

Each run of capitalised words is weighed: what the lists say of its words, and the place in which it stands
(slots). One that a list has as a name needs less of a place than an ordinary word.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import (
    CITY,
    COMMON,
    CREDENTIAL,
    EPONYM,
    FAMILY,
    GIVEN,
    INSTITUTION,
    MONTH,
    NAME,
    PARTICLE,
    RARE,
    SOFT_TITLE,
    STATE,
    STOP,
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.names.cues import DOSE, EITHER, NAME_SHAPE, NOT_NAMES_ALONE, SAFE, SHAPED, SURE, UNKNOWN
from polyclinic.deidentify.names.extent import NameExtent
from polyclinic.deidentify.names.ordinary_words import ends_medically, is_ordinary, is_slip
from polyclinic.deidentify.names.slots import (
    CLOSINGS,
    GREETINGS,
    LABELS,
    PEOPLE_LABELS,
    RELATIVES,
    ROLES,
    SERVICE_LABELS,
    SERVICES,
    TITLES,
    VERBS,
    before_of,
    is_thing_place,
    left_weight,
    right_weight,
)
from polyclinic.deidentify.tokens import Tokens

NEVER = TITLE | CREDENTIAL | INSTITUTION
PLAIN_WORDS = ROLES | SERVICES | RELATIVES | GREETINGS | LABELS
FIELD_ENDS = re.compile(r"[ \t\"”*]*(?:$|[,;|\n\t)<\]}]|\.(?=\s|$)|\s{2,}|\s?[-–—]\s)", re.MULTILINE)
STAMP = re.compile(r"(?:^|\n)[^\w\n]{0,2}(?:\d[\d/:. -]{2,22}(?:[AP]M)?[^\w\n]{0,4})$", re.IGNORECASE)
STOPS = re.compile(r"[,.;)\n]|\s(?:AT|at|ON|RN|MD|NP)\b|$")
FOLLOW_UP = re.compile(
    r"(?:(?:rtc|f/u|follow[- ]?up|appt|appointment|visit|next|recheck|again)\b[^.\n]{0,18}\swith|"
    r"(?:belongings|valuables|clothes|keys|report|care|handoff|hand-off|copy|copies|letter|message|written|wrote)"
    r"(?:\s\w+){0,2}\sto)\s$",
    re.IGNORECASE,
)
TALK = re.compile(
    r"\b(?:instructed|tell|ask|text|remind|thank|spoke|spoken|talked|speak|speaking|chatted|met|told|"
    r"asked|texted|thanked|messaged|pinged|hugged|married)"
    r"\s(?:with\s|to\s|w/\s)?$",
    re.IGNORECASE,
)
FIELD_GAP = re.compile(r"\.?(?:[ ]{2}|\t|[ ]*\|)")
FIELD_OPENS = re.compile(r"(?:^|\n|\t|[ ]{2}|\d:\d\d )[ ]*$")
LISTS = re.compile(r"\s?(?:/|&|\+)\s?|,?\s(?:and|or|&|AND|OR)\s|,\s")
CLAUSE = re.compile(r"[,;]?\s[a-z]|,\s(?:[A-Z]|and|but)|;")
FUNCTION_WORDS = frozenset(
    words_of(
        "a an the and or but of in on at to for from with by is was are be as if so no not do does did has "
        "had have he she "
        "it they we you i my your our their its me us him will would can could may might must should than then"
    )
)
ANNOUNCES = PEOPLE_LABELS | GREETINGS | TITLES | VERBS | frozenset(words_of("him her them me welcome regards"))
VERBLIKE = ("ed", "ing", "ly")


class NameEvidence(NameExtent):
    """Names by their place."""

    def __init__(self, words: Words, lexicon: dict[str, int]) -> None:
        """Sort the ordinary words of a language."""
        super().__init__(words, lexicon)
        self._ordinary = sorted(word for word, bits in lexicon.items() if bits & COMMON)
        self._unlisted: dict[str, int] = {}  # what was said of words in no list

    def kind_of(self, tokens: Tokens, i: int) -> int:
        """Say what the lists know of a word."""
        bit = tokens.bits[i]
        if bit & NAME:
            if bit & COMMON and tokens.lower[i] in self.relations:
                return SAFE
            return EITHER if bit & NOT_NAMES_ALONE else SURE
        if bit & ~(CITY | PARTICLE):
            return SAFE
        word = tokens.lower[i]
        kind = self._unlisted.get(word)
        if kind is None:
            if is_ordinary(word, self.lexicon):
                kind = SAFE if self.lexicon.get(word.rstrip("s"), 0) & COMMON else SHAPED
            else:
                verb = len(word) > 5 and word.endswith(("ed", "ing"))
                slip = is_slip(word, self.lexicon)
                kind = SAFE if slip and len(word) < 7 else SHAPED if verb or slip else UNKNOWN
            if len(self._unlisted) > 100_000:
                self._unlisted.clear()
            self._unlisted[word] = kind
        return kind

    def _by_place(
        self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool], phones: frozenset[int]
    ) -> list[tuple[int, int]]:
        """Return the names, as first and last token, that their places announce, beside those of `found`."""
        bits, starts, ends = tokens.bits, tokens.starts, tokens.ends
        begins = {}
        taken = shut.copy()
        for first, last in found:
            begins[first] = last
            for j in range(first, last + 1):
                taken[j] = True
        extra = []
        for i in range(len(bits)):
            if taken[i] or ends[i] - starts[i] < 2:
                continue
            bit = bits[i]
            if tokens.caseless and (bit & (COMMON | STOP) or (not bit & NAME and ends[i] - starts[i] < 4)):
                continue
            if not bit & NAME and (
                bit & (STOP | MONTH | STATE | SOFT_TITLE | NEVER | SUFFIX)
                or (bit & EPONYM and not bit & RARE)
                or (bit & COMMON and not self._worth_a_look(tokens, i, begins))
            ):
                continue
            if not self._may_be(tokens, i):
                continue
            if tokens.text[starts[i] - 1 : starts[i]] == "\n" and CLOSINGS.match(tokens.text, starts[i]):
                continue
            last = self._run(tokens, i, taken, begins)
            if self._weigh(tokens, i, last, begins, phones):
                extra.append((i, last))
                begins[i] = last
                for j in range(i, last + 1):
                    taken[j] = True
        return extra

    def _worth_a_look(self, tokens: Tokens, i: int, begins: dict[int, int]) -> bool:
        """Say whether an ordinary word may be a name: beside one, after what announces one, alone in its line."""
        text, start, end = tokens.text, tokens.starts[i], tokens.ends[i]
        j = i + 1
        if (
            j < len(tokens.starts)
            and tokens.starts[j] - end == 1
            and text[end] == " "
            and (j in begins or tokens.bits[j] & NAME or tokens.starts[j] + 1 == tokens.ends[j])
        ):
            return True
        sign = text[start - 1 : start]
        if sign == "\n":
            return text[end : end + 1] in ("", "\n")
        if sign != " ":
            return sign in ("@", "(", "-", ">", "~", ":", "/")
        if text[end : end + 2] == " (":
            return True
        if text[start - 2] in ".!?":
            return False
        cut = start - 2 if text[start - 2].isalnum() else start - 3
        first = cut
        while first > 0 and (text[first - 1].isalnum() or text[first - 1] in "-/."):
            first -= 1
        return text[first : cut + 1].lower() in ANNOUNCES or text[start - 2] in "/>-~–—:"

    def _may_be(self, tokens: Tokens, i: int) -> bool:
        """Say whether a word can be a name at all, whatever its place."""
        bit = tokens.bits[i]
        if tokens.lower[i] in FUNCTION_WORDS or tokens.lower[i].endswith(("'s", "’s")):  # That's Ann
            return False
        if bit & (SOFT_TITLE | TITLE) and self._adjacent(tokens, i):
            return False
        if not bit & NAME:
            if bit & (STOP | MONTH | STATE | SOFT_TITLE | NEVER | SUFFIX) or (bit & EPONYM and not bit & RARE):
                return False
            word = tokens.lower[i]
            if bit & COMMON and (word in PLAIN_WORDS or word in self.labels or word in self.relations):
                return False
            return not (len(word) > 6 and ends_medically(word))
        return not (bit & COMMON and (tokens.lower[i] in self.relations or tokens.lower[i] in GREETINGS))

    def _run(self, tokens: Tokens, i: int, taken: list[bool], begins: dict[int, int]) -> int:
        """Return the last word of the run of words that may be one name, which begins at word `i`."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        last = i
        upper = text[starts[i] : ends[i]].isupper()
        while last + 1 < len(bits) and last - i < 4:
            j = last + 1
            if "\n" in text[ends[last] : starts[j]] or not self._adjacent(tokens, last):
                break
            size = ends[j] - starts[j]
            if taken[j]:
                return begins.get(j, last)
            if size > 1 and (
                not self._may_be(tokens, j)
                or text[starts[j] : ends[j]].isupper() != upper
                or (upper and not bits[j] & (NAME | RARE) and bits[j])
            ):
                break
            if (
                size == 1
                and text[ends[j] : ends[j] + 1] != "."
                and not (j + 1 in begins or text[ends[j] : ends[j] + 1] in ("", ",", "\n"))
            ):
                break
            last = j
        return last

    def _weigh(self, tokens: Tokens, i: int, last: int, begins: dict[int, int], phones: frozenset[int]) -> bool:
        """Say whether a run of words is a name by its words and its place."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        start, end = starts[i], ends[last]
        bit = bits[i]
        right = right_weight(text, end, phones)
        if (
            self.is_thing(tokens, last)
            or (last == i and is_thing_place(text, start, end))
            or (right < 2 and DOSE.match(text, end))
        ):
            return False
        word, sign = before_of(text, start)
        left = 0 if tokens.caseless and bit & COMMON else left_weight(text, start, word, sign)
        if sign and sign in ":=" and left < 2 and word in self.labels:
            left = 2
        if left == 1 and word in ("with", "to") and FOLLOW_UP.search(text, max(0, start - 40), start):
            left = 2
        listed = left < 2 and (right > 1 or bool(bit & (NAME | RARE))) and self._in_list(tokens, i, begins)
        if listed and left == 1:
            left = 3
        elif listed or (left == 1 and TALK.search(text, max(0, start - 20), start)):
            left = 2
        if left == 1 and word not in ("and", "or", "is", "for") and self.verb_cue.search(text, start - 60, start):
            left = 2
        if left == 1 and bit & COMMON and not bit & NAME and last == i:
            left = 0
        announced = listed or (left > 1 and (word in ROLES or word in RELATIVES or word in TITLES))
        upper = text[start : ends[i]].isupper()
        if text[end : end + 1] == ":" and sign in ("\n", "") and not word:
            return False
        if last > i:
            return self._weigh_pair(tokens, i, last, begins, left, right)
        weight = left + right
        if left < 2 and bit & COMMON and tokens.lower[i] in PLAIN_WORDS:
            return False
        if left == 1 and sign == ":" and bit & NAME and word in SERVICE_LABELS:
            return self._ends_field(text, end)
        if bit & STOP and (sign or not announced or (upper and not STOPS.match(text, end))):
            return False
        if upper and not tokens.caseless:
            if end - start < 3:
                return False
            if bit & NAME:
                return (left > 1 or right > 1) and not (bit & EPONYM and not announced and weight < 3)
            if not bit and weight > 1 and not (left > 1 or right > 2 or self._upper_line(tokens, i)):
                return False  # an abbreviation: TLC placed
            return weight > 4 or (not bit and weight > 1) or (bool(bit & RARE) and word in ROLES and right > 0)
        if bit & NAME:
            if bit & COMMON and right < 2 and (sign in (":", "=") or (sign == "\n" and left < 3)):
                return left > 1 and self._ends_field(text, end)
            if left < 2 and right == 0 and sign == "." and not text[end:].strip(" .\n)") and start > 40:
                return not bit & STOP  # the name alone at the end of the text
            return weight > 1 and not (bit & EPONYM and not announced and weight < 3)
        if (bit & EPONYM and not announced) or (not bit and left < 2 and not NAME_SHAPE.fullmatch(text[start:end])):
            return False
        if bit & COMMON or (not bit and self.kind_of(tokens, i) < UNKNOWN):
            if sign in ("", ",", "@", ".", ">", "-") or (sign == "\n" and left == 3):
                return (
                    weight > 3
                    or (right == 2 and sign in ("", ",") and text[end : end + 2] == " (")
                    or left == 3
                    or (left == 2 and (bool(bit & RARE) or TALK.search(text, max(0, start - 20), start) is not None))
                )
            return left > 1 and (right > 1 or self._ends_field(text, end))
        return weight > 1

    def _ends_field(self, text: str, end: int) -> bool:
        if text[end : end + 1] == ".":  # Mom: Ann. But not: Patient: Fine.
            line = text.rfind("\n", 0, end) + 1
            return text.find(":", line, end) - line > 14 or text.count(":", line, end) > 1
        return FIELD_ENDS.match(text, end) is not None and not CLAUSE.match(text, end)

    def _in_list(self, tokens: Tokens, i: int, begins: dict[int, int]) -> bool:
        """Say whether a word stands in a list with a name that was found: Ann, Iris and granddaughter Sky."""
        text, starts, ends, bits = tokens.text, tokens.starts, tokens.ends, tokens.bits
        if not bits[i] & (NAME | RARE | COMMON) or bits[i] & (STOP | STATE | MONTH) & ~NAME:
            return False
        upper = text[starts[i] : ends[i]].isupper()
        after = text[ends[i] : ends[i] + 5]
        for first, last in ((i + 1, begins.get(i + 1, -1)), *((f, la) for f, la in begins.items() if la == i - 1)):
            if last < 0:
                continue
            gap = text[ends[i] : starts[first]] if first > i else text[ends[last] : starts[i]]
            if LISTS.fullmatch(gap) is None or text[starts[first] : ends[first]].isupper() != upper:
                continue
            if gap == ", " and first < i and bits[i] & NAME and after[:1] in (".", ";", ")", "\n"):
                return True
            if gap != ", ":
                return not (after[:1] == " " and after[1:2].isupper() and not upper) or first > i
            if after.startswith((", ", " and ", " or ", " & ", " AND ")) or (
                first > i and LISTS.match(text, ends[last])
            ):
                return True
        return False

    def _weigh_pair(self, tokens: Tokens, i: int, last: int, begins: dict[int, int], left: int, right: int) -> bool:
        """Say whether a run of two words or more is a name."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        words = [j for j in range(i, last + 1) if ends[j] - starts[j] > 1]
        if len(words) < 2:
            if (
                bits[i] & NAME
                and FIELD_GAP.match(text, ends[last])
                and FIELD_OPENS.search(text, max(0, starts[i] - 8), starts[i])
            ):
                return True  # 9:00  Thomas A    injection
            return (
                left > 1
                or right > 1
                or (
                    last > i
                    and text[ends[last] - 1 : ends[last] + 1].endswith(".")
                    and bool(bits[i] & FAMILY)
                    and left > 0
                )
            )
        known = any(j in begins for j in words)  # a name was found at the end of the run
        final = bits[words[-1]]
        if not known and not (final & (NAME | RARE) or not final):
            return False
        if text[starts[i] : ends[i]].isupper():
            some = known or any((bits[j] & NAME and not bits[j] & COMMON) or not bits[j] for j in words)
            if not some and left < 2 and right < 3:
                return False
        if left > 1 or right > 1:
            return known or bool(final & NAME) or not final or left + right > 3
        middle = any(ends[j] - starts[j] == 1 and text[ends[j] : ends[j] + 1] == "." for j in range(i + 1, last))
        if middle and (known or final & NAME or not final):
            return not tokens.caseless
        if tokens.lower[i].endswith(VERBLIKE) and not bits[i] & NAME:
            return False
        if STAMP.search(text, max(0, starts[i] - 30), starts[i]) and text[ends[last] : ends[last] + 1] == ":":
            return True
        if not FIELD_ENDS.match(text, ends[last]):
            return False
        _, sign = before_of(text, starts[i])
        opens = sign in ("\n", ";", ":", "|", ",") or left == 1
        if not opens or text[ends[last] : ends[last] + 1] == ":":
            return False
        if known:
            return True
        return bool(bits[i] & GIVEN and final & FAMILY) and not (
            bits[i] & COMMON and final & COMMON and final & WORD and left < 1 and sign not in (";",)
        )
