"""Items that are put to many models of one tokenizer, one after the other, without a folder for each.

The items are read and turned into tokens once; the models are states of one model in memory. This is what a search
over merges asks for its objective.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.evals.asked_items import read_items
from polyclinic.evals.backends.models_in_process import load_for_asking
from polyclinic.evals.backends.transformers_engine import (
    BATCH_TOKENS_ACCELERATOR,
    BATCH_TOKENS_CPU,
    model_window,
)
from polyclinic.evals.journal import Journal
from polyclinic.evals.likelihood import Batch, answer, plan_batches
from polyclinic.evals.outcome import Outcome
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.weighed_items import ask_items, outcome_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WEIGHED = ("multiple_choice", "perplexity")  # families of tasks


class Panel:
    """Items of tasks, ready to be asked.

    Args:
        folder: a model folder with the tokenizer of all models; its model is `model`, for the caller to change.
        samples: items of tasks of the catalog.
        catalog: folder of the user's own tasks.
        precision: arithmetic of the model.
        use_chat_template: whether questions are put as the user's turn of a conversation.
    """

    def __init__(
        self,
        folder: Path,
        samples: Sequence[Path],
        catalog: Path | None = None,
        precision: Literal["float32", "bfloat16", "float16"] = "float32",
        use_chat_template: bool = False,
    ) -> None:
        settings = RunSettings(
            model=folder, samples=list(samples), catalog=catalog, use_chat_template=use_chat_template
        )
        asked = read_items(settings.samples, catalog)
        for task, sample in asked:
            if task.family not in WEIGHED:
                raise UserError(
                    f"item {sample.id}: task {task.name} is of the family '{task.family}'; models are compared here "
                    f"by likelihood, so {' and '.join(WEIGHED)} can be asked; leave it out of the samples"
                )
        self.model: PreTrainedModel = load_for_asking(folder, precision)
        self.items = ask_items(settings, models.load_tokenizer(folder), asked, model_window(self.model))
        self.tasks = [item.task.name for item in self.items]
        self.names = [item.sample.id for item in self.items]
        self.perplexity = [item.task.family == "perplexity" for item in self.items]
        self._batches: dict[tuple[int, ...], list[Batch]] = {}

    def ask(self, chosen: Sequence[int], journal: Path, state: str) -> list[Outcome]:
        """Return what comes out of the items with these numbers for the model as it is now.

        Args:
            chosen: numbers of items.
            journal: where answers are kept while they are asked, so that a killed process goes on.
            state: name of the model's present state; a journal of another state is not used.
        """
        key = tuple(chosen)
        if key not in self._batches:
            usual = BATCH_TOKENS_CPU if self.model.device.type == "cpu" else BATCH_TOKENS_ACCELERATOR
            requests = [request for number in chosen for request in self.items[number].requests]
            self._batches[key] = plan_batches(self.model, requests, usual)
        with Journal(journal, {"state": state}) as kept:
            answers = answer(self.model, self._batches[key], kept, lambda _: None)
        return [outcome_of(self.items[number], answers) for number in chosen]

    def by_task(self) -> dict[str, list[int]]:
        """Return the numbers of each task's items, tasks in the order they came in."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, task in enumerate(self.tasks):
            found[task].append(number)
        return dict(found)
