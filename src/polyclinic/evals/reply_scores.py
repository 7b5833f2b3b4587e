"""Replies into the scores of a run: likelihoods keep their own scorer, everything else goes through both scorers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from polyclinic.evals.outcome import Outcome
from polyclinic.evals.scoring import SCORERS, Measured, Scorer, scorer_name
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
        while chunk := list(itertools.islice(group, TOGETHER)):
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
    from polyclinic.evals.scoring import has_published, score_replies

    scorers = [scorer for scorer in SCORERS if scorer != "as_published" or has_published(task)]
    by_scorer = [(scorer, score_replies(task, replies, scorer)) for scorer in scorers]
    return [
        list(_of_one(task, reply, [(scorer, found[place]) for scorer, found in by_scorer]))
        for place, reply in enumerate(replies)
    ]


def _of_one(task: Task, reply: Reply, measured: Sequence[tuple[Scorer, Sequence[Measured]]]) -> Iterator[Score]:
    first = True
    for scorer, found in measured:
        for one in found or [
            Measured(task.metric, None, reply.unanswered_reason or "no metric of this task applies")
        ]:
            yield Score(
                model=reply.model,
                fingerprint=reply.fingerprint,
                task=reply.task,
                item=reply.item,
                metric=one.metric,
                scorer=scorer_name(scorer),
                value=one.value,
                unscored_reason=one.reason,
                subset=reply.subset,
                weight=one.weight,
                cluster=reply.cluster,
                prompt=reply.prompt if first else "",
                reply=reply.text if first else "",
                gold=reply.gold if first else "",
                parts=dict(one.parts),
            )
            first = False
