"""eval.run: put the items of tasks to a model and keep one score for each."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from polyclinic import models
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals.journal import Journal
from polyclinic.evals.likelihood import answer, plan_batches
from polyclinic.evals.multiple_choice import ChoiceItem, choice_items, choice_outcome
from polyclinic.evals.outcome import Outcome
from polyclinic.evals.perplexity import TextItem, bits_per_byte, text_items, text_outcome
from polyclinic.records import Sample, Score, read_records, write_records
from polyclinic.steps import Documents, Model, Runtime, Samples, Settings, SourcePath, Work, step_kind
from polyclinic.tasks import Task, build, load_catalog, load_task

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Item = ChoiceItem | TextItem
ASKED = ("multiple_choice", "perplexity")  # families of tasks
BATCH_TOKENS_CPU, BATCH_TOKENS_ACCELERATOR = 2048, 16384


class RunSettings(Settings):
    """Settings of eval.run."""

    model: Model = Field(description="the model that is asked")
    samples: list[Samples] = Field([], description="items of tasks of the catalog, as tasks.build makes them")
    tasks: list[str] = Field([], description="or names of catalog tasks, whose items are then made here")
    suite: str = Field("", description="or all tasks of a suite whose layout is known")
    documents: list[Documents] = Field([], description="what the items of such tasks are about, if of documents")
    data: SourcePath | None = Field(None, description="the user's data folder, for tasks of data sets")
    split: Literal["train", "validation", "test", "all"] = Field("test", description="split of those data sets")
    items: int | None = Field(None, ge=1, description="items of each such task, at most; empty = as tasks.build")
    name: str = Field("", description="the model's name in tables; empty = the step that made it, else its folder")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")
    use_chat_template: bool = Field(
        False, description="whether questions are put as the user's turn of a conversation"
    )
    text_window: int = Field(
        4096, ge=2, description="most tokens of a text read at once; never more than the model can"
    )
    context_share: float = Field(
        0.25, ge=0, le=0.9, description="share of a window that repeats the one before as context, in longer texts"
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field("float32", description="arithmetic of the model")
    batch_tokens: Annotated[int | None, Runtime] = Field(
        None, ge=1, description="most tokens in one batch; empty = 2048 on a CPU, 16384 on an accelerator"
    )

    @model_validator(mode="after")
    def _something_to_ask(self) -> RunSettings:
        if not (self.samples or self.tasks or self.suite):
            raise ValueError("nothing to ask: give samples, or tasks or a suite of the catalog")
        return self


@step_kind("eval.run", RunSettings, output="scores", version=1)
def run(settings: RunSettings, work: Work) -> None:
    """Ask a model the items of tasks and score its answers: multiple choice and perplexity, by log-likelihood.

    Each distinct question goes to the model once. Finished batches are journaled, so an interrupted run goes on where
    it was. An item that cannot be scored has value None and a reason; it is neither dropped nor counted as wrong.
    Raises UserError for items of an unknown task, items that are there twice, and broken items.
    """
    asked = read_items([*settings.samples, *_built(settings, work)], settings.catalog)
    tokenizer = models.load_tokenizer(settings.model)
    fingerprint = models.fingerprint(settings.model)
    model = load_for_asking(settings.model, settings.precision)
    window = model_window(model)
    items = ask_items(settings, tokenizer, asked, window)
    requests = [request for item in items for request in item.requests]
    usual = BATCH_TOKENS_CPU if model.device.type == "cpu" else BATCH_TOKENS_ACCELERATOR
    batches = plan_batches(model, requests, settings.batch_tokens or usual)
    head = {
        "model": fingerprint,
        "precision": settings.precision,
        "device": model.device.type,
        "libraries": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
    }
    tokens = sum(batch.tokens for batch in batches)
    name = settings.name or model_name(settings.model)
    with (
        Journal(work.scratch / "answers.jsonl", head) as journal,
        work.progress(f"asking {name}", tokens) as progress,
    ):
        answers = answer(model, batches, journal, progress.advance)
    outcomes = [outcome_of(item, answers) for item in items]
    write_records(work.out, _scores(items, outcomes, name, fingerprint), Score)
    work.facts.update(
        items=len(items),
        unscored=sum(outcome.value is None for outcome in outcomes),
        unscored_reasons=dict(
            sorted(Counter(o.reason.partition(":")[0] for o in outcomes if o.value is None).items())
        ),
        tasks=_task_facts(items, outcomes),
        questions=len(requests),
        distinct_questions=sum(len(batch.requests) for batch in batches),
        tokens=tokens,
        model_window=window,
        device=model.device.type,
    )


def _built(settings: RunSettings, work: Work) -> list[Path]:
    """Make the items of the tasks that are named instead of samples; return the folder they are in, if any."""
    if not (settings.tasks or settings.suite):
        return []
    folder = work.scratch / "items"
    shutil.rmtree(folder, ignore_errors=True)
    wanted = build.settings(
        tasks=settings.tasks,
        suite=settings.suite,
        documents=settings.documents,
        data=settings.data,
        items=settings.items,
        split=settings.split,
        catalog=settings.catalog,
        form="items",
    )
    making = Work(folder, work.scratch, work.seed, work.name)
    build.function(wanted, making)
    work.facts["made_items"] = making.facts
    return [folder]


def read_items(paths: Sequence[Path], extra_catalog: Path | None = None) -> list[tuple[Task, Sample]]:
    """Return all items with their tasks, in order.

    Raises UserError for no items at all, an unknown task, one asked otherwise, or an item that is there twice.
    """
    catalog = load_catalog(extra_catalog)
    found: dict[tuple[str, str], tuple[Task, Sample]] = {}
    for path in paths:
        for sample in read_records(path, Sample):
            if sample.task not in catalog:
                try:
                    load_task(sample.task, extra_catalog)
                except UserError as error:
                    raise UserError(f"{path}: item {sample.id}: {error}") from error
            if (sample.task, sample.id) in found:
                raise UserError(
                    f"{path}: item {sample.id} of task {sample.task} is there twice; an item may be asked once only"
                )
            family = catalog[sample.task].family
            if family not in ASKED:
                raise UserError(
                    f"{path}: item {sample.id}: task {sample.task} is of the family "
                    f"'{family}'; eval.run asks {' and '.join(ASKED)}; leave it out of the samples"
                )
            found[sample.task, sample.id] = (catalog[sample.task], sample)
    if not found:
        raise UserError(f"{', '.join(map(str, paths))}: no items here; there is nothing to ask")
    return list(found.values())


def model_name(folder: Path) -> str:
    """Return the name of a model for people: the step that made it, else its folder."""
    manifest = read_manifest(folder)
    return (manifest.step if manifest is not None else "") or folder.resolve().name


def model_window(model: PreTrainedModel) -> int | None:
    """Return the most tokens a model sees at once as its configuration says, None when it does not say."""
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return window if isinstance(window, int) and window > 0 else None


def load_for_asking(folder: Path, precision: str) -> PreTrainedModel:
    """Load a model that is only to be asked, on the accelerator when there is one."""
    import torch

    model = models.load_model(folder, dtype=precision)
    model.eval()
    model.requires_grad_(False)
    if torch.cuda.is_available():
        model.to("cuda")
    return model


def ask_items(
    settings: RunSettings,
    tokenizer: PreTrainedTokenizerBase,
    asked: Sequence[tuple[Task, Sample]],
    window: int | None,
) -> list[Item]:
    """Return the items with what is asked of the model for each, in the order they came in."""
    choices = [(task, sample) for task, sample in asked if task.family == "multiple_choice"]
    texts = [(task, sample) for task, sample in asked if task.family == "perplexity"]
    made: dict[tuple[str, str], Item] = {}
    for choice in choice_items(tokenizer, choices, window, settings.use_chat_template):
        made[choice.sample.task, choice.sample.id] = choice
    text_window = min(settings.text_window, window or settings.text_window)
    for text in text_items(tokenizer, texts, text_window, settings.context_share):
        made[text.sample.task, text.sample.id] = text
    return [made[sample.task, sample.id] for _, sample in asked]


def outcome_of(item: Item, answers: Mapping[str, float]) -> Outcome:
    """Return what comes out of one item, from the answers to its requests."""
    return choice_outcome(item, answers) if isinstance(item, ChoiceItem) else text_outcome(item, answers)


def _scores(items: Sequence[Item], outcomes: Sequence[Outcome], name: str, fingerprint: str) -> Iterator[Score]:
    for item, outcome in zip(items, outcomes, strict=True):
        yield Score(
            model=name,
            fingerprint=fingerprint,
            task=item.task.name,
            item=item.sample.id,
            metric=item.task.metric,
            scorer=item.scorer,
            value=outcome.value,
            unscored_reason=outcome.reason,
            subset=item.sample.subset,
            weight=outcome.weight,
            cluster=item.sample.document,
            prompt=item.prompt,
            reply=outcome.reply,
            gold=item.sample.output if isinstance(item, ChoiceItem) else "",
        )


def _task_facts(items: Sequence[Item], outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Return by task how many items there were, how many went unscored, and bits per byte for texts."""
    facts: dict[str, dict[str, Any]] = {}
    for task in dict.fromkeys(item.task.name for item in items):
        own = [(item, outcome) for item, outcome in zip(items, outcomes, strict=True) if item.task.name == task]
        facts[task] = {"items": len(own), "unscored": sum(outcome.value is None for _, outcome in own)}
        if isinstance(own[0][0], TextItem):
            scored = [(item, o.value * o.weight) for item, o in own if o.value is not None]
            facts[task]["tokens"] = sum(item.tokens for item, _ in own if isinstance(item, TextItem))
            facts[task]["bits_per_byte"] = bits_per_byte(
                sum(nats for _, nats in scored), [item.sample.output for item, _ in scored]
            )
    return facts
