"""Where identifiers stand in a text, and their types: the 18 of the HIPAA Safe Harbor rule, some of them divided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

# 45 CFR 164.514(b)(2)(i), A to R. The same names stand in labelled notes (docs/corpus.md).
TYPES = (
    *(
        "name",
        "address",
        "city",
        "zip",
        "date",
        "age",
        "phone",
        "fax",
        "email",
        "ssn",
        "mrn",
        "health_plan",
        "account",
    ),
    *("license", "vehicle", "device", "url", "ip", "biometric", "photo", "other_id", "institution"),
)
# Of two identifiers that overlap and are equally long, the type that stands first here is kept.
_RANK = {kind: place for place, kind in enumerate(("email", "url", "photo", "ip", "ssn", "date", "phone", *TYPES))}


class Span(NamedTuple):
    """An identifier in a text: from character `start` up to `end`, which is not part of it."""

    start: int
    end: int
    type: str  # one of TYPES


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order; where some overlap, what all of them cover as one span of the longest one's type."""
    kept: list[Span] = []
    longest: list[int] = []
    for span in sorted(spans):
        if kept and span.start < kept[-1].end:
            last, size = kept[-1], span.end - span.start
            better = (-size, _RANK[span.type]) < (-longest[-1], _RANK[last.type])
            kept[-1] = Span(last.start, max(last.end, span.end), span.type if better else last.type)
            longest[-1] = max(longest[-1], size)
        else:
            kept.append(span)
            longest.append(span.end - span.start)
    return kept
