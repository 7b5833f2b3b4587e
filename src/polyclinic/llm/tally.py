"""What happened while asking: the counts, and the live line made from them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from polyclinic.llm.requests import Failure, Outcome, Reply
from polyclinic.progress import Progress

SHOWN_EVERY = 0.2  # seconds between two looks at the live line
MOST_REASONS = 3  # that the live line shows


@dataclass
class Tally:
    """What happened while asking."""

    accepted: int = 0
    rejected: int = 0  # answers that were not usable
    failed: int = 0  # requests without an answer
    asked: int = 0  # answers that came in this run; the others were on file
    counts: dict[str, int] = field(default_factory=dict)  # rate_limited, server_error, timeout, cut_off, ...
    reasons: dict[str, int] = field(default_factory=dict)  # why answers were rejected, by kind
    failures: dict[str, int] = field(default_factory=dict)  # why requests have no answer, by kind
    prompt_tokens: int = 0  # of the answers of this run
    completion_tokens: int = 0
    price: float = 0.0

    def settled(self, outcome: Outcome) -> None:
        """Count a request whose matter is settled."""
        if outcome.accepted is not None:
            self.accepted += 1
        for _, reason in outcome.rejected:
            self.rejected += 1
            _count(self.reasons, reason)
        if outcome.failure is not None:
            self.failed += 1
            _count(self.failures, outcome.failure.reason)

    def came(self, result: Reply | Failure) -> None:
        """Count what one question brought in this run."""
        self.asked += 1
        if isinstance(result, Reply):
            self.prompt_tokens += result.prompt_tokens
            self.completion_tokens += result.completion_tokens
            self.price += result.price

    def note(self) -> str:
        """Return the tally as it stands behind a progress bar."""
        parts = [f"{self.asked} asked", f"{self.accepted} accepted"]
        for number, name, kinds in (
            (self.rejected, "rejected", self.reasons),
            (self.failed, "failed", self.failures),
        ):
            if number:
                most = sorted(kinds.items(), key=lambda found: -found[1])
                shown = ", ".join(f"{kind} {n}" for kind, n in most[:MOST_REASONS])
                parts.append(f"{number} {name} ({shown})")
        parts += [f"{n} times {name.replace('_', ' ')}" for name, n in sorted(self.counts.items())]
        tokens = self.prompt_tokens + self.completion_tokens
        parts += [f"{tokens:,} tokens"] if tokens else []
        parts += [f"{self.price:.2f} spent"] if self.price else []
        return ", ".join(parts)


def _count(kinds: dict[str, int], reason: str) -> None:
    kind = reason.partition(":")[0]
    kinds[kind] = kinds.get(kind, 0) + 1


class LiveLine:
    """Moves a progress bar, a few times a second at most: drawing would cost more than asking."""

    def __init__(self, progress: Progress | None, tally: Tally) -> None:
        """Take the bar to move, or None for none, and the tally it shows."""
        self.progress, self.tally = progress, tally
        self._steps, self._shown = 0, 0.0

    def advance(self) -> None:
        """Take note of one more settled request."""
        self._steps += 1
        if time.monotonic() - self._shown >= SHOWN_EVERY:
            self.show()

    def show(self) -> None:
        """Show what has been noted."""
        if self.progress is not None and self._steps:
            self.progress.advance(self._steps, self.tally.note())
        self._steps, self._shown = 0, time.monotonic()
