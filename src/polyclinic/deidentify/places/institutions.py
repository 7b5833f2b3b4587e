"""Institutions by the kind that ends their name: hospitals, clinics, schools, homes, firms.

A word that names a kind (Hospital, Bakery, LLC) is the anchor. The name goes left from it over words with capitals,
and right over what belongs to it (of Erie, Health System, Inc.). It is a name when it has a word of its own: one of
no list of ordinary words, a name, a town, a saint; or, with a capital amid a sentence, an ordinary word that is no
kind of care. The Cardiology Clinic and the Emergency Department have none.

In a text or line of one case capitals say nothing: there a name goes left as far as a preposition or the line's
beginning.
"""

from __future__ import annotations

from polyclinic.deidentify.joined_words import after, before, begins_sentence, ends_names, is_upper
from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, CREDENTIAL, EPONYM, GIVEN, MONTH, NAME, STATE, STOP, TITLE
from polyclinic.deidentify.places.businesses import (
    ACRONYMS,
    BORDERS,
    BUSINESSES,
    HOMES,
    LEGAL_FORMS,
    NO_PARTS,
    PARTS_OF_NAMES,
    WEAK_KINDS,
)
from polyclinic.deidentify.places.letterheads import heads_page
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

LONGEST = 7  # words of a name before its kind
GENERIC, PLAIN, OWN = 0, 1, 2  # what a word says of whose name it is in
PHRASE, WEAK, STRONG, FIRM = 1, 2, 3, 4  # what a kind says: only with the word before it, little, much, all
# Kinds of care: they end names, and before another kind they are none of its own.
_CARE = frozenset(
    words_of(
        "vascular pediatrics paediatrics dermatology orthopedics orthopaedics cardiology neurology urology oncology "
        "neurosurgery medicine surgical obgyn midwifery audiology counseling counselling spine vision eyecare "
        "hearing ortho psychology endodontics orthodontics periodontics chiropractic acupuncture fertility "
        "hematology anesthesiology geriatrics hospitalists"
    )
)
_WEAK_HEADS = frozenset(
    words_of(
        "labs centers centres institutes "
        "clinic clinics surgery laboratory laboratories institute foundation school rehab"
    )
)
LISTING = frozenset((" and ", " to ", ", ", " or ", ", and ", ", then ", " then ", "/", " & ", " and the ", " vs "))
# Words with a capital that say what stands before a name rather than are part of it: Outpatient Mercy Clinic.
_BEFORE_NAMES = frozenset(
    words_of(
        "outpatient inpatient emergency admission discharge transfer department unit room floor ward follow-up visit"
    )
)
_BEHIND = frozenset(
    words_of(
        "system systems network trust group center centre campus foundation associates partners hospital hospitals "
        "clinic college school department services company co inc llc ltd corporation corp program unit pavilion "
        "tower building office offices division institute pharmacy union church district living community care"
    )
)
# Kinds that are words of medicine or of headings too: they need a word of a name's own, or one that announces it.
_VAGUE = frozenset(
    words_of(
        "therapy surgery drug drugs care imaging medicine wellness services service supply supplies equipment "
        "tools press news company medical surgical radiology pathology anesthesia oncology cardiology neurology "
        "urology living rest house home homes place court hall road systems system group vision hearing spine "
        "networks media power gas oil express distribution moving storage society union market markets practice "
        "laboratories laboratory station"
    )
)
OF_MEDICINE = (
    *(
        "itis",
        "ectomy",
        "osis",
        "ology",
        "ologist",
        "ologists",
        "pathy",
        "graphy",
        "scopy",
        "emia",
        "algia",
        "plasty",
        "otomy",
    ),
    *(
        "ostomy",
        "iatry",
        "iatric",
        "ology",
        "therapy",
        "genic",
        "metry",
        "logical",
        "vascular",
        "intestinal",
        "ative",
    ),
)
HEADINGS = frozenset((":", "="))  # signs behind a kind that is no name's


