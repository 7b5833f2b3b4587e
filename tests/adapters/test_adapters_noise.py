"""Knowledge and noise against plain loops written from the formulas, and what dropping and merging do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from medcare_models import FFN, shake, tiny, tokens

from polyclinic.adapters.knowledge import KnowledgeShape, attach_knowledge
from polyclinic.adapters.noise import NoiseShape, attach_noise, drop_noise, gates, lora_layers
from polyclinic.adapters.projections import find_projections
from polyclinic.errors import UserError

SHAPE = NoiseShape(experts=4, top_k=2, rank=3, scale=2.0)


def with_noise(model: Any, shape: NoiseShape = SHAPE, dropout: float = 0.0, seed: int = 0) -> Any:
    found = find_projections(model, "tiny")
    made = attach_knowledge(model, found, KnowledgeShape(4, 6, shape.scale, dropout), seed, "tiny")
    attach_noise(made, found.ffn, shape, torch.Generator().manual_seed(seed))
    return made


def slow_layer(layer: Any, x: torch.Tensor, shape: NoiseShape) -> torch.Tensor:
    """Token by token, expert by expert: softmax, the k largest, renormalised; section 2 of the reference."""
    rows = []
    a, b, router = (getattr(layer, f"lora_{n}")["default"] for n in ("noise_A", "noise_B", "router"))
    know_a, know_b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    for token in x.reshape(-1, x.shape[-1]):
        h = layer.base_layer.weight @ token
        if layer.base_layer.bias is not None:
            h = h + layer.base_layer.bias
        share = torch.softmax(router.weight @ token + router.bias, dim=0)
        chosen = share.argsort(descending=True)[: shape.top_k]
        total = share[chosen].sum()
        for i in chosen.tolist():
            ranks = slice(i * shape.rank, (i + 1) * shape.rank)
            h = h + share[i] / total * shape.scale * (b.weight[:, ranks] @ (a.weight[ranks] @ token))
        rows.append(h + shape.scale * (know_b @ (know_a @ token)))
    return torch.stack(rows).reshape(*x.shape[:-1], -1)


@pytest.mark.parametrize("family", ["qwen2", "phi3"])
def test_forward_and_gradients_are_those_of_the_formulas(family: str) -> None:
    model = with_noise(tiny(family).double())
    shake(model)
    for name, layer in lora_layers(model).items():
        if "mlp" not in name:
            continue
        x = torch.randn(2, 5, layer.in_features, dtype=torch.float64, requires_grad=True)
        slow_x = x.detach().clone().requires_grad_(True)
        weights = [p for p in layer.parameters() if p.requires_grad]
        assert len(weights) == 6
        fast = layer(x)
        slow = slow_layer(layer, slow_x, SHAPE)
        assert torch.allclose(fast, slow, atol=1e-6, rtol=0)  # the gates are float32
        pull = torch.randn_like(fast)
        got = torch.autograd.grad(fast, [x, *weights], pull)
        expected = torch.autograd.grad(slow, [slow_x, *weights], pull)
        for one, other in zip(got, expected, strict=True):
            assert torch.allclose(one, other, atol=3e-5, rtol=1e-5)


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 2e-5), (torch.bfloat16, 0.06)])
def test_the_layers_are_those_of_the_formulas_in_both_precisions(dtype: torch.dtype, close: float) -> None:
    model = with_noise(tiny())
    shake(model, size=0.1)
    model.to(dtype)
    layer = next(layer for name, layer in lora_layers(model).items() if name.endswith("up_proj"))
    x = torch.randn(64, layer.in_features, generator=torch.Generator().manual_seed(2)).to(dtype)
    with torch.no_grad():
        router = layer.lora_router["default"]
        logits = (x.float() @ router.weight.float().T + router.bias.float()).sort(descending=True).values
        clear = logits[:, 1] - logits[:, 2] > 0.05  # which experts are the best is no matter of rounding
    assert int(clear.sum()) > 32
    x = x[clear].requires_grad_(True)
    wide_x = x.detach().float().requires_grad_(True)
    fast = layer(x)
    pull = torch.randn(fast.shape, generator=torch.Generator().manual_seed(4))
    weights = [p for p in layer.parameters() if p.requires_grad]
    got = torch.autograd.grad(fast, [x, *weights], pull.to(dtype))
    layer.float()
    slow = slow_layer(layer, wide_x, SHAPE)
    expected = torch.autograd.grad(slow, [wide_x, *[p for p in layer.parameters() if p.requires_grad]], pull)
    assert float((fast.float() - slow).abs().max()) < close * float(slow.detach().abs().max())
    for one, other in zip(got, expected, strict=True):
        assert float((one.float() - other).norm()) < close * float(other.norm())


@given(
    st.integers(1, 8).flatmap(lambda e: st.tuples(st.just(e), st.integers(1, e))),
    st.integers(0, 2**31),
)
@settings(max_examples=40)
def test_gates_are_the_renormalised_shares_of_the_best(sizes: tuple[int, int], seed: int) -> None:
    experts, top_k = sizes
    logits = torch.randn(7, experts, generator=torch.Generator().manual_seed(seed)) * 4
    made = gates(logits, top_k)
    share = torch.softmax(logits, -1)
    best = share.topk(top_k, -1)
    expected = torch.zeros_like(share).scatter(-1, best.indices, best.values / best.values.sum(-1, keepdim=True))
    assert torch.allclose(made, expected, atol=1e-6)
    assert torch.allclose(made.sum(-1), torch.ones(7), atol=1e-6)
    assert int((made > 0).sum(-1).max()) <= top_k


def test_a_router_forced_to_one_expert_is_plain_lora_beside_the_knowledge() -> None:
    model = with_noise(tiny(), NoiseShape(4, 1, 3, 2.0))
    shake(model)
    layer = next(layer for name, layer in lora_layers(model).items() if name.endswith("down_proj"))
    with torch.no_grad():
        layer.lora_router["default"].weight.zero_()
        layer.lora_router["default"].bias.copy_(torch.tensor([0.0, 0, 9, 0]))
        x = torch.randn(6, layer.in_features)
        a, b = layer.lora_noise_A["default"].weight[6:9], layer.lora_noise_B["default"].weight[:, 6:9]
        know = layer.lora_B["default"](layer.lora_A["default"](x))
        expected = layer.base_layer(x) + 2.0 * (x @ a.T @ b.T) + 2.0 * know
        assert torch.allclose(layer(x), expected, atol=1e-5)


def test_a_fresh_aggregator_changes_nothing_and_dropping_the_noise_leaves_the_knowledge_bit_for_bit() -> None:
    plain, noisy = tiny(), with_noise(tiny())
    with torch.no_grad():
        assert torch.equal(noisy(tokens()).logits, plain(tokens()).logits)
        shake(noisy)
        kept = noisy(tokens()).logits
        drop_noise(noisy)
        dropped = noisy(tokens()).logits
        bare = tiny()
        never = attach_knowledge(bare, find_projections(bare, "t"), KnowledgeShape(4, 6, 2.0, 0.0), 0, "tiny")
        never.load_state_dict(noisy.state_dict())
        assert float((dropped - never(tokens()).logits).abs().max()) == 0.0
        assert float((kept - dropped).abs().max()) > 0.05
    assert not [name for name, _ in noisy.named_parameters() if "noise" in name or "router" in name]


def test_an_attempt_to_merge_routed_experts_fails_with_nothing_changed() -> None:
    model = with_noise(tiny())
    shake(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for merge in (
        model.merge_and_unload,
        lambda: model.merge_and_unload(safe_merge=True),
        model.merge_adapter,
    ):
        with pytest.raises(UserError, match="routed experts cannot be merged"):
            merge()
        after = model.state_dict()
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)


def test_dropout_is_on_attention_alone() -> None:
    layers = lora_layers(with_noise(tiny(), dropout=0.5))
    kinds = {name.rpartition(".")[2]: type(layer.lora_dropout["default"]).__name__ for name, layer in layers.items()}
    assert {kinds[name] for name in FFN} == {"Identity"}
    assert {kinds[name] for name in ("q_proj", "o_proj")} == {"Dropout"}


def test_every_noise_and_router_parameter_learns_from_the_first_steps() -> None:
    model = with_noise(tiny())
    shake(model, "noise_B", 0.01)
    shake(model, "lora_B", 0.01)
    model(tokens(8), labels=tokens(8)).loss.backward()
    silent = [name for name, p in model.named_parameters() if p.requires_grad and not p.grad.abs().sum()]
    assert not silent


def test_more_experts_asked_for_than_there_are_is_refused() -> None:
    with pytest.raises(UserError, match="top_k: 5, but there are 4 experts"):
        with_noise(tiny(), NoiseShape(4, 5, 3, 2.0))


def test_peft_still_calls_a_variant_as_the_layers_expect() -> None:
    """RoutedNoise and BesideKnowledge stand for PEFT's LoraVariant, which is private: what they must offer."""
    from peft.tuners.lora.layer import LoraVariant

    from polyclinic.adapters.aligner import BesideKnowledge
    from polyclinic.adapters.noise import RoutedNoise

    wanted = {name for name in vars(LoraVariant) if not name.startswith("_")}
    for ours in (RoutedNoise, BesideKnowledge):
        assert wanted <= set(vars(ours))
    calls: list[str] = []

    class Noted(RoutedNoise):
        def forward(self, module: Any, active_adapter: str, x: Any, result: Any, **given: Any) -> Any:
            calls.append(active_adapter)
            return super().forward(module, active_adapter, x, result, **given)

    model = with_noise(tiny())
    for layer in lora_layers(model).values():
        layer.lora_variant["default"] = Noted(SHAPE)
    model(tokens())
    assert calls == ["default"] * 14
