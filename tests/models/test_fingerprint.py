"""The fingerprint says what a model is: not where it lies, how it was cut, or when it was written."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_model import WEIGHTS, write_folder

from polyclinic import models


@given(names=st.permutations(list(WEIGHTS)), cuts=st.sets(st.integers(1, 2), max_size=2))
@settings(max_examples=20, deadline=None)
def test_sharding_does_not_matter(names: list[str], cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(names)]
    shards = [names[a:b] for a, b in itertools.pairwise(edges)]
    with tempfile.TemporaryDirectory() as name:
        whole = models.fingerprint(write_folder(Path(name) / "whole"))
        assert models.fingerprint(write_folder(Path(name) / "cut", shards=shards)) == whole


@pytest.mark.parametrize("change", [{"a.weight": (1.0, 2.0, 3.0000002)}, {"b.weight": (4.0, 0.0)}, {"d": (0.0,)}])
def test_every_weight_matters(change: dict[str, Sequence[float]], tmp_path: Path) -> None:
    one = models.fingerprint(write_folder(tmp_path / "one"))
    assert models.fingerprint(write_folder(tmp_path / "two", {**WEIGHTS, **change})) != one


def test_the_name_and_the_shape_of_a_tensor_matter(tmp_path: Path) -> None:
    values = {"x": (1.0, 2.0), "y": (1.0, 2.0)}
    seen = {models.fingerprint(write_folder(tmp_path / "x", {"x": values["x"]}))}
    seen.add(models.fingerprint(write_folder(tmp_path / "y", {"y": values["y"]})))
    folder = write_folder(tmp_path / "z", {"x": values["x"]})
    file = folder / "model.safetensors"
    header = models.read_header(file)
    text = json.dumps({"x": {**header["x"], "shape": [2, 1]}}).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + file.read_bytes()[-8:])
    seen.add(models.fingerprint(folder))
    assert len(seen) == 3


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "vocab.json",
        "merges.txt",
        "special_tokens_map.json",
    ],
)
def test_tokenizer_template_and_configuration_matter(name: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model")
    before = models.fingerprint(folder)
    (folder / name).write_text('{"other": 1}')
    assert models.fingerprint(folder) != before


def test_path_times_cards_and_manifests_do_not_matter(tmp_path: Path) -> None:
    one = models.fingerprint(write_folder(tmp_path / "one"))
    other = write_folder(tmp_path / "below" / "other")
    for name in ("README.md", "manifest.json", "training_log.jsonl", "LICENSE"):
        (other / name).write_text("{}")
    for file in other.iterdir():
        os.utime(file, (1, 1))
    assert models.fingerprint(other) == one


def test_transformers_own_shards_have_the_fingerprint_of_the_whole(tmp_path: Path) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=64, num_attention_heads=2, **sizes))
    model.save_pretrained(str(tmp_path / "one"))
    model.save_pretrained(str(tmp_path / "many"), max_shard_size="3KB")
    assert len(models.weight_files(tmp_path / "many")) > 3
    assert models.fingerprint(tmp_path / "many") == models.fingerprint(tmp_path / "one")
    with torch.no_grad():
        model.model.norm.weight[3] += 1e-6
    model.save_pretrained(str(tmp_path / "changed"))
    assert models.fingerprint(tmp_path / "changed") != models.fingerprint(tmp_path / "one")
