from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_language_model import save_tiny_model
from transformers import Qwen2Config, Qwen2ForCausalLM

from polyclinic import models
from polyclinic.evals.likelihood import Request, log_likelihoods, plan_batches, windows

TOKENS = st.lists(st.integers(0, 99), min_size=1, max_size=6).map(tuple)
REQUESTS = st.builds(Request, TOKENS, TOKENS)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return models.load_model(save_tiny_model(tmp_path_factory.mktemp("model")))


def one_at_a_time(model: Any, request: Request) -> float:
    """The slow way: one sequence, all logits, a softmax, a sum."""
    sequence = torch.tensor([request.context + request.continuation])
    with torch.no_grad():
        log_p = torch.log_softmax(model(input_ids=sequence, use_cache=False).logits[0].double(), dim=-1)
    start = len(request.context)
    return sum(float(log_p[start + i - 1, token]) for i, token in enumerate(request.continuation))


def some_requests() -> list[Request]:
    generator = torch.Generator().manual_seed(0)

    def tokens(length: int) -> tuple[int, ...]:
        return tuple(torch.randint(0, 290, (length,), generator=generator).tolist())

    contexts = [tokens(length) for length in (1, 4, 4, 4, 9)]
    return [Request(context, tokens(length)) for context in contexts for length in (1, 2, 5, 5, 8)]


@pytest.mark.parametrize("batch_tokens", [1, 40, 10_000])
def test_batches_give_what_one_sequence_at_a_time_gives(model: Any, batch_tokens: int) -> None:
    requests = some_requests()
    found = {}
    with torch.inference_mode():
        for batch in plan_batches(requests, batch_tokens, 300):
            found.update(zip(batch.requests, log_likelihoods(model, batch.requests), strict=True))
    assert found == {request: pytest.approx(one_at_a_time(model, request), abs=1e-4) for request in requests}


def test_a_model_without_a_key_value_cache_gives_the_same(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [request for request in some_requests() if len(request.context) == 4]
    with torch.inference_mode():
        cached = log_likelihoods(model, requests)
        monkeypatch.setattr(type(model), "_is_stateful", True)
        plain = log_likelihoods(model, requests)
    assert plain == pytest.approx(cached, abs=1e-4)


def test_a_sliding_window_shorter_than_the_sequence_gives_what_one_sequence_gives() -> None:
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        use_sliding_window=True,
        sliding_window=5,
        max_window_layers=1,
        initializer_range=0.5,
    )
    sliding = Qwen2ForCausalLM(config).eval()
    requests = [request for request in some_requests() if len(request.context) == 9]
    with torch.inference_mode():
        found = log_likelihoods(sliding, requests)
    assert found == pytest.approx([one_at_a_time(sliding, request) for request in requests], abs=1e-4)


@given(st.lists(REQUESTS, max_size=30), st.integers(1, 60))
def test_every_distinct_request_is_in_one_batch_and_no_batch_is_too_large(
    requests: list[Request], batch_tokens: int
) -> None:
    batches = plan_batches(requests, batch_tokens, 100)
    planned = [request for batch in batches for request in batch.requests]
    assert sorted(planned, key=repr) == sorted(set(requests), key=repr)
    for batch in batches:
        assert len({len(request.context) for request in batch.requests}) == 1
        widest = max(len(request.context) + len(request.continuation) for request in batch.requests)
        assert len(batch.requests) == 1 or widest * len(batch.requests) <= batch_tokens


@given(st.permutations([Request((i % 3,), (i, i % 2)) for i in range(12)]))
def test_the_plan_depends_on_the_set_of_requests_not_on_their_order(requests: list[Request]) -> None:
    assert plan_batches(requests, 20, 100) == plan_batches(sorted(requests, key=repr), 20, 100)


@given(
    st.lists(st.integers(0, 99), max_size=60),
    st.one_of(st.none(), st.just(7)),
    st.integers(2, 20),
    st.floats(0, 0.9),
)
def test_windows_ask_for_every_token_once_and_fit(
    tokens: list[int], first: int | None, window: int, share: float
) -> None:
    asked = list(windows(tokens, first, window, share))
    continued = [token for request in asked for token in request.continuation]
    assert continued == (tokens if first is not None else tokens[1:])
    sequence = ([] if first is None else [first]) + tokens
    place = 1
    for request in asked:
        assert 1 <= len(request.context) and len(request.context) + len(request.continuation) <= window
        assert list(request.context) == sequence[place - len(request.context) : place]
        place += len(request.continuation)
    for request in asked[1:]:
        assert len(request.context) >= min(max(1, math.floor(window * share)), window - 1)


def test_a_model_that_returns_nan_answers_nan(tmp_path: Path) -> None:
    broken = models.load_model(save_tiny_model(tmp_path / "broken"))
    with torch.no_grad():
        broken.get_input_embeddings().weight[5] = math.nan
    with torch.inference_mode():
        fine, bad = log_likelihoods(broken, [Request((1, 2), (3,)), Request((1, 5), (3,))])
    assert math.isnan(bad)
    assert math.isnan(fine)  # the embedding is tied to the output, so every softmax has it
