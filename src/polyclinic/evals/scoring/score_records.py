"""What was measured on a reply, as records that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polyclinic.evals.scoring.measured import Measured, Scorer, scorer_name
from polyclinic.records import Reply, Score


def score_records(reply: Reply, measured: Sequence[tuple[Scorer, Sequence[Measured]]]) -> Iterator[Score]:
    """Yield the scores of one reply; what was asked and answered stands in the first of them alone.

    Args:
        reply: what was scored.
        measured: by scorer, what `score_replies` gave for it.
    """
    prompt, text, gold = reply.prompt, reply.text, reply.gold
    for scorer, found in measured:
        name = scorer_name(scorer)
        for one in found:
            yield Score(
                model=reply.model,
                fingerprint=reply.fingerprint,
                task=reply.task,
                item=reply.item,
                metric=one.metric,
                scorer=name,
                value=one.value,
                unscored_reason=one.reason,
                subset=reply.subset,
                weight=one.weight,
                cluster=reply.cluster,
                prompt=prompt,
                reply=text,
                gold=gold,
                parts=one.parts if isinstance(one.parts, dict) else dict(one.parts),
            )
            prompt = text = gold = ""
