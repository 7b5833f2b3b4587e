"""The loss of direct preference optimization for each pair (Rafailov et al., arXiv 2305.18290, equation 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def pair_losses(beta: float) -> Callable[[Any, dict[str, Any]], torch.Tensor]:
    """Return the function of a model and a batch that gives -log sigmoid(beta x margin) for each pair.

    The batch is that of TRL's collator: `input_ids`, `attention_mask` and `completion_mask` with the chosen replies
    first and the rejected ones behind them, [2 x pairs, length], and the log-probabilities of the reference, [pairs].
    The margin is how much more likely than in the reference the chosen reply has become, less that of the rejected.
    The model is one that DPOTrainer has prepared, so its head gives log-probabilities without all logits.
    """

    def losses(model: Any, batch: dict[str, Any]) -> torch.Tensor:
        from torch.nn.functional import logsigmoid

        return -logsigmoid(beta * _margins(model, batch))

    return losses


def pair_figures(beta: float) -> Callable[[Any, dict[str, Any]], dict[str, torch.Tensor]]:
    """Return the function of a model and a batch that gives what is measured of held-out pairs, [pairs] each.

    `loss` is that of `pair_losses`; `reward_margin` is beta x margin, by how much the chosen reply's implicit reward
    exceeds the rejected one's; `accuracy` is 1 where it does, else 0, so that a model that has not moved has 0.
    """

    def figures(model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        from torch.nn.functional import logsigmoid

        rewards = beta * _margins(model, batch)
        return {"loss": -logsigmoid(rewards), "reward_margin": rewards, "accuracy": (rewards > 0).float()}

    return figures


def reference(model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return what the loss needs of the reference, for each pair: log-probabilities of both replies."""
    chosen, rejected = _replies(model, batch)
    return {"ref_chosen_logps": chosen, "ref_rejected_logps": rejected}


def _margins(model: Any, batch: dict[str, Any]) -> torch.Tensor:
    chosen, rejected = _replies(model, batch)
    margins: torch.Tensor = (chosen - batch["ref_chosen_logps"]) - (rejected - batch["ref_rejected_logps"])
    return margins


def _replies(model: Any, batch: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the log-probabilities of the chosen and of the rejected replies, [pairs] each."""
    labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, -100)
    found = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        labels=labels,
        use_cache=False,
        fused_lm_head=True,
    ).log_probs
    chosen, rejected = found[:, -(labels.size(1) - 1) :].sum(dim=1).chunk(2)
    return chosen, rejected
