"""CLUE and CLUE+ as their released code and papers score them, faults included.

Source: Dada et al. 2024 (CLUE, eval/), Corbeil et al. 2025 (MediPhi); eval4ner for SDoH. The first document counted
twice in two of CLUE's running means is a fault of the aggregate, not of an item, and is not repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import fmean

from polyclinic.evals.scoring.answer_parser import LETTERS
from polyclinic.evals.scoring.codes import known_codes
from polyclinic.evals.scoring.concepts import Terms, score_concepts
from polyclinic.evals.scoring.exams import gold_letters
from polyclinic.evals.scoring.free_text import Similarity, summary_mean
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.rouge import rouge_f1
from polyclinic.evals.scoring.sdoh import MODES, Pair, pairs_in
from polyclinic.evals.scoring.words import RULES
from polyclinic.records import Reply
from polyclinic.tasks import Task

Counts = dict[str, float]
_CODE = re.compile(r"\b[A-TV-Z][0-9]{2}(?:\.?[0-9A-Z]{1,4})?\b")
_FIRST_LETTER = re.compile(r"\W*([A-Z])(?![A-Za-z])")
_CHOICE = re.compile(r"The correct answer is (\w):")


def score_published_text(
    task: Task, replies: Sequence[Reply], similarity: Similarity | None = None, terms: Terms | None = None
) -> list[list[Measured]]:
    """Score texts by ROUGE F1 against the first reference, and CLUE's mean of ROUGE, BERTScore and UMLS F1."""
    divide = RULES["rouge"]()
    near: Sequence[float | None] = [None] * len(replies)
    if similarity is not None and replies:
        near = similarity([reply.text for reply in replies], [[reply.gold] for reply in replies])
    scored = []
    for reply, closeness in zip(replies, near, strict=True):
        one, two, longest = rouge_f1(divide(reply.text), [divide(reply.gold)])
        values = {"rougeL": longest, "rouge1": one, "rouge2": two}
        if closeness is not None:
            values["bertscore_f1"] = closeness
        concepts = score_concepts(reply.text, [reply.gold], terms, published=True) if task.concept_f1 else []
        values |= {one.metric: one.value for one in concepts if one.value is not None}
        names = [name for name in values if not name.startswith("umls_")]
        if task.metric == "summary_mean":
            mean, value = summary_mean(task, values)
            values[mean] = value
            names.insert(0, mean)
        else:
            names.sort(key=lambda name: name != task.metric)
        scored.append([Measured(name, values[name]) for name in names] + concepts)
    return scored


def published_inference(task: Task, reply: Reply) -> list[Measured]:
    """MedNLI: the gold label occurs exactly once in the reply, whatever else does."""
    return [Measured("accuracy", float(reply.text.upper().count(reply.gold.upper()) == 1))]


def published_choice(task: Task, reply: Reply) -> list[Measured]:
    """LongHealth: the letter behind `The correct answer is`, written so; a chosen option counts as it."""
    if reply.text in reply.options:
        said = LETTERS[reply.options.index(reply.text)]
    else:
        found = _CHOICE.search(reply.text)
        said = found.group(1) if found else ""
    return [Measured("accuracy", float(frozenset(said) == gold_letters(reply)))]


def published_letter(task: Task, reply: Reply) -> list[Measured]:
    """ICD10CM of MedConceptsQA: the letter that was preferred; of a written reply the one it begins with."""
    if reply.text in reply.options:
        said = LETTERS[reply.options.index(reply.text)]
    else:
        found = _FIRST_LETTER.match(reply.text)
        said = found.group(1) if found else ""
    return [Measured("accuracy", float(frozenset(said) == gold_letters(reply)))]


