"""Replies into scores. In: a task and replies to its items. Out: for each reply the task's metrics.

`score_replies` scores the replies to one task with one of two scorers: `corrected` is what we stand by,
`as_published` does what the official code does, faults included. `pooled` and `pool_of` turn scores into figures
that are not means of items. The kind `eval.score` does this for stored replies and for predictions of any kind.
"""

from polyclinic.evals.scoring.measured import SCORERS, Measured, Scorer, scorer_name
from polyclinic.evals.scoring.pooling import Pool, is_pooled, pool_of, pooled
from polyclinic.evals.scoring.score_records import score_records
from polyclinic.evals.scoring.score_task import Aids, has_published, rules_of, score_replies

__all__ = [
    "SCORERS",
    "Aids",
    "Measured",
    "Pool",
    "Scorer",
    "has_published",
    "is_pooled",
    "pool_of",
    "pooled",
    "rules_of",
    "score_records",
    "score_replies",
    "scorer_name",
]
