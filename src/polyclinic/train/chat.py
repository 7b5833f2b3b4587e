"""Conversations as tokens, through the model's own chat template, with what the assistant wrote told apart.

The loss must cover the token that ends the assistant's turn, otherwise the model never learns to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from polyclinic.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TooLong = Literal["error", "skip", "cut"]
Turn = dict[str, str]  # role and content


@dataclass(frozen=True)
class Conversation:
    """A request and its reply as tokens."""

    prompt: list[int]  # up to and with what opens the assistant's turn
    reply: list[int]  # what the assistant wrote, the end of its turn, and what the template puts behind it
    learnt: int  # how many tokens of the reply are learnt: up to the end of the turn


class ChatTokens:
    """Turns requests and replies into tokens with a tokenizer's chat template."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, place: Path) -> None:
        """Check the template; `place` is the model's folder, for messages.

        Raises UserError when the tokenizer has no chat template.
        """
        from jinja2.exceptions import TemplateError

        self.tokenizer, self.place = tokenizer, place
        self._special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
        if not tokenizer.chat_template:
            raise UserError(
                f"{place}: the tokenizer has no chat template, which instructions need; add chat_template.jinja to "
                "the folder, or take the model in with model.hub and its `chat_template`"
            )
        self.system_role = True
        try:
            self._render([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}], True)
        except TemplateError:  # some templates refuse a system turn
            self.system_role = False
        probe = self.conversation("", "u", "r", "a request")
        self.end_of_turn = next(t for t in probe.reply if t in self._special)  # token that ends the assistant's turn

    def turns(self, instruction: str, text: str) -> list[Turn]:
        """Return the request as turns: instruction = system, text = user; an instruction alone is the user's turn.

        A template without a system turn gets the instruction at the head of the user's turn.
        """
        if not instruction or not text:
            return [{"role": "user", "content": text or instruction}]
        if not self.system_role:
            return [{"role": "user", "content": f"{instruction}\n\n{text}"}]
        return [{"role": "system", "content": instruction}, {"role": "user", "content": text}]

    def conversation(
        self, instruction: str, text: str, reply: str, name: str, examples: Sequence[tuple[str, str]] = ()
    ) -> Conversation:
        """Return the tokens of one request and reply; `name` tells the record in messages.

        Worked examples, (input, output), are earlier turns; nothing of them is learnt.

        Raises UserError when a part is empty, or when the template writes the reply in a way that cannot be told
        from the request.
        """
        if not instruction.strip() and not text.strip():
            raise UserError(f"{name}: neither instruction nor input; a request is needed to learn a reply to it")
        if not reply.strip():
            raise UserError(f"{name}: the reply is empty; leave the record out or give it one")
        request = self.turns(instruction, text)
        if examples:
            first = self.turns(instruction, examples[0][0])
            shown = [first, *([{"role": "user", "content": given}] for given, _ in examples[1:])]
            turns = [
                turn
                for asked, (_, answer) in zip(shown, examples, strict=True)
                for turn in (*asked, {"role": "assistant", "content": answer})
            ]
            request = [*turns, {"role": "user", "content": text}]
        opened = self._render(request, True)
        whole = self._render([*request, {"role": "assistant", "content": reply}], False)
        if not whole.startswith(opened):
            raise UserError(
                f"{self.place}: its chat template writes {name} differently when the reply is there; "
                "expected the request, as it is put to the model, to be the beginning of the conversation"
            )
        written = whole[len(opened) :]
        # Only white space is taken off: the end of the turn itself must be learnt.
        learnt = written.rstrip()
        prompt = self._tokens(opened)
        learnt_tokens = self._tokens(learnt)
        behind = self._tokens(written[len(learnt) :])
        if not any(token in self._special for token in learnt_tokens):
            raise UserError(
                f"{self.place}: its chat template does not end the assistant's turn with a special token, so the "
                "model could not learn to stop; expected one such as <|im_end|>"
            )
        return Conversation(prompt, learnt_tokens + behind, len(learnt_tokens))

    def text_tokens(self, text: str) -> list[int]:
        """Return the tokens of plain text; the name of a special token in it is characters."""
        found: list[int] = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True, verbose=False)[
            "input_ids"
        ]
        return found

    def _render(self, turns: list[Turn], opened: bool) -> str:
        text: str = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=opened)
        return text

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] if text else []
        return found


def fit(length: int, max_length: int, too_long: TooLong, name: str, dropped: Callable[[int], None]) -> bool:
    """Return whether a record of `length` tokens is kept, cut to `max_length` if need be; `dropped` is told the loss.

    Raises UserError when it is too long and `too_long` says that this is an error.
    """
    if length <= max_length:
        return True
    if too_long == "error":
        raise UserError(
            f"{name}: {length} tokens, but a row has {max_length}; raise max_length, or say with `too_long` whether "
            "such records are skipped or cut"
        )
    dropped(length if too_long == "skip" else length - max_length)
    return too_long == "cut"
