"""A request to a chat endpoint, its key, and what can come of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from polyclinic.errors import UserError

MOST_ASKED = 2  # times a request is asked when its answers are not usable


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind an OpenAI-compatible `/chat/completions`, and how it is asked."""

    base_url: str  # up to and with /v1: http://localhost:8000/v1
    model: str  # name under which the endpoint knows it
    key_variable: str = ""  # environment variable that holds the key; empty sends none
    temperature: float = 0.0
    seed: int = 0  # sent with the request; asking again adds one
    max_tokens: int = 1024  # of an answer
    timeout: float = 300.0  # seconds until an answer must be whole
    concurrency: int = 16  # requests in flight
    attempts: int = 6  # times a request is sent before it counts as failed; 429 costs none
    first_wait: float = 1.0  # seconds before a request is sent again; doubles each time

    @property
    def url(self) -> str:
        """Address to which requests are sent."""
        return f"{self.base_url.rstrip('/')}/chat/completions"

    def key(self) -> str:
        """Return the key from the environment, or an empty text when none is named; raises UserError when unset."""
        if not self.key_variable:
            return ""
        key = os.environ.get(self.key_variable, "").strip()
        if not key:
            raise UserError(
                f"teacher_key_variable: the environment variable {self.key_variable} is not set; put the key of "
                f"{self.base_url} into it"
            )
        return key


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, raw."""

    text: str
    finish_reason: str = ""  # stop, length, content_filter, ...
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempts: int = 1  # times the request was sent


@dataclass(frozen=True, slots=True)
class Failure:
    """A request without an answer, and why."""

    reason: str
    refused: bool = False  # whether the endpoint refused this request, rather than giving no answer


Check = Callable[[Reply], str]  # says what is wrong with an answer; an empty text when it is usable


def _anything(reply: Reply) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One thing to ask. Two requests with the same messages, template and sample are the same request."""

    messages: tuple[tuple[str, str], ...]  # (role, text) in order
    template: str = ""  # version of the prompt template
    sample: int = 0  # which of several answers to the same messages
    temperature: float | None = None  # of this request; None = the endpoint's
    max_tokens: int | None = None  # of an answer to this request; None = the endpoint's
    check: Check = field(default=_anything, compare=False)

    def payload(self, endpoint: Endpoint) -> dict[str, Any]:
        """Return the JSON object that is sent."""
        return {
            "model": endpoint.model,
            "messages": [{"role": role, "content": text} for role, text in self.messages],
            "temperature": endpoint.temperature if self.temperature is None else self.temperature,
            "seed": endpoint.seed + self.sample,
            "max_tokens": self.max_tokens or endpoint.max_tokens,
        }

    def body(self, endpoint: Endpoint) -> bytes:
        """Return the canonical JSON of the payload: what is sent, and what the key is made from."""
        # ASCII, since a document may hold half a surrogate pair, which UTF-8 cannot.
        return json.dumps(self.payload(endpoint), sort_keys=True, separators=(",", ":")).encode("ascii")

    def key(self, endpoint: Endpoint) -> str:
        """Return the hash of the canonical payload, the template version and the sample index."""
        return _key(self, self.body(endpoint))

    def again(self, reply: Reply, reason: str) -> ChatRequest:
        """Return the request that asks once more and shows what was wrong with the answer."""
        said = (
            ("assistant", reply.text or "(no answer)"),
            ("user", f"This answer cannot be used: {reason}. Answer again and follow the instructions exactly."),
        )
        return replace(self, messages=(*self.messages, *said), sample=self.sample + 1)


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it is put to one endpoint."""

    request: ChatRequest
    body: bytes  # what is sent
    key: str  # under which the answer is kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request, with every answer that was not usable."""

    accepted: Reply | None = None
    rejected: tuple[tuple[Reply, str], ...] = ()  # (answer, what was wrong with it)
    failure: Failure | None = None
    open: Question | None = None  # what is still to be asked; None when the matter is settled


class Answers(Protocol):
    """Where answers are looked up by key: the journal."""

    def find(self, key: str) -> Reply | Failure | None:
        """Return what is known under a key."""


def settle(request: ChatRequest, endpoint: Endpoint, journal: Answers) -> Outcome:
    """Return what came of a request as far as the journal knows; parsing costs nothing and may be repeated."""
    outcome = Outcome(open=_question(request, endpoint))
    while outcome.open is not None:
        found = journal.find(outcome.open.key)
        if found is None:
            break
        outcome = advance(outcome, found, endpoint)
    return outcome


def advance(outcome: Outcome, found: Reply | Failure, endpoint: Endpoint) -> Outcome:
    """Return what comes of an open outcome when its question was answered or has failed."""
    assert outcome.open is not None
    if isinstance(found, Failure):
        return Outcome(rejected=outcome.rejected, failure=found)
    request = outcome.open.request
    reason = request.check(found)
    if not reason:
        return Outcome(accepted=found, rejected=outcome.rejected)
    rejected = (*outcome.rejected, (found, reason))
    asks_again = len(rejected) < MOST_ASKED
    return Outcome(rejected=rejected, open=_question(request.again(found, reason), endpoint) if asks_again else None)


def _question(request: ChatRequest, endpoint: Endpoint) -> Question:
    body = request.body(endpoint)
    return Question(request, body, _key(request, body))


def _key(request: ChatRequest, body: bytes) -> str:
    head = json.dumps([request.template, request.sample]).encode("ascii")
    return hashlib.sha256(head + b"\0" + body).hexdigest()
