"""Institutions of ordinary words by what they do: Great Oaks can accept, Casa Amanecer has a bed.

The phrases are found by the vocabulary; what is asked here are the words with capitals right before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.joined_words import is_upper
from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import COMMON, CREDENTIAL, EPONYM, MONTH, NAME, SOFT_TITLE, STOP, TITLE
from polyclinic.deidentify.places.businesses import NO_PARTS, PARTS_OF_NAMES
from polyclinic.deidentify.places.institutions import OF_MEDICINE, OWN, InstitutionRules
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

RULE, CALL, SLOT = "what_institutions_do", "this_is", "place_in_brackets"
# What stands in brackets behind these is whose: his school (Great Neck Middle), for work (northgate timber).
_SLOTS = (
    *(
        "school",
        "work",
        "employer",
        "job",
        "daycare",
        "nursery",
        "creche",
        "preschool",
        "crew",
        "ems",
        "transport",
        "snf",
    ),
    *("facility", "pharmacy", "agency", "hospice", "company", "firm", "college", "university", "dialysis", "church"),
    *(
        "convent",
        "home",
        "house",
        "shelter",
        "rehab",
        "prison",
        "jail",
        "site",
        "hospital",
        "clinic",
        "practice",
        "chemist",
    ),
    *(
        "drugstore",
        "supplier",
        "vendor",
        "carer",
        "carers",
        "kindergarten",
        "surgery",
        "dme",
        "hha",
        "at work",
        "labs",
    ),
)
_IN_BRACKETS = re.compile(r"[\w-]+ ?\w* \((?P<name>[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9'’&. -]{2,40}?)[),;]")
_NO_NAMES = frozenset(
    words_of(
        "since until with without no not on off full part time per see and or if when mom mother dad father "
        "wife husband son daughter sister brother self alone none retired unemployed nights days weekly daily "
        "stable normal pending above below new old last next today tomorrow yesterday home local outpatient "
        "inpatient recommended declined refused done x he she owns owned runs they his her their was is are "
        "in at for from to by of only both first second third including which who"
    )
)
_DEEDS = (
    *("can accept", "has a bed", "has no bed", "has beds", "has bed", "have a bed", "has an opening", "has a slot"),
    *(
        "said no",
        "says no",
        "is full",
        "full,",
        "takes",
        "will accept",
        "accepts",
        "accepted",
        "accepting",
        "declined",
    ),
    *(
        "reviewing",
        "can fly",
        "can take",
        "will take",
        "has moved",
        "closed",
        "telephoned",
        "phoned",
        "rang",
        "called",
    ),
    *("faxed", "sends", "sent", "delivers", "delivered", "starts", "will start", "to start", "to follow", "will see"),
    *(
        "requires",
        "covers",
        "paying",
        "discharges",
        "would keep",
        "has kept",
        "wants",
        "told",
        "said maybe",
        "called back",
    ),
    *("staff", "nurse", "nurses", "plant", "police", "foreman", "kitchen", "nursery", "driver", "pharmacist", "wing"),
    *(
        "team",
        "office",
        "bus",
        "van",
        "campus",
        "rep",
        "intake",
        "stretcher",
        "crew",
        "workers",
        "worker",
        "employee",
    ),
)
_FEW_WORDS = 4
_PEOPLE_DO = frozenset(words_of("declined called phoned rang telephoned accepted accepting told wants sent said"))
_CALL = re.compile(r"(?:\b(?:hello|hi|calling|reached|morning|afternoon)\s|^)((?:[a-z][\w']+\s){1,4})$")
_NO_CALLERS = frozenset(
    words_of(
        "yes no okay ok um so well doctor dr hi hello sorry thanks yeah oh and this that is the a my i you nurse it "
        "operator poison center good afternoon morning evening summary discharge dictation"
    )
)


def patterns() -> dict[str, list[str]]:
    """Return where such phrases stand, for the vocabulary."""
    deeds = [deed.replace(" ", r"\s") for deed in _DEEDS]
    return {
        RULE: [rf"\b{deed}\b" if deed[-1].isalpha() else rf"\b{deed}" for deed in deeds],
        CALL: [r"\bthis\sis\s"],
        SLOT: [rf"\b{slot.replace(' ', chr(92) + 's')}\s(" for slot in _SLOTS],
    }


def by_their_deeds(rules: InstitutionRules, tokens: Tokens) -> Iterator[Span]:
    """Yield the words with capitals that stand right before what institutions do."""
    text, places = tokens.text, tokens.hits.get(RULE, ())
    if places and not tokens.caseless:
        ends = {end: i for i, end in enumerate(tokens.ends)}
        for place in places:
            last = ends.get(place - 1)
            if last is not None and (spot := _run_before(rules, tokens, last, place)) is not None:
                yield spot
    for place in tokens.hits.get(SLOT, ()):
        if (found := _IN_BRACKETS.match(text, place)) is not None and _names(rules, found["name"]):
            yield Span(found.start("name"), found.end("name"), "institution")
    if tokens.caseless:
        for place in tokens.hits.get(CALL, ()):
            found = _CALL.search(tokens.lowered, max(0, place - 60), place)
            if found is not None and _NO_CALLERS.isdisjoint(found[1].split()) and " " in found[1].strip():
                yield Span(found.start(1), found.end(1) - 1, "institution")


def _names(rules: InstitutionRules, phrase: str) -> bool:
    """Say whether what stands in brackets may name an institution."""
    words = phrase.lower().split()
    if (
        not _NO_NAMES.isdisjoint(words)
        or len(words) > _FEW_WORDS
        or any(len(word) > 6 and word.endswith(OF_MEDICINE) for word in words)
    ):
        return False
    if any(word in rules.words["relations"] for word in words) or (phrase.isupper() and len(words) == 1):
        return False
    capital = phrase[0].isupper()
    return not all(word in rules.generic or word in rules.care for word in words) and (capital or len(words) > 1)


def _run_before(rules: InstitutionRules, tokens: Tokens, last: int, place: int) -> Span | None:
    text, starts, ends, bits, lower = tokens.text, tokens.starts, tokens.ends, tokens.bits, tokens.lower
    first = last + 1
    while first and last - first < _FEW_WORDS - 1:
        j = first - 1
        joined = first > last or text[ends[j] : starts[first]] in (" ", " & ", "'s ", "’s ")
        if (
            not joined
            or (bits[j] & STOP and lower[j] not in PARTS_OF_NAMES)
            or bits[j] & (TITLE | CREDENTIAL | MONTH)
            or lower[j] in NO_PARTS
            or is_upper(tokens, j)
        ):
            break
        first = j
    words = range(first, last + 1)
    if len(words) < 2 or any(bits[j] & EPONYM and not bits[j] & NAME for j in words):
        return None
    if any(
        lower[j] in rules.words["relations"] or lower[j].startswith(("ex-", "grand", "step")) for j in words
    ) or any(bits[j] & SOFT_TITLE for j in words):
        return None
    if any(lower[j] in rules.generic and lower[j] not in _SIDES for j in words):
        return None
    if any(len(lower[j]) > 6 and lower[j].endswith((*OF_MEDICINE, "ine", "ide")) for j in words):
        return None
    worths = [rules.worth(tokens, j) for j in words]
    plain = all(bits[j] & COMMON and not bits[j] & NAME for j in words)
    deed = tokens.lowered[place:].split(maxsplit=1)[0].strip(",.")
    if deed in _PEOPLE_DO and not plain and OWN not in worths:
        return None
    return Span(starts[first], ends[last], "institution") if any(worths) else None


_SIDES = frozenset(words_of("north south east west valley home"))
