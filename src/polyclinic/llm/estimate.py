"""What a run will come to, said before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from polyclinic.llm.endpoint import Endpoint
from polyclinic.llm.journal import Journal
from polyclinic.llm.requests import Asked, ChatRequest, settle
from polyclinic.progress import duration

CHARACTERS_OF_A_TOKEN = 4.0  # of English, as long as no answer tells
SECONDS_OF_AN_ANSWER = 10.0  # as long as nobody says


@dataclass(frozen=True)
class Estimate:
    """What asking will come to. Prompts are counted; how long answers are is known only from those on file."""

    requests: int  # all of them
    on_file: int  # of these, whose matter is settled; they cost nothing
    prompt_tokens: int  # that will be sent
    completion_tokens: int  # likely
    most_completion_tokens: int  # if each answer is as long as it may be
    price: float  # likely
    most_price: float
    seconds: float  # likely

    def text(self) -> str:
        """Return the estimate in one line."""
        if self.on_file == self.requests:
            return f"{self.requests:,} requests, all on file: nothing to pay"
        parts = [
            f"{self.requests - self.on_file:,} of {self.requests:,} requests to ask",
            f"{self.prompt_tokens:,} tokens to send",
            f"about {self.completion_tokens:,} to come, {self.most_completion_tokens:,} at most",
        ]
        if self.most_price:
            parts.append(f"about {self.price:.2f} to pay, {self.most_price:.2f} at most")
        parts.append(f"about {duration(self.seconds)}")
        return "; ".join(parts)


def estimate(
    requests: Iterable[ChatRequest],
    teacher: Asked,
    journal: Journal,
    *,
    seconds_of_an_answer: float = SECONDS_OF_AN_ANSWER,
) -> Estimate:
    """Return what asking the requests will come to; those whose matter is settled in the journal cost nothing.

    Args:
        requests: what will be asked; they are gone through once and nothing is sent.
        teacher: who will be asked.
        journal: what is on file. From its answers comes how long answers are; without any, half of `max_tokens`.
        seconds_of_an_answer: how long the teacher takes for one; 10 if nobody knows better.
    """
    spent = journal.spent()
    total = on_file = asked = most_said = 0
    characters = 0
    for request in requests:
        total += 1
        if settle(request, teacher, journal).open is None:
            on_file += 1
            continue
        asked += 1
        characters += sum(len(text) for _, text in request.messages)
        most_said += request.max_tokens or teacher.max_tokens
    likely = asked * spent.completion_tokens / spent.answers if spent.completion_tokens else most_said / 2
    said, sent = min(round(likely), most_said), round(characters / CHARACTERS_OF_A_TOKEN)
    price = most_price = 0.0
    at_once = 1
    if isinstance(teacher, Endpoint):
        price, most_price = teacher.price(sent, said), teacher.price(sent, most_said)
        at_once = sum(address.concurrency for address in teacher.addresses())
    seconds = asked * seconds_of_an_answer / at_once
    return Estimate(total, on_file, sent, said, most_said, price, most_price, seconds)
