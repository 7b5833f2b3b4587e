"""Lines and paragraphs of marked text: lists, British spelling, and the slips of a hurried hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random

from polyclinic.corpus.invented_notes.marked_text import CLOSE, FIRST

_MARKED = re.compile(f"([{chr(FIRST)}-{chr(FIRST + 63)}][^{CLOSE}]*{CLOSE})")
_BRITISH = {
    "emoglobin": "aemoglobin",
    "edema": "oedema",
    "nemia": "naemia",
    "rthopedic": "rthopaedic",
    "iarrhea": "iarrhoea",
    "emorrhag": "aemorrhag",
    "schemic": "schaemic",
    "Tylenol": "paracetamol",
    "Pediatric": "Paediatric",
    "Gynecolog": "Gynaecolog",
    "esophag": "oesophag",
    "fiber": "fibre",
    "color": "colour",
    "emergency department": "A&E",
    "primary care": "general practice",
    "tumor": "tumour",
    "Anesthesi": "Anaesthesi",
    "anesthesi": "anaesthesi",
    "ematoma": "aematoma",
    "hypoglycemi": "hypoglycaemi",
}


def outside(marked: str, change: re.Pattern[str] | None = None, words: dict[str, str] | None = None) -> str:
    """Replace `words` outside of identifiers (and, with `change`, drop what it matches)."""
    pieces = _MARKED.split(marked)
    for place in range(0, len(pieces), 2):
        for old, new in (words or {}).items():
            pieces[place] = pieces[place].replace(old, new)
        if change is not None:
            pieces[place] = change.sub("", pieces[place])
    return "".join(pieces)


def british(marked: str) -> str:
    """Spell as British hospitals do."""
    return outside(marked, words=_BRITISH)


def hurried(random: Random, marked: str, lower: bool, slips: float) -> str:
    """Write as one types in a hurry: in lower case if `lower`, with slips in this share of the long words.

    Identifiers keep their letters; in lower case they lose their capitals, too.
    """
    pieces = _MARKED.split(marked)
    for place in range(0, len(pieces), 2):
        words = re.split(r"(\s+)", pieces[place])
        pieces[place] = "".join(_slip(random, word) if random.random() < slips else word for word in words)
    text = "".join(pieces)
    return text.lower() if lower else text


def _slip(random: Random, word: str) -> str:
    if len(word) < 6 or not word.isalpha():
        return word
    place = random.randint(2, len(word) - 2)
    kind = random.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]


def sentences(lines: Iterable[str]) -> str:
    """Join sentences to a paragraph; each begins with a capital."""
    return " ".join(capital(line) for line in lines if line)


def capital(marked: str) -> str:
    """Make the first letter a capital, unless an identifier begins the text."""
    return marked[:1].upper() + marked[1:]


def listed(lines: Iterable[str], sign: str = "-") -> str:
    """Return a list, one a line; the sign "1" counts."""
    rows = list(lines)
    if sign == "1":
        return "\n".join(f"{number}. {row}" for number, row in enumerate(rows, 1))
    return "\n".join(f"{sign} {row}" for row in rows)


def inline(lines: Iterable[str]) -> str:
    """Return a list in one line, as it is dictated."""
    return ", ".join(line.rstrip(".") for line in lines) + "."


def clean(marked: str) -> str:
    """Drop spaces at the ends of lines and more than one empty line in a row."""
    text = re.sub(r"[ \t]+\n", "\n", marked.strip() + "\n")
    return re.sub(r"\n{3,}", "\n\n", text)
