"""Texts into words, by the rules that the metrics of each language go by.

    rouge       runs of a-z and 0-9, in lower case: what the package rouge-score does (English)
    letters     runs of letters and digits of any script, in lower case
    nltk        nltk's word tokenizer, without its sentence splitter, which is a download (MedS-Bench: en, es, fr, ru)
    jieba       Chinese words (MedS-Bench: zh)
    janome      Japanese surface forms (MedS-Bench: ja)
    characters  Chinese characters one by one, words of other scripts whole, in lower case (MedCare, CBLUE)
    13a         mteval-v13a, sacrebleu's default
    zh          sacrebleu's rule for Chinese: Chinese characters one by one, the rest as 13a

`rule_for` names the rule of a metric in a language; figures of different rules cannot be compared.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from polyclinic.evals.scoring.nltk_words import LONGEST_KEPT, MOST_KEPT, nltk_words

Words = list[str]
_ROUGE = re.compile(r"[a-z0-9]+")
_LETTERS = re.compile(r"[^\W_]+")


def rule_for(metric: str, language: str, characters: bool = False) -> str:
    """Return the rule by which a metric divides texts.

    Args:
        metric: rouge, bleu1 or corpus_bleu4.
        language: BCP 47, of the replies.
        characters: whether Chinese is divided into characters, as MedCare does, rather than words.
    """
    main = language.partition("-")[0].lower()
    if main == "zh":
        return "zh" if metric == "corpus_bleu4" else "characters" if characters else "jieba"
    if main == "ja":
        return "janome"
    if metric == "rouge":
        return "rouge" if main == "en" else "letters"
    return "nltk" if metric == "bleu1" else "13a"


def divided(texts: Sequence[str], rule: str) -> list[Words]:
    """Return the words of each text by one rule."""
    divide = RULES[rule]()
    return [divide(text) for text in texts]


def _rouge() -> Callable[[str], Words]:
    find = _ROUGE.findall
    return lambda text: find(text.lower())


def _letters() -> Callable[[str], Words]:
    find = _LETTERS.findall
    return lambda text: find(text.lower())


@functools.cache
def _jieba() -> Callable[[str], Words]:
    import logging

    import jieba

    # The dictionary is read from the package, not from the cache that jieba keeps in the machine's temporary folder.
    divider: Any = jieba.Tokenizer()
    jieba.default_logger.setLevel(logging.WARNING)
    divider.FREQ, divider.total = divider.gen_pfdict(divider.get_dict_file())
    divider.initialized = True
    return lambda text: list(divider.cut(text))


@functools.cache
def _janome() -> Callable[[str], Words]:
    from janome.tokenizer import Tokenizer

    divider: Any = Tokenizer()
    return lambda text: list(divider.tokenize(text, wakati=True))


def _is_chinese(character: str) -> bool:
    code = ord(character)
    return any(low <= code <= high for low, high in _CHINESE)


_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_CHINESE_CLASS = "".join(f"{chr(low)}-{chr(high)}" for low, high in _CHINESE)


class _Kept(dict[int, str | None]):
    """For str.translate: control characters go."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        gone = character in "\0\ufffd" or (
            character not in "\t\n\r" and unicodedata.category(character) in ("Cc", "Cf")
        )
        self[code] = None if gone else character
        return self[code]


class _Apart(dict[int, str | None]):
    """For str.translate: marks above letters go, punctuation and Chinese characters stand alone."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        symbol = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
        if category == "Mn":
            self[code] = None
        elif category == "Zs":
            self[code] = " "
        else:
            alone = symbol or category.startswith("P") or _is_chinese(character)
            self[code] = f" {character} " if alone else character
        return self[code]


@functools.cache
def _characters() -> Callable[[str], Words]:
    """BERT's basic tokenizer: Chinese characters and punctuation stand alone, accents go, lower case."""
    kept, apart = _Kept(), _Apart()

    def divide(text: str) -> Words:
        text = unicodedata.normalize("NFC", text.translate(kept)).lower()
        return unicodedata.normalize("NFD", text).translate(apart).split()

    return divide


_13A_SYMBOLS = re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])")
_13A_AFTER = re.compile(r"([^0-9])([\.,])")
_13A_BEFORE = re.compile(r"([\.,])([^0-9])")
_13A_DASH = re.compile(r"([0-9])(-)")


def _13a_chunk(text: str) -> Words:
    """Return the words of what stands between two spaces; no rule of 13a looks further."""
    if text.isalnum():
        return [text]
    return _13a_rules(f" {text} ")


def _13a_rules(text: str) -> Words:
    text = _13A_SYMBOLS.sub(r" \1 ", text)
    text = _13A_BEFORE.sub(r" \1 \2", _13A_AFTER.sub(r"\1 \2 ", text))
    return _13A_DASH.sub(r"\1 \2 ", text).split()


@functools.cache
def _13a_words() -> Callable[[str], Words]:
    kept: dict[str, Words] = {}

    def divide(text: str) -> Words:
        words: Words = []
        known = kept.get
        for part in text.split():
            found = known(part)
            if found is None:
                found = _13a_chunk(part)
                if len(kept) >= MOST_KEPT:
                    kept.clear()
                if len(part) <= LONGEST_KEPT:
                    kept[part] = found
            words += found
        return words

    return divide


def _13a() -> Callable[[str], Words]:
    into_words = _13a_words()

    def divide(text: str) -> Words:
        text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
        if "&" in text:
            for written, meant in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
                text = text.replace(written, meant)
        return into_words(text)

    return divide


# What sacrebleu's rule takes for Chinese: punctuation of full width too and, by a slip of its table that is kept here
# for equality, everything from U+2001 to U+2A6D (typographic quotes, dashes, arrows).
_ZH = re.compile(
    "([\u2001-\u2a6d\u2e80-\u2eff\u2f00-\u2fdf\u2ff0-\u2fff\u3000-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef"
    "\u3200-\u33ff\u3400-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f"
    "\uff00-\uffef])"
)


def _zh() -> Callable[[str], Words]:
    into_words = _13a_words()

    def divide(text: str) -> Words:
        text = _ZH.sub(r" \1 ", text.strip())
        # Unlike 13a it puts no space around the text, so a mark at either end may stay with a digit.
        return _13a_rules(text) if text[:1] in (".", ",") or text[-1:] in (".", ",") else into_words(text)

    return divide


RULES: dict[str, Callable[[], Callable[[str], Words]]] = {
    "rouge": _rouge,
    "letters": _letters,
    "nltk": nltk_words,
    "jieba": _jieba,
    "janome": _janome,
    "characters": _characters,
    "13a": _13a,
    "zh": _zh,
}
