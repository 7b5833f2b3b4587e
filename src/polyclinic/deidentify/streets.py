"""Streets that no list of street types knows: by their number and the town, label or route beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

_UNIT = (
    r"(?:,?[ \t\n]{0,2}(?:\b(?:apt|apartment|unit|suite|ste|lot|bldg|building|floor|fl|rm|room|trlr|trailer|spc|"
    r"space|po box|"
    r"p\.?o\.? box|box|flat)\b\.?[ \t]?#?[ \t]?|#[ \t]?)\w{1,6}\b)?"
)
# A number and up to five words, right before a town.
_BEFORE_TOWN = re.compile(
    rf"(?<![\w/.$-])\d{{1,6}}[A-Za-z]?(?:-\d{{1,4}})?[ \t](?:[^\W_][\w.'’/-]*[ \t]){{0,4}}[^\W_][\w.'’-]*{_UNIT}"
    r"(?=(?:,|\^{1,2}|[ \t]{2,}|[ \t]?\n|,?[ \t]{1,3}|[ \t]?;)[ \t\n|]{0,4}$)",
    re.IGNORECASE,
)
_ROUTE = re.compile(
    r"(?<![\w/.$-])(?:\d{1,6}[ \t])?(?:[NSEW]\.?[ \t])?(?:(?:county|state|u\.?s\.?|"
    r"farm(?:-to-market)?)[ \t](?:road|route|rd|rte|"
    r"highway|hwy)|rural[ \t]route|highway|hwy|interstate)[ \t]#?\d{1,5}[A-Za-z]?\b(?:,?[ \t]?box[ \t]\d+)?" + _UNIT,
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"(?<![\w/.$-])\d{1,6}[ \t](?:Avenida|Av\.|Calle|Camino|Paseo|Via|Rue|Rua|Chemin|AVENIDA|CALLE|CAMINO|PASEO|"
    r"RUE)[ \t]"
    r"(?:(?:del?|des?|la|las|los|du|de[ \t]la|DEL?|LA|LAS|LOS)[ \t])?[A-ZÀ-Ý][\w.'’-]*(?:[ \t][A-ZÀ-Ý][\w'’-]+)?"
    + _UNIT
)
# Post office's names of streets that are ordinary words: only with a number before and capitals all along.
_RARE_TYPES = frozenset(
    words_of(
        "alley anex annex arcade bayou bend bluff bluffs bottom branch bridge brook burg bypass camp canyon cape "
        "causeway center "
        "centers circles cliff cliffs club common commons corner corners courts cove coves creek crest crossroad "
        "curve dale dam "
        "divide drives estate estates extension fall falls ferry field fields flat flats ford forest forge fork "
        "forks fort garden gateway "
        "glen glens greens groves harbor harbors haven hills hollow inlet island islands isle junction junctions "
        "key keys "
        "knoll knolls lake lakes land landing light lights loaf lock locks lodge mall manor meadow meadows mill "
        "mills mission "
        "motorway mount mountain mountains neck orchard oval overpass park parks parkways pass passage pine "
        "pines plain plains "
        "points point port ports prairie radial ramp ranch rapid rapids rest ridges river roads route rue shoal "
        "shoals shore shores skyway "
        "spring springs spur spurs squares station stravenue stream streets summit throughway trace track "
        "trafficway trailer "
        "tunnel underpass union valley valleys via viaduct view views village villages ville vista walks wall "
        "ways well wells vale end"
    )
)
_LABELLED = re.compile(
    r"(?:^|[\n|,;{\"])[ \t]*\"?(?:(?:home|mailing|street|patient|residence|billing|permanent|"
    r"current)[ _]?)?(?:address|street|addr|residence|"
    r"address[_ ]?(?:line)?[_ ]?[12])\"?[ \t]*(?:[:=|]|\n)[ \t|]*\"?(?=\w)",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rf"(?:\d[\w-]*[ \t])?[^\W_][\w.'’#-]*(?:[ \t][^\W_][\w.'’#-]*){{0,5}}{_UNIT}(?=[ \t]*(?:[,|;\"\n]|$|[ \t]{{2}}))"
)
_HINTS = ("address", "street", "addr", "residence")


def streets_before_towns(text: str, towns: Sequence[Span]) -> Iterator[Span]:
    """Yield the streets with a number that stand right before a town: 46 Erika Mountain, Orange.

    Args:
        text: the text.
        towns: its towns and postal codes, as they were found.
    """
    for town in towns:
        low = max(0, town.start - 70)
        if not any(c.isdigit() for c in text[low : town.start]):
            continue
        for found in _BEFORE_TOWN.finditer(text, low, town.start):
            words = found[0].split()
            if len(words) > 1 and any(c.isalpha() for c in words[1]) and "\n" not in found[0][: len(words[0]) + 2]:
                yield Span(found.start(), found.end(), "address")


def other_streets(text: str, lowered: str, tokens: Tokens) -> Iterator[Span]:
    """Yield routes, streets of other languages, streets after a label, and those with a rare name of their type."""
    if (
        "rout" in lowered
        or "hwy" in lowered
        or "highway" in lowered
        or "county r" in lowered
        or "interstate" in lowered
    ):
        for found in _ROUTE.finditer(text):
            yield Span(found.start(), found.end(), "address")
    if any(word in lowered for word in ("avenida", "calle ", "camino", "paseo", " rue ", " via ", " rua ")):
        for found in _FOREIGN.finditer(text):
            yield Span(found.start(), found.end(), "address")
    if any(word in lowered for word in _HINTS):
        for label in _LABELLED.finditer(text):
            value = _VALUE.match(text, label.end())
            if value and (any(c.isdigit() for c in value[0]) or len(value[0].split()) > 1):
                yield Span(value.start(), value.end(), "address")
    if not tokens.caseless and not _RARE_TYPES.isdisjoint(tokens.lower):
        yield from _of_rare_types(text, tokens)


def _of_rare_types(text: str, tokens: Tokens) -> Iterator[Span]:
    starts, ends = tokens.starts, tokens.ends
    unit = re.compile(_UNIT, re.IGNORECASE)
    for i, word in enumerate(tokens.lower):
        if word not in _RARE_TYPES or not i or text[ends[i - 1] : starts[i]] != " ":
            continue
        first = i - 1
        while first and i - first < 3 and text[ends[first - 1] : starts[first]] in (" ", ". "):
            first -= 1
        number = re.search(r"(?<![\w/.$:-])\d{1,5}[A-Z]?[ \t]$", text[max(0, starts[first] - 8) : starts[first]])
        if number is None:
            continue
        rest = unit.match(text, ends[i])
        assert rest is not None
        yield Span(starts[first] - len(number[0]), rest.end(), "address")
