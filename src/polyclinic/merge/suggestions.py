"""Where to look next for the largest value of a function of several numbers between 0 and 1.

A search is a generator: it yields a generation of points, is sent the values there, yields the next. It depends on
its seed and the values alone, so a search that was stopped is taken up by sending it the values that are known, and
the points of a generation can be tried at the same time. This file knows nothing about merges.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import product
from typing import TypeAlias

import numpy as np

Point: TypeAlias = tuple[float, ...]
Search: TypeAlias = Generator[list[Point], list[float], None]

STEP = 0.25  # first standard deviation, in a range of 1
ROUND = 16  # points of a grid that are tried together


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
        population_size=generation_size(dimensions, population),
    )
    while True:
        asked = [optimizer.ask() for _ in range(optimizer.population_size)]
        values = yield [tuple(float(number) for number in point[:dimensions]) for point in asked]
        optimizer.tell([(point, -value) for point, value in zip(asked, values, strict=True)])
        if optimizer.should_stop():  # converged: begin again elsewhere
            generator = np.random.default_rng([seed, optimizer.generation])
            optimizer = CMA(
                mean=generator.random(carried),
                sigma=STEP,
                bounds=np.tile([0.0, 1.0], (carried, 1)),
                seed=int(generator.integers(1 << 31)),
                population_size=generation_size(dimensions, population),
            )


def generation_size(dimensions: int, population: int = 0) -> int:
    """Return how many points CMA-ES tries together."""
    return population or 4 + math.floor(3 * math.log(max(2, dimensions)))


def grid(dimensions: int, points: int) -> Search:
    """Suggest every point of a grid with `points` values in each dimension, ends included."""
    values = [place / (points - 1) for place in range(points)]
    every = list(product(values, repeat=dimensions))
    for start in range(0, len(every), ROUND):
        yield every[start : start + ROUND]
