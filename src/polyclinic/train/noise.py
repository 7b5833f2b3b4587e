"""NEFTune: uniform noise on the embeddings while training (Jain et al., arXiv 2310.05914).

transformers has the same hook, but takes the padded length of the batch for the length of every row, so a short row
beside a long one gets less noise than it should. Here padding does not count, and the noise of a row depends on the
seed, the step and the row's place in it alone: not on what else was drawn, nor on how rows are dealt out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


@dataclass
class NoisePlace:
    """Which rows of which step go through the model now."""

    step: int = 0
    row: int = 0  # place of the first in its step
    rows: int = 0  # how many; a batch of pairs has two embedded rows for each. 0: as many as are embedded


@contextmanager
def noisy_embeddings(model: PreTrainedModel, alpha: float, pad_token: int, seed: int = 0) -> Iterator[NoisePlace]:
    """Add noise from [-m, m], m = alpha / sqrt(row length x hidden size), to the embeddings in training mode.

    Gives the place to be kept up to date. An `alpha` of 0 does nothing.
    """
    place = NoisePlace()
    if alpha == 0:
        yield place
        return
    import torch

    def add_noise(module: torch.nn.Module, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return output
        lengths = (given[0] != pad_token).sum(dim=1).clamp(min=1)
        largest = alpha / torch.sqrt(lengths * output.size(-1)).to(output.dtype)
        noise = torch.empty_like(output)
        generator = torch.Generator(output.device)
        rows = place.rows or len(output)
        for i in range(len(output)):
            name = f"{seed}/{place.step}/{place.row + i % rows}/{i // rows}"
            generator.manual_seed(xxhash.xxh3_64_intdigest(name.encode()) >> 1)
            noise[i].uniform_(-1, 1, generator=generator)
        return output + noise * largest[:, None, None]

    handle = model.get_input_embeddings().register_forward_hook(add_noise)
    try:
        yield place
    finally:
        handle.remove()
