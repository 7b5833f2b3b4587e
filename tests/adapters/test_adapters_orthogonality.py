"""The penalties and the projection: what they are, that their gradients are real, that the projection holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from medcare_models import FFN, shake, tiny, tokens
from two_processes import aligned, gradients

from polyclinic.adapters.aligner import AlignerShape, attach_aligner
from polyclinic.adapters.low_rank import Pair
from polyclinic.adapters.orthogonality import (
    Orthogonality,
    Projection,
    Rows,
    column_overlap,
    penalty,
    row_overlap,
    row_pairs,
)
from polyclinic.errors import UserError


def aligner_gradients(model: Any) -> list[float]:
    return [float(rows.aligner.grad.norm()) for rows in row_pairs(model)]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["penalty_norm", "penalty_published"])
def test_the_penalty_is_the_formula(kind: Orthogonality) -> None:
    model = aligned(True)
    terms = []
    for rows in row_pairs(model):
        total = 0.0
        for k in rows.knowledge:
            for a in rows.aligner:
                product = float(k.detach() @ a.detach())
                length = float(k.detach().norm() * a.detach().norm())
                total += abs(product) if kind == "penalty_published" else (product / length) ** 2
        terms.append(total if kind == "penalty_published" else total / rows.aligner.shape[0])
    expected = sum(terms) if kind == "penalty_published" else sum(terms) / len(terms)
    assert float(penalty(row_pairs(model), kind).detach()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["penalty_norm", "penalty_published"])
@pytest.mark.parametrize("way", ["plain", "accumulated", "bfloat16", "checkpointed"])
def test_the_penalty_pulls_at_the_aligner_itself(kind: Orthogonality, way: str) -> None:
    model = aligned(True)
    alone = torch.autograd.grad(penalty(row_pairs(model), kind), [rows.aligner for rows in row_pairs(model)])
    if way == "checkpointed":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    parts = 2 if way == "accumulated" else 1

    def step(weight: float) -> list[torch.Tensor]:
        model.zero_grad()
        for batch in tokens(4).chunk(parts):
            with torch.autocast("cpu", torch.bfloat16, enabled=way == "bfloat16"):
                loss = model(batch, labels=batch).loss
                total = loss / parts + weight * penalty(row_pairs(model), kind) / parts
            total.backward()
        return [rows.aligner.grad.clone() for rows in row_pairs(model)]  # type: ignore[union-attr]

    without, with_it = step(0.0), step(1.0)
    for one, other, pull in zip(without, with_it, alone, strict=True):
        assert float(pull.norm()) > 0
        assert torch.allclose(other - one, pull, atol=1e-4 * float(pull.norm()), rtol=1e-3)


def test_two_processes_get_the_gradients_of_one_under_ddp_and_fsdp2(tmp_path: Path) -> None:
    model = aligned(True)
    rows = tokens(8)
    # A process takes two rows of each accumulated batch: its half of the batch that one process takes as a whole.
    order = torch.cat([rows[[0, 1, 4, 5]], rows[[2, 3, 6, 7]]])
    expected = gradients(model, model, "penalty_norm", order)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "0"]
    command += ["--rdzv_backend", "c10d", "--rdzv_endpoint", "localhost:0"]
    command += [str(Path(__file__).with_name("two_processes.py")), str(tmp_path)]
    done = subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for way in ("ddp", "fsdp2"):
        made = torch.load(tmp_path / f"{way}.pt", weights_only=True)
        assert made["inside"] < 1e-6
        assert made["gradients"].keys() == expected.keys()
        for name, gradient in made["gradients"].items():
            assert torch.allclose(gradient, expected[name], atol=2e-6, rtol=1e-4), (way, name)
            if "lora_A.default" in name:
                assert gradient.abs().sum() > 0


def test_projection_keeps_the_aligner_out_through_a_thousand_steps_of_adamw() -> None:
    generator = torch.Generator().manual_seed(0)
    knowledge = torch.randn(32, 96, generator=generator)
    aligner = torch.nn.Parameter(torch.randn(32, 96, generator=generator) / 10)
    target = torch.randn(32, 96, generator=generator)
    projection = Projection([Rows("m", knowledge, aligner)], refresh=False)
    optimizer = torch.optim.AdamW([aligner], lr=1e-2)
    worst = 0.0
    for step in range(1000):
        optimizer.zero_grad()
        (aligner - target).square().sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % 100 == 98:
            assert row_overlap(knowledge, aligner) > 1e-4  # AdamW alone pulls it back in
        projection.apply()
        worst = max(worst, row_overlap(knowledge, aligner)) if step % 50 == 49 else worst
    assert worst < 1e-6
    assert float((aligner - target).detach().norm()) < 0.7 * float(target.norm())  # it has learnt what it may


@given(st.integers(1, 6), st.integers(1, 6), st.integers(8, 20), st.integers(0, 2**31))
@settings(max_examples=30)
def test_overlaps_lie_between_nothing_and_everything(one: int, other: int, size: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(one, size, generator=generator), torch.randn(other, size, generator=generator)
    assert 0 <= row_overlap(a, b) <= 1 + 1e-9
    assert row_overlap(a, torch.randn(3, one, generator=generator) @ a) == pytest.approx(1)
    assert column_overlap(a.T, b.T) == pytest.approx(row_overlap(a, b))
    left = torch.nn.Parameter(b.clone())
    Projection([Rows("m", a, left)], refresh=True).apply()
    assert row_overlap(a, left) < 1e-6
    assert column_overlap(a.T, torch.zeros(size, other)) == 0


def test_knowledge_that_takes_all_directions_leaves_none_to_project_into() -> None:
    full = Rows("model.x", torch.randn(8, 8), torch.nn.Parameter(torch.randn(2, 8)))
    with pytest.raises(UserError, match=r"beside model\.x has rank 8, and its input 8 directions"):
        Projection([full], refresh=False)


def knowledge_of(base: Any, rank: int = 6) -> dict[str, Pair]:
    generator = torch.Generator().manual_seed(0)
    return {
        name: Pair(
            torch.randn(rank, m.in_features, generator=generator),
            torch.randn(m.out_features, rank, generator=generator) / 5,
            1.5,
        )
        for name, m in base.named_modules()
        if name.rpartition(".")[2] in FFN
    }


def test_the_aligner_lies_beside_the_knowledge_as_the_formula_says_and_shares_its_dropout() -> None:
    base = tiny()
    known = knowledge_of(base)
    model = attach_aligner(base, known, FFN, AlignerShape(4, 2.0, 0.5), trainable=False, seed=0, base="tiny").train()
    shake(model, "lora_B", 0.2)
    layer = model.get_submodule("base_model.model.model.layers.0.mlp.up_proj")
    x = torch.ones(3, 32)
    torch.manual_seed(7)
    got = layer(x)
    torch.manual_seed(7)
    seen = torch.nn.functional.dropout(x, 0.5)
    pair = known["model.layers.0.mlp.up_proj"]
    expected = layer.base_layer(x) + 1.5 * seen @ pair.a.T @ pair.b.T
    expected = expected + 2.0 * seen @ layer.lora_A["default"].weight.T @ layer.lora_B["default"].weight.T
    assert torch.allclose(got, expected, atol=1e-5)
    trained = {name.split(".lora_")[1] for name, p in model.named_parameters() if p.requires_grad}
    assert trained == {"A.default.weight", "B.default.weight"}


def test_merged_knowledge_and_aligner_give_the_logits_of_the_adapters() -> None:
    base = tiny()
    model = attach_aligner(
        base, knowledge_of(base), FFN, AlignerShape(4, 2.0, 0.05), trainable=True, seed=0, base="tiny"
    ).eval()
    shake(model, "lora_B", 0.05)
    with torch.no_grad():
        before = model(tokens()).logits
        model.merge_adapter()
        merged = model(tokens()).logits
        model.unmerge_adapter()
        again = model(tokens()).logits
        whole = model.merge_and_unload()(tokens()).logits
    assert float((merged - before).abs().max()) < 1e-5
    assert float((again - before).abs().max()) < 1e-5
    assert float((whole - before).abs().max()) < 1e-5
    assert float((before - tiny()(tokens()).logits.detach()).abs().max()) > 0.01


def test_knowledge_of_another_model_is_refused() -> None:
    wide = tiny(hidden_size=40)
    with pytest.raises(UserError, match=r"gate_proj is 48 x 32 in it, in the model 48 x 40"):
        attach_aligner(
            wide, knowledge_of(tiny()), FFN, AlignerShape(), trainable=False, seed=0, base="w", place="knowledge"
        )
    with pytest.raises(UserError, match="which the model lacks"):
        attach_aligner(
            tiny("phi3"), knowledge_of(tiny()), ("down_proj",), AlignerShape(), trainable=False, seed=0, base="w"
        )
    attention = {"model.layers.0.self_attn.q_proj": Pair(torch.zeros(2, 32), torch.zeros(32, 2), 1.0)}
    with pytest.raises(UserError, match="holds nothing for the FFN projections"):
        attach_aligner(tiny(), attention, FFN, AlignerShape(), trainable=False, seed=0, base="w")
