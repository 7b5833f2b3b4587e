"""MedCare's exams and CBLUE as the released code scores them, faults included.

Source: Wang et al. 2024 (MedCare), medcare/eval/. The choices that CBLUE's rows carry are not part of a sample; where
an item's metadata lack `answer_choices` those that occur in the golds stand for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from polyclinic.evals.scoring.cblue import (
    SAME_LABEL,
    SECTIONS,
    UNDECIDED,
    Tuples,
    cblue_name,
    entity_tuples,
    event_tuples,
    relation_tuples,
    report_sections,
    status_tuples,
    term_tuples,
    tuple_row,
)
from polyclinic.evals.scoring.entities import set_counts
from polyclinic.evals.scoring.exams import FORCED, gold_letters
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.rouge import rouge_chinese_l
from polyclinic.evals.scoring.words import RULES
from polyclinic.records import Reply
from polyclinic.tasks import Task

ALL_LETTERS = "ABCDE"
_CHINESE = re.compile(r"答案为(.*?)$")
_ENGLISH = re.compile(r"The answer is (.*?)$")


def published_exam(task: Task, reply: Reply) -> list[Measured]:
    """Exams: the letters behind the marker in the last line, the forced letter appended where there is one.

    Chinese: every gold letter and no other one; without a marker the statements `X对` count instead. English: every
    gold letter, others only looked at when several are gold.
    """
    chinese = task.language.startswith("zh")
    text = reply.text
    if text in reply.options:
        text = f"{'答案为' if chinese else 'The answer is '}{'ABCDEFGHIJ'[reply.options.index(text)]}"
    elif forced := str(reply.metadata.get(FORCED, "") or ""):
        text = f"{text}\n{'答案为' if chinese else 'The answer is '}{forced}"
    gold = gold_letters(reply)
    others = set(ALL_LETTERS) - gold
    found = (_CHINESE if chinese else _ENGLISH).search(text)
    if found is None and not chinese:
        return [Measured("accuracy", 0.0)]
    if found is None:
        right = f"{''.join(sorted(gold))}错，为本题正确答案" in text or (
            all(f"{letter}对" in text for letter in gold) and not any(f"{letter}对" in text for letter in others)
        )
        return [Measured("accuracy", float(right))]
    said = found.group(0)
    right = all(letter in said for letter in gold)
    if chinese or len(gold) > 1:
        # The English marker holds no capital letter of an option but the T of `The`.
        right = right and not any(letter in said for letter in others)
    return [Measured("accuracy", float(right))]


def score_published_cblue(task: Task, replies: Sequence[Reply]) -> list[list[Measured]]:
    """Score one sub-task of CBLUE."""
    name = cblue_name(task)
    if name == "MedDG":
        return [_dialogue(reply) for reply in replies]
    if name == "IMCS-V2-MRG":
        return [_report(reply) for reply in replies]
    if task.labels:
        return [_label(task, name, reply) for reply in replies]
    usual = _choices_in(name, [reply.gold for reply in replies])
    scored = []
    for reply in replies:
        choices = [str(choice) for choice in reply.metadata.get("answer_choices", ())] or usual
        counts = set_counts(_tuples(name, reply.gold, choices), _tuples(name, reply.text, choices))
        scored.append(tuple_row(counts))
    return scored


def _tuples(name: str, text: str, choices: Sequence[str]) -> Tuples:
    if name in ("CMeEE-V2", "IMCS-V2-NER"):
        return entity_tuples(text, choices)
    if name == "CMeIE":
        return relation_tuples(text, published=True)
    if name == "CHIP-CDN":
        return term_tuples(text, choices)
    if name == "CHIP-CDEE":
        return event_tuples(text, published=True)
    return status_tuples(text, True, choices, UNDECIDED[name])


def _choices_in(name: str, golds: Sequence[str]) -> list[str]:
    """Return the choices that the golds of a task use."""
    if name in ("CMeEE-V2", "IMCS-V2-NER"):
        return sorted({kind for gold in golds for _, kind in entity_tuples(gold)})
    if name == "CHIP-CDN":
        terms = {term for gold in golds for term in gold.split("\n")[-1].split("，")}
        return sorted({term.strip() for term in terms})
    if name in UNDECIDED:
        return sorted({status for gold in golds for status, _ in status_tuples(gold)} | {UNDECIDED[name]})
    return []


def _label(task: Task, name: str, reply: Reply) -> list[Measured]:
    """Labels: the whole reply is the label, an empty one the first label; what is no label is a class of its own."""
    said, gold = reply.text.strip(), reply.gold.strip()
    if name == "CHIP-STS":
        said, gold = (SAME_LABEL.get(text, text) if text in ("相同", "不同") else text for text in (said, gold))
    said = said or task.labels[0]
    parts = {"gold": gold, "predicted": said}
    return [Measured(task.metric, float(said == gold), parts=parts), Measured("label_accuracy", float(said == gold))]


def _dialogue(reply: Reply) -> list[Measured]:
    divide = RULES["characters"]()
    one, two, longest = rouge_chinese_l(divide(reply.text.strip()), divide(reply.gold.strip()))
    return [Measured("rougeL", longest), Measured("rouge1", one), Measured("rouge2", two)]


def _report(reply: Reply) -> list[Measured]:
    """Reports: every section of the gold weighs the same; the first line is dropped, a lacking section is empty."""
    divide = RULES["characters"]()
    gold, said = report_sections(reply.gold, True), report_sections(reply.text, True)
    names = [name for name in SECTIONS if name in gold]
    if not names:
        return [Measured("rougeL", None, "the gold has no section")]
    each = [rouge_chinese_l(divide(said.get(name, "")), divide(gold[name])) for name in names]
    places = {"rougeL": 2, "rouge1": 0, "rouge2": 1}
    return [Measured(m, fmean(v[place] for v in each), weight=float(len(names))) for m, place in places.items()]
