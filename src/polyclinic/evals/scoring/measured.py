"""What a scorer says of one reply, and the names and versions of the two scorers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Scorer = Literal["corrected", "as_published"]
SCORERS: tuple[Scorer, ...] = ("corrected", "as_published")
VERSIONS: Mapping[str, int] = {"corrected": 2, "as_published": 2}  # raised when a scorer's figures change


NO_PARTS: Mapping[str, Any] = MappingProxyType({})


class Measured(NamedTuple):
    """One metric of one reply.

    `value` is a share, 0 to 1, save for judgements, which keep the scale of their rubric; more is better unless
    docs/evals.md says otherwise. It is None, with a reason, when the reply could not be scored. `parts` is what a
    figure over many items is made of where that is not the mean of the values (see pooling.py).
    """

    metric: str
    value: float | None
    reason: str = ""
    weight: float = 1.0
    parts: Mapping[str, Any] = NO_PARTS


def scorer_name(scorer: Scorer) -> str:
    """Return name and version of a scorer, as `Score.scorer` carries them: `corrected-2`."""
    return f"{scorer}-{VERSIONS[scorer]}"
