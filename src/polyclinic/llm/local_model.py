"""A teacher that is a model folder on this machine: for tests, and where no server may run.

It stands behind the same interface as an endpoint: its answers go into the journal under the same kind of key, with
the fingerprint of the weights as the model's name. JSON of a given form is not asked for but enforced: a grammar
(xgrammar, Dong et al. 2024, arXiv 2411.15100) leaves only tokens that keep to the schema. For much text serve the
model with vLLM or SGLang and use an endpoint.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from polyclinic.errors import UserError
from polyclinic.llm.requests import Failure, Question, Reply
from polyclinic.models import fingerprint, load_model, load_tokenizer

if TYPE_CHECKING:
    import torch
    from pydantic import BaseModel

DEFAULT_CONTEXT = 4096  # tokens, for a configuration that does not say


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model folder and how it is asked; made by `open_local_model`."""

    folder: Path = field(compare=False)
    model: str  # `local:` and the fingerprint of the folder's content
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 1024  # of an answer
    batch: int = 1  # answers written at once; more is faster, and rounding may then depend on what is in a batch
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = "cpu"


def open_local_model(folder: Path, **settings: Any) -> LocalModel:
    """Return the model of a folder as a teacher; `settings` are the other fields of `LocalModel`.

    Raises:
        UserError: the folder holds no whole model.
    """
    return LocalModel(folder, f"local:{fingerprint(folder)}", **settings)


