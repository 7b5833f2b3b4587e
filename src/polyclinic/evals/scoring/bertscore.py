"""BERTScore F1: how near the words of two texts are in a model's eyes.

Each token of the reply is compared with its nearest token of the reference by the cosine of their vectors, and the
other way round: P = mean over the reply's tokens, R = mean over the reference's, F1 = 2 P R / (P + R), not rescaled.
Special tokens may be nearest but are not averaged. Source: Zhang et al. 2020 (equation 1), as the package bert-score
counts without weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.evals.scoring.free_text import Similarity

if TYPE_CHECKING:
    import torch

BATCH = 32  # texts that go through the model together
PAIRS = 4096  # pairs whose texts' vectors are in memory together


def open_bertscore(folder: Path, layer: int | None = None) -> Similarity:
    """Return a function of texts and their references that gives BERTScore F1 of the best reference.

    Args:
        folder: an encoder's Hugging Face folder with safetensors, e.g. SciBERT uncased.
        layer: hidden layer whose vectors are compared, 1 for the first; default the last. CLUE's figures come from
            layer 8 of SciBERT.

    Raises UserError when the model cannot be loaded or has no such layer.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = AutoModel.from_pretrained(str(folder), local_files_only=True, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise UserError(
            f"bertscore: {folder}: not a model folder that can be loaded ({str(error).splitlines()[0]}); expected an "
            "encoder with config.json, tokenizer and safetensors"
        ) from error
    depth = int(model.config.num_hidden_layers)
    if layer is not None and not 1 <= layer <= depth:
        raise UserError(f"bertscore_layer: {layer}: the model in {folder} has the layers 1 to {depth}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = model.to(device).eval()
    # Where neither says how long a text may be, what the model has places for does.
    window = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 1 << 30))

    @torch.no_grad()
    def vectors(texts: Sequence[str]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """Return for each text its tokens' unit vectors and which of them are averaged."""
        found = {}
        by_length = sorted(set(texts), key=lambda text: (len(text), text))
        for start in range(0, len(by_length), BATCH):
            batch = by_length[start : start + BATCH]
            encoded: Any = tokenizer(
                [text.strip() for text in batch],
                padding=True,
                truncation=True,
                max_length=window,
                return_special_tokens_mask=True,
                return_tensors="pt",
            ).to(device)
            special = encoded.pop("special_tokens_mask").bool()
            hidden = model(**encoded, output_hidden_states=True).hidden_states[depth if layer is None else layer]
            hidden = torch.nn.functional.normalize(hidden.float(), dim=-1)
            for text, states, mask, out in zip(batch, hidden, encoded["attention_mask"].bool(), special, strict=True):
                found[text] = (states[mask].cpu(), ~out[mask].cpu())
        return found

    def similarity(texts: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
        scores: list[float] = []
        for start in range(0, len(texts), PAIRS):
            some, against = texts[start : start + PAIRS], references[start : start + PAIRS]
            known = vectors([*some, *(text for group in against for text in group)])
            for text, group in zip(some, against, strict=True):
                scores.append(max((_f1(known[text], known[other]) for other in group), default=0.0))
        return scores

    return similarity


def _f1(reply: tuple[torch.Tensor, torch.Tensor], reference: tuple[torch.Tensor, torch.Tensor]) -> float:
    if not reply[1].any() or not reference[1].any():
        return 0.0
    cosines = reply[0] @ reference[0].T
    precision = float(cosines.max(dim=1).values[reply[1]].mean())
    recall = float(cosines.max(dim=0).values[reference[1]].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
