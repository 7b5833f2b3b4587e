"""What stands around a name: titles, degrees, labels, relatives, the words of those who dictate."""

from __future__ import annotations

import re

from polyclinic.deidentify.lexicon import (
    CITY,
    COMMON,
    CREDENTIAL,
    EPONYM,
    FAMILY,
    GIVEN,
    MONTH,
    NAME,
    PARTICLE,
    STATE,
    STOP,
    TITLE,
    WORD,
)
from polyclinic.deidentify.names.ordinary_words import is_ordinary, is_slip
from polyclinic.deidentify.names.words import COMMA, NameWords
from polyclinic.deidentify.tokens import Tokens

# Behind Lamb, Heaven: a middle initial, and the end of the line or field
ENDS_FIELD = re.compile(r"(?: [A-Z]\.?)?(?:[ \t]*(?:$|\n|[|;()\d])|[ \t]{2})")


# Behind Do, Phuc T: two blanks, a number, the end of the field
FIELD_AFTER_GIVEN = re.compile(r"(?: [A-Z]\.?)?(?:[ \t]{2}|\t|[|\"]|\s\(|[ \t]\d)|(?: [A-Z]\.?)[ \t]*(?:\n|$)")


class NameContext(NameWords):
    """Questions about what stands before and behind a word."""

    def _context(self, tokens: Tokens, i: int) -> str:
        """Say what stands before a word: a label, a relative, a cue, the person's own words, or nothing."""
        text, start = tokens.text, tokens.starts[i]
        k = start
        low = max(0, start - 26)
        while k > low and text[k - 1] in " \t":
            k -= 1
        if k == low:
            return ""
        gap = start - k
        sign = text[k - 1]
        newline = False
        if sign == "\n":
            # A label that ends the line before.
            m = k - 1
            while m > low and text[m - 1] in " \t\n":
                m -= 1
            if m == low or text[m - 1] != ":":
                return ""
            k, sign, newline = m, ":", True
        if sign in ":#=|":
            k -= 1
            while k > low and text[k - 1] in " \t)*_":
                k -= 1
            if text[k - 1].isdigit() and text[k - 2 : k - 1] == " ":
                k -= 2  # Emergency contact 2:
            p = k
            while p > low and (text[p - 1].isalpha() or text[p - 1] in "-/'’"):
                p -= 1
            word = text[p:k].lower()
            if sign == ":" and text[p - 1 : p] == "\n" and not newline and text.count(f"\n{text[p:k]}:") > 2:
                return ""  # who speaks, not who is named
            if word in self.labels or word.rstrip("s") in self.labels or word in self.relations:
                return "label"
            if word.endswith("(s") and word[:-2] in self.labels:
                return "label"
            return "label" if word in ("by", "for") else ""
        q = k
        if sign in ",(":
            q -= 1
        p = q
        while p > low and (text[p - 1].isalpha() or text[p - 1] in "-/'’."):
            p -= 1
        word = text[p:q].lower().strip(".")
        if not word:
            return ""
        if word in self.relations and not newline:
            return "relation"
        if sign not in ",(" and word in self.titles and text[p:q].islower():
            return "" if word == "ms" and text[p - 2 : p].strip()[-1:].isdigit() else "title"  # 428 ms. Next
        if sign in ",(":
            if word in (
                "hi",
                "hello",
                "hey",
                "thanks",
                "dear",
                "sincerely",
                "regards",
                "morning",
                "you",
                "afternoon",
                "cc",
            ):
                return (
                    "self"
                    if word not in ("you", "morning", "afternoon")
                    or (tokens.bits[i] & GIVEN and not tokens.bits[i] & WORD)
                    else ""
                )
            return ""
        if gap >= 3 and word in self.labels and (p == low or text[p - 1] in "\n \t"):
            return "label"
        if word in self.cues:
            if self.self_cue.search(text, start - 60, start):
                if word in ("am", "i'm", "i’m", "is") and not tokens.bits[i] & NAME:
                    return "self" if "name" in text[max(0, start - 14) : start].lower() else ""
                return "self"
            if self.verb_cue.search(text, start - 60, start):
                return "cue"
        elif word == "by" and self.verb_cue.search(text, start - 60, start):
            return "cue"
        return ""

    def _labelled_word(self, tokens: Tokens, i: int) -> bool:
        """Say whether an ordinary word is the first part of a name nevertheless: Name: Winter, Ada"""
        j = i + 1
        if j >= len(tokens.bits) or not tokens.bits[j] & GIVEN or tokens.bits[j] & STOP:
            return False
        gap = tokens.text[tokens.ends[i] : tokens.starts[j]]
        return bool(COMMA.fullmatch(gap)) and self._context(tokens, i) == "label"

    def _last_first(self, tokens: Tokens, i: int, shut: list[bool]) -> bool:
        """Say whether `Family, Given` begins here."""
        j = i + 1
        bits = tokens.bits
        if j >= len(bits) or shut[j] or not COMMA.fullmatch(tokens.text[tokens.ends[i] : tokens.starts[j]]):
            return False
        a, b = bits[i], bits[j]
        if not b & GIVEN or (a & COMMON and not a & NAME):
            return False
        if a & FAMILY and self._alone_in_field(tokens, i, j):
            return True
        if (a | b) & STATE:
            return bool(a & FAMILY) and self._context(tokens, i) == "label"
        if tokens.text[tokens.ends[i]] == "^":  # a field of a message: FAMILY^GIVEN
            return bool(a & FAMILY or a == 0)
        if (a | b) & STOP or (b & (WORD | EPONYM) and a & (WORD | EPONYM)):
            if not a & FAMILY:
                return False
            initial = (
                j + 1 < len(bits) and tokens.ends[j + 1] - tokens.starts[j + 1] == 1 and self._adjacent(tokens, j)
            )
            return (initial and not (a | b) & STOP) or self._context(tokens, i) == "label"
        if (
            tokens.text[tokens.starts[i] : tokens.ends[i]].isupper()
            != tokens.text[tokens.starts[j] : tokens.ends[j]].isupper()
            and tokens.ends[j] - tokens.starts[j] > 1
            and not tokens.text[tokens.starts[i] : tokens.ends[i]].isupper()
        ):
            return False
        if b & (WORD | EPONYM):
            return bool(a & FAMILY and not a & (WORD | EPONYM))
        return bool(a & FAMILY) or a == 0

    def _alone_in_field(self, tokens: Tokens, i: int, j: int) -> bool:
        """Say whether `X, Y` is all of a field, or is announced by a label, and no town and state."""
        text, bits = tokens.text, tokens.bits
        first = i
        while first and bits[first - 1] & PARTICLE and text[tokens.ends[first - 1] : tokens.starts[first]] == " ":
            first -= 1
        if bits[i] & CITY and bits[j] & STATE:
            return False
        if self._context(tokens, first) == "label":
            return True
        start = tokens.starts[first]
        opens = text[start - 1 : start] in ("", "\n", "\t", "|") or text[start - 2 : start] == "  "
        return opens and FIELD_AFTER_GIVEN.match(text, tokens.ends[j]) is not None

    def _comma_name(self, tokens: Tokens, i: int, shut: list[bool]) -> bool:
        """Say whether `X, Y` after a label is a name though no list has Y."""
        j = i + 1
        bits = tokens.bits
        if j >= len(bits) or shut[j] or not COMMA.fullmatch(tokens.text[tokens.ends[i] : tokens.starts[j]]):
            return False
        if (bits[j] & CREDENTIAL and not bits[j] & GIVEN) or (
            tokens.ends[j] - tokens.starts[j] < 2 and not bits[i] & FAMILY
        ):
            return False
        if bits[j] & COMMON and not bits[j] & (STOP | STATE | TITLE | CREDENTIAL):
            behind = tokens.text[tokens.ends[j] : tokens.ends[j] + 8]
            return bool(bits[i] & FAMILY) and ENDS_FIELD.match(behind) is not None
        return self._nameish(tokens, i, True) and self._nameish(tokens, j, False) and not bits[j] & (COMMON | STATE)

    def _after_title(self, tokens: Tokens, i: int, shut: list[bool]) -> tuple[int, int] | None:
        """Return the name after a title that is token `i`."""
        text, bits = tokens.text, tokens.bits
        j = i + 1
        if j >= len(bits) or shut[j]:
            return None
        gap = text[tokens.ends[i] : tokens.starts[j]]
        if not re.fullmatch(r"\.?(?:[ \t]{0,2}|[ \t]?\n[ \t]{0,8})", gap) or (
            gap == "" and text[tokens.ends[i] - 1] != "."
        ):
            particle = re.fullmatch(
                r"\.?[ \t\n]{0,2}(?:(?:van|von|der|den|de|del|della|di|da|la|le|el|al|bin|du|ter|ten|st\.)[ "
                r"\t\n]{1,2}){1,3}",
                gap,
            )
            if particle is None:
                return None
        bit = bits[j]
        hard = bits[i] & TITLE
        if text[max(0, tokens.starts[i] - 2) : tokens.starts[i]].strip()[-1:].isdigit() and tokens.lower[i] == "fr":
            return None  # 19 Fr Blake drain
        if bit & EPONYM and self.is_thing(tokens, j) and text[tokens.starts[i] : tokens.ends[i]].isupper():
            return None  # moderate MR. Foley catheter
        if (
            text[tokens.starts[i] : tokens.ends[i]] == "MR"
            and not bit & NAME
            and is_ordinary(tokens.lower[j], self.lexicon)
        ):
            return None  # MR enterography
        if bits[i] & NAME and not hard and gap.startswith("\n"):
            return None
        if "\n" in gap and not (bit & NAME):
            return None
        if bit & TITLE and j + 1 < len(bits):  # Prof. Dr. X, Mr. and Mrs. X
            return self._after_title(tokens, j, shut)
        if (bit & STOP or (bit & CREDENTIAL and not bit & NAME) or (bit & MONTH and not bit & NAME)) and (
            not (hard and bit & NAME)
        ):
            return None
        if bit & COMMON and not bit & NAME:
            if (
                not hard
                or tokens.caseless
                or not text[tokens.starts[j]].isupper()
                or (text[tokens.starts[i] : tokens.ends[i]].isupper() and len(tokens.lower[i]) > 2 and False)
            ):
                return None
            if (
                text[tokens.starts[j] : tokens.ends[j]].isupper()
                and not text[tokens.starts[i] : tokens.ends[i]].isupper()
            ):
                return None
        if not hard:
            upper = text[tokens.starts[j] : tokens.ends[j]].isupper()
            if (not bit & NAME and (bit or tokens.caseless or upper or is_slip(tokens.lower[j], self.lexicon))) or (
                upper and bit & COMMON
            ):
                return None
            if bit & (WORD | EPONYM) and (tokens.caseless or self.is_thing(tokens, j) or bit & EPONYM):
                nxt = j + 1
                if not (nxt < len(bits) and bits[nxt] & FAMILY and self._adjacent(tokens, j)):
                    return None
            if tokens.ends[j] - tokens.starts[j] < 2 and not self._initial_then_family(tokens, j, shut):
                return None
        elif tokens.caseless and bit & COMMON and not (bit & NAME):
            return None
        return j, self._extend(tokens, j, shut, True)

    def _before_credential(self, tokens: Tokens, i: int, shut: list[bool]) -> tuple[int, int] | None:
        """Return the name before a degree that is token `i`: Xiulan Ferrando, MD."""
        text, bits = tokens.text, tokens.bits
        gap = text[tokens.ends[i - 1] : tokens.starts[i]]
        if not re.fullmatch(r"[ \t]?,[ \t\n]{0,3}|[ \t]{1,2}|\.?,?[ \t]", gap):
            return None
        j = i - 1
        while (
            j >= 0
            and bits[j] & CREDENTIAL
            and not bits[j] & NAME
            and re.fullmatch(r"[ \t]?,?[ \t]{0,2}", text[tokens.ends[j - 1] : tokens.starts[j]] if j else "x")
        ):
            j -= 1
        if j < 0 or shut[j] or not self._nameish(tokens, j, True):
            return None
        if text[tokens.starts[i] : tokens.ends[i]].islower():
            return None
        first = j
        while (
            first > 0
            and j - first < 3
            and not shut[first - 1]
            and self._nameish(tokens, first - 1, True)
            and self._adjacent(tokens, first - 1)
        ):
            if "\n" in text[tokens.ends[first - 1] : tokens.starts[first]]:
                break
            first -= 1
        if (
            first
            and text[tokens.ends[first - 1] : tokens.starts[first]] in (", ", ",")
            and self._nameish(tokens, first - 1, True)
            and bits[first - 1] & FAMILY
            and bits[first] & GIVEN
        ):
            first -= 1
        comma = "," in gap
        if first == j and not comma and not (bits[j] & NAME and not bits[j] & WORD):
            return None
        if first == j and bits[j] & COMMON and not bits[j] & NAME:
            return None
        if (
            tokens.lower[i] in ("do", "pa", "ma", "pt", "ot", "mb", "ba", "ms", "md", "np", "dc")
            and first == j
            and not text[tokens.starts[i] : tokens.ends[i]].isupper()
        ):
            return None
        if text[tokens.starts[first] : tokens.ends[j]].isupper() and not any(
            bits[k] & NAME for k in range(first, j + 1)
        ):
            return None
        return first, j
