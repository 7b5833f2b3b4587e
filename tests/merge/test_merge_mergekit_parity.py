"""The same merge file through mergekit and through Polyclinic; runs only where mergekit can be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tiny_parents import read_tensors, write_model

from polyclinic.merge import from_yaml

pytest.importorskip("mergekit", reason="mergekit is not installed; it is the reference here and never needed to run")

RUN = """
import sys, yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
with open(sys.argv[1]) as file:
    config = MergeConfiguration.model_validate(yaml.safe_load(file))
run_merge(config, sys.argv[2], MergeOptions(copy_tokenizer=False, write_model_card=False))
"""
WHOLE = [0, 3]
SLICE_T = [{"filter": "self_attn", "value": [0.0, 0.5, 0.3]}, {"filter": "mlp", "value": [0.9, 0.1]}, {"value": 0.4}]


def three_models(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=96, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2,
        tie_word_embeddings=False, pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    for name in ("base", "one", "two"):
        if name != "base":
            with torch.no_grad():
                for weight in model.parameters():
                    weight.add_(0.05 * torch.randn_like(weight))
        write_model(folder / name, {})
        model.save_pretrained(folder / name)


def merge_file(method: str, own: list[dict[str, Any]], common: dict[str, Any], base: str = "base") -> dict[str, Any]:
    models: list[dict[str, Any]] = [{"model": "base"}] if method not in ("linear", "karcher") else []
    models += [{"model": n, "parameters": p} for n, p in zip(("one", "two"), own, strict=False)]
    return {"merge_method": method, "base_model": base, "models": models, "parameters": common, "dtype": "float32"}


FILES: dict[str, dict[str, Any]] = {
    "linear": {**merge_file("linear", [{"weight": 1}, {"weight": [0.2, 0.8]}], {}), "base_model": None},
    "slerp": merge_file("slerp", [{}], {"t": SLICE_T}),
    "task_arithmetic": merge_file(
        "task_arithmetic",
        [{"weight": [{"filter": "mlp", "value": 0.7}, {"value": [0.1, 0.4]}]}, {"weight": 0.5}],
        {"lambda": 0.8, "normalize": True},
    ),
    "ties": merge_file("ties", [{"weight": 0.6, "density": [0.3, 0.9]}, {"weight": 0.4}], {"density": 0.5}),
    "breadcrumbs": merge_file("breadcrumbs", [{"weight": 0.6, "gamma": 0.1}, {"weight": 0.4}], {"density": 0.5}),
    "breadcrumbs_ties": merge_file(
        "breadcrumbs_ties",
        [{"weight": 0.0635, "density": 0.4936, "gamma": 1.672}, {"weight": 0.4, "density": 0.9}],
        {"int8_mask": True, "normalize": False},
    ),
    "model_stock": merge_file("model_stock", [{}, {}], {}),
    "karcher": {**merge_file("karcher", [{}, {}], {}), "base_model": None},
}


@pytest.mark.parametrize("name", FILES)
def test_a_merge_file_gives_what_mergekit_gives(tmp_path: Path, name: str) -> None:
    three_models(tmp_path)
    content = {key: value for key, value in FILES[name].items() if value}
    file = tmp_path / "merge.yaml"
    file.write_text(yaml.safe_dump(content))
    subprocess.run([sys.executable, "-c", RUN, "merge.yaml", "theirs"], cwd=tmp_path, check=True, capture_output=True)
    ours = read_tensors(from_yaml(file, out=tmp_path / "ours"))
    theirs = read_tensors(tmp_path / "theirs")
    assert ours.keys() == theirs.keys()
    for tensor, values in ours.items():
        np.testing.assert_allclose(values, theirs[tensor], rtol=2e-4, atol=2e-6, err_msg=tensor)
