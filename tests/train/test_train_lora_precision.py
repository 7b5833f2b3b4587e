"""LoRA beside a model that lies in memory in bfloat16."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from several_processes import Forked, kill_in

from polyclinic.errors import UserError
from polyclinic.models import load_model
from polyclinic.train import dpo, sft
from polyclinic.train.lora import load_trainable
from polyclinic.train.lora_settings import LoraSettings
from polyclinic.train.sft import SftSettings

HALF = {"rank": 4, "alpha": 8, "base_precision": "bfloat16"}
FAST: dict[str, Any] = {
    "precision": "bfloat16",
    "gradient_accumulation": 1,
    "warmup_steps": 1,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "checkpoint_every": 3,
    "log_every": 1,
    "steps": 8,
}


def losses_of(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "training_log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def aligned(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter trained beside a base in bfloat16."""
    out = tmp_path_factory.mktemp("half") / "adapter"
    return sft(out=out, seed=7, model=model, samples=data / "instructions", lora=HALF, **FAST)


def test_the_base_is_bfloat16_and_the_matrices_float32(data: Path, model: Path) -> None:
    settings = SftSettings(model=model, samples=[data / "instructions"], lora=LoraSettings(**HALF))
    network, _ = load_trainable(settings, 0)
    kinds = {p.requires_grad: p.dtype for p in network.parameters()}
    assert kinds == {True: torch.float32, False: torch.bfloat16}


def test_it_learns_as_beside_a_base_in_float32_and_writes_float32(
    data: Path, model: Path, aligned: Path, tmp_path: Path
) -> None:
    lora = HALF | {"base_precision": "float32"}
    exact = sft(out=tmp_path / "a", seed=7, model=model, samples=data / "instructions", lora=lora, **FAST)
    assert losses_of(aligned)[-1] < losses_of(aligned)[0] - 0.1
    assert losses_of(aligned) == pytest.approx(losses_of(exact), abs=0.05)
    assert losses_of(aligned) != losses_of(exact)
    assert {t.dtype for t in load_file(aligned / "adapter_model.safetensors").values()} == {torch.float32}
    facts = [json.loads((folder / "manifest.json").read_text())["facts"] for folder in (aligned, exact)]
    assert [one["base_precision"] for one in facts] == ["bfloat16", "float32"]


def test_a_killed_run_ends_with_the_undisturbed_adapter(
    data: Path, model: Path, aligned: Path, tmp_path: Path
) -> None:
    fields = {"model": model, "samples": data / "instructions", "lora": HALF, **FAST}
    kill_in("train.sft", fields, tmp_path / "out", "torch:Tensor.backward", 5)
    made = sft(out=tmp_path / "out", seed=7, **fields)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        assert (made / name).read_bytes() == (aligned / name).read_bytes()


def test_multiplied_in_it_leaves_the_base_as_exact_as_it_was(
    data: Path, model: Path, aligned: Path, tmp_path: Path
) -> None:
    lora = HALF | {"output": "model"}
    whole = sft(out=tmp_path / "m", seed=7, model=model, samples=data / "instructions", lora=lora, **FAST)
    before, after = load_model(model).state_dict(), load_model(whole).state_dict()
    matrices = load_file(aligned / "adapter_model.safetensors")
    name = "model.layers.0.mlp.down_proj"
    a, b = (matrices[f"base_model.model.{name}.lora_{part}.weight"] for part in "AB")
    assert torch.allclose(after[f"{name}.weight"], before[f"{name}.weight"] + 2 * b @ a, atol=1e-6)
    assert torch.equal(after["model.norm.weight"], before["model.norm.weight"])
    assert torch.equal(after["model.embed_tokens.weight"], before["model.embed_tokens.weight"])


def test_pairs_in_two_processes_with_a_sharded_half_base_have_the_losses_of_one(
    data: Path, model: Path, aligned: Path, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"model": model, "adapter": aligned, "preferences": data / "preferences"}
    fields |= FAST | {"steps": 3, "learning_rate": 1e-3, "lora": {"base_precision": "bfloat16"}}
    alone = dpo(out=tmp_path / "one", **fields)
    made = dpo(out=tmp_path / "two", sharding="full", launch=Forked(2), **fields)
    assert losses_of(alone)[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses_of(made) == pytest.approx(losses_of(alone), abs=5e-3)


def test_what_is_held_follows_machine_and_precision() -> None:
    assert LoraSettings().base_type("bfloat16", accelerator=True) == "bfloat16"
    assert LoraSettings().base_type("bfloat16", accelerator=False) == "float32"
    assert LoraSettings().base_type("float32", accelerator=True) == "float32"
    assert LoraSettings(base_precision="float32").base_type("bfloat16", accelerator=True) == "float32"


def test_half_weights_want_half_arithmetic(data: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lora\.base_precision: bfloat16 goes with precision: bfloat16"):
        sft(out=tmp_path / "m", model=model, samples=data / "instructions", lora=HALF, precision="float32")
