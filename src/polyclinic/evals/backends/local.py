"""A model in this process: its conversations become tokens, its replies are written in batches and kept on file.

What runs the model (transformers, vLLM, a script) is an `Engine`; this file knows nothing about it.
"""

from __future__ import annotations

import fcntl
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from polyclinic.artifacts import canonical_hash
from polyclinic.errors import UserError
from polyclinic.evals.conversation import plain_text
from polyclinic.evals.journal import Journal
from polyclinic.evals.reply_store import ReplyStore
from polyclinic.evals.requests import Request, Tokens
from polyclinic.evals.tokens import encode_rendered
from polyclinic.evals.writing import Advance, Message, NoPrompt, WritingRequest, Written

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CHUNK = 4096  # requests that are sorted by length together


class Engine(Protocol):
    """What runs a model."""

    @property
    def window(self) -> int | None:
        """Most tokens the model sees at once; None when it does not say."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What its answers depend on beside the weights: precision, device, library versions."""

    def batches(self, lengths: Sequence[tuple[int, int]]) -> list[list[int]]:
        """Put requests into batches, given (tokens of the prompt, of the reply) of each; returns their numbers.

        The first batches are the same when requests of whole batches before them are left out.
        """

    def write(self, prompts: Sequence[Tokens], max_new_tokens: int, keys: Sequence[str]) -> list[Written]:
        """Write a reply behind each prompt; `keys` name the requests, for what is drawn by chance."""

    def weigh(
        self, requests: Sequence[Request], journal: Journal, advance: Callable[[float], Advance]
    ) -> Mapping[str, float]:
        """Return log p(continuation | context) in nats by key; finished batches go into the journal."""


class LocalBackend:
    """A `Backend` around an engine.

    Args:
        name: the model's, for people.
        fingerprint: of weights, tokenizer and template, an adapter's included.
        tokenizer: the model's.
        engine: what runs the model.
        folder: where replies are kept.
        use_chat_template: whether replies are written behind the template; None = if there is one.
        decoding: all that decides how replies are written beside the model.
        cache: whether the folder is shared with later runs; then each way of asking has a folder of its own in it.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        tokenizer: PreTrainedTokenizerBase,
        engine: Engine,
        folder: Path,
        *,
        use_chat_template: bool | None,
        decoding: Mapping[str, Any],
        cache: bool = False,
    ) -> None:
        self.name, self.fingerprint, self.tokenizer, self.engine = name, fingerprint, tokenizer, engine
        self.with_template = bool(tokenizer.chat_template) if use_chat_template is None else use_chat_template
        self._takes_system = True
        if self.with_template:
            self._try_template()
        template = str(tokenizer.chat_template) if self.with_template else ""
        self.identity: dict[str, Any] = {
            "model": fingerprint,
            "template": canonical_hash({"template": template}),
            **engine.identity,
        }
        head = {**self.identity, **decoding}
        self._lock: IO[str] | None = None
        if cache:
            folder = folder / canonical_hash(head)[:16]
            self._lock = _locked(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.store = ReplyStore(folder / "replies.sqlite", head)

    @property
    def window(self) -> int | None:
        """Most tokens of prompt and reply."""
        return self.engine.window

    def render(self, messages: Sequence[Message], begun: str = "") -> str:
        """Return a conversation as the model reads it; see `Backend`."""
        if not self.with_template:
            return plain_text(messages) + begun
        if not self._takes_system:
            messages = _system_in_first_turn(messages)
        return self._templated(messages) + begun

    def count(self, prompt: str) -> int:
        """Return the number of tokens of a rendered prompt."""
        return len(self.encode([prompt])[0])

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text each token begins and ends; two characters each where the tokenizer cannot say."""
        if not self.tokenizer.is_fast:
            return [(start, min(start + 2, len(text))) for start in range(0, len(text), 2)]
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]

    def encode(self, prompts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of rendered prompts; a template writes its special tokens itself."""
        return encode_rendered(self.tokenizer, prompts, special=not self.with_template)

    def write(self, requests: Iterable[WritingRequest], advance: Advance) -> None:
        """Have every reply written that is not on file, longest prompts first within some thousand requests."""
        for chunk in _chunks(requests, CHUNK):
            missing = {request.key: request for request in chunk if self.store.find(request.key) is None}
            advance(len(chunk) - len(missing))
            keys = list(missing)
            tokens = dict(zip(keys, self.encode([missing[key].prompt for key in keys]), strict=True))
            keys.sort(key=lambda key: (-missing[key].max_new_tokens, -len(tokens[key]), key))
            lengths = [(len(tokens[key]), missing[key].max_new_tokens) for key in keys]
            for batch in self.engine.batches(lengths):
                chosen = [keys[number] for number in batch]
                most = missing[chosen[0]].max_new_tokens
                found = self.engine.write([tokens[key] for key in chosen], most, chosen)
                self.store.add(dict(zip(chosen, found, strict=True)))
                advance(len(chosen))

    def written(self, request: WritingRequest) -> Written:
        """Return what came of a request that was given to `write`."""
        return self.store.find(request.key) or Written(problem="it was not asked")

    def weigh(self, requests: Iterable[Request], advance: Callable[[float], Advance]) -> Mapping[str, float]:
        """Return log p(continuation | context) in nats by key, from the journal where it holds them."""
        with Journal(self._folder / "answers.jsonl", self.identity) as journal:
            return self.engine.weigh(list(requests), journal, advance)

    def close(self) -> None:
        """Close the file of replies and let others at the folder."""
        self.store.close()
        if self._lock is not None:
            self._lock.close()

    def _templated(self, messages: Sequence[Message]) -> str:
        import jinja2

        turns = [{"role": role, "content": text} for role, text in messages]
        try:
            return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        except (jinja2.TemplateError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise NoPrompt(f"the chat template raised: {_first_line(error)}") from error

    def _try_template(self) -> None:
        """Find out whether the template takes a system turn; raises UserError when it takes nothing at all."""
        where = f"the tokenizer of {self.tokenizer.name_or_path}"
        if not self.tokenizer.chat_template:
            raise UserError(
                f"use_chat_template: {where} has no chat template; "
                "set use_chat_template to false or save the model with a template"
            )
        try:
            self._templated([("user", "question")])
        except NoPrompt as error:
            raise UserError(
                f"use_chat_template: {where}: {error}; mend the template, or set use_chat_template to false to ask "
                "in plain text"
            ) from error
        try:
            self._takes_system = "instruction" in self._templated([("system", "instruction"), ("user", "question")])
        except NoPrompt:
            self._takes_system = False


def _system_in_first_turn(messages: Sequence[Message]) -> list[Message]:
    """Return a conversation for a template without a system turn: the instruction begins the first user's turn."""
    if messages[0][0] != "system":
        return list(messages)
    (_, instruction), (role, text), *others = messages
    return [(role, f"{instruction}\n\n{text}"), *others]


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]


def _chunks(requests: Iterable[WritingRequest], size: int) -> Iterator[list[WritingRequest]]:
    iterator = iter(requests)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _locked(folder: Path) -> IO[str]:
    folder.mkdir(parents=True, exist_ok=True)
    stream = (folder / "lock").open("w")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.close()
        raise UserError(
            f"{folder}: another run asks the same model in the same way; wait for it or stop it"
        ) from error
    return stream
