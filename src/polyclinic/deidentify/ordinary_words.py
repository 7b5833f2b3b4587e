"""Whether a word is an ordinary one though no list has it: inflected, compound, or with an ending of medicine."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from polyclinic.deidentify.lexicon import COMMON, CREDENTIAL, EPONYM, STATE, STOP

# Endings that hardly any name has, where a list of medicine's words never ends.
MEDICAL_ENDING = re.compile(
    r"(?:gram|graphy|scopy|scopic|itis|ectomy|otomy|ostomy|stomy|plasty|emia|aemia|pathy|pathic|ology|ologist|"
    r"ological|"
    r"algia|megaly|trophy|trophic|philia|penia|penic|phagia|pnea|rrhea|rrhage|rrhagia|lysis|lytic|cyte|cytes|cytic|"
    r"cytosis|mycin|cillin|cycline|floxacin|azole|prazole|sartan|statin|olol|dipine|zepam|zolam|barbital|caine|"
    r"setron|"
    r"triptan|gliptin|glutide|gliflozin|parin|xaban|gatran|umab|imab|zumab|tinib|ciclib|vir|azine|oxetine|tidine|"
    r"lukast|"
    r"terol|sone|solone|formin|glitazone|thiazide|semide|dronate|fenac|profen|oxicam|coxib|codone|morphone|"
    r"tions?|ments?|ness|ally|ously|ively|ically|oscope|metry|plegia|plegic|paresis|genesis|synthesis|centesis|kinesis|genic|osis|"
    r"oses|otic|"
    r"ical|ular|oidal|oid|ative|izing|ized|ization|ectomies|ology)$"
)
PREFIX = re.compile(
    r"(?:non|post|peri|intra|extra|inter|trans|sub|supra|infra|hyper|hypo|micro|macro|multi|anti|neuro|cardio|"
    r"broncho|gastro|"
    r"entero|nephro|hepato|osteo|electro|immuno|echo|photo|radio|thrombo|over|under|pre|re|un|mis|self|bi|tri|"
    r"semi|dys|poly)-?"
)
ENDINGS = ("'s", "s", "es", "ed", "d", "ing", "ly", "less", "like", "wise")
PLAIN = COMMON | STOP | STATE | EPONYM | CREDENTIAL


@functools.lru_cache(maxsize=1 << 16)
def ends_medically(word: str) -> bool:
    """Say whether a word in lower case has an ending that hardly any name has."""
    return MEDICAL_ENDING.search(word) is not None


def is_ordinary(word: str, lexicon: Mapping[str, int]) -> bool:
    """Say whether a word in lower case is an ordinary one, or is made of ordinary ones.

    Args:
        word: in lower case.
        lexicon: word -> bits, from `make_lexicon`.
    """
    if lexicon.get(word, 0) & PLAIN:
        return True
    plain = word.replace("’", "'")
    if "-" in plain or "/" in plain:
        return all(len(part) < 2 or is_ordinary(part, lexicon) for part in re.split(r"[-/]", plain))
    for ending in ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) > 3:
            stem = plain[: -len(ending)]
            if any(lexicon.get(form, 0) & (COMMON | STOP) for form in (stem, f"{stem}e", f"{stem[:-1]}y")) or (
                len(ending) > 1 and stem[-1] == stem[-2] and lexicon.get(stem[:-1], 0) & COMMON
            ):
                return True
    if len(plain) > 6 and ends_medically(plain):
        return True
    found = PREFIX.match(plain)
    least = 5 if found is not None and found.end() < 4 else 4
    return (
        found is not None
        and len(plain) - found.end() >= least
        and bool(lexicon.get(plain[found.end() :], 0) & COMMON)
    )


def is_slip(word: str, lexicon: Mapping[str, int]) -> bool:
    """Say whether a word in no list is likely a slip, or misread, for an ordinary one: Pnuemonia, Irnpression.

    Args:
        word: in lower case.
        lexicon: word -> bits, from `make_lexicon`.
    """
    if not word.isascii():
        return False
    if "c" in word and any(lexicon.get(form, 0) & PLAIN for form in _read_as_e(word)):
        return True
    if len(word) > 4 and any(
        word.endswith(end) and lexicon.get(word[: -len(end)], 0) & COMMON
        for end in ("to", "of", "for", "with", "and", "the")
    ):
        return True  # two words run together: Returnto
    return 6 < len(word) < 30 and any(lexicon.get(form, 0) & COMMON for form in _one_off(word))


def _read_as_e(word: str) -> Iterator[str]:
    """Yield what a word may have been before a scanner read an e, or each of them, as a c: Datc, Rcturn."""
    places = [i for i, letter in enumerate(word) if letter == "c"]
    for place in places:
        yield f"{word[:place]}e{word[place + 1 :]}"
    if len(places) == 2:
        yield word.replace("c", "e")


def _one_off(word: str) -> Iterator[str]:
    """Yield the words that one slip of a hand or of a scanner makes of a word."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for i in range(len(word)):
        head, tail = word[:i], word[i + 1 :]
        yield head + tail
        for letter in letters:
            yield f"{head}{letter}{tail}"
            yield f"{head}{letter}{word[i:]}"
        if tail:
            yield f"{head}{tail[0]}{word[i]}{tail[1:]}"
    for seen, meant in (("rn", "m"), ("m", "rn"), ("cl", "d"), ("ii", "u"), ("vv", "w"), ("li", "h")):
        if seen in word:
            yield word.replace(seen, meant)
