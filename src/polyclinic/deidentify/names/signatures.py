"""Who made an entry: initials and surnames at the ends of entries, in references, behind days and blocks of tissue.

A place alone is enough where only a person can stand: `Our ref: DH/irb`, `TRANSCRIBED 3/4 BY CC`, `-SA RN`. At the
end of a timed entry anything may stand: the letters must agree with a name of the same text, or with who signs it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import COMMON, CREDENTIAL, FAMILY, GIVEN, NAME, STOP, TITLE, WORD
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places

_DEGREE = (
    r"(?:R\.?N|LPN|LVN|CNA|CMA|MA|RMA|NA|HCA|PCT|EMT-?[BP]?|RRT|CRT|CRNA|CNM|MD|M\.D\.|DO|NP|FNP|APRN|"
    r"ARNP|PA-C|PA|PharmD|"
    r"RPh|PT|DPT|PTA|OTR(?:/L)?|OT|COTA|SLP|LCSW|LMSW|MSW|RD|RDN|BSN|MSN)"
)
# The line with which a note ends: -SA RN, Rachel S., RN, hazel pemberton rn 1/5/14 08:47
SIGN_OFF = re.compile(
    r"^[ \t]*(?P<dash>[-–—~/]{1,2}[ \t]?)?(?P<name>[^\W\d_]+[.'’-]?(?:(?:[ .'’-]|"
    r"\. )[^\W\d_]+){0,4}?\.?)(?:,[ ]?|[ ]|[ ]?\()"
    rf"(?:{_DEGREE})\b[^\n]{{0,40}}$",
    re.IGNORECASE | re.MULTILINE,
)
LONGEST_SIGN_OFF = 700  # characters from the end of the text in which the note is signed
TIME = re.compile(r"(?:[01]?\d|2[0-3])(?::[0-5]\d(?::\d\d)?|[0-5]\d)[ \t]?(?:[AaPp]\.?[Mm]\.?|h(?:rs)?)?[ \t:|>–—-]")
STAMP = re.compile(r"\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{1,4})?[ \t,@-]{1,3}")
LAST_WORDS = re.compile(
    r"(?P<stop>[.!?)\]:;,][ \t]+|[ \t]+|"
    r"[ \t]*[-–—~/]{1,2}[ \t]?)(?:(?P<given>[^\W\d_]+(?:-[^\W\d_]+)?) (?P<initial>[^\W\d_])\.|"
    r"(?P<letters>(?:[^\W\d_]\.?){2,3})|(?P<word>(?:[Vv]an |[Dd]e |[Dd]e [Ll]a |[Ee]l )?[^\W\d_][\w'’-]{2,}))"
    rf"(?:,? (?:{_DEGREE}))?[ \t)\]]*$"
)
REFERENCE = re.compile(
    r"(?i:ref(?:erence)?)(?: no\.?)?\.?[ \t]?[:#]?[ \t]*([A-Za-z]{2,4})((?:[/\\:-][A-Za-z]{2,4}){1,2})(?![A-Za-z])"
)
AFTER_BY = re.compile(
    r"(?i:by) ?(?:[:=-] ?)?([A-Z]{2,3})(?=[ \t]*(?:$|\n|[;|)]|[ \t]{2}|\.(?:\s|$)|,? (?:on|at|ON|AT|@)? ?\d))"
)
AFTER_DATE = re.compile(r",? \(([A-Z]{2,3}|[A-Z][^\W\d_]+(?:[-'’][^\W\d_]+)*)\)")
DONE = re.compile(
    r"\b(?:[a-z]{2,}(?:ed|wn)|put|done|seen|given|read|cut|set|taken|written|[A-Z]{3,}ED)\b[^\n.;:()]{0,24}$"
)
KEYED = re.compile(r" \(([a-z]{2,3}|[A-Z]{2,3})\)")
TYPED_BY = re.compile(r"^[ \t]*([A-Z]{2,4}):([a-z]{2,4})[ \t]*$", re.MULTILINE)
DOTTED = re.compile(r"^[ \t]*[-–—~]{0,2}[ \t]?((?:[A-Z]\.){2,4})[ \t]*$", re.MULTILINE)
LABELS = re.compile(
    r"\b(?:tech|technologist|technician|initials?|typist|nurse|clerk|operator|phlebotomist|"
    r"scribe)[ ]?:[ ]?([A-Z]{2,3})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
# Where one of the above may begin, for the vocabulary; `by` with a capital is asked for by `initials`.
PATTERNS = {
    "reference": (r"\bref",),
    "by_colon": (r"\bby:", r"\bby :"),
    "dotted": ("[A-Z].[A-Z].",),
    "typed by": ("[A-Z]:[a-z]",),
    "who": tuple(
        rf"\b{word}{sign}"
        for word in words_of(
            "tech technologist technician initial initials typist nurse clerk operator phlebotomist scribe"
        )
        for sign in (":", " :")
    ),
    "degree": tuple(
        rf"\b{word}"
        for word in words_of(
            r"rn\b r.n\b lpn\b lvn\b cna\b cma\b ma\b rma\b na\b hca\b pct\b emt rrt\b crt\b crna\b cnm\b md\b m.d. "
            r"do\b np\b fnp\b aprn\b arnp\b pa\b pharmd\b rph\b pt\b dpt\b pta\b otr\b ot\b cota\b slp\b lcsw\b "
            r"lmsw\b msw\b rd\b rdn\b bsn\b msn\b"
        )
    ),
}
_SERVICES = frozenset(words_of("EMS CT MRI XR US MR IV PO SW PT OT IR OR GI ID"))
# Letters that end an entry or a field and are hardly ever a person's, unless who signs has them.
_NEVER = frozenset(words_of("md rn np pa rt er ed or us it me we he she you him her them"))
_SHORT = frozenset(
    words_of(
        "md rn np pa do am pm po iv im sc sq sl pr pt no ok as to by ed or er na bid tid qid prn and the for "
        "via rt ot st lpn cm mm ml mg kg "
        "dl hr min sec ra nc bp hr rr fr hs ac pc qd npo rom wnl nad bm dc us ct ms cc re dx rx hx tx sx fx "
        "ua cx gi gu abx gtt ivf ivp ivpb "
        "loc cpr dnr dni pcp icu pacu snf osh lle rle lue rue ble bue bil bl neg pos x1 os od ou ad au ns lr "
        "kvo sob cp abd ext wt ht in on at "
        "up out off now yes per is of it am be go ex so if an he me we us my eta tbd "
    )
)


def find_signatures(
    tokens: Tokens, lexicon: Mapping[str, int], closed: Iterable[Span], names: Iterable[str]
) -> Iterator[Span]:
    """Yield who made entries, as far as places and agreement with other names show it.

    Args:
        tokens: of the text.
        lexicon: word -> bits.
        closed: what the other rules found; only dates are looked at.
        names: the names of the text with two words or more.
    """
    text = tokens.text
    signers = list(_sign_offs(tokens, lexicon))
    yield from (span for span, _ in signers)
    people = [_letters(name) for _, name in signers]
    agreeing = {pair for pair in (*people, *map(_letters, names)) if pair[0]}
    yield from _entries(tokens, lexicon, people, agreeing)
    yield from _references(tokens)
    yield from _by(tokens)
    for span in closed:
        if span.type == "date" and (behind := _behind_date(text, span, lexicon, agreeing)):
            yield behind
    for _, end, _ in tokens.runs:  # blocks of tissue: A1-A7 (st)
        if text[end : end + 2] == " (" and (keyed := KEYED.match(text, end)):
            start = end
            while start and text[start - 1].isdigit():
                start -= 1
            if start and text[start - 1].isupper() and not text[start - 2 : start - 1].isalpha():
                yield Span(keyed.start(1), keyed.end(1), "name")
    tail = max(0, len(text) - LONGEST_SIGN_OFF)
    for found in at_places(DOTTED, text, _lines(text, tokens.hits.get("dotted", ()), tail)):
        yield Span(*found.span(1), "name")
    for found in at_places(LABELS, text, [at for at in tokens.hits.get("who", ()) if at >= tail]):
        if found[1].isupper() and found[1].lower() not in _NEVER:
            yield Span(*found.span(1), "name")
    for found in at_places(TYPED_BY, text, _lines(text, tokens.hits.get("typed by", ()), tail)):  # DS:ml
        if (found[1][0].lower(), found[1][-1].lower()) in agreeing:
            yield Span(*found.span(1), "name")
            yield Span(*found.span(2), "name")


def _letters(name: str) -> tuple[str, str]:
    """Return the first letters of given and family name, in lower case; the family may be a letter."""
    family, comma, given = name.partition(",")
    words = [word for word in re.split(r"[\s.]+", f"{given} {family}" if comma else name) if word[:1].isalpha()]
    if len(words) == 1 and len(words[0]) in (2, 3):
        return words[0][0].lower(), words[0][-1].lower()
    if len(words) < 2:
        return "", ""
    last = words[-1] if not comma else family.split()[-1]
    return words[0][0].lower(), last[0].lower()


def _agrees(letters: str, known: Iterable[tuple[str, str]]) -> bool:
    """Say whether initials may be those of one of the people; what stands between the first and the last is free."""
    plain = letters.replace(".", "").lower()
    return (plain[0], plain[-1]) in known


def _lines(text: str, places: Iterable[int], tail: int) -> list[int]:
    """Return where the lines begin in which some places are, from `tail` on."""
    begins = {text.rfind("\n", 0, place) + 1 for place in places if place >= tail}
    return sorted(begin for begin in begins if begin >= tail)


def _sign_offs(tokens: Tokens, lexicon: Mapping[str, int]) -> Iterator[tuple[Span, str]]:
    """Yield who signs at the end of a text, with a degree."""
    text = tokens.text
    lines = _lines(text, tokens.hits.get("degree", ()), max(0, len(text) - LONGEST_SIGN_OFF))
    for found in at_places(SIGN_OFF, text, lines):
        name = found["name"]
        words = [word for word in re.split(r"[\s.]+", name) if word]
        first = lexicon.get(words[0].lower(), 0)
        if len(words) == 1:
            one_case = name.isupper() or name.islower()
            if not (found["dash"] and 2 <= len(name) <= 3 and one_case):
                continue
        elif (
            len(words) > 4
            or first & (TITLE | CREDENTIAL)
            or (first and not first & NAME)
            or any(
                (bit := lexicon.get(word.lower(), 0)) & (COMMON | STOP) and not bit & NAME
                for word in words
                if len(word) > 1
            )
            or not any(
                not (bit := lexicon.get(word.lower(), 0)) or bit & GIVEN or (bit & FAMILY and not bit & WORD)
                for word in words
                if len(word) > 1
            )
        ):
            continue
        yield Span(*found.span("name"), "name"), name


def _entries(
    tokens: Tokens, lexicon: Mapping[str, int], signers: list[tuple[str, str]], agreeing: set[tuple[str, str]]
) -> Iterator[Span]:
    """Yield who signs timed entries: what ends them, where it agrees with another name, or ends several."""
    text = tokens.text
    ends = [found for line in _timed_lines(tokens) if (found := LAST_WORDS.search(text, *line)) is not None]
    if not ends:
        return
    for found in ends:  # Grace B.
        if (given := found["given"]) and lexicon.get(given.lower(), 0) & GIVEN | (not lexicon.get(given.lower(), 0)):
            signers.append((given[0].lower(), found["initial"].lower()))
            yield Span(found.start("given"), found.end("initial") + 1, "name")
    often = Counter((found["letters"] or found["word"] or "").replace(".", "").lower() for found in ends)
    families = {family for _, family in signers}
    for found in ends:
        if letters := found["letters"]:
            plain = letters.replace(".", "")
            if not (plain.isupper() or plain.islower()):
                continue
            low = plain.lower()
            if _agrees(low, signers):
                certain = low not in _SHORT or often[low] > 1 or found["stop"][:1] in ".!?"
            elif _agrees(low, agreeing):
                certain = low not in _SHORT and (not lexicon.get(low, 0) & COMMON or often[low] > 1)
            else:
                certain = (
                    often[low] > 1
                    and low not in _SHORT
                    and found["stop"][:1] in ".!?"
                    and not lexicon.get(low, 0) & COMMON
                )
            if certain:
                yield Span(*found.span("letters"), "name")
        elif word := found["word"]:
            last = word.lower().rpartition(" ")[2]
            bit = lexicon.get(last, 0) or lexicon.get(last.partition("-")[0], 0)
            if (
                bit & FAMILY
                and not bit & STOP
                and not families.isdisjoint((word[0].lower(), last[0]))
                and (word[0].isupper() or not bit & COMMON or often[word.lower()] > 1)
            ):
                yield Span(*found.span("word"), "name")


def _timed_lines(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end that begin with a time, or a day and a time."""
    text = tokens.text
    until = -1
    for start, end, _ in tokens.runs:
        if start < until or (start and text[start - 1] != "\n") or end - start > 4:
            continue
        stamp = STAMP.match(text, start)
        if TIME.match(text, stamp.end() if stamp is not None else start):
            until = text.find("\n", start)
            until = len(text) if until < 0 else until
            yield start, until


