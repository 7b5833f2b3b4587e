"""How likely a model finds a continuation after a context: the one question that all scores here are made of.

log p(continuation | context) = sum over i of log p(c_i | context, c_1 ... c_(i-1)), in nats.

Contexts are computed once for all their continuations: contexts of equal length go through the model together,
their key-value caches are repeated for the continuations, and logits are made for the continuations alone. Nothing is
padded on the left, so no mask is needed: every architecture with such a cache gives what it gives for one sequence.
This file knows nothing about tasks, tokenizers or text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polyclinic.evals.journal import Journal

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

LOGITS_IN_A_BATCH = 1 << 26  # numbers: 256 MB in float32


@dataclass(frozen=True, slots=True)
class Request:
    """One question: how likely is `continuation` after `context`; both are token ids, neither is empty."""

    context: tuple[int, ...]
    continuation: tuple[int, ...]

    @property
    def key(self) -> str:
        """A hash of the tokens, by which the answer is kept."""
        text = ",".join(map(str, self.context)) + "|" + ",".join(map(str, self.continuation))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Batch:
    """Requests whose contexts have one length; requests with the same context stand together."""

    requests: tuple[Request, ...]

    @property
    def tokens(self) -> int:
        """Tokens that are not padding, each context counted once."""
        contexts = {request.context for request in self.requests}
        return sum(map(len, contexts)) + sum(len(request.continuation) for request in self.requests)


def plan_batches(requests: Iterable[Request], batch_tokens: int, vocabulary: int) -> list[Batch]:
    """Group requests into batches with one context length and little padding; each distinct request comes once.

    Args:
        requests: what is to be asked, in any order and with repetitions; the plan depends on the set alone.
        batch_tokens: most tokens of contexts and padded continuations in one batch; a request that is longer than
            that becomes a batch of its own.
        vocabulary: size of the vocabulary, which bounds the logits of a batch.
    """
    groups: dict[tuple[int, ...], list[Request]] = {}
    for request in sorted(set(requests), key=lambda r: (-len(r.continuation), r.continuation)):
        groups.setdefault(request.context, []).append(request)

    def fits(rows: int, context: int, continuation: int) -> bool:
        small = rows * continuation * vocabulary <= LOGITS_IN_A_BATCH
        return rows == 1 or (small and rows * (context + continuation) <= batch_tokens)

    pieces: list[list[Request]] = []
    for context, group in groups.items():
        piece: list[Request] = []
        for request in group:  # longest first, so the first of a piece sets its width
            if piece and not fits(len(piece) + 1, len(context), len(piece[0].continuation)):
                pieces.append(piece)
                piece = []
            piece.append(request)
        pieces.append(piece)
    pieces.sort(key=lambda p: (-len(p[0].context), -len(p[0].continuation), p[0].context, p[0].continuation))

    batches: list[Batch] = []
    rows: list[Request] = []
    for piece in pieces:
        same = rows and len(rows[0].context) == len(piece[0].context)
        widest = len(rows[0].continuation) if rows else 0
        if rows and not (same and fits(len(rows) + len(piece), len(piece[0].context), widest)):
            batches.append(Batch(tuple(rows)))
            rows = []
        rows.extend(piece)
    if rows:
        batches.append(Batch(tuple(rows)))
    return batches


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
                values = log_likelihoods(model, batch.requests)
                journal.add(dict(zip(keys, values, strict=True)))
            advance(batch.tokens)
    return journal.answers


def log_likelihoods(model: PreTrainedModel, requests: Sequence[Request]) -> list[float]:
    """Return log p(continuation | context) for requests whose contexts have one length, in their order."""
    contexts = list(dict.fromkeys(request.context for request in requests))
    place = {context: index for index, context in enumerate(contexts)}
    rows = [place[request.context] for request in requests]
    # State-space models keep a running state instead of keys and values; it cannot be repeated for several rows.
    if getattr(model, "_is_stateful", False):
        return _without_cache(model, requests)
    return _with_cache(model, contexts, rows, [request.continuation for request in requests])


def _with_cache(
    model: PreTrainedModel,
    contexts: Sequence[tuple[int, ...]],
    rows: Sequence[int],
    continuations: Sequence[tuple[int, ...]],
) -> list[float]:
    import torch
    from transformers import DynamicCache

    device = model.device
    row_index = torch.tensor(rows, device=device)
    targets, real = _padded(continuations, device)
    cache: Any = DynamicCache(config=model.config)
    needs_more = targets.shape[1] > 1
    begun = model(
        input_ids=torch.tensor(contexts, device=device),
        past_key_values=cache if needs_more else None,
        use_cache=needs_more,
        logits_to_keep=1,
    )
    first = begun.logits[:, -1][row_index].unsqueeze(1)
    total = _token_log_likelihoods(first, targets[:, :1])[:, 0]
    if needs_more:
        cache.batch_select_indices(row_index)
        logits = model(input_ids=targets[:, :-1], past_key_values=cache, use_cache=True).logits
        later = _token_log_likelihoods(logits, targets[:, 1:])
        total = total + later.masked_fill(~real[:, 1:], 0.0).sum(dim=1)
    return [float(value) for value in total]


def _without_cache(model: PreTrainedModel, requests: Sequence[Request]) -> list[float]:
    import torch

    device = model.device
    targets, real = _padded([request.continuation for request in requests], device)
    contexts = torch.tensor([request.context for request in requests], device=device)
    length = contexts.shape[1]
    logits = model(input_ids=torch.cat([contexts, targets[:, :-1]], dim=1), use_cache=False).logits
    values = _token_log_likelihoods(logits[:, length - 1 :], targets)
    return [float(value) for value in values.masked_fill(~real, 0.0).sum(dim=1)]


def _padded(rows: Sequence[tuple[int, ...]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows padded on the right with token 0, and which of the cells are real."""
    import torch

    width = max(map(len, rows))
    lengths = torch.tensor([len(row) for row in rows], device=device)
    padded = torch.tensor([[*row, *([0] * (width - len(row)))] for row in rows], device=device)
    return padded, torch.arange(width, device=device).unsqueeze(0) < lengths.unsqueeze(1)


def _token_log_likelihoods(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return log softmax(logits)[target] for each cell, in float64 so that long sums keep their digits.

    Args:
        logits: rows x tokens x vocabulary.
        targets: rows x tokens.
    """
    import torch

    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    # Row by row, since the float32 copy of half-precision logits may not fit beside them.
    normalizers = torch.stack([torch.logsumexp(row.float(), dim=-1) for row in logits])
    return chosen.double() - normalizers.double()


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
