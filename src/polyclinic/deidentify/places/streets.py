"""Streets: by the word that ends them and the number before, by route and box, by a town behind or a label before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from polyclinic.deidentify.joined_words import before, is_upper
from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import MONTH, STOP, TITLE
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places, has_plain_letters

_UNIT = (
    r"(?i:,?[ \t]*\n?[ \t]{0,2}(?:\b(?:apt|apartment|unit|suite|ste|lot|bldg|bldq|building|floor|fl|rm|room|trlr|"
    r"trailer|spc|space|p\.?o\.? box|box|flat)\b\.?[ \t]?\n?#?[ \t]?|#[ \t]?)"
    r"(?:[a-z]?\d[a-z\d]{0,4}|[a-z])(?:-[a-z\d]{1,2})?\b)?"
)
_COMPASS = r"(?:[NSEW]{1,2}|[NS]\.[EW]|North(?:east|west)?|South(?:east|west)?|East|West|NORTH|SOUTH|EAST|WEST)\b\.?"
_GAP = r"(?:[ \t]{1,2}|[ \t]*\n[ \t>]*)"
_SPELLED = "One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|ONE|TWO|THREE|FOUR|FIVE|SIX|TEN"
_NUMBER = (
    r"(?<![\w/.$:-])(?:(?:Unit |U)?\d{1,3}[A-Za-z]?/\d{1,4}[A-Za-z]?|"
    rf"\d{{1,6}}(?:[A-Za-z]|-\d{{1,4}}[A-Za-z]?)?|[NSEW]\d{{2,3}} ?[NSEW]\d{{3,5}}|{_SPELLED})(?:[ ]1/2)?"
)
_HAS_NUMBER = re.compile(rf"\d|{_SPELLED}")
_WORD = r"(?:[A-ZÀ-Ý][\w.'’-]*|\d{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)|of|the|de|la|del|las|los|van|y|o'|d')"
# A number and up to five words with capitals, that end at a place.
_NUMBERED = re.compile(rf"({_NUMBER}){_GAP}((?:{_WORD}{_GAP}){{1,5}})$")
_TAIL = re.compile(rf"\.?(?:[ \t]{_COMPASS}(?![ \t]?[-A-Za-z]))?{_UNIT}", re.IGNORECASE)
_BEFORE_TOWN = re.compile(
    rf"({_NUMBER}){_GAP}((?:{_WORD}{_GAP}){{0,4}}{_WORD}){_UNIT}"
    r"(?:,|\^{1,2}|[ \t]{2,}|[ \t]?\n|[ \t]?;|[ \t]\|)?[ \t\n|]{0,4}$"
)
_BEFORE_TOWN_LOWER = re.compile(
    rf"(?<![\w/.$-])(\d{{1,6}}) ((?:[a-z][\w'’-]* ){{0,3}}[a-z][\w'’-]*){_UNIT}, ?$", re.IGNORECASE
)
_ROUTE = re.compile(
    r"(?<![\w/.$-])(?:(?:\d{1,6}[ \t]+)?(?:[NSEW]\.?[ \t]+)?(?:(?:county|state|u\.?s\.?|farm(?:-to-market)?|old)\s+)?"
    r"(?:(?:road|route|rd|rte|highway|hwy|cr|sr|fm|interstate)\.?|rural[ \t]+route)"
    r"\s+#?(?:\d{1,4}[A-Za-z]?|[il]\d|\d[il])\b"
    r"(?:\s(?:north|south|east|west|[nsew])\b(?![ \t]?[-.\w]))?(?:,?[ \t]*\n?[ \t]*box[ \t]+\d+)?" + _UNIT + r"|"
    r"(?:r\.?[ \t]?r\.?|h\.?c\.?|r(?:ou)?te?\.?|rural[ \t]route|star[ \t]route|rfd)"
    r"(?:[ \t]#?\d{1,3})?,?\s+box[ \t]#?\d+[A-Za-z]?)",
    re.IGNORECASE,
)
_ROUTE_NUMBERED = re.compile(r"\d{1,6}\s|.*\bbox\b|rural", re.IGNORECASE)
_CREATININE = re.compile(r"\bcr\b|\bCr \d")
_ROUTE_CUE = re.compile(r"\b(?:on|off|along|near|at|from|street\s?[.:]|address\s?:)\s+$", re.IGNORECASE)
ROUTE_WORDS = frozenset(words_of("route rte rte. highway hwy hwy. rr interstate rural rfd fm hc cr r.r. star"))
# Types that stand before the street's name, in other languages.
FOREIGN_TYPES = frozenset(
    words_of(
        "heol ffordd stryd bóthar sráid strasse straat "
        "avenida av av. calle camino paseo via rue rua corte rancho callejón calzada vista avenue boulevard plaza"
    )
)
_FOREIGN_NAME = re.compile(
    r"(?:[ \t\n]{1,2}(?:del?|des?|la|las|los|du|el|DEL?|LA|LAS|LOS|EL)\b){0,2}(?:[ \t\n]{1,2}[A-ZÀ-Ý][\w'’-]*){1,2}"
    + _UNIT
)
_FOREIGN_NUMBER = re.compile(r"(?<![\w/.$:-])\d{1,6}[A-Za-z]?,?[ \t]{1,2}$")
# Post office's names of streets that are ordinary words: only with a number before and capitals all along.
_RARE_TYPES = frozenset(
    words_of(
        "alley anex annex arcade bayou bend bluff bluffs bottom branch bridge brook burg bypass camp canyon cape "
        "causeway center centers circles cliff cliffs club common commons corner corners courts cove coves creek "
        "crest crossroad curve dale dam divide drives estate estates extension fall falls ferry field fields flat "
        "flats ford forest forge fork forks fort garden gateway glen glens greens groves harbor harbors haven hills "
        "hollow inlet island islands isle junction junctions key keys knoll knolls lake lakes landing lodge mall "
        "manor meadow meadows mill mills mission motorway mount mountain mountains neck orchard oval overpass park "
        "parks parkways pass passage pine pines plain plains point points port ports prairie ranch ridges river "
        "roads route shoal shoals shore shores skyway spring springs spur spurs squares station stream streets "
        "summit throughway trace track trailer tunnel underpass union valley valleys viaduct view views village "
        "brae braes cottages parade esplanade strand embankment vennel promenade plz tce pde cct gve hts xing "
        "villages ville walks wharf quay wynd gate gates drove rise side yard buildings wall ways wells vale end"
    )
)
_WITHOUT_NUMBER = re.compile(
    r"\b(?:on|at|off|along|near|of|and|from|to|&|down|up|off of)\s+(?:[NSEW]\.?\s+)?$", re.IGNORECASE
)
_BROADWAY = re.compile(r"\b(?:on|at|off|along|near|down|up) ((?:\d{1,5} )?(?:[NSEW]\.? |West |East )?Broadway)\b")
_NO_STREET = frozenset(
    words_of(
        "yo y/o yr yrs year years m f biba from at in on off is was lives live living seen by to with for bed room "
        "unit home hours hour hr hrs min minutes mg ml cm mm o'clock day days week weeks month months times dr "
        "doctor patient pt pain large small left right per and or be not no he she cc ed er"
    )
)
_LABEL_SIGNS = '\n|,;{"'
_LABELLED = re.compile(
    rf"(?:^|[{_LABEL_SIGNS}])[ \t]*\"?"
    r"(?:(?:home|mailing|street|patient|residence|billing|permanent|current|pt|postal)[ _]?)?"
    r"(?:address|street|addr|residence|address[_ ]?(?:line)?[_ ]?[12])\"?[ \t]*(?:[:=|.]|\n)[ \t|]*\"?(?=\w)",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rf"(?:\d[\w-]*[ \t]{{1,2}})?[^\W_][\w.'’#-]*(?:[ \t]{{1,2}}[^\W_][\w.'’#-]*){{0,5}}{_UNIT}"
    r"(?=[ \t]*(?:[,|;\"\n]|$|[ \t]{2}))"
)
# What such a label has in it, and what makes one of it.
_HINT = re.compile(
    r"(?:address[_ ]?(?:line)?[_ ]?[12]|address|street|addr|residence)\"?[ \t]*(?:[:=|.]|\n)[ \t|]*\"?(?=\w)",
    re.IGNORECASE,
)
PATTERNS = {
    "address": ("street", "addr", "residence"),
    "county": (r"county\sr", r"county\sh"),
    "broadway": ("Broadway",),
    "box": ("box ",),
}
_HOUSES = frozenset(words_of("cottage house farm barn rectory lodge villa court mews grange hall vicarage flat mill"))


_SURE_TYPES = frozenset(words_of("street avenue ave road rd lane ln boulevard blvd parkway pkwy highway hwy pike"))


class StreetRules:
    """The streets of one language."""

    def __init__(self, words: Words) -> None:
        """Take the types of streets."""
        self.full = words["street_types"]
        self.short = words["short_street_types"]
        self.types = self.full | self.short | _RARE_TYPES

    def by_type(self, tokens: Tokens) -> Iterator[Span]:
        """Yield the streets that end with a type, with a number or after a preposition."""
        types = self.types
        for i in tokens.streets:
            word = tokens.lower[i]
            if word in types:
                spot = self._typed(tokens, i)
                if spot is not None:
                    yield spot
            elif word in FOREIGN_TYPES and (spot := _foreign(tokens, i)) is not None:
                yield spot

    def _typed(self, tokens: Tokens, i: int) -> Span | None:
        text, starts, ends, lower = tokens.text, tokens.starts, tokens.ends, tokens.lower
        if not i or tokens.caseless:
            return None
        start, word = starts[i], lower[i]
        one_case = is_upper(tokens, i) and ends[i] - start > 2
        if word == "dr" and i + 1 < len(starts) and text[ends[i] : starts[i + 1]] in (" ", ". ") and not one_case:
            return None  # 12 Seen by Dr. Smith
        low = max(0, start - 64)
        found = _NUMBERED.search(text, low, start) if _HAS_NUMBER.search(text, low, start) else None
        rare = word in _RARE_TYPES and word not in self.full
        if found is not None:
            words = found[2].lower().replace(".", " ").split()
            plain = _NO_STREET.intersection(words) and (one_case or (found[1].isdigit() and int(found[1]) < 100))
            plain = plain or any(len(w) > 5 and w.endswith(".") for w in found[2].split()) or found[1][0] == "0"
            if not plain and not (rare and one_case) and _new_lines(found[0]) < 2:
                tail = _TAIL.match(text, ends[i])
                end = tail.end() if tail is not None else ends[i]
                if rare and text[start].islower():
                    return None
                return Span(found.start(), end, "address")
            if plain:
                return None
        if rare:
            return None
        if one_case:
            return self._in_capitals_behind(tokens, i)
        return self._without_number(tokens, i)

    def _in_capitals_behind(self, tokens: Tokens, i: int) -> Span | None:
        """Return a street without a number on a line of capitals: ON MACCORKLE AVE."""
        text, starts, ends = tokens.text, tokens.starts, tokens.ends
        step = before(tokens, i)
        if tokens.lower[i] not in _SURE_TYPES or step is None or step[1] != " " or tokens.bits[step[0]] & STOP:
            return None
        start = starts[step[0]]
        cued = text[max(0, start - 4) : start] in (" ON ", " AT ", "OFF ", "EAR ", "\nON ")
        return Span(start, ends[i], "address") if cued else None

    def _without_number(self, tokens: Tokens, i: int) -> Span | None:
        """Return `Maple Street` after on, at, near and their like; or alone, where the type says enough."""
        text, starts, ends, lower, bits = tokens.text, tokens.starts, tokens.ends, tokens.lower, tokens.bits
        word = lower[i]
        first = i
        while i - first < 4 and (step := before(tokens, first)) is not None and step[1] in (" ", "."):
            j = step[0]
            if bits[j] & (MONTH | TITLE) or (bits[j] & STOP and ends[j] - starts[j] < 4):
                break
            first = j
        start = starts[first]
        if first == i and (ordinal := _ORDINAL.search(text, max(0, start - 8), start)) is not None:
            start = ordinal.start()
        if start == starts[i] or not text[starts[i]].isupper():
            return None
        if (block := _BLOCK.search(text, max(0, start - 18), start)) is not None:
            start = block.start()
        cued = _WITHOUT_NUMBER.search(text, max(0, start - 12), start) is not None
        between = text[start - 2 : start] == ", " and text[ends[i] : ends[i] + 2] in (", ", ",\n", "")
        cued = cued or between or block is not None or _HOUSE.search(text, max(0, start - 40), start) is not None
        following = text[ends[i] : ends[i] + 2]
        if following[:1] == " " and following[1:].isupper() and not cued:
            return None
        alone = word in ("street", "avenue", "boulevard") and not bits[first] & STOP
        if (cued and (word in self.full or word in self.short)) or alone:
            unit = _TAIL.match(text, ends[i])
            return Span(start, unit.end() if unit is not None else ends[i], "address")
        return None


_ORDINAL = re.compile(r"(?:\b[NSEW]\.? )?\b\d{1,3}(?:st|nd|rd|th)[ \n]$", re.IGNORECASE)
_BLOCK = re.compile(r"\b\d{2,5} block of $")
_HOUSE = re.compile(
    rf"(?:(?:The )?(?:[A-Z][\w'’]+ ){{1,3}}(?:{'|'.join(h.capitalize() for h in sorted(_HOUSES))})|"
    r"\b(?:Flat|Apt|Apartment|Unit|Lot|Space|Suite|Rear|Level|Floor|Shop|Office|Studio) \w{1,4}"
    r"(?:, (?:The )?[A-Z][\w'’]+(?: [A-Z][\w'’]+){0,2})?),[ \n]$"
)


def _foreign(tokens: Tokens, i: int) -> Span | None:
    """Return a street whose type stands before its name: 18 Via Verde, Bldg 4."""
    text, start = tokens.text, tokens.starts[i]
    number = _FOREIGN_NUMBER.search(text, max(0, start - 9), start)
    if number is None or not text[start].isupper():
        return None
    name = _FOREIGN_NAME.match(text, tokens.ends[i])
    if name is None:
        return None
    words = name[0].lower().split()
    if _NO_STREET.intersection(words):
        return None
    return Span(number.start(), name.end(), "address")


def streets_before_towns(tokens: Tokens, towns: Sequence[Span]) -> Iterator[Span]:
    """Yield the streets with a number that stand right before a town: 46 Erika Mountain, Orange."""
    text = tokens.text
    pattern = _BEFORE_TOWN_LOWER if tokens.caseless else _BEFORE_TOWN
    for town in towns:
        low = max(0, town.start - 70)
        if not any(c.isdigit() for c in text[low : town.start]):
            continue
        found = pattern.search(text, low, town.start)
        if found is None or _new_lines(found[0]) > 1 or not any(c.isalpha() for c in found[2]):
            continue
        if _NO_STREET.isdisjoint(found[2].lower().replace(".", " ").split()):
            yield Span(found.start(), found.end(), "address")


def other_streets(text: str, lowered: str, tokens: Tokens) -> Iterator[Span]:
    """Yield routes, and streets after a label."""
    if (
        not tokens.words.isdisjoint(ROUTE_WORDS)
        or ("county" in tokens.hits and ("county r" in lowered or "county\nr" in lowered or "county h" in lowered))
        or "box" in tokens.hits
    ):
        for found in _ROUTE.finditer(text):
            if _CREATININE.search(found[0]):
                continue
            numbered = _ROUTE_NUMBERED.match(found[0]) is not None
            if numbered or _ROUTE_CUE.search(text, max(0, found.start() - 14), found.start()):
                yield Span(found.start(), found.end(), "address")
    if hints := tokens.hits.get("address"):
        plain = has_plain_letters(text)
        for label in at_places(_LABELLED, text, _label_heads(text, hints)) if plain else _LABELLED.finditer(text):
            value = _VALUE.match(text, label.end())
            if value and (any(c.isdigit() for c in value[0]) or len(value[0].split()) > 1):
                yield Span(value.start(), value.end(), "address")


def _label_heads(text: str, hints: Sequence[int]) -> list[int]:
    """Return where labels may begin that have one of the hints in them: at a sign before it, on its line."""
    found = set()
    for hint in hints:
        if _HINT.match(text, hint):
            line = max(0, text.rfind("\n", 0, hint))
            found.add(line)
            found.update(place for place in range(line, hint) if text[place] in _LABEL_SIGNS)
    return sorted(found)


def broadways(text: str) -> Iterator[Span]:
    """Yield Broadway, which has no type, after on, at and their like."""
    for found in _BROADWAY.finditer(text):
        yield Span(found.start(1), found.end(), "address")


def with_houses(tokens: Tokens, streets: Sequence[Span]) -> Iterator[Span]:
    """Yield the house's name before a street: The Old Barn, Church Lane."""
    text = tokens.text
    for street in streets:
        head = text[max(0, street.start - 40) : street.start]
        found = _HOUSE.search(head)
        if found is not None:
            yield Span(street.start - len(head) + found.start(), street.start - 2, "address")


