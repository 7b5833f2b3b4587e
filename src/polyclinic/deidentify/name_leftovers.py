"""Names that nothing announces: what is left with a capital when all that is known to be no name is taken away.

The other rules ask why a word should be a name. Here it is turned round (Norgeot et al. 2020, Philter): a word of no
list of ordinary, medical and geographical words is a name, unless its shape or its place says that it is a trade
name, an abbreviation or a heading. A word that is both a name and an ordinary word needs a reason: a name beside it,
a person's verb, a role, a list of names in which it stands.
"""

from __future__ import annotations

import re

from polyclinic.deidentify.businesses import BUSINESSES
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
    SOFT_TITLE,
    STATE,
    STOP,
    STREET,
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.name_repeats import OPENERS, NameRepeats
from polyclinic.deidentify.name_words import PARTICLES_BETWEEN
from polyclinic.deidentify.ordinary_words import is_abbreviation, is_ordinary, is_slip
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

# What is known of a word: no name; in no list, but with the ending of an ordinary word; a name or a word; nothing; a name
SAFE, SHAPED, EITHER, UNKNOWN, SURE = range(5)
_OTHER = WORD | EPONYM | STOP | STATE | MONTH | CREDENTIAL | TITLE | SOFT_TITLE | INSTITUTION | STREET | SUFFIX
# Mc, O', Al-: capitals inside of a name
_NAME_SHAPE = re.compile(
    r"(?:(?:Ma?c|O['’`]?|D['’`]|L['’`]|De|Di|Du|La|Le|Van|Von|Fitz|St|Al|El|Abu|Ben|Bin|Des|Del|San|Ó)[-'’]?)?"
    r"[^\W\d_A-Z]?[A-ZÀ-ÞĀ-Ž]?[^\W\d_A-Z]+(?:[-'’][^\W\d_]?[^\W\d_A-Z]+)*"
)
_DOSE = re.compile(
    r"\s?(?:\d[\d.,/-]*\s?(?:mg|mcg|g|ml|units?|iu|%|tab|caps?|puffs?|meq|cc|fr|french|mm|cm)\b|®|™|\d)", re.I
)
_LAST_WORD = re.compile(r"([^\W\d_][\w'’/.-]*|[/+&@(])[ \t]*(?:,[ \t]|[(\"“])?(?<![:;])$")
COORDINATED = re.compile(
    r"(?:\s?(?:/|&|\+|,|;|->|→|\||and|y|or)\s?|\s(?:and|&|y|or|with|\+|/|->)\s|,\s(?:and|&)\s|\.\s?/\s?)"
)
# Right before a name, in a sentence.
_BEFORE = frozenset(
    words_of(
        "by with w/ per told asked ask tell called call paged notified updated informed texted messaged emailed thank "
        "thanks dear d/w c/w via named son daughter wife husband drs dr mr mrs ms miss rn cna md np pa lpn nurse doctor "
        "student fellow intern resident landlord roommate aide pastor chaplain attorney adjuster principal sponsor "
        "supervisor boss teacher friend friends kids children sons daughters brothers sisters cousin neighbor "
        "mother father mom mum dad grandma grandpa granny aunt uncle sister brother niece nephew comadre suegra "
        "promotora partner spouse girlfriend boyfriend fiance fiancee caregiver guardian signed cc attn accepts "
        "accepting labeled labelled surrogate rep representative contact nephrologist cardiologist surgeon "
        "hematologist rheumatologist therapist counselor interpreter witness tech medic officer deputy sgt capt "
        "detective"
    )
)
_ROLE_BEHIND = re.compile(
    r"[\"'”’)]?(?:\s?\((?:\w+['’]s\s|\w+\s)?(?:wife|husband|son|daughter|mother|father|mom|mum|dad|sister|brother|aunt|uncle|cousin|"
    r"niece|nephew|spouse|partner|friend|neighbou?r|fianc[eé]e?|caregiver|guardian|grand\w+|step\w+|md|do|rn|np|pa|pa-c|"
    r"lpn|cna|cma|ma|rt|rrt|pt|ot|slp|sw|lcsw|msw|cm|fellow|resident|attg|attending|intern|pgy|ms[34]|pharm\w*|scribe|"
    r"ortho|neuro|cards?|gi|id|renal|surg\w*|psych|pulm|onc|rad|son-in-law|daughter-in-law|self|pt|patient|\d{1,2})\b|"
    r",?\s(?:\(|a |an |the )?(?:\d{1,3}[ -]?(?:y/?o|yr|year)|(?:his|her|the|my)\s(?:wife|husband|son|daughter|mother|father|sister|"
    r"brother|partner|nurse|aide|caregiver)))",
    re.I,
)
_VERB_BEHIND = re.compile(
    r",?\s(?:also\s|then\s|now\s|has\s|had\s|was\s|is\s|will\s|does\s|did\s|who\s)?(?:not\s)?(?:reports?|reported|denies|denied|states?|stated|says|"
    r"said|wants?|wanted|agreed|agrees|understands?|understood|asked|asks|complains|complained|tells|told|thinks|"
    r"thought|feels|felt|lives|lived|works|worked|called|calls|spoke|requests|requested|consented|verbalized|"
    r"recommends?|recommended|concurs?|concurred|advised|suggested|here|seen|notified|informed|admitted|discharged|"
    r"transferred|followed by|aware|upset|updated|agreeable|accompanied|brought|presents|presented|followed)\b|"
    r",?\s(?:is|was)\s(?:an?\s)?\d"
)
PARTICLES = re.compile(
    r"(?:(?<=[\s,(/:;^\"])|^)(?:(?:van|von|der|den|de|del|della|di|da|dos|das|du|la|los|le|el|al|bin|ibn|bint|abu|ter|ten|ben|zu|af|"
    r"st\.|Van|Von|De|Del|Da|Di|Du|La|Le|El|Al|Ter|Bin|Abu|Mac|Mc|St\.?|Ó|Ní|VAN|VON|DE|DEL|DA|DI|LA|LE|EL|AL|ST\.?|Ó)[ -]){1,3}$"
)


