"""A reply before it is read: reasoning blocks and control characters gone, and where in it the answer stands.

Knows nothing about tasks or metrics.
"""

from __future__ import annotations

import functools
import re
import unicodedata

# What stands before the answer, by language; the phrases of the published golds are among them
# (MedS-Bench's MCQA files, MedCare's exam prompts). All are looked for, whatever the task's language.
MARKERS = (
    r"(?:right|correct|final|best|most\s+likely)\s+(?:answer|option|choice)(?:s)?\s*(?:is|are|would\s+be|\s*[:：])",
    r"answer(?:s)?\s+(?:is|are|would\s+be)",
    r"answer(?:s)?\s*[:：]",
    r"(?:label|diagnosis(?:\s+result)?|treatment\s+planning)\s+is\s*[:：]?",
    r"\\boxed\s*(?=\{)",
    r"正确(?:的)?(?:答案|选项)(?:是|为|[:：])",
    r"答案(?:是|为|选|[:：])",
    r"(?:应|故|因此|所以)选(?:择)?",
    r"正しい(?:答え|選択肢)は",
    r"(?:正解|答え|回答)(?:は|[:：])",
    r"(?:les?s?\s+)?bonnes?\s+r[ée]ponses?\s+(?:est|sont)",
    r"r[ée]ponses?\s+(?:correctes?\s+)?(?:est|sont)",
    r"r[ée]ponses?\s*[:：]",
    r"правильн\w*\s+ответ\w*\s*(?:[:：—–-]|это)?",
    r"ответ\w*\s*[:：—–-]",
    r"respuestas?\s+(?:correctas?\s+)?(?:es|son)",
    r"respuestas?\s*[:：]",
)
_MARKER = re.compile("|".join(f"(?:{marker})" for marker in MARKERS), re.IGNORECASE)
# Every marker has one of these in it; a reply without any is not searched.
_HINTS = ("answer", "option", "choice", "label", "diagnosis", "treatment", "boxed", "reponse", "respuesta")
_HINTS_BEYOND_ASCII = ("réponse", "ответ", "答", "正", "选", "回")
_REASONING_END = re.compile(r"</(?:think|thinking|thought|reasoning|analysis|scratchpad)>", re.IGNORECASE)
_REASONING_START = re.compile(r"<(?:think|thinking|thought|reasoning|analysis|scratchpad)>", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
HEAD_READ, TAIL_READ = 10_000, 40_000  # characters of a longer reply in which an answer is looked for
LONGEST_KEPT = 200  # characters of a text whose folded form is remembered
_WORD = re.compile(r"[^\W_]")
_SPACE = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[^\w\s]+|_+")


def clean(text: str) -> str:
    """Return a reply without reasoning blocks and control characters, stripped.

    What stands behind the last block counts; what stands before the first one where nothing is behind it. Of a block
    that was never closed nothing is left: the reply was cut off before its answer.
    """
    if "<" in text:
        text = _without_reasoning(text)
    if not text.isprintable():  # a line break is not printable either
        text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip()


def says_something(text: str) -> bool:
    """Whether a reply has a letter or a digit; marks alone are no answer, not even `there is none`."""
    return _WORD.search(text) is not None


def read_part(text: str) -> str:
    """Return what is read of a cleaned reply that names an answer: all of it, or both ends of an endless one."""
    if len(text) <= HEAD_READ + TAIL_READ:
        return text
    return f"{text[:HEAD_READ]}\n{text[-TAIL_READ:]}"


def _without_reasoning(text: str) -> str:
    ends = [match.end() for match in _REASONING_END.finditer(text)]
    start = _REASONING_START.search(text)
    behind = text[ends[-1] :] if ends else text
    if again := _REASONING_START.search(behind):
        behind = behind[: again.start()]
    if not behind.strip() and ends and start is not None:
        return text[: start.start()]
    return behind


def after_markers(text: str) -> list[str]:
    """Return what stands behind each answer marker, up to the next one, in order; empty without markers."""
    lowered = text.lower()
    hints = _HINTS if text.isascii() else (*_HINTS, *_HINTS_BEYOND_ASCII)
    if not any(hint in lowered for hint in hints):
        return []
    found = list(_MARKER.finditer(text))
    if not found:
        return []
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [text[match.end() : end] for match, end in zip(found, ends, strict=True)]


def first_line(text: str) -> str:
    """Return the first line that is not blank."""
    return text.lstrip().partition("\n")[0].strip()


def lines_of(text: str) -> list[str]:
    """Return the lines that are not blank, stripped."""
    return [line for line in map(str.strip, text.split("\n")) if line]


def located(text: str) -> str:
    """Return where the answer stands in a cleaned reply: behind the last marker, else the last line, else all.

    Behind a marker that is the first line that is not blank.
    """
    parts = after_markers(text)
    if parts and parts[-1].strip():
        return first_line(parts[-1])
    found = lines_of(text)
    return found[-1] if found else text


def folded(text: str) -> str:
    """Return a text for comparing: Unicode compatibility form, no accents, lower case, punctuation as spaces."""
    return _folded(text) if len(text) > LONGEST_KEPT else _folded_before(text)


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", "".join(c for c in text if not unicodedata.combining(c)))
    return _SPACE.sub(" ", _PUNCTUATION.sub(" ", text.casefold())).strip()


_folded_before = functools.lru_cache(maxsize=1 << 16)(_folded)
