"""Merge files of mergekit: run as they are, every key accounted for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tiny_parents import read_tensors, write_family

from polyclinic.artifacts import read_manifest
from polyclinic.errors import UserError
from polyclinic.merge import breadcrumbs_ties, from_yaml, linear, slerp, task_arithmetic, ties
from polyclinic.merge.from_yaml import read_merge_file

FIRST, SECOND = "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight"
NORM, HEAD = "model.norm.weight", "lm_head.weight"


def written(folder: Path, content: Any) -> Path:
    file = folder / "merge.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return file


def same_weights(one: Path, other: Path) -> bool:
    return (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


def test_the_shape_of_the_recipe_released_with_mediphi_runs(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    file = written(
        tmp_path,
        """
base_model: base
dtype: bfloat16
merge_method: breadcrumbs_ties
parameters:
  int8_mask: 1.0
  normalize: 0.0
slices:
- sources:
  - layer_range: [0, 2]
    model: base
  - layer_range: [0, 2]
    model: expert0
    parameters: {density: 0.4936, gamma: 1.6720, weight: 0.0635}
  - layer_range: [0, 2]
    model: expert1
    parameters: {density: 0.9, gamma: 0.01, weight: 0.4}
""",
    )
    out = from_yaml(file, out=tmp_path / "out")
    ours = breadcrumbs_ties(
        out=tmp_path / "ours", base=base, models=experts, flavour="mergekit", weights=[0.0635, 0.4],
        density=[0.4936, 0.9], gamma=[1.672, 0.01], normalize=False, dtype="bfloat16",
    )  # fmt: skip
    assert same_weights(out, ours)
    assert any("int8_mask changes nothing" in note for note in read_merge_file(file).notes)
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.kind == "merge.breadcrumbs_ties"


def test_filters_and_gradients_mean_what_they_mean_there(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1, "F32")
    content = {
        "merge_method": "slerp",
        "base_model": "base",
        "slices": [
            {"sources": [{"model": "base", "layer_range": [0, 2]}, {"model": "expert0", "layer_range": [0, 2]}]}
        ],
        "parameters": {
            "t": [
                {"filter": "up_proj", "value": [0.2, 0.4]},
                {"filter": "self_attn", "value": 0.9},
                {"value": [0.6, 1.0]},
            ]
        },
    }
    out = from_yaml(written(tmp_path, content), out=tmp_path / "out")
    merged, start, end = read_tensors(out), read_tensors(base), read_tensors(expert)
    shares = {
        n: float(((merged[n] - start[n]) * (end[n] - start[n])).sum() / ((end[n] - start[n]) ** 2).sum())
        for n in start
    }
    assert shares[FIRST] == pytest.approx(0.2, abs=0.01)
    assert shares[SECOND] == pytest.approx(0.4, abs=0.01)
    # Outside the layers mergekit takes the first number, for the head too.
    assert shares[NORM] == pytest.approx(0.6, abs=0.01)
    assert shares[HEAD] == pytest.approx(0.6, abs=0.01)


def test_the_first_filter_that_matches_counts_and_models_may_have_different_ones(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    content = {
        "merge_method": "task_arithmetic",
        "base_model": "base",
        "models": [
            {"model": "base"},
            {
                "model": "expert0",
                "parameters": {
                    "weight": [{"filter": "layers.0", "value": 1}, {"filter": "up_proj", "value": 0.5}, {"value": 0}]
                },
            },
            {"model": "expert1", "parameters": {"weight": 0.25}},
        ],
        "parameters": {"lambda": 2},
    }
    merged = read_tensors(from_yaml(written(tmp_path, content), out=tmp_path / "out"))
    start, one, other = (read_tensors(folder) for folder in (base, *experts))
    for name, weight in ((FIRST, 1.0), (SECOND, 0.5), (HEAD, 0.0)):
        expected = start[name] + 2 * (weight * (one[name] - start[name]) + 0.25 * (other[name] - start[name]))
        np.testing.assert_allclose(merged[name], expected, atol=1e-5)


def test_defaults_are_those_of_mergekit(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    models = [{"model": f"expert{i}", "parameters": {"weight": 0.5}} for i in range(2)]
    out = from_yaml(
        written(tmp_path, {"merge_method": "ties", "base_model": "base", "models": models}), out=tmp_path / "out"
    )
    ours = ties(out=tmp_path / "ours", base=base, models=experts, flavour="mergekit", weights=0.5, density=1.0)
    assert same_weights(out, ours)


def test_in_linear_the_base_may_be_one_of_the_models_and_may_be_missing(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    models = [{"model": "base", "parameters": {"weight": 3}}, {"model": "expert0", "parameters": {"weight": 1}}]
    file = written(tmp_path, {"merge_method": "linear", "models": models, "dtype": "float16"})
    out = from_yaml(file, out=tmp_path / "out")
    ours = linear(out=tmp_path / "ours", base=base, models=[base, expert], weights=[3, 1], dtype="float16")
    assert same_weights(out, ours)
    assert "no base_model" in read_merge_file(file).notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "merge_metod: ties\nmodels: []",
            r"merge\.yaml, line 1: unknown key 'merge_metod'; did you mean 'merge_method'",
        ),
        ("merge_method: tis\nmodels: []", r"line 1: the method 'tis' is not known; did you mean 'ties'"),
        ("merge_method: passthrough\nmodels: []", r"'passthrough' is not known"),
        ("merge_method: ties\nmodels:\n- {model: expert0}", r"base_model is missing, and ties needs one"),
        (
            "merge_method: ties\nbase_model: base\nmodels:\n- {model: gone}",
            r"line 4: there is no folder gone.*--model",
        ),
        ("merge_method: ties\nbase_model: base\nmodels:\n- {model: expert0}", r"needs the parameter 'weight'"),
        (
            "merge_method: ties\nbase_model: base\nmodels:\n- model: expert0\n  parameters:\n    weigth: 1",
            r"line 6: the parameter 'weigth' is not known; did you mean 'weight'",
        ),
        (
            "merge_method: ties\nbase_model: base\nmodels:\n- model: expert0\n  parameters: {weight: much}",
            r"line 5: expected a number or a list of numbers, found 'much'",
        ),
        (
            "merge_method: ties\nbase_model: base\nslices:\n- sources:\n  - {model: expert0, layer_range: [0, 1]}",
            r"line 5: layer_range \[0, 1\] is not the whole model \(.* has 2 layers\)",
        ),
        ("merge_method: ties\nbase_model: base\nslices:\n- a: 1\n- b: 1", r"line 3: slices that are put on top"),
        ("merge_method: ties\nmodels: []\nmodels: []", r"line 3: the key 'models' is there twice"),
        ("merge_method: ties\nmodels: []\ntokenizer: {}", r"line 3: 'tokenizer' is not supported"),
        ("merge_method: [", r"broken YAML"),
        (
            "merge_method: dare_ties\nbase_model: base\nmodels:\n- {model: expert0}\n"
            "parameters: {weight: 1, rescale: false}",
            r"line 5: rescale: False is not supported: dare_ties always has true",
        ),
        (
            "merge_method: linear\ndtype: int4\nmodels:\n- {model: expert0}\nparameters: {weight: 1}",
            r"line 2: the dtype 'int4' is not known",
        ),
    ],
)
def test_what_is_unknown_or_cannot_be_done_is_refused_with_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    write_family(tmp_path, 1)
    with pytest.raises(UserError, match=message):
        from_yaml(written(tmp_path, text), out=tmp_path / "out")


def test_parameters_of_other_methods_are_named_and_change_nothing(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    models = [{"model": "expert0", "parameters": {"weight": 0.5, "density": 0.1}}]
    content = {"merge_method": "task_arithmetic", "base_model": "base", "models": models}
    file = written(tmp_path, content)
    assert read_merge_file(file).notes == [
        f"{file}, line 7: density is no parameter of task_arithmetic and changes nothing"
    ]
    ours = task_arithmetic(out=tmp_path / "ours", base=base, models=expert, weights=0.5)
    assert same_weights(from_yaml(file, out=tmp_path / "out"), ours)


def test_the_chat_template_of_most_models_can_be_taken(tmp_path: Path) -> None:
    _, experts = write_family(tmp_path, 2)
    for expert in experts:
        (expert / "chat_template.jinja").write_text("{{ theirs }}")
    content: dict[str, Any] = {"merge_method": "linear", "base_model": "base", "chat_template": "auto"}
    content |= {"models": [{"model": f"expert{i}"} for i in range(2)], "parameters": {"weight": 1}}
    out = from_yaml(written(tmp_path, content), out=tmp_path / "out")
    assert (out / "chat_template.jinja").read_text() == "{{ theirs }}"


def test_the_command_tells_what_changes_nothing_and_takes_folders_for_names(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    content = {
        "merge_method": "slerp",
        "base_model": "some/base",
        "models": [{"model": "some/base"}, {"model": "expert0"}],
    }
    file = written(tmp_path, {**content, "parameters": {"t": 0.3, "int8_mask": True}})
    command = [sys.executable, "-m", "polyclinic", "merge", "from-yaml", str(file), "--out", str(tmp_path / "out")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "there is no folder some/base" in refused.stderr
    done = subprocess.run([*command, "--model", f"some/base={base}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "out")
    assert "int8_mask changes nothing" in done.stderr
    assert same_weights(tmp_path / "out", slerp(out=tmp_path / "ours", base=base, models=expert, t=0.3))
