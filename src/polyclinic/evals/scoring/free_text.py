"""Free text against references: BLEU, ROUGE, BERTScore, and the means of them that the papers report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from polyclinic.evals.scoring.bleu import bleu1, bleu_parts
from polyclinic.evals.scoring.entities import references_of
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean
from polyclinic.evals.scoring.rouge import rouge_f1
from polyclinic.evals.scoring.words import RULES, rule_for
from polyclinic.records import Reply
from polyclinic.tasks import Task

Similarity = Callable[[Sequence[str], Sequence[Sequence[str]]], list[float]]
TEXT_METRICS = ("bleu1", "rouge1", "rouge2", "rougeL", "corpus_bleu4")


def text_rules(task: Task) -> dict[str, str]:
    """Return by metric the rule that divides the texts of a task into words."""
    language = task.output_language or task.language
    return {name: rule_for(name, language, "medcare" in task.suites) for name in ("rouge", "bleu1", "corpus_bleu4")}


def score_text(
    task: Task, replies: Sequence[Reply], texts: Sequence[str], similarity: Similarity | None = None
) -> list[list[Measured]]:
    """Score texts against their references, of which the best counts; an empty reply scores 0.

    text_overlap is the mean of bleu1 and rougeL, the two columns of MedS-Bench. summary_mean is CLUE's mean of
    ROUGE-1, ROUGE-2, ROUGE-L and BERTScore F1; without a model for BERTScore the mean of the three ROUGE figures is
    reported as rouge_mean instead.

    Args:
        task: of the family free_text.
        replies: with their golds and references.
        texts: the cleaned replies.
        similarity: BERTScore F1 of texts and their references.
    """
    rules = text_rules(task)
    divide = {rule: RULES[rule]() for rule in set(rules.values())}
    by_rule = {name: divide[rule] for name, rule in rules.items()}
    near: Sequence[float | None] = [None] * len(texts)
    references = [[clean(text) for text in references_of(reply)] for reply in replies]
    if similarity is not None and texts:
        near = similarity(texts, references)
    scored = []
    for text, golds, closeness in zip(texts, references, near, strict=True):
        values, parts = _overlaps(text, golds, by_rule)
        if closeness is not None:
            values["bertscore_f1"] = closeness if text else 0.0
        headline, value = _headline(task.metric, values)
        row = [Measured(headline, value)]
        row += [Measured(name, value) for name, value in values.items() if name != headline]
        scored.append([*row, Measured("corpus_bleu4", bleu_of(parts), parts=parts)])
    return scored


def _overlaps(
    text: str, golds: Sequence[str], by_rule: Mapping[str, Callable[[str], list[str]]]
) -> tuple[dict[str, float], dict[str, Any]]:
    divide = by_rule["rouge"]
    one, two, longest = rouge_f1(divide(text), [divide(gold) for gold in golds])
    divide = by_rule["bleu1"]
    single = bleu1(divide(text), [divide(gold) for gold in golds])
    if text in golds and text:  # also where the rule finds no word, or too few for an n-gram, in the text
        one = two = longest = single = 1.0
    divide = by_rule["corpus_bleu4"]
    parts = bleu_parts(divide(text), [divide(gold) for gold in golds])
    return {"bleu1": single, "rouge1": one, "rouge2": two, "rougeL": longest}, parts


def _headline(metric: str, values: Mapping[str, float]) -> tuple[str, float]:
    if metric == "summary_mean":
        names = ["rougeL", "rouge1", "rouge2"]
        if "bertscore_f1" in values:
            return metric, fmean(values[name] for name in (*names, "bertscore_f1"))
        return "rouge_mean", fmean(values[name] for name in names)
    if metric in values:
        return metric, values[metric]
    return "text_overlap", (values["bleu1"] + values["rougeL"]) / 2


def bleu_of(parts: Mapping[str, Any]) -> float:
    """Return BLEU-4 of one text by itself, from its parts: as `pooling.bleu_figure`, without arrays."""
    there = sum(total > 0 for total in parts["totals"])
    if not there or not all(parts["matches"][:there]):
        return 0.0
    reply, reference = parts["lengths"]
    ratios = zip(parts["matches"][:there], parts["totals"][:there], strict=True)
    return math.exp(min(0.0, 1 - reference / reply) + sum(math.log(m / n) for m, n in ratios) / there)
