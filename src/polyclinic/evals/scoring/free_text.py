"""Free text against references: BLEU, ROUGE, BERTScore, and the means of them that the papers report."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
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
LONGEST_KEPT = 4000  # characters of a gold whose words are remembered
TEXT_METRICS = ("bleu1", "rouge1", "rouge2", "rougeL", "corpus_bleu4")


def text_rules(task: Task) -> dict[str, str]:
    """Return by metric the rule that divides the texts of a task into words."""
    language = task.output_language or task.language
    return {name: rule_for(name, language, "medcare" in task.suites) for name in ("rouge", "bleu1", "corpus_bleu4")}


def score_text(
    task: Task, replies: Sequence[Reply], texts: Sequence[str], similarity: Similarity | None = None
) -> list[list[Measured]]:
    """Score texts against their references, of which the best counts; an empty reply scores 0.

    A reference of one word has no ROUGE-2, which is 0 then, as in rouge-score, even where the reply is the reference.

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
    rouge, bleu, corpus = (rules[name] for name in ("rouge", "bleu1", "corpus_bleu4"))
    by_rouge, by_bleu, by_corpus = RULES[rouge](), RULES[bleu](), RULES[corpus]()
    references = [[clean(text) for text in references_of(reply)] for reply in replies]
    near = similarity(texts, references) if similarity is not None and texts else None
    scored = []
    for place, (text, golds) in enumerate(zip(texts, references, strict=True)):
        words = by_rouge(text)
        one, two, longest = rouge_f1(words, [gold_words(gold, rouge) for gold in golds])
        single = bleu1(by_bleu(text), [gold_words(gold, bleu) for gold in golds])
        if text and not words and text in golds:  # a gold without any word by this rule
            one = two = longest = 1.0
        values = {"bleu1": single, "rouge1": one, "rouge2": two, "rougeL": longest}
        if near is not None:
            values["bertscore_f1"] = near[place] if text else 0.0
        headline, value = _headline(task.metric, values)
        row = [Measured(headline, value)]
        row += [Measured(name, value) for name, value in values.items() if name != headline]
        parts = bleu_parts(by_corpus(text), [gold_words(gold, corpus) for gold in golds])
        row.append(Measured("corpus_bleu4", bleu_of(parts), "", 1.0, parts))
        scored.append(row)
    return scored


def gold_words(text: str, rule: str) -> list[str]:
    """Return the words of a gold, which is often met again with the reply of another model."""
    return _gold_words(text, rule) if len(text) <= LONGEST_KEPT else RULES[rule]()(text)


@functools.lru_cache(maxsize=1 << 15)
def _gold_words(text: str, rule: str) -> list[str]:
    return RULES[rule]()(text)


def _headline(metric: str, values: Mapping[str, float]) -> tuple[str, float]:
    if metric == "summary_mean":
        names = ["rougeL", "rouge1", "rouge2"]
        if "bertscore_f1" in values:
            names.append("bertscore_f1")
        mean = sum(values[name] for name in names) / len(names)
        return (metric if "bertscore_f1" in values else "rouge_mean"), mean
    if metric in values:
        return metric, values[metric]
    return "text_overlap", (values["bleu1"] + values["rougeL"]) / 2


def bleu_of(parts: Mapping[str, Any]) -> float:
    """Return BLEU-4 of one text by itself, from its parts: as `pooling.bleu_figure`, without arrays."""
    matches, (reply, reference) = parts["matches"], parts["lengths"]
    there = min(reply, 4)
    if not there or not matches[there - 1]:
        return 0.0
    product = math.prod(matches[:there]) / math.prod(parts["totals"][:there])
    return float(math.exp(min(0.0, 1 - reference / reply)) * product ** (1 / there))
