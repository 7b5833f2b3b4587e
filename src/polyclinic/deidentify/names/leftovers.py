"""Names that nothing announces: what is left with a capital when all that is known to be no name is taken away.

The other rules ask why a word should be a name. Here it is turned round (Norgeot et al. 2020, Philter): a word of no
list of ordinary, medical and geographical words is a name, unless its shape or its place says that it is a trade
name, an abbreviation or a heading. A word that is both a name and an ordinary word needs a reason: a name beside it,
a person's verb, a role, a list of names in which it stands.
"""

from __future__ import annotations

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
    STATE,
    STOP,
    TITLE,
)
from polyclinic.deidentify.names.cues import (
    BEFORE_NAMES,
    BEFORE_THINGS_TOO,
    BEFORE_WORDS_THAT_ARE_NAMES,
    COORDINATED,
    DOSE,
    DOSE_UNIT,
    EITHER,
    LAST_WORD,
    NAME_ENDS,
    NAME_SHAPE,
    NOT_NAMES_ALONE,
    RIGHT_BEFORE_NAMES,
    ROLE_BEHIND,
    ROLE_LABEL,
    SHAPED,
    SPEAKERS,
    SURE,
    UNKNOWN,
    VERB_BEHIND,
    VOWEL,
)
from polyclinic.deidentify.names.evidence import NameEvidence
from polyclinic.deidentify.names.ordinary_words import MEDICAL_ENDING, is_abbreviation
from polyclinic.deidentify.names.slots import before_of, is_thing_place, left_weight
from polyclinic.deidentify.tokens import Tokens


