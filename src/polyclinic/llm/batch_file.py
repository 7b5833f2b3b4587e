"""The files of a provider batch: the questions that go up, and the lines of answers that come down."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.llm.client import parse_json
from polyclinic.llm.requests import Question


@dataclass
class QuestionFile:
    """The lines of a batch that is being put together."""

    questions: list[Question] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    bytes: int = 0

    def add(self, question: Question) -> None:
        """Put a question into the batch."""
        self.questions.append(question)
        self.keys.add(question.key)
        self.bytes += len(question.body) + 200

    def write(self, path: Path) -> None:
        """Write the lines; each carries its key, by which its answer is known again."""
        with path.open("wb") as stream:
            for question in self.questions:
                head = {"custom_id": question.key, "method": "POST", "url": "/v1/chat/completions"}
                stream.write(json.dumps(head).encode()[:-1] + b', "body": ' + question.body + b"}\n")


async def read_lines(parts: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Yield the objects of a file of answers that comes in pieces; a line that is none is an empty one."""
    rest = b""
    async for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for text in whole:
            if text.strip():
                yield _parsed(text)
    if rest.strip():
        yield _parsed(rest)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        line = parse_json(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
