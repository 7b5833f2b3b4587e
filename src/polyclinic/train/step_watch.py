"""What stops a run whose losses have gone wrong, and the records that did it.

A loss or a gradient that is not a number stops it at once. So does a spike: a loss far outside of what the steps
before had. Nothing is written of such a step, so the last checkpoint is from before it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from polyclinic.train import processes

STEPS_BEFORE = 50  # steps that say what a loss usually is
FEWEST_BEFORE = 20  # below this many nothing is said to be unusual
LEAST_RISE = 1.0  # nats; less is no spike, however even the losses were
MOST_NAMED = 8  # records named in a message


def is_spike(loss: float, before: Sequence[float], deviations: float) -> bool:
    """Say whether a loss is more than `deviations` standard deviations, and 1 nat, above the mean of those before.

    Looks at the last 50 steps and needs at least 20; `deviations` 0 is never a spike.
    """
    usual = before[-STEPS_BEFORE:]
    if not deviations or len(usual) < FEWEST_BEFORE:
        return False
    return loss - statistics.fmean(usual) > max(deviations * statistics.pstdev(usual), LEAST_RISE)


def worst_batch(losses: Sequence[float], keys: Sequence[list[Any]]) -> tuple[float, list[Any]]:
    """Return the loss and the rows of the batch that is no number, or else has the largest loss, of all processes.

    Every process calls this with its own batches.
    """
    sizes = [math.inf if not math.isfinite(loss) else loss for loss in losses]
    mine = max(range(len(sizes)), key=sizes.__getitem__)
    found = processes.gathered((sizes[mine], losses[mine], list(keys[mine])))
    largest = max(found, key=lambda one: one[0])
    return largest[1], largest[2]


def named(keys: Sequence[Any], names: Callable[[Any], list[str]] | None) -> str:
    """Return the records of some rows as a message lists them."""
    found = list(dict.fromkeys(name for key in keys for name in names(key))) if names is not None else []
    if not found:
        return "its records are not known"
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"its records are {', '.join(found[:MOST_NAMED])}{more}"


def not_a_number(phase: str, step: int, records: str, checkpoint: str) -> str:
    """Return the message for a loss, gradient or weight that is no number."""
    return (
        f"{phase}: the loss is not a number any more at step {step}; {records}. Lower learning_rate, raise "
        f"warmup_steps, or set precision to float32; {checkpoint}"
    )


def spike(phase: str, step: int, loss: float, usual: float, records: str, checkpoint: str) -> str:
    """Return the message for a spike."""
    return (
        f"{phase}: the loss jumped from {usual:.3g} to {loss:.3g} at step {step}; the worst batch: {records}. Look "
        "at them, lower learning_rate, or go on with stop_at_spike set higher, or to 0 for never (that changes no "
        f"result); {checkpoint}"
    )