class InstitutionRules:
    """The institutions of one language."""

    def __init__(self, words: Words) -> None:
        """Take the kinds of a language."""
        self.words = words
        self.generic = words["institution_generic"]
        self.openers = words["institution_openers"]
        self.phrases = words["institution_phrases"]
        self.heads = words["institution_heads"]
        self.things = words["eponym_things"]
        roles = {phrase.split()[-1]: PHRASE for phrase in self.phrases}
        roles |= dict.fromkeys((p for p in self.phrases if " " not in p), WEAK)
        roles |= dict.fromkeys(HOMES | _CARE, WEAK)
        roles |= {word: WEAK if word in WEAK_KINDS else STRONG for word in BUSINESSES}
        roles |= {word: WEAK if word in _WEAK_HEADS else STRONG for word in self.heads}
        roles |= dict.fromkeys(_WEAK_HEADS, WEAK)
        roles |= dict.fromkeys(ACRONYMS, STRONG) | dict.fromkeys(LEGAL_FORMS, FIRM)
        self.roles = roles
        self.care = self.generic | _CARE | WEAK_KINDS - HOMES - frozenset(words_of("bank church temple farm market"))

    def worth(self, tokens: Tokens, j: int, one_case: bool = False) -> int:
        """Return what a word says of whose name it stands in: OWN, PLAIN or GENERIC."""
        word, bit = tokens.lower[j], tokens.bits[j]
        if word in self.openers and word not in ("good", "our", "lady"):
            return OWN
        if word in self.care or bit & (TITLE | CREDENTIAL) or word in NO_PARTS:
            return GENERIC
        if len(word) == 1:  # K&B Foods
            return OWN if "&" in tokens.text[max(0, tokens.starts[j] - 1) : tokens.ends[j] + 1] else GENERIC
        if word in PARTS_OF_NAMES:
            return PLAIN if word in ("county", "memorial", "royal", "normal", "saints") else GENERIC
        if bit & (NAME | CITY | STATE) and not bit & (COMMON | STOP):
            return OWN
        if bit & STOP:
            return GENERIC if one_case or tokens.ends[j] - tokens.starts[j] < 5 else PLAIN
        if not bit & NAME and len(word) > 6 and word.endswith(OF_MEDICINE):
            return GENERIC
        return PLAIN if bit or len(word) < 3 else OWN

    def strength(self, tokens: Tokens, i: int) -> int:
        """Return what the word says as the end of a name; 0 if it ends none."""
        word = tokens.lower[i]
        role = self.roles.get(word, 0)
        if role in (PHRASE, WEAK) and i:
            low = max(0, tokens.starts[i] - 24)
            parts = " ".join(tokens.lowered[low : tokens.ends[i]].split()).split(" ")
            if any(" ".join(parts[-n:]) in self.phrases for n in (2, 3) if len(parts) >= n):
                return STRONG
        if word in ACRONYMS and not tokens.caseless and not is_upper(tokens, i) and word not in self.heads:
            return 0
        return 0 if role == PHRASE else role

    def institution(self, tokens: Tokens, i: int, listed: int = -1) -> Span | None:
        """Return the name that ends, or goes on, with the kind that is word `i`: Mercy Hospital of Saint Paul.

        Args:
            tokens: words of the text.
            i: the kind's word.
            listed: where the institution before ends: what `and` or a comma joins to it is one more.
        """
        strength = self.strength(tokens, i)
        if not strength or tokens.text[tokens.ends[i] : tokens.ends[i] + 1] in HEADINGS:
            return None
        if i and tokens.bits[i - 1] & EPONYM and tokens.lower[i] in self.things:
            return None  # McBurney's point
        if tokens.caseless or (is_upper(tokens, i) and self._in_capitals(tokens, i)):
            return self._in_one_case(tokens, i, strength)
        if not tokens.text[tokens.starts[i]].isupper():
            return None
        first = self._left(tokens, i, strength)
        return self._judged(tokens, first, i, strength, tokens.text[listed : tokens.starts[first]] in LISTING)

    def _in_capitals(self, tokens: Tokens, i: int) -> bool:
        """Say whether a word in capitals stands among such, on its line."""
        start, end = tokens.starts[i], tokens.ends[i]
        line = tokens.text[max(tokens.text.rfind("\n", 0, start), start - 16) + 1 : start]
        rest = tokens.text[end : end + 16].partition("\n")[0]
        return not any(c.islower() for c in line) and not any(c.islower() for c in rest)

    def _left(self, tokens: Tokens, i: int, strength: int) -> int:
        """Return the first word of the name that word `i` ends, in mixed case."""
        text, lower, bits, starts = tokens.text, tokens.lower, tokens.bits, tokens.starts
        first = i
        while i - first < LONGEST and (step := before(tokens, first)) is not None:
            j, how = step
            word = lower[j]
            if how == "," and not (strength == FIRM and first == i):
                break
            if how == "." and word.rstrip(".") not in ("st", "mt", "ft", "mr", "univ") and len(word.rstrip(".")) > 1:
                break
            if how in ("on", "by", "the", "–") or (how == "or" and self.worth(tokens, j) == GENERIC):
                break
            if how == "at" and word not in self.roles:
                break
            if how == "for" and lower[j] not in self.roles:
                break
            if word == "the" or (word in NO_PARTS and word not in self.openers):
                first = j if word == "the" and how == " " else first
                break
            if ends_names(bits[j]) and word not in self.openers and word not in self.roles:
                break
            if (
                how == "and"
                and (self.worth(tokens, j) == GENERIC or bits[j] & STOP)
                and lower[first] not in self.care
            ):
                break
            verb = bits[j] & STOP or (word.endswith(("ed", "ing")) and not bits[j] & (NAME | CITY))
            verb = verb and word not in self.openers
            if verb and begins_sentence(text, starts[j]) and word not in PARTS_OF_NAMES | self.care:
                break
            if is_upper(tokens, j) and bits[j] & STOP and word not in self.generic:
                break
            first = j
        # Words that only say what kind of care, before the first of its own: Outpatient Mercy Clinic.
        k = first
        while (
            k < i
            and (self.roles.get(lower[k], 0) > PHRASE or lower[k] in _BEFORE_NAMES)
            and self.worth(tokens, k) == GENERIC
        ):
            k += 1
        return k if k < i and lower[first] != "the" and self.worth(tokens, k) == OWN else first

    def _judged(self, tokens: Tokens, first: int, i: int, strength: int, listed: bool) -> Span | None:
        """Return the name from word `first` to the kind `i` and beyond, if it is one."""
        text, starts, lower = tokens.text, tokens.starts, tokens.lower
        last, behind = self._right(tokens, i)
        if first == i and not behind:
            return None
        worths = [self.worth(tokens, j) for j in range(first, i)]
        own, plain = worths.count(OWN) + behind, worths.count(PLAIN)
        if plain:  # Great Plains Health
            plain += sum(lower[j] in PARTS_OF_NAMES and not worths[j - first] for j in range(first, i))
        size = i - first - (i > first and f"{lower[i - 1]} {lower[i]}" in self.phrases)
        alone = first < i and begins_sentence(text, starts[first])
        labelled = alone and text[: starts[first]].rstrip(" ")[-1:] == ":"
        cued = not alone and (listed or _cued(text, starts[first]))
        cued = first < i and (cued or heads_page(text, starts[first], tokens.ends[last]))
        if first and tokens.bits[first - 1] & TITLE and before(tokens, first) is not None:
            return None  # Dr. Smith Cardiology
        named = (
            own
            or (strength == FIRM and first < i)
            or (lower[first] == "the" and i - first > 1 and not alone and lower[i] not in ("department", "unit"))
            or (strength == STRONG and plain and not (alone and plain < 2))
            or (plain > 1 and (not alone or labelled or size > 2) and lower[i] not in _VAGUE)
            or (strength == STRONG and plain and size > 1)
            or (plain and cued)
        )
        if behind and not own - behind + plain and i not in (first, last) and lower[first] != "the":
            at = text.find(" at ", tokens.ends[i], starts[i + 1])
            if at >= 0:  # Cardiac Rehab at Lakeview
                return Span(starts[i + 1], tokens.ends[last], "institution")
        return Span(starts[first], tokens.ends[last], "institution") if named else None

    def _right(self, tokens: Tokens, i: int, one_case: bool = False) -> tuple[int, int]:
        """Return the last word of a name that goes on after its kind `i`, and how many words of its own are there."""
        last, own = i, 0
        while last - i < 6 and (step := after(tokens, last)) is not None:
            j, how = step
            word, bit = tokens.lower[j], tokens.bits[j]
            if (
                bit & MONTH
                or (ends_names(bit) and word not in LEGAL_FORMS)
                or tokens.text[tokens.starts[j]].isdigit()
            ):
                break
            worth = self.worth(tokens, j, one_case)
            if how == ",":
                if word not in LEGAL_FORMS:
                    break
            elif how in ("of", "at", "–") or (how == "for" and last == i):
                if word in NO_PARTS or (bit & STOP and not bit & CITY and (one_case or how != "of" or len(word) < 5)):
                    break
                if worth == GENERIC and (one_case or how != "of") and not bit & STATE:
                    break
                if tokens.caseless and (worth < OWN or how != "of"):
                    break
                end = self._town(tokens, j, one_case)
                own += any(self.worth(tokens, k, one_case) > GENERIC for k in range(j, end + 1))
                j = end
            elif how == " " or (
                how in ("&", "and")
                and (word in self.roles or word in self.care or self._is_tool(tokens, j, how))
                and not (tokens.caseless and how == "and")
            ):
                leads = how == " " and word in self.generic and self._goes_on(tokens, j)
                if word not in _BEHIND and (how == " " or bit & STOP) and not leads:
                    break
            elif how != "." or tokens.lower[last].rstrip(".") not in ("st", "mt"):
                break
            last = j
        while last > i and tokens.lower[last] in ("department", "office", "unit", "division") and not own:
            last -= 1
        return last, own

    def _is_tool(self, tokens: Tokens, j: int, how: str) -> bool:
        """Say whether a word behind `and` belongs to a firm's name: Tool and Die, Bed and Bath."""
        bit = tokens.bits[j]
        plain = bool(bit & COMMON) and not bit & (STOP | GIVEN) and not tokens.caseless
        return plain and not is_upper(tokens, j) and (how == "&" or not bit & EPONYM)

    def _goes_on(self, tokens: Tokens, j: int) -> bool:
        """Say whether a generic word leads to a further kind: Hospital Medical Center."""
        step = after(tokens, j)
        return step is not None and step[1] == " " and tokens.lower[step[0]] in _BEHIND

    def _town(self, tokens: Tokens, j: int, one_case: bool) -> int:
        """Return the last word of what follows `of`: Coeur d'Alene, Lake Havasu City, the Sacred Heart."""
        last = j
        while last - j < 3 and (step := after(tokens, last)) is not None:
            k, how = step
            bit = tokens.bits[k]
            if how == "." and tokens.lower[last].rstrip(".") not in ("st", "mt", "ft"):
                break
            if how not in (" ", ".") or bit & (STOP | MONTH) or ends_names(bit) or (one_case and bit & COMMON):
                break
            last = k
        return last

    def _in_one_case(self, tokens: Tokens, i: int, strength: int) -> Span | None:
        """Return the name that ends with the kind `i` in a text or line of one case."""
        text, lower, bits, starts = tokens.text, tokens.lower, tokens.bits, tokens.starts
        first, own, plain, border = i, 0, 0, False
        nearest = i  # the first word of what is surely the name's
        the = -1
        while i - first < 6:
            if not first or self._begins_field(tokens, first):
                border = True
                break
            if lower[first - 1] in BORDERS and text[tokens.ends[first - 1] : starts[first]] in (" ", ": ", "\n"):
                previous = lower[first - 2] if first > 1 else ""
                if not (lower[first - 1] == "of" and (previous in self.roles or previous in self.openers)):
                    border = True
                    break
            step = before(tokens, first)
            if step is None:
                border = text[tokens.ends[first - 1] : starts[first]].strip(" ") in (":", "|", "^", "(", ";")
                break
            j, how = step
            word, bit = lower[j], bits[j]
            if (how == "," and not (strength == FIRM and first == i)) or (how == "and" and tokens.caseless):
                break
            if how in (".", "on", "by", "or", "–") and not (how == "." and word.rstrip(".") in ("st", "mt")):
                break
            if word == "the":
                the, border = (j if not tokens.caseless else -1), True
                break
            if bit & (MONTH | TITLE | CREDENTIAL) and not bit & NAME and word not in self.openers:
                break
            if word in NO_PARTS or (bit & STOP and word not in self.care and word not in PARTS_OF_NAMES):
                border = word in NO_PARTS and not tokens.caseless
                break
            first = j
            worth = self.worth(tokens, j, True)
            own += worth == OWN
            plain += worth == PLAIN
            if worth == OWN or (word in PARTS_OF_NAMES and nearest == j + 1):
                nearest = j
        last, behind = self._right(tokens, i, True)
        if behind and first == i:
            return Span(starts[the] if the >= 0 else starts[i], tokens.ends[last], "institution")
        if tokens.caseless:  # every ordinary word is here
            kind = strength == STRONG and (lower[i] in self.heads or self.roles[lower[i]] < STRONG)
            enough = own or behind or (plain and kind) or (plain > 1 and lower[first - 1] in ("at", "from"))
        else:
            cued = first and lower[first - 1] in ("at", "from") and lower[i] not in _VAGUE
            enough = own or behind or strength == FIRM or plain > (strength < STRONG and not cued)
        named = first < i and border and enough
        if not named and own and nearest < i:
            first = nearest
            named = strength > WEAK or i - first > 1
        if not named and behind:
            first, named = i, True
        if the >= 0 and border and named:
            first = the
        return Span(starts[first], tokens.ends[last], "institution") if named else None

    @staticmethod
    def _begins_field(tokens: Tokens, k: int) -> bool:
        before_it = tokens.text[max(0, tokens.starts[k] - 2) : tokens.starts[k]]
        return not before_it or before_it[-1] in "|^\t\n~"


_CUES = frozenset((" at ", "rom ", " to ", " by ", "with", "nds "))


def _cued(text: str, start: int) -> bool:
    tail = text[max(0, start - 4) : start].lower().replace("\n", " ")
    return tail in _CUES or tail[1:] in ("at ", "@ ") or tail[2:] in ("- ", "– ")
