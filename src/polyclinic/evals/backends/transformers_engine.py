"""transformers runs the model: padded batches for replies, shared prefixes for likelihoods.

Decoding is greedy. With a temperature T a token is drawn as argmax(logits / T + g), g Gumbel noise from a generator
of the request's own (Gumbel-max, exact samples of softmax(logits / T)), so a draw does not depend on the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from polyclinic.evals.cached_batches import is_stateful
from polyclinic.evals.journal import Journal
from polyclinic.evals.likelihood import answer, plan_batches
from polyclinic.evals.outcome import NOT_A_NUMBER
from polyclinic.evals.requests import Request, Tokens
from polyclinic.evals.writing import Advance, Written

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BATCH_TOKENS_CPU, BATCH_TOKENS_ACCELERATOR = 2048, 16384  # of a batch that is weighed
WRITING = 8  # times as many tokens in a batch whose replies are written, since they come one by one
ROWS_CPU, ROWS_ACCELERATOR = 64, 512  # most replies that are written together
LOOK = 8  # tokens between two looks for the end of a reply in plain text


class TransformersEngine:
    """An `Engine` for a model folder that transformers has loaded.

    Args:
        model: in evaluation mode, on its device.
        tokenizer: the model's.
        precision: of the arithmetic, for the record.
        batch_tokens: most tokens in a batch; None for the usual number.
        stops: texts at which a reply ends, for a model that reads plain text.
        temperature: 0 for greedy decoding.
        seed: of draws.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        precision: str,
        batch_tokens: int | None = None,
        stops: Sequence[str] = (),
        temperature: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.model, self.tokenizer, self.stops = model, tokenizer, tuple(stops)
        self.temperature, self.seed = temperature, seed
        on_cpu = model.device.type == "cpu"
        self.batch_tokens = batch_tokens or (BATCH_TOKENS_CPU if on_cpu else BATCH_TOKENS_ACCELERATOR)
        self.rows = ROWS_CPU if on_cpu else ROWS_ACCELERATOR
        self.window = model_window(model)
        self.identity: Mapping[str, Any] = {
            "precision": precision,
            "device": model.device.type,
            "libraries": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
        }
        self._ends = _end_tokens(model, tokenizer)
        from transformers import GenerationConfig

        model.generation_config = GenerationConfig()  # its settings for sampling and penalties are not ours

    def batches(self, lengths: Sequence[tuple[int, int]]) -> list[list[int]]:
        """Put requests, sorted by the length of reply and prompt, into batches of one length of reply."""
        # A running state takes padding in; such models are asked in batches of one length.
        same_length = is_stateful(self.model)
        found: list[list[int]] = []
        for number, (prompt, reply) in enumerate(lengths):
            if found:
                first = lengths[found[-1][0]]
                rows = len(found[-1]) + 1
                fits = rows <= self.rows and rows * sum(first) <= self.batch_tokens * WRITING
                if first[1] == reply and fits and not (same_length and first[0] != prompt):
                    found[-1].append(number)
                    continue
            found.append([number])
        return found

    def write(self, prompts: Sequence[Tokens], max_new_tokens: int, keys: Sequence[str]) -> list[Written]:
        """Write a reply behind each prompt; a batch that does not fit into memory is halved."""
        import torch

        try:
            return self._write(prompts, max_new_tokens, keys)
        except torch.OutOfMemoryError:
            if len(prompts) == 1:
                return [Written(problem="out of memory: prompt and reply do not fit on the accelerator")]
            torch.cuda.empty_cache()
            half = len(prompts) // 2
            return self.write(prompts[:half], max_new_tokens, keys[:half]) + self.write(
                prompts[half:], max_new_tokens, keys[half:]
            )

    def weigh(
        self, requests: Sequence[Request], journal: Journal, advance: Callable[[float], Advance]
    ) -> Mapping[str, float]:
        """Return log p(continuation | context) in nats by key; see `polyclinic.evals.likelihood`."""
        batches = plan_batches(self.model, requests, self.batch_tokens)
        return answer(self.model, batches, journal, advance(sum(batch.tokens for batch in batches)))

    def _write(self, prompts: Sequence[Tokens], max_new_tokens: int, keys: Sequence[str]) -> list[Written]:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        pad = self.tokenizer.pad_token_id
        pad = pad if pad is not None else (self._ends[0] if self._ends else 0)
        width = max(map(len, prompts))
        device = self.model.device
        tokens = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        watch = _Watch(len(prompts), self._ends, self.temperature, self.seed, keys)
        stopping = StoppingCriteriaList([_Stops(self.tokenizer, self.stops, width)] if self.stops else [])
        with torch.inference_mode():
            made: Any = self.model.generate(
                input_ids=tokens,
                attention_mask=mask,
                generation_config=GenerationConfig(
                    do_sample=False,
                    max_new_tokens=max_new_tokens,
                    eos_token_id=self._ends or None,
                    pad_token_id=pad,
                ),
                logits_processor=LogitsProcessorList([watch]),
                stopping_criteria=stopping,
            )
        rows = made[:, width:].tolist()
        return [
            Written(problem=f"{NOT_A_NUMBER}: a token of the reply has no probability") if bad else self._reply(row)
            for row, bad in zip(rows, watch.bad, strict=True)
        ]

    def _reply(self, row: list[int]) -> Written:
        end = next((place for place, token in enumerate(row) if token in self._ends), None)
        text = self.tokenizer.decode(row if end is None else row[:end], skip_special_tokens=True)
        cut = min((place for stop in self.stops if (place := text.find(stop)) >= 0), default=None)
        finished = end is not None or cut is not None
        return Written(text if cut is None else text[:cut], "stop" if finished else "length")


