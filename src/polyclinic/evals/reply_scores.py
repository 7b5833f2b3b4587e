"""Replies into the scores of a run: likelihoods keep their own scorer, everything else goes through both scorers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from polyclinic.evals.outcome import Outcome
from polyclinic.evals.scoring import SCORERS, Measured, has_published, score_records, score_replies
from polyclinic.evals.weighed_items import Item
from polyclinic.records import Reply, Score
from polyclinic.tasks import Task

TOGETHER = 1024  # replies of one task that are scored together


def scores_of(
    replies: Iterable[Reply],
    tasks: Mapping[str, Task],
    weighed: Mapping[tuple[str, str], tuple[Item, Outcome]],
) -> Iterator[Score]:
    """Yield the scores of replies, in their order.

    Args:
        replies: all of one model.
        tasks: by name.
        weighed: items whose answer was a likelihood, with what came of them, by task and item.
    """
    for task, group in itertools.groupby(replies, key=lambda reply: reply.task):
        # Without a closed list the labels are the golds of all items, so no label may be out of sight.
        open_labels = tasks[task].family in ("label", "label_set") and not tasks[task].labels
        while chunk := list(itertools.islice(group, None if open_labels else TOGETHER)):
            written = [reply for reply in chunk if (reply.task, reply.item) not in weighed]
            found = iter(_written(tasks[task], written) if written else [])
            for reply in chunk:
                name = (reply.task, reply.item)
                if name in weighed:
                    yield _weighed(reply, *weighed[name])
                else:
                    yield from next(found)


def _weighed(reply: Reply, item: Item, outcome: Outcome) -> Score:
    return Score(
        model=reply.model,
        fingerprint=reply.fingerprint,
        task=reply.task,
        item=reply.item,
        metric=item.task.metric,
        scorer=item.scorer,
        value=outcome.value,
        unscored_reason=outcome.reason,
        subset=reply.subset,
        weight=outcome.weight,
        cluster=reply.cluster,
        prompt=item.prompt,
        reply=outcome.reply,
        gold=reply.gold if reply.options else "",
    )


def _written(task: Task, replies: Sequence[Reply]) -> list[list[Score]]:
    """Return the scores of each reply; what was asked and answered stands in the first of them alone."""
    if task.family == "perplexity":  # of a backend that gives no likelihoods
        measured = [Measured(task.metric, None, reply.unanswered_reason) for reply in replies]
        return [
            list(score_records(reply, [("corrected", [one])])) for reply, one in zip(replies, measured, strict=True)
        ]
    scorers = [scorer for scorer in SCORERS if scorer == "corrected" or has_published(task)]
    found = [(scorer, score_replies(task, replies, scorer)) for scorer in scorers]
    return [
        list(score_records(reply, [(scorer, column[place]) for scorer, column in found]))
        for place, reply in enumerate(replies)
    ]
