"""MedS-Bench as its released scripts score it, faults included.

Source: Wu et al. 2025, the folder Metrics/ of the released code. Where a script crashes the item scores 0; where it
leaves a row out the item has no value and says so. Sentences are not divided before words are, as the model nltk
needs for that is a download.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from polyclinic.evals.scoring.answer_parser import LETTERS
from polyclinic.evals.scoring.bleu import bleu1
from polyclinic.evals.scoring.entities import count_row, set_counts
from polyclinic.evals.scoring.labels import SET_METRICS
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.rouge import rouge_package_l
from polyclinic.evals.scoring.words import RULES, rule_for
from polyclinic.records import Reply
from polyclinic.tasks import Task

Rule = Callable[[Task, Reply], list[Measured]]
LEFT_OUT = "left out by the published code: empty reply"
CHOICES = (4, 5, 6, 8, 9, 57, 58, 59, 60, 61, 64, 122, 123, 129)
DROP_EMPTY = (18, 46, 50, 51, 52, 53, 54, 55, 56)
SENTINEL = "there is no related enetity"
_QUOTES = str.maketrans("", "", "\"'\n")


def meds_rule(task: Task) -> Rule | None:
    """Return the rule of a task of MedS-Bench by its number; None for other tasks."""
    number = task.published.meds_ins_number
    if "meds-bench" not in task.suites or number is None:
        return None
    if number in CHOICES:
        return _first_letter
    for numbers, rule in _RULES.items():
        if number in numbers:
            return rule
    return _overlap if task.family == "free_text" else None


def _first_letter(task: Task, reply: Reply) -> list[Measured]:
    """Compare first characters behind the English phrase; a blank reply reads `nan`, as an empty cell does."""
    said, gold = (_lettered(text, reply) for text in (reply.text, reply.gold))
    if not reply.text:
        said = "nan"
    said, gold = (text.lower().replace("the right answer is", "").strip() for text in (said, gold))
    allowed = "yn" if task.published.meds_ins_number == 123 else "abcd"
    right = bool(said and gold) and said[0] in allowed and gold[0] in allowed and said[0] == gold[0]
    return [Measured("label_accuracy" if allowed == "yn" else "accuracy", float(right))]


def _lettered(text: str, reply: Reply) -> str:
    """Return a text with its letter before it where it is an option, as choosing by likelihood leaves it."""
    return f"{LETTERS[reply.options.index(text)]}: {text}" if text in reply.options else text


def _contained(task: Task, reply: Reply) -> list[Measured]:
    """Information extraction: the gold occurs in the reply, quotes and line breaks removed."""
    said, gold = (text.lower().strip().translate(_QUOTES) for text in (reply.text, reply.gold))
    return [Measured("gold_in_reply", float(gold in said))]


def _label_contained(task: Task, reply: Reply) -> list[Measured]:
    """Diagnosis, treatment, NLI: the gold without periods and lead phrase occurs in the reply."""
    gold = reply.gold.replace(".", "")
    for lead in ("The diagnosis result is", "The treatment planning is:"):
        gold = gold.replace(lead, "")
    return [Measured("gold_in_reply", float(gold.strip().lower() in reply.text.lower()))]


def _first_line(task: Task, reply: Reply) -> list[Measured]:
    """Fact verification: the gold occurs in the first line of the reply."""
    gold = reply.gold.replace(".", "").strip().lower()
    return [Measured("gold_in_reply", float(gold in reply.text.split("\n")[0].strip().lower()))]


def _outcome(task: Task, reply: Reply) -> list[Measured]:
    """Outcome prediction: the reply holds the gold word and not the other."""
    gold, said = reply.gold.lower().strip(), reply.text.lower()
    other = {"true": "false", "false": "true"}.get(gold)
    return [Measured("label_accuracy", float(other is not None and gold in said and other not in said))]


def _hallmarks(task: Task, reply: Reply) -> list[Measured]:
    """Hallmarks of cancer: a label is predicted when it occurs; the mean counts all ten labels, absent ones as 0."""
    gold, said = (
        sorted(label for label in task.labels if label in text.lower().strip()) for text in (reply.gold, reply.text)
    )
    parts = {"gold": gold, "predicted": said, "classes": len(task.labels)}
    common = len(set(gold) & set(said))
    value = 2 * common / (len(gold) + len(said)) if common else 0.0
    return [Measured(name, value, parts=parts) for name in SET_METRICS if name.startswith("macro_")]


def _entities(task: Task, reply: Reply) -> list[Measured]:
    """Named entities: periods go, then the last character, then the list is divided at comma and space."""
    if not reply.text:
        return [Measured(one.metric, None, LEFT_OUT) for one in count_row({"matched": 0, "predicted": 0, "gold": 0})]
    return count_row(set_counts(_published_set(reply.gold), _published_set(reply.text)))


def _published_set(text: str) -> frozenset[str]:
    text = text.replace(".", "").strip().lower()
    return frozenset() if text == SENTINEL else frozenset(text[:-1].split(", "))


def _overlap(task: Task, reply: Reply) -> list[Measured]:
    """Text: sentence BLEU-1, and ROUGE-L of the package `rouge`, which the paper prints as ROUGE-1."""
    said, gold = reply.text, reply.gold
    names = ("text_overlap", "bleu1", "rougeL")
    if task.published.meds_ins_number in DROP_EMPTY and not said.strip():
        return [Measured(name, None, LEFT_OUT) for name in names]
    if task.published.meds_ins_number == 100:
        said, gold = said.strip().lower(), gold.replace(".", "").strip().lower()
    rule = rule_for("bleu1", task.output_language or task.language)
    divide = RULES[rule]()
    left, right = divide(said), divide(gold)
    bleu = bleu1(left, [right])
    rouge = rouge_package_l(said, gold) if rule == "nltk" else rouge_package_l(" ".join(left), " ".join(right))
    return [Measured(name, value) for name, value in zip(names, ((bleu + rouge) / 2, bleu, rouge), strict=True)]


_RULES: dict[Sequence[int], Rule] = {
    (1, 2, 3, 29, 74): _contained,
    (130, 131, 41): _label_contained,
    (12, 16): _first_line,
    (117, 118, 119): _outcome,
    (106,): _hallmarks,
    (125, 126, 127, 128): _entities,
}
