"""Names of people: from what stands around them, from lists, and from where they stood in the same text before.

A name is found where the context says so (Dr. X, X, RN, Patient: X, his wife X, dictated by X), where the lists do (a
given name with a family name, a name that is no word), and wherever what was found so stands again. Names that are
also words, or the names of diseases and instruments, count only by their context.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.language import Words, either, words_of
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
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

LONGEST = 5  # words of a name
GAP = re.compile(r"\^|[ \t]{1,2}|\.[ \t]?|[ \t]?\n[ \t]{0,8}|-\n[ \t]*|\.?[ \t]{0,2}\n[ \t]{0,8}")
PARTICLES_BETWEEN = re.compile(
    r"[ \t\n]{1,3}(?:(?:van|von|der|den|de|del|della|di|da|dos|das|la|le|el|al|bin|ibn|ben|abu|du|ter|ten|y|"
    r"bint|st\.)[ \t\n]{1,3}){1,3}"
)
COMMA = re.compile(r"[ \t]?,[ \t\n]{0,2}|\^")
# What ends the line of one who dictated and one who typed: JRS/mt, JS:kl 03/04/2024
TRAILER = re.compile(
    r"[ \t]*((?:[A-Z]{2,4}|[A-Z](?:\.[A-Z]){1,2}\.?)(?:[ ]?[/\\][ ]?[A-Za-z]{2,4}|:[a-z]{2,3}){1,2})(?=[ "
    r"\t]*(?:$|\d|[DT]:|\())"
)
DASHED = re.compile(r"[-–—~/]{1,2}[ \t]?([A-Z]{2,3}|[a-z]{2,3})[ \t]*$")
INITIALS_LABEL = re.compile(
    r"\b(?:initials|typist|transcriptionist|scribe|initialed by|initialled by|rn|signed|transcribed by|typed "
    r"by|entered by|dictated by|d/t by|by)[ \t]*[:=]?[ \t]*((?:[A-Za-z]\.?){2,3})(?=[\s,;.)]|$)",
    re.IGNORECASE,
)
# w/ JLT rn
INITIALS_OF_STAFF = re.compile(r"([A-Z]{2,3}),?\s(?:rn|RN|lpn|LPN|cna|CNA|PharmD|pharmd|PA-C|CRNA|APRN|NP|RRT|rrt)\b")
INITIALS_AFTER_BY = re.compile(
    r"\b(?:BY|By|by|per|PER|w/)\s([A-Z]{2,3})(?=\s(?:AT|at|ON|on|@)\s\d|[ ]?\d{1,2}[:/]\d|\s(?:rn|RN|md|MD)\b)"
)


class NameRules:
    """The names of one language."""

    def __init__(self, words: Words, lexicon: dict[str, int]) -> None:
        """Compile the labels and cues of a language."""
        self.lexicon = lexicon
        self.labels = words["name_labels"]
        self.relations = words["relations"]
        self.cues = words["name_cues"]
        self.things = words["eponym_things"]
        self.titles = words["titles"]
        verbs = either(words["verbs_before_cues"])
        self.verb_cue = LookBack(
            rf"\b(?:{verbs})\s+(?:\w+\s+){{0,2}}?(?:by|with|to|from|for|and|or|is|per|via|named|called)\s+",
            words["verbs_before_cues"],
        )
        self.self_cue = LookBack(
            r"(?:\b(?:my|his|her|the|their|patient's|full|first|last|whose|your)\s+(?:full\s+|first\s+|"
            r"last\s+)?name\s+is|\bname['’]s|\bi\s+am|"
            r"\bi['’]m|\bthis\s+is|\bcall\s+me|\bcalled|\bnamed|\bname\s+of|\bhi|\bhello|\bhey|\bdear|"
            r"\bthanks|\bthank\s+you|\bcc|\bc/o|"
            r"\bgoes\s+by|\bknown\s+as|\ba\.?k\.?a\.?|\bmeet|\bn[eé]e|\bspeaking\s+(?:with|to))[,:]?\s+",
            words_of(
                "my his her the their patient full first last whose your name i this call hi hello hey dear "
                "thanks cc "
                "c/o goes known a meet nee n speaking"
            ),
        )
        hard = either(words["titles"] | {"doctor", "nurse"})
        by_first: dict[str, set[str]] = {}
        for title in (words["titles"] & {"mr", "mrs", "ms", "miss", "dr", "drs", "prof"}) | {"doctor", "nurse"}:
            by_first.setdefault(title[0], set()).add(title[1:])
        heads = "|".join(f"{first}(?:{either(rest)})" for first, rest in sorted(by_first.items()))
        self.lower_title = re.compile(rf"(?:{heads})\.?\s+([a-z][a-z'’-]+(?:\s+[a-z][a-z'’-]+)?)")
        self.hard = re.compile(rf"\b(?:{hard})\.?\s*$", re.IGNORECASE)
        self.credential_after = re.compile(rf"[ \t]*,?[ \t]*\(?(?:{words.any_of('credentials')})\b", re.IGNORECASE)
        self.plain_given = frozenset(
            w
            for w, b in lexicon.items()
            if b & GIVEN and not b & (WORD | EPONYM | STOP | COMMON | MONTH) and len(w) > 3
        )

    def find(self, tokens: Tokens, closed: list[Span]) -> list[Span]:
        """Return the names in a text; words inside the spans of `closed` are no names."""
        text, starts, _ends, bits, _lower = tokens.text, tokens.starts, tokens.ends, tokens.bits, tokens.lower
        count = len(starts)
        found: list[tuple[int, int]] = []  # first and last token of each name
        until = -1
        shut = _inside(starts, closed)
        for i in range(count):
            if i <= until or shut[i]:
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
        spans = [Span(starts[a], self._end(tokens, b), "name") for a, b in found]
        spans += self._again(tokens, found, shut)
        spans += self._lower_case(tokens, found)
        spans += self._initials(text)
        return spans

    # -- one name ------------------------------------------------------------------------------------------------

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
                        and not (bits[i] & COMMON and bits[last] & COMMON and self._sentence_start(tokens, i))
                    )
                )
            ):
                return i, last
            return None
        if self._last_first(tokens, i, shut):
            return i, self._extend(tokens, i + 1, shut)
        if bit & EPONYM and not (bit & NAME and not bit & WORD and self._person_follows(tokens, i)):
            return None
        if not plain or self.is_thing(tokens, i):
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

    def _verb(self, tokens: Tokens, i: int) -> bool:
        return tokens.lower[i] in (
            "will",
            "may",
            "can",
            "case",
            "rose",
            "long",
            "grew",
            "means",
            "sees",
            "bell",
            "well",
            "does",
        )

    # -- what stands around --------------------------------------------------------------------------------------

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
        if bit & EPONYM and self.is_thing(tokens, j) and text[tokens.starts[i] : tokens.ends[i]].isupper():
            return None  # moderate MR. Foley catheter
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
            if not bit & NAME and (bit or tokens.caseless or text[tokens.starts[j] : tokens.ends[j]].isupper()):
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
            p = k
            while p > low and (text[p - 1].isalpha() or text[p - 1] in "-/'’"):
                p -= 1
            word = text[p:k].lower()
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
            return "title"
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
        return self._nameish(tokens, i, True) and self._nameish(tokens, j, False) and not bits[j] & (COMMON | STATE)

    def _nameish(self, tokens: Tokens, i: int, hard: bool) -> bool:
        """Say whether a word may be part of a name beside another."""
        bit = tokens.bits[i]
        if tokens.ends[i] - tokens.starts[i] == 1 and tokens.text[tokens.ends[i] : tokens.ends[i] + 1] == ".":
            return True
        if (
            bit & STOP
            or (bit & CREDENTIAL and not bit & NAME)
            or (bit & (TITLE | SOFT_TITLE) and not bit & NAME)
            or (bit & STATE and not hard)
        ):
            return False
        if bit & MONTH and not bit & NAME:
            return False
        if bit & NAME:
            return True
        if bit & COMMON:
            return False
        return bit == 0 or bool(bit & (PARTICLE | SUFFIX | EPONYM))

    def _extend(self, tokens: Tokens, i: int, shut: list[bool], hard: bool = False) -> int:
        """Return the last token of the name that has begun at or before token `i`."""
        text, bits = tokens.text, tokens.bits
        last = i
        while last + 1 < len(bits) and last - i < LONGEST - 1:
            j = last + 1
            if shut[j] or not self._adjacent(tokens, last):
                break
            gap = text[tokens.ends[last] : tokens.starts[j]]
            bit = bits[j]
            if (
                tokens.caseless
                and (
                    (
                        bit & (STOP | COMMON | EPONYM)
                        and not (
                            bit & FAMILY
                            and last == i
                            and not bit & STOP
                            and not self._verb(tokens, j)
                            and hard
                            and not bit & COMMON
                        )
                    )
                    or not bit & NAME
                )
                and not (bit == 0 and hard and last == i and len(tokens.lower[j]) > 3 and not bits[last] & FAMILY)
            ):
                break
            if bit & SUFFIX and tokens.lower[j].rstrip(".") in ("jr", "sr", "ii", "iii", "iv", "jnr", "snr"):
                last = j
                break
            if "\n" in gap and not (bit & NAME and not bit & (WORD | STOP | EPONYM) and (hard or bits[last] & NAME)):
                break
            if "\n" in gap and self._sentence_line(tokens, j):
                break
            if "." in gap and tokens.ends[last] - tokens.starts[last] > 1 and not _abbreviated(text, tokens, last):
                break
            size = tokens.ends[j] - tokens.starts[j]
            if size == 1:  # an initial
                if "\n" in gap and text[tokens.ends[j] : tokens.ends[j] + 1] != ".":
                    break
                if (
                    tokens.lower[j] in ("a", "i")
                    and not hard
                    and re.match(r"\s[a-z]", text[tokens.ends[j] : tokens.ends[j] + 2])
                ):
                    break
                if text[tokens.ends[j] : tokens.ends[j] + 1].isdigit():
                    break
                last = j
                continue
            if not self._nameish(tokens, j, hard):
                ends_there = text[tokens.ends[j] : tokens.ends[j] + 2].strip(" ")[:1] in (
                    "",
                    ",",
                    ".",
                    "(",
                    "\n",
                    ";",
                    ")",
                )
                mixed = not text[tokens.starts[j] : tokens.ends[j]].isupper()
                if not (
                    hard
                    and bit & FAMILY
                    and bits[last] & GIVEN
                    and (ends_there or mixed)
                    and text[tokens.starts[j]].isupper()
                ):
                    break
            upper = text[tokens.starts[j] : tokens.ends[j]].isupper()
            if upper and not bit & NAME and not text[tokens.starts[i] : tokens.ends[i]].isupper():
                break
            if (
                upper and size <= 3 and not text[tokens.starts[i] : tokens.ends[i]].isupper() and not tokens.caseless
            ) and (not bit & FAMILY or bit & STOP):
                break
            last = j
        while (
            last > i
            and bits[last] == 0
            and tokens.ends[last] - tokens.starts[last] == 1
            and text[tokens.ends[last] : tokens.ends[last] + 1].isdigit()
        ):
            last -= 1
        # Smith Jr., Smith, III
        if (
            last + 1 < len(bits)
            and bits[last + 1] & SUFFIX
            and COMMA.fullmatch(text[tokens.ends[last] : tokens.starts[last + 1]])
        ) and tokens.lower[last + 1].rstrip(".") in ("jr", "sr", "ii", "iii", "iv"):
            last += 1
        return last

    def _adjacent(self, tokens: Tokens, i: int) -> bool:
        """Say whether the next word stands beside word `i`, with particles of names between at most."""
        if i + 1 >= len(tokens.starts):
            return False
        gap = tokens.text[tokens.ends[i] : tokens.starts[i + 1]]
        if gap == " ":
            return True
        if len(gap) > 14 or not gap:
            return gap == "" and tokens.text[tokens.ends[i] - 1] == "."
        if tokens.text[tokens.ends[i] : tokens.ends[i] + 2] in ("'s", "’s"):
            return False
        if GAP.fullmatch(gap):
            return (
                not gap.startswith(".")
                or tokens.ends[i] - tokens.starts[i] == 1
                or _abbreviated(tokens.text, tokens, i)
            )
        return (
            PARTICLES_BETWEEN.fullmatch(gap) is not None
            or bool(re.fullmatch(r" ?[\"“(‘'][A-Za-z]+[\"”)’'] ", gap))
            or gap in (' "', '" ', " (", ") ", " “", "” ")
        )

    def _initial(self, tokens: Tokens, i: int) -> bool:
        word = tokens.text[tokens.starts[i] : tokens.ends[i]]
        return len(word) == 1 or (word[1:2] == "." and len(word) <= 6)

    def _initial_then_family(self, tokens: Tokens, i: int, shut: list[bool]) -> bool:
        """Say whether initials stand here with a family name behind: J.R. Smith."""
        j = i + 1
        while j < len(tokens.bits) and j - i < 3 and self._initial(tokens, j) and self._adjacent(tokens, j - 1):
            j += 1
        if j >= len(tokens.bits) or shut[j] or not self._adjacent(tokens, j - 1):
            return False
        bit = tokens.bits[j]
        dotted = tokens.text[tokens.ends[i] - 1] == "." or tokens.text[tokens.ends[i] : tokens.ends[i] + 1] == "."
        if not bit & FAMILY or bit & (STOP | EPONYM) or self.is_thing(tokens, j):
            return False
        if tokens.text[tokens.starts[j] : tokens.ends[j]].isupper() and tokens.ends[j] - tokens.starts[j] < 4:
            return False
        if not dotted and (tokens.lower[i] in ("a", "i", "t", "p", "x", "o", "b", "c") or bit & WORD):
            return False
        return not bit & WORD or (dotted and not bit & COMMON)

    def is_thing(self, tokens: Tokens, i: int) -> bool:
        """Say whether a name is that of a disease, a sign or an instrument: Bell's palsy, Stevens-Johnson "
        "syndrome."""
        text, end = tokens.text, tokens.ends[i]
        rest = text[end : end + 40]
        found = _FOLLOWING.match(rest)
        if found is None:
            return False
        word = found[1].lower()
        if word in self.things:
            return True
        return bool(found[0].startswith(("-", "–")) and tokens.bits[i] & EPONYM)

    def _person_follows(self, tokens: Tokens, i: int) -> bool:
        rest = tokens.text[tokens.ends[i] : tokens.ends[i] + 24]
        return bool(
            re.match(
                r"(?:\s+(?:was|is|has|had|denies|reports|presents|presented|states|returns|will|came|called|"
                r"stated|and his|and her|agreed|saw|recommended|also)\b)",
                rest,
            )
        ) and not self._sentence_start(tokens, i)

    def _sentence_start(self, tokens: Tokens, i: int) -> bool:
        before = tokens.text[max(0, tokens.starts[i] - 4) : tokens.starts[i]].rstrip(" \t")
        return not before or before[-1] in '.:\n!?•*-)"“' or before[-1].isdigit()

    def _heading(self, tokens: Tokens, first: int, last: int) -> bool:
        """Say whether words stand in a line of capitalised words: a heading."""
        following = tokens.text[tokens.ends[last] : tokens.ends[last] + 2]
        if following[:1] == ":":
            return True
        before = tokens.text[max(0, tokens.starts[first] - 2) : tokens.starts[first]]
        beside = (first > 0 and tokens.ends[first - 1] == tokens.starts[first] - 1) or (
            last + 1 < len(tokens.starts)
            and tokens.starts[last + 1] == tokens.ends[last] + 1
            and following[:1] == " "
        )
        return beside and before[-1:] != "."

    def _upper_line(self, tokens: Tokens, i: int) -> bool:
        """Say whether the words around are in capitals too."""
        text = tokens.text
        return (
            text[max(0, tokens.starts[i] - 24) : tokens.starts[i]].isupper()
            or text[tokens.ends[i] : tokens.ends[i] + 24].isupper()
        )

    def _all_caps_pair(self, tokens: Tokens, i: int) -> bool:
        text = tokens.text
        return text[tokens.starts[i] : tokens.ends[i]].isupper() or (
            self._sentence_start(tokens, i) and tokens.ends[i + 1] - tokens.starts[i + 1] < 4
        )

    def _sentence_line(self, tokens: Tokens, i: int) -> bool:
        """Say whether a line begins with this word and goes on as a heading does."""
        return tokens.text[tokens.ends[i] : tokens.ends[i] + 2].startswith(":")

    def _line_ends(self, tokens: Tokens, i: int) -> bool:
        rest = tokens.text[tokens.ends[i] : tokens.ends[i] + 3]
        return not rest or rest[0] in "\n;\t|^" or rest[:2] == "  "

    def _end(self, tokens: Tokens, i: int) -> int:
        end = tokens.ends[i]
        if (
            tokens.ends[i] - tokens.starts[i] == 1
            and tokens.text[end : end + 1] == "."
            and tokens.text[end - 1].isupper()
        ):
            return end + 1
        return end

    # -- the same name again -------------------------------------------------------------------------------------

    def _again(self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool]) -> list[Span]:
        """Return where parts of the names that were found stand again."""
        known: set[str] = set()
        inside: set[int] = set()
        for first, last in found:
            for j in range(first, last + 1):
                inside.add(j)
                if len(tokens.lower[j]) > 2 and not tokens.bits[j] & (STOP | SUFFIX | PARTICLE | TITLE):
                    known.add(tokens.lower[j])
        if not known:
            return []
        spans = []
        for i, word in enumerate(tokens.lower):
            if word not in known or i in inside or shut[i]:
                continue
            bit = tokens.bits[i]
            if self.is_thing(tokens, i):
                continue
            if bit & (COMMON | WORD | EPONYM | STATE | MONTH):
                if tokens.caseless or (self._sentence_start(tokens, i) and bit & (COMMON | MONTH)):
                    continue
                if tokens.text[tokens.starts[i] : tokens.ends[i]].isupper() and bit & COMMON:
                    continue
            spans.append(Span(tokens.starts[i], tokens.ends[i], "name"))
        return spans

    def _lower_case(self, tokens: Tokens, found: list[tuple[int, int]]) -> list[Span]:
        """Return names in lower case in a text that has capitals: after titles, from the lists, and found "
        "ones again."""
        if tokens.caseless:
            return []
        text = tokens.text
        spans = []
        titled = any(title in text for title in _LOWER_TITLES)
        for match in self.lower_title.finditer(text) if titled else ():
            words = match[1].split()
            if match.start() and text[match.start() - 1].isalnum():
                continue
            bit = self.lexicon.get(words[0].removesuffix("'s"), 0)
            if (
                bit & (STOP | SOFT_TITLE)
                or (bit & COMMON and not bit & NAME)
                or (
                    bit & COMMON
                    and match[0].startswith("ms")
                    and not text[max(0, match.start() - 2) : match.start()].strip()[-1:].isdigit()
                )
                or len(words[0]) < 2
            ):
                continue
            start = match.start(1)
            end = start + len(words[0].removesuffix("'s").removesuffix("’s"))
            if (
                len(words) > 1
                and bit & GIVEN
                and (second := self.lexicon.get(words[1], 0)) & FAMILY
                and not second & (WORD | COMMON | STOP)
            ):
                end = match.end(1)
            spans.append(Span(start, end, "name"))
        for relation in self.relations & tokens.words:
            place = text.find(f"{relation} ")
            while place >= 0:
                related = _RELATED.match(text, place + len(relation))
                if related is not None and not text[place - 1 : place].isalnum():
                    bit = self.lexicon.get(related[1], 0)
                    if bit & GIVEN and not bit & STOP and (not bit & COMMON or related[2]):
                        spans.append(Span(related.start(1), related.end(1), "name"))
                place = text.find(f"{relation} ", place + 1)
        known = {
            tokens.lower[j]
            for a, b in found
            for j in range(a, b + 1)
            if len(tokens.lower[j]) > 3 and not tokens.bits[j] & (COMMON | WORD | STOP | EPONYM)
        }
        for word in (known & tokens.words) | (self.plain_given & tokens.words):
            place = text.find(word)  # in lower case it hardly ever stands there
            while place >= 0:
                end = place + len(word)
                before, behind = text[place - 1 : place], text[end : end + 1]
                if not (before.isalnum() or before in ("-", "_") or behind.isalnum() or behind in ("-", "_")):
                    following = _NEXT_WORD.match(text, end)
                    if following and (bit := self.lexicon.get(following[1], 0)) & FAMILY:
                        end = end if bit & (WORD | COMMON | STOP) else following.end()
                    spans.append(Span(place, end, "name"))
                place = text.find(word, place + 1)
        return spans

    def _initials(self, text: str) -> list[Span]:
        """Return initials at the end of a text: who dictated, who typed, who signed."""
        tail = max(0, len(text) - 420)
        spans = []
        place = tail
        for line in text[tail:].split("\n"):
            if len(line) < 64 and line.strip():
                if (found := TRAILER.match(line)) and not _SLASHED.search(found[1]):
                    spans.append(Span(place + found.start(1), place + found.end(1), "name"))
                if ("-" in line or "/" in line or "–" in line or "~" in line) and (found := DASHED.search(line)):
                    before = line[found.start() - 1 : found.start()] if found.start() else ""
                    if found[1].lower() not in _NO_INITIALS and not before.strip():
                        spans.append(Span(place + found.start(1), place + found.end(1), "name"))
            place += len(line) + 1
        staff = any(word in text for word in _STAFF)
        for m in INITIALS_OF_STAFF.finditer(text) if staff else ():
            if m[1] not in _DEPARTMENTS and not text[m.start() - 1 : m.start()].strip(" \t\n("):
                spans.append(Span(m.start(1), m.end(1), "name"))
        if " by " in text or " BY " in text or " per " in text or "w/ " in text:
            for m in INITIALS_AFTER_BY.finditer(text):
                if m[1] not in _DEPARTMENTS or " AT " in text[m.end() : m.end() + 4]:
                    spans.append(Span(m.start(1), m.end(1), "name"))
        lowered = text[tail:].lower()
        announced = any(word in lowered for word in _ANNOUNCES_INITIALS)
        for m in INITIALS_LABEL.finditer(text, tail) if announced else ():
            if (
                m[1].replace(".", "").isupper()
                or text[m.start() : m.end()].lower().startswith(("initial", "typist", "transcri", "scribe", "typed"))
            ) and m[1].lower() not in _NO_INITIALS:
                spans.append(Span(m.start(1), m.end(1), "name"))
        return spans