def _new_lines(text: str) -> int:
    return text.strip().count("\n")


_SAID = (
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|oh|zero)"
)
_IN_LOWER_CASE = re.compile(
    r"\b(?:on|at|off|along|near) ((?:[a-z][\w'’]*\.? ){1,4}?(?:street|avenue|road|lane|boulevard|parkway|highway|"
    r"drive|st|ave|av|rd|ln|dr|blvd|ct|cir|pl|ter|pkwy|way|court|place|circle|trail))\b"
    r"(?=[.,?!\n]|$| (?:and|in|near|by|for|now|side|w/|with|&)(?!\w))|"
    # what is sure needs nothing behind it: on broad street you never picked it up
    rf"\b(?:on|at|off|along|near|to|is|still|the|are|live[sd]?|you)\s(?P<sure>"
    rf"(?:rear )?(?:{_SAID} ){{1,5}}(?:(?!the|a|or|and|his|her|in|on|at|of)[a-z][\w']{{2,}} ){{1,3}}"
    r"(?:street|avenue|road|lane|boulevard|parkway|highway|pike|drive|court|circle|trail|place|way|terrace)|"
    r"(?:(?!(?:the|her|his|our|this|that|down|and|busy|main road|same|across|side|my|your|memory|one)\b)"
    rf"[a-z][\w']{{2,}} ){{1,2}}(?:street|avenue|boulevard|parkway)|"
    rf"(?:route|county road|highway) (?:{_SAID}|\d{{1,3}}))\b"
)


def in_lower_case(text: str) -> Iterator[Span]:
    """Yield the streets without a number of a text in lower case, where a sentence or phrase ends with them."""
    for found in _IN_LOWER_CASE.finditer(text):
        if found["sure"]:
            yield Span(found.start("sure"), found.end(), "address")
        elif _NO_STREET.isdisjoint(found[1].split()[:-1]) and found[1].split()[0] not in (
            "the",
            "a",
            "my",
            "his",
            "her",
            "our",
        ):
            yield Span(found.start(1), found.end(1), "address")
