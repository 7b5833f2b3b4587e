"""NEFTune: uniform noise on the embeddings while training (Jain et al., arXiv 2310.05914).

transformers has the same hook, but takes the padded length of the batch for the length of every row, so a short row
beside a long one gets less noise than it should. Here padding does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


@contextmanager
def noisy_embeddings(model: PreTrainedModel, alpha: float, pad_token: int) -> Iterator[None]:
    """Add noise from [-m, m], m = alpha / sqrt(row length x hidden size), to the embeddings in training mode.

    An `alpha` of 0 does nothing.
    """
    if alpha == 0:
        yield
        return
    import torch

    def add_noise(module: torch.nn.Module, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return output
        lengths = (given[0] != pad_token).sum(dim=1).clamp(min=1)
        largest = alpha / torch.sqrt(lengths * output.size(-1)).to(output.dtype)
        noise = torch.empty_like(output).uniform_(-1, 1)
        return output + noise * largest[:, None, None]

    handle = model.get_input_embeddings().register_forward_hook(add_noise)
    try:
        yield
    finally:
        handle.remove()
