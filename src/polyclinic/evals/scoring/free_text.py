"""Free text against references: BLEU, ROUGE, BERTScore, and the means of them that the papers report."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from polyclinic.evals.scoring.bleu import bleu1, bleu1_columns, bleu_columns, bleu_parts
from polyclinic.evals.scoring.concepts import Terms, score_concepts
from polyclinic.evals.scoring.entities import references_of
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean, folded
from polyclinic.evals.scoring.rouge import rouge_columns, rouge_f1
from polyclinic.evals.scoring.sections import score_sections
from polyclinic.evals.scoring.words import RULES, divided, rule_for
from polyclinic.records import Reply
from polyclinic.tasks import Task

Words = Sequence[str]
Found = TypeVar("Found")
Similarity = Callable[[Sequence[str], Sequence[Sequence[str]]], list[float]]
LONGEST_KEPT = 4000  # characters of a gold whose words are remembered
TEXT_METRICS = ("bleu1", "rouge1", "rouge2", "rougeL", "exact_match", "corpus_bleu4")


def text_rules(task: Task) -> dict[str, str]:
    """Return by metric the rule that divides the texts of a task into words."""
    language = task.output_language or task.language
    return {name: rule_for(name, language, "medcare" in task.suites) for name in ("rouge", "bleu1", "corpus_bleu4")}


def score_text(
    task: Task,
    replies: Sequence[Reply],
    texts: Sequence[str],
    similarity: Similarity | None = None,
    terms: Terms | None = None,
) -> list[list[Measured]]:
    """Score texts against their references, of which the best counts; an empty reply scores 0.

    A reference of one word has no ROUGE-2, which is 0 then, as in rouge-score, even where the reply is the reference.

    text_overlap is the mean of bleu1 and rougeL, the two columns of MedS-Bench. summary_mean is CLUE's mean of
    ROUGE-1, ROUGE-2, ROUGE-L and BERTScore F1, and of UMLS F1 where the task says so. Without a model for BERTScore
    the mean of the three ROUGE figures is reported as rouge_mean instead, without terms that of the other four as
    summary_mean_without_umls.

    Args:
        task: of the family free_text.
        replies: with their golds and references.
        texts: the cleaned replies.
        similarity: BERTScore F1 of texts and their references.
        terms: clinical terms and their codes; with them every text gets umls_f1.
    """
    rules = text_rules(task)
    rouge, bleu, corpus = (rules[name] for name in ("rouge", "bleu1", "corpus_bleu4"))
    references = [[clean(text) for text in references_of(reply)] for reply in replies]
    near = similarity(texts, references) if similarity is not None and texts else None
    by_rule = {rule: divided(texts, rule) for rule in dict.fromkeys((rouge, bleu, corpus))}
    rouges = _column(by_rule[rouge], references, rouge, rouge_f1, rouge_columns)
    singles = _column(by_rule[bleu], references, bleu, bleu1, bleu1_columns)
    corpora = _column(by_rule[corpus], references, corpus, bleu_parts, bleu_columns)
    scored = []
    for place, text in enumerate(texts):
        (one, two, longest), single, parts = rouges[place], singles[place], corpora[place]
        if text and not by_rule[rouge][place] and text in references[place]:  # a gold without a word by this rule
            one = two = longest = 1.0
        values = {"bleu1": single, "rouge1": one, "rouge2": two, "rougeL": longest}
        if near is not None:
            values["bertscore_f1"] = near[place] if text else 0.0
        concepts = score_concepts(text, references[place], terms) if terms is not None or task.concept_f1 else []
        umls = concepts[0].value if concepts else None
        headline, value = _headline(task, {**values, **({} if umls is None else {"umls_f1": umls})})
        row = [Measured(headline, value)]
        row += [Measured(name, value) for name, value in values.items() if name != headline]
        whole = folded(text)
        same = text in references[place] or (whole and whole in map(folded, references[place]))
        row.append(Measured("exact_match", float(bool(text and same))))
        row.append(Measured("corpus_bleu4", bleu_of(parts), "", 1.0, parts))
        row += concepts
        if task.sections:
            row += score_sections(text, references[place], task.sections, rouge)
        scored.append(row)
    return scored


def _column(
    replies: Sequence[Words],
    references: Sequence[Sequence[str]],
    rule: str,
    one: Callable[[Words, Sequence[Words]], Found],
    many: Callable[[Sequence[Words], Sequence[Words]], list[Found]],
) -> list[Found]:
    """Return what a metric finds for each reply: those with one reference together, others one by one."""
    golds = [[gold_words(text, rule) for text in group] for group in references]
    single = [place for place, group in enumerate(golds) if len(group) == 1]
    together = iter(many([replies[place] for place in single], [golds[place][0] for place in single]))
    return [
        next(together) if len(group) == 1 else one(reply, group) for reply, group in zip(replies, golds, strict=True)
    ]


def gold_words(text: str, rule: str) -> list[str]:
    """Return the words of a gold, which is often met again with the reply of another model."""
    return _gold_words(text, rule) if len(text) <= LONGEST_KEPT else RULES[rule]()(text)


@functools.lru_cache(maxsize=1 << 15)
def _gold_words(text: str, rule: str) -> list[str]:
    return RULES[rule]()(text)


def _headline(task: Task, values: Mapping[str, float]) -> tuple[str, float]:
    if task.metric == "summary_mean":
        return summary_mean(task, values)
    if task.metric in values:
        return task.metric, values[task.metric]
    return "text_overlap", (values["bleu1"] + values["rougeL"]) / 2


def summary_mean(task: Task, values: Mapping[str, float]) -> tuple[str, float]:
    """Return the mean of a summary's figures that CLUE takes, and its name, which says what is not in it."""
    names = ["rougeL", "rouge1", "rouge2"]
    name = "rouge_mean"
    if "bertscore_f1" in values:
        names.append("bertscore_f1")
        name = "summary_mean"
        if task.concept_f1:
            name = "summary_mean" if "umls_f1" in values else "summary_mean_without_umls"
            names += ["umls_f1"] if "umls_f1" in values else []
    return name, sum(values[one] for one in names) / len(names)


def bleu_of(parts: Mapping[str, Any]) -> float:
    """Return BLEU-4 of one text by itself, from its parts: as `pooling.bleu_figure`, without arrays."""
    matches, (reply, reference) = parts["matches"], parts["lengths"]
    there = min(reply, 4)
    if not there or not matches[there - 1]:
        return 0.0
    product = math.prod(matches[:there]) / math.prod(parts["totals"][:there])
    return float(math.exp(min(0.0, 1 - reference / reply)) * product ** (1 / there))
