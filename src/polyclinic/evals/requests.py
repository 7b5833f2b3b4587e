"""The one question that all scores here are made of: how likely is a continuation after a context.

log p(continuation | context) = sum over i of log p(c_i | context, c_1 ... c_(i-1)), in nats.

This file knows nothing about models, tasks or text; it handles tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One question: how likely is `continuation` after `context`; both are token ids, neither is empty."""

    context: Tokens
    continuation: Tokens

    @property
    def key(self) -> str:
        """A hash of the tokens, by which the answer is kept."""
        text = ",".join(map(str, self.context)) + "|" + ",".join(map(str, self.continuation))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def by_context(requests: Iterable[Request]) -> dict[Tokens, list[Tokens]]:
    """Return the distinct continuations of each context, sorted; neither depends on the order of the requests."""
    groups: dict[Tokens, set[Tokens]] = {}
    for request in requests:
        groups.setdefault(request.context, set()).add(request.continuation)
    return {context: sorted(groups[context]) for context in sorted(groups)}


def longest(requests: Iterable[Request]) -> int:
    """Return the most tokens of context and continuation in one request, 0 when there is none."""
    return max((len(request.context) + len(request.continuation) for request in requests), default=0)


def windows(tokens: Sequence[int], first: int | None, window: int, context_share: float) -> Iterator[Request]:
    """Cut a text into requests that together ask for every token once.

    The first window begins with the token `first` as its context. Each later window begins with the last
    `context_share` of the window before as context, which is not scored again, so that every token is predicted from
    at least that many tokens once the text is longer than the window.

    Args:
        tokens: the text.
        first: token that stands before a text (beginning or end of text); None when the tokenizer has neither, then
            the first token of the text is context only.
        window: most tokens the model sees at once, at least 2.
        context_share: share of a window that is context, from 0 (only one token of context) to below 1.
    """
    sequence = ([] if first is None else [first]) + list(tokens)
    start, scored = 0, 1  # tokens before `scored` are context
    while scored < len(sequence):
        end = min(start + window, len(sequence))
        yield Request(tuple(sequence[start:scored]), tuple(sequence[scored:end]))
        scored = end
        start = scored - min(max(1, int(window * context_share)), window - 1)
