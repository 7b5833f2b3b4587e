"""eval.score: score replies that are kept, or anybody's predictions, without a model."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from polyclinic.artifacts import content_fingerprint
from polyclinic.errors import UserError
from polyclinic.evals.asked_items import without_test
from polyclinic.evals.scoring.bertscore import open_bertscore
from polyclinic.evals.scoring.codes import read_code_list
from polyclinic.evals.scoring.concepts import read_terms
from polyclinic.evals.scoring.judge import Judgements, judge_request, load_rubric, needs_judging, read_judgements
from polyclinic.evals.scoring.measured import SCORERS, Scorer
from polyclinic.evals.scoring.predictions import read_predictions
from polyclinic.evals.scoring.score_records import score_records
from polyclinic.evals.scoring.score_task import Aids, has_published, rules_of, score_replies
from polyclinic.records import Reply, Sample, Score, read_records, write_records
from polyclinic.step_settings import Documents, Runtime, Samples, Scores, Settings, SourcePath
from polyclinic.steps import Work, step_kind
from polyclinic.tasks import Task, build, load_catalog, load_task

REPLIES = "replies"  # folder of an artifact of eval.run


class ScoreSettings(Settings):
    """Settings of eval.score."""

    replies: list[Scores] = Field([], description="what eval.run made; its folder replies is scored again")
    task: str = Field("", description="or a catalog task whose predictions are in a file")
    predictions: SourcePath | None = Field(None, description="csv or jsonl of id and prediction")
    samples: list[Samples] = Field([], description="items of the task with their golds")
    data: SourcePath | None = Field(None, description="or the user's data folder, from which the items are made")
    documents: list[Documents] = Field([], description="what the items of a task of documents are about")
    split: Literal["", "train", "validation", "test", "all"] = Field(
        "", description="split of that data set; empty = test, or validation where it has no test split"
    )
    scorer: Literal["corrected", "as_published", "both"] = Field("both", description="which scorer, or both")
    name: str = Field("", description="the model's name in tables; empty = the file's, or as eval.run had it")
    bertscore: SourcePath | None = Field(None, description="folder of the encoder for BERTScore; empty = without")
    bertscore_layer: int | None = Field(None, ge=1, description="its layer; empty = the last")
    codes: SourcePath | None = Field(None, description="file of the codes that exist, one a line; empty = ICD-10-CM")
    concepts: SourcePath | None = Field(
        None,
        description="file of codes and clinical terms for UMLS F1: csv, tsv, jsonl or MRCONSO.RRF; empty = without",
    )
    rubric: str = Field("ccte", description="rubric of judged tasks: one of the package, or a YAML file")
    judge_url: Annotated[str, Runtime] = Field("", description="base URL of the judge, up to and with /v1")
    judge_model: str = Field("", description="name of the judge at its endpoint")
    judge_key_variable: Annotated[str, Runtime] = Field("", description="environment variable with the judge's key")
    judge_concurrency: Annotated[int, Runtime] = Field(16, ge=1, le=1024, description="requests in flight")
    judge_timeout: Annotated[float, Runtime] = Field(300.0, gt=0, description="seconds to wait for an answer")
    catalog: SourcePath | None = Field(None, description="folder of the user's own tasks, one YAML file each")

    @model_validator(mode="after")
    def _something_to_score(self) -> ScoreSettings:
        if bool(self.replies) == bool(self.task or self.predictions):
            raise ValueError("give either replies, or task and predictions")
        if not self.replies and not (self.task and self.predictions):
            raise ValueError(f"{'predictions' if self.task else 'task'}: missing; the one goes with the other")
        if bool(self.judge_url) != bool(self.judge_model):
            raise ValueError("judge_url and judge_model go together")
        return self


def check_score(settings: ScoreSettings) -> None:
    """Raise UserError for an unknown task or rubric, or a judge beyond the local network."""
    if settings.task and not settings.task.startswith("$"):
        load_task(settings.task, settings.catalog)
    load_rubric(settings.rubric)
    if settings.judge_url:
        from polyclinic.llm import refuse_remote

        refuse_remote(settings.judge_url, allow_remote=False, guard=None, must_be_found=False)


def score_rows(folder: Path) -> list[dict[str, Any]]:
    """Return one row for each metric: scorer, task, subset, metric, items, unscored, estimate, low, high."""
    from polyclinic.evals.results import summary_rows

    names = {"scorer": "scorer", "task": "task", "subset": "subset", "metric": "metric", "n": "items"}
    names |= {name: name for name in ("unscored", "estimate", "low", "high")}
    return [{shown: found[name] for name, shown in names.items()} for found in summary_rows([folder])]


@step_kind(
    "eval.score",
    ScoreSettings,
    output="scores",
    version=3,
    check=check_score,
    shown=score_rows,
    out_optional=True,
)
def score(settings: ScoreSettings, work: Work) -> None:
    """Score kept replies again, or anybody's predictions, by two scorers: corrected, and as published.

    Every item gets one score for each metric of its task; what has no reply is unscored with the reason and counted.
    Tasks whose scoring nobody published have no scores of `as_published`. Raises UserError for replies of unknown
    tasks, replies that are there twice, and for what is wrong with a file of predictions.
    """
    wanted: tuple[Scorer, ...] = SCORERS if settings.scorer == "both" else (settings.scorer,)
    catalog = load_catalog(settings.catalog)
    columns = _columns(settings, work)
    aids = Aids(
        similarity=open_bertscore(settings.bertscore, settings.bertscore_layer) if settings.bertscore else None,
        codes=read_code_list(settings.codes) if settings.codes else None,
        terms=read_terms(settings.concepts) if settings.concepts else None,
    )
    skipped: dict[str, str] = {}
    facts: dict[str, dict[str, Any]] = {}

    def scores() -> Iterator[Score]:
        total = sum(len(column) for column in columns.values())
        with work.progress("scoring", total) as progress:
            for (name, _), column in columns.items():
                if name not in catalog:
                    load_task(name, settings.catalog)  # says what is wrong with the name
                task = catalog[name]
                if task.family == "perplexity":
                    skipped[name] = "perplexity is measured when a model reads the texts"
                    continue
                scorers = [one for one in wanted if one == "corrected" or has_published(task)]
                if not scorers:
                    skipped[name] = "no published code says how it is scored"
                    continue
                judged = _judged(task, column, settings, work) if task.metric == "judge" else None
                with_judge = dataclasses.replace(aids, judgements=judged)
                measured = [(one, score_replies(task, column, one, with_judge)) for one in scorers]
                _count(facts, task, column, scorers)
                for place, reply in enumerate(column):
                    yield from score_records(reply, [(one, found[place]) for one, found in measured])
                    progress.advance(1)

    write_records(work.out, scores(), Score)
    if not facts:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
        raise UserError(f"eval.score.scorer: nothing was scored; {reasons or 'there are no replies'}")
    work.facts.update(
        items=sum(found["items"] for found in facts.values()),
        unscored=sum(found["unscored"] for found in facts.values()),
        tasks=facts,
        not_scored=skipped,
    )


def _columns(settings: ScoreSettings, work: Work) -> dict[tuple[str, str], list[Reply]]:
    """Return the replies by task and model, in order of first appearance."""
    if settings.predictions is not None:
        task = load_task(settings.task, settings.catalog)
        file = settings.predictions
        name = settings.name or file.name.partition(".")[0]
        replies = read_predictions(file, task, _items(settings, work), name, content_fingerprint(file))
        return {(task.name, name): replies}
    columns: dict[tuple[str, str], list[Reply]] = {}
    seen: set[tuple[str, str, str]] = set()
    for path in settings.replies:
        place = path / REPLIES if (path / REPLIES).is_dir() else path
        for reply in read_records(place, Reply):
            key = (reply.model, reply.task, reply.item)
            if key in seen:
                raise UserError(f"{place}: item {reply.item} of task {reply.task} is there twice for {reply.model}")
            seen.add(key)
            columns.setdefault((reply.task, reply.model), []).append(reply)
    return columns


def _items(settings: ScoreSettings, work: Work) -> list[Sample]:
    """Return the items of the task: of the samples, or made from the data."""
    paths: list[Path] = list(settings.samples)
    if not paths and (settings.data is not None or settings.documents):
        task = load_task(settings.task, settings.catalog)
        if not (split := settings.split or task.test_split):
            raise UserError(f"eval.score.split: missing; {task.name}: {without_test(task)}")
        folder = work.scratch / "items"
        shutil.rmtree(folder, ignore_errors=True)
        wanted = build.settings(
            tasks=[settings.task],
            documents=settings.documents,
            data=settings.data,
            split=split,
            catalog=settings.catalog,
            form="written",
        )
        build.function(wanted, Work(folder, work.scratch, work.seed, work.name))
        paths = [folder]
    items = [one for path in paths for one in read_records(path, Sample) if one.task == settings.task]
    if paths and not items:
        raise UserError(f"{paths[0]}: no items of task {settings.task} here")
    doubled = [name for name, times in Counter(one.id for one in items).items() if times > 1]
    if doubled:
        raise UserError(f"{paths[0]}: item {doubled[0]} of task {settings.task} is there twice")
    return items


def _judged(task: Task, replies: list[Reply], settings: ScoreSettings, work: Work) -> Judgements | None:
    """Ask the judge about the replies, and return what it said; None without a judge."""
    if not settings.judge_url:
        return None
    from polyclinic.llm import Endpoint, Journal, ask_all

    rubric = load_rubric(settings.rubric)
    judge = Endpoint(
        base_url=settings.judge_url,
        model=settings.judge_model,
        key_variable=settings.judge_key_variable,
        seed=work.seed % 2**31,
        timeout=settings.judge_timeout,
        concurrency=settings.judge_concurrency,
    )
    asked = [reply for reply in replies if needs_judging(reply)]
    with Journal(work.scratch / "judgements.sqlite") as journal:
        with work.progress(f"judging {task.name}", len(asked)) as progress:
            ask_all((judge_request(rubric, task, reply) for reply in asked), judge, journal, progress=progress)
        return read_judgements(rubric, task, replies, judge, journal)


def _count(facts: dict[str, dict[str, Any]], task: Task, column: list[Reply], scorers: list[Scorer]) -> None:
    """Count what was scored; items of several models add up."""
    found = facts.setdefault(task.name, {"items": 0, "unscored": 0, "unscored_reasons": {}, "scorers": scorers})
    reasons = Counter(reply.unanswered_reason.partition(":")[0] for reply in column if reply.unanswered_reason)
    found["items"] += len(column)
    found["unscored"] += sum(reasons.values())
    found["unscored_reasons"] = dict(Counter(found["unscored_reasons"]) + reasons)
    if rules := rules_of(task):
        found["words"] = rules