def _references(tokens: Tokens) -> Iterator[Span]:
    """Yield the initials of a line of reference: who dictated, who typed."""
    text = tokens.text
    for place in tokens.hits.get("reference", ()):
        found = REFERENCE.match(text, place)
        if found is not None and found[1].isupper() and found[1].lower() not in ("no", "mrn"):
            for group in (1, 2):
                yield Span(found.start(group) + group - 1, found.end(group), "name")


def _by(tokens: Tokens) -> Iterator[Span]:
    """Yield initials behind `by` at the end of a line or field: TRANSCRIBED 11/3/2019 BY CC."""
    text = tokens.text
    for place in (*tokens.hits.get("by", ()), *tokens.hits.get("by_colon", ())):
        found = AFTER_BY.match(text, place)
        if found is not None and found[1].lower() not in _NEVER and (text[place] == "B" or found[1] not in _SERVICES):
            yield Span(*found.span(1), "name")


def _behind_date(text: str, span: Span, lexicon: Mapping[str, int], agreeing: set[tuple[str, str]]) -> Span | None:
    """Return who did it, in parentheses behind the day: placed 8/10 (AB), copied from 12 Aug (Hunt)."""
    found = AFTER_DATE.match(text, span.end)
    if found is None:
        return None
    word = found[1]
    done = DONE.search(text, max(0, span.start - 40), span.start) is not None
    bit = lexicon.get(word.lower(), 0)
    if word.isupper():
        known = word.lower() not in _SHORT and _agrees(word, agreeing)
        fits = known or (done and word.lower() not in _NEVER | {"osh", "snf", "icu", "pacu", "or", "ir", "ct", "mri"})
    else:
        fits = done and (bool(bit & NAME) or not bit) and len(word) > 1
    return Span(*found.span(1), "name") if fits else None