class NameLeftovers(NameEvidence):
    """Names by exclusion."""

    def _leftovers(self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool]) -> list[tuple[int, int]]:
        """Return the names, as first and last token, that are left beside those of `found`."""
        bits, starts, ends, _text = tokens.bits, tokens.starts, tokens.ends, tokens.text
        count = len(bits)
        taken = shut.copy()
        named = [False] * count
        for first, last in found:
            for j in range(first, last + 1):
                taken[j] = named[j] = True
        hard = COMMON | NOT_NAMES_ALONE
        kinds = [0] * count
        open_words = []
        for i in tokens.may_be_names:
            bit = bits[i]
            if taken[i] or bit & TITLE or (bit & hard and not bit & NAME) or ends[i] - starts[i] == 1:
                continue
            kind = self.kind_of(tokens, i)
            if kind:
                kinds[i] = kind
                open_words.append(i)
        if not open_words:
            return []
        speakers = self._speakers(tokens, open_words, kinds)
        judge = self._judge_caseless if tokens.caseless else self._judge
        extra: list[int] = []
        for i in open_words:
            if not taken[i] and (i in speakers or judge(tokens, i, kinds, named)):
                named[i] = taken[i] = True
                extra.append(i)
        # What stands in a list with names, or beside one, once these are known.
        for i in reversed(open_words):
            if tokens.caseless and (
                self._verb(tokens, i)
                or (i and self.is_thing(tokens, i - 1) and not NAME_ENDS.match(tokens.text, tokens.ends[i]))
            ):
                continue  # fang will buy
            if not taken[i] and self._beside(tokens, i, kinds, named):
                named[i] = taken[i] = True
                extra.append(i)
        return [(i, i) for i in extra]

    def _speakers(self, tokens: Tokens, words: list[int], kinds: list[int]) -> set[int]:
        """Return the words before a colon that begin more than one line: who speaks."""
        text = tokens.text
        seen: dict[str, list[int]] = {}
        for i in words:
            start = tokens.starts[i]
            if text[tokens.ends[i] : tokens.ends[i] + 2] == ": " and text[start - 1 : start] in ("", "\n"):
                seen.setdefault(tokens.lower[i], []).append(i)
        return {
            i
            for found in seen.values()
            if len(found) > 1
            for i in found
            if not tokens.bits[i] & (STOP | TITLE | SOFT_TITLE) and not self._is_part(tokens.lower[i])
        }

    def _is_part(self, word: str) -> bool:
        """Say whether one speaks by this word as what one is, not by name: PARENT, EXAMINER."""
        return word in SPEAKERS or word in self.labels or word in self.relations

    def _last_word(self, text: str, start: int) -> str:
        found = LAST_WORD.search(text, max(0, start - 24), start)
        if found is None:
            return ""
        word = found[1].lower()
        if word[-1] == "." and text[start - 2 : start - 1] == "." and len(word) > 4:
            return ""  # the end of a sentence
        return word.rstrip(".,:")

    def _judge(self, tokens: Tokens, i: int, kinds: list[int], named: list[bool]) -> bool:
        """Say whether a word with a capital, in a text of both cases, is a name."""
        text, start, end, bits = tokens.text, tokens.starts[i], tokens.ends[i], tokens.bits
        kind = kinds[i]
        word = text[start:end]
        after = text[end : end + 1]
        if kind > SHAPED and self._comma_pair(tokens, i, kinds) and not self.is_thing(tokens, i):
            return True
        if self.is_thing(tokens, i) or is_thing_place(text, start, end, bool(bits[i] & NAME)):
            return False
        if DOSE.match(text, end):
            if DOSE_UNIT.match(text, end):
                return False
            if not left_weight(text, start, *before_of(text, start)):
                return False
        if word.isupper():
            return self._judge_capitals(tokens, i, kinds, named)
        if not NAME_SHAPE.fullmatch(word):
            return False  # a trade name: PaO2, InnoSpire
        if after in ("-", "_") or (after == ":" and text[start - 1 : start] in ("", "\n")):
            return False
        if kind == UNKNOWN and end - start > 2 and VOWEL.search(word) and not self._ordinary_here(tokens, i):
            return True
        if self._beside(tokens, i, kinds, named):
            return True
        if kind == UNKNOWN:
            return self._last_word(text, start) in BEFORE_NAMES or bool(
                ROLE_LABEL.search(text, max(0, start - 22), start)
            )
        if kind == SURE:
            return end - start > 2 and not self.starts_sentence(tokens, i)
        if not bits[i] & STOP and ROLE_BEHIND.match(text, end):
            return True
        if kind == SHAPED:
            if VERB_BEHIND.match(text, end) and after == " ":
                return self.starts_sentence(tokens, i) and end - start > 4
            if self.starts_sentence(tokens, i):
                return False
            # A slip is hardly ever written with a capital amid words without one.
            amid = (
                text[start - 1] == " "
                and text[start - 2].islower()
                and not (after == " " and text[end + 1 : end + 2].isupper())
            )
            return amid or self._last_word(text, start) in BEFORE_NAMES
        if self._under_label(tokens, i):
            return True
        if (
            after in (",", ";", "\n", "", ".", ")", "/", "|")
            and not bits[i] & (STOP | STATE | EPONYM)
            and ROLE_LABEL.search(text, max(0, start - 22), start)
        ):
            return True
        if bits[i] & (STATE | MONTH):
            return False
        if bits[i] & STOP:
            return after in (".", ",", ";", ")", "\n", "'", "") and self._last_word(text, start) in RIGHT_BEFORE_NAMES
        if VERB_BEHIND.match(text, end) or self._plain_pair(tokens, i):
            return True
        if self.starts_sentence(tokens, i) or (bits[i] & EPONYM and "-" in word):
            return False
        return self._last_word(text, start) in BEFORE_NAMES and not (
            after == " " and text[end + 1 : end + 2].isupper()
        )

    def _plain_pair(self, tokens: Tokens, i: int) -> bool:
        """Say whether two words that are names or words stand as a name does: Jordan Graham."""
        text, bits, starts, ends = tokens.text, tokens.bits, tokens.starts, tokens.ends
        j = i + 1
        if j >= len(bits) or text[ends[i] : starts[j]] != " " or not (bits[i] & GIVEN and bits[j] & FAMILY):
            return False
        if (
            bits[j] & (STOP | STATE | INSTITUTION)
            or (bits[i] & COMMON and bits[j] & COMMON)
            or self.is_thing(tokens, j)
        ):
            return False
        if not text[starts[j] + 1].islower() or text[ends[j] : ends[j] + 1] == ":":
            return False
        if j + 1 < len(bits) and starts[j + 1] == ends[j] + 1 and not bits[j + 1] & NAME:
            return False
        return not (
            i
            and ends[i - 1] == starts[i] - 1
            and len(tokens.lower[i - 1]) > 2
            and text[starts[i] - 1] == " "
            and bits[i - 1] & (COMMON | STOP)
            and not bits[i - 1] & (SOFT_TITLE | TITLE)
        )

    def _ordinary_here(self, tokens: Tokens, i: int) -> bool:
        """Say whether a word of no list is no name by this text: an abbreviation, or in lower case elsewhere."""
        text, end, word = tokens.text, tokens.ends[i], tokens.lower[i]
        if (text[end : end + 1] in (":", ".", "/", "#") or text[end + 1 : end + 2].isdigit()) and is_abbreviation(
            word, self._ordinary
        ):
            return True
        place = text.find(f" {word}")
        return place >= 0 and not text[place + len(word) + 1 : place + len(word) + 2].isalpha()

    def _under_label(self, tokens: Tokens, i: int) -> bool:
        """Say whether a word is all of a line, below a line that is all of a label: Last name, Signature."""
        text, start, end = tokens.text, tokens.starts[i], tokens.ends[i]
        if text[start - 1 : start] != "\n" or text[end : end + 1] not in ("\n", ""):
            return False
        above = text[text.rfind("\n", 0, start - 1) + 1 : start - 1].strip(" :").lower()
        return bool(above) and len(above) < 40 and above.split()[-1] in self.labels

    def _judge_capitals(self, tokens: Tokens, i: int, kinds: list[int], named: list[bool]) -> bool:
        """Say whether a word in capitals is a name."""
        text, start, end = tokens.text, tokens.starts[i], tokens.ends[i]
        size, kind = end - start, kinds[i]
        if size < 2 or (kind == EITHER and tokens.bits[i] & STOP):
            return False
        if kind > SHAPED and size > 1 and self._comma_pair(tokens, i, kinds):
            return True
        if size < 3:
            return False
        if kind == SURE and size > 3 and text[end : end + 2] == ": " and text[start - 1 : start] in ("", "\n"):
            return True  # who speaks
        if size > 3 and self._beside(tokens, i, kinds, named):
            return True
        if text[start - 2 : start] == "  " and i and tokens.bits[i - 1] & CREDENTIAL:
            return False  # a field behind one that ends with a degree
        before = self._last_word(text, start)
        if kind == UNKNOWN and before in BEFORE_THINGS_TOO and not self._upper_line(tokens, i):
            return False  # an abbreviation: with TICI 2b
        if kind == SHAPED:
            return (
                before in RIGHT_BEFORE_NAMES
                and self._upper_line(tokens, i)
                and not MEDICAL_ENDING.search(tokens.lower[i])
            )
        if before in BEFORE_WORDS_THAT_ARE_NAMES and kind == EITHER and size > 3 and self._upper_line(tokens, i):
            return not tokens.bits[i] & (STATE | MONTH)
        if before in BEFORE_NAMES or ROLE_BEHIND.match(text, end):
            return kind > EITHER and size > 3
        if text[start - 1 : start] == "^" and i and named[i - 1]:
            return kind >= EITHER
        if text[end : end + 1] == "^" and i + 1 < len(kinds) and tokens.starts[i + 1] == end + 1:
            return kind >= EITHER and kinds[i + 1] >= EITHER
        return kind == SURE and size > 4

    def _comma_pair(self, tokens: Tokens, i: int, kinds: list[int]) -> bool:
        """Say whether `X, Y` begins a line here, or a field, and both may be names; also for the Y of it."""
        j = i + 1
        if i and kinds[i - 1] and tokens.text[tokens.ends[i - 1] : tokens.starts[i]] in (", ", ",", " , "):
            i, j = i - 1, i
        if j >= len(kinds) or not kinds[j]:
            return False
        if max(kinds[i], kinds[j]) <= EITHER and not (tokens.bits[i] & FAMILY and tokens.bits[j] & GIVEN):
            return False
        behind = tokens.text[tokens.ends[j] : tokens.ends[j] + 3].lstrip(" ")[:1]
        both = tokens.bits[i] | tokens.bits[j]
        if min(kinds[i], kinds[j]) == SHAPED or both & STOP or (both & STATE and not behind.isdigit()):
            return False
        if not (
            behind in ("", "\n", "-", "(", ";", ":", "|", ".", ",", "—", "–", "/")
            or behind.isupper()
            or behind.isdigit()
        ):
            return False
        text = tokens.text
        if text[tokens.ends[i] : tokens.starts[j]] not in (", ", ","):
            return False
        before = text[max(0, tokens.starts[i] - 3) : tokens.starts[i]]
        return not before.strip(" \t") or before.strip(" \t")[-1:] in '.:|)#=-\n"*•>'

    def _beside(self, tokens: Tokens, i: int, kinds: list[int], named: list[bool]) -> bool:
        """Say whether a word stands beside a name, or in a list of names."""
        text, starts, ends, bits = tokens.text, tokens.starts, tokens.ends, tokens.bits
        upper = text[starts[i] : ends[i]].isupper()
        kind = kinds[i]
        if self.is_thing(tokens, i):
            return False
        for j, gap in (
            (i - 1, text[ends[i - 1] : starts[i]] if i else "\n"),
            (i + 1, text[ends[i] : starts[i + 1]] if i + 1 < len(starts) else "\n"),
        ):
            if not 0 <= j < len(starts) or not gap or len(gap) > 9:
                continue
            if gap in (" ", "-", " - ", ". ", " '", ' "', '" ') or (
                gap == ", " and j < i and bits[j] & FAMILY and bits[i] & GIVEN and kind != EITHER
            ):
                if gap == ". " and ends[j] - starts[j] > 2:
                    continue
                other = kinds[j] > (EITHER if kind <= EITHER else SHAPED) or named[j]
                if not other or text[starts[j] : ends[j]].isupper() != upper:
                    continue
                if upper and not (named[j] or kinds[j] == SURE or kind == SURE):
                    continue  # of two words in capitals one must be a name: XR KNEE is none
                if kind > EITHER or kind == SHAPED:
                    return True
                if j < i and (bits[i] & FAMILY or named[j]):
                    return not bits[i] & (STOP | STATE | MONTH) or bool(bits[j] & GIVEN)
                if j > i and bits[i] & GIVEN and not (bits[i] & (STOP | STATE | MONTH)):
                    return True
            elif (
                named[j]
                and kind != SHAPED
                and COORDINATED.fullmatch(gap)
                and not bits[i] & (STOP | STATE | MONTH | EPONYM)
            ):
                if text[starts[j] : ends[j]].isupper() != upper:
                    continue
                if kind > EITHER:
                    return True
                following = text[ends[i] : ends[i] + 2]
                if (
                    "/" in gap
                    or gap.strip() in ("&", "and", "+", "y", "->")
                    or following[:1] in (",", ".", ";", ")", "\n", "", "(")
                ):
                    return not (following[:1] == " " and following[1:].isupper())
        return False

    def _judge_caseless(self, tokens: Tokens, i: int, kinds: list[int], named: list[bool]) -> bool:
        """Say whether a word of a text without capitals is a name."""
        bits, text, start, end = tokens.bits, tokens.text, tokens.starts[i], tokens.ends[i]
        kind = kinds[i]
        if end - start < 2 or self.is_thing(tokens, i) or DOSE.match(text, end):
            return False
        if (i and self.is_thing(tokens, i - 1) and not NAME_ENDS.match(text, end)) or (
            kind == UNKNOWN and not VOWEL.search(text, start, end)
        ):
            return False  # ted hose
        before = tokens.lower[i - 1] if i and text[tokens.ends[i - 1] : start] in (" ", ". ", ", ", ": ") else ""
        if kind <= EITHER:
            near = (i and kinds[i - 1] > EITHER) or (i and named[i - 1])
            if near and text[tokens.ends[i - 1] : start] == " ":
                if bits[i] & STOP or self._verb(tokens, i) or not (kind == SHAPED or bits[i] & FAMILY):
                    return False
                return not bits[i] & COMMON or NAME_ENDS.match(text, end) is not None
            return bool(bits[i] & GIVEN) and not bits[i] & STOP and before in BEFORE_WORDS_THAT_ARE_NAMES
        if before in BEFORE_NAMES or self._behind_credential(tokens, i):
            return end - start > 2
        for j in (i - 1, i + 1):
            if 0 <= j < len(kinds) and (kinds[j] > EITHER or named[j]):
                gap = text[tokens.ends[min(i, j)] : tokens.starts[max(i, j)]]
                if gap in (" ", "-", " and ", ", ", "/"):
                    return end - start > 3 or kind == SURE or (j > i and gap == " " and end - start > 2)
        return kind == SURE and end - start > 3

    def _behind_credential(self, tokens: Tokens, i: int) -> bool:
        j = i + 1
        return (
            j < len(tokens.bits)
            and bool(tokens.bits[j] & CREDENTIAL)
            and tokens.text[tokens.ends[i] : tokens.starts[j]] in (" ", ", ")
            and len(tokens.lower[j]) > 1
        )
