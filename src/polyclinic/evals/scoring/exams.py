"""Questions with lettered options, one right or several: the set of letters must be the gold's.

The free reply is read first. Where it names no option and the asking kept a forced letter, that is taken; both are
reported apart. A reply that is the text of an option, as choosing by likelihood leaves it, counts as its letter.
"""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.evals.scoring.answer_parser import LETTERS, named_options, options_in
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean
from polyclinic.records import Reply
from polyclinic.tasks import Task

FORCED = "forced_letter"  # field of a reply's metadata: the letter it was made to choose after its free reply


def gold_letters(reply: Reply) -> frozenset[str]:
    """Return the letters of the right options."""
    if reply.gold in reply.options:
        return frozenset(LETTERS[reply.options.index(reply.gold)])
    return named_options(clean(reply.gold), reply.options)


def score_options(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score letters: accuracy (free reply, else forced letter), and whether a free answer could be read.

    free_accuracy and forced_accuracy are there for replies that were also made to choose a letter.
    """
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        options = reply.options or options_in(reply.input)
        gold = gold_letters(reply)
        free = named_options(text, options)
        forced = frozenset(str(reply.metadata.get(FORCED, "") or "").strip().upper())
        taken = free or forced
        row = [
            Measured("accuracy", float(bool(taken) and taken == gold)),
            Measured("answer_found", float(bool(free))),
        ]
        if forced:
            row.append(Measured("free_accuracy", float(bool(free) and free == gold)))
            row.append(Measured("forced_accuracy", float(forced == gold)))
        scored.append(row)
    return scored
