"""Perplexity of held-out text: how surprising each of its tokens is to the model, given those before it.

    value = - 1/T * sum over t of log p(x_t | x_<t)   in nats per token; perplexity = exp(token-weighted mean)

Before the text stands the token of the beginning of a text (else of its end), so the first token is scored too;
where a tokenizer has neither, the first token is context only. Text longer than the window is read in several
windows, see `polyclinic.evals.requests.windows`. Nats per token compare models that share a tokenizer; bits per
byte compare all:

    bits per byte = total nats / (ln 2 * UTF-8 bytes)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.evals.outcome import NO_TEXT, NOT_A_NUMBER, Outcome
from polyclinic.evals.requests import Request, windows
from polyclinic.evals.tokens import encode_texts, first_token
from polyclinic.records import Sample
from polyclinic.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VERSION = 1  # of this scorer


@dataclass(frozen=True)
class TextItem:
    """One text with what is asked of the model for it."""

    sample: Sample
    task: Task
    asked: tuple[Request, ...]  # one a window, or one for a reply
    prompt: str = ""  # of a reply: its request
    problem: str = ""  # why it cannot be asked

    @property
    def requests(self) -> tuple[Request, ...]:
        """All that is asked; nothing when the item cannot be asked."""
        return () if self.problem else self.asked

    @property
    def scorer(self) -> str:
        """Name and version of the scorer."""
        return f"{'reply' if self.task.builder == 'samples' else 'text'}-likelihood-{VERSION}"

    @property
    def tokens(self) -> int:
        """Tokens that are scored."""
        return sum(len(request.continuation) for request in self.asked)


def text_items(
    tokenizer: PreTrainedTokenizerBase,
    asked: Sequence[tuple[Task, Sample]],
    window: int,
    context_share: float,
) -> list[TextItem]:
    """Turn texts into requests.

    Args:
        tokenizer: the model's.
        asked: tasks of the family perplexity, each with one of its texts (`Sample.output`).
        window: most tokens that are read at once.
        context_share: share of a window that repeats the one before, as context.
    """
    first = first_token(tokenizer)
    tokens = encode_texts(tokenizer, [sample.output for _, sample in asked])
    return [
        TextItem(sample, task, tuple(windows(text, first, window, context_share)))
        for (task, sample), text in zip(asked, tokens, strict=True)
    ]


def text_outcome(item: TextItem, answers: Mapping[str, float]) -> Outcome:
    """Return the mean nats per token of a text, its tokens as weight; None for no token, or NaN from the model."""
    if item.problem:
        return Outcome(None, item.problem, weight=float(item.tokens))
    if not item.tokens:
        return Outcome(None, f"{NO_TEXT}: the text has no token to predict", weight=0.0)
    nats = -math.fsum(answers[request.key] for request in item.requests)
    if math.isnan(nats):
        return Outcome(None, f"{NOT_A_NUMBER}: the text has no log-likelihood", weight=float(item.tokens))
    return Outcome(nats / item.tokens, weight=float(item.tokens))


def bits_per_byte(nats: float, texts: Sequence[str]) -> float | None:
    """Return the bits a model needs for each UTF-8 byte of texts it gave `nats` in all; None for no text."""
    length = sum(len(text.encode()) for text in texts)
    return nats / (math.log(2) * length) if length else None
