"""Where to look next for the largest value of a function of several numbers between 0 and 1.

A search is a generator: it yields a point, is sent the value there, yields the next. It depends on its seed and the
values alone, so a search that was stopped is taken up by sending it the values that are known. This file knows
nothing about merges.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import product
from typing import TypeAlias

import numpy as np

Point: TypeAlias = tuple[float, ...]
Search: TypeAlias = Generator[Point, float, None]

STEP = 0.25  # first standard deviation, in a range of 1


def evolution(dimensions: int, seed: int, population: int = 0, start: Point = ()) -> Search:
    """Suggest points by CMA-ES, without end.

    Source: Hansen, "The CMA evolution strategy: a tutorial", 2016; by the library `cmaes`.

    Args:
        dimensions: length of a point; with 1, which CMA-ES does not take, a second number is carried along unused.
        seed: decides everything random.
        population: points of a generation; 0 takes 4 + 3 ln(dimensions).
        start: mean of the first generation; the middle when empty.
    """
    from cmaes import CMA

    carried = max(2, dimensions)
    mean = np.full(carried, 0.5)
    mean[: len(start)] = start
    optimizer = CMA(
        mean=mean,
        sigma=STEP,
        bounds=np.tile([0.0, 1.0], (carried, 1)),
        seed=seed,
        population_size=population or None,
    )
    while True:
        told = []
        for _ in range(optimizer.population_size):
            point = optimizer.ask()
            value = yield tuple(float(number) for number in point[:dimensions])
            told.append((point, -value))
        optimizer.tell(told)
        if optimizer.should_stop():  # converged: begin again elsewhere
            generator = np.random.default_rng([seed, optimizer.generation])
            optimizer = CMA(
                mean=generator.random(carried),
                sigma=STEP,
                bounds=np.tile([0.0, 1.0], (carried, 1)),
                seed=int(generator.integers(1 << 31)),
                population_size=population or None,
            )


def grid(dimensions: int, points: int) -> Search:
    """Suggest every point of a grid with `points` values in each dimension, ends included."""
    values = [place / (points - 1) for place in range(points)] if points > 1 else [0.5]
    yield from product(values, repeat=dimensions)
