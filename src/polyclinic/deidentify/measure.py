"""How well identifiers are found: recall and precision by type, with n and Wilson intervals.

An identifier is *found* when every letter and digit of it lies in spans that were found, whatever their type: what
is left of a name that is half covered still names someone. A span is *right* when at least half of its letters and
digits are labelled as something. Recall is by the label's type, precision by the type that was found.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from polyclinic.deidentify.spans import TYPES, Span

Z = 1.959963984540054  # 97.5% point of the normal distribution


class Labelled(Protocol):
    """A span that somebody labelled."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """Character after the last."""

    @property
    def type(self) -> str:
        """One of TYPES."""


@dataclass
class Counts:
    """What came of labelled notes, by type."""

    labelled: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)  # of the labelled: wholly covered
    partly: Counter[str] = field(default_factory=Counter)  # of the labelled: covered in part
    same_type: Counter[str] = field(default_factory=Counter)  # of those found: the longest span has the label's type
    spans: Counter[str] = field(default_factory=Counter)  # that were found
    right: Counter[str] = field(default_factory=Counter)  # of these: labelled as something
    notes: int = 0
    missed: list[tuple[str, str, str]] = field(default_factory=list)  # (type, text, around), local examples
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    examples: int = 0  # of each that are kept

    def add(self, text: str, labels: Sequence[Labelled], spans: Sequence[Span]) -> None:
        """Count one note."""
        self.notes += 1
        covered = _marks(len(text), spans)
        true = _marks(len(text), labels)
        for label in labels:
            self.labelled[label.type] += 1
            letters = [i for i in range(label.start, label.end) if text[i].isalnum()]
            hit = sum(covered[i] for i in letters)
            if hit == len(letters):
                self.found[label.type] += 1
                over = max(spans, key=lambda s: min(s.end, label.end) - max(s.start, label.start), default=None)
                self.same_type[label.type] += over is not None and over.type == label.type
            else:
                self.partly[label.type] += hit > 0
                if len(self.missed) < self.examples:
                    self.missed.append((label.type, text[label.start : label.end], around(text, label)))
        for span in spans:
            self.spans[span.type] += 1
            letters = [i for i in range(span.start, span.end) if text[i].isalnum()]
            if 2 * sum(true[i] for i in letters) >= len(letters):
                self.right[span.type] += 1
            elif len(self.wrong) < self.examples:
                self.wrong.append((span.type, text[span.start : span.end], around(text, span)))

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each type that occurs, and one for all of them."""
        kinds = [kind for kind in TYPES if self.labelled[kind] or self.spans[kind]]
        return [self._row(kind, [kind]) for kind in kinds] + [self._row("all", kinds)]

    def _row(self, name: str, kinds: Iterable[str]) -> dict[str, Any]:
        chosen = list(kinds)

        def total(counts: Counter[str]) -> int:
            return sum(counts[kind] for kind in chosen)

        n, hit, spans, right = total(self.labelled), total(self.found), total(self.spans), total(self.right)
        low, high = wilson(hit, n)
        least, most = wilson(right, spans)
        return {
            "type": name,
            "n": n,
            "recall": hit / n if n else None,
            "recall_low": low,
            "recall_high": high,
            "partly": total(self.partly),
            "same_type": total(self.same_type) / hit if hit else None,
            "spans": spans,
            "precision": right / spans if spans else None,
            "precision_low": least,
            "precision_high": most,
        }


def wilson(successes: int, n: int) -> tuple[float | None, float | None]:
    """Return the 95% interval of a share (Wilson 1927); None for no trials."""
    if n == 0:
        return None, None
    share = successes / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def around(text: str, span: Labelled, width: int = 36) -> str:
    """Return a span with some text on both sides, in one line."""
    before, after = text[max(0, span.start - width) : span.start], text[span.end : span.end + width]
    shown = f"{before}⟦{text[span.start : span.end]}⟧{after}"
    return shown.replace("\n", "⏎")


def _marks(length: int, spans: Iterable[Labelled]) -> bytearray:
    marks = bytearray(length)
    for span in spans:
        marks[span.start : span.end] = b"\x01" * (span.end - span.start)
    return marks
