"""Suites as the papers report them: columns, the means over them, and the figures that were printed.

A suite is a YAML file in the folder `suites` beside this file; what papers printed lies in `published`, retyped as
CSV. Values there are points, 0 to 100, save for judgements, which keep their scale.
"""

from __future__ import annotations

import csv
import functools
import io
import math
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

HEADLINE = "headline"  # in place of a metric: the one that stands for the task
JOURNAL = ("ACL 2025", "EMNLP 2024", "npj Digital Medicine 2025")  # the versions that count; others are older states


class Strict(BaseModel):
    """A part of a suite's file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SuiteColumn(Strict):
    """A data set as the paper counts it."""

    title: str
    tasks: tuple[str, ...] = Field(min_length=1, description="catalog tasks; their mean, unless they are pooled")
    metrics: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        description="published metric -> metrics of ours that stand for it, the first that was scored; `headline` is "
        "what stands for the task",
    )
    pool: bool = Field(False, description="whether the items of all tasks are taken together")
    scale: float = Field(100, description="what a value of 1 is shown as; 1 for judgements on a scale of their own")


class SuiteMean(Strict):
    """An unweighted mean over columns, or over all tasks of columns."""

    title: str
    columns: tuple[str, ...] = ()
    tasks_of: tuple[str, ...] = Field((), description="instead of columns: every task of these stands for itself")
    gains: bool = Field(False, description="whether gains over the base model and their variation are reported")


class Suite(Strict):
    """A suite's file."""

    name: str
    title: str
    paper: str
    published: str = Field(description="file with the printed figures")
    drawn: tuple[str, ...] = Field((), description="published models that stand in the pictures")
    columns: dict[str, SuiteColumn]
    means: dict[str, SuiteMean]

    @model_validator(mode="after")
    def _means_are_of_columns(self) -> Self:
        for key, mean in self.means.items():
            unknown = [name for name in (*mean.columns, *mean.tasks_of) if name not in self.columns]
            if unknown or bool(mean.columns) == bool(mean.tasks_of):
                raise ValueError(f"means.{key}: expected columns or tasks_of, of this suite; found {unknown}")
        return self


class PublishedFigure(Strict):
    """A figure that a paper printed."""

    model: str
    group: str
    column: str
    metric: str
    value: Annotated[float, BeforeValidator(float)]
    version: str
    place: str
    remark: str


@functools.cache
def load_suites() -> Mapping[str, Suite]:
    """Return the suites by name."""
    import yaml

    files = sorted(
        (f for f in resources.files("polyclinic.evals").joinpath("suites").iterdir() if f.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    found = (Suite.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files)
    return {suite.name: suite for suite in found}


@functools.cache
def load_published(suite: str) -> tuple[PublishedFigure, ...]:
    """Return all figures printed about a suite, older states of them too."""
    file = resources.files("polyclinic.evals").joinpath("published", load_suites()[suite].published)
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    return tuple(PublishedFigure.model_validate(row) for row in rows)


def variation(gains: list[float]) -> tuple[float, float]:
    """Return the coefficient of variation of gains, as MediPhi defines it (equation 1) and as it prints it.

    The equation divides by n, most printed values agree with n - 1. Infinite for a mean gain of zero, NaN where there
    are too few gains.
    """
    if len(gains) < 2:
        return math.nan, math.nan
    mean = math.fsum(gains) / len(gains)
    squares = math.fsum((gain - mean) ** 2 for gain in gains)
    if mean == 0:
        return math.inf, math.inf
    return math.sqrt(squares / len(gains)) / abs(mean), math.sqrt(squares / (len(gains) - 1)) / abs(mean)
