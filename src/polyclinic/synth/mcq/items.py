"""One multiple-choice item: the form it is written in, what makes it unusable, and how its answer is verified."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from polyclinic.llm import ChatRequest, Reply, read_json
from polyclinic.synth.language import language_problem
from polyclinic.synth.mcq.topics import Angle
from polyclinic.synth.prompt_files import PromptFile, load_prompt_file

LETTERS = "ABCD"
OPTIONS = len(LETTERS)
TRIAL_WRITE = {"topic": "medication", "description": "…", "angle": "…", "language": "en"}
TRIAL_ANSWER: dict[str, Any] = {"context": "…", "question": "…", "options": [{"letter": "A", "text": "…"}]}


class WrittenItem(BaseModel):
    """The form an item is written in."""

    context: str = ""
    question: str = Field(min_length=1)
    options: list[str] = Field(min_length=OPTIONS, max_length=OPTIONS)
    answer: str = Field(min_length=1, description="the right option, letter for letter")


class GivenAnswer(BaseModel):
    """The form an item is answered in, without knowing the right option."""

    rationale: str = ""
    answer: str | None = Field(description="letter of the right option; null when none or several are right")


def mcq_prompts(folder: Any = None) -> tuple[PromptFile, PromptFile]:
    """Return the prompts that write an item and that answer one; raises UserError for a faulty one."""
    return load_prompt_file("mcq/write", TRIAL_WRITE, folder), load_prompt_file("mcq/answer", TRIAL_ANSWER, folder)


def writing_request(angle: Angle, prompt: PromptFile, language: str) -> ChatRequest:
    """Return the question for one item."""
    text = prompt.fill(
        {
            "topic": angle.topic.name,
            "description": angle.topic.description,
            "angle": f"{angle.field}; {angle.aspect}",
            "language": language,
        }
    )

    def check(reply: Reply) -> str:
        return item_problem(read_json(reply.text, WrittenItem), language)

    # Two angles may read the same: the sample number tells them apart, with room for asking again.
    return ChatRequest(
        (("user", text),), template=prompt.version, sample=8 * angle.number, answer=WrittenItem, check=check
    )


def item_problem(item: WrittenItem, language: str) -> str:
    """Return what is wrong with an item that has the form, or an empty text."""
    if not all(option.strip() for option in item.options) or not item.question.strip():
        return "empty text: the question and every option need words"
    if len({_key(option) for option in item.options}) < OPTIONS:
        return "repeated option: two options read the same"
    if _key(item.answer) not in {_key(option) for option in item.options}:
        return "no right option: 'answer' must be one of the options, letter for letter"
    return language_problem(f"{item.context} {item.question} {' '.join(item.options)}", language)


def right_place(item: WrittenItem) -> int:
    """Return the place of the right option of a usable item, counted from 0."""
    return [_key(option) for option in item.options].index(_key(item.answer))


def answering_request(item: WrittenItem, order: list[int], prompt: PromptFile, number: int) -> ChatRequest:
    """Return the question for the right option.

    Args:
        item: what is asked.
        order: places of the options as they are shown.
        prompt: how it is asked.
        number: which of several times, counted from 0.
    """
    options = [{"letter": letter, "text": item.options[place]} for letter, place in zip(LETTERS, order, strict=True)]
    text = prompt.fill({"context": item.context, "question": item.question, "options": options})

    def check(reply: Reply) -> str:
        given = read_json(reply.text, GivenAnswer).answer
        known = given is None or given.strip().upper() in LETTERS
        return "" if known else f"no such option: {given!r}; expected a letter out of {LETTERS}, or null"

    return ChatRequest((("user", text),), template=prompt.version, sample=8 * number, answer=GivenAnswer, check=check)


def answered_place(reply: Reply, order: list[int]) -> int | None:
    """Return the place of the option that a usable answer names, None when it says that none or several are right."""
    given = read_json(reply.text, GivenAnswer).answer
    return None if given is None else order[LETTERS.index(given.strip().upper())]


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
