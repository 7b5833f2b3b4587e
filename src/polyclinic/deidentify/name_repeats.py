"""Names once more: those found before, names in lower case, initials of those who dictated, typed or signed."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import (
    COMMON,
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
)
from polyclinic.deidentify.name_context import NameContext
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, stands_alone

# What ends the line of one who dictated and one who typed: JRS/mt, JS:kl 03/04/2024
TRAILER = re.compile(
    r"[ \t]*((?:[A-Z]{2,4}|[A-Z](?:\.[A-Z]){1,2}\.?)(?:[ ]?[/\\][ ]?[A-Za-z]{2,4}|:[a-z]{2,3}){1,2})(?=[ "
    r"\t]*(?:$|\d|[DT]:|\())"
)
# JRS/mt at the end of a line that says more before it
ENDS_LINE = re.compile(r"(?<![\w/:])([A-Z]{2,3}/[a-z]{2,3})[ \t]*$")
DICTATED = re.compile(
    r"(?<![\w.])(?:D|T|MT|Tech|Init|Initials|Typist|Typ|Trans|Dict)[ ]?:[ ]?([A-Z]{2,3}|[a-z]{2,3})(?![\w:/])"
)
DASHED = re.compile(r"[-–—~/]{1,2}[ \t]?([A-Z]{2,3}|[a-z]{2,3})[ \t]*$")
INITIALS_LABEL = re.compile(
    r"\b(?:initials|typist|transcriptionist|scribe|initialed by|initialled by|rn|signed|transcribed by|typed "
    r"by|entered by|dictated by|d/t by|by)[ \t]*[:=]?[ \t]*((?:[A-Za-z]\.?){2,3})(?=[\s,;.)]|$)",
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
# His son mark here: a word of the lists that is also a word needs one of these behind it.
_RELATED = re.compile(
    r"\s([a-z]{3,})\b(\s(?:here|at|in|is|was|called|states|says|said|updated|present|who|will|and|has|came)\b|,)?"
)
_NEXT_WORD = re.compile(r"\s([a-z]+)\b")
_LOWER_TITLES = ("dr ", "dr. ", "mr ", "mr. ", "mrs", "ms ", "ms. ", "miss ", "prof", "doctor ", "nurse ", "drs ")
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
        "lpn phd mid"
    )
)


# With what names of towns begin, and some of people: Port Nancyside
OPENERS = frozenset(
    words_of(
        "port lake east west north south new fort ft mt mount mountain san santa santo los las el la le saint st "
        "ste upper "
        "lower old big little grand glen bay point cape isle coeur truth great long palm cedar rock white royal"
    )
)


class NameRepeats(NameContext):
    """Names beside those that begin with a capital and a reason of their own."""

    def _again(self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool]) -> list[Span]:
        """Return where parts of the names that were found stand again."""
        known: set[str] = set()
        inside: set[int] = set()
        for first, last in found:
            for j in range(first, last + 1):
                inside.add(j)
                bit = tokens.bits[j]
                if (
                    len(tokens.lower[j]) > 2
                    and not bit & (STOP | SUFFIX | PARTICLE | TITLE)
                    and (bit & NAME or not bit & COMMON)
                    and tokens.lower[j] not in OPENERS
                ):
                    known.add(tokens.lower[j])
        if not known:
            return []
        spans = []
        for i, word in enumerate(tokens.lower):
            if word not in known or i in inside or shut[i]:
                continue
            bit = tokens.bits[i]
            if self.is_thing(tokens, i):
                continue
            if bit & (COMMON | WORD | EPONYM | STATE | MONTH):
                if tokens.caseless or (self.starts_sentence(tokens, i) and bit & (COMMON | MONTH)):
                    continue
                if tokens.text[tokens.starts[i] : tokens.ends[i]].isupper() and bit & COMMON:
                    continue
            spans.append(Span(tokens.starts[i], tokens.ends[i], "name"))
        return spans

    def _lower_case(self, tokens: Tokens, found: list[tuple[int, int]]) -> list[Span]:
        """Return names in lower case in a text that has capitals: after titles, from the lists, and found "
        "ones again."""
        if tokens.caseless:
            return []
        text = tokens.text
        spans = []
        titled = any(title in text for title in _LOWER_TITLES)
        for match in self.lower_title.finditer(text) if titled else ():
            words = match[1].split()
            if match.start() and text[match.start() - 1].isalnum():
                continue
            bit = self.lexicon.get(words[0].removesuffix("'s"), 0)
            if (
                bit & (STOP | SOFT_TITLE)
                or (bit & COMMON and not bit & NAME)
                or (
                    bit & COMMON
                    and match[0].startswith("ms")
                    and not text[max(0, match.start() - 2) : match.start()].strip()[-1:].isdigit()
                )
                or len(words[0]) < 2
            ):
                continue
            start = match.start(1)
            end = start + len(words[0].removesuffix("'s").removesuffix("’s"))
            if (
                len(words) > 1
                and bit & GIVEN
                and (second := self.lexicon.get(words[1], 0)) & FAMILY
                and not second & (WORD | COMMON | STOP)
            ):
                end = match.end(1)
            spans.append(Span(start, end, "name"))
        for relation in self.relations & tokens.words:
            place = text.find(f"{relation} ")
            while place >= 0:
                related = _RELATED.match(text, place + len(relation))
                if related is not None and not text[place - 1 : place].isalnum():
                    bit = self.lexicon.get(related[1], 0)
                    if bit & GIVEN and not bit & STOP and (not bit & COMMON or related[2]):
                        spans.append(Span(related.start(1), related.end(1), "name"))
                place = text.find(f"{relation} ", place + 1)
        known = {
            tokens.lower[j]
            for a, b in found
            for j in range(a, b + 1)
            if len(tokens.lower[j]) > 3 and not tokens.bits[j] & (COMMON | WORD | STOP | EPONYM)
        }
        for word in {w for w in known if stands_alone(w, tokens.lowered)} | (self.plain_given & tokens.words):
            place = text.find(word)  # in lower case it hardly ever stands there
            while place >= 0:
                end = place + len(word)
                before, behind = text[place - 1 : place], text[end : end + 1]
                if not (before.isalnum() or before in ("-", "_") or behind.isalnum() or behind in ("-", "_")):
                    following = _NEXT_WORD.match(text, end)
                    if following and (bit := self.lexicon.get(following[1], 0)) & FAMILY:
                        end = end if bit & (WORD | COMMON | STOP) else following.end()
                    spans.append(Span(place, end, "name"))
                place = text.find(word, place + 1)
        return spans

    def _initials(self, text: str) -> list[Span]:
        """Return initials at the end of a text: who dictated, who typed, who signed."""
        tail = max(0, len(text) - 420)
        spans = []
        place = tail
        for line in text[tail:].split("\n"):
            if len(line) < 64 and line.strip():
                if (found := TRAILER.match(line)) and not _SLASHED.search(found[1]):
                    spans.append(Span(place + found.start(1), place + found.end(1), "name"))
                if "/" in line and (found := ENDS_LINE.search(line)) and not _SLASHED.search(found[1]):
                    spans.append(Span(place + found.start(1), place + found.end(1), "name"))
                if ("-" in line or "/" in line or "–" in line or "~" in line) and (found := DASHED.search(line)):
                    before = line[found.start() - 1 : found.start()] if found.start() else ""
                    if found[1].lower() not in _NO_INITIALS and not before.strip():
                        spans.append(Span(place + found.start(1), place + found.end(1), "name"))
            place += len(line) + 1
        for found in DICTATED.finditer(text, tail):
            if found[1].lower() not in _NO_INITIALS:
                spans.append(Span(found.start(1), found.end(1), "name"))
        staff = any(word in text for word in _STAFF)
        for m in INITIALS_OF_STAFF.finditer(text) if staff else ():
            if m[1] not in _DEPARTMENTS and not text[m.start() - 1 : m.start()].strip(" \t\n("):
                spans.append(Span(m.start(1), m.end(1), "name"))
        if " by " in text or " BY " in text or " per " in text or "w/ " in text:
            for m in INITIALS_AFTER_BY.finditer(text):
                if m[1] not in _DEPARTMENTS or " AT " in text[m.end() : m.end() + 4]:
                    spans.append(Span(m.start(1), m.end(1), "name"))
        lowered = text[tail:].lower()
        announced = any(word in lowered for word in _ANNOUNCES_INITIALS)
        for m in INITIALS_LABEL.finditer(text, tail) if announced else ():
            if (
                m[1].replace(".", "").isupper()
                or text[m.start() : m.end()].lower().startswith(("initial", "typist", "transcri", "scribe", "typed"))
            ) and m[1].lower() not in _NO_INITIALS:
                spans.append(Span(m.start(1), m.end(1), "name"))
        return spans
