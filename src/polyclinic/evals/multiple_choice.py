"""Multiple choice by log-likelihood: the option that the model finds most likely behind the prompt is its answer.

The score s(o) of an option o with tokens o_1 ... o_T after the prompt x:

    sum                 log p(o | x) = sum over t of log p(o_t | x, o_1 ... o_(t-1))
    per_token           log p(o | x) / T
    per_byte            log p(o | x) / UTF-8 bytes of the option, without what stands between prompt and option
    mutual_information  log p(o | x) - log p(o | neutral prompt)     (Holtzman et al. 2021, domain-conditional PMI)

Of options with the same score the first one is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyclinic.errors import UserError
from polyclinic.evals.outcome import NO_TEXT, NOT_A_NUMBER, TOO_LONG, Outcome
from polyclinic.evals.requests import Request, longest
from polyclinic.evals.tokens import encode_continuations, encode_prompts
from polyclinic.records import Sample
from polyclinic.tasks import Task, neutral_text, prompt_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VERSION = 1  # of this scorer


@dataclass(frozen=True)
class ChoiceItem:
    """One question with what is asked of the model for it."""

    sample: Sample
    task: Task
    prompt: str
    after_prompt: tuple[Request, ...]  # by option
    after_neutral: tuple[Request, ...]  # by option; empty unless scored by mutual information
    problem: str = ""  # why it cannot be asked

    @property
    def requests(self) -> tuple[Request, ...]:
        """All that is asked; nothing when the item cannot be asked."""
        return () if self.problem else self.after_prompt + self.after_neutral

    @property
    def scorer(self) -> str:
        """Name and version of the scorer."""
        return f"option-likelihood-{self.task.scoring}-{VERSION}"


def choice_items(
    tokenizer: PreTrainedTokenizerBase,
    asked: Sequence[tuple[Task, Sample]],
    window: int | None,
    use_chat_template: bool,
    prefaces: Sequence[str] | None = None,
) -> list[ChoiceItem]:
    """Turn questions into requests.

    Args:
        tokenizer: the model's.
        asked: tasks of the family multiple_choice, each with one of its items.
        window: most tokens the model sees at once; None when it has no such bound.
        use_chat_template: whether the prompt is put as the user's turn of a conversation.
        prefaces: what stands before each prompt and each neutral prompt: worked examples; None for nothing.

    Raises UserError for an item with fewer than two options, an empty option, or a right answer that is no option.
    """
    prompts, neutrals = [], []
    for (task, sample), preface in zip(asked, prefaces or [""] * len(asked), strict=True):
        check_choice(sample)
        prompts.append(preface + prompt_text(task, sample))
        neutrals.append(preface + neutral_text(task, sample) if task.scoring == "mutual_information" else None)
    contexts = encode_prompts(
        tokenizer, [*prompts, *(text for text in neutrals if text is not None)], use_chat_template
    )
    endings = encode_continuations(
        tokenizer, [text for task, sample in asked for text in _continuations(task, sample, use_chat_template)]
    )
    items = []
    for (task, sample), prompt, neutral in zip(asked, prompts, neutrals, strict=True):
        options = [endings[text] for text in _continuations(task, sample, use_chat_template)]
        after_prompt = tuple(Request(contexts[prompt], option) for option in options)
        after_neutral = () if neutral is None else tuple(Request(contexts[neutral], option) for option in options)
        problem = _problem(after_prompt + after_neutral, window)
        items.append(ChoiceItem(sample, task, prompt, after_prompt, after_neutral, problem))
    return items


def choice_outcome(item: ChoiceItem, answers: Mapping[str, float]) -> Outcome:
    """Return 1 when the most likely option is the right one, 0 when not, None when that cannot be said.

    Args:
        item: the question.
        answers: log-likelihoods in nats by the keys of the requests.
    """
    if item.problem:
        return Outcome(None, item.problem)
    scores = option_scores(item, answers)
    for number, score in enumerate(scores, start=1):
        if math.isnan(score):
            return Outcome(None, f"{NOT_A_NUMBER}: option {number} has no log-likelihood")
    reply = item.sample.options[scores.index(max(scores))]
    return Outcome(float(reply == item.sample.output), reply=reply)


def option_scores(item: ChoiceItem, answers: Mapping[str, float]) -> list[float]:
    """Return s(o) of each option, as the head of this file defines it."""
    sums = [answers[request.key] for request in item.after_prompt]
    if item.task.scoring == "per_token":
        return [total / len(r.continuation) for total, r in zip(sums, item.after_prompt, strict=True)]
    if item.task.scoring == "per_byte":
        return [total / len(option.encode()) for total, option in zip(sums, item.sample.options, strict=True)]
    if item.task.scoring == "mutual_information":
        neutral = [answers[request.key] for request in item.after_neutral]
        return [total - without for total, without in zip(sums, neutral, strict=True)]
    return sums


def example_text(task: Task, sample: Sample) -> str:
    """Return an item with its right option, as it stands before others as a worked example."""
    return prompt_text(task, sample) + task.answer_prefix + sample.output + task.answer_suffix + "\n\n"


def _continuations(task: Task, sample: Sample, use_chat_template: bool) -> list[str]:
    # The assistant's turn begins on a line of its own; there nothing stands before the option.
    prefix = "" if use_chat_template else task.answer_prefix
    return [prefix + option + task.answer_suffix for option in sample.options]


def check_choice(sample: Sample) -> None:
    """Check that an item can be weighed; raises UserError naming the field that is wrong."""
    where = f"task {sample.task}, item {sample.id}"
    if len(sample.options) < 2:
        raise UserError(f"{where}: field 'options': expected at least two, found {len(sample.options)}")
    if not all(option.strip() for option in sample.options):
        raise UserError(f"{where}: field 'options': an option is empty; give every option a text")
    if sample.output not in sample.options:
        raise UserError(
            f"{where}: field 'output': the right answer {sample.output!r} is none of the options; "
            "it must be one of them, letter by letter"
        )


def _problem(requests: Sequence[Request], window: int | None) -> str:
    if not all(request.context for request in requests):
        return f"{NO_TEXT}: the prompt has no token, and the tokenizer none that stands before a text"
    if not all(request.continuation for request in requests):
        return f"{NO_TEXT}: an option has no token"
    needed = longest(requests)
    if window is not None and needed > window:
        return f"{TOO_LONG}: prompt and option have {needed} tokens, the window has {window}"
    return ""
