"""One round of questions to a teacher: everything is asked in any order, then read in the order of the questions.

Equal answers give equal files, however the answers came in. Answers that could not be used go to `rejected.jsonl`
beside what is made, each with the reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from polyclinic.errors import UserError
from polyclinic.llm import (
    ChatRequest,
    Endpoint,
    Estimate,
    Journal,
    Outcome,
    Teacher,
    ask_all,
    ask_batches,
    estimate,
    guard_request,
    settle,
)
from polyclinic.steps import Work
from polyclinic.synth.teacher import TeacherSettings, budget_of, guard_of

REJECTED = "rejected.jsonl"
LOOKED_AT = 256  # requests by which a round is estimated
About = TypeVar("About")


def _no_label(about: Any) -> str:
    return ""


@dataclass
class Account:
    """What the answers came to."""

    requests: int = 0
    rejected: Counter[str] = field(default_factory=Counter)  # answers that could not be used, by reason
    failed: Counter[str] = field(default_factory=Counter)  # requests without an answer, by reason
    prompt_tokens: int = 0
    completion_tokens: int = 0
    price: float = 0.0  # in the money the endpoint's prices are in

    def take(self, outcome: Outcome, label: str = "") -> None:
        """Count one settled request and all its answers; a label stands before the reasons."""
        self.requests += 1
        before = f"{label}: " if label else ""
        replies = [reply for reply, _ in outcome.rejected]
        for reply in [*replies, *([outcome.accepted] if outcome.accepted else [])]:
            self.prompt_tokens += reply.prompt_tokens
            self.completion_tokens += reply.completion_tokens
            self.price += reply.price
        for _, reason in outcome.rejected:
            self.rejected[before + reason.partition(":")[0]] += 1
        if outcome.failure is not None:
            self.failed[before + outcome.failure.reason] += 1

    def facts(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {
            "requests": self.requests,
            "rejected": dict(sorted(self.rejected.items())),
            "failed": dict(sorted(self.failed.items())),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            **({"price": round(self.price, 6)} if self.price else {}),
        }


@dataclass(frozen=True)
class Round(Generic[About]):
    """Questions that can be drawn up again and again, the same each time.

    Args:
        title: what is done, for the progress line.
        questions: yields (what the question is about, the request).
        place: what `rejected.jsonl` says of where a question stands.
        label: what reasons are counted apart by.
        side_file: where answers that could not be used go, within the folder of what is made.
    """

    title: str
    questions: Callable[[], Iterator[tuple[About, ChatRequest]]]
    place: Callable[[About], dict[str, Any]]
    label: Callable[[About], str] = _no_label
    side_file: str = REJECTED

    def ask(self, endpoint: Teacher, journal: Journal, work: Work, count: float, settings: TeacherSettings) -> None:
        """Ask every question, `count` of them, within the budget; all answers go into the journal."""
        from polyclinic.deidentify import ledger_of

        expected = expected_cost((request for _, request in self.questions()), endpoint, journal, count)
        title = self.title
        if expected is not None:
            work.facts.setdefault("expected", {})[self.title] = expected.text()
            tokens = expected.prompt_tokens + expected.completion_tokens
            title += f" (about {tokens:,} tokens{f', {expected.price:.2f} to pay' if expected.price else ''})"
        with work.progress(title, count) as progress:
            guard, ledger = guard_of(endpoint, settings.allow_remote), ledger_of(work.out)
            if settings.batches:
                assert isinstance(endpoint, Endpoint)  # see check_address
                tally = ask_batches(
                    lambda: (request for _, request in self.questions()),
                    endpoint,
                    journal,
                    poll=settings.batch_poll,
                    progress=progress,
                    allow_remote=settings.allow_remote,
                    guard=guard,
                    ledger=ledger,
                    budget=budget_of(settings),
                )
            else:
                tally = ask_all(
                    (request for _, request in self.questions()),
                    endpoint,
                    journal,
                    progress=progress,
                    allow_remote=settings.allow_remote,
                    guard=guard,
                    ledger=ledger,
                    budget=budget_of(settings),
                )
        work.facts["asked_in_this_run"] = work.facts.get("asked_in_this_run", 0) + tally.asked
        for name, number in sorted(tally.counts.items()):
            work.facts[f"times_{name}"] = work.facts.get(f"times_{name}", 0) + number

    def read(
        self, endpoint: Teacher, journal: Journal, out: Path, account: Account
    ) -> Iterator[tuple[About, Outcome]]:
        """Yield every question with what came of it; what cannot be used goes to the side file in `out`."""
        guard = guard_of(endpoint, True)  # what was asked may be read: the address was looked at when it was asked
        with (out / self.side_file).open("w", encoding="utf-8") as side:
            for about, request in self.questions():
                outcome = settle(guard_request(request, guard) if guard else request, endpoint, journal)
                account.take(outcome, self.label(about))
                for reply, reason in outcome.rejected:
                    row = {**self.place(about), "outcome": "rejected", "reason": reason, "answer": reply.text}
                    side.write(json.dumps(row, ensure_ascii=False) + "\n")
                if outcome.failure is not None:
                    row = {**self.place(about), "outcome": "failed", "reason": outcome.failure.reason, "answer": ""}
                    side.write(json.dumps(row, ensure_ascii=False) + "\n")
                yield about, outcome


def expected_cost(
    requests: Iterable[ChatRequest], endpoint: Teacher, journal: Journal, count: float
) -> Estimate | None:
    """Return what asking will come to, judged by the first requests; None when those are on file already.

    Args:
        requests: what will be asked, in order.
        endpoint: who will be asked.
        journal: what is on file.
        count: number of requests.
    """
    found = estimate(islice(requests, LOOKED_AT), endpoint, journal)
    if found.on_file == found.requests:
        return None
    scale = count / found.requests
    return replace(
        found,
        requests=round(count),
        on_file=0,
        prompt_tokens=round(found.prompt_tokens * scale),
        completion_tokens=round(found.completion_tokens * scale),
        most_completion_tokens=round(found.most_completion_tokens * scale),
        price=found.price * scale,
        most_price=found.most_price * scale,
        seconds=found.seconds * scale,
    )


def nothing_usable(kind: str, account: Account, journal: Path) -> UserError:
    """Return the error for a run of which no answer could be used."""
    reasons = [f"{n} times {reason}" for reason, n in (account.rejected + account.failed).most_common(5)]
    said = "; ".join(reasons) or "the teacher found nothing to say"
    return UserError(
        f"{kind}: none of the answers to {account.requests} requests could be used: {said}. Try another "
        f"teacher_model or a larger max_tokens; the raw answers are in {journal}, remove it to ask the same "
        "questions again"
    )


def drop_empty_side_file(out: Path, name: str = REJECTED) -> None:
    """Remove the side file when nothing was rejected."""
    side = out / name
    if side.exists() and not side.stat().st_size:
        side.unlink()
