"""Licences: one name for each, however a source spells it, and what they allow.

Names are those of SPDX where there is one; `public-domain` is a work without rights, `LicenseRef-...` a
statement that SPDX does not list. What a statement does not say clearly is never taken for a permission.
"""

from __future__ import annotations

import re
from typing import Literal

Licences = Literal["any", "commercial"]

UNRECOGNISED = "LicenseRef-unrecognised"  # a statement is there, and it is none that is known
URL = re.compile(r"creativecommons\.org/(licen[cs]es|publicdomain)/([a-z0-9+-]+)(?:/(\d(?:\.\d)?))?", re.IGNORECASE)
SHORT = re.compile(r"\bcc[\s_-]*by((?:[\s_-]*(?:nc|nd|sa))*)\b[\s_-]*(?:v(?:ersion)?\.?\s*)?(\d\.\d)?", re.IGNORECASE)
WORDS = re.compile(r"creative\s+commons\s+(?:public\s+)?attribution", re.IGNORECASE)
RESERVED = re.compile(r"all rights reserved|no (?:commercial|re-?use)|©|\bcopyright\b", re.IGNORECASE)

# What allows anyone to use the work for money, as PubMed Central's commercial-use collection counts it.
PERMISSIVE = {
    name.casefold(): name
    for name in (
        *("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Unlicense", "Zlib", "PDDL-1.0", "ODC-By-1.0"),
        *("ODbL-1.0", "GFDL-1.3", "GFDL-1.2", "CC0-1.0", "OGL-UK-3.0", "etalab-2.0", "public-domain"),
    )
}
PUBLIC_DOMAIN = {"public domain", "public-domain", "publicdomain", "pd", "us government", "us-government work"}


def licence_name(statement: str) -> str:
    """Return the one name of a licence that a name, an address or a sentence states; empty for an empty statement.

    >>> licence_name("https://creativecommons.org/licenses/by-nc/4.0/")
    'CC-BY-NC-4.0'
    """
    text = " ".join(statement.split())
    if not text:
        return ""
    if addresses := list(URL.finditer(text)):
        # A statement may name a second licence, of the data or of a figure: the one that allows less is taken.
        least = min(addresses, key=lambda m: (m[1].lower() == "publicdomain", "nc" not in m[2].lower()))
        return _from_address(least[1].lower(), least[2].lower(), least[3] or "")
    known = PERMISSIVE.get(text.casefold())
    if known:
        return known
    if text.casefold() in PUBLIC_DOMAIN:
        return "public-domain"
    if re.fullmatch(r"cc[\s-]*0(?:[\s-]*1\.0)?", text, re.IGNORECASE) or re.search(r"\bcc0\b", text, re.IGNORECASE):
        return "CC0-1.0"
    if found := SHORT.search(text):
        return _creative_commons(found[1], found[2] or "")
    if found := WORDS.search(text):
        terms = re.split(r"licen[cs]e|\. ", text[found.end() : found.end() + 80], maxsplit=1)[0]
        kinds = "".join(f"-{short}" for word, short in _TERMS if re.search(word, terms, re.IGNORECASE))
        version = re.search(r"\b([1-4]\.\d)\b", text[found.end() : found.end() + 60])
        # A sentence may go on to restrict what the name did not say.
        if not kinds and re.search(r"non-?\s?commercial", text, re.IGNORECASE):
            kinds = "-NC"
        return _creative_commons(kinds, version[1] if version else "")
    if re.search(r"\bpublic domain\b", text, re.IGNORECASE) and not RESERVED.search(text):
        return "public-domain"
    if re.fullmatch(r"[A-Za-z][\w.+-]{1,60}", text):
        return text  # a name of somebody's own, kept as it is
    return UNRECOGNISED


_TERMS = ((r"non-?\s?commercial", "NC"), (r"share-?\s?alike", "SA"), (r"no-?\s?deriv", "ND"))


def allows_commercial_use(license: str) -> bool:
    """Return whether a licence surely allows commercial use; an empty or unknown one does not."""
    name = licence_name(license)
    if re.search(r"(?:^|-)NC(?:-|$)", name, re.IGNORECASE):
        return False
    return name.casefold() in PERMISSIVE or name.startswith("CC-BY")


def openness(license: str) -> int:
    """Return how free a licence leaves its reader, from 0 (unknown) to 5 (public domain)."""
    name = licence_name(license)
    if not name:
        return 0
    if name in ("public-domain", "CC0-1.0", "PDDL-1.0", "Unlicense"):
        return 5
    if not allows_commercial_use(name):
        return 1
    return 2 if "-ND" in name else 3 if "-SA" in name or name.startswith(("GFDL", "ODbL")) else 4


def _from_address(kind: str, terms: str, version: str) -> str:
    if kind == "publicdomain":
        return "CC0-1.0" if terms == "zero" else "public-domain"
    if not terms.startswith("by"):
        return UNRECOGNISED
    return _creative_commons(terms.removeprefix("by"), version)


def _creative_commons(terms: str, version: str) -> str:
    found = re.findall(r"nc|nd|sa", terms.lower())
    kinds = [kind.upper() for kind in ("nc", "nd", "sa") if kind in found]
    return "-".join(["CC-BY", *kinds, *([version if "." in version else f"{version}.0"] if version else [])])
