"""How likely a given reply is to a request: one question for each pair, its tokens those that training learns.

    log p(reply and the end of its turn | the request, up to where the assistant's turn begins)

The request is put through the model's chat template as `train.sft` and MedCare's stages put it. Without a template
the model reads plain text and the reply alone is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.evals.conversation import plain_text
from polyclinic.evals.multiple_choice import ChoiceItem, check_choice
from polyclinic.evals.outcome import TOO_LONG
from polyclinic.evals.perplexity import TextItem
from polyclinic.evals.requests import Request, longest
from polyclinic.evals.tokens import encode_continuations, encode_prompts
from polyclinic.records import Sample
from polyclinic.tasks import Task, neutral_text
from polyclinic.train.chat import ChatTokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass
class GoodReplies:
    """Makes questions about replies; each distinct request and reply becomes tokens once.

    Args:
        tokenizer: the model's.
        with_template: whether requests go through its chat template.
        window: most tokens the model sees at once; None when it has no such bound.
    """

    tokenizer: PreTrainedTokenizerBase
    with_template: bool
    window: int | None
    _made: dict[tuple[str, str, str], Request] = field(default_factory=dict)
    _chat: ChatTokens | None = None

    def item(self, task: Task, sample: Sample) -> TextItem | ChoiceItem:
        """Return an item of a task that is made from samples, with what is asked of the model for it.

        Raises UserError for options that cannot be weighed, and for a request or a reply that is empty.
        """
        prompt = "\n\n".join(filter(None, (sample.instruction, sample.input)))
        if task.family == "perplexity":
            asked = (self._request(sample, sample.input, sample.output),)
            return TextItem(sample, task, asked, prompt, self._problem(asked))
        check_choice(sample)
        after_prompt = tuple(self._request(sample, sample.input, option) for option in sample.options)
        after_neutral: tuple[Request, ...] = ()
        if task.scoring == "mutual_information":
            neutral = neutral_text(task, sample)
            after_neutral = tuple(self._request(sample, neutral, option) for option in sample.options)
        problem = self._problem((*after_prompt, *after_neutral))
        return ChoiceItem(sample, task, prompt, after_prompt, after_neutral, problem)

    def _request(self, sample: Sample, text: str, reply: str) -> Request:
        key = (sample.instruction, text, reply)
        if key not in self._made:
            self._made[key] = self._tokens(*key, f"task {sample.task}, item {sample.id}")
        return self._made[key]

    def _tokens(self, instruction: str, text: str, reply: str, name: str) -> Request:
        if text == instruction:
            instruction = ""
        if self.with_template:
            if self._chat is None:
                self._chat = ChatTokens(self.tokenizer, Path(str(self.tokenizer.name_or_path)))
            whole = self._chat.conversation(instruction, text, reply, name)
            return Request(tuple(whole.prompt), tuple(whole.reply[: whole.learnt]))
        said = [("system", instruction), ("user", text)] if instruction and text else [("user", text or instruction)]
        prompt = plain_text(said)
        context = encode_prompts(self.tokenizer, [prompt], False)[prompt]
        return Request(context, encode_continuations(self.tokenizer, [reply])[reply])

    def _problem(self, asked: Sequence[Request]) -> str:
        needed = longest(asked)
        if self.window is not None and needed > self.window:
            return f"{TOO_LONG}: request and reply have {needed} tokens, the window has {self.window}"
        return ""
