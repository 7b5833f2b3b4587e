"""Log-likelihoods with one pass over the contexts and one over the continuations.

Contexts of equal length go through the model together, their key-value caches are repeated for the continuations, and
logits are made for the continuations alone. Nothing is padded on the left, so no mask is needed: every architecture
gives what it gives for one sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polyclinic.evals.requests import Request, Tokens

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

LOGITS_IN_A_BATCH = 1 << 27  # numbers: 512 MB in float32


@dataclass(frozen=True)
class CachedBatch:
    """Requests whose contexts have one length; requests with the same context stand together."""

    requests: tuple[Request, ...]

    @property
    def tokens(self) -> int:
        """Tokens that go through the model, but for padding."""
        contexts = {request.context for request in self.requests}
        return sum(map(len, contexts)) + sum(len(request.continuation) - 1 for request in self.requests)

    def ask(self, model: PreTrainedModel) -> list[float]:
        """Return log p(continuation | context) of each request, in nats."""
        # State-space models keep a running state instead of keys and values; it cannot be repeated for several rows.
        return without_cache(model, self.requests) if is_stateful(model) else _with_cache(model, self.requests)


def plan_cached(groups: Mapping[Tokens, Sequence[Tokens]], batch_tokens: int, vocabulary: int) -> list[CachedBatch]:
    """Put the continuations of contexts into batches with one context length and little padding.

    Args:
        groups: distinct continuations by context.
        batch_tokens: most tokens of contexts and padded continuations in one batch; a request that is longer than
            that becomes a batch of its own.
        vocabulary: size of the vocabulary, which bounds the logits of a batch.
    """

    def fits(rows: int, context: int, continuation: int) -> bool:
        small = rows * continuation * vocabulary <= LOGITS_IN_A_BATCH
        return rows == 1 or (small and rows * (context + continuation) <= batch_tokens)

    pieces: list[list[Request]] = []
    for context, continuations in groups.items():
        piece: list[Request] = []
        # Longest first, so that neighbours have about one length and the first of a piece sets its width.
        for continuation in sorted(continuations, key=lambda tokens: (-len(tokens), tokens)):
            if piece and not fits(len(piece) + 1, len(context), len(piece[0].continuation)):
                pieces.append(piece)
                piece = []
            piece.append(Request(context, continuation))
        pieces.append(piece)
    pieces.sort(key=lambda p: (-len(p[0].context), -len(p[0].continuation), p[0].context, p[0].continuation))

    batches: list[CachedBatch] = []
    rows: list[Request] = []
    for piece in pieces:
        same = rows and len(rows[0].context) == len(piece[0].context)
        widest = len(rows[0].continuation) if rows else 0
        if rows and not (same and fits(len(rows) + len(piece), len(piece[0].context), widest)):
            batches.append(CachedBatch(tuple(rows)))
            rows = []
        rows.extend(piece)
    if rows:
        batches.append(CachedBatch(tuple(rows)))
    return batches


def is_stateful(model: PreTrainedModel) -> bool:
    """Say whether a model reads with a running state, as state-space models do, instead of keys and values."""
    return bool(getattr(model, "_is_stateful", False))


def without_cache(model: PreTrainedModel, requests: Sequence[Request]) -> list[float]:
    """Return log p(continuation | context) for requests whose contexts have one length, each in a row of its own."""
    import torch

    device = model.device
    targets, real = _padded([request.continuation for request in requests], device)
    contexts = torch.tensor([request.context for request in requests], device=device)
    logits = model(input_ids=torch.cat([contexts, targets[:, :-1]], dim=1), use_cache=False).logits
    values = _token_log_likelihoods(logits[:, contexts.shape[1] - 1 :], targets)
    return [float(value) for value in values.masked_fill(~real, 0.0).sum(dim=1)]


def _with_cache(model: PreTrainedModel, requests: Sequence[Request]) -> list[float]:
    import torch
    from transformers import DynamicCache

    device = model.device
    contexts = list(dict.fromkeys(request.context for request in requests))
    place = {context: index for index, context in enumerate(contexts)}
    rows = torch.tensor([place[request.context] for request in requests], device=device)
    targets, real = _padded([request.continuation for request in requests], device)
    cache: Any = DynamicCache(config=model.config)
    needs_more = targets.shape[1] > 1
    begun = model(
        input_ids=torch.tensor(contexts, device=device),
        past_key_values=cache if needs_more else None,
        use_cache=needs_more,
        logits_to_keep=1,
    )
    total = _token_log_likelihoods(begun.logits[:, -1:][rows], targets[:, :1])[:, 0]
    if needs_more:
        cache.batch_select_indices(rows)
        logits = model(input_ids=targets[:, :-1], past_key_values=cache, use_cache=True).logits
        later = _token_log_likelihoods(logits, targets[:, 1:])
        total = total + later.masked_fill(~real[:, 1:], 0.0).sum(dim=1)
    return [float(value) for value in total]


def _padded(rows: Sequence[Tokens], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
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

    # Row by row, since a second copy of all logits may not fit beside the first.
    chosen = [
        torch.log_softmax(row, dim=-1, dtype=torch.float32).gather(-1, wanted.unsqueeze(-1)).squeeze(-1)
        for row, wanted in zip(logits, targets, strict=True)
    ]
    return torch.stack(chosen).double()
