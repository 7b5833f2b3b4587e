"""Which words of a text are names of people: where the tagger's weights say so, and what stands beside, or again.

The weights judge each word by itself. What they cannot see is added here: a word that was taken for a name elsewhere
in the text counts as one again, when the weights leave room for it; so does one beside a very sure name; and what
stands between two words of a name belongs to it. Institutions and towns that only the weights find are named too: a
word whose shares are split between them is the likeliest.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence, Set

from polyclinic.deidentify.lexicon import COMMON, EPONYM, FAMILY, NAME, SOFT_TITLE, STATE, STOP, TITLE
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tagger.weights import Candidate

# Share of name at which a word is one; recall counts for more than precision. Of notes of authors who had not taught
# the weights a quarter of the words just above them were names.
LEAST = 0.2
LEAST_UNLISTED = 0.15  # for a word of no list
LEAST_LISTED = 0.3  # for one of the lists of names with a capital
LEAST_BOTH = 0.25  # if it is an ordinary word or an eponym too
LEAST_FUNCTION_WORD = 0.5  # for So and Oh, which begin sentences of dialogues
LEAST_CAPITALS = 0.4  # for one of the lists in capitals
LEAST_SMALL_NAME = 0.5  # and in lower case
LEAST_PLACE = 0.5  # share of name, institution, town and street together at which it is the likeliest of them
LEAST_ORDINARY = 0.6  # the same for an ordinary word, and one that medicine uses for things
LEAST_SMALL = 0.7  # and for one without a capital
LEAST_ALONE = 0.9  # the share of an institution that an ordinary word needs that is its whole name
LEAST_TOWN = 0.35  # share at which it belongs to a town
SURE = 0.6  # share at which a word is looked for again
AGAIN = 0.1  # share that a word needs that is a name elsewhere in the text
BESIDE = 0.07  # share that a word with a capital needs beside one that has
VERY_SURE = 0.8  # of name
BESIDES = (" ", ", ", "/", " / ", " & ", " and ", "+", " + ")  # what stands between
INITIAL_BEHIND = 0.1  # share that a capital letter needs right behind a name and a comma
LEAST_LETTER = 0.6  # share at which a letter by itself is somebody's initial
BETWEEN = re.compile(r"|[ \t]{1,2}|-|, ?|\^|\.[ \t]?|\. ?-|/|['’]|[ \t]?\n[ \t]{0,3}(?=[A-Z])")
WORD = re.compile(r"[^\W\d_]+")
DIRECTION = re.compile(r" (?:the|a|an)\b")  # behind a verb
OF_STATES = re.compile(
    r"(?:West Virginia|(?:North|South) (?:Carolina|Dakota)|New (?:York|Jersey|Mexico|Hampshire|Zealand)|Rhode Island|"
    r"(?:West|East|Gulf|Ivory) Coast|Northern Ireland)\b"
)  # and of regions, which may stand
OTHER_SCRIPT = re.compile(r"[^\x00-\u024f\u0300-\u036f\u1e00-\u1eff\u2000-\u206f]")
CAPITAL_SHAPES = (10, 12, 13, 15, 16)
INITIAL, SMALL, CAPITAL = 10, 14, 15
CAPITALS = (12, 13)  # up to three letters, and more
LISTED_BITS = (1 << 20) - 1  # of the lexicon


def find_names(
    text: str,
    candidates: Sequence[Candidate],
    closed: Sequence[Span],
    generic: Set[str] = frozenset(),
    things: Set[str] = frozenset(),
    *,
    capitals_only: bool = False,
) -> list[Span]:
    """Return the names in a text, and the institutions and towns that only the weights find.

    Args:
        text: the text.
        candidates: its words, from `Tagger.find`.
        closed: what was found already, in order; words in it are no names.
        generic: words in lower case that make no institution, however many of them stand together.
        things: words before which an institution or a town is none: the Philadelphia chromosome.
        capitals_only: whether words in lower case are no names: in a language that the weights were not taught.
    """
    shut = bytearray(len(text) + 1)
    for span in closed:
        shut[span.start : span.end] = b"\1" * (span.end - span.start)
    left = [
        one for one in candidates if not shut[one.start] and not (capitals_only and one.shape not in CAPITAL_SHAPES)
    ]
    if not text.isascii():  # letters that the weights were not taught are for the gate
        left = [one for one in left if not OTHER_SCRIPT.search(text, one.start, one.end)]
    sure = {one.hash for one in left if one.name >= SURE and one.end - one.start > 2 and one.hash}
    beside = _beside_names(text, left)
    spans: list[Span] = []
    last: Candidate | None = None
    for one in left:
        kind = "name" if one.start in beside else _type_of(text, one, sure)
        if kind is None and spans and _is_initial_behind(text, one, spans[-1]):
            kind = "name"
        if kind is None:
            continue
        start, end = one.start, one.end
        if end - start > 2 and text[end - 2 : end] in ("'s", "’s", "`s"):
            end -= 2
        if kind == "name" and one.shape == INITIAL and text[end : end + 1] == ".":
            end += 1
        before = spans[-1] if spans else None
        if (
            before is not None
            and last is not None
            and before.type == kind
            and one.token - last.token < 4
            and BETWEEN.fullmatch(text, before.end, start)
            and not any(shut[before.end : start])
        ):
            spans[-1] = Span(start if last.bits & TITLE and last.start == before.start else before.start, end, kind)
        else:
            spans.append(Span(start, end, kind))
        last = one
    weak = {(one.start, one.end) for one in left if one.bits & COMMON and one.institution < LEAST_ALONE}
    return [
        span
        for span in spans
        if span.type == "name"
        or (
            _has_own_word(text, span, generic)
            and not _before_thing(text, span, things)
            and not (span.type == "institution" and (span.start, span.end) in weak)
        )
    ]


def _type_of(text: str, one: Candidate, sure: set[int]) -> str | None:
    """Return the type that a word is taken for, None for none."""
    if one.bits & (TITLE | SOFT_TITLE) and not one.bits & FAMILY:
        return None
    if not one.hash and not _beside_letter(text, one):
        return None  # digits
    before = text[max(0, one.start - 8) : one.start].rstrip(" \t")[-1:]
    if one.bits & COMMON and before in ("", "\n", ".", "!", "?", ":") and DIRECTION.match(text, one.end):
        return None  # Mark the site.
    letter = one.end - one.start == 1 and not (one.bits_before & NAME and text[one.start - 1] in " ,-")
    least = LEAST_LETTER if letter and text[one.end : one.end + 1] not in (".", " ", "-") else _least_of(one)
    if one.name >= least or (one.name >= AGAIN and one.hash in sure):
        return "name"
    if letter or one.bits & STATE or OF_STATES.match(text, one.start):
        return None
    ordinary = bool(one.bits & (COMMON | EPONYM))
    least = LEAST_PLACE if not ordinary else LEAST_SMALL if one.shape == SMALL else LEAST_ORDINARY
    if one.name + one.institution + one.town + one.street >= least:
        return max((one.institution, "institution"), (one.town, "city"), (one.name, "name"))[1]
    return "city" if one.town >= LEAST_TOWN and not ordinary else None


def _least_of(one: Candidate) -> float:
    """Return the share of name at which a word is one, by what the lists say of it and how it is written."""
    if one.bits & STOP and one.shape == CAPITAL:
        return LEAST_FUNCTION_WORD
    if one.bits & NAME:
        ordinary = bool(one.bits & (COMMON | EPONYM))
        if one.shape == SMALL:
            return LEAST_CAPITALS if ordinary else LEAST_SMALL_NAME
        if one.shape in CAPITALS:
            return LEAST_CAPITALS
        return LEAST_BOTH if ordinary else LEAST_LISTED if one.shape == CAPITAL else LEAST
    if one.shape == CAPITALS[1]:
        return LEAST_LISTED
    return LEAST_UNLISTED if not one.bits & LISTED_BITS else LEAST


def _beside_names(text: str, candidates: Sequence[Candidate]) -> set[int]:
    """Return where words with a capital begin that stand beside a very sure name: Lazarus Pink; Swan, Thea."""
    beside = set()
    for one, other in itertools.pairwise(candidates):
        if text[one.end : other.start] not in BESIDES:
            continue
        for weak, strong in ((one, other), (other, one)):
            if (
                strong.name >= VERY_SURE
                and BESIDE <= weak.name < LEAST
                and weak.hash
                and weak.shape in CAPITAL_SHAPES
            ):
                beside.add(weak.start)
    return beside


def _is_initial_behind(text: str, one: Candidate, before: Span) -> bool:
    """Say whether a capital letter stands behind a name and a comma: LUNDQUIST, P A NEG."""
    return (
        one.shape == INITIAL
        and one.name >= INITIAL_BEHIND
        and before.type == "name"
        and text[before.end : one.start] in (", ", ",")
        and not text[one.end : one.end + 1].isdigit()
    )


def _beside_letter(text: str, one: Candidate) -> bool:
    """Say whether digits stand beside a letter: what a scanner makes of a letter does."""
    return text[one.start - 1 : one.start].isalpha() or text[one.end : one.end + 1].isalpha()


def _has_own_word(text: str, span: Span, generic: Set[str]) -> bool:
    return any(word[0].lower() not in generic for word in WORD.finditer(text, span.start, span.end))


def _before_thing(text: str, span: Span, things: Set[str]) -> bool:
    following = WORD.match(text, span.end + 1)
    return following is not None and text[span.end] == " " and following[0].lower() in things
