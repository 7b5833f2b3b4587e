"""Score the replies to one task: which scorer does it, and what cannot be scored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyclinic.errors import UserError
from polyclinic.evals.scoring import cblue, published_clue, published_medcare
from polyclinic.evals.scoring.codes import score_codes
from polyclinic.evals.scoring.concepts import Terms
from polyclinic.evals.scoring.entities import score_entities, score_phrase
from polyclinic.evals.scoring.exams import score_options
from polyclinic.evals.scoring.fields import score_fields
from polyclinic.evals.scoring.free_text import Similarity, score_text, text_rules
from polyclinic.evals.scoring.judge import Judgements, score_judged
from polyclinic.evals.scoring.labels import score_label, score_label_set
from polyclinic.evals.scoring.measured import Measured, Scorer
from polyclinic.evals.scoring.medec import score_sentences
from polyclinic.evals.scoring.published_meds import meds_rule
from polyclinic.evals.scoring.reply_text import clean, read_part
from polyclinic.evals.scoring.sdoh import score_pairs
from polyclinic.records import Reply
from polyclinic.tasks import Task

Column = list[list[Measured]]
EMPTY_GOLD = "the item has no gold to compare with"


@dataclass(frozen=True)
class Aids:
    """What scoring may use beside the replies."""

    similarity: Similarity | None = None  # BERTScore F1 of texts and their references
    codes: Collection[str] | None = None  # all codes that exist, without dots; None = ICD-10-CM's table
    judgements: Judgements | None = None  # of a judge, by item
    terms: Terms | None = None  # clinical terms and their codes, for UMLS F1


def score_replies(task: Task, replies: Sequence[Reply], scorer: Scorer, aids: Aids | None = None) -> Column:
    """Score the replies to one task; one list of metrics for each reply, in order, the task's headline first.

    A reply with an `unanswered_reason`, and an item without a gold, get value None and the reason for every metric.

    Args:
        task: of any family but perplexity.
        replies: to items of this task.
        scorer: corrected, or as_published, which does what the official code of the task's suite does.
        aids: models and tables that some metrics need.

    Raises UserError for a perplexity task, and for as_published where nobody published how the task is scored (see
    `has_published`).
    """
    score = _corrected(task, aids or Aids()) if scorer == "corrected" else _published(task, aids or Aids())
    reasons = [reply.unanswered_reason or ("" if reply.gold.strip() else EMPTY_GOLD) for reply in replies]
    answered = [reply for reply, reason in zip(replies, reasons, strict=True) if not reason]
    scored = iter(score(answered))
    done = [None if reason else next(scored) for reason in reasons]
    names: list[str] = []
    if any(reasons):  # what only some items have (a correction, one of several repeats) is not asked of all
        names = _shared_names([row for row in done if row]) or [task.metric]
    return [
        row if row is not None else [Measured(name, None, reason) for name in names]
        for row, reason in zip(done, reasons, strict=True)
    ]


def _shared_names(rows: Sequence[Sequence[Measured]]) -> list[str]:
    """Return the metrics that all of some rows have, in the order of the first."""
    if not rows:
        return []
    common = set.intersection(*({one.metric for one in row} for row in rows))
    return list(dict.fromkeys(one.metric for one in rows[0] if one.metric in common))


def has_published(task: Task) -> bool:
    """Whether the official code of one of the task's suites says how it is scored."""
    return _published_rule(task, Aids()) is not None


def rules_of(task: Task) -> dict[str, str]:
    """Return by metric how the texts of a task are divided into words; empty where no metric needs that."""
    if task.family == "free_text" and task.metric != "judge":
        return text_rules(task)
    return {}


def _corrected(task: Task, aids: Aids) -> Callable[[Sequence[Reply]], Column]:
    by_family: Mapping[str, Callable[..., Column]] = {
        "option_letters": score_options,
        "multiple_choice": score_options,
        "label": score_label,
        "label_set": score_label_set,
        "entities": score_entities,
        "structured": score_fields,
        "codes": score_codes,
        "free_text": score_text,
    }
    by_metric: Mapping[str, Callable[..., Column]] = {"sentence_id_accuracy": score_sentences, "type_f1": score_pairs}
    if task.metric == "judge":
        return lambda replies: score_judged(task, replies, aids.judgements)
    name = cblue.cblue_name(task)
    if name in cblue.TUPLE_TASKS:
        score: Callable[..., Column] = cblue.score_tuples
    elif name == "IMCS-V2-MRG":
        score = cblue.score_report
    elif task.metric in by_metric:
        score = by_metric[task.metric]
    elif task.family == "entities" and task.metric == "field_accuracy":
        score = score_phrase
    elif task.family in by_family:
        score = by_family[task.family]
    else:
        raise UserError(
            f"task {task.name}: replies to tasks of the family {task.family} are not scored, but measured"
        )
    further: dict[str, Any] = {}
    if score is score_text:
        further.update(similarity=aids.similarity, terms=aids.terms)
    if score is score_codes:
        further["valid"] = aids.codes
    read = clean if task.family == "free_text" else _read
    prepare = cblue.usual_label if name == "CHIP-STS" else read

    def column(replies: Sequence[Reply]) -> Column:
        return score(task, replies, [prepare(reply.text) for reply in replies], **further)

    return column


def _read(text: str) -> str:
    return read_part(clean(text))


def _published(task: Task, aids: Aids) -> Callable[[Sequence[Reply]], Column]:
    rule = _published_rule(task, aids)
    if rule is None:
        raise UserError(f"task {task.name}: no published code says how it is scored; use the scorer corrected for it")
    return rule


def _published_rule(task: Task, aids: Aids) -> Callable[[Sequence[Reply]], Column] | None:
    if task.family == "perplexity":
        return None
    if meds := meds_rule(task):
        return lambda replies: [meds(task, reply) for reply in replies]
    if "clue" in task.suites or "clue+" in task.suites:
        return _clue_rule(task, aids)
    if "medcare" in task.suites:
        if task.metric == "judge":
            return lambda replies: score_judged(task, replies, aids.judgements)
        if cblue.cblue_name(task):
            return lambda replies: published_medcare.score_published_cblue(task, replies)
        if task.metric == "accuracy":
            return lambda replies: [published_medcare.published_exam(task, reply) for reply in replies]
    return None


def _clue_rule(task: Task, aids: Aids) -> Callable[[Sequence[Reply]], Column] | None:
    if task.family == "free_text":
        return lambda replies: published_clue.score_published_text(task, replies, aids.similarity, aids.terms)
    if task.family == "codes":
        return lambda replies: [published_clue.published_codes(task, reply, aids.codes) for reply in replies]
    one: Callable[[Task, Reply], list[Measured]] | None = {
        "sentence_id_accuracy": published_clue.published_number,
        "type_f1": published_clue.published_pairs,
    }.get(task.metric)
    if one is None and task.family == "label":
        one = published_clue.published_inference
    if one is None and task.family in ("multiple_choice", "option_letters"):
        in_sentence = task.builder == "source"  # LongHealth; ICD10CM is asked for the letter alone
        one = published_clue.published_choice if in_sentence else published_clue.published_letter
    if one is None:
        return None
    score = one
    return lambda replies: [score(task, reply) for reply in replies]
