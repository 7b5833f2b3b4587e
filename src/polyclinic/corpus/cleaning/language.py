"""Which language a text is in: by a small model that comes with its package, or by its script alone."""

from __future__ import annotations

import functools
import re
from typing import Any

LOOKED_AT = 1000  # characters from the middle of a text; its ends are titles and addresses
FEWEST_LETTERS = 100  # below which nothing is said
LETTERS = {
    "Latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Arabic": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
    "Hangul": re.compile("[\uac00-\ud7af\u1100-\u11ff]"),
    "Kana": re.compile("[\u3040-\u30ff]"),
    "Han": re.compile("[\u4e00-\u9fff\u3400-\u4dbf]"),
}
SCRIPTS = {
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be", "kk", "mn"), ("Cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("Devanagari",)),
    **{"el": ("Greek",), "he": ("Hebrew",), "th": ("Thai",), "ko": ("Hangul",), "ja": ("Kana", "Han")},
    "zh": ("Han",),
}  # of languages that are not written in Latin letters


def middle(text: str) -> str:
    """Return the part of a text that is looked at."""
    start = max(0, (len(text) - LOOKED_AT) // 2)
    return text[start : start + LOOKED_AT]


def script_of(text: str) -> str:
    """Return the script of most letters; empty when there are too few. Han beside kana is Kana."""
    sample = middle(text)
    counts = {name: len(letters.findall(sample)) for name, letters in LETTERS.items()}
    if sum(counts.values()) < FEWEST_LETTERS:
        return ""
    if counts["Kana"] * 5 > counts["Han"] and counts["Kana"] + counts["Han"] > sum(counts.values()) / 2:
        return "Kana"
    return max(counts, key=lambda name: counts[name])


def scripts_of(language: str) -> tuple[str, ...]:
    """Return the scripts a language (BCP 47) is written in."""
    return SCRIPTS.get(language.partition("-")[0].lower(), ("Latin",))


def language_of(text: str) -> tuple[str, float]:
    """Return (language, how sure from 0 to 1) by py3langid; an empty language when there are too few letters."""
    sample = middle(text)
    if sum(character.isalpha() for character in sample) < FEWEST_LETTERS:
        return "", 0.0
    language, sure = _model().classify(sample)
    return str(language), float(sure)


@functools.cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
