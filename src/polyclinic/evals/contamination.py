"""eval.contamination: which items of a benchmark stand in what the model was trained on.

The training data of the model and of all models before it are found through the manifests of the store. Runs of 8
and of 13 words that an item shares with them are counted; each item gets, for each length, the share of its own runs
that were met. The scores that come out have the metrics `overlap_8` and `overlap_13`; `eval summary` and
`eval leaderboard`, given them beside the scores of the same model, show figures with and without the touched items.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals.lineage import Lineage, TrainingData, find_artifact, find_lineage, given_data, inputs_of
from polyclinic.records import RECORD_TYPES, Document, Preference, Reply, Sample, Score, read_records, write_records
from polyclinic.step_settings import Documents, ModelOrAdapter, Preferences, Runtime, Samples, Scores, Settings
from polyclinic.steps import Work, step_kind
from polyclinic.word_runs import RunIndex

SCORER = "word-runs-1"
METRIC = "overlap_"  # and the words of a run
TOO_SHORT = "too short to tell"
NO_LINEAGE = "the model's own training data are not known here"


class ContaminationSettings(Settings):
    """Settings of eval.contamination."""

    scores: Scores = Field(description="scores of one model, as eval.run or eval.score has made them")
    model: ModelOrAdapter | None = Field(
        None, description="the model whose training data are searched; empty = the one that was asked"
    )
    items: list[Samples] = Field([], description="the items that were asked, where nothing leads to them")
    documents: list[Documents] = Field([], description="documents of the training data that no artifact holds")
    samples: list[Samples] = Field([], description="samples of the training data that no artifact holds")
    preferences: list[Preferences] = Field([], description="preferences of the training data that no artifact holds")
    lengths: list[Annotated[int, Field(ge=2, le=100)]] = Field(
        [8, 13], min_length=1, description="words in a run; the items are searched once for all"
    )
    common: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of a task's documents (10 at least) beyond which a run is the task's own wording",
    )
    incomplete: bool = Field(False, description="whether to go on when a part of the training data is not found")
    stores: Annotated[list[Path], Runtime] = Field(
        [], description="folders with artifacts, beside those in which scores and model lie"
    )
    items_at_once: Annotated[int, Runtime] = Field(
        50_000, ge=1, description="items held in memory; the training data are read once for each so many"
    )

    @model_validator(mode="after")
    def _lengths_differ(self) -> ContaminationSettings:
        if len(set(self.lengths)) != len(self.lengths):
            raise ValueError(f"lengths: {self.lengths} has a length twice")
        return self


@dataclass(frozen=True)
class Item:
    """An item of a benchmark with the texts that training data may hold: what is asked, and the right answer.

    Wrong options are no evidence: they are right answers to other questions, and are often taken from a list.
    """

    task: str
    name: str
    subset: str
    cluster: str
    texts: tuple[str, ...]


@step_kind("eval.contamination", ContaminationSettings, output="scores", version=2)
def contamination(settings: ContaminationSettings, work: Work) -> None:
    """Search the training data of a model's whole lineage for the items it was asked.

    Raises UserError when the model, the items or a part of the training data cannot be found, or the scores are of
    several models.
    """
    name, fingerprint, asked = _asked(settings.scores)
    stores = [settings.scores.resolve().parent, *settings.stores]
    lineage = _lineage(settings, stores)
    if lineage.missing and not settings.incomplete:
        listed = ", ".join(f"{d.type} {d.name} (of step {d.step})" for d in lineage.missing)
        raise UserError(
            f"{settings.scores}: training data of {name} that are not here: {listed}. Name them with documents, "
            "samples or preferences, or the folders where artifacts lie with stores; incomplete: true goes on without"
        )
    items = [item for item in _items(settings, stores) if (item.task, item.name) in asked]
    if left := len(asked) - len(items):
        raise UserError(
            f"{settings.scores}: the texts of {left} of {len(asked)} items were not found; name the items that were "
            "asked with `items`"
        )
    data = [entry for entry in lineage.data if entry.path is not None]
    words: dict[str, int] = {}
    rows: list[Score] = []
    chunks = [items[at : at + settings.items_at_once] for at in range(0, len(items), settings.items_at_once)]
    with work.progress("searching training data", max(1, len(chunks) * len(data))) as progress:
        for chunk in chunks:
            index = RunIndex(
                settings.lengths,
                [item.texts for item in chunk],
                [item.task for item in chunk],
                [item.cluster or item.name for item in chunk],
                settings.common,
            )
            for entry in data:
                place = f"{entry.name} ({entry.kind or 'named by the user'})"
                words[place] = index.see(_texts(entry))
                progress.advance(1)
            rows += _scores(chunk, index, settings.lengths, name, fingerprint)
    write_records(work.out, rows, Score)
    work.facts.update(
        items=len(items),
        touched={
            f"{METRIC}{n}": sum(bool(row.value) for row in rows if row.metric == f"{METRIC}{n}")
            for n in settings.lengths
        },
        too_short={
            f"{METRIC}{n}": sum(row.value is None for row in rows if row.metric == f"{METRIC}{n}")
            for n in settings.lengths
        },
        training_words=words,
        missing=[f"{entry.type} {entry.name} (of step {entry.step})" for entry in lineage.missing],
        unknown_origins=list(lineage.origins),
    )


def _asked(folder: Path) -> tuple[str, str, set[tuple[str, str]]]:
    """Return name and fingerprint of the model these scores are of, and the (task, item) that were asked."""
    names: dict[tuple[str, str], None] = {}
    asked = set()
    for score in read_records(folder, Score):
        names.setdefault((score.model, score.fingerprint))
        if not score.metric.startswith(METRIC):
            asked.add((score.task, score.item))
    if len(names) != 1:
        listed = ", ".join(name for name, _ in names) or "none"
        raise UserError(f"{folder}: expected the scores of one model, found {listed}")
    if not asked:
        raise UserError(f"{folder}: these are overlaps already; expected what eval.run or eval.score has made")
    return (*next(iter(names)), asked)


def _lineage(settings: ContaminationSettings, stores: Sequence[Path]) -> Lineage:
    own = {"documents": settings.documents, "samples": settings.samples, "preferences": settings.preferences}
    model = settings.model or _model_asked(settings.scores, stores)
    if model is not None:
        return find_lineage(model, stores, own)
    if not any(own.values()):
        raise UserError(
            f"{settings.scores}: the model that was asked is not here, so its training data cannot be found; name it "
            "with model, or name training data with documents, samples or preferences"
        )
    return Lineage(tuple(given_data(own)), (NO_LINEAGE,))


def _model_asked(folder: Path, stores: Sequence[Path]) -> Path | None:
    """Return the model that scores are of, through the artifacts they were made from."""
    for record in itertools.chain.from_iterable(inputs_of(folder).values()):
        found = find_artifact(record.key, stores)
        manifest = read_manifest(found) if found is not None else None
        if found is None or manifest is None:
            continue
        if manifest.output in ("model", "adapter"):
            return found
        if manifest.output in ("scores", "replies") and (deeper := _model_asked(found, stores)) is not None:
            return deeper
    return None


def _items(settings: ContaminationSettings, stores: Sequence[Path]) -> Iterator[Item]:
    """Yield each item once: from the folders the user names, else from the replies, else from what was asked."""
    seen: set[tuple[str, str]] = set()
    for item in _all_items(settings, stores):
        if (item.task, item.name) not in seen:
            seen.add((item.task, item.name))
            yield item


def _all_items(settings: ContaminationSettings, stores: Sequence[Path]) -> Iterator[Item]:
    for path in settings.items:
        yield from map(_item_of_sample, read_records(path, Sample))
    if not settings.items:
        yield from _found_items(settings.scores, stores)


def _found_items(folder: Path, stores: Sequence[Path]) -> Iterator[Item]:
    replies = folder / "replies"
    if replies.is_dir():
        yield from map(_item_of_reply, read_records(replies, Reply))
        return
    for record in itertools.chain.from_iterable(inputs_of(folder).values()):
        found = find_artifact(record.key, stores)
        manifest = read_manifest(found) if found is not None else None
        if found is None or manifest is None:
            continue
        if manifest.output == "samples":
            yield from map(_item_of_sample, read_records(found, Sample))
        elif manifest.output in ("scores", "replies"):
            yield from _found_items(found, stores)


def _item_of_sample(sample: Sample) -> Item:
    return Item(sample.task, sample.id, sample.subset, sample.document, (sample.input, sample.output))


def _item_of_reply(reply: Reply) -> Item:
    return Item(reply.task, reply.item, reply.subset, reply.cluster, (reply.input, reply.gold))


def _texts(entry: TrainingData) -> Iterator[tuple[str, str]]:
    """Yield (place, text) for all texts of some training data."""
    if entry.path is None:
        return
    for record in read_records(entry.path, RECORD_TYPES[entry.type]):
        place = f"{entry.name}, {record.id}"
        if isinstance(record, Document):
            yield place, record.title
            yield place, record.text
        elif isinstance(record, Preference):
            yield from ((place, text) for text in (record.input, record.chosen, record.rejected))
        else:
            yield from ((place, text) for text in (record.input, record.output, *record.options))


def _scores(
    items: Sequence[Item], index: RunIndex, lengths: Sequence[int], model: str, fingerprint: str
) -> Iterator[Score]:
    for length in lengths:
        runs, shared, evidence = index.runs(length), index.shared(length), index.evidence(length)
        for number, item in enumerate(items):
            place, words = evidence.get(number, ("", ""))
            there: dict[str, Any] = {"runs": int(runs[number]), "shared": int(shared[number])}
            yield Score(
                model=model,
                fingerprint=fingerprint,
                task=item.task,
                item=item.name,
                metric=f"{METRIC}{length}",
                scorer=SCORER,
                value=float(shared[number] / runs[number]) if runs[number] else None,
                unscored_reason="" if runs[number] else TOO_SHORT,
                subset=item.subset,
                cluster=item.cluster,
                reply=f"{place}: {words}" if place else "",
                parts=there,
            )
