"""Which layers are adapted, and which models are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from medcare_models import tiny

from polyclinic.adapters.projections import check_not_quantised, find_projections
from polyclinic.errors import UserError


def test_fused_projections_are_known_by_their_own_names() -> None:
    assert find_projections(tiny("phi3"), "m") == find_projections(tiny("phi3"), "m")
    found = find_projections(tiny("phi3"), "m")
    assert found.attention == ("o_proj", "qkv_proj")
    assert found.ffn == ("down_proj", "gate_up_proj")
    assert find_projections(tiny("llama"), "m").ffn == ("gate_proj", "up_proj", "down_proj")


def test_a_model_without_the_named_modules_is_refused_with_those_it_has() -> None:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    sizes = {"vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = GPTNeoXForCausalLM(GPTNeoXConfig(intermediate_size=32, **sizes))
    with pytest.raises(UserError, match=r"no attention projection here is called .*its linear layers are dense"):
        find_projections(model, "neox")
    attention, ffn = ("query_key_value", "dense"), ("dense_h_to_4h", "dense_4h_to_h")
    assert find_projections(model, "neox", attention, ffn).ffn == ffn
    with pytest.raises(UserError, match=r"no FFN projection here is called gate.*Name them in ffn_modules"):
        find_projections(model, "neox", attention)


def test_a_model_whose_layers_differ_is_refused() -> None:
    model = tiny()
    del model.model.layers[1].mlp.up_proj
    with pytest.raises(UserError, match="5 FFN projections in 2 layers"):
        find_projections(model, "m")


def test_quantised_layers_are_refused_in_the_folder_and_in_the_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": {"quant_method": "bitsandbytes"}}))
    with pytest.raises(UserError, match=r"weights are quantised \(bitsandbytes\)"):
        check_not_quantised(tmp_path)
    model = tiny()
    layer = model.model.layers[0].mlp.up_proj
    layer.weight = torch.nn.Parameter(torch.zeros(48, 32, dtype=torch.int8), requires_grad=False)
    with pytest.raises(UserError, match=r"up_proj is quantised \(int8\)"):
        find_projections(model, "m")


def test_projections_that_share_their_weights_are_refused() -> None:
    model = tiny()
    model.model.layers[1].mlp.up_proj.weight = model.model.layers[0].mlp.up_proj.weight
    with pytest.raises(UserError, match="share their weights"):
        find_projections(model, "m")


def test_a_model_that_has_adapters_already_is_refused() -> None:
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(tiny(), LoraConfig(target_modules=["up_proj"], r=2)).get_base_model()
    with pytest.raises(UserError, match=r"up_proj is a Linear|have an adapter already"):
        find_projections(model, "m")
