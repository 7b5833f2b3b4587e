from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from training_families import FAMILIES, make_family

from polyclinic.adapter_folder import base_fingerprint, put_adapter
from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.evals import run
from polyclinic.merge import linear
from polyclinic.models import load_model, load_tokenizer
from polyclinic.pipeline import load_recipe
from polyclinic.train import dapt, dpo, pit, sft
from polyclinic.train.lora import target_names
from polyclinic.train.lora_settings import LoraSettings

FAST: dict[str, Any] = {"precision": "float32", "gradient_accumulation": 1, "warmup_steps": 1, "steps": 3,
                        "batch_size": 4, "max_length": 64}  # fmt: skip
LORA = {"rank": 4, "alpha": 8}
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "dapt": (dapt, {"documents": "documents", "packing": "wrapped"}),
    "pit": (pit, {"documents": "documents", "samples": "tasks", "phase1_epochs": 0.2, "phase2_epochs": 0.1}),
    "sft": (sft, {"samples": "instructions"}),
    "dpo": (dpo, {"preferences": "preferences"}),
}


def train(kind: str, data: Path, model: Path, out: Path, **settings: Any) -> Path:
    function, options = KINDS[kind]
    paths = {k: data / v if v in ("documents", "tasks", "instructions", "preferences") else v
             for k, v in options.items()}  # fmt: skip
    fast = {k: v for k, v in FAST.items() if not (kind == "pit" and k == "steps")}
    rates = {"phase1_learning_rate": 1e-2, "phase2_learning_rate": 1e-2} if kind == "pit" else {"learning_rate": 1e-2}
    made: Path = function(out=out, model=model, **{**fast, **rates, **paths, **settings})
    return made


