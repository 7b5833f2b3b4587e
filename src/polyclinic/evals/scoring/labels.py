"""Closed labels: which one a reply names, and which set of them.

A label is found as a whole phrase, the longest first, with case, accents and punctuation folded, so that `unstable
angina` is not `stable angina` and `diagnosis` is no `no`. A reply that names two different labels where one is asked
for is wrong. Where the catalog has no list, the labels are those that are gold among the replies scored together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import after_markers, clean, folded, lines_of, located
from polyclinic.records import Reply
from polyclinic.tasks import Task

LABEL_METRICS = ("label_accuracy", "macro_f1", "weighted_f1", "balanced_accuracy", "majority_share")
SET_METRICS = (
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "micro_f1",
    "micro_precision",
    "micro_recall",
    "exact_set",
)
_LEAD = re.compile(r"^[\s\W_]*(?:\d+\s*[.)]\s*)?(?:(?:the\s+)?(?:label|answer|answers|output)\s*(?:is|:)\s*)?", re.I)


class LabelReader:
    """Finds the labels of one closed list in texts."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Take the labels; of two that are the same when folded the first one is meant."""
        self.by_folded: dict[str, str] = {}
        for label in labels:
            self.by_folded.setdefault(folded(label), label)
        self.by_folded.pop("", None)
        longest_first = sorted(self.by_folded, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_whole_phrase, longest_first)) or r"(?!)")

    def all_in(self, text: str) -> list[str]:
        """Return the different labels in a text, in order of appearance."""
        found = self._pattern.findall(folded(text))
        return list(dict.fromkeys(self.by_folded[phrase] for phrase in found))

    def exactly(self, text: str) -> str:
        """Return the label that a text is, empty when it is none."""
        return self.by_folded.get(folded(text)) or self.by_folded.get(folded(_LEAD.sub("", text, count=1)), "")

    def one_in(self, text: str) -> tuple[str, bool]:
        """Return the one label that a cleaned reply names, empty for none or several, and whether any was found.

        Lines that are a label and nothing else count before the rest; then what stands behind the last answer
        marker, else the last line, else the whole reply.
        """
        if whole := self.exactly(text):
            return whole, True
        if not after_markers(text):
            alone = {label for line in lines_of(text) if (label := self.exactly(line))}
            if alone:
                return (next(iter(alone)), True) if len(alone) == 1 else ("", True)
        found = self.all_in(located(text)) or self.all_in(text)
        return (found[0], True) if len(found) == 1 else ("", bool(found))


def _whole_phrase(phrase: str) -> str:
    # Scripts without spaces have no word boundaries; there the longest label that fits is taken.
    left = r"(?<!\w)" if phrase[0].isascii() else ""
    right = r"(?!\w)" if phrase[-1].isascii() else ""
    return f"{left}{re.escape(phrase)}{right}"


def score_label(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score one label a reply: accuracy, F1 over classes, balanced accuracy, and the share of the commonest label.

    macro_f1 is the mean of the F1 of the classes that occur as gold or prediction, weighted_f1 the mean by how often
    each is gold, balanced_accuracy the mean recall; a reply without a readable label is no prediction of any class.
    """
    golds = [clean(reply.gold) for reply in replies]
    reader = LabelReader(task.labels or sorted(set(golds)))
    names = [task.metric, *(name for name in LABEL_METRICS if name != task.metric)]
    if task.metric == "accuracy":
        names.remove("label_accuracy")
    scored = []
    for gold, text in zip(golds, texts, strict=True):
        right = reader.one_in(gold)[0] or folded(gold)
        label, found = reader.one_in(text)
        value, parts = float(bool(label) and label == right), {"gold": right, "predicted": label}
        row = [_measured(name, value, parts) for name in names]
        scored.append([*row, Measured("answer_found", float(found))])
    return scored


def _measured(name: str, value: float, parts: dict[str, str]) -> Measured:
    return (
        Measured(name, value)
        if name.endswith("_accuracy") or name == "accuracy"
        else Measured(name, value, parts=parts)
    )


def score_label_set(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score sets of labels: F1, precision and recall over classes and over all labels, and the share of exact sets.

    The value of an item is its own F1. Where the catalog has no list, labels are divided by commas and semicolons.
    """
    reader = LabelReader(task.labels) if task.labels else None
    names = [task.metric, *(name for name in SET_METRICS if name != task.metric)]
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold, predicted = _set_of(clean(reply.gold), reader), _set_of(text, reader)
        common = len(gold & predicted)
        value = 2 * common / (len(gold) + len(predicted)) if common else float(bool(text) and not gold | predicted)
        parts = {"gold": sorted(gold), "predicted": sorted(predicted)}
        row = [
            Measured(name, float(bool(text) and gold == predicted))
            if name == "exact_set"
            else Measured(name, value, parts=parts)
            for name in names
        ]
        scored.append([*row, Measured("answer_found", float(bool(predicted)))])
    return scored


def _set_of(text: str, reader: LabelReader | None) -> set[str]:
    parts = [part for part in after_markers(text) if part.strip()]
    text = parts[-1] if parts else text
    if reader is not None:
        return set(reader.all_in(text))
    return {label for part in re.split(r"[,;\n，；、|]", text) if (label := folded(part))}
