"""Items that are put to many models of one tokenizer, one after the other, without a folder for each.

The items are read and turned into prompts once; the models are states of one model in memory. This is what a search
over merges asks for its objective.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.evals.answered import final_replies, letter_questions
from polyclinic.evals.asked_items import AskedItems, read_items
from polyclinic.evals.backends.local import LocalBackend
from polyclinic.evals.backends.models_in_process import load_for_asking
from polyclinic.evals.backends.transformers_engine import TransformersEngine
from polyclinic.evals.conversation import PLAIN_STOPS
from polyclinic.evals.journal import Journal
from polyclinic.evals.likelihood import Batch, answer, plan_batches
from polyclinic.evals.outcome import Outcome
from polyclinic.evals.prepared import ASKING, prepare
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.scoring import score_replies
from polyclinic.evals.weighed_items import outcome_of
from polyclinic.records import Reply
from polyclinic.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Name = tuple[str, str]  # task and item


class Panel:
    """Items of tasks, ready to be asked.

    Options, letters and texts are weighed by likelihood; everything else is written, greedily, and scored by the
    scorer `corrected`: an item's outcome is its value of the task's headline metric.

    Args:
        folder: a model folder with the tokenizer of all models; its model is `model`, for the caller to change.
        samples: items of tasks of the catalog.
        scratch: folder for what is made ready, of this process alone.
        catalog: folder of the user's own tasks.
        precision: arithmetic of the model.
        use_chat_template: whether items are put as turns of a conversation; None = replies yes if there is a
            template, options and texts no.

    Raises UserError for broken items, and for tasks whose replies a judge must read.
    """

    def __init__(
        self,
        folder: Path,
        samples: Sequence[Path],
        scratch: Path,
        catalog: Path | None = None,
        precision: Literal["float32", "bfloat16", "float16"] = "float32",
        use_chat_template: bool | None = None,
    ) -> None:
        settings = RunSettings(
            model=folder,
            samples=list(samples),
            catalog=catalog,
            use_chat_template=use_chat_template,
            choices="likelihood",
        )
        asked = read_items(settings.samples, catalog)
        for task, sample in asked:
            if task.metric == "judge":
                raise UserError(
                    f"item {sample.id}: replies to task {task.name} are scored by a judge, which a search has not; "
                    "leave it out of the samples"
                )
        self.model: PreTrainedModel = load_for_asking(folder, precision)
        self.vocabulary = int(self.model.get_input_embeddings().weight.shape[0])  # tokens the model chooses from
        tokenizer = models.load_tokenizer(folder)
        with_template = bool(tokenizer.chat_template) if use_chat_template is None else use_chat_template
        engine = TransformersEngine(self.model, tokenizer, precision, stops=() if with_template else PLAIN_STOPS)
        self._engine, self._tokenizer, self._use_chat_template = engine, tokenizer, use_chat_template
        self._scratch = scratch
        with closing(self._backend("prompts")) as backend:
            self._prepared = prepare(
                settings, AskedItems(tuple(samples)), backend, scratch / "prepared", seed=0, name="candidate"
            )
            self._letters = letter_questions(self._prepared, settings, backend)
        replies = list(self._prepared.replies())
        self.tasks = [reply.task for reply in replies]
        self.names = [reply.item for reply in replies]
        self.documents = [reply.cluster for reply in replies]
        self.weighed = list(self._prepared.weighed.values())
        self._keys: list[Name] = list(zip(self.tasks, self.names, strict=True))
        self._written = {
            key for key, r in zip(self._keys, replies, strict=True) if r.metadata[ASKING]["way"] == "written"
        }
        self._tasks: dict[str, Task] = {task.name: task for task, _ in asked}
        self.perplexity = [self._tasks[task].family == "perplexity" for task in self.tasks]
        self._batches: dict[tuple[int, ...], list[Batch]] = {}

    def ask(self, chosen: Sequence[int], journal: Path, state: str) -> list[Outcome]:
        """Return what comes out of the items with these numbers for the model as it is now.

        Args:
            chosen: numbers of items.
            journal: where answers are kept while they are asked, so that a killed process goes on.
            state: name of the model's present state; a journal of another state is not used.
        """
        answers = self._weigh(tuple(chosen), journal, state)
        names = [self._keys[number] for number in chosen]
        outcomes: dict[Name, Outcome] = {
            name: outcome_of(self._prepared.weighed[name], answers)
            for name in names
            if name in self._prepared.weighed
        }
        others = frozenset(name for name in names if name not in outcomes)
        if others:
            prepared = dataclasses.replace(self._prepared, chosen=others)
            with closing(self._backend(state, journal)) as backend:
                if others & self._written:
                    backend.write(prepared.requests(), lambda _: None)
                outcomes |= self._scored(list(final_replies(prepared, backend, answers, self._letters, {}, {})))
        return [outcomes[name] for name in names]

    def _weigh(self, chosen: tuple[int, ...], journal: Path, state: str) -> dict[str, float]:
        if chosen not in self._batches:
            requests = []
            for name in (self._keys[number] for number in chosen):
                question = self._prepared.weighed.get(name) or self._letters.get(name)
                requests += list(question.requests) if question is not None else []
            self._batches[chosen] = plan_batches(self.model, requests, self._engine.batch_tokens) if requests else []
        if not self._batches[chosen]:
            return {}
        with Journal(journal, {"state": state}) as kept:
            return dict(answer(self.model, self._batches[chosen], kept, lambda _: None))

    def _backend(self, state: str, journal: Path | None = None) -> LocalBackend:
        """Return the live model as a backend whose replies are kept beside the journal, for this state alone."""
        folder = self._scratch / "prompts" if journal is None else journal.with_name(f"{journal.name}-replies")
        return LocalBackend(
            "candidate",
            state,
            self._tokenizer,
            self._engine,
            folder,
            use_chat_template=self._use_chat_template,
            decoding={},
        )

    def _scored(self, replies: list[Reply]) -> dict[Name, Outcome]:
        found: dict[Name, Outcome] = {}
        for task, group in itertools.groupby(replies, key=lambda reply: reply.task):
            column = list(group)
            for reply, measured in zip(column, score_replies(self._tasks[task], column, "corrected"), strict=True):
                first = measured[0]
                found[reply.task, reply.item] = Outcome(first.value, first.reason, first.weight, reply.text)
        return found
