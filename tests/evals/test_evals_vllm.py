"""The vLLM engine against a stand-in with the interface of vLLM 0.33 that runs the model with transformers."""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from asked_tasks import write_catalog
from safetensors.torch import save_file
from tiny_language_model import question, save_tiny_model, text

from polyclinic import models
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.records import Reply, Sample, read_records, write_records


@dataclass
class SamplingParams:
    temperature: float = 1.0
    max_tokens: int | None = 16
    stop: list[str] | None = None
    seed: int | None = None
    prompt_logprobs: int | None = None


@dataclass
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str = ""


@dataclass
class Logprob:
    logprob: float
    rank: int | None = None
    decoded_token: str | None = None


@dataclass
class CompletionOutput:
    text: str
    token_ids: Sequence[int]
    finish_reason: str | None


@dataclass
class RequestOutput:
    outputs: list[CompletionOutput]
    prompt_logprobs: list[dict[int, Logprob] | None] | None = None


@dataclass
class StandIn:
    """What was asked of the module."""

    options: dict[str, Any] = field(default_factory=dict)
    lora: list[LoRARequest | None] = field(default_factory=list)


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put a module with vLLM's names in the place of vLLM."""
    noted = StandIn()

    class LLM:
        def __init__(
            self,
            model: str,
            *,
            dtype: str,
            seed: int,
            trust_remote_code: bool,
            max_model_len: int | None = None,
            enable_prefix_caching: bool,
            generation_config: str,
            **options: Any,
        ) -> None:
            noted.options = {"trust_remote_code": trust_remote_code, "seed": seed, **options}
            self.model, self.tokenizer = models.load_model(Path(model)), models.load_tokenizer(Path(model))
            window = max_model_len or self.model.config.max_position_embeddings
            config = types.SimpleNamespace(max_model_len=window)
            self.llm_engine = types.SimpleNamespace(model_config=config)

        def generate(
            self,
            prompts: list[dict[str, list[int]]],
            sampling_params: list[SamplingParams],
            *,
            use_tqdm: bool = True,
            lora_request: LoRARequest | None = None,
        ) -> list[RequestOutput]:
            noted.lora.append(lora_request)
            return [
                self._one(prompt["prompt_token_ids"], how)
                for prompt, how in zip(prompts, sampling_params, strict=True)
            ]

        def _one(self, tokens: list[int], how: SamplingParams) -> RequestOutput:
            made: list[int] = []
            with torch.no_grad():
                logits = self.model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0]
                log_p = torch.log_softmax(logits, dim=-1)
                for _ in range(how.max_tokens or 16):
                    ids = torch.tensor([tokens + made])
                    made.append(int(self.model(input_ids=ids, use_cache=False).logits[0, -1].argmax()))
                    if made[-1] == self.tokenizer.eos_token_id:
                        break
            ended = made[-1] == self.tokenizer.eos_token_id
            written = self.tokenizer.decode(made[:-1] if ended else made, skip_special_tokens=True)
            output = CompletionOutput(written, made, "stop" if ended else "length")
            if how.prompt_logprobs is None:
                return RequestOutput([output])
            places: list[dict[int, Logprob] | None] = [None]
            places += [{tokens[i]: Logprob(float(log_p[i - 1, tokens[i]]))} for i in range(1, len(tokens))]
            return RequestOutput([output], places)

    vllm: Any = types.ModuleType("vllm")
    vllm.LLM, vllm.SamplingParams, vllm.__version__ = LLM, SamplingParams, "0.33.0"
    lora: Any = types.ModuleType("vllm.lora.request")
    lora.LoRARequest = LoRARequest
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.setitem(sys.modules, "vllm.lora", types.ModuleType("vllm.lora"))
    monkeypatch.setitem(sys.modules, "vllm.lora.request", lora)
    return noted


def replies(folder: Path) -> dict[str, Reply]:
    return {reply.item: reply for reply in read_records(folder / "replies", Reply)}


def test_vllm_gives_what_transformers_gives(standin: StandIn, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model", window=1024)
    write_records(tmp_path / "samples", [question(0), question(1), text(0)], Sample)
    fields: dict[str, Any] = {
        **write_catalog(tmp_path),
        "model": model,
        "samples": tmp_path / "samples",
        "tasks": "symptom",
        "max_new_tokens": 8,
    }
    usual = replies(run(out=tmp_path / "usual", **fields))
    found = replies(run(out=tmp_path / "vllm", backend="vllm", **fields))
    assert {item: (r.text, r.prompt) for item, r in found.items()} == {
        item: (r.text, r.prompt) for item, r in usual.items()
    }
    for item in ("q0", "q1"):
        own, other = (side[item].metadata["log_likelihoods"] for side in (found, usual))
        assert own == pytest.approx(other, abs=1e-4)
    assert found["t0"].metadata["nats_per_token"] == pytest.approx(usual["t0"].metadata["nats_per_token"], abs=1e-4)
    assert standin.options == {"trust_remote_code": False, "seed": 0}
    assert set(standin.lora) == {None}


def test_vllm_gets_the_adapter_as_a_request(standin: StandIn, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model", window=1024)
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text('{"r": 12, "peft_type": "LORA"}')
    save_file({"a": torch.zeros(1)}, tmp_path / "adapter" / "adapter_model.safetensors")
    fields: dict[str, Any] = {**write_catalog(tmp_path), "tasks": "symptom", "max_new_tokens": 2}
    run(model=model, adapter=tmp_path / "adapter", backend="vllm", out=tmp_path / "out", **fields)
    assert standin.options["max_lora_rank"] == 16
    assert standin.options["enable_lora"] is True
    assert standin.lora[0] == LoRARequest("adapter", 1, str(tmp_path / "adapter"))


def test_without_vllm_the_way_to_get_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    model = save_tiny_model(tmp_path / "model")
    fields: dict[str, Any] = {**write_catalog(tmp_path), "tasks": "symptom"}
    with pytest.raises(UserError, match=r"pip install 'polyclinic\[vllm\]', or use the backend transformers"):
        run(model=model, backend="vllm", out=tmp_path / "out", **fields)
