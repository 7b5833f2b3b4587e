"""Where in a text the gate's expressions can begin: one pass of the kernel, or of Python, instead of many.

Each expression of the gate has a name here, and what it can begin with, as patterns of a vocabulary
(`pieces_of` of tokens.py). It is then tried where one of these stands, and nowhere else.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.tokens import has_plain_letters
from polyclinic.deidentify.vocabulary import Vocabulary

MONTHS = words_of(
    "january february march april june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
BEFORE_DAYS = words_of(
    "on since until till from dated date seen admitted born by thru through before after due visit f/u dob doi dos"
)
TITLES = words_of("mr mrs ms miss dr prof")
ANNOUNCING = words_of(
    "mr mrs ms miss mx dr drs prof doctor nurse rn md wife husband son daughter mother father mom dad brother "
    "sister aunt uncle cousin niece nephew grandson granddaughter grandmother grandfather grandma grandpa "
    "partner spouse neighbor neighbour roommate caregiver aide guardian pt patient signed named called dear cc "
    "attn c/o d/w pcp pmd team surgeon cardiologist neurologist oncologist attending resident per"
)
ANNOUNCING_PHRASES = (
    *("fianc", "seen by", "signed by", "dictated by", "name is", "w/", "spoke with", "spoke to", "belongings to"),
    *("released to", "social worker", "case manager"),
)
FIELDS = words_of(
    "name names employer facility place school pharmacy guardian witness contact surgeon assistant anesthesia "
    "anesthesiologist attending resident fellow provider physician author interpreter scribe agency ref req"
)
FIELD_PHRASES = ("next of kin", "witnessed")
DONE_BY = ("ed", "dictated", "written", "taken", "sent", "read", "seen")  # by
PREPOSITIONS = words_of("at from near for via through to in on off summary")
ENDS = words_of("com org net edu gov io health jpg jpeg png gif heic tif tiff dcm mp4 mov")  # behind a stop


# What an expression begins with before its patterns.
BEFORE = {
    "done_by": re.compile(r"\w*$"),
    "street": re.compile(r"\d*$"),
    "date": re.compile(r"\d*$"),
    "month": re.compile(r"(?:(?<!\d)\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?)?$", re.IGNORECASE),
    "surname_first": re.compile(r"(?:[A-Z][a-z'’-]+)?$"),
}
LONGEST_BEFORE = 40  # characters of that


@functools.cache
def gate_vocabulary() -> Vocabulary:
    """Return what the gate's expressions begin with; it is made once."""
    patterns = {
        "file_or_host": [f".{end}" for end in ENDS],
        "titled": [rf"\b{word}" + end for word in TITLES for end in (r"\s", r".\s")],
        "month": [rf"\b{month}\b" for month in MONTHS],  # digits may stand before it
        "day": [rf"\b{word}{gap}\d" for word in BEFORE_DAYS for gap in (r"\s", ":", r"\s\s", r":\s")],
        "announced": [
            *(rf"\b{word}{end}" for word in ANNOUNCING for end in (r"\s", r".\s", r",\s")),
            *(rf"\b{phrase}" for phrase in ANNOUNCING_PHRASES),
        ],
        "field": [
            *(rf"\b{word}" + end for word in (*FIELDS, *FIELD_PHRASES) for end in (":", ".", r"\s:", r"\s.")),
            *(rf"\b{word}\sby" for word in DONE_BY if word != "ed"),
        ],
        "done_by": [r"ed\sby"],  # a word before it
        "preposition": [f"\\b{word}{gap}[A-Z]" for word in PREPOSITIONS for gap in (r"\s", r"\sthe\s")],
        "initials": [
            *(f"{letters}{sign}[a-z]" for letters in ("[A-Z][A-Z]", "[A-Z][A-Z][A-Z]") for sign in "/:"),
            "([a-z][a-z]",
            *(f"by{gap}[A-Z][A-Z]" for gap in (r"\s", r":\s")),
        ],
        "surname_first": [r",\s[A-Z][a-z]"],  # a word before it
        "street": [r"\d [A-Z]", r"\d[A-Z] [A-Z]"],  # digits before it
        "date": [rf"\d{sign}\d" for sign in "/.-"],  # digits before it
    }
    return Vocabulary({}, {}, [], patterns, [], {})


def places_to_look(text: str) -> Mapping[str, Sequence[int]]:
    """Return by the name of an expression where it may begin, ascending; nothing for one that begins nowhere."""
    if not has_plain_letters(text):  # expressions that ignore case take these letters for others
        return dict.fromkeys(gate_vocabulary().patterns, range(len(text)))
    hits = gate_vocabulary().read(text).hits
    found: dict[str, Sequence[int]] = {**hits}
    for name, before in BEFORE.items():
        if name in hits:
            found[name] = sorted({_begin(text, place, before) for place in hits[name]})
    if "done_by" in hits:
        found["field"] = sorted({*found["done_by"], *hits.get("field", ())})
    return found


def _begin(text: str, place: int, before: re.Pattern[str]) -> int:
    found = before.search(text, max(0, place - LONGEST_BEFORE), place)
    return found.start() if found is not None else place
