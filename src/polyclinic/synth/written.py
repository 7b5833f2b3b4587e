"""Have a model behind an endpoint write the tasks: one round of questions, read back into texts by document.

Answers that cannot be used are asked for once more with the reason; what stays unusable goes to `rejected.jsonl`
beside the samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from polyclinic.llm import ChatRequest, Journal, Reply, Teacher
from polyclinic.records import Document
from polyclinic.synth.answers import FORMS, Answer, join_answers, read_answer
from polyclinic.synth.parts import split_into_parts
from polyclinic.synth.rounds import Account, Round
from polyclinic.synth.templates import Prompt


@dataclass(frozen=True, slots=True)
class Part:
    """One task of one part of a document."""

    document: Document
    order: int  # of the document in the round
    task: str
    number: int  # of the part, counted from 1
    parts: int
    source: str  # text that the answer must keep to


@dataclass(frozen=True, slots=True)
class Asking:
    """How tasks are asked for, and what their answers must keep to."""

    part_characters: int  # longer documents are cut into parts
    as_json: bool = False  # whether lists are answered as JSON
    check_language: bool = True  # whether an answer must be in the document's language

    def read(self, part: Part, reply: Reply) -> Answer:
        """Return an answer in the form samples have, or what is wrong with it."""
        language = part.document.language if self.check_language else ""
        return read_answer(part.task, reply, part.source, language, self.as_json)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one task of one document."""

    task: str
    text: str  # empty when there was nothing to say or nothing could be used
    parts: int  # into which the document was cut
    used: int  # parts whose answer could be used


def writing_round(
    documents: Callable[[], Iterable[Document]], prompts: dict[str, Prompt], asking: Asking
) -> Round[Part]:
    """Return the questions that have every task written for every document, long documents in parts."""

    def questions() -> Iterator[tuple[Part, ChatRequest]]:
        for order, document in enumerate(documents()):
            texts = split_into_parts(document.text, asking.part_characters)
            for task, prompt in prompts.items():
                for number, text in enumerate(texts, start=1):
                    part = Part(document, order, task, number, len(texts), f"{document.title}\n{text}")
                    yield part, _request(part, text, prompt, asking)

    return Round(
        "asking the teacher",
        questions,
        lambda part: {"document": part.document.id, "task": f"pit.{part.task}", "part": part.number},
        lambda part: part.task,
    )


def read_texts(
    asked: Round[Part], endpoint: Teacher, journal: Journal, out: Path, account: Account, asking: Asking
) -> Iterator[tuple[Document, Written]]:
    """Yield what was written for each document and task, in order."""
    found = asked.read(endpoint, journal, out, account)
    for _, of_document in groupby(found, key=lambda one: one[0].order):
        texts: dict[str, list[str]] = {}
        used = Counter[str]()
        for part, outcome in of_document:
            texts.setdefault(part.task, [])
            if outcome.accepted is not None:
                used[part.task] += 1
                text = asking.read(part, outcome.accepted).text
                if text:
                    texts[part.task].append(text)
        for task, pieces in texts.items():
            yield part.document, Written(task, join_answers(task, pieces), part.parts, used[task])


def count_requests(document: Document, tasks: int, part_characters: int) -> int:
    """Return how many requests a document needs."""
    return tasks * len(split_into_parts(document.text, part_characters))


def _request(part: Part, text: str, prompt: Prompt, asking: Asking) -> ChatRequest:
    def problem(reply: Reply) -> str:
        return asking.read(part, reply).problem

    as_json = asking.as_json and part.task in FORMS
    messages = prompt.messages(part.document, text, part.number, part.parts, as_json)
    form = FORMS[part.task] if as_json else None
    return ChatRequest(messages, template=prompt.version, answer=form, check=problem)
