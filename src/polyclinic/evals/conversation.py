"""How an item is put to a model in words: its turns, its worked examples, its options as lettered lines.

    turns   system: the instruction, worked examples as earlier turns of user and assistant, user: the input
            (CLUE+: Corbeil et al., ACL 2025, A.8)
    paper   as the paper of MedS-Bench, code: as its code (see `polyclinic.tasks.prompts`)

A model without a chat template reads plain text: the instruction, then `Input:` and `Output:` for each example and
the item; there a reply ends where the next `Input:` begins.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from polyclinic.evals.writing import Message
from polyclinic.records import Sample
from polyclinic.tasks.prompts import prompt
from polyclinic.tasks.source_items import Item

Style = Literal["turns", "paper", "code"]
PLAIN_STOPS = ("\n\nInput:", "\nInput:\n")  # a model without turns goes on with an example of its own
LETTERED = "Answer the question. Reply with the letter and the text of the right option."


@dataclass(frozen=True)
class Conversation:
    """An item in words, before it is known whether it fits."""

    instruction: str
    input: str
    shots: tuple[tuple[str, str], ...] = ()  # (input, good reply) of each worked example
    cuttable: tuple[int, int] | None = None  # where the part of the input that may be cut begins and ends
    style: Style = "turns"

    def messages(self) -> tuple[Message, ...]:
        """Return the turns, the user's last."""
        if self.style != "turns":
            items = [Item(str(i), "", given, (good,)) for i, (given, good) in enumerate(self.shots)]
            system, user = prompt(self.style, self.instruction, Item("", "", self.input, ("",)), items)
            return (("system", system), ("user", user)) if system else (("user", user),)
        found: list[Message] = [("system", self.instruction)] if self.instruction else []
        for given, good in self.shots:
            found += [("user", given), ("assistant", good)]
        return (*found, ("user", self.input))

    def with_input(self, text: str) -> Conversation:
        """Return the same conversation about another input."""
        return replace(self, input=text)


def plain_text(messages: Sequence[Message]) -> str:
    """Return a conversation as text for a model without a template, ending where its reply begins."""
    if len(messages) <= 2 and messages[-1][1].endswith("Output:\n"):  # MedS-Bench's code words the end itself
        return "\n\n".join(text for _, text in messages)
    parts = []
    for role, text in messages:
        parts.append({"system": "", "user": "Input:\n", "assistant": "Output:\n"}[role] + text)
    return "\n\n".join([*parts, "Output:\n"])


def shown(messages: Sequence[Message]) -> str:
    """Return a conversation as people read it, where only the other side knows what its model reads."""
    return "\n\n".join(f"[{role}]\n{text}" for role, text in messages)


def lettered(sample: Sample) -> Sample:
    """Return a question whose options stand apart as one that is answered in writing; options as lettered lines."""
    letters = string.ascii_uppercase
    lines = [f"{letter}: {option}" for letter, option in zip(letters, sample.options, strict=False)]
    right = sample.options.index(sample.output)
    return replace(
        sample,
        instruction=sample.instruction or LETTERED,
        input="\n".join([sample.input, "Options:", *lines]),
        output=lines[right],
    )
