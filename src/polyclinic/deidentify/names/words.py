"""What words of a text may be parts of one name, how far a name goes, and what is no person: the words of names."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import Words, either, words_of
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
    SOFT_TITLE,
    STATE,
    STOP,
    SUFFIX,
    TITLE,
    WORD,
    read_list,
)
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.names.cues import OWNED
from polyclinic.deidentify.tokens import Tokens

LONGEST = 5  # words of a name
GAP = re.compile(r"\^|[ \t]{1,2}|\.[ \t]?|[ \t]?\n[ \t]{0,8}|-\n[ \t]*|\.?[ \t]{0,2}\n[ \t]{0,8}")
PARTICLES_BETWEEN = re.compile(
    r"[ \t\n]{1,3}(?:(?:van|von|der|den|de|del|della|di|da|dos|das|la|le|el|al|bin|ibn|ben|abu|du|ter|ten|y|"
    r"bint|st\.)[ \t\n]{1,3}){1,3}"
)
COMMA = re.compile(r"[ \t]?,[ \t\n]{0,2}|\^")
_FOLLOWING = re.compile(
    r"(?:['’`]?[sS]?(?:[-–/][A-Z][\w'’]+)*(?P<other>\s(?:and|or|&|AND|OR)\s[A-Z][\w'’]+)?(?: |\n)|"
    r"[-–][A-Z]?[\w'’]*(?:[-–]\w+)*\s*)(?:(?:(?P<sort>type|grade|class|stage)|like|B|A)\s+)?(?P<thing>[A-Za-z]+)"
)


class NameWords:
    """What a language knows of names, and questions about the words of a text."""

    def __init__(self, words: Words, lexicon: dict[str, int]) -> None:
        """Compile the labels and cues of a language."""
        self.lexicon = lexicon
        self.labels = words["name_labels"]
        self.relations = words["relations"]
        self.cues = words["name_cues"]
        self.things = words["eponym_things"]
        if words.language.startswith("en"):
            self.things = self.things | read_list("eponym_things")
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
        low = (words["titles"] & {"mr", "mrs", "ms", "miss", "dr", "drs", "prof"}) | {"doctor", "nurse"}
        self.patterns = {"title": [rf"{title}{stop}\s+[a-z]" for title in sorted(low) for stop in ("", ".")]}
        for title in low:
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
        # Family names of the lists that open text hardly ever has in lower case.
        self.plain_names = self.plain_given | {
            w
            for w in read_list("family_names")
            if len(w) > 4
            and not lexicon.get(w, STOP) & (WORD | EPONYM | STOP | COMMON | MONTH | CITY | STATE | TITLE)
        }

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
            if (
                "\n" in gap
                and text[tokens.starts[j] : tokens.ends[j]].isupper()
                != text[tokens.starts[i] : tokens.ends[i]].isupper()
            ):
                break
            wrapped = hard and gap == "\n" and bit & NAME and _is_wrapped(text, tokens.ends[last])
            if (
                "\n" in gap
                and not wrapped
                and not (bit & NAME and not bit & (WORD | STOP | EPONYM) and (hard or bits[last] & NAME))
            ):
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
            if (
                bit & PARTICLE
                and j + 1 < len(bits)
                and not shut[j + 1]
                and text[tokens.ends[j] : tokens.starts[j + 1]] == " "
                and bits[j + 1] & FAMILY
                and text[tokens.starts[j] : tokens.ends[j + 1]].isupper()
                == text[tokens.starts[i] : tokens.ends[i]].isupper()
                and (hard or not bits[j + 1] & (WORD | STOP))
            ):
                last = j + 1  # ERIK VAN DYKE
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
            if upper and size <= 3 and bit & (COMMON | CREDENTIAL | STOP):
                break  # SPOKE WITH SON EMILY RE CARE PLAN
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
            or gap in (' "', '" ', ") ", " “", "” ")
            or (gap == " (" and tokens.text[tokens.ends[i + 1] : tokens.ends[i + 1] + 1] == ")")  # Robert (Bob) Hall
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
        if not bit & FAMILY or bit & STOP or (bit & EPONYM and not dotted) or self.is_thing(tokens, j):
            return False
        if tokens.text[tokens.starts[j] : tokens.ends[j]].isupper() and tokens.ends[j] - tokens.starts[j] < 4:
            return False
        if not dotted and (tokens.lower[i] in ("a", "i", "t", "p", "x", "o", "b", "c") or bit & WORD):
            return False
        if bit & WORD and bit & COMMON and dotted:  # by M. Freer; not: A. Heart
            before = tokens.text[max(0, tokens.starts[i] - 3) : tokens.starts[i]]
            return before[-1:] in ("-", "/", "~", "–", "—") or (
                before[-1:] == " " and before[-2:-1] not in ("", "\n", " ", ".")
            )
        return not bit & WORD or dotted

    def is_thing(self, tokens: Tokens, i: int) -> bool:
        """Say whether a name is that of a disease, a sign or an instrument: Bell's palsy, Stevens-Johnson "
        "syndrome."""
        text, end = tokens.text, tokens.ends[i]
        rest = text[end : end + 40]
        found = _FOLLOWING.match(rest)
        if found is None:
            return False
        word = found["thing"].lower()
        if (
            tokens.bits[i] & EPONYM
            and i + 1 < len(tokens.starts)
            and tokens.bits[i + 1] & EPONYM
            and tokens.starts[i + 1] == end + 1
        ):
            return self.is_thing(tokens, i + 1)  # Graham Steell murmur
        if found["sort"] and found["thing"].isupper():  # Fitzpatrick type II
            return True
        if word in self.things:
            bit = tokens.bits[i]
            if word in OWNED and (bit & NAME or not bit) and not bit & EPONYM and found[0][:1] in ("'", "’"):
                return False
            if bit & GIVEN and not bit & (EPONYM | WORD) and found["thing"][1:].islower() != found["thing"].islower():
                return False  # Eric Vein
            return found["other"] is None or word[-1] == "s"
        return bool(found[0].startswith(("-", "–")) and tokens.bits[i] & EPONYM)

    def _person_follows(self, tokens: Tokens, i: int) -> bool:
        rest = tokens.text[tokens.ends[i] : tokens.ends[i] + 24]
        return bool(
            re.match(
                r"(?:\s+(?:was|is|has|had|denies|reports|presents|presented|states|returns|will|came|called|"
                r"stated|and his|and her|agreed|saw|recommended|also)\b)",
                rest,
            )
        ) and not self.starts_sentence(tokens, i)

    def starts_sentence(self, tokens: Tokens, i: int) -> bool:
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
            self.starts_sentence(tokens, i) and tokens.ends[i + 1] - tokens.starts[i + 1] < 4
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


def _abbreviated(text: str, tokens: Tokens, i: int) -> bool:
    """Say whether a word is an abbreviation that ends with its stop: St., Wm., Jos."""
    return (
        tokens.lower[i].rstrip(".") in ("st", "wm", "jos", "chas", "geo", "thos", "mc", "jr", "sr")
        or text[tokens.ends[i] - 1] == "."
    )


def _is_wrapped(text: str, end: int) -> bool:
    """Say whether a line that ends at a place is one of running text: long, and begun in lower case or a sentence."""
    return end - text.rfind("\n", 0, end) > 44
