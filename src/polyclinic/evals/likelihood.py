"""Ask a model how likely continuations are: each distinct request once, in batches, with a journal.

This file knows nothing about tasks, tokenizers or text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from polyclinic.evals.cached_batches import plan_cached, without_cache
from polyclinic.evals.journal import Journal
from polyclinic.evals.requests import Request, by_context
from polyclinic.evals.tree_batches import plan_trees, trees_work, worth_a_tree

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Batch(Protocol):
    """Requests that go through the model together."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked."""

    @property
    def tokens(self) -> int:
        """Tokens that go through the model, but for padding."""

    def ask(self, model: PreTrainedModel) -> list[float]:
        """Return log p(continuation | context) of each request, in nats."""


def plan_batches(model: PreTrainedModel, requests: Iterable[Request], batch_tokens: int) -> list[Batch]:
    """Put requests into batches; each distinct request comes once, and the plan depends on their set alone.

    Continuations that share a short context become trees where the model can read them, the rest goes the usual way.

    Args:
        model: a causal language model in evaluation mode, on its device.
        requests: what is to be asked, in any order and with repetitions.
        batch_tokens: most tokens of a batch, with padding.
    """
    vocabulary: int = model.config.get_text_config().vocab_size
    groups = by_context(requests)
    branching = {context: found for context, found in groups.items() if worth_a_tree(context, found)}
    trees = plan_trees(branching, batch_tokens, vocabulary)
    if trees and not trees_work(model, trees[0]):
        branching, trees = {}, []
    others = {context: found for context, found in groups.items() if context not in branching}
    return [*trees, *plan_cached(others, batch_tokens, vocabulary)]


def answer(
    model: PreTrainedModel, batches: Sequence[Batch], journal: Journal, advance: Callable[[float], None]
) -> dict[str, float]:
    """Return log p(continuation | context) in nats for every request, by its key; NaN where the model gives NaN.

    Batches that the journal holds whole are not asked again. A batch of which it holds a part (another `batch_tokens`
    in the killed run) is asked whole, so that its numbers are those of an undisturbed run.

    Args:
        model: a causal language model in evaluation mode, on its device.
        batches: from `plan_batches`.
        journal: where finished batches are kept.
        advance: called after each batch with its number of tokens.
    """
    import torch

    with torch.inference_mode():
        for batch in batches:
            keys = [request.key for request in batch.requests]
            if not all(key in journal.answers for key in keys):
                values = batch.ask(model)
                # A NaN reaches its neighbours in the batch even through the mask; alone they may have an answer.
                for place in [place for place, value in enumerate(values) if math.isnan(value)]:
                    values[place] = without_cache(model, [batch.requests[place]])[0]
                journal.add(dict(zip(keys, values, strict=True)))
            advance(batch.tokens)
    return journal.answers
