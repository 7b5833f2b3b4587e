"""`tasks.requests`: questions with answers as requests with replies, so that they can be learnt in conversation.

Pre-instruction tuning writes `Question: ...` and `Answer: ...` as one text, which has no turns. Here the question
becomes the user's turn and the answer the reply. No model writes anything.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Sample, read_records, write_records
from polyclinic.step_settings import Samples, Settings
from polyclinic.steps import Work, step_kind
from polyclinic.tasks.document_parts import first_sentences

PAIR = re.compile(r"\AQuestion:\s*(?P<question>.+?)\s*\n\s*Answer:\s*(?P<answer>.+)\Z", re.DOTALL)


class RequestsSettings(Settings):
    """Which samples, and how they are asked."""

    samples: list[Samples] = Field(
        min_length=1, description="samples `Question: ...` and `Answer: ...` in one text, as synth.pit writes them"
    )
    instruction: str = Field("Answer the question.", description="the system turn; empty = none")
    words: int = Field(
        200, ge=1, description="longest answer, in words: as many whole sentences from its beginning as that allows"
    )
    limit: int = Field(0, ge=0, description="samples at most, drawn by a hash; 0 = all")
    one_of_a_document: bool = Field(False, description="at most one question about each document")


@step_kind("tasks.requests", RequestsSettings, output="samples", version=2)
def requests(settings: RequestsSettings, work: Work) -> None:
    """Make requests with replies of questions with answers; other samples, and answers too long, are left out.

    So are answers of which nothing but a question is left, as pages have that repeat their heading.
    Of questions in the same words, and of answers in the same words, the first is kept. Raises UserError when nothing
    is left.
    """
    left_out = Counter[str]()
    found = [sample for path in settings.samples for sample in _read(settings, path, left_out)]
    found.sort(key=lambda s: blake2b(f"{work.seed}\0{s.id}".encode()).digest())
    kept: list[Sample] = []
    questions, answers, documents = set[str](), set[str](), set[str]()
    for sample in found:
        question, answer = _plain(sample.input), _plain(sample.output)
        if question in questions or answer in answers:
            left_out["the same words as another"] += 1
        elif settings.one_of_a_document and sample.document in documents:
            left_out["of a document that has one"] += 1
        else:
            kept.append(sample)
            questions.add(question)
            answers.add(answer)
            documents.add(sample.document)
    if not kept:
        raise UserError(
            f"tasks.requests.samples: no question with an answer of at most {settings.words} words in "
            f"{', '.join(map(str, settings.samples))}; expected samples `Question: ...` and `Answer: ...`, as "
            "synth.pit writes them with the task question_answer"
        )
    chosen = kept[: settings.limit] if settings.limit else kept
    work.facts.update(samples=len(chosen), candidates=len(kept), left_out=dict(sorted(left_out.items())))
    write_records(work.out, chosen, Sample)


def _read(settings: RequestsSettings, path: Samples, left_out: Counter[str]) -> Iterator[Sample]:
    for sample in read_records(path, Sample):
        pair = PAIR.match(sample.output.strip())
        if pair is None or sample.input or sample.instruction:
            left_out["no question with an answer"] += 1
            continue
        answer = first_sentences(" ".join(pair["answer"].split()), settings.words)
        if not answer or answer.endswith("?"):
            left_out["too long" if not answer else "the answer only asks again"] += 1
            continue
        yield dataclasses.replace(
            sample,
            task="request.question_answer",
            instruction=settings.instruction,
            input=" ".join(pair["question"].split()),
            output=answer,
        )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
