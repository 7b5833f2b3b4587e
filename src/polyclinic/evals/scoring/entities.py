"""Sets of entities: what a reply lists, against what the gold lists, whatever the order.

Both sides are divided in the same way: at commas, semicolons and line ends outside of brackets. Case, spaces, list
marks and one period at the end play no role.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean, folded, says_something
from polyclinic.records import Reply
from polyclinic.tasks import Task

ENTITY_METRICS = ("entity_f1", "entity_precision", "entity_recall", "row_f1", "exact_set")
# What the published golds and models write for "none"; both spellings of the MedS-Bench sentinel are among them.
LONGEST_PHRASE = 400  # characters of a reply that may be a phrase with a lead
_NONE = re.compile(
    r"(?:there (?:is|are|were|was) )?(?:no|not any|none of the)?\s*(?:related |relevant |such |named )?"
    r"(?:enetity|enetities|entity|entities)(?: (?:found|mentioned|present|here|in the text))?"
    r"|not found|none(?: found)?|no(?:ne)? (?:are )?(?:mentioned|reported|present)|nothing|n/?a|null|empty",
    re.IGNORECASE,
)
_OPEN, _CLOSE = "([{（【", ")]}）】"
_MARK = re.compile(r"^(?:[-*•·–]\s+|\d{1,3}[.)]\s+)")
_LEAD = re.compile(r"^[^,;:\n]{0,80}\b(?:entities|phrases|list|mentions?|are|is|answer|output)\s*[:：]\s*", re.I)
_EDGES = "\"'`*_“”‘’«» \t"
_SPACES = re.compile(r"\s+")


def entity_set(text: str) -> frozenset[str]:
    """Return the entities that a cleaned text lists, in lower case; empty for one that says there are none."""
    text = _LEAD.sub("", text, count=1).strip()
    bare = text.strip(_EDGES + ".!。")
    if not bare or _NONE.fullmatch(bare):
        return frozenset()
    found = set()
    for part in _at_depth_zero(text):
        entity = _MARK.sub("", part.strip()).strip(_EDGES)
        if entity.endswith((".", "。")):
            entity = entity[:-1].strip(_EDGES)
        entity = _SPACES.sub(" ", entity).casefold()
        if entity:
            found.add(entity)
    return frozenset(found)


def _at_depth_zero(text: str) -> list[str]:
    """Divide at commas, semicolons and line ends outside of brackets; a bracket that never closes divides nothing."""
    if not any(bracket in text for bracket in _OPEN):
        return re.split(r"[,;\n，；、]", text)
    parts, start, depth = [], 0, 0
    for place, character in enumerate(text):
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(0, depth - 1)
        elif character == "\n" or (character in ",;，；、" and not depth):
            parts.append(text[start:place])
            start, depth = place + 1, 0
    parts.append(text[start:])
    return parts


def set_counts(gold: frozenset[Any], predicted: frozenset[Any], said: bool = True) -> dict[str, int]:
    """Return the counts of two sets; a reply that says nothing at all where nothing is right counts as one wrong."""
    wrong_silence = not said and not gold and not predicted
    return {
        "matched": len(gold & predicted),
        "predicted": len(predicted) + wrong_silence,
        "gold": len(gold),
    }


def f1_of(counts: Mapping[str, int]) -> float:
    """Return F1 = 2 matched / (predicted + gold) of counts, 1 when there is nothing on either side."""
    total = counts["predicted"] + counts["gold"]
    return 2 * counts["matched"] / total if total else 1.0


def score_entities(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score sets of entities: F1, precision and recall of all counts, the mean F1 of the rows, exact sets.

    Where the data have several good replies the best of them counts, and all of them together as one set.
    """
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        predicted = entity_set(text)
        best = max((set_counts(gold, predicted, says_something(text)) for gold in gold_sets(reply)), key=f1_of)
        scored.append(count_row(best))
    return scored


def gold_sets(reply: Reply) -> list[frozenset[str]]:
    """Return what may be listed: each reference, and all together where there are several."""
    found = [entity_set(clean(text)) for text in references_of(reply)]
    return found if len(found) == 1 else [*found, frozenset().union(*found)]


def count_row(counts: dict[str, int]) -> list[Measured]:
    """Return the metrics of the counts of one reply."""
    f1 = f1_of(counts)
    precision = counts["matched"] / counts["predicted"] if counts["predicted"] else float(not counts["gold"])
    recall = counts["matched"] / counts["gold"] if counts["gold"] else float(not counts["predicted"])
    values = {"entity_f1": f1, "entity_precision": precision, "entity_recall": recall}
    row = [Measured(name, value, parts=counts) for name, value in values.items()]
    return [*row, Measured("row_f1", f1), Measured("exact_set", float(f1 == 1.0))]


def references_of(reply: Reply) -> list[str]:
    """Return all good replies of an item: the gold, and others that the data set has."""
    others = reply.metadata.get("references", ())
    if not isinstance(others, (list, tuple)):
        return [reply.gold]
    return list(dict.fromkeys([reply.gold, *(str(other) for other in others)]))


_PHRASE_LEAD = re.compile(
    r"^.{0,120}?\b(?:is|was|were|are|of|dose|dosage|answer)\s*[:：]?\s+", re.IGNORECASE | re.DOTALL
)


def score_phrase(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score one phrase a reply, such as a dose: right when it is one of the references, with or without a lead.

    `The dose is 5 mg/kg.` is the phrase `5 mg/kg`; a reply that names more than the phrase is wrong.
    """
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        wanted = {folded(reference) for reference in references_of(reply)} - {""}
        said = {folded(text)}
        rest = text if len(text) <= LONGEST_PHRASE else ""
        while lead := _PHRASE_LEAD.match(rest):
            rest = rest[lead.end() :]
            said.add(folded(rest))
        right = float(bool(said & wanted))
        scored.append([Measured("field_accuracy", right), Measured("answer_found", float(bool(text)))])
    return scored
