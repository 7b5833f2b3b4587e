"""What it is to have a reply written: a request, what came of it, and what a backend can do.

A backend is a model and the way it is asked. It renders a conversation, counts its tokens, writes replies and keeps
them, and, when it is local, weighs how likely a continuation is. This file knows nothing about tasks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from polyclinic.evals.requests import Request

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Message = tuple[str, str]  # role (system, user or assistant) and text
Advance = Callable[[float], None]


class NoPrompt(Exception):
    """A conversation that cannot be put to this model, and why."""


@dataclass(frozen=True, slots=True)
class WritingRequest:
    """One reply that is to be written."""

    messages: tuple[Message, ...]  # the conversation, the user's turn last
    prompt: str  # the same as the model reads it
    max_new_tokens: int

    @property
    def key(self) -> str:
        """A hash of the prompt and the length of the reply, by which the reply is kept."""
        text = json.dumps([self.prompt, self.max_new_tokens])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """A reply, or the reason why there is none."""

    text: str = ""
    finish_reason: str = ""  # stop, length, ...
    problem: str = ""  # why there is no reply


class Backend(Protocol):
    """A model that can be asked."""

    @property
    def name(self) -> str:
        """The model's name for people, when the user gave none."""

    @property
    def fingerprint(self) -> str:
        """What tells these weights from all others."""

    @property
    def window(self) -> int | None:
        """Most tokens of prompt and reply; None when there is no known bound."""

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase | None:
        """The model's tokenizer; None when the backend weighs nothing."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that replies depend on beside the request: weights, template, decoding, library versions."""

    def render(self, messages: Sequence[Message], begun: str = "") -> str:
        """Return a conversation as the model reads it, up to where its reply begins; `begun` is that beginning.

        Raises NoPrompt when the model's template refuses it.
        """

    def count(self, prompt: str) -> int:
        """Return the number of tokens of a rendered prompt."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text each token begins and ends, in characters."""

    def write(self, requests: Iterable[WritingRequest], advance: Advance) -> None:
        """Have every reply written that is not on file; `advance` is called with numbers of requests settled."""

    def written(self, request: WritingRequest) -> Written:
        """Return what came of a request that was given to `write`."""

    def weigh(self, requests: Iterable[Request], advance: Callable[[float], Advance]) -> Mapping[str, float]:
        """Return log p(continuation | context) in nats by the requests' keys.

        `advance` takes the number of tokens there are and returns what is called with those that are done.
        """

    def close(self) -> None:
        """Close what is open."""
