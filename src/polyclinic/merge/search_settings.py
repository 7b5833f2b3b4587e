"""The settings of a search: which parameters of which method, between which limits, judged by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from polyclinic.errors import UserError
from polyclinic.merge.breadcrumbs import breadcrumbs
from polyclinic.merge.breadcrumbs_ties import breadcrumbs_ties
from polyclinic.merge.dare_linear import dare_linear
from polyclinic.merge.dare_ties import dare_ties
from polyclinic.merge.della import della
from polyclinic.merge.della_linear import della_linear
from polyclinic.merge.della_ties import della_ties
from polyclinic.merge.fisher import fisher
from polyclinic.merge.karcher import karcher
from polyclinic.merge.linear import linear
from polyclinic.merge.parameters import NAMES
from polyclinic.merge.regmean import regmean
from polyclinic.merge.settings import MergeSettings
from polyclinic.merge.slerp import slerp
from polyclinic.merge.suggestions import Point
from polyclinic.merge.task_arithmetic import task_arithmetic
from polyclinic.merge.ties import ties
from polyclinic.step_settings import Model, ModelOrAdapter, Runtime, Samples, Settings, SourcePath, Statistics
from polyclinic.steps import StepKind

METHODS: Mapping[str, StepKind[Any]] = {
    kind.name.partition(".")[2]: kind
    for kind in (
        linear, slerp, task_arithmetic, ties, dare_linear, dare_ties, breadcrumbs, breadcrumbs_ties, della,
        della_linear, della_ties, karcher, fisher, regmean,
    )
}  # fmt: skip
BY_STATISTICS = ("fisher", "regmean")  # methods that take a file for each model


class SearchSettings(Settings):
    """Settings of merge.search."""

    base: Model = Field(description="the model the others were trained from")
    models: list[ModelOrAdapter] = Field(min_length=1, description="models, or LoRA adapters of the base, to merge")
    samples: list[Samples] = Field(
        min_length=1, description="validation items of tasks of the catalog; keep test items out of here"
    )
    method: Literal[
        "linear", "slerp", "task_arithmetic", "ties", "dare_linear", "dare_ties", "breadcrumbs", "breadcrumbs_ties",
        "della", "della_linear", "della_ties", "karcher", "fisher", "regmean",
    ] = Field("breadcrumbs_ties", description="how to merge; any method with parameters")  # fmt: skip
    search: dict[str, list[float]] = Field(
        {"weights": [0.0, 1.0]},
        min_length=1,
        description="parameters to search with their lowest and highest value; weights, density, gamma, epsilon, t "
        "have one number for each model, any other number of the method (scale, alpha) is one for all",
    )
    shared: list[str] = Field([], description="those of them that are the same for all models")
    options: dict[str, Any] = Field({}, description="other settings of the method, such as flavour or normalize")
    statistics: list[Statistics] = Field(
        [], description="for fisher and regmean: what merge.statistics made of each model, in their order"
    )
    algorithm: Literal["cmaes", "grid"] = Field("cmaes", description="how to search")
    evaluations: int = Field(200, ge=1, description="candidates that are tried, at most; all of a grid must fit")
    population: int = Field(0, ge=0, description="candidates of a generation of CMA-ES; 0 = by the dimensions")
    grid_points: int = Field(3, ge=2, description="values of each parameter in a grid, ends included")
    held_back: float = Field(0.2, ge=0, le=0.9, description="share of each task's items the search does not see")
    racing: float = Field(
        0.25,
        ge=0,
        le=1,
        description="share of the items on which a candidate that is clearly behind is dropped; 0 off",
    )
    held_back_documents: int = Field(
        10, ge=2, description="documents (or single items without one) that must be held back, at least"
    )
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    use_chat_template: bool | None = Field(
        None,
        description="whether items are put as turns of a conversation; empty = replies yes if there is a "
        "template, options and texts no",
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field("float32", description="arithmetic of the model")
    model_threads: int = Field(
        1,
        ge=1,
        le=1024,
        description="processor threads each model computes with; their number can change last digits",
    )
    workers: Annotated[int, Runtime] = Field(
        0,
        ge=0,
        le=256,
        description="processes that evaluate candidates, each with a model of its own; 0 = one for each accelerator, "
        "without one as many as cores and memory allow",
    )

    @model_validator(mode="after")
    def _can_be_searched(self) -> Self:
        for name, limits in self.search.items():
            if len(limits) != 2 or not limits[0] < limits[1]:
                raise ValueError(f"search.{name}: expected the lowest and the highest value, found {limits}")
            if name not in self.parameters():
                known = ", ".join(self.parameters())
                raise ValueError(f"search.{name}: {self.method} has no such parameter; it has {known}")
            if name in self.options:
                raise ValueError(f"options: {name} is searched, so it cannot be set as well")
        for name in self.shared:
            if name not in self.search:
                raise ValueError(f"shared: {name} is not searched")
        if bool(self.statistics) != (self.method in BY_STATISTICS):
            needs = "needs one file for each model" if self.method in BY_STATISTICS else "takes none"
            raise ValueError(f"statistics: {self.method} {needs}")
        count = self.grid_points ** self.dimensions()
        if self.algorithm == "grid" and count > self.evaluations:
            raise ValueError(f"a grid of {count} points does not fit into {self.evaluations} evaluations")
        return self

    def parameters(self) -> list[str]:
        """Return the parameters of the method that can be searched: those by model, then other numbers."""
        fields = METHODS[self.method].settings.model_fields
        numbers = [name for name, field in fields.items() if field.annotation is float]
        return [name for name in NAMES if name in fields] + numbers

    def numbers_of(self, name: str) -> int:
        """Return how many numbers a parameter has in the search."""
        return len(self.models) if name in NAMES and name not in self.shared else 1

    def dimensions(self) -> int:
        """Return how many numbers are searched."""
        return sum(map(self.numbers_of, self.search))

    def values(self, point: Point) -> dict[str, list[float]]:
        """Return the parameters a point between 0 and 1 in every dimension stands for."""
        numbers = iter(point)
        found = {}
        for name, (low, high) in self.search.items():
            found[name] = [low + (high - low) * next(numbers) for _ in range(self.numbers_of(name))]
        return found

    def equal_weights(self) -> dict[str, list[float]]:
        """Return the baseline: 1/n of each model as far as the limits allow, everything else in their middle."""
        found = self.values((0.5,) * self.dimensions())
        if "weights" in self.search:
            low, high = self.search["weights"]
            share = min(high, max(low, 1 / len(self.models)))
            found["weights"] = [share] * len(found["weights"])
        return found

    def candidate(self, values: Mapping[str, Sequence[float]], threads: int = 0) -> MergeSettings:
        """Return the merge with these parameters. Raises ValidationError when they do not go together."""
        given = {name: list(found) if name in NAMES else found[0] for name, found in values.items()}
        fields: dict[str, Any] = {**self.options, **given, "base": self.base, "models": self.models}
        if self.statistics:
            fields["statistics"] = self.statistics
        if threads:
            fields["threads"] = threads
        made = METHODS[self.method].settings.model_validate(fields)
        assert isinstance(made, MergeSettings)
        return made


def check_search(settings: SearchSettings) -> None:
    """Check that the middle of the range is a merge that can be made. Raises UserError."""
    kind = METHODS[settings.method]
    if any(str(folder).startswith("$") for folder in (settings.base, *settings.models)):
        return
    try:
        made = settings.candidate(settings.equal_weights())
    except ValidationError as error:
        raise UserError(f"options, or the middle of what is searched: {error.errors()[0]['msg']}") from error
    if kind.check is not None:
        kind.check(made)
