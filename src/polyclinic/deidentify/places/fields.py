"""Fields of places in JSON and XML, "employer": "Dean Roofing", <City>Barre</City>, and schools by their number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

_INSTITUTION = (
    r"employer|facility|hospital|clinic|school|pharmacy|organi[sz]ation|serviceprovider|agency|practice|institution"
)
_CITY = r"city|town|county|municipality|hometown"
_ADDRESS = r"street|address|line|address_?line_?\d?"
_NAMED = rf"(?:(?P<institution>{_INSTITUTION})|(?P<city>{_CITY})|(?P<address>{_ADDRESS}))(?:[_ ]?name|_?1)?"
_JSON = re.compile(
    rf"\"(?:\w*?[_ ]|home|work|patient|referring|birth)?{_NAMED}\"\s*:\s*"
    r"(?:\[\s*|\{\s*\"(?:display|name|text)\"\s*:\s*)?\"(?P<value>[^\"\n]{3,70})\"",
    re.IGNORECASE,
)
_XML = re.compile(rf"<(?:\w*?[_:])?{_NAMED}(?:\s[^<>\n]*)?>\s*(?P<value>[^<>\n]{{3,70}}?)\s*</", re.IGNORECASE)
_NOTHING = re.compile(r"none|unknown|n/?a|null|self|retired|unemployed|[\d\W]+$", re.IGNORECASE)


PATTERNS = {"json": ('":', '" :'), "xml": ("</",), "school": ("P.S.", "PS ")}


def fields(tokens: Tokens) -> Iterator[Span]:
    """Yield the values of fields whose names say that they hold a place or an institution."""
    text = tokens.text
    for name, pattern in (("json", _JSON), ("xml", _XML)):
        if name not in tokens.hits:
            continue
        for found in pattern.finditer(text):
            if not _NOTHING.match(found["value"]):
                yield Span(found.start("value"), found.end("value"), _kind(found))


def _kind(found: re.Match[str]) -> str:
    return next(kind for kind in ("institution", "city", "address") if found[kind])


_NUMBERED = re.compile(
    r"\b(?:P\.S\.|(?<=at )PS|(?<=from )PS|(?<=of )PS|(?<=attends )PS|(?<=to )PS) ?#?\d{1,3}\b(?! ?(?:cm|mm|/|\.\d|%))"
)


def numbered_schools(text: str) -> Iterator[Span]:
    """Yield public schools by their number: P.S. 118, at PS 29."""
    for found in _NUMBERED.finditer(text):
        yield Span(found.start(), found.end(), "institution")