@pytest.fixture(scope="session")
def families(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("families")
    return {name: make_family(name, model, folder / name) for name in FAMILIES}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_kind_makes_an_adapter_of_each_family_that_peft_loads(
    kind: str, family: str, families: dict[str, Path], data: Path, tmp_path: Path
) -> None:
    base = families[family]
    before = {p.name: p.read_bytes() for p in base.iterdir()}
    made = train(kind, data, base, tmp_path / "a", lora=LORA)
    assert {p.name for p in made.iterdir()} >= {"adapter_config.json", "adapter_model.safetensors", "base.json"}
    manifest = read_manifest(made)
    assert manifest is not None
    assert manifest.output == "adapter"
    assert json.loads((made / "base.json").read_text())["fingerprint"] == base_fingerprint(base)
    loaded = PeftModel.from_pretrained(load_model(base), str(made))
    assert all(float(t.abs().max()) > 0 for n, t in load_file(made / "adapter_model.safetensors").items())
    assert manifest.facts["trained_parameters"] == sum(
        p.numel() for n, p in loaded.named_parameters() if "lora_" in n
    )
    assert {p.name: p.read_bytes() for p in base.iterdir()} == before


def test_targets_are_resolved_by_family(families: dict[str, Path]) -> None:
    split = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
    for family in ("llama", "qwen2", "gemma2"):
        network = load_model(families[family])
        assert target_names(network, ["all-linear"]) == split
        assert target_names(network, ["attention"]) == ["k_proj", "o_proj", "q_proj", "v_proj"]
        assert target_names(network, ["mlp", "q_proj"]) == ["down_proj", "gate_proj", "q_proj", "up_proj"]
    phi = load_model(families["phi3"])
    assert target_names(phi, ["all-linear"]) == ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"]
    assert target_names(phi, ["attention"]) == ["o_proj", "qkv_proj"]
    with pytest.raises(UserError, match=r"q_proj is no layer of .*; here it is part of qkv_proj; it has down_proj"):
        target_names(phi, ["o_proj", "q_proj"])
    assert target_names(phi, ["layers.1.mlp.down_proj"]) == ["1.mlp.down_proj"]


def test_merging_is_one_with_the_adapter_and_as_output_model(data: Path, model: Path, tmp_path: Path) -> None:
    adapter = train("sft", data, model, tmp_path / "adapter", lora=LORA)
    whole = train("sft", data, model, tmp_path / "model", lora={**LORA, "output": "model"})
    merged = linear(out=tmp_path / "merged", base=model, models=[adapter])
    ids = torch.arange(20)[None]
    with torch.no_grad():
        expected = put_adapter(load_model(model), adapter).eval()(ids).logits
        for folder in (whole, merged):
            assert torch.allclose(load_model(folder).eval()(ids).logits, expected, atol=1e-5)
    manifest = read_manifest(whole)
    assert manifest is not None
    assert manifest.output == "model"
    assert (whole / "config.json").read_bytes() == (model / "config.json").read_bytes()


def test_an_adapter_is_gone_on_from_by_sft_then_dpo(data: Path, model: Path, tmp_path: Path) -> None:
    first = train("sft", data, model, tmp_path / "1", lora=LORA)
    further = train("dpo", data, model, tmp_path / "2", adapter=first, lora={}, log_every=1)
    losses = [json.loads(line)["loss"] for line in (further / "training_log.jsonl").read_text().splitlines()]
    # The reference is the model with the first adapter: the first step's loss is log 2, whatever the adapter.
    assert losses[0] == pytest.approx(0.6931, abs=1e-4)
    one, two = (load_file(folder / "adapter_model.safetensors") for folder in (first, further))
    assert one.keys() == two.keys()
    assert not any(torch.equal(one[name], two[name]) for name in one)
    assert sorted(p.name for p in further.iterdir()) == sorted(p.name for p in first.iterdir())
    whole = train("sft", data, model, tmp_path / "3", adapter=further)
    manifest = read_manifest(whole)
    assert manifest is not None
    assert manifest.output == "model"
    with pytest.raises(UserError, match=r"lora\.rank: 8, but .* has 4; leave the field out"):
        train("sft", data, model, tmp_path / "4", adapter=first, lora={"rank": 8})


def test_an_adapter_of_another_base_is_refused_by_all_who_take_one(data: Path, model: Path, tmp_path: Path) -> None:
    adapter = train("sft", data, model, tmp_path / "adapter", lora=LORA)
    other = train("sft", data, model, tmp_path / "other")
    match = r"this adapter was trained on tiny with the fingerprint \w{12}, .*other has \w{12}; give its own base"
    for kind in ("sft", "dpo"):
        with pytest.raises(UserError, match=match):
            train(kind, data, other, tmp_path / "m", adapter=adapter, lora={})
    with pytest.raises(UserError, match=match):
        linear(out=tmp_path / "m", base=other, models=[adapter])
    with pytest.raises(UserError, match=match):
        run(out=tmp_path / "s", model=other, adapter=adapter, samples=data / "instructions")
    assert not (tmp_path / "m").exists()
    # A copy of the base elsewhere is the base.
    shutil.copytree(model, tmp_path / "copy")
    train("sft", data, tmp_path / "copy", tmp_path / "again", adapter=adapter, lora={})


def test_an_adapter_of_another_family_is_refused_by_its_tensors(
    data: Path, families: dict[str, Path], tmp_path: Path
) -> None:
    adapter = train("sft", data, families["phi3"], tmp_path / "phi", lora=LORA)
    (adapter / "base.json").unlink()  # as one from elsewhere
    with pytest.raises(UserError, match=r"the adapter cannot be put on this model"):
        put_adapter(load_model(families["qwen2"]), adapter)


def test_a_pickled_adapter_is_refused(data: Path, model: Path, tmp_path: Path) -> None:
    made = get_peft_model(load_model(model), LoraConfig(target_modules=["q_proj"], task_type="CAUSAL_LM"))
    made.save_pretrained(tmp_path / "a")
    torch.save({}, tmp_path / "a" / "adapter_model.bin")
    (tmp_path / "a" / "adapter_model.safetensors").unlink()
    with pytest.raises(UserError, match=r"only pickled weights here \(adapter_model\.bin\)"):
        train("sft", data, model, tmp_path / "m", adapter=tmp_path / "a")


def test_two_runs_make_the_same_bytes(data: Path, model: Path, tmp_path: Path) -> None:
    first, second = (train("dapt", data, model, tmp_path / name, lora=LORA) for name in ("a", "b"))
    for name in ("adapter_config.json", "adapter_model.safetensors", "base.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_recipe_knows_that_lora_makes_an_adapter(data: Path, model: Path, tmp_path: Path) -> None:
    def recipe(**scores: Any) -> Path:
        steps = {
            "aligned": {
                "uses": "train.sft",
                "model": str(model),
                "samples": str(data / "instructions"),
                "lora": LORA,
            },
            "scores": {"uses": "eval.run", "samples": str(data / "instructions"), **scores},
        }
        file = tmp_path / "r.yaml"
        file.write_text(yaml.safe_dump({"steps": steps}))
        return file

    load_recipe(recipe(model=str(model), adapter="$aligned"))
    with pytest.raises(UserError, match=r"eval\.run\.model wants a model, \$aligned is an adapter"):
        load_recipe(recipe(model="$aligned"))


def test_tied_embeddings_stay_tied(data: Path, families: dict[str, Path], tmp_path: Path) -> None:
    made = train("sft", data, families["qwen2"], tmp_path / "m", lora={**LORA, "output": "model"})
    assert "lm_head.weight" not in load_file(made / "model.safetensors")
    network = load_model(made)
    assert network.get_input_embeddings().weight is network.get_output_embeddings().weight
    assert len(load_tokenizer(made)) <= network.get_input_embeddings().weight.shape[0]


@pytest.mark.parametrize("name", ["all-linear", "attention", "o_proj"])
def test_target_modules_may_be_one_name_and_means_the_same_as_a_list_of_it(name: str) -> None:
    alone = LoraSettings.model_validate({"target_modules": name})

    assert alone == LoraSettings.model_validate({"target_modules": [name]})
    assert alone.model_dump(mode="json")["target_modules"] == [name]