_RELATED = frozenset(
    words_of(
        "daughter son wife husband sister brother mother father mom dad niece nephew grandson granddaughter dr mr mrs ms nurse rn by"
    )
)
_NAME_ENDS = re.compile(r"\s?(?:[,.;)\n]|$)|\s(?:is an?|rn|md|np|cna|lpn|who|was|has|presents|here|thank)\b|['’]s\b")
FIRMS = BUSINESSES - frozenset(
    words_of(
        "care health surgery practice union press news society services oil gas power energy rest bar therapy tools supplies"
    )
)
# A label of one who does something, with a colon or a dash.
_ROLE_LABEL = re.compile(
    r"(?:^|[\s(;|,/])(?:attg|attdg|attending|circ|circulator|scrub|tech|technician|crna|anesth|anesthesia|asst|assist|assistant|fellow|nurse|rn|lpn|cna|md|"
    r"pa|np|sw|cm|pt|ot|rt|slp|pharm|pharmacist|dietitian|medic|emt|driver|crew|operator|typist|reader|reviewer|author|informant|contact|poa|hcpoa|dpoa|nok|"
    r"guardian|sponsor|principal|teacher|caller|counselor|chaplain|interpreter|surgeon|surg|resident|intern|student|provider|pcp|witness|recorder|signature|"
    r"consult|consultant|staff|aide|caregiver|spouse|partner|name|client|member)\)?\s?[:=–-]\s{0,3}$",
    re.IGNORECASE,
)
_NO_RUN = TITLE | SOFT_TITLE | CREDENTIAL | MONTH | STATE | SUFFIX
_STRICT = frozenset(words_of("by per ask told w/ dr dr. mr mrs ms"))


