"""Questions with lettered options, one right or several: the set of letters must be the gold's.

The free reply is read first. Where it names no option and the asking kept a forced letter, or the options it said
yes to one by one, those are taken; all are reported apart. A reply that is the text of an option, as choosing by
likelihood leaves it, counts as its letter.
"""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.evals.scoring.answer_parser import LETTERS, named_options, options_in
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean
from polyclinic.records import Reply
from polyclinic.tasks import Task

FORCED = "forced_letter"  # field of a reply's metadata: the letter it was made to choose after its free reply
CHOSEN = "options_said_yes"  # and the letters of the options it said yes to, where several may be right

REPEAT = "repeat"  # which time the same question is asked, for data sets that ask it several times


def gold_letters(reply: Reply) -> frozenset[str]:
    """Return the letters of the right options."""
    if reply.gold in reply.options:
        return frozenset(LETTERS[reply.options.index(reply.gold)])
    return named_options(clean(reply.gold), reply.options)


def score_options(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score letters: accuracy (free reply, else what it was made to choose), and whether a free answer could be read.

    Made to choose: the options it said yes to, where several may be right, else a letter. free_accuracy,
    forced_accuracy and option_by_option_accuracy are there for replies that were asked so, accuracy_repeat_<n> for
    questions that are asked several times.
    """
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        options = reply.options or options_in(reply.input)
        gold = gold_letters(reply)
        free = named_options(text, options)
        forced = frozenset(str(reply.metadata.get(FORCED, "") or "").strip().upper())
        one_by_one = CHOSEN in reply.metadata
        chosen = frozenset(str(reply.metadata.get(CHOSEN, "") or ""))
        taken = free or (chosen if one_by_one else forced)
        row = [
            Measured("accuracy", float(bool(taken) and taken == gold)),
            Measured("answer_found", float(bool(free))),
        ]
        if REPEAT in reply.metadata:
            row.append(Measured(f"accuracy_repeat_{reply.metadata[REPEAT]}", row[0].value))
        if forced or one_by_one:
            row.append(Measured("free_accuracy", float(bool(free) and free == gold)))
        if forced:
            row.append(Measured("forced_accuracy", float(forced == gold)))
        if one_by_one:
            row.append(Measured("option_by_option_accuracy", float(bool(chosen) and chosen == gold)))
        scored.append(row)
    return scored
