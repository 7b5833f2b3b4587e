"""What is left out of a prompt that is too long for the model's window, and what never is.

Worked examples go first, the last one before the others. Then the part of the input that the task marks as cuttable
loses its middle, so that its beginning and its end stay. The question and the instruction are never cut; what still
does not fit is not asked. Each cut is said in words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from polyclinic.evals.conversation import Conversation
from polyclinic.evals.outcome import TOO_LONG
from polyclinic.evals.writing import Backend, Message, NoPrompt

GAP = "\n[...]\n"  # stands where the middle was
TRIES = 8


@dataclass(frozen=True)
class Fitted:
    """A prompt, with what was left out of it; or the reason why there is none."""

    messages: tuple[Message, ...] = ()
    prompt: str = ""
    cuts: tuple[str, ...] = ()
    problem: str = ""


def fit(talk: Conversation, backend: Backend, room: int | None, begun: str = "") -> Fitted:
    """Return a conversation as a prompt of at most `room` tokens; None = any length."""
    cuts: list[str] = []
    try:
        messages, prompt, tokens = _rendered(talk, backend, begun)
        if room is None:
            return Fitted(messages, prompt)
        shots = len(talk.shots)
        while tokens > room and talk.shots:
            talk = replace(talk, shots=talk.shots[:-1])
            messages, prompt, tokens = _rendered(talk, backend, begun)
        if len(talk.shots) < shots:
            cuts.append(f"{shots - len(talk.shots)} of {shots} worked examples left out")
        if tokens > room and talk.cuttable is not None:
            start, end = talk.cuttable
            spans = backend.spans(talk.input[start:end])
            kept = len(spans)
            for _ in range(TRIES):
                kept -= tokens - room + 2
                if kept < 0:
                    break
                shorter = without_middle(talk.input[start:end], spans, kept)
                cut = talk.with_input(talk.input[:start] + shorter + talk.input[end:])
                messages, prompt, tokens = _rendered(cut, backend, begun)
                if tokens <= room:
                    cuts.append(f"{len(spans) - kept} of {len(spans)} tokens left out of the middle of the document")
                    break
        if tokens > room:
            return Fitted(problem=f"{TOO_LONG}: the prompt has {tokens} tokens, there is room for {room}")
    except NoPrompt as error:
        return Fitted(problem=str(error))
    return Fitted(messages, prompt, tuple(cuts))


def without_middle(text: str, spans: list[tuple[int, int]], kept: int) -> str:
    """Return a text with `kept` of its tokens, half at the beginning and half at the end, and a mark between."""
    head, tail = kept - kept // 2, kept // 2
    beginning = text[: spans[head - 1][1]] if head else ""
    return beginning + GAP + (text[spans[len(spans) - tail][0] :] if tail else "")


def _rendered(talk: Conversation, backend: Backend, begun: str) -> tuple[tuple[Message, ...], str, int]:
    messages = talk.messages()
    prompt = backend.render(messages, begun)
    return messages, prompt, backend.count(prompt)
