"""From what a backend answered to replies: texts, options that were preferred, letters that exams fall back to."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from polyclinic.evals.multiple_choice import ChoiceItem, option_scores
from polyclinic.evals.option_letters import is_exam, letters_of, marker, names_a_letter
from polyclinic.evals.outcome import NO_TEXT, NOT_A_NUMBER, TOO_LONG
from polyclinic.evals.prepared import ASKING, Prepared, window_of, writing_request
from polyclinic.evals.requests import Request
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.tokens import encode_continuations, encode_rendered
from polyclinic.evals.weighed_items import outcome_of
from polyclinic.evals.writing import Backend, WritingRequest
from polyclinic.records import Reply, Sample
from polyclinic.tasks import Task

FORCED = "forced_letter"  # key of Reply.metadata: the letter of an exam whose free reply names none
CHOSEN = "options_said_yes"  # key of Reply.metadata: letters of the options chosen one by one
LOG_LIKELIHOODS = "log_likelihoods"  # key of Reply.metadata: of the options, or of the letters, in order, in nats


@dataclasses.dataclass(frozen=True)
class Letters:
    """The letters that are weighed behind one prompt, or that an endpoint is asked to choose from."""

    letters: tuple[str, ...]
    requests: tuple[Request, ...] = ()
    again: WritingRequest | None = None  # where nothing can be weighed
    problem: str = ""

    def best(self, answers: Mapping[str, float]) -> tuple[str, list[float]]:
        """Return the likeliest letter, empty where a likelihood is NaN, and the likelihoods."""
        found = [answers[request.key] for request in self.requests]
        if any(math.isnan(value) for value in found):
            return "", found
        return self.letters[found.index(max(found))], found


def weigh_letters(
    backend: Backend, prompt: str, letters: tuple[str, ...], before: str, window: int | None
) -> Letters:
    """Return what is asked to find the likeliest letter behind a rendered prompt; `before` stands before a letter."""
    assert backend.tokenizer is not None
    special = not getattr(backend, "with_template", False)
    context = encode_rendered(backend.tokenizer, [prompt], special=special)[0]
    endings = encode_continuations(backend.tokenizer, [before + letter for letter in letters])
    requests = tuple(Request(context, endings[before + letter]) for letter in letters)
    if not context or not all(request.continuation for request in requests):
        return Letters(letters, problem=f"{NO_TEXT}: the prompt or a letter has no token")
    needed = len(context) + max(len(request.continuation) for request in requests)
    if window is not None and needed > window:
        return Letters(
            letters, problem=f"{TOO_LONG}: prompt and letter have {needed} tokens, the window has {window}"
        )
    return Letters(letters, requests)


def letter_questions(prepared: Prepared, settings: RunSettings, backend: Backend) -> dict[tuple[str, str], Letters]:
    """Return the items of which only the letters are weighed, by task and item."""
    if not prepared.counts["letters"]:
        return {}
    window = window_of(settings, backend)
    return {
        (reply.task, reply.item): weigh_letters(
            backend, reply.prompt, tuple(reply.metadata[ASKING]["letters"]), "", window
        )
        for reply in prepared.replies()
        if reply.metadata[ASKING]["way"] == "letters" and not reply.unanswered_reason
    }


def forced_questions(
    prepared: Prepared, tasks: Mapping[str, Task], settings: RunSettings, backend: Backend
) -> dict[tuple[str, str], Letters]:
    """Return what is asked again of exams whose free reply names no letter: letters to weigh, or a second request."""
    found: dict[tuple[str, str], Letters] = {}
    if not settings.forced_letter:
        return found
    for reply, task, request, said, letters in unread_exams(prepared, tasks, backend):
        if backend.tokenizer is not None:
            before = "" if marker(task) == "答案为" else " "
            text = f"{reply.prompt}{said}\n{marker(task)}"
            found[reply.task, reply.item] = weigh_letters(
                backend, text, letters, before, window_of(settings, backend)
            )
        else:
            again = f"{marker(task)} ({'/'.join(letters)}):"
            messages = (*request.messages, ("assistant", said or "(no answer)"), ("user", again))
            again_request = WritingRequest(messages, backend.render(messages), 8)
            found[reply.task, reply.item] = Letters(letters, again=again_request)
    return found


def unread_exams(
    prepared: Prepared, tasks: Mapping[str, Task], backend: Backend
) -> Iterator[tuple[Reply, Task, WritingRequest, str, tuple[str, ...]]]:
    """Yield the exams whose free reply names no letter: reply, task, what was asked, what was said, the letters."""
    for reply in prepared.replies():
        task = tasks[reply.task]
        if not is_exam(task) or reply.metadata[ASKING]["way"] != "written" or reply.unanswered_reason:
            continue
        request = writing_request(reply)
        written = backend.written(request)
        letters = letters_of(Sample(reply.item, reply.task, reply.gold, input=reply.input, options=reply.options))
        if not written.problem and not names_a_letter(written.text, task, letters):
            yield reply, task, request, written.text, letters


def final_replies(
    prepared: Prepared,
    backend: Backend,
    answers: Mapping[str, float],
    letters: Mapping[tuple[str, str], Letters],
    forced: Mapping[tuple[str, str], Letters],
    chosen: Mapping[tuple[str, str], str],
) -> Iterator[Reply]:
    """Yield the replies with all that was answered, in the order of the items."""
    for reply in prepared.replies():
        name = (reply.task, reply.item)
        metadata = dict(reply.metadata)
        asking = metadata.pop(ASKING)
        reply = dataclasses.replace(reply, metadata=metadata)
        if reply.unanswered_reason:
            yield reply
        elif asking["way"] == "written":
            request = WritingRequest(
                tuple((role, text) for role, text in asking["messages"]), reply.prompt, asking["longest"]
            )
            written = backend.written(request)
            if name in forced:
                metadata[FORCED] = _forced(forced[name], backend, answers)
            if name in chosen:
                metadata[CHOSEN] = chosen[name]
            yield dataclasses.replace(
                reply, text=written.text, finish_reason=written.finish_reason, unanswered_reason=written.problem
            )
        elif asking["way"] == "letters":
            yield _lettered(reply, letters[name], answers)
        else:
            yield _weighed(reply, prepared, name, answers)


def _forced(question: Letters, backend: Backend, answers: Mapping[str, float]) -> str:
    """Return the letter that was chosen; empty when none was, for then the free reply stands alone."""
    if question.again is not None:
        said = re.search(
            rf"(?<![A-Za-z])[{''.join(question.letters)}](?![A-Za-z])", backend.written(question.again).text
        )
        return said.group() if said else ""
    return "" if question.problem else question.best(answers)[0]


def _lettered(reply: Reply, question: Letters, answers: Mapping[str, float]) -> Reply:
    if question.problem:
        return dataclasses.replace(reply, unanswered_reason=question.problem)
    best, values = question.best(answers)
    if not best:
        return dataclasses.replace(reply, unanswered_reason=f"{NOT_A_NUMBER}: a letter has no log-likelihood")
    return dataclasses.replace(reply, text=best, metadata={**reply.metadata, LOG_LIKELIHOODS: values})


def _weighed(reply: Reply, prepared: Prepared, name: tuple[str, str], answers: Mapping[str, float]) -> Reply:
    item = prepared.weighed[name]
    outcome = outcome_of(item, answers)
    metadata: dict[str, Any] = dict(reply.metadata)
    if outcome.value is not None:
        if isinstance(item, ChoiceItem):
            metadata[LOG_LIKELIHOODS] = option_scores(item, answers)
        else:
            metadata.update(nats_per_token=outcome.value, tokens=item.tokens)
    return dataclasses.replace(
        reply,
        text=outcome.reply,
        prompt=item.prompt,
        cuts=prepared.cuts.get(name, ()),
        unanswered_reason=outcome.reason,
        metadata=metadata,
    )
