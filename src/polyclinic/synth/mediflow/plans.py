"""What each MediFlow instruction is to be: drawn from the axes, the same for the same seed whatever the number.

Source: Corbeil et al., ACL 2025, appendix A.4: task types, input types and formats evenly, the three hardest levels
favoured 3:1, temperature 1.0 for 70 % and 1.25 for 30 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from polyclinic.synth.mediflow.axes import Axes, InputType, Value

BLOCK = 8192  # plans drawn with one generator: a plan depends on the seed and its number alone


@dataclass(frozen=True, slots=True)
class Plan:
    """One instruction that is to be written."""

    number: int  # counted from 0
    task_type: Value
    input_type: InputType
    difficulty: Value
    output_format: Value
    temperature: float
    examples: int  # pairs of input and output


def draw_plans(axes: Axes, count: int, seed: int, examples: tuple[int, int] = (3, 4)) -> Iterator[Plan]:
    """Yield `count` plans; a longer run begins with the plans of a shorter one.

    Args:
        axes: what is drawn from, with weights.
        count: number of plans.
        seed: decides everything.
        examples: fewest and most pairs of one instruction, each number drawn evenly.
    """
    import numpy as np

    inputs = axes.input_types
    drawn_from = (axes.task_types, inputs, axes.difficulty_levels, axes.output_formats, axes.temperatures)
    shares = [_shares([value.weight for value in values]) for values in drawn_from]
    fewest, most = examples
    for start in range(0, count, BLOCK):
        generator = np.random.Generator(np.random.Philox(key=[seed, start // BLOCK]))
        drawn = [np.searchsorted(share, generator.random(BLOCK), side="right").tolist() for share in shares]
        numbers = generator.integers(fewest, most + 1, BLOCK).tolist()
        for offset in range(min(BLOCK, count - start)):
            task, source, level, form, heat = (column[offset] for column in drawn)
            yield Plan(
                start + offset,
                axes.task_types[task],
                inputs[source],
                axes.difficulty_levels[level],
                axes.output_formats[form],
                axes.temperatures[heat].value,
                numbers[offset],
            )


def _shares(weights: Sequence[float]) -> list[float]:
    """Return where in [0, 1) the share of each weight ends; the last that is drawn at all ends at 1."""
    last = max(index for index, weight in enumerate(weights) if weight)
    reached = [sum(weights[: index + 1]) / sum(weights) for index in range(len(weights))]
    return [1.0 if index >= last else end for index, end in enumerate(reached)]
