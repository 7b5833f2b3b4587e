"""Documents of a row kept apart at the speed of FlashAttention, where the machine has it.

Other kinds of attention keep packed documents apart by their positions in any batch. FlashAttention's kernels of
unequal lengths do so only for one row; so the rows of a batch become one row behind the embeddings, whose positions
start again at each document. The embeddings still see rows, since NEFTune's noise depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

FLASH = "flash_attention_2"


def flash_attention_fits(model: PreTrainedModel, precision: str) -> bool:
    """Say whether FlashAttention is installed, on an accelerator, in bfloat16, and known to the model's code."""
    import torch
    from transformers.utils import is_flash_attn_2_available

    return (
        torch.cuda.is_available()
        and precision == "bfloat16"
        and bool(getattr(model, "_supports_flash_attn", False))
        and bool(is_flash_attn_2_available())
    )


@contextmanager
def fast_isolation(model: PreTrainedModel, precision: str) -> Iterator[str]:
    """Let packed documents go through FlashAttention where that is possible; gives the attention that is used."""
    kept = str(model.config._attn_implementation)
    if not flash_attention_fits(model, precision):
        yield kept
        return
    model.set_attn_implementation(FLASH)
    try:
        with one_row(model):
            yield FLASH
    finally:
        model.set_attn_implementation(kept)


@contextmanager
def one_row(model: PreTrainedModel) -> Iterator[None]:
    """Put the rows of each batch with `position_ids` behind one another, once they are embedded."""
    whole: Any = getattr(model, "get_base_model", lambda: model)()

    def flatten(
        module: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if named.get("position_ids") is None or named.get("input_ids") is None:
            return given, named
        named = dict(named)
        embedded = whole.get_input_embeddings()(named.pop("input_ids"))
        named["inputs_embeds"] = embedded.reshape(1, -1, embedded.shape[-1])
        for name in ("position_ids", "labels"):
            if named.get(name) is not None:
                named[name] = named[name].reshape(1, -1)
        return given, named

    handle = whole.register_forward_pre_hook(flatten, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
