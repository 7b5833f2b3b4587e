"""vLLM runs the model in this process: `pip install polyclinic[vllm]`, on a machine with an accelerator.

vLLM puts requests into batches itself, and where replies are written it keeps the keys and values of shared
beginnings; this file only translates. Written for the interface of vLLM 0.33.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyclinic.errors import UserError
from polyclinic.evals.journal import Journal
from polyclinic.evals.requests import Request, Tokens
from polyclinic.evals.writing import Advance, Written

TOGETHER = 1024  # requests that are handed over at once; what is done is kept after each such batch


class VllmEngine:
    """An `Engine` for a model folder that vLLM loads.

    Args:
        folder: the model.
        adapter: a LoRA adapter that is put on it.
        precision: of the arithmetic.
        stops: texts at which a reply ends, for a model that reads plain text.
        temperature: 0 for greedy decoding.
        seed: of draws; each request has its own, made from this and its key.
        window: most tokens of prompt and reply; None for the model's own.

    Raises UserError when vLLM is not installed or cannot load the model.
    """

    def __init__(
        self,
        folder: Path,
        adapter: Path | None,
        precision: str,
        *,
        stops: Sequence[str] = (),
        temperature: float = 0.0,
        seed: int = 0,
        window: int | None = None,
    ) -> None:
        try:
            import vllm
        except ImportError as error:
            raise UserError(
                "eval.run.backend: vLLM is not installed here; pip install 'polyclinic[vllm]', or use the backend "
                "transformers"
            ) from error
        self._vllm = vllm
        self.stops, self.temperature, self.seed = list(stops), temperature, seed
        options: dict[str, Any] = {"enable_lora": True, "max_lora_rank": _rank(adapter)} if adapter else {}
        if window is not None:
            options["max_model_len"] = window
        try:
            self._model = vllm.LLM(
                model=str(folder),
                dtype=precision,
                seed=0,
                trust_remote_code=False,
                enable_prefix_caching=True,
                generation_config="vllm",  # not the model's own sampling and penalties
                **options,
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise UserError(f"{folder}: vLLM cannot load the model: {error}") from error
        self._adapter = None
        if adapter is not None:
            from vllm.lora.request import LoRARequest

            self._adapter = LoRARequest("adapter", 1, str(adapter))
        self.window: int | None = int(self._model.llm_engine.model_config.max_model_len)
        self.identity: Mapping[str, Any] = {
            "precision": precision,
            "device": "vllm",
            "libraries": {"vllm": vllm.__version__},
        }

    def batches(self, lengths: Sequence[tuple[int, int]]) -> list[list[int]]:
        """Put requests, sorted by the length of reply and prompt, into batches of one length of reply."""
        found: list[list[int]] = []
        for number, (_, reply) in enumerate(lengths):
            if found and len(found[-1]) < TOGETHER and lengths[found[-1][0]][1] == reply:
                found[-1].append(number)
            else:
                found.append([number])
        return found

    def write(self, prompts: Sequence[Tokens], max_new_tokens: int, keys: Sequence[str]) -> list[Written]:
        """Write a reply behind each prompt."""
        settings = [
            self._vllm.SamplingParams(
                temperature=self.temperature,
                max_tokens=max_new_tokens,
                stop=self.stops or None,
                seed=(self.seed ^ int(key[:7], 16)) if self.temperature else None,
            )
            for key in keys
        ]
        found = []
        for output in self._generate(prompts, settings):
            reply = output.outputs[0]
            found.append(Written(reply.text, str(reply.finish_reason or "")))
        return found

    def weigh(
        self, requests: Sequence[Request], journal: Journal, advance: Callable[[float], Advance]
    ) -> Mapping[str, float]:
        """Return log p(continuation | context) in nats by key, from the log-probabilities of prompts."""
        distinct = {request.key: request for request in requests}
        missing = [request for key, request in distinct.items() if key not in journal.answers]
        missing.sort(key=lambda request: (request.context, request.continuation))
        told = advance(float(sum(len(r.context) + len(r.continuation) for r in missing)))
        for start in range(0, len(missing), TOGETHER):
            batch = missing[start : start + TOGETHER]
            # prompt_logprobs=0: the log-probability of each token of the prompt and no others.
            settings = [self._vllm.SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0) for _ in batch]
            outputs = self._generate([request.context + request.continuation for request in batch], settings)
            journal.add({r.key: _sum(output.prompt_logprobs, r) for r, output in zip(batch, outputs, strict=True)})
            told(float(sum(len(r.context) + len(r.continuation) for r in batch)))
        return journal.answers

    def _generate(self, prompts: Sequence[Tokens], settings: Sequence[Any]) -> Sequence[Any]:
        inputs = [{"prompt_token_ids": list(tokens)} for tokens in prompts]
        outputs: Sequence[Any] = self._model.generate(
            inputs, list(settings), lora_request=self._adapter, use_tqdm=False
        )
        return outputs


def _sum(log_probabilities: Sequence[Mapping[int, Any] | None], request: Request) -> float:
    """Return the sum over the continuation; vLLM gives a mapping from token to value for each place."""
    start = len(request.context)
    found = []
    for place, token in enumerate(request.continuation, start=start):
        entry = log_probabilities[place] if place < len(log_probabilities) else None
        if entry is None or token not in entry:
            return math.nan
        found.append(float(entry[token].logprob))
    return math.fsum(found)


def _rank(adapter: Path) -> int:
    import json

    try:
        rank = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))["r"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{adapter}: no adapter_config.json with a rank 'r'; expected a LoRA adapter") from error
    # vLLM takes these ranks; the next larger one holds the adapter.
    return next((size for size in (8, 16, 32, 64, 128, 256) if size >= int(rank)), int(rank))
