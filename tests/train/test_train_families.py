"""Every kind of training on every family of models, whole models; adapters are in test_train_lora."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from training_families import FAMILIES, make_family

from polyclinic.models import load_model
from polyclinic.train import dapt, dpo, pit, sft

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 0, "batch_size": 4,
                        "max_length": 64}  # fmt: skip
KINDS: dict[str, tuple[Any, dict[str, str], dict[str, Any]]] = {
    "dapt": (dapt, {"documents": "documents"}, {"steps": 2, "learning_rate": 1e-3}),
    "pit": (pit, {"documents": "documents", "samples": "tasks"}, {"phase1_epochs": 0.1, "phase2_epochs": 0.1}),
    "sft": (sft, {"samples": "instructions"}, {"steps": 2, "learning_rate": 1e-3}),
    "dpo": (dpo, {"preferences": "preferences"}, {"steps": 2, "learning_rate": 1e-3}),
}


@pytest.fixture(scope="module")
def families(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("families")
    return {name: make_family(name, model, folder / name) for name in FAMILIES}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_kind_trains_each_family_whole(
    kind: str, family: str, families: dict[str, Path], data: Path, tmp_path: Path
) -> None:
    function, paths, settings = KINDS[kind]
    base = families[family]
    given = {name: data / value for name, value in paths.items()}
    made = function(out=tmp_path / "m", model=base, **given, **settings, **FAST)
    before, after = (load_file(folder / "model.safetensors") for folder in (base, made))
    assert before.keys() == after.keys()  # tied heads stay tied, fused layers fused
    assert all(before[name].shape == after[name].shape for name in before)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert (made / "config.json").read_bytes() == (base / "config.json").read_bytes()
    network = load_model(made)
    tied = json.loads((base / "config.json").read_text()).get("tie_word_embeddings", True)
    head, embedding = network.get_output_embeddings().weight, network.get_input_embeddings().weight
    assert (head is embedding) == tied == (family != "llama")


@pytest.mark.parametrize("family", FAMILIES)
def test_packed_documents_are_apart_in_each_family(family: str, families: dict[str, Path]) -> None:
    network = load_model(families[family]).eval()
    ids = torch.randint(5, 300, (1, 20), generator=torch.Generator().manual_seed(0))
    positions = torch.cat([torch.arange(9), torch.arange(11)])[None]
    with torch.no_grad():
        packed = network(input_ids=ids, position_ids=positions, use_cache=False).logits[:, 9:]
        alone = network(input_ids=ids[:, 9:], use_cache=False).logits
        joined = network(input_ids=ids, use_cache=False).logits[:, 9:]
    assert torch.allclose(packed, alone, atol=1e-5)
    assert not torch.allclose(joined, alone, atol=1e-3)
