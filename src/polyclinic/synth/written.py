"""Have a model behind an endpoint write the tasks: ask everything, then read the journal into samples.

Asking fills the journal in any order; reading goes through the documents again in theirs, so equal answers give equal
files. Answers that cannot be used are asked for once more with the reason; what stays unusable goes to
`rejected.jsonl` beside the samples.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.llm import ChatRequest, Endpoint, Journal, Outcome, Reply, ask_all, settle
from polyclinic.records import Document
from polyclinic.steps import Work
from polyclinic.synth.answers import join_answers, read_answer
from polyclinic.synth.parts import split_into_parts
from polyclinic.synth.templates import Prompt

REJECTED = "rejected.jsonl"


@dataclass(frozen=True)
class Teacher:
    """A model and the prompts it is given."""

    endpoint: Endpoint
    prompts: dict[str, Prompt]  # by task, in the order tasks are written
    part_characters: int  # longest part of a document that is sent at once
    allow_remote: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one task of one document."""

    task: str
    text: str  # empty when there was nothing to say or nothing could be used
    parts: int  # into which the document was cut
    used: int  # parts whose answer could be used


@dataclass
class Account:
    """What the answers came to."""

    requests: int = 0
    rejected: Counter[str] = field(default_factory=Counter)  # answers that could not be used, by task and reason
    failed: Counter[str] = field(default_factory=Counter)  # requests without an answer, by task and reason
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def take(self, outcome: Outcome) -> None:
        """Count one settled request and all its answers."""
        self.requests += 1
        replies = [reply for reply, _ in outcome.rejected]
        for reply in [*replies, *([outcome.accepted] if outcome.accepted else [])]:
            self.prompt_tokens += reply.prompt_tokens
            self.completion_tokens += reply.completion_tokens


def ask_teacher(teacher: Teacher, documents: Iterator[Document], count: int, journal: Journal, work: Work) -> None:
    """Ask for every task of every document; `count` is the number of requests. Everything goes into the journal."""
    with work.progress("asking the teacher", count) as progress:
        tally = ask_all(
            (request for document in documents for _, request in _requests(teacher, document)),
            teacher.endpoint,
            journal,
            progress=progress,
            allow_remote=teacher.allow_remote,
        )
    work.facts["asked_in_this_run"] = tally.asked
    work.facts.update({f"times_{name}": number for name, number in sorted(tally.counts.items())})


def read_journal(
    teacher: Teacher, documents: Iterator[Document], journal: Journal, out: Path, account: Account
) -> Iterator[tuple[Document, Written]]:
    """Yield what was written for each document and task, in order; what cannot be used goes to `rejected.jsonl`."""
    with (out / REJECTED).open("w", encoding="utf-8") as side:
        for document in documents:
            texts: dict[str, list[str]] = {task: [] for task in teacher.prompts}
            used = Counter[str]()
            parts = 0
            for task, part, source, request in _numbered(teacher, document):
                parts = max(parts, part)
                outcome = settle(request, teacher.endpoint, journal)
                account.take(outcome)
                for row in _rejections(document, task, part, outcome, account):
                    side.write(json.dumps(row, ensure_ascii=False) + "\n")
                if outcome.accepted is not None:
                    used[task] += 1
                    text = read_answer(task, outcome.accepted, source).text
                    if text:
                        texts[task].append(text)
            for task, found in texts.items():
                yield document, Written(task, join_answers(task, found), parts, used[task])


def count_requests(document: Document, tasks: int, part_characters: int) -> int:
    """Return how many requests a document needs."""
    return tasks * len(split_into_parts(document.text, part_characters))


def nothing_usable(account: Account, journal: Path) -> UserError:
    """Return the error for a run of which no answer could be used."""
    reasons = [f"{n} times {reason}" for reason, n in (account.rejected + account.failed).most_common(5)]
    said = "; ".join(reasons) or "the teacher found nothing to say about any document"
    return UserError(
        f"synth.pit: none of the answers to {account.requests} requests could be used: {said}. Try another "
        f"teacher_model or a larger max_tokens; the raw answers are in {journal}, remove it to ask the same "
        "questions again"
    )


def _requests(teacher: Teacher, document: Document) -> Iterator[tuple[str, ChatRequest]]:
    for task, _, _, request in _numbered(teacher, document):
        yield task, request


def _numbered(teacher: Teacher, document: Document) -> Iterator[tuple[str, int, str, ChatRequest]]:
    """Yield (task, part counted from 1, text the answer must keep to, request) for a document."""
    parts = split_into_parts(document.text, teacher.part_characters)
    for task, prompt in teacher.prompts.items():
        for number, text in enumerate(parts, start=1):
            source = f"{document.title}\n{text}"

            def problem(reply: Reply, task: str = task, source: str = source) -> str:
                return read_answer(task, reply, source).problem

            messages = prompt.messages(document, text, number, len(parts))
            yield task, number, source, ChatRequest(messages, template=prompt.version, check=problem)


def _rejections(
    document: Document, task: str, part: int, outcome: Outcome, account: Account
) -> Iterator[dict[str, Any]]:
    place = {"document": document.id, "task": f"pit.{task}", "part": part}
    for reply, reason in outcome.rejected:
        account.rejected[f"{task}: {reason.partition(':')[0]}"] += 1
        yield {**place, "outcome": "rejected", "reason": reason, "answer": reply.text}
    if outcome.failure is not None:
        account.failed[f"{task}: {outcome.failure.reason}"] += 1
        yield {**place, "outcome": "failed", "reason": outcome.failure.reason, "answer": ""}
