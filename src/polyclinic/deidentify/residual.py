"""The residual gate: what in a text, outside of what was found, may still be an identifier.

It asks the opposite of the rule layer: not whether something is an identifier, but whether it is known to be none. A
capitalised word that no list of ordinary words knows, a long number without a unit, the name of a label whose value
was not found, letters of a script the rules do not read: each is a reason not to send a document away. It fails
closed: what it cannot judge is suspicious.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from polyclinic.deidentify.detect import TAG, Rules
from polyclinic.deidentify.lexicon import (
    COMMON,
    CREDENTIAL,
    EPONYM,
    FAMILY,
    GIVEN,
    NAME,
    STATE,
    STOP,
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.number_labels import CODE_BEFORE, PUBLIC_CODE, UNIT
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

LONG_NUMBER = re.compile(r"\d(?<![\w.,]\d)(?:[\d]|[-. ](?=\d)){5,}\d(?![\d,]*[.,]\d)")
AT_SIGN = re.compile(r"\S+@\S*|\S*@\S+")
LABEL = re.compile(
    r"\b(?:mrn|ssn|social security|date of birth|dob|d\.o\.b\.|patient name|phone|telephone|fax|e-?mail|home "
    r"address|account|acct|"
    r"medical record|policy|member id|driver'?s licen[cs]e|next of kin|passport)\b[^\S\n]*(?:number|no\.?|#|"
    r"is|was)?[^\S\n]*[:#]?[^\S\n]*(?=\w*\d)",
    re.IGNORECASE,
)
DATE_LIKE = re.compile(
    r"(?<![\w./-])\d{1,2}([/.-])\d{1,2}\1\d{2,4}(?![\w/-]|\.\d)|(?<!\d)(?:19|20)\d{2}-\d{2}-\d{2}(?!\d)"
)
TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\b\.?\s+(?=[A-Z][a-z])")
HIDDEN = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff]"
)
# Endings of words of medicine, where a list never ends.
MEDICAL_ENDING = re.compile(
    r"(?:gram|graphy|scopy|scopic|itis|osis|oses|ectomy|otomy|ostomy|plasty|emia|aemia|uria|pathy|ology|"
    r"ologist|oma|omas|algia|genic|"
    r"megaly|trophy|philia|penia|phagia|pnea|rrhea|rrhage|rrhagia|lysis|cyte|cytes|cytic|cytosis|mycin|cillin|"
    r"cycline|floxacin|azole|"
    r"prazole|sartan|statin|olol|pril|dipine|zepam|zolam|barbital|caine|setron|triptan|gliptin|glutide|"
    r"gliflozin|parin|xaban|gatran|"
    r"mab|nib|vir|virine|azine|idone|apine|oxetine|tidine|lukast|terol|sone|solone|onide|formin|glitazone|"
    r"thiazide|semide|lactone|"
    r"dronate|fenac|profen|oxicam|coxib|codone|morphone|fentanil|ine|ide|ate|ol|ium|ase|ate|ans|tion|tions|"
    r"ment|ness|ity|ing|ings|"
    r"able|ible|ally|ously|ively|ical|ular|eal|oid|ous|ive|less|ful|ized|ised|ation|ated|ates|tomy|scope|"
    r"metry|meter|plegia|paresis)$"
)
ENDINGS = ("'s", "'ve", "'ll", "'re", "'d", "n't", "s", "es", "ed", "d", "ing", "ly", "er", "al", "ic", "ally", "y")


class Suspicion(NamedTuple):
    """A place that may be an identifier, and why."""

    start: int
    end: int
    reason: str


def suspicions(text: str, spans: Sequence[Span], tokens: Tokens, rules: Rules) -> list[Suspicion]:
    """Return what is suspicious in a text outside of the identifiers that were found.

    Args:
        text: the original text.
        spans: what was found in it, in order.
        tokens: its words, from `Rules.find_with_tokens`.
        rules: that found them.
    """
    covered = bytearray(len(text))
    for start, end in [*((s.start, s.end) for s in spans), *((m.start(), m.end()) for m in TAG.finditer(text))]:
        covered[start:end] = b"\x01" * (end - start)
    found = [s for s in _all(text, tokens, rules) if not any(covered[s.start : s.end])]
    return sorted(set(found))


def _all(text: str, tokens: Tokens, rules: Rules) -> Iterator[Suspicion]:
    for match in HIDDEN.finditer(text):
        yield Suspicion(match.start(), match.end(), "a character that does not show")
    yield from _other_scripts(text)
    if "@" in text:
        for match in AT_SIGN.finditer(text):
            if re.search(r"[A-Za-z]", match[0]) and not re.fullmatch(r"@?\d.*", match[0]):
                yield Suspicion(match.start(), match.end(), "an @ beside letters")
    for match in LONG_NUMBER.finditer(text):
        digits = sum(c.isdigit() for c in match[0])
        if digits < 7 or UNIT.match(text, match.end()) or _is_row(match[0]):
            continue
        before = text[max(0, match.start() - 24) : match.start()]
        if CODE_BEFORE.search(text, match.start() - 24, match.start()) or PUBLIC_CODE.search(
            before.rpartition(" ")[2]
        ):
            continue
        yield Suspicion(match.start(), match.end(), "a long number")
    for match in DATE_LIKE.finditer(text):
        yield Suspicion(match.start(), match.end(), "digits like a date")
    for match in LABEL.finditer(text):
        value = re.compile(r"\S+").match(text, match.end())
        if value is not None and sum(c.isdigit() for c in value[0]) >= 4:
            yield Suspicion(value.start(), value.end(), "a label with a number")
    for match in TITLED.finditer(text):
        word = re.compile(r"[^\W\d_]+").match(text, match.end())
        if word is not None and not rules.lexicon.get(word[0].lower(), 0) & (STOP | TITLE):
            yield Suspicion(word.start(), word.end(), "a title before a word that was not taken for a name")
    yield from _unknown_words(text, tokens, rules)


def _unknown_words(text: str, tokens: Tokens, rules: Rules) -> Iterator[Suspicion]:
    lexicon = rules.lexicon
    for i, bit in enumerate(tokens.bits):
        word = tokens.lower[i]
        start, end = tokens.starts[i], tokens.ends[i]
        if bit & NAME and not bit & (WORD | EPONYM | STOP | COMMON) and not rules.names.is_thing(tokens, i):
            if (
                end - start > 2
                and not (text[start:end].isupper() and end - start < 5)
                and (not tokens.caseless or bit & GIVEN)
            ):
                yield Suspicion(start, end, "a word of the lists of names")
            continue
        if bit or tokens.caseless or end - start < 3:
            if (
                bit & WORD
                and bit & GIVEN
                and not tokens.caseless
                and i + 1 < len(tokens.bits)
                and _pair(text, tokens, i)
            ):
                following = tokens.bits[i + 1]
                if (
                    following & FAMILY
                    and following & WORD
                    and not (bit & COMMON and following & COMMON)
                    and not following & (STOP | STATE | CREDENTIAL | SUFFIX | EPONYM)
                    and not bit & (STOP | STATE | EPONYM)
                ):
                    yield Suspicion(start, tokens.ends[i + 1], "two words that may be a name")
            continue
        if text[start:end].isupper() or _known(word, lexicon):
            continue
        if any(c.isupper() for c in text[start + 1 : end]) and "-" not in word:
            continue  # a trade name or an abbreviation: PaO2, InnoSpire
        yield Suspicion(start, end, "a capitalised word that no list knows")


def _pair(text: str, tokens: Tokens, i: int) -> bool:
    return (
        text[tokens.ends[i] : tokens.starts[i + 1]] == " " and not text[tokens.starts[i] : tokens.ends[i]].isupper()
    )


def _known(word: str, lexicon: dict[str, int]) -> bool:
    """Say whether a word is an ordinary one, or is made of ordinary ones."""
    if lexicon.get(word, 0) & (COMMON | STOP | STATE | EPONYM):
        return True
    if "-" in word or "/" in word:
        return all(len(part) < 3 or _known(part, lexicon) for part in re.split(r"[-/]", word))
    plain = word.replace("’", "'")
    for ending in ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) > 2:
            stem = plain[: -len(ending)]
            if any(lexicon.get(form, 0) & (COMMON | STOP) for form in (stem, f"{stem}e", stem[:-1], f"{stem[:-1]}y")):
                return True
    return len(word) > 6 and MEDICAL_ENDING.search(word) is not None


def _other_scripts(text: str) -> Iterator[Suspicion]:
    """Yield runs of letters of a script that the rules do not read; Greek letters stand in medicine."""
    if text.isascii():
        return
    for match in re.finditer(r"[^\x00-\u024f\u1e00-\u1eff\u2000-\u2bff\u3000-\u303f\uff00-\uff0f]+", text):
        letters = [c for c in match[0] if c.isalpha()]
        names = {unicodedata.name(c, "").split(" ")[0] for c in letters}
        if letters and not (names <= {"GREEK", "MICRO"} and len(letters) <= 2):
            yield Suspicion(match.start(), match.end(), "letters of a script that the rules do not read")


def _is_row(number: str) -> bool:
    """Say whether digits are a row of short numbers: 120 118 122 119."""
    parts = re.split(r"[ .-]", number)
    return len(parts) > 2 and all(len(part) <= 3 for part in parts) and "-" not in number