class LocalWriter:
    """Writes the answers of a local model in a thread of its own; loaded when the first is asked for."""

    def __init__(self, teacher: LocalModel) -> None:
        """Prepare; nothing is loaded yet."""
        self.teacher = teacher
        self._thread = ThreadPoolExecutor(1)
        self._decoder: Decoder | None = None
        self._waiting: deque[tuple[Question, asyncio.Future[Reply | Failure]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def write(self, question: Question) -> Reply | Failure:
        """Return the answer to a question; raises UserError when the model cannot be loaded."""
        answer: asyncio.Future[Reply | Failure] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await answer

    async def close(self) -> None:
        """Wait for what is being written, and let the model go."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()
        self._decoder = None

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await asyncio.sleep(0)  # so that those who ask at the same time come into one batch
                taken = [self._waiting.popleft() for _ in range(min(self.teacher.batch, len(self._waiting)))]
                try:
                    replies = await loop.run_in_executor(self._thread, self._write, [q for q, _ in taken])
                except Exception as error:
                    for _, answer in taken:
                        if not answer.done():
                            answer.set_exception(error)
                else:
                    for (_, answer), reply in zip(taken, replies, strict=True):
                        if not answer.done():
                            answer.set_result(reply)
        finally:
            self._task = None

    def _write(self, questions: list[Question]) -> list[Reply | Failure]:
        if self._decoder is None:
            self._decoder = Decoder(self.teacher)
        return self._decoder.write(questions)


class Decoder:
    """Token after token, for some questions at once, each with its own grammar and its own random numbers."""

    def __init__(self, teacher: LocalModel) -> None:
        """Load the model; raises UserError when it cannot be."""
        self.teacher = teacher
        self.tokenizer = load_tokenizer(teacher.folder)
        self.model = load_model(teacher.folder, teacher.dtype).to(teacher.device).eval()
        config: Any = self.model.config
        self.context = int(getattr(config, "max_position_embeddings", 0) or DEFAULT_CONTEXT)
        self.vocabulary = int(self.model.get_output_embeddings().weight.shape[0])
        ends = getattr(self.model.generation_config, "eos_token_id", None)
        found = [*(ends if isinstance(ends, list) else [ends]), self.tokenizer.eos_token_id]
        self.ends = {int(token) for token in found if token is not None}
        self._compiler: Any = None
        self._grammars: dict[type[BaseModel], Any] = {}

    def write(self, questions: list[Question]) -> list[Reply | Failure]:
        """Return an answer, or why there is none, for each question."""
        results: list[Reply | Failure | None] = [None] * len(questions)
        prompts: dict[int, list[int]] = {}
        for number, question in enumerate(questions):
            try:
                prompts[number] = self._prompt(question)
            except Exception as error:  # the template of a model may raise anything, for one message only
                results[number] = Failure(f"the chat template refuses it: {error}", refused=True)
                continue
            if len(prompts[number]) >= self.context:
                reason = f"too long: {len(prompts.pop(number))} tokens, the model takes {self.context}"
                results[number] = Failure(reason, refused=True)
        if prompts:
            written = self._decode([questions[n] for n in prompts], list(prompts.values()))
            for number, reply in zip(prompts, written, strict=True):
                results[number] = reply
        return [result for result in results if result is not None]

    def _prompt(self, question: Question) -> list[int]:
        messages = [
            {"role": role, "content": text.encode("utf-8", "replace").decode()}
            for role, text in question.request.messages
        ]
        tokens = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        return [int(token) for token in tokens]

    def _decode(self, questions: list[Question], prompts: list[list[int]]) -> list[Reply]:
        import torch

        device, count = self.teacher.device, len(prompts)
        width = max(map(len, prompts))
        tokens = torch.zeros((count, width), dtype=torch.long)
        mask = torch.zeros((count, width), dtype=torch.long)
        for row, prompt in enumerate(prompts):
            tokens[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        tokens, mask = tokens.to(device), mask.to(device)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        room = [self._room(question, len(prompt)) for question, prompt in zip(questions, prompts, strict=True)]
        matchers = [self._matcher(question) for question in questions]
        generators = [torch.Generator().manual_seed(int(q.key[:15], 16)) for q in questions]
        said: list[list[int]] = [[] for _ in prompts]
        finished: list[str] = [""] * count
        past: Any = None
        with torch.inference_mode():
            while not all(finished):
                step = self.model(
                    input_ids=tokens,
                    attention_mask=mask,
                    position_ids=positions,
                    past_key_values=past,
                    use_cache=True,
                    logits_to_keep=1,
                )
                past = step.past_key_values
                logits = step.logits[:, -1].float().cpu()
                chosen = [0] * count
                for row, question in enumerate(questions):
                    if finished[row]:
                        continue
                    token = self._choose(logits[row], question, matchers[row], generators[row])
                    chosen[row] = token
                    if matchers[row] is not None:
                        matchers[row].accept_token(token)
                    if token in self.ends:
                        finished[row] = "stop"
                        continue
                    said[row].append(token)
                    if len(said[row]) >= room[row]:
                        finished[row] = "length"
                tokens = torch.tensor(chosen, device=device).unsqueeze(1)
                mask = torch.cat([mask, torch.ones((count, 1), dtype=torch.long, device=device)], dim=1)
                positions = positions[:, -1:] + 1
        return [
            Reply(
                text=self.tokenizer.decode(said[row], skip_special_tokens=True).encode("utf-8", "replace").decode(),
                finish_reason=finished[row],
                prompt_tokens=len(prompts[row]),
                completion_tokens=len(said[row]) + (finished[row] == "stop"),
            )
            for row in range(count)
        ]

    def _room(self, question: Question, prompt_tokens: int) -> int:
        most = question.request.max_tokens or self.teacher.max_tokens
        return min(most, self.context - prompt_tokens)

    def _choose(self, logits: torch.Tensor, question: Question, matcher: Any, generator: torch.Generator) -> int:
        """Return the next token: the likeliest at temperature 0, otherwise drawn; of those the grammar allows."""
        import torch

        if matcher is not None:
            import xgrammar

            allowed = xgrammar.allocate_token_bitmask(1, self.vocabulary)
            matcher.fill_next_token_bitmask(allowed)
            xgrammar.apply_token_bitmask_inplace(logits.unsqueeze(0), allowed)
        given = question.request.temperature
        temperature = self.teacher.temperature if given is None else given
        if temperature == 0:
            return int(logits.argmax())
        return int(torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator))

    def _matcher(self, question: Question) -> Any:
        """Return what says which tokens may come next, or None when any text will do."""
        form = question.request.answer
        if form is None:
            return None
        try:
            import xgrammar
        except ImportError as error:
            raise UserError(
                "a local model writes JSON of a given form with xgrammar, which is not installed: "
                "pip install 'polyclinic[local]'"
            ) from error
        if self._compiler is None:
            info = xgrammar.TokenizerInfo.from_huggingface(
                self.tokenizer, vocab_size=self.vocabulary, stop_token_ids=sorted(self.ends)
            )
            self._compiler = xgrammar.GrammarCompiler(info, max_threads=1)
        if form not in self._grammars:
            self._grammars[form] = self._compiler.compile_json_schema(
                json.dumps(form.model_json_schema()), any_whitespace=False
            )
        return xgrammar.GrammarMatcher(self._grammars[form])
