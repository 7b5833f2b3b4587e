"""A backend without a model: its replies are what a function says. For tests of everything around models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from polyclinic.evals.conversation import shown
from polyclinic.evals.requests import Request
from polyclinic.evals.writing import Advance, Message, WritingRequest, Written


class ScriptedBackend:
    """A `Backend` that answers by a function; a token is a word.

    Args:
        reply: from what is asked to what comes of it.
        window: most words of prompt and reply; None for no bound.
    """

    tokenizer = None
    name = "scripted"
    fingerprint = "scripted"

    def __init__(self, reply: Callable[[WritingRequest], Written], window: int | None = None) -> None:
        self.reply, self.window = reply, window
        self.identity: Mapping[str, Any] = {"device": "script"}
        self.asked: dict[str, Written] = {}

    def render(self, messages: Sequence[Message], begun: str = "") -> str:
        """Return a conversation as people read it."""
        return shown(messages) + begun

    def count(self, prompt: str) -> int:
        """Return the number of words."""
        return len(prompt.split())

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each word begins and ends."""
        found, end = [], 0
        for word in text.split():
            start = text.index(word, end)
            end = start + len(word)
            found.append((start, end))
        return found

    def write(self, requests: Iterable[WritingRequest], advance: Advance) -> None:
        """Ask the function what it was not asked yet."""
        for request in requests:
            if request.key not in self.asked:
                self.asked[request.key] = self.reply(request)
            advance(1)

    def written(self, request: WritingRequest) -> Written:
        """Return what the function said."""
        return self.asked.get(request.key) or Written(problem="it was not asked")

    def weigh(self, requests: Iterable[Request], advance: Callable[[float], Advance]) -> Mapping[str, float]:
        """Weigh nothing."""
        raise NotImplementedError("a script weighs no continuations")

    def close(self) -> None:
        """Close nothing."""