class _Watch:
    """A logits processor that notes rows with NaN, ends them, and adds the noise that draws a token."""

    def __init__(self, rows: int, ends: Sequence[int], temperature: float, seed: int, keys: Sequence[str]) -> None:
        import torch

        self.bad, self.ends, self.temperature = [False] * rows, list(ends), temperature
        self.generators = []
        if temperature:
            for key in keys:
                self.generators.append(torch.Generator().manual_seed((seed << 31) ^ int(key[:15], 16)))

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import torch

        broken = scores.isnan().any(dim=-1)
        if bool(broken.any()):
            for row in broken.nonzero().flatten().tolist():
                self.bad[row] = True
            scores = torch.where(broken.unsqueeze(-1), torch.zeros_like(scores), scores)
            if self.ends:
                scores[broken.nonzero().flatten(), self.ends[0]] = math.inf
        if self.temperature:
            drawn = torch.stack([torch.rand(scores.shape[-1], generator=g) for g in self.generators])
            noise = -torch.log(-torch.log(drawn.clamp(1e-12, 1 - 1e-7)))
            scores = scores / self.temperature + noise.to(scores)
        return scores


class _Stops:
    """Ends a row of plain text once one of the stop texts stands in it; looked for every few tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stops: Sequence[str], width: int) -> None:
        self.tokenizer, self.stops, self.width, self.calls = tokenizer, stops, width, 0

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        self.calls += 1
        done = [False] * len(input_ids)
        if self.calls % LOOK == 0:
            texts = self.tokenizer.batch_decode(input_ids[:, self.width :], skip_special_tokens=True)
            done = [any(stop in text for stop in self.stops) for text in texts]
        return torch.tensor(done, device=input_ids.device)


def model_window(model: PreTrainedModel) -> int | None:
    """Return the most tokens a model sees at once as its configuration says, None when it does not say."""
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return window if isinstance(window, int) and window > 0 else None


def _end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the tokens that end a reply: those of the model's generation settings and the tokenizer's."""
    said = model.generation_config.eos_token_id if model.generation_config is not None else None
    found = [said] if isinstance(said, int) else list(said or [])
    if isinstance(tokenizer.eos_token_id, int):
        found.append(tokenizer.eos_token_id)
    return list(dict.fromkeys(int(token) for token in found))
