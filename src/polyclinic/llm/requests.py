"""A request to a chat endpoint, its key, and what can come of it."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson
from pydantic import BaseModel

from polyclinic.llm.addresses import Guard, Withheld
from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.json_answers import json_problem, response_format

__all__ = ["Answers", "Asked", "ChatRequest", "Check", "Endpoint", "Failure", "Outcome", "Question", "Reply"]

MOST_ASKED = 2  # times a request is asked when its answers are not usable
MOST_ASKED_FOR_A_FORM = 4  # times when it asks for JSON of a given form, where mistakes are slips
REFUSED = ("content_filter", "refusal")  # finish reasons of an answer that the endpoint itself refused


class Asked(Protocol):
    """What decides about an answer beside the request: whom it is put to, an endpoint or a local model."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def temperature(self) -> float:
        """Temperature of its answers."""

    @property
    def seed(self) -> int:
        """Seed of its answers."""

    @property
    def max_tokens(self) -> int:
        """Tokens of an answer at most."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, raw."""

    text: str
    finish_reason: str = ""  # stop, length, content_filter, refusal, ...
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempts: int = 1  # times the request was sent
    price: float = 0.0  # in the money the endpoint's prices are in


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
    answer: type[BaseModel] | None = None  # form of the JSON it must be answered with; None = any text
    asked_at_most: int | None = None  # times, when its answers are not usable; None = 4 with a form, else 2
    added_turns: int = 0  # of `messages`, that show what was wrong with an answer
    check: Check = field(default=_anything, compare=False)  # looks at answers that have the form
    guard: Guard | None = field(default=None, compare=False)  # through which the messages went already
    withheld: str = ""  # why the guard does not let it go out

    def payload(self, endpoint: Asked) -> dict[str, Any]:
        """Return the JSON object that is sent."""
        payload: dict[str, Any] = {
            "model": endpoint.model,
            "messages": [{"role": role, "content": text} for role, text in self.messages],
            "temperature": endpoint.temperature if self.temperature is None else self.temperature,
            "seed": endpoint.seed + self.sample,
            "max_tokens": self.max_tokens or endpoint.max_tokens,
        }
        if self.answer is not None:
            payload["response_format"] = response_format(self.answer)
        return payload

    def body(self, endpoint: Asked) -> bytes:
        """Return the canonical JSON of the payload: what is sent, and what the key is made from."""
        payload = self.payload(endpoint)
        try:
            return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # a document may hold half a surrogate pair, which UTF-8 cannot: escaped, in ASCII
            return json.dumps(payload, sort_keys=True, separators=(",", ":")).encode("ascii")

    def key(self, endpoint: Asked) -> str:
        """Return the hash of the canonical payload, the template version and the sample index."""
        return _key(self, self.body(endpoint))

    def problem(self, reply: Reply) -> str:
        """Return what is wrong with an answer: a kind, and after a colon the particulars; nothing if it is usable."""
        if self.answer is not None:
            if reply.finish_reason in REFUSED:
                return "refusal"
            if not reply.text.strip():
                return "empty answer"
            wrong = json_problem(reply.text, self.answer)
            if wrong:
                return "cut off at max_tokens" if reply.finish_reason == "length" else wrong
        return self.check(reply)

    def again(self, reply: Reply, reason: str) -> ChatRequest:
        """Return the request that asks once more and shows what was wrong with the answer."""
        turn = f"This answer cannot be used: {reason}. Answer again and follow the instructions exactly."
        if self.guard is not None:  # a reason may repeat what the guard took out of the request
            turn = self.guard(turn)
        said = (("assistant", reply.text or "(no answer)"), ("user", turn))
        asked = self.messages[: len(self.messages) - self.added_turns]
        return replace(self, messages=(*asked, *said), added_turns=len(said), sample=self.sample + 1)


def guarded(requests: Iterable[ChatRequest], guard: Guard) -> Iterator[ChatRequest]:
    """Yield the requests with every text passed through the guard; what it withholds is marked so."""
    for request in requests:
        yield guard_request(request, guard)


def guard_request(request: ChatRequest, guard: Guard) -> ChatRequest:
    """Return a request with every text passed through the guard, or marked as withheld; a guarded one as it is."""
    if request.guard is not None or request.withheld:
        return request
    try:
        return replace(request, messages=tuple((role, guard(text)) for role, text in request.messages), guard=guard)
    except Withheld as error:
        return replace(request, messages=(), withheld=str(error) or "by the guard", guard=guard)


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


def settle(request: ChatRequest, endpoint: Asked, journal: Answers) -> Outcome:
    """Return what came of a request as far as the journal knows; parsing costs nothing and may be repeated."""
    outcome = start(request, endpoint)
    while outcome.open is not None:
        found = journal.find(outcome.open.key)
        if found is None:
            break
        outcome = advance(outcome, found, endpoint)
    return outcome


def start(request: ChatRequest, endpoint: Asked) -> Outcome:
    """Return the outcome of a request of which nothing is known: open, or failed when the guard withholds it."""
    if request.withheld:
        return Outcome(failure=Failure(f"withheld: {request.withheld}", refused=True))
    return Outcome(open=_question(request, endpoint))


def advance(outcome: Outcome, found: Reply | Failure, endpoint: Asked) -> Outcome:
    """Return what comes of an open outcome when its question was answered or has failed.

    An answer that cannot be used is asked for again, with the last one and what was wrong with it; one that the
    endpoint refused is not.
    """
    assert outcome.open is not None
    if isinstance(found, Failure):
        return Outcome(rejected=outcome.rejected, failure=found)
    request = outcome.open.request
    reason = request.problem(found)
    if not reason:
        return Outcome(accepted=found, rejected=outcome.rejected)
    rejected = (*outcome.rejected, (found, reason))
    most = request.asked_at_most or (MOST_ASKED if request.answer is None else MOST_ASKED_FOR_A_FORM)
    if len(rejected) >= most or found.finish_reason in REFUSED:
        return Outcome(rejected=rejected)
    try:
        return Outcome(rejected=rejected, open=_question(request.again(found, reason), endpoint))
    except Withheld as error:
        return Outcome(rejected=rejected, failure=Failure(f"withheld: {error}", refused=True))


def _question(request: ChatRequest, endpoint: Asked) -> Question:
    body = request.body(endpoint)
    return Question(request, body, _key(request, body))


def _key(request: ChatRequest, body: bytes) -> str:
    return hashlib.sha256(_head(request.template, request.sample) + b"\0" + body).hexdigest()


@functools.lru_cache(maxsize=1024)
def _head(template: str, sample: int) -> bytes:
    return json.dumps([template, sample]).encode("ascii")