class NameLeftovers(NameRepeats):
    """Names by exclusion."""

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
            return EITHER if bit & _OTHER else SURE
        if bit & ~(CITY | PARTICLE):
            return SAFE
        word = tokens.lower[i]
        kind = self._unlisted.get(word)
        if kind is None:
            if is_ordinary(word, self.lexicon):
                kind = SAFE if self.lexicon.get(word.rstrip("s"), 0) & COMMON else SHAPED
            else:
                kind = SHAPED if is_slip(word, self.lexicon) else UNKNOWN
            if len(self._unlisted) > 100_000:
                self._unlisted.clear()
            self._unlisted[word] = kind
        return kind

    def _leftovers(self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool]) -> list[tuple[int, int]]:
        """Return the names, as first and last token, that are left beside those of `found`."""
        bits, starts, ends, text = tokens.bits, tokens.starts, tokens.ends, tokens.text
        count = len(bits)
        taken = shut.copy()
        named = [False] * count
        for first, last in found:
            for j in range(first, last + 1):
                taken[j] = named[j] = True
        hard = COMMON | _OTHER
        kinds = [0] * count
        open_words = []
        for i in range(count):
            bit = bits[i]
            if taken[i] or (bit & hard and not bit & NAME) or ends[i] - starts[i] == 1:
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
            if not taken[i] and self._beside(tokens, i, kinds, named):
                named[i] = taken[i] = True
                extra.append(i)
        return [(i, i) for i in extra]

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
        """Return a name as a span; one that goes on with words in capitals is that of a firm or a house: Xu Ship Chandlers."""
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
            if bit & (_NO_RUN | STOP) and not (bit & INSTITUTION) or tokens.lower[j] in self.relations:
                break
            if gap[:1] in "'’" or len(gap) > 1:  # Mercado's Auto Body, Lin & Bao: only when it is all of a name
                if self.starts_sentence(tokens, first) or bit & (EPONYM | STOP) or (len(gap) > 3 and bit & COMMON):
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
            if tokens.lower[j] in FIRMS and not tokens.lower[j] in self.relations:
                if (
                    tokens.text[tokens.starts[last] : tokens.ends[last]].isupper()
                    == tokens.text[tokens.starts[j] : tokens.ends[j]].isupper()
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
            if gap == "^" or (
                gap in (", ", " ", ",") and text[ends[j] : ends[j] + 1] == "." and text[starts[j]] not in "I"
            ):
                return j
            return last
        bit = bits[j]
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
            and not bits[last] & _OTHER
            and bit & COMMON
            and not bit & (STOP | TITLE | SOFT_TITLE | CREDENTIAL | INSTITUTION | STREET | MONTH)
            and text[starts[j] + 1].islower()
            and text[starts[last] + 1 : starts[last] + 2].islower()
            and (ends[last] - starts[last] > 3)
            and re.match(r"['’]s\s|[,.;)\n]| [\"(a-z]|$", text[ends[j] : ends[j] + 3])
        ):
            return j
        return last

    def _speakers(self, tokens: Tokens, words: list[int], kinds: list[int]) -> set[int]:
        """Return the words before a colon that begin more than one line: who speaks."""
        text, seen = tokens.text, {}
        for i in words:
            start = tokens.starts[i]
            if text[tokens.ends[i] : tokens.ends[i] + 2] == ": " and text[start - 1 : start] in ("", "\n"):
                seen.setdefault(tokens.lower[i], []).append(i)
        return {
            i
            for found in seen.values()
            if len(found) > 1
            for i in found
            if not tokens.bits[i] & (STOP | TITLE | SOFT_TITLE)
        }

    def _last_word(self, text: str, start: int) -> str:
        found = _LAST_WORD.search(text, max(0, start - 24), start)
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
        if self.is_thing(tokens, i) or _DOSE.match(text, end):
            return False
        if word.isupper():
            return self._judge_capitals(tokens, i, kinds, named)
        if not _NAME_SHAPE.fullmatch(word):
            return False  # a trade name: PaO2, InnoSpire
        if after in ("-", "_") or (after == ":" and text[start - 1 : start] in ("", "\n")):
            return False
        if kind == UNKNOWN and end - start > 2 and not self._ordinary_here(tokens, i):
            return True
        if self._beside(tokens, i, kinds, named) or (kind > SHAPED and self._comma_pair(tokens, i, kinds)):
            return True
        if kind == UNKNOWN:
            return self._last_word(text, start) in _BEFORE or bool(
                _ROLE_LABEL.search(text, max(0, start - 22), start)
            )
        if kind == SURE:
            return end - start > 2 and not self.starts_sentence(tokens, i)
        if not bits[i] & STOP and _ROLE_BEHIND.match(text, end):
            return True
        if kind == SHAPED:
            if _VERB_BEHIND.match(text, end) and after == " ":
                return self.starts_sentence(tokens, i) and end - start > 4
            if self.starts_sentence(tokens, i):
                return False
            # A slip is hardly ever written with a capital amid words without one.
            amid = (
                text[start - 1] == " "
                and text[start - 2].islower()
                and not (after == " " and text[end + 1 : end + 2].isupper())
            )
            return amid or self._last_word(text, start) in _BEFORE
        if self._under_label(tokens, i):
            return True
        if (
            after in (",", ";", "\n", "", ".", ")", "/", "|")
            and not bits[i] & (STOP | STATE | EPONYM)
            and _ROLE_LABEL.search(text, max(0, start - 22), start)
        ):
            return True
        if bits[i] & (STATE | MONTH):
            return False
        if bits[i] & STOP:
            return after in (".", ",", ";", ")", "\n", "'", "") and self._last_word(text, start) in _STRICT
        if _VERB_BEHIND.match(text, end) or self._plain_pair(tokens, i):
            return True
        if self.starts_sentence(tokens, i):
            return False
        return self._last_word(text, start) in _BEFORE and not (after == " " and text[end + 1 : end + 2].isupper())

    def _plain_pair(self, tokens: Tokens, i: int) -> bool:
        """Say whether two words that are names or words stand as a name does, alone with their capitals: Jordan Graham."""
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
        """Say whether a word of no list is no name by this text: an abbreviation, or one that stands in lower case as well."""
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
        before = self._last_word(text, start)
        if kind == SHAPED:
            return before in _STRICT and self._upper_line(tokens, i)
        if before in _RELATED and kind == EITHER and size > 3 and self._upper_line(tokens, i):
            return not tokens.bits[i] & (STATE | MONTH)
        if before in _BEFORE or _ROLE_BEHIND.match(text, end):
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
        if min(kinds[i], kinds[j]) == SHAPED or (tokens.bits[i] | tokens.bits[j]) & (STOP | STATE | MONTH):
            return False
        behind = tokens.text[tokens.ends[j] : tokens.ends[j] + 3].lstrip(" ")[:1]
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
        for j, gap in (
            (i - 1, text[ends[i - 1] : starts[i]] if i else "\n"),
            (i + 1, text[ends[i] : starts[i + 1]] if i + 1 < len(starts) else "\n"),
        ):
            if not 0 <= j < len(starts) or not gap or len(gap) > 9:
                continue
            if (
                gap in (" ", "-", " - ", ". ", " '", ' "', '" ')
                or gap == ", "
                and j < i
                and bits[j] & FAMILY
                and bits[i] & GIVEN
                and kind != EITHER
            ):
                if gap == ". " and ends[j] - starts[j] > 2:
                    continue
                other = kinds[j] > (EITHER if kind <= EITHER else SHAPED) or named[j]
                if not other or text[starts[j] : ends[j]].isupper() != upper:
                    continue
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
        if end - start < 2 or self.is_thing(tokens, i) or _DOSE.match(text, end):
            return False
        before = tokens.lower[i - 1] if i and text[tokens.ends[i - 1] : start] in (" ", ". ", ", ", ": ") else ""
        if kind <= EITHER:
            near = i and kinds[i - 1] > EITHER or (i and named[i - 1])
            if near and text[tokens.ends[i - 1] : start] == " ":
                if bits[i] & STOP or self._verb(tokens, i) or not (kind == SHAPED or bits[i] & FAMILY):
                    return False
                return not bits[i] & COMMON or _NAME_ENDS.match(text, end) is not None
            return bool(bits[i] & GIVEN) and not bits[i] & STOP and before in _RELATED
        if before in _BEFORE or self._behind_credential(tokens, i):
            return end - start > 2
        for j in (i - 1, i + 1):
            if 0 <= j < len(kinds) and (kinds[j] > EITHER or named[j]):
                gap = text[tokens.ends[min(i, j)] : tokens.starts[max(i, j)]]
                if gap in (" ", "-", " and ", ", ", "/"):
                    return end - start > 2
        return kind == SURE and end - start > 3

    def _behind_credential(self, tokens: Tokens, i: int) -> bool:
        j = i + 1
        return (
            j < len(tokens.bits)
            and bool(tokens.bits[j] & CREDENTIAL)
            and tokens.text[tokens.ends[i] : tokens.starts[j]] in (" ", ", ")
            and len(tokens.lower[j]) > 1
        )

    def _with_particles(self, text: str, start: int) -> int:
        """Return where a name begins when the particles before it are its own: de la Cruz."""
        if start and text[start - 1] in " -":
            found = PARTICLES.search(text, max(0, start - 14), start)
            if found:
                return found.start()
        return start
