"""Whether a text is medical, by a list of words: a tagger without a model, and named as one.

A certain word counts two, a likely one one, each once however often it stands; a text is medical when the sum reaches
a limit and the words are not too thin: with the limit of 2, one certain word or two likely ones, in a text with at
most forty words for each point. It reads English.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError

FILE = Path(__file__).with_suffix(".yaml")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]")
KEYS = ("certain", "likely", "endings", "not_these")
CERTAIN, LIKELY = 2, 1
SHORTEST_WITH_ENDING = 7
THINNEST = 40  # words of text for each point, at most


@dataclass(frozen=True)
class Vocabulary:
    """The words that speak of medicine."""

    certain: frozenset[str]
    likely: frozenset[str]
    endings: tuple[str, ...]
    not_these: frozenset[str]

    def found(self, text: str) -> dict[str, int]:
        """Return the medical words of a text, in order of appearance, with what each counts."""
        found: dict[str, int] = {}
        for match in WORD.finditer(text):
            word = match.group(0).lower().replace("’", "'")
            if word in found:
                continue
            if word in self.certain:
                found[word] = CERTAIN
            elif word in self.likely:
                found[word] = LIKELY
            elif len(word) >= SHORTEST_WITH_ENDING and word.endswith(self.endings) and word not in self.not_these:
                found[word] = CERTAIN
        return found

    def is_medical(self, text: str, least: int) -> tuple[bool, list[str]]:
        """Return whether a text reaches the limit, and the words that count."""
        found = self.found(text)
        total = sum(found.values())
        words = len(WORD.findall(text))
        return total >= least and total * THINNEST >= words, list(found)


def load_vocabulary(path: Path | None = None) -> Vocabulary:
    """Return the package's words, or those of a YAML file of the user's own; raises UserError when it is none."""
    return _own() if path is None else _read(path)


@functools.cache
def _own() -> Vocabulary:
    return _read(FILE)


def _read(path: Path) -> Vocabulary:
    import yaml

    try:
        fields: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path}: not a list of words: {error}; expected YAML with {', '.join(KEYS)}") from error
    if not isinstance(fields, dict) or not set(fields) <= set(KEYS) or not fields.get("certain"):
        found = ", ".join(map(str, fields)) if isinstance(fields, dict) else type(fields).__name__
        raise UserError(f"{path}: expected {', '.join(KEYS)}, each with words; found {found}")
    lists = {key: _words(fields.get(key), f"{path}: {key}") for key in KEYS}
    return Vocabulary(
        frozenset(lists["certain"]),
        frozenset(lists["likely"]),
        tuple(lists["endings"]),
        frozenset(lists["not_these"]),
    )


def _words(value: Any, where: str) -> list[str]:
    words = value.split() if isinstance(value, str) else [] if value is None else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise UserError(f"{where}: expected words, divided by spaces or as a list")
    return [word.lower() for word in words]
