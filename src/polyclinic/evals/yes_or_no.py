"""Exams with several right options: where the free reply names none, each option is asked for by itself, yes or no.

One forced letter can never be the answer to such a question (spec: MedCare, faults of the published code). An option
is chosen when `yes` is likelier than `no` behind its question, or when an endpoint says so.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from polyclinic.evals.answered import Letters, unread_exams, weigh_letters
from polyclinic.evals.prepared import Prepared, window_of
from polyclinic.evals.requests import Request
from polyclinic.evals.run_settings import RunSettings
from polyclinic.evals.writing import Backend, WritingRequest
from polyclinic.tasks import Task

_YES = re.compile(r"^\W*(?:yes\b|true\b|right\b|correct\b|是|对|正确)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class OptionQuestions:
    """What is asked about the options of one item."""

    letters: tuple[str, ...]
    asked: tuple[Letters, ...]  # one for each, whose `letters` are yes and no

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is to be weighed."""
        return tuple(request for one in self.asked for request in one.requests)

    @property
    def written(self) -> tuple[WritingRequest, ...]:
        """What is to be written."""
        return tuple(one.again for one in self.asked if one.again is not None)


def option_questions(
    prepared: Prepared, tasks: Mapping[str, Task], settings: RunSettings, backend: Backend
) -> dict[tuple[str, str], OptionQuestions]:
    """Return what is asked of exams with several right options whose free reply names none, by task and item."""
    found: dict[tuple[str, str], OptionQuestions] = {}
    if not settings.forced_letter:
        return found
    for reply, task, request, text, letters in unread_exams(prepared, tasks, backend):
        if not task.several_right:
            continue
        chinese = task.language.startswith("zh")
        asked = []
        for letter in letters:
            question = (
                f"选项{letter}正确吗？回答是或否：" if chinese else f"Is option {letter} right? Answer yes or no:"
            )
            if backend.tokenizer is not None:
                words, before = (("是", "否"), "") if chinese else (("yes", "no"), " ")
                context = f"{reply.prompt}{text}\n{question}"
                asked.append(weigh_letters(backend, context, words, before, window_of(settings, backend)))
            else:
                messages = (*request.messages, ("assistant", text or "(no answer)"), ("user", question))
                asked.append(Letters(("yes", "no"), again=WritingRequest(messages, backend.render(messages), 8)))
        found[reply.task, reply.item] = OptionQuestions(letters, tuple(asked))
    return found


def chosen_letters(
    questions: Mapping[tuple[str, str], OptionQuestions], backend: Backend, answers: Mapping[str, float]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield for each item the letters of the options that were chosen; items of which one got no answer are left out.

    Args:
        questions: what was asked.
        backend: that wrote, where something was written.
        answers: log-likelihoods of what was weighed.
    """
    for name, question in questions.items():
        said = [_said_yes(one, backend, answers) for one in question.asked]
        if None not in said:
            yield name, "".join(letter for letter, yes in zip(question.letters, said, strict=True) if yes)


def _said_yes(question: Letters, backend: Backend, answers: Mapping[str, float]) -> bool | None:
    if question.again is not None:
        written = backend.written(question.again)
        return None if written.problem else _YES.match(written.text) is not None
    best = "" if question.problem else question.best(answers)[0]
    return best == question.letters[0] if best else None
