from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_language_model import save_tiny_model
from transformers import BloomConfig, BloomForCausalLM, Qwen2Config, Qwen2ForCausalLM

from polyclinic import models
from polyclinic.evals.cached_batches import plan_cached
from polyclinic.evals.journal import Journal
from polyclinic.evals.likelihood import Batch, answer, plan_batches
from polyclinic.evals.requests import Request, by_context, longest, windows
from polyclinic.evals.tree_batches import TreeBatch, plan_trees

TOKENS = st.lists(st.integers(0, 99), min_size=1, max_size=6).map(tuple)
REQUESTS = st.builds(Request, TOKENS, TOKENS)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return models.load_model(save_tiny_model(tmp_path_factory.mktemp("model")))


def one_at_a_time(model: Any, request: Request) -> float:
    """The slow way: one sequence, all logits, a softmax, a sum."""
    sequence = torch.tensor([request.context + request.continuation[:-1]])
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


def values_of(model: Any, batches: Iterable[Batch]) -> dict[Request, float]:
    with torch.inference_mode():
        return {
            request: value
            for batch in batches
            for request, value in zip(batch.requests, batch.ask(model), strict=True)
        }


def expected(model: Any, requests: list[Request]) -> dict[Request, Any]:
    return {request: pytest.approx(one_at_a_time(model, request), abs=1e-4) for request in requests}


@pytest.mark.parametrize("batch_tokens", [1, 40, 10_000])
def test_batches_give_what_one_sequence_at_a_time_gives(model: Any, batch_tokens: int) -> None:
    requests = some_requests()
    groups = by_context(requests)
    wanted = expected(model, requests)
    assert values_of(model, plan_cached(groups, batch_tokens, 300)) == wanted
    assert values_of(model, plan_trees(groups, batch_tokens, 300)) == wanted
    assert values_of(model, plan_batches(model, requests, batch_tokens)) == wanted


def test_a_tree_computes_a_shared_beginning_once(model: Any) -> None:
    requests = [Request((4, 5), (7, 8, 9, last)) for last in range(20, 30)]
    (batch,) = plan_batches(model, requests, 1000)
    assert isinstance(batch, TreeBatch)
    assert batch.tokens == 2 + 3
    assert values_of(model, [batch]) == expected(model, requests)


def test_a_model_without_a_key_value_cache_gives_the_same(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = some_requests()
    cached = values_of(model, plan_batches(model, requests, 100))
    monkeypatch.setattr(type(model), "_is_stateful", True)
    plain = plan_batches(model, requests, 100)
    assert not any(isinstance(batch, TreeBatch) for batch in plain)
    assert values_of(model, plain) == {request: pytest.approx(value, abs=1e-4) for request, value in cached.items()}


def test_a_model_with_a_sliding_window_is_not_asked_in_trees_and_gives_what_one_sequence_gives() -> None:
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
    batches = plan_batches(sliding, some_requests(), 100)
    assert not any(isinstance(batch, TreeBatch) for batch in batches)
    assert values_of(sliding, batches) == expected(sliding, some_requests())


def test_a_model_that_takes_positions_from_the_mask_is_not_asked_in_trees() -> None:
    torch.manual_seed(0)
    bloom = BloomForCausalLM(BloomConfig(vocab_size=300, hidden_size=32, n_layer=2, n_head=4, initializer_range=0.5))
    batches = plan_batches(bloom.eval(), some_requests(), 100)
    assert not any(isinstance(batch, TreeBatch) for batch in batches)
    assert values_of(bloom, batches) == expected(bloom, some_requests())


@given(st.lists(REQUESTS, max_size=30), st.integers(1, 60))
def test_every_distinct_request_is_in_one_batch_and_no_batch_is_too_large(
    requests: list[Request], batch_tokens: int
) -> None:
    groups = by_context(requests)
    cached = plan_cached(groups, batch_tokens, 100)
    trees = plan_trees(groups, batch_tokens, 100)
    for plan in (cached, trees):
        planned = [request for batch in plan for request in batch.requests]
        assert sorted(planned, key=repr) == sorted(set(requests), key=repr)
    for batch in cached:
        assert len({len(request.context) for request in batch.requests}) == 1
        widest = longest(batch.requests)
        assert len(batch.requests) == 1 or widest * len(batch.requests) <= batch_tokens
    for tree_batch in trees:
        padded = len(tree_batch.trees) * max(tree.length for tree in tree_batch.trees)
        assert len(tree_batch.trees) == 1 or padded <= batch_tokens


@given(st.permutations([Request((i % 3,), (i, i % 2)) for i in range(12)]))
def test_the_plan_depends_on_the_set_of_requests_not_on_their_order(requests: list[Request]) -> None:
    one, other = by_context(requests), by_context(sorted(requests, key=repr))
    assert plan_cached(one, 20, 100) == plan_cached(other, 20, 100)
    assert plan_trees(one, 20, 100) == plan_trees(other, 20, 100)


@given(TOKENS, st.lists(TOKENS, min_size=1, max_size=40))
def test_a_tree_has_a_node_for_every_beginning_that_goes_on(context: tuple[int, ...], found: list[Any]) -> None:
    (tree,) = (tree for batch in plan_trees({context: sorted(set(found))}, 10_000, 100) for tree in batch.trees)
    assert set(tree.nodes) == {one[:end] for one in found for end in range(1, len(one))}
    assert all(tree.nodes.get(one[:-1], -1) < node for one, node in tree.nodes.items())


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
        assert len(request.context) >= 1
        assert len(request.context) + len(request.continuation) <= window
        assert list(request.context) == sequence[place - len(request.context) : place]
        place += len(request.continuation)
    for request in asked[1:]:
        assert len(request.context) >= min(max(1, math.floor(window * share)), window - 1)


def test_a_model_that_returns_nan_answers_nan_where_it_does_and_nowhere_else(tmp_path: Path) -> None:
    broken = models.load_model(save_tiny_model(tmp_path / "broken", tie_word_embeddings=False)).eval()
    with torch.no_grad():
        broken.get_input_embeddings().weight[5] = math.nan
    requests = [Request((1, 2), (3, 5, 7)), Request((1, 2), (3, 6, 7)), Request((1, 2), (3, 5))]
    with Journal(tmp_path / "answers.jsonl", {}) as journal:
        answers = answer(broken, plan_batches(broken, requests, 100), journal, lambda tokens: None)
    assert math.isnan(answers[requests[0].key])
    for request in requests[1:]:
        assert answers[request.key] == pytest.approx(one_at_a_time(broken, request), abs=1e-4)
