"""What a training would take: the formula against what torch keeps, tokens and steps against what was trained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from polyclinic.errors import UserError
from polyclinic.models import load_model
from polyclinic.pipeline import Store, load_recipe, make_plan
from polyclinic.shown_plan import plan_lines, plan_rows
from polyclinic.train import dapt, dpo, pit, sft
from polyclinic.train.budget import training_budget
from polyclinic.train.devices import KNOWN, Device
from polyclinic.train.lora import with_lora
from polyclinic.train.lora_settings import LoraSettings
from polyclinic.train.memory import LIBRARIES, StepSize, lora_weights, memory_needed, operations_per_token, shapes_of

ROOM = (LIBRARIES + 14e6) / 0.9  # for the libraries and a little more
SMALL = Device("a small one", ROOM, {"float32": 1e12, "bfloat16": 2e12}, accelerator=False)


def kept_bytes(model: Any, rows: int, length: int, half: bool, isolated: bool) -> int:
    """What torch keeps from the forward to the backward pass beside the weights, casts of weights included."""
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.randint(5, 300, (rows, length), generator=torch.Generator().manual_seed(0))
    more = {"position_ids": torch.arange(length // 2).repeat(2)[None].repeat(rows, 1)} if isolated else {}
    model.config.use_cache = False
    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda t: t),
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=half),
    ):
        model(input_ids=ids, labels=ids, **more)
    return sum(kept.values())


@pytest.mark.parametrize(("half", "held"), [(False, "float32"), (True, "float32"), (True, "bfloat16")])
def test_the_activations_of_lora_are_near_those_that_torch_keeps(model: Path, half: bool, held: str) -> None:
    shapes = shapes_of(model)
    size = StepSize(16, 64, half, lora_weights(shapes, 2), on_processor=True, base_half=held == "bfloat16")
    found = memory_needed(shapes, size)
    casts = 2 * shapes.linear_weights if half and held == "float32" else 0
    network = with_lora(load_model(model, held), LoraSettings(rank=2), 0, model).train()
    kept = kept_bytes(network, 16, 64, half, False)
    assert kept == pytest.approx(found["activations"] + 16 * 64 * shapes.vocabulary * 4 + casts, rel=0.15)
    own = sum(p.nbytes for p in network.parameters())
    assert found["weights"] - casts == pytest.approx(own, rel=0.01)


def test_the_budget_of_lora_knows_in_what_type_the_base_lies(data: Path, model: Path) -> None:
    given = {"model": model, "samples": [data / "instructions"], "max_length": 64, "lora": {"rank": 4}}
    shapes = shapes_of(model)
    matrices = 4 * lora_weights(shapes, 4)
    for device, options, expected in (
        (KNOWN[1], {}, 2 * shapes.weights),
        (
            KNOWN[1],
            {"lora": {"rank": 4, "base_precision": "float32"}},
            4 * shapes.weights + 2 * shapes.linear_weights,
        ),
        (KNOWN[1], {"precision": "float32"}, 4 * shapes.weights),
        (SMALL, {}, 4 * shapes.weights + 2 * shapes.linear_weights),
    ):
        budget = training_budget(sft.settings(**(given | options)), device=device)
        assert budget["memory"]["weights"] == expected + matrices
        assert ("allocator" in str(budget["lines"])) == (device is SMALL)


@pytest.mark.parametrize(("half", "isolated"), [(False, False), (True, False), (False, True)])
def test_the_activations_of_the_formula_are_those_that_torch_keeps(model: Path, half: bool, isolated: bool) -> None:
    shapes = shapes_of(model)
    size = StepSize(rows=16, length=64, half=half, isolated=isolated, on_processor=True)
    found = memory_needed(shapes, size)
    # Of the head the log-probabilities are kept; logits and gradients come and go in the backward pass.
    head = 16 * 64 * shapes.vocabulary * 4
    expected = found["activations"] + head + (2 * shapes.linear_weights if half else 0)
    assert kept_bytes(load_model(model).train(), 16, 64, half, isolated) == pytest.approx(expected, rel=0.06)


def test_shapes_are_those_of_the_model(model: Path) -> None:
    shapes, loaded = shapes_of(model), load_model(model)
    assert shapes.weights == loaded.num_parameters()
    linear = [m for n, m in loaded.named_modules() if isinstance(m, torch.nn.Linear) and "head" not in n]
    assert len(shapes.linear) == len(linear)
    assert lora_weights(shapes, 4) == sum(4 * (m.in_features + m.out_features) for m in linear)
    full = operations_per_token(shapes, StepSize(1, 64))
    assert full == pytest.approx(6 * shapes.linear_weights + 6 * shapes.layers * shapes.hidden * 64)
    assert operations_per_token(shapes, StepSize(1, 64, trained=lora_weights(shapes, 4))) < 0.8 * full
    assert operations_per_token(shapes, StepSize(1, 64, checkpointing=True)) == pytest.approx(full * 4 / 3)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (dapt, {"documents": ["documents"], "packing": "best_fit"}),
        (dapt, {"documents": ["documents"], "packing": "one_document", "epochs": 2}),
        (pit, {"documents": ["documents"], "samples": ["tasks"], "phase1_epochs": 1, "phase2_epochs": 2}),
        (sft, {"samples": ["instructions"]}),
        (dpo, {"preferences": ["preferences"]}),
    ],
)
def test_tokens_and_steps_are_near_those_of_the_training(
    kind: Any, fields: dict[str, Any], data: Path, model: Path, tmp_path: Path
) -> None:
    paths = {k: [data / name for name in v] if isinstance(v, list) else v for k, v in fields.items()}
    given = {
        "model": model,
        "max_length": 64,
        "batch_size": 8,
        "gradient_accumulation": 1,
        "warmup_steps": 1,
        **paths,
    }
    settings = kind.settings(**given, precision="float32")
    budget = kind.budget(settings, 1)
    made = kind(out=tmp_path / "m", precision="float32", **given)
    facts = json.loads((made / "manifest.json").read_text())["facts"]
    assert budget["tokens"] == pytest.approx(facts["tokens"], rel=0.15)
    assert budget["steps"] == pytest.approx(facts["steps"], rel=0.15, abs=1)


def test_what_does_not_fit_is_said_with_changes_that_make_it_fit(data: Path, model: Path) -> None:
    given = {"model": model, "documents": [data / "documents"], "max_length": 64, "precision": "float32"}
    settings = dapt.settings(**given, batch_size=16, gradient_accumulation=2)
    budget = training_budget(settings, device=SMALL)
    assert not budget["fits"]
    assert any(line.startswith("does not fit a small one") for line in budget["lines"])
    smaller = int(re.findall(r"batch_size: (\d+)", budget["advice"][0])[0])
    again = training_budget(dapt.settings(**given, batch_size=smaller, gradient_accumulation=32 // smaller), 1, SMALL)
    assert again["fits"]
    assert again["steps"] == budget["steps"]
    assert set(budget["hours"]) == {"a small one", *(known.name for known in KNOWN)}


def test_what_is_not_made_yet_is_said_to_be_unknown(data: Path, model: Path) -> None:
    settings = dapt.settings(model="$base", documents=[data / "documents"])
    assert training_budget(settings)["lines"] == ["what it takes is known when $base is made"]
    settings = dapt.settings(model=model, documents=["$texts"])
    assert training_budget(settings, device=SMALL)["tokens"] is None


def test_a_configuration_without_shapes_is_refused(tmp_path: Path, model: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "x"}')
    with pytest.raises(UserError, match="no hidden_size"):
        shapes_of(tmp_path)


def test_the_plan_says_what_each_training_takes_also_of_a_model_that_is_not_made_yet(
    data: Path, model: Path, tmp_path: Path
) -> None:
    steps = {
        "aligned": {"uses": "train.sft", "model": str(model), "samples": str(data / "instructions")},
        "preferred": {
            "uses": "train.dpo", "model": "$aligned", "preferences": str(data / "preferences"), "lora": {"rank": 4},
        },
    }  # fmt: skip
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({"steps": steps}))
    plan = make_plan(load_recipe(tmp_path / "r.yaml"), Store(tmp_path / "store"))
    first, second = (row["budget"] for row in plan_rows(plan))
    assert (first["steps"], second["steps"]) == (1, 1)  # 2 x 32 samples of 256, 32 pairs of 128
    assert second["memory"]["optimizer"] < first["memory"]["optimizer"]
    assert sum(line.strip().startswith("memory: ") for line in plan_lines(plan)) == 2