def published_codes(task: Task, reply: Reply, valid: Collection[str] | None = None) -> list[Measured]:
    """MeDiSumCode: the mean over letters of exact F1, 3-character F1 and the share of codes that exist.

    Repeated codes count as often as they are written; codes that begin with U are not seen.
    """
    said = [code.replace(".", "") for code in _CODE.findall(reply.text)]
    gold = [code.replace(".", "") for code in reply.gold.split(", ")]
    table = known_codes() if valid is None else valid
    share = sum(code in table for code in said) / len(said) if said else 0.0
    exact = _precision_recall_f1(said, gold)
    short = _precision_recall_f1(list({code[:3] for code in said}), list({code[:3] for code in gold}))
    row = [Measured("code_mean", fmean([exact[2], short[2], share])), Measured("valid_codes", share)]
    for kind, values in (("code", exact), ("category", short)):
        row += [Measured(f"{kind}_{side}", v) for side, v in zip(("precision", "recall", "f1"), values, strict=True)]
    return row


def _precision_recall_f1(said: Sequence[str], gold: Sequence[str]) -> tuple[float, float, float]:
    precision = sum(code in gold for code in said) / len(said) if said else 0.0
    recall = sum(code in said for code in gold) / len(gold) if gold else 0.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def published_number(task: Task, reply: Reply) -> list[Measured]:
    """MEDEC in CLUE+: the reply is the number; nothing else is described."""
    return [Measured("sentence_id_accuracy", float(reply.text.strip() == reply.gold.strip()))]


def published_pairs(task: Task, reply: Reply) -> list[Measured]:
    """SDoH by eval4ner: pairs matched greedily, only the first occurrence of their words compared."""
    gold, said = pairs_in(reply.gold) or [], pairs_in(reply.text)
    values = _eval4ner(said or [], gold, reply.input)
    return [
        *(Measured(f"{mode}_f1", values[mode]) for mode in MODES),
        Measured("json_valid", float(said is not None)),
    ]


def _eval4ner(said: Sequence[Pair], gold: Sequence[Pair], text: str) -> dict[str, float]:
    if not said and not gold:
        return dict.fromkeys(MODES, 1.0)
    counts: Mapping[str, Counts] = {
        m: dict.fromkeys(("right", "wrong", "partial", "missed", "extra"), 0.0) for m in MODES
    }

    def count(**outcome: str) -> None:
        for mode, name in outcome.items():
            counts[mode][name] += 1

    left = list(gold)
    cases: tuple[tuple[Callable[[Pair, Pair], bool], tuple[str, str, str, str]], ...] = (
        (lambda a, b: a == b, ("right", "right", "right", "right")),
        (lambda a, b: a.type == b.type and _first_overlap(a, b, text), ("right", "partial", "wrong", "wrong")),
        (lambda a, b: a.type != b.type and a.words == b.words, ("wrong", "right", "right", "wrong")),
        (lambda a, b: a.type != b.type and _first_overlap(a, b, text), ("wrong", "partial", "wrong", "wrong")),
    )
    for pair in said:
        for fits, outcome in cases:
            match = next((other for other in left if fits(pair, other)), None)
            if match is not None:
                left.remove(match)
                count(**dict(zip(MODES, outcome, strict=True)))
                break
        else:
            count(**dict.fromkeys(MODES, "extra"))
    unused = list(said)
    for other in gold:
        near = next((pair for pair in unused if _first_overlap(pair, other, text)), None)
        if near is None:
            count(**dict.fromkeys(MODES, "missed"))
        else:
            unused.remove(near)
    return {mode: _f1(found) for mode, found in counts.items()}


def _f1(counts: Counts) -> float:
    matched = counts["right"] + counts["partial"] / 2
    shared = counts["right"] + counts["wrong"] + counts["partial"]
    total = 2 * shared + counts["missed"] + counts["extra"]
    return 2 * matched / total if total else 0.0


def _first_overlap(one: Pair, other: Pair, text: str) -> bool:
    """Whether the first places of two strings overlap; strings that are not in the text overlap nothing."""
    a, b = text.find(one.words), text.find(other.words)
    return a >= 0 and b >= 0 and a < b + len(other.words) and b < a + len(one.words)
