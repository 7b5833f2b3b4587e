"""Initials of those who dictated, typed, signed: by their place, or because a name in the same text has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CREDENTIAL, STOP, TITLE
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places

# What ends the line of one who dictated and one who typed: JRS/mt, JS:kl 03/04/2024
TRAILER = re.compile(
    r"[ \t]*((?:[A-Z]{2,4}|[A-Z](?:\.[A-Z]){1,2}\.?)(?:[ ]?[/\\][ ]?[A-Za-z]{2,4}|:[a-z]{2,3}){1,2})(?=[ "
    r"\t]*(?:$|\d|[DT]:|\())"
)
# JRS/mt at the end of a line that says more before it
ENDS_LINE = re.compile(
    r"(?<![\w/:])([A-Z]{2,3}/[a-z]{2,3}|(?:(?<=\. )|^)[A-Z][A-Za-z]{1,2}:[a-z]{2,3}|(?:(?<=; )|"
    r"(?<=\d ))[A-Z]{2,3}/[A-Z]{2})[ \t]*$"
)
DICTATED = re.compile(
    r"(?<![\w.])(?:D|T|MT|Tech|Init|Initials|Typist|Typ|Trans|Dict)[ ]?:[ ]?([A-Z]{2,3}|[a-z]{2,3})(?![\w:/])"
)
DASHED = re.compile(r"[-–—~/]{1,2}[ \t]?([A-Z]{2,3}|[a-z]{2,3})[ \t]*$")
INITIALS_LABEL = re.compile(
    r"\b(?:initials|typist|transcriptionist|scribe|initialed by|initialled by|rn|signed|transcribed(?: by)?|typed "
    r"(?: by)?|entered by|dictated by|d/t by|by)[ \t]*[:=]?[ \t]*((?:[A-Za-z]\.?){2,3})(?=[\s,;.)]|$)",
    re.IGNORECASE,
)
# w/ JLT rn
INITIALS_OF_STAFF = re.compile(r"([A-Z]{2,3}),?\s(?:rn|RN|lpn|LPN|cna|CNA|PharmD|pharmd|PA-C|CRNA|APRN|NP|RRT|rrt)\b")
INITIALS_AFTER_BY = re.compile(
    r"\b(?:BY|By|by|per|PER|w/)\s([A-Z]{2,3})(?=\s(?:AT|at|ON|on|@)\s\d|[ ]?\d{1,2}[:/]\d|\s(?:rn|RN|md|MD)\b)"
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
        "lpn phd mid bsn msn adn cma crt cna lvn crna aprn emt rph hha cm sw hs se ma ms cc re dx rx hx"
    )
)


# Two or three capitals at the end of a line or field, or with those of another behind a stroke: RLB/KF
CAPITALS = re.compile(
    r"([A-Z]{2,3})(?:\s?[/:]\s?([A-Za-z]{2,3})(?![\w/]))?(?=[ \t]{2}| / |[ \t.)\]]*(?:\n|$)|,\s[A-Z])"
)


# Where one of the above may begin.
PATTERNS = {
    "by": (r"\bby\s[A-Z]", r"\bper\s[A-Z]", r"\bw/\s[A-Z]"),
    "dictated": tuple(
        rf"\b{word}{sign}"
        for word in ("D", "T", "MT", "Tech", "Init", "Initials", "Typist", "Typ", "Trans", "Dict")
        for sign in (":", " :")
    ),
    # at the last of the capitals
    "staff": tuple(
        rf"[A-Z]{sign}\s{word}"
        for word in ("rn", "lpn", "cna", "pharmd", "PA-C", "CRNA", "APRN", "NP", "rrt")
        for sign in ("", ",")
    ),
}


def initials_of(tokens: Tokens, found: Iterable[tuple[int, int]]) -> set[str]:
    """Return the initials that names of two words and more have, in capitals, also with the family first."""
    known: set[str] = set()
    for first, last in found:
        letters = [tokens.text[tokens.starts[j]] for j in range(first, last + 1)]
        if 2 <= len(letters) <= 4:
            known.update(
                "".join(part).upper() for part in (letters, letters[1:] + letters[:1], letters[:1] + letters[-1:])
            )
            known.add((letters[1] + letters[0]).upper())
    return known


def _capitals(text: str, known: set[str]) -> Iterator[re.Match[str]]:
    """Yield what `CAPITALS.finditer` yields, as far as it may be initials that are known."""
    places = []
    for letters in known:
        place = text.find(letters)
        while place >= 0:
            if not place or not text[place - 1].isalnum():
                places.append(place)
            place = text.find(letters, place + 1)
    if any("/" in (near := text[max(0, place - 2) : place]) or ":" in near for place in places):
        return CAPITALS.finditer(text)  # it may be the second of a pair
    return at_places(CAPITALS, text, sorted(places))


def find_known_initials(tokens: Tokens, known: set[str]) -> list[Span]:
    """Return where the initials of names stand that the text has: in a signature, a list of who did what.

    Args:
        tokens: words of the text.
        known: from `initials_of`.
    """
    text = tokens.text
    spans = []
    for found in _capitals(text, known):
        start = found.start()
        if found[1] not in known or (start and (text[start - 1].isalnum() or text[start - 1] in "_/.&'-")):
            continue
        before = text[max(0, found.start() - 12) : found.start()]
        sign = before.rstrip(" \t")[-1:]
        if found[2] is not None:
            alone = sign in ("", "\n") and text[found.end() : found.end() + 1] in ("", "\n")
            if (not alone and found[2].lower() in _NO_INITIALS) or (
                not alone and _SLASHED.search(f"{found[1]}/{found[2]}")
            ):
                continue
            spans.append(Span(found.start(1), found.end(2), "name"))
        elif (
            sign in ("-", "~", "–", "—", "/", ")")
            or (sign in ("", "\n") and text[found.end() : found.end() + 1] in ("", "\n", ","))
        ) or (
            found[1].lower() not in _NO_INITIALS
            and (
                len(found[1]) > 2
                or text[found.end() : found.end() + 3] == " / "
                or before.endswith(("  ", ". ", "by ", "BY ", ": "))
            )
            and found[1] not in _DEPARTMENTS
        ):
            if found[1].lower() in _NO_INITIALS and len(found[1]) == 2 and sign not in ("-", "~", "–", "—"):
                continue
            spans.append(Span(found.start(1), found.end(1), "name"))
    return spans


def find_initials(tokens: Tokens, lexicon: Mapping[str, int]) -> list[Span]:
    """Return initials at the end of a text: who dictated, who typed, who signed."""
    text, hits = tokens.text, tokens.hits
    tail = max(0, len(text) - 600)
    spans = []
    place = tail
    for line in text[tail:].split("\n"):
        if len(line) > 63 and (found := ENDS_LINE.search(line, len(line) - 12)) and not _SLASHED.search(found[1]):
            spans.append(Span(place + found.start(1), place + found.end(1), "name"))
        if len(line) < 64 and line.strip():
            if place and (found := TRAILER.match(line)) and not _SLASHED.search(found[1]):
                spans.append(Span(place + found.start(1), place + found.end(1), "name"))
            if ("/" in line or ":" in line) and (found := ENDS_LINE.search(line)) and not _SLASHED.search(found[1]):
                spans.append(Span(place + found.start(1), place + found.end(1), "name"))
            if (
                place
                and ("-" in line or "/" in line or "–" in line or "~" in line)
                and (found := DASHED.search(line))
            ):
                before = line[found.start() - 1 : found.start()] if found.start() else ""
                if found[1].lower() not in _NO_INITIALS and not before.strip():
                    spans.append(Span(place + found.start(1), place + found.end(1), "name"))
        place += len(line) + 1
    for found in at_places(DICTATED, text, [at for at in hits.get("dictated", ()) if at >= tail]):
        if found[1].lower() not in _NO_INITIALS:
            spans.append(Span(found.start(1), found.end(1), "name"))
    staff = hits.get("staff", ())
    if staff and not any(word in text for word in _STAFF):
        staff = ()
    capitals = sorted({at - size for at in staff for size in (2, 1) if at >= size})
    for m in at_places(INITIALS_OF_STAFF, text, capitals):
        if m[1] not in _DEPARTMENTS and not text[m.start() - 1 : m.start()].strip(" \t\n("):
            spans.append(Span(m.start(1), m.end(1), "name"))
    by = hits.get("by", ())
    if by and (" by " in text or " BY " in text or " per " in text or "w/ " in text):
        for m in at_places(INITIALS_AFTER_BY, text, by):
            if m[1] not in _DEPARTMENTS or " AT " in text[m.end() : m.end() + 4]:
                spans.append(Span(m.start(1), m.end(1), "name"))
    lowered = text[tail:].lower()
    announced = any(word in lowered for word in _ANNOUNCES_INITIALS)
    for m in INITIALS_LABEL.finditer(text, tail) if announced else ():
        if (
            m[1].replace(".", "").isupper()
            or text[m.start() : m.end()].lower().startswith(("initial", "typist", "transcri", "scribe", "typed"))
        ) and not (
            m[1].lower() in _NO_INITIALS
            or (":" not in m[0] and lexicon.get(m[1].lower(), 0) & (STOP | TITLE | CREDENTIAL))
        ):
            spans.append(Span(m.start(1), m.end(1), "name"))
    return spans
