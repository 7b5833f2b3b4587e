"""Social determinants of health: (type, words) pairs copied from a text, matched by type, overlap or both.

Each pair is placed where its words occur in the text. The four modes are those of SemEval-2013 task 9.1:

    type     same type, and the words overlap or are equal
    strict   same type and the same words
    exact    the same words, whatever the type
    partial  the same words count 1, overlapping ones 1/2, whatever the type

P = matched / predicted, R = matched / gold, F1 = 2 P R / (P + R) for each text; the figure is the mean over texts,
and a text without pairs on either side scores 1. The type is the pair of entity and label. Every occurrence of the
words counts, and pairs are matched one to one, as many as can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from polyclinic.evals.scoring.json_in_text import json_in
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean
from polyclinic.records import Reply
from polyclinic.tasks import Task

MODES = ("type", "partial", "exact", "strict")
MOST_PAIRS = 500  # that a reply may hold; further ones are spurious anyway
MOST_PLACES = 200  # occurrences of the same words


class Pair(NamedTuple):
    """One piece of information: its type, and the words of the text it was read from."""

    type: str
    words: str


def pairs_in(text: str) -> list[Pair] | None:
    """Return the different pairs of a JSON list of entity, label and value; None when there is no such list."""
    found = json_in(text)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        return None
    pairs = []
    for one in found:
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            kind = f"{str(one.get('entity', '')).strip()}/{str(one.get('label', '')).strip()}"
            pairs.append(Pair(kind.casefold(), one["value"].strip()))
    return list(dict.fromkeys(pair for pair in pairs if pair.words))[:MOST_PAIRS]


def score_pairs(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score pairs in the four modes, type first, and say whether the reply was valid JSON."""
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold, predicted = pairs_in(clean(reply.gold)) or [], pairs_in(text)
        if predicted is None:
            values = dict.fromkeys(MODES, 0.0)
        else:
            values = pair_f1(gold, predicted, reply.input)
        row = [Measured(f"{mode}_f1", values[mode]) for mode in MODES]
        scored.append([*row, Measured("json_valid", float(predicted is not None))])
    return scored


def pair_f1(gold: Sequence[Pair], predicted: Sequence[Pair], text: str) -> dict[str, float]:
    """Return F1 of one text by mode."""
    if not gold and not predicted:
        return dict.fromkeys(MODES, 1.0)
    if not gold or not predicted:
        return dict.fromkeys(MODES, 0.0)
    folded_text = text.casefold()
    places = {p.words: _places(p.words.casefold(), folded_text) for p in (*gold, *predicted)}

    def same(one: Pair, other: Pair) -> bool:
        return one.words.casefold() == other.words.casefold()

    def near(one: Pair, other: Pair) -> bool:
        return same(one, other) or _overlap(places[one.words], places[other.words])

    exact = matched(predicted, gold, same)
    counts = {
        "type": len(matched(predicted, gold, lambda a, b: a.type == b.type and near(a, b))),
        "strict": len(matched(predicted, gold, lambda a, b: a.type == b.type and same(a, b))),
        "exact": len(exact),
    }
    left = [pair for number, pair in enumerate(predicted) if number not in exact]
    right = [pair for number, pair in enumerate(gold) if number not in exact.values()]
    partial = len(exact) + len(matched(left, right, near)) / 2
    return {mode: 2 * counts.get(mode, partial) / (len(gold) + len(predicted)) for mode in MODES}


def matched(left: Sequence[Pair], right: Sequence[Pair], fits: Callable[[Pair, Pair], bool]) -> dict[int, int]:
    """Return a largest one-to-one matching, places of `left` to places of `right`."""
    edges = [[j for j, other in enumerate(right) if fits(one, other)] for one in left]
    taken: dict[int, int] = {}  # right -> left

    def place(i: int, tried: set[int]) -> bool:
        for j in edges[i]:
            if j not in tried:
                tried.add(j)
                if j not in taken or place(taken[j], tried):
                    taken[j] = i
                    return True
        return False

    for i in range(len(left)):
        place(i, set())
    return {i: j for j, i in taken.items()}


def _places(words: str, text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = text.find(words)
    while start >= 0 and len(found) < MOST_PLACES:
        found.append((start, start + len(words)))
        start = text.find(words, start + 1)
    return found


def _overlap(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> bool:
    return any(a < d and c < b for a, b in one for c, d in other)
