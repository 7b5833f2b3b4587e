"""A model behind an OpenAI-compatible endpoint: replies alone, many requests in flight, each answer paid once.

Which weights an endpoint serves cannot be seen from outside. So its replies are kept for this run alone, unless the
user says in `endpoint_revision` which weights they are; then they may lie in a cache. There is no tokenizer either:
where a window is given, a token is taken for three bytes of UTF-8, more than any usual tokenizer needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyclinic.artifacts import canonical_hash
from polyclinic.deidentify import ledger_of
from polyclinic.evals.conversation import shown
from polyclinic.evals.requests import Request
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.writing import Advance, Message, WritingRequest, Written
from polyclinic.llm import Ask, ChatRequest, Endpoint, Guard, Journal, ask_in_steps, guarded, refuse_remote, settle
from polyclinic.steps import Work

BYTES_OF_A_TOKEN = 3
TOKENS_OF_A_TURN = 8  # what a template puts around a turn, at most
VERSION = 1  # of the way a conversation is sent


class EndpointBackend:
    """A `Backend` for an endpoint.

    Args:
        settings: of the run.
        work: where replies are kept, and the seed.
        guard: de-identifier for an endpoint beyond the local network.

    Raises UserError when the address is refused, see `polyclinic.llm.refuse_remote`, or its key is not there.
    """

    tokenizer = None

    def __init__(self, settings: RunSettings, work: Work, guard: Guard | None = None) -> None:
        self.endpoint = Endpoint(
            base_url=settings.endpoint,
            model=settings.endpoint_model,
            key_variable=settings.key_variable,
            temperature=settings.temperature,
            seed=work.seed,
            timeout=settings.timeout,
            concurrency=settings.concurrency,
            attempts=settings.attempts,
        )
        remote = refuse_remote(
            settings.endpoint, allow_remote=settings.allow_remote, guard=guard, where="eval.run.endpoint"
        )
        self.endpoint.key()
        self.allow_remote, self.guard = settings.allow_remote, guard if remote else None
        self.name = settings.endpoint_model
        self.window = settings.window
        whom = {
            "endpoint": settings.endpoint,
            "model": settings.endpoint_model,
            "revision": settings.endpoint_revision,
        }
        self.fingerprint = f"endpoint-{canonical_hash(whom)[:32]}"
        self.identity: Mapping[str, Any] = {**whom, "version": VERSION, "device": "endpoint"}
        folder = work.scratch
        if settings.cache and settings.endpoint_revision:
            folder = Path(settings.cache) / canonical_hash(dict(self.identity))[:16]
        self._template = canonical_hash(dict(self.identity))
        self._journal = Journal(folder / "endpoint.sqlite")
        self._ledger = ledger_of(work.out)  # what left the local network, and when

    def render(self, messages: Sequence[Message], begun: str = "") -> str:
        """Return a conversation as people read it; what its model reads is the endpoint's own affair."""
        return shown(messages) + begun

    def count(self, prompt: str) -> int:
        """Return a number of tokens that is rather too large; see the head of this file."""
        return len(self.spans(prompt)) + TOKENS_OF_A_TURN * (1 + prompt.count("\n\n["))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return pieces of a text of three bytes, or of one character that has more."""
        if text.isascii():
            return [
                (start, min(start + BYTES_OF_A_TOKEN, len(text))) for start in range(0, len(text), BYTES_OF_A_TOKEN)
            ]
        found, start, size = [], 0, 0
        for place, character in enumerate(text):
            width = len(character.encode("utf-8", "replace"))
            if size and size + width > BYTES_OF_A_TOKEN:
                found.append((start, place))
                start, size = place, 0
            size += width
        return [*found, (start, len(text))] if text else []

    def write(self, requests: Iterable[WritingRequest], advance: Advance) -> None:
        """Have every reply written that is not on file.

        Raises UserError when the endpoint is down, or its key, model or quota is wrong; what was answered is kept.
        """

        async def one(request: ChatRequest, ask: Ask) -> None:
            await ask(request, self.endpoint)

        ask_in_steps(
            (self._request(request) for request in requests),
            one,
            self._journal,
            # Twice as many as are in flight: the others wait until their answers are on file.
            at_once=2 * self.endpoint.concurrency,
            progress=_Bar(advance),
            allow_remote=self.allow_remote,
            guard=self.guard,
            ledger=self._ledger,
        )

    def written(self, request: WritingRequest) -> Written:
        """Return what came of a request that was given to `write`."""
        sent = self._request(request)
        if self.guard is not None:
            (sent,) = guarded([sent], self.guard)
        outcome = settle(sent, self.endpoint, self._journal)
        if outcome.accepted is not None:
            return Written(outcome.accepted.text, outcome.accepted.finish_reason)
        if outcome.failure is not None:
            return Written(problem=f"the endpoint gave no answer: {outcome.failure.reason}")
        return Written(problem="it was not asked")

    def weigh(self, requests: Iterable[Request], advance: Callable[[float], Advance]) -> Mapping[str, float]:
        """Weigh nothing: an endpoint gives no likelihoods of texts it did not write."""
        raise NotImplementedError("an endpoint weighs no continuations; items that need it are not given to it")

    def close(self) -> None:
        """Close the file of replies."""
        self._journal.close()

    def _request(self, request: WritingRequest) -> ChatRequest:
        return ChatRequest(request.messages, template=self._template, max_tokens=request.max_new_tokens)


class _Bar:
    def __init__(self, advance: Advance) -> None:
        self._advance: Any = advance

    def advance(self, steps: float = 1, note: str = "") -> None:
        """Move the bar on."""
        self._advance(steps, note)
