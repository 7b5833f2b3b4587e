"""LoRA adapters as inputs: merged over their base while they are read, and refused when they are not the base's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_parents import Array, random_tensors, read_tensors, write_family, write_model, write_safetensors

from polyclinic.artifacts import MAKING, InputRecord, Manifest, write_manifest
from polyclinic.errors import UserError
from polyclinic.merge import slerp, task_arithmetic, ties
from polyclinic.pipeline.recipe import load_recipe

FIRST, SECOND = "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight"


def write_adapter(folder: Path, tensors: dict[str, Array] | None = None, **config: Any) -> Path:
    generator = np.random.default_rng(7)
    if tensors is None:
        tensors = {}
        for name in (FIRST, SECOND):
            stem = f"base_model.model.{name.removesuffix('.weight')}"
            tensors[f"{stem}.lora_A.weight"] = generator.standard_normal((4, 16)).astype(np.float32)
            tensors[f"{stem}.lora_B.weight"] = generator.standard_normal((40, 4)).astype(np.float32)
    folder.mkdir()
    settings = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "base_model_name_or_path": "hub/base", **config}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    write_safetensors(folder / "adapter_model.safetensors", tensors, "F32")
    return folder


def product(adapter: Path, name: str) -> Array:
    from safetensors.numpy import load_file

    tensors = load_file(adapter / "adapter_model.safetensors")
    stem = f"base_model.model.{name.removesuffix('.weight')}"
    found: Array = tensors[f"{stem}.lora_B.weight"].astype(np.float64) @ tensors[f"{stem}.lora_A.weight"]
    return found


def test_an_adapter_is_its_base_plus_the_scaled_product(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0, "F32")
    adapter = write_adapter(tmp_path / "adapter")
    merged = read_tensors(task_arithmetic(out=tmp_path / "out", base=base, models=adapter, weights=0.5))
    start = read_tensors(base)
    np.testing.assert_allclose(merged[FIRST], start[FIRST] + 0.5 * 2 * product(adapter, FIRST), rtol=1e-5, atol=1e-5)
    assert np.array_equal(merged["lm_head.weight"], start["lm_head.weight"])


def test_patterns_of_rank_and_alpha_and_stabilised_scaling_are_those_of_peft(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0, "F32")
    patterns: dict[str, Any] = {"rank_pattern": {"layers.1.mlp.up_proj": 4}, "alpha_pattern": {r"layers\.1\..*": 6}}
    adapter = write_adapter(tmp_path / "adapter", use_rslora=True, **patterns)
    merged = read_tensors(task_arithmetic(out=tmp_path / "out", base=base, models=adapter))
    start = read_tensors(base)
    np.testing.assert_allclose(merged[FIRST], start[FIRST] + 8 / 2 * product(adapter, FIRST), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(merged[SECOND], start[SECOND] + 6 / 2 * product(adapter, SECOND), rtol=1e-5, atol=1e-5)


def test_modules_that_were_trained_whole_replace_the_base(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0, "F32")
    head = np.ones((96, 16), np.float32)
    adapter = write_adapter(
        tmp_path / "adapter", {"base_model.model.lm_head.weight": head}, modules_to_save=["lm_head"]
    )
    merged = read_tensors(slerp(out=tmp_path / "out", base=base, models=adapter, t=1.0))
    assert np.array_equal(merged["lm_head.weight"], head)


def test_embeddings_and_transposed_layers_are_turned_round(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0, "F32")
    generator = np.random.default_rng(1)
    a, b = (generator.standard_normal(shape).astype(np.float32) for shape in ((2, 96), (16, 2)))
    stem = "base_model.model.model.embed_tokens"
    tensors = {f"{stem}.lora_embedding_A": a, f"{stem}.lora_embedding_B": b}
    adapter = write_adapter(tmp_path / "adapter", tensors, r=2, lora_alpha=2)
    merged = read_tensors(task_arithmetic(out=tmp_path / "out", base=base, models=adapter))
    start = read_tensors(base)
    np.testing.assert_allclose(
        merged["model.embed_tokens.weight"], start["model.embed_tokens.weight"] + (b @ a).T, rtol=1e-5, atol=1e-5
    )
    a, b = (generator.standard_normal(shape).astype(np.float32) for shape in ((2, 40), (16, 2)))
    stem = "base_model.model.model.layers.0.mlp.up_proj"
    tensors = {f"{stem}.lora_A.weight": a, f"{stem}.lora_B.weight": b}
    adapter = write_adapter(tmp_path / "conv", tensors, r=2, lora_alpha=2, fan_in_fan_out=True)
    merged = read_tensors(task_arithmetic(out=tmp_path / "out2", base=base, models=adapter))
    np.testing.assert_allclose(merged[FIRST], start[FIRST] + (b @ a).T, rtol=1e-5, atol=1e-5)


def test_adapters_and_models_merge_together_in_every_block(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    base_tensors = {"model.layers.0.mlp.up_proj.weight": generator.standard_normal((300, 401)).astype(np.float32)}
    base = write_model(tmp_path / "base", base_tensors, "F32")
    a, b = (generator.standard_normal(shape).astype(np.float32) * 0.1 for shape in ((3, 401), (300, 3)))
    stem = "base_model.model.model.layers.0.mlp.up_proj"
    adapter = write_adapter(
        tmp_path / "adapter", {f"{stem}.lora_A.weight": a, f"{stem}.lora_B.weight": b}, r=3, lora_alpha=3
    )
    full = write_model(tmp_path / "full", {FIRST: (base_tensors[FIRST] + b @ a).astype(np.float32)}, "F32")
    other = write_model(tmp_path / "other", {FIRST: base_tensors[FIRST] + 0.1}, "F32")
    for kind in (task_arithmetic, ties):
        one = kind(out=tmp_path / f"{kind.name}1", base=base, models=[adapter, other])
        two = kind(out=tmp_path / f"{kind.name}2", base=base, models=[full, other])
        np.testing.assert_allclose(read_tensors(one)[FIRST], read_tensors(two)[FIRST], atol=1e-5)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"peft_type": "LOHA"}, "peft_type is LOHA; adapters of the type LORA"),
        ({"use_dora": True}, "use_dora is set: DoRA cannot be merged"),
        ({"bias": "all"}, "bias is 'all'"),
        ({"r": 8}, r"up_proj has the rank 4, adapter_config\.json says 8"),
    ],
)
def test_adapters_of_other_kinds_are_refused(tmp_path: Path, config: dict[str, Any], message: str) -> None:
    base, _ = write_family(tmp_path, 0)
    adapter = write_adapter(tmp_path / "adapter", **config)
    with pytest.raises(UserError, match=message):
        task_arithmetic(out=tmp_path / "out", base=base, models=adapter)
    assert not (tmp_path / MAKING).exists()


def test_parts_for_tensors_the_base_lacks_or_has_in_another_shape_are_refused(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    stem = "base_model.model.model.layers.0.mlp."
    a, b = np.ones((4, 16), np.float32), np.ones((40, 4), np.float32)
    for i, (tensors, message) in enumerate(
        [
            ({f"{stem}gate_up.lora_A.weight": a, f"{stem}gate_up.lora_B.weight": b}, r"no tensor .*gate_up\.weight"),
            ({f"{stem}up_proj.lora_A.weight": a}, "only one of the two matrices"),
            ({f"{stem}up_proj.lora_A.weight": a, f"{stem}up_proj.lora_B.weight": b[:39]}, r"39 x 16 .* \[40, 16\]"),
            ({f"{stem}up_proj.lora_magnitude_vector": a}, "no part of a plain LoRA"),
            ({}, "holds no tensors"),
        ]
    ):
        adapter = write_adapter(tmp_path / f"adapter{i}", tensors)
        with pytest.raises(UserError, match=message):
            task_arithmetic(out=tmp_path / "out", base=base, models=adapter)


def test_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    other = write_model(tmp_path / "other", random_tensors(9), config={"num_hidden_layers": 3})
    adapter = write_adapter(tmp_path / "adapter", base_model_name_or_path=str(other))
    with pytest.raises(UserError, match=r"trained on .*other, which is another model than .*base"):
        task_arithmetic(out=tmp_path / "out", base=base, models=adapter)


def test_an_adapter_whose_manifest_names_another_base_is_refused_and_its_own_is_taken(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    adapter = write_adapter(tmp_path / "adapter")
    common: dict[str, Any] = {"polyclinic": "0", "step": "s", "kind": "k", "key": "k", "code_version": 1, "seed": 0}
    common |= {"settings": {}}
    write_manifest(base, Manifest(**common, output="model", inputs={}, fingerprint="b" * 32))
    for fingerprint, good in (("a" * 32, False), ("b" * 32, True)):
        inputs = {"model": [InputRecord(name="m", key="k", fingerprint=fingerprint)]}
        write_manifest(adapter, Manifest(**common, output="adapter", inputs=inputs, fingerprint="c"))
        if good:
            task_arithmetic(out=tmp_path / "out", base=base, models=adapter)
        else:
            with pytest.raises(UserError, match=r"trained on a model with the fingerprint aaaaaaaaaaaa, .* bbbbbb"):
                task_arithmetic(out=tmp_path / "out", base=base, models=adapter)


def test_an_adapter_with_pickled_weights_is_refused(tmp_path: Path) -> None:
    base, _ = write_family(tmp_path, 0)
    adapter = write_adapter(tmp_path / "adapter")
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    with pytest.raises(UserError, match="only pickled weights here"):
        task_arithmetic(out=tmp_path / "out", base=base, models=adapter)


def test_a_recipe_may_name_an_adapter_where_models_are_merged(tmp_path: Path) -> None:
    write_family(tmp_path, 1)
    write_adapter(tmp_path / "adapter")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: r\nseed: 1\nsteps:\n"
        "  merged: {uses: merge.task_arithmetic, base: base, models: [expert0, adapter], weights: [0..1, 0.5]}\n"
    )
    assert [step.kind.name for step in load_recipe(recipe).steps] == ["merge.task_arithmetic"]


def test_peft_merges_the_same(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    peft = pytest.importorskip("peft")
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=96, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        tie_word_embeddings=False, pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    base = write_model(tmp_path / "base", {})
    model = LlamaForCausalLM(config)
    model.save_pretrained(base)
    lora = peft.LoraConfig(
        r=4, lora_alpha=8, target_modules="all-linear", rank_pattern={"q_proj": 2}, alpha_pattern={"up_proj": 3},
        use_rslora=True, init_lora_weights=False, modules_to_save=["lm_head"],
    )  # fmt: skip
    adapted = peft.get_peft_model(model, lora)
    adapted.save_pretrained(tmp_path / "adapter", safe_serialization=True)
    expected = adapted.merge_and_unload().state_dict()
    merged = read_tensors(slerp(out=tmp_path / "out", base=base, models=tmp_path / "adapter", t=1.0))
    for name, values in merged.items():
        np.testing.assert_allclose(values, expected[name].numpy(), rtol=1e-5, atol=1e-6)
