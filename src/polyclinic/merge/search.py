"""merge.search: find the parameters of a merge that answer validation items best.

In come a base, models and items of tasks; out goes the best merge. Candidates are merged into one live model in
memory, by the same code that writes folders. Every evaluation is journaled, so a search that was killed goes on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from polyclinic.errors import UserError
from polyclinic.merge.breadcrumbs import breadcrumbs
from polyclinic.merge.breadcrumbs_ties import breadcrumbs_ties
from polyclinic.merge.dare_linear import dare_linear
from polyclinic.merge.dare_ties import dare_ties
from polyclinic.merge.della import della
from polyclinic.merge.della_linear import della_linear
from polyclinic.merge.della_ties import della_ties
from polyclinic.merge.engine import LiveParents
from polyclinic.merge.evaluations import (
    Evaluation,
    Evaluations,
    difference,
    interval,
    is_clearly_behind,
    mean_and_error,
    split_items,
)
from polyclinic.merge.karcher import karcher
from polyclinic.merge.linear import linear
from polyclinic.merge.live import merge_live, open_live, weights_of
from polyclinic.merge.parameters import NAMES
from polyclinic.merge.settings import MergeSettings
from polyclinic.merge.slerp import slerp
from polyclinic.merge.suggestions import Point, Search, evolution, grid
from polyclinic.merge.task_arithmetic import task_arithmetic
from polyclinic.merge.ties import ties
from polyclinic.steps import Model, ModelOrAdapter, Samples, Settings, SourcePath, StepKind, Work, step_kind

if TYPE_CHECKING:
    from polyclinic.evals import Panel

METHODS: Mapping[str, StepKind[Any]] = {
    kind.name.partition(".")[2]: kind
    for kind in (
        linear, slerp, task_arithmetic, ties, dare_linear, dare_ties, breadcrumbs, breadcrumbs_ties, della,
        della_linear, della_ties, karcher,
    )
}  # fmt: skip


class SearchSettings(Settings):
    """Settings of merge.search."""

    base: Model = Field(description="the model the others were trained from")
    models: list[ModelOrAdapter] = Field(min_length=1, description="models, or LoRA adapters of the base, to merge")
    samples: list[Samples] = Field(
        min_length=1, description="validation items of tasks of the catalog; keep test items out of here"
    )
    method: Literal[
        "linear", "slerp", "task_arithmetic", "ties", "dare_linear", "dare_ties", "breadcrumbs", "breadcrumbs_ties",
        "della", "della_linear", "della_ties", "karcher",
    ] = Field("breadcrumbs_ties", description="how to merge; any method with parameters")  # fmt: skip
    search: dict[str, list[float]] = Field(
        {"weights": [0.0, 1.0]},
        min_length=1,
        description="parameters to search with their lowest and highest value; one for each model",
    )
    shared: list[str] = Field([], description="those of them that are the same for all models")
    options: dict[str, Any] = Field({}, description="other settings of the method, such as flavour or normalize")
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
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    use_chat_template: bool = Field(False, description="whether questions are put as the user's turn")
    precision: Literal["float32", "bfloat16", "float16"] = Field("float32", description="arithmetic of the model")

    @model_validator(mode="after")
    def _can_be_searched(self) -> Self:
        for name, limits in self.search.items():
            if len(limits) != 2 or not limits[0] < limits[1]:
                raise ValueError(f"search.{name}: expected the lowest and the highest value, found {limits}")
            if name not in NAMES or name not in METHODS[self.method].settings.model_fields:
                known = [name for name in NAMES if name in METHODS[self.method].settings.model_fields]
                raise ValueError(f"search.{name}: {self.method} has no such parameter; it has {', '.join(known)}")
        for name in self.shared:
            if name not in self.search:
                raise ValueError(f"shared: {name} is not searched")
        count = self.grid_points ** self.dimensions()
        if self.algorithm == "grid" and count > self.evaluations:
            raise ValueError(f"a grid of {count} points does not fit into {self.evaluations} evaluations")
        return self

    def dimensions(self) -> int:
        """Return how many numbers are searched."""
        return sum(1 if name in self.shared else len(self.models) for name in self.search)

    def values(self, point: Point) -> dict[str, list[float]]:
        """Return the parameters a point between 0 and 1 in every dimension stands for."""
        numbers = iter(point)
        found = {}
        for name, (low, high) in self.search.items():
            count = 1 if name in self.shared else len(self.models)
            found[name] = [low + (high - low) * next(numbers) for _ in range(count)]
        return found

    def equal_weights(self) -> dict[str, list[float]]:
        """Return the baseline: 1/n of each model as far as the limits allow, everything else in their middle."""
        found = self.values((0.5,) * self.dimensions())
        if "weights" in self.search:
            low, high = self.search["weights"]
            share = min(high, max(low, 1 / len(self.models)))
            found["weights"] = [share] * len(found["weights"])
        return found

    def candidate(self, values: Mapping[str, Sequence[float]]) -> MergeSettings:
        """Return the merge with these parameters. Raises ValidationError when they do not go together."""
        made = METHODS[self.method].settings.model_validate(
            {**self.options, **values, "base": self.base, "models": self.models}
        )
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


@step_kind("merge.search", SearchSettings, output="model", version=1, packages=("cmaes",), check=check_search)
def search(settings: SearchSettings, work: Work) -> None:
    """Find the parameters of a merge that answer validation items best, by CMA-ES or on a grid.

    The objective is the mean over tasks of the mean score of their items: accuracy, or 1 / perplexity for texts.
    A share of each task's items is held back; on it the best candidate is compared with equal weights, item by item.

    Sources: Akiba et al., "Evolutionary optimization of model merging recipes", 2024; MediPhi (ACL 2025), section
    3.1.4; racing after Birattari et al., "A racing algorithm for configuring metaheuristics", 2002.
    """
    kind = METHODS[settings.method]
    from polyclinic.evals import Panel

    panel = Panel(settings.base, settings.samples, settings.catalog, settings.precision, settings.use_chat_template)
    first, rest, held = split_items(panel.by_task(), settings.racing, settings.held_back, work.seed)
    baseline = settings.candidate(settings.equal_weights())
    journal = Evaluations(work.scratch / "evaluations.jsonl")
    with open_live(baseline, weights_of(panel.model)) as live:
        judge = Judge(settings, panel, live, work, first, rest)
        start = journal.next("equal weights", lambda: judge.evaluate(settings.equal_weights(), None))
        best, path = start, [start]
        suggestions = _suggestions(settings, work.seed)
        with work.progress("candidates", settings.evaluations) as bar:
            point = next(suggestions, None)
            for number in range(settings.evaluations):
                if point is None:
                    break
                values = settings.values(point)
                found = journal.next(str(number), partial(judge.evaluate, values, best))
                path.append(found)
                if not found.dropped and found.score > best.score:
                    best = found
                bar.advance(1, f"best {best.score:.4f}")
                try:
                    point = suggestions.send(found.score)
                except StopIteration:
                    point = None
        work.facts["baseline"] = {"values": start.values, "score": start.score}
        work.facts["best"] = {"values": best.values, "score": best.score}
        work.facts["items"] = {"first": len(first), "search": len(first) + len(rest), "held_back": len(held)}
        if held:
            work.facts["held_back"] = judge.compare(start.values, best.values, held)
    work.facts["path"] = [
        {"values": e.values, "score": round(e.score, 6), "dropped": e.dropped, "refused": e.refused} for e in path
    ]
    work.facts["evaluations"] = {
        "made": len(path), "dropped": sum(e.dropped for e in path), "refused": sum(bool(e.refused) for e in path)
    }  # fmt: skip
    kind.function(settings.candidate(best.values), work)


@dataclass
class Judge:
    """Merges candidates into the live model and asks it the items."""

    settings: SearchSettings
    panel: Panel
    live: LiveParents
    work: Work
    first: list[int]
    rest: list[int]

    def evaluate(self, values: dict[str, list[float]], best: Evaluation | None) -> Evaluation:
        """Return how a candidate does; it is dropped after the first items when it is clearly behind the best."""
        try:
            made = self.settings.candidate(values)
        except ValidationError as error:
            worst = -1.0 if best is None else min(best.score, 0.0) - 1.0
            return Evaluation(values, worst, refused=str(error.errors()[0]["msg"]))
        self.merge(made)
        begun = self.ask(self.first, "first", values)
        if best is not None and self.first and self.rest:
            before, tasks = np.array(best.outcomes[: len(self.first)]), self.tasks(self.first)
            if is_clearly_behind(begun, before, tasks):
                estimate = best.score + difference(begun, before, tasks)[0]
                return Evaluation(values, estimate, begun.tolist(), dropped=True)
        outcomes = np.concatenate([begun, self.ask(self.rest, "rest", values)])
        score = mean_and_error(outcomes, self.tasks([*self.first, *self.rest]))[0]
        return Evaluation(values, score, outcomes.tolist())

    def merge(self, made: MergeSettings) -> None:
        """Merge one candidate into the live model."""
        merge_live(METHODS[self.settings.method], made, self.live, self.work.seed)

    def ask(self, items: list[int], part: str, values: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return the scores of items for the model as it is; larger is better. An unscored item counts nothing."""
        state = json.dumps({"part": part, "values": values}, sort_keys=True)
        outcomes = self.panel.ask(items, self.work.scratch / f"answers-{part}.jsonl", state) if items else []
        return np.array(
            [
                math.nan if o.value is None else math.exp(-o.value) if self.panel.perplexity[i] else o.value
                for i, o in zip(items, outcomes, strict=True)
            ],
            dtype=np.float64,
        )

    def tasks(self, items: Sequence[int]) -> list[str]:
        """Return the tasks of items."""
        return [self.panel.tasks[item] for item in items]

    def compare(
        self, baseline: Mapping[str, Sequence[float]], best: Mapping[str, Sequence[float]], held: list[int]
    ) -> dict[str, Any]:
        """Return baseline and best on items the search did not see, with 95 % intervals, and their difference."""
        figures: dict[str, Any] = {"n": len(held)}
        outcomes = {}
        for name, values in (("baseline", baseline), ("best", best)):
            self.merge(self.settings.candidate(values))
            outcomes[name] = self.ask(held, "held", values)
            figures[name] = interval(*mean_and_error(outcomes[name], self.tasks(held)))
        figures["difference"] = interval(*difference(outcomes["best"], outcomes["baseline"], self.tasks(held)))
        return figures


def _suggestions(settings: SearchSettings, seed: int) -> Search:
    if settings.algorithm == "grid":
        return grid(settings.dimensions(), settings.grid_points)
    return evolution(settings.dimensions(), seed, settings.population)
