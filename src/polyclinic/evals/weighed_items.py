"""Items whose answer is a likelihood, options that are weighed and texts that are read: to requests and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from polyclinic.evals.fit_window import without_middle
from polyclinic.evals.good_replies import GoodReplies
from polyclinic.evals.multiple_choice import (
    ChoiceItem,
    check_choice,
    choice_items,
    choice_outcome,
    example_text,
)
from polyclinic.evals.outcome import Outcome
from polyclinic.evals.perplexity import TextItem, text_items, text_outcome
from polyclinic.evals.requests import longest
from polyclinic.evals.run_settings import RunSettings
from polyclinic.records import Sample
from polyclinic.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Item = ChoiceItem | TextItem
Examples = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]  # (task, item) -> (input, right option)
TRIES = 8


def ask_items(
    settings: RunSettings,
    tokenizer: PreTrainedTokenizerBase,
    asked: Sequence[tuple[Task, Sample]],
    window: int | None,
    examples: Examples | None = None,
    cuts: dict[tuple[str, str], tuple[str, ...]] | None = None,
) -> list[Item]:
    """Return the items with what is asked of the model for each, in the order they came in.

    Args:
        settings: of the run.
        tokenizer: the model's.
        asked: items of the families multiple_choice and perplexity.
        window: most tokens the model sees at once; None when it has no such bound.
        examples: worked examples of questions.
        cuts: gets what was left out of questions that are too long for the window.
    """
    made: dict[tuple[str, str], Item] = {}
    with_template = settings.use_chat_template
    replies = GoodReplies(
        tokenizer, bool(tokenizer.chat_template) if with_template is None else with_template, window
    )
    for task, sample in asked:
        if task.builder == "samples":
            made[sample.task, sample.id] = replies.item(task, sample)
    others = [(task, sample) for task, sample in asked if task.builder != "samples"]
    choices = [(task, sample) for task, sample in others if task.family == "multiple_choice"]
    texts = [(task, sample) for task, sample in others if task.family == "perplexity"]
    for choice in _choices(settings, tokenizer, choices, window, examples or {}, {} if cuts is None else cuts):
        made[choice.sample.task, choice.sample.id] = choice
    text_window = min(settings.text_window, window or settings.text_window)
    for text in text_items(tokenizer, texts, text_window, settings.context_share):
        made[text.sample.task, text.sample.id] = text
    return [made[sample.task, sample.id] for _, sample in asked]


def outcome_of(item: Item, answers: Mapping[str, float]) -> Outcome:
    """Return what comes out of one item, from the answers to its requests."""
    return choice_outcome(item, answers) if isinstance(item, ChoiceItem) else text_outcome(item, answers)


def _choices(
    settings: RunSettings,
    tokenizer: PreTrainedTokenizerBase,
    asked: Sequence[tuple[Task, Sample]],
    window: int | None,
    examples: Examples,
    cuts: dict[tuple[str, str], tuple[str, ...]],
) -> list[ChoiceItem]:
    """Return questions with their examples; too long ones lose examples, then the middle of the document."""
    with_template = bool(settings.use_chat_template)

    def made(some: Sequence[tuple[Task, Sample]], shots: Sequence[int]) -> list[ChoiceItem]:
        prefaces = []
        for (task, sample), count in zip(some, shots, strict=True):
            check_choice(sample)
            chosen = examples.get((task.name, sample.id), ())[:count]
            prefaces.append("".join(example_text(task, replace(sample, input=i, output=o)) for i, o in chosen))
        return choice_items(tokenizer, some, window, with_template, prefaces)

    items = made(asked, [len(examples.get((task.name, sample.id), ())) for task, sample in asked])
    if window is None:
        return items
    for place, item in enumerate(items):
        name = (item.task.name, item.sample.id)
        if _tokens(item) > window and (item.sample.metadata.get("cuttable") or name in examples):
            items[place], cuts[name] = _cut(item, len(examples.get(name, ())), window, tokenizer, made)
    return items


def _cut(
    item: ChoiceItem,
    shots: int,
    window: int,
    tokenizer: PreTrainedTokenizerBase,
    made: Callable[[Sequence[tuple[Task, Sample]], Sequence[int]], list[ChoiceItem]],
) -> tuple[ChoiceItem, tuple[str, ...]]:
    task, sample, found, left = item.task, item.sample, item, shots
    while left and _tokens(found) > window:
        left -= 1
        (found,) = made([(task, sample)], [left])
    cuts: tuple[str, ...] = (f"{shots - left} of {shots} worked examples left out",) if left < shots else ()
    span = sample.metadata.get("cuttable")
    if _tokens(found) > window and span:
        start, end = span
        part = sample.input[start:end]
        encoded = tokenizer(part, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        spans = [(int(a), int(b)) for a, b in encoded["offset_mapping"]]
        kept = len(spans)
        for _ in range(TRIES):
            kept -= _tokens(found) - window + 2
            if kept < 0:
                return found, ()
            text = sample.input[:start] + without_middle(part, spans, kept) + sample.input[end:]
            (found,) = made([(task, replace(sample, input=text))], [left])
            if _tokens(found) <= window:
                cuts += (f"{len(spans) - kept} of {len(spans)} tokens left out of the middle of the document",)
                break
    return found, () if found.problem else cuts


def _tokens(item: ChoiceItem) -> int:
    return longest((*item.after_prompt, *item.after_neutral))