_PERSON = re.compile(
    r"\s+(?:is|was|has|had|presents|presented|returns|comes|came|reports|denies|states|called|will|"
    r"and\s+(?:his|her))\b|,?\s(?:an?\s)?\d{1,3}(?:[ -]y|yo)|,\s(?:MD|RN|NP|DO|PA|a|an)\b"
)
_FOLLOWING = re.compile(
    r"(?:['’`]?s?(?:[-–/](?:[A-Z][\w'’]+))*\s+|[-–][A-Z]?[\w'’]*(?:[-–]\w+)*\s*)(?:(?:type|grade|class|like|B|"
    r"A)\s+)?([A-Za-z]+)"
)
_SLASHED = re.compile(
    r"^(?:LE|UE|RUE|LUE|RLE|LLE|AM|PM|BP|GI|AP|OD|OS|PT|OT|IV|PO|ADL|MD|RN|NP)[/:]|[/:\\](?:MD|RN|NP|PA|UE|LE|"
    r"GU|OT|min|kg|dl|ml|hr|day)$",
    re.IGNORECASE,
)
_DEPARTMENTS = frozenset(
    words_of(
        "ED ER OR ICU CCU PICU NICU PACU MICU SICU IV PM AM OB GI GU RT PT OT IR MRI CT VA US DR MR MS RN LPN "
        "NP PA MD DO SDU ENT GYN PCP HH SNF TCU PCU MSU CVU BMT AND FOR THE PER BY TO"
    )
)
_STAFF = (
    " rn",
    " RN",
    " lpn",
    " LPN",
    " cna",
    " CNA",
    " PharmD",
    " pharmd",
    " PA-C",
    " CRNA",
    " APRN",
    " NP",
    " RRT",
    " rrt",
)
# His son mark here: a word of the lists that is also a word needs one of these behind it.
_RELATED = re.compile(
    r"\s([a-z]{3,})\b(\s(?:here|at|in|is|was|called|states|says|said|updated|present|who|will|and|has|came)\b|,)?"
)
_NEXT_WORD = re.compile(r"\s([a-z]+)\b")
_LOWER_TITLES = ("dr ", "dr. ", "mr ", "mr. ", "mrs", "ms ", "ms. ", "miss ", "prof", "doctor ", "nurse ", "drs ")
_ANNOUNCES_INITIALS = (
    "initial",
    "typist",
    "transcri",
    "scribe",
    "signed",
    "typed",
    "entered",
    "dictated",
    "d/t by",
    " by",
    "rn:",
)
_NO_INITIALS = frozenset(
    words_of(
        "md rn np pa do am pm po iv im pt no ok as to by ed or er na bid tid qid prn and the for via rt ot "
        "lpn phd mid"
    )
)


def _abbreviated(text: str, tokens: Tokens, i: int) -> bool:
    """Say whether a word is an abbreviation that ends with its stop: St., Wm., Jos."""
    return (
        tokens.lower[i].rstrip(".") in ("st", "wm", "jos", "chas", "geo", "thos", "mc", "jr", "sr")
        or text[tokens.ends[i] - 1] == "."
    )


def _inside(starts: list[int], closed: list[Span]) -> list[bool]:
    """Return for each token whether it stands inside of one of the spans, which are in order."""
    shut = [False] * len(starts)
    if not closed:
        return shut
    at = 0
    for i, start in enumerate(starts):
        while at < len(closed) and closed[at].end <= start:
            at += 1
        if at < len(closed) and closed[at].start <= start:
            shut[i] = True
    return shut
