"""Read the tagged form in which a teacher writes an instruction and its examples.

Source: Corbeil et al., ACL 2025, appendix A.4: one `<instruction>`, then `<examples>` with `<example>` blocks that
hold `<input>` and `<output>`. What is wrong with an answer is said in words that the teacher is shown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*)\n```\Z", re.DOTALL)
_TAG = re.compile(r"</?(?:instruction|examples|example|input|output)>")


class Unusable(ValueError):
    """An answer does not have the form that was asked for; the text says where."""


@dataclass(frozen=True, slots=True)
class Written:
    """An instruction and its pairs of input and output."""

    instruction: str
    pairs: tuple[tuple[str, str], ...]


def read_tagged(answer: str, examples: int, output_format: str) -> Written:
    """Return what an answer holds.

    Args:
        answer: the raw answer.
        examples: number of pairs it must have.
        output_format: plain_text or json; every output of json must be an object or a list.

    Raises:
        Unusable: a tag is missing, doubled or misplaced, a text is empty, the number of pairs is off, two inputs are
            the same, or an output is no JSON.
    """
    text = _CONTROL.sub("", answer.replace("\r\n", "\n"))
    pieces = _cut(text)
    instruction = pieces.take("instruction")
    pieces.open("examples")
    pairs: list[tuple[str, str]] = []
    while not pieces.closes("examples"):
        pieces.open("example")
        number = len(pairs) + 1
        source, target = pieces.take("input"), pieces.take("output")
        pieces.close("example")
        if output_format == "json":
            target = _unfenced(target)
            check_json(target, f"the output of example {number}")
        pairs.append((source, target))
    pieces.close("examples")
    pieces.end()
    if len(pairs) != examples:
        raise Unusable(f"wrong number of examples: {len(pairs)} instead of {examples}")
    if len({" ".join(source.split()) for source, _ in pairs}) < len(pairs):
        raise Unusable("repeated input: two examples have the same")
    return Written(instruction, tuple(pairs))


def check_json(text: str, what: str) -> Any:
    """Return the object or list that a text is in JSON; raises Unusable, naming `what` the text is, otherwise."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"broken JSON: {what}: {error}") from error
    if not isinstance(value, (dict, list)) or not value:
        raise Unusable(f"broken JSON: {what} is neither an object nor a list with something in it")
    return value


def _unfenced(text: str) -> str:
    found = _FENCE.match(text)
    return found[1].strip() if found else text


class _Pieces:
    """Tags and the texts between them, taken one after the other."""

    def __init__(self, tags: list[str], texts: list[str]) -> None:
        self.tags, self.texts, self.at = tags, texts, 0

    def closes(self, name: str) -> bool:
        return self.at < len(self.tags) and self.tags[self.at] == f"</{name}>"

    def open(self, name: str) -> None:
        self._next(f"<{name}>")

    def close(self, name: str) -> None:
        self._next(f"</{name}>")

    def take(self, name: str) -> str:
        self.open(name)
        text = self.texts[self.at].strip()
        self._next(f"</{name}>", between=True)
        if not text:
            raise Unusable(f"empty text: nothing between <{name}> and </{name}>")
        return text

    def end(self) -> None:
        if self.at < len(self.tags):
            raise Unusable(f"misplaced tag: {self.tags[self.at]} after the end of the examples")
        if self.texts[self.at].strip():
            raise Unusable("text beside the tags: something follows </examples>")

    def _next(self, tag: str, between: bool = False) -> None:
        found = self.tags[self.at] if self.at < len(self.tags) else "the end of the answer"
        if found != tag:
            raise Unusable(f"missing tag: expected {tag}, found {found}")
        if not between and self.at and self.texts[self.at].strip():
            raise Unusable(f"text beside the tags: something stands before {tag}")
        self.at += 1


def _cut(text: str) -> _Pieces:
    tags = [found[0] for found in _TAG.finditer(text)]
    return _Pieces(tags, _TAG.split(text))
