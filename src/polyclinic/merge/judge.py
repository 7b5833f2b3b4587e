"""Asks candidates of a search: each is merged into one live model in memory, which is then asked the items."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from polyclinic.errors import UserError
from polyclinic.merge.engine import LiveParents
from polyclinic.merge.evaluations import (
    REFUSED,
    Evaluation,
    Items,
    Outcomes,
    Values,
    is_clearly_behind,
    mean_and_error,
    mean_over_tasks,
)
from polyclinic.merge.live import merge_live, open_live, weights_of
from polyclinic.merge.search_items import Split, split_items
from polyclinic.merge.search_settings import METHODS, SearchSettings

if TYPE_CHECKING:
    from polyclinic.evals import Panel


@dataclass
class Judge:
    """Merges candidates into the live model and asks it the items."""

    settings: SearchSettings
    panel: Panel
    live: LiveParents
    split: Split
    seed: int
    journal: Path  # where answers are kept while a candidate is asked
    merge_threads: int

    def evaluate(self, values: Values, best: Outcomes | None = None, held_back: bool = False) -> Evaluation:
        """Return how a candidate does.

        Args:
            values: its parameters.
            best: outcomes of the best so far. A candidate that is clearly behind it on the first items is dropped,
                one that leaves items without a value that this one has is refused.
            held_back: ask the items the search does not see, all of them.

        Raises UserError when it cannot be merged and there is no best to fall back on.
        """
        try:
            self.merge(values)
        except (ValidationError, UserError) as error:
            if best is None:
                raise
            return Evaluation(values, REFUSED, refused=_reason(error))
        if held_back:
            outcomes = self.ask(self.split.held, "held", values)
            return Evaluation(values, mean_over_tasks(outcomes, self.items(self.split.held)), outcomes.tolist())
        first, seen = self.split.first, [*self.split.first, *self.split.rest]
        outcomes = self.ask(first, "first", values)
        if best is not None:
            if refused := self.unanswered(outcomes, best):
                return refused_evaluation(values, outcomes, refused)
            items, before = self.items(first), best[: len(first)]
            if first and self.split.rest and is_clearly_behind(outcomes, before, items):
                everything = mean_over_tasks(best, self.items(seen))
                estimate = everything + mean_and_error(outcomes - before, items)[0]
                return Evaluation(values, max(0.0, estimate), outcomes.tolist(), dropped=True)
        outcomes = np.concatenate([outcomes, self.ask(self.split.rest, "rest", values)])
        if best is not None and (refused := self.unanswered(outcomes, best)):
            return refused_evaluation(values, outcomes, refused)
        return Evaluation(values, mean_over_tasks(outcomes, self.items(seen)), outcomes.tolist())

    def merge(self, values: Values) -> None:
        """Merge one candidate into the live model. Raises ValidationError and UserError."""
        made = self.settings.candidate(values, self.merge_threads)
        merge_live(METHODS[self.settings.method], made, self.live, self.seed)

    def ask(self, items: list[int], part: str, values: Mapping[str, Any]) -> Outcomes:
        """Return the scores of items for the model as it is: from 0 to 1, larger is better, NaN without a score.

        A text's is 1 - nats per token / ln(vocabulary): 0 for a blind guess or worse. It goes by nats, so that a mean
        over texts and domains is one of perplexities' logarithms, and the easiest domain does not rule the search.
        """
        file = self.journal.with_name(f"{self.journal.name}-{part}.jsonl")
        state = f"{part} {sorted(values.items())}"
        outcomes = self.panel.ask(items, file, state) if items else []
        blind = math.log(self.panel.vocabulary)
        return np.array(
            [
                math.nan
                if o.value is None
                else max(0.0, 1 - o.value / blind)
                if self.panel.perplexity[i]
                else o.value
                for i, o in zip(items, outcomes, strict=True)
            ],
            dtype=np.float64,
        )

    def unanswered(self, outcomes: Outcomes, best: Outcomes) -> str:
        """Say how many items have no value that have one for the best, empty when all have."""
        missing = np.flatnonzero(np.isnan(outcomes) & ~np.isnan(best[: len(outcomes)]))
        if not missing.size:
            return ""
        seen = [*self.split.first, *self.split.rest]
        item = seen[int(missing[0])]
        return f"no score for {missing.size} items, the first is {self.panel.names[item]} of {self.panel.tasks[item]}"

    def items(self, numbers: list[int]) -> Items:
        """Return tasks and documents of items."""
        return items_of(self.panel, numbers)


def items_of(panel: Panel, numbers: list[int]) -> Items:
    """Return tasks and documents of items."""
    return Items([panel.tasks[i] for i in numbers], [panel.documents[i] for i in numbers])


def refused_evaluation(values: Values, outcomes: Outcomes, why: str) -> Evaluation:
    """Return a candidate that could be merged, but not asked."""
    return Evaluation(values, REFUSED, outcomes.tolist(), refused=why)


@contextmanager
def open_judge(settings: SearchSettings, seed: int, journal: Path, merge_threads: int = 0) -> Iterator[Judge]:
    """Load the live model, open the parents and read the items while the block runs.

    The model computes with as many threads as the settings say, since sums depend on it in their last digits.
    """
    import torch

    from polyclinic.evals import Panel

    threads = torch.get_num_threads()
    torch.set_num_threads(settings.model_threads)
    try:
        panel = Panel(
            settings.base,
            settings.samples,
            journal.with_name(f"{journal.name}-items"),
            settings.catalog,
            settings.precision,
            settings.use_chat_template,
        )
        split = split_items(
            panel.tasks, panel.documents, settings.racing, settings.held_back, seed, settings.held_back_documents
        )
        with open_live(settings.candidate(settings.equal_weights()), weights_of(panel.model)) as live:
            yield Judge(settings, panel, live, split, seed, journal, merge_threads)
    finally:
        torch.set_num_threads(threads)


def as_stored(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as JSON; an item without a score is null."""
    stored = asdict(evaluation)
    stored["outcomes"] = [None if math.isnan(value) else value for value in evaluation.outcomes]
    return stored


def from_stored(stored: Mapping[str, Any]) -> Evaluation:
    """Return an evaluation from JSON."""
    outcomes = [math.nan if value is None else value for value in stored["outcomes"]]
    return Evaluation(**{**stored, "outcomes": outcomes})


def available_cores() -> int:
    """Return the processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _reason(error: ValidationError | UserError) -> str:
    return str(error) if isinstance(error, UserError) else str(error.errors()[0]["msg"])
