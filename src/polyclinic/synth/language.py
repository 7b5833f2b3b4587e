"""Whether a text is in the language it should be in: by its script, then by the commonest words of eight languages.

It is a check, not a guess: what is too short to tell, or in a language it knows nothing about, passes.
"""

from __future__ import annotations

import functools
import re
from collections import Counter

SCRIPTS = {
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "Hebrew": "\u0590-\u05ff",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f",
    "Thai": "\u0e00-\u0e7f",
    "Georgian": "\u10a0-\u10ff",
    "Armenian": "\u0530-\u058f",
    "Hangul": "\u1100-\u11ff\uac00-\ud7af",
    "kana": "\u3040-\u30ff",
    "Han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
}
OF_LANGUAGE = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn"), ("Cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("Devanagari",)),
    **dict.fromkeys(("he", "yi"), ("Hebrew",)),
    **{"el": ("Greek",), "bn": ("Bengali",), "ta": ("Tamil",), "te": ("Telugu",), "th": ("Thai",)},
    **{"ka": ("Georgian",), "hy": ("Armenian",), "ko": ("Hangul",), "ja": ("kana", "Han"), "zh": ("Han",)},
}
EITHER = ("sr", "mn")  # written in Latin letters as well
UNDIVIDED = ("Han", "kana", "Thai")  # whose letters stand for a word each here, as no space divides words
FEWEST_SIGNS = 6  # words, or signs of an undivided script, below which nothing is said
SHARE = 0.3  # of the words that must be in the expected script, or may be in another one
ENOUGH = 3  # words of another language that are needed to say it is that one
TELLING = 0.2  # share of English function words by which a text is English, where nothing is known of the expected
LONG_WITHOUT_KANA = 20  # Han signs without kana among them that no Japanese text has
_WORD = re.compile(
    "|".join([*(f"(?P<{name}>[{signs}]{'' if name in UNDIVIDED else '+'})" for name, signs in SCRIPTS.items())])
    + r"|(?P<Latin>[^\W\d_]+)"
)


def language_problem(text: str, language: str) -> str:
    """Return what is wrong with the language of a text, or an empty text when it is right or cannot be told.

    Args:
        text: any text; words of other languages among it (drugs, codes, Latin terms) do no harm.
        language: BCP 47, of which the first part counts; empty = any.
    """
    code = language.partition("-")[0].casefold()
    if not code:
        return ""
    found = [(match.lastgroup or "", match[0].casefold()) for match in _WORD.finditer(text)]
    if len(found) < FEWEST_SIGNS:
        return ""
    scripts = Counter(script for script, _ in found)
    expected = OF_LANGUAGE.get(code, ("Latin",))
    if code not in EITHER and sum(scripts[script] for script in expected) < SHARE * len(found):
        return f"another language: expected {language}, found {scripts.most_common(1)[0][0]} letters"
    if code == "zh" and scripts["kana"] > SHARE / 2 * len(found):
        return f"another language: expected {language}, found kana"
    if code == "ja" and not scripts["kana"] and scripts["Han"] >= LONG_WITHOUT_KANA:
        return f"another language: expected {language}, found Han without kana"
    if expected != ("Latin",):
        return ""
    words = [word for script, word in found if script == "Latin"]
    hits = {name: sum(word in listed for word in words) for name, listed in _words_of_languages().items()}
    if code not in hits:  # the one mistake that teachers make is to go on in English
        english = hits["en"] >= max(ENOUGH, TELLING * len(words))
        return f"another language: expected {language}, this looks like en" if english else ""
    best = max(hits, key=lambda name: (hits[name], name == code))
    # A few shared words say nothing; a clear lead of another language does.
    clear = hits[best] >= ENOUGH and hits[best] > 2 * hits[code] + 1
    return f"another language: expected {language}, this looks like {best}" if clear else ""


@functools.cache
def _words_of_languages() -> dict[str, frozenset[str]]:
    from polyclinic.tasks.wording_rules import FUNCTION_WORDS

    return {code: frozenset(listed.split()) for code, listed in FUNCTION_WORDS.items()}
