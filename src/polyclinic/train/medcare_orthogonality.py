"""A trainer that keeps the aligner apart from the knowledge: the penalty's gradient, the projection, what is noted.

The penalty is not added to the loss of the model, whose scale and parts differ between trainers. Its gradient is
taken on its own, once for every batch of a step and divided by their number, and added to that of the loss: the sum
is that of loss + weight * penalty, in one process or many, whole or in parts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from polyclinic.adapters.orthogonality import Orthogonality
from polyclinic.train import processes

if TYPE_CHECKING:
    import torch

LOG = "orthogonality.jsonl"


class Apartness:
    """How aligner and knowledge are kept apart in one training, and what is noted of it."""

    def __init__(self, kind: Orthogonality, weight: float, refresh: bool, log: Path, every: int) -> None:
        """Keep the settings; `log` grows by a line every so many steps, and survives a kill."""
        self.kind, self.weight, self.refresh, self.log, self.every = kind, weight, refresh, log, every
        self.penalty: Any = 0.0  # of the step that is under way
        self.loss: Any = 0.0

    def add_gradient(self, model: torch.nn.Module, parts: int) -> torch.Tensor:
        """Add the gradient of weight * penalty / parts to the matrices; return that value."""
        import torch

        from polyclinic.adapters.orthogonality import penalty, row_pairs

        rows = row_pairs(model)
        term = penalty(rows, self.kind) * (self.weight / parts)
        learning = [m for pair in rows for m in (pair.aligner, pair.knowledge) if m.requires_grad]
        for matrix, gradient in zip(learning, torch.autograd.grad(term, learning), strict=True):
            matrix.grad = gradient if matrix.grad is None else matrix.grad + gradient
        return term.detach()

    def note(self, model: torch.nn.Module, step: int, last: bool) -> None:
        """Write penalty, loss of the model and overlaps of a step, when it is its turn."""
        if step % self.every == 0 or last:
            found = overlaps(model)
            # Each process has its part of the step; the trainer's losses are such that their mean is the step's.
            loss, term = (
                value / processes.count() for value in processes.sums([float(self.loss), float(self.penalty)])
            )
            entry = {
                "step": step,
                "loss": round(loss, 6),
                "penalty": round(term, 6),
                "row_overlap": _mean([rows for rows, _ in found.values()]),
                "column_overlap": _mean([columns for _, columns in found.values()]),
            }
            if processes.is_first():
                with self.log.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(entry) + "\n")
        self.penalty = self.loss = 0.0

    def go_on_from(self, step: int) -> None:
        """Forget what was noted after a checkpoint."""
        if processes.is_first() and self.log.is_file():
            lines = [line for line in self.log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
            kept = [line for line in lines if json.loads(line)["step"] <= step]
            self.log.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def overlaps(model: torch.nn.Module) -> dict[str, tuple[float, float]]:
    """Return by module the shares of the aligner's rows of A and columns of B inside the knowledge's spaces."""
    from polyclinic.adapters.aligner import KNOWLEDGE
    from polyclinic.adapters.noise import ADAPTER, lora_layers
    from polyclinic.adapters.orthogonality import column_overlap, row_overlap

    found = {}
    for name, layer in lora_layers(model).items():
        if hasattr(layer, KNOWLEDGE[0]):
            a, b = (getattr(layer, part)[ADAPTER].weight for part in KNOWLEDGE)
            found[name] = (
                row_overlap(a, layer.lora_A[ADAPTER].weight),
                column_overlap(b, layer.lora_B[ADAPTER].weight),
            )
    return found


def kept_apart(base: Any, apartness: Apartness) -> Any:
    """Return a trainer class as one that keeps the aligner apart from the knowledge in every step."""
    from transformers import TrainerCallback

    class KeptApart(base):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.add_callback(AfterSteps(self))

        def training_step(self, model: Any, *given: Any, **named: Any) -> Any:
            loss = super().training_step(model, *given, **named)
            apartness.loss = apartness.loss + loss.detach()
            if apartness.kind in ("penalty_norm", "penalty_published"):
                term = apartness.add_gradient(self.model, self.current_gradient_accumulation_steps)
                apartness.penalty = apartness.penalty + term
                loss = loss + term
            return loss

    class AfterSteps(TrainerCallback):  # type: ignore[misc]
        def __init__(self, trainer: Any) -> None:
            self.trainer, self.projection = trainer, cast(Any, None)

        def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            apartness.go_on_from(state.global_step)
            if apartness.kind == "projection":
                from polyclinic.adapters.orthogonality import Projection, row_pairs

                self.projection = Projection(row_pairs(self.trainer.model), apartness.refresh)
                if state.global_step == 0:  # a checkpoint has been projected already; twice would change its last bit
                    self.projection.apply()

        def on_optimizer_step(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if self.projection is not None:
                self.projection.apply()

        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            apartness.note(self.trainer.model, state.global_step, state.global_step == state.max_steps)

    return KeptApart


def _mean(values: list[float]) -> float:
    return float(f"{sum(values) / len(values):.3g}") if values else 0.0
