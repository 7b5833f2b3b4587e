"""Parameters that differ by model, layer, tensor name and depth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_parents import read_tensors, write_family

from polyclinic.artifacts import MAKING
from polyclinic.errors import UserError
from polyclinic.merge import breadcrumbs, della, linear, model_stock, slerp, task_arithmetic, ties
from polyclinic.merge.parameters import Rule, amount_at, positions

FIRST, SECOND = "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight"
EMBEDDING, HEAD, NORM = "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"


def shares_of_the_delta(out: Path, base: Path, expert: Path) -> dict[str, float]:
    merged, start, end = read_tensors(out), read_tensors(base), read_tensors(expert)
    deltas = {name: end[name] - start[name] for name in start}
    return {
        name: round(float(((merged[name] - start[name]) * d).sum() / (d * d).sum()), 3) for name, d in deltas.items()
    }


def test_a_gradient_runs_from_the_first_layer_to_the_last(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1, "F32")
    out = task_arithmetic(out=tmp_path / "out", base=base, models=expert, weights="0.25..0.75")
    shares = shares_of_the_delta(out, base, expert)
    assert shares[FIRST] == shares[EMBEDDING] == shares["model.layers.0.input_layernorm.weight"] == 0.25
    assert shares[SECOND] == shares[NORM] == shares[HEAD] == 0.75


def test_the_last_rule_that_matches_counts_and_null_leaves_a_model_as_it_is(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    rules = [
        {"layers": "0-1", "weights": [0.5, 0.5]},
        {"tensors": r"up_proj", "layers": 1, "weights": [None, 0]},
        {"layers": "outside", "weights": [1, 0]},
    ]
    out = task_arithmetic(out=tmp_path / "out", base=base, models=experts, weights=0, where=rules)
    merged, start = read_tensors(out), read_tensors(base)
    one, other = (read_tensors(expert) for expert in experts)
    np.testing.assert_allclose(merged[FIRST], (one[FIRST] + other[FIRST]) / 2, atol=1e-6)
    np.testing.assert_allclose(merged[SECOND], (start[SECOND] + one[SECOND]) / 2, atol=1e-6)
    np.testing.assert_allclose(merged[HEAD], one[HEAD], atol=1e-6)


def test_a_rule_may_hold_a_gradient(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1, "F32")
    rule = {"tensors": "up_proj", "t": "0..1"}
    out = slerp(out=tmp_path / "out", base=base, models=expert, t=0, where=[rule])
    shares = shares_of_the_delta(out, base, expert)
    assert (shares[FIRST], shares[SECOND], shares[HEAD]) == (0, 1, 0)


def test_rules_give_other_densities_in_the_methods_that_have_them(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    common: dict[str, Any] = {"base": base, "models": experts, "density": 1.0}
    rule = [{"layers": 0, "density": 0}]
    for kind, more in ((ties, {"flavour": "mergekit"}), (breadcrumbs, {"gamma": 0}), (della, {"epsilon": 0})):
        out = kind(out=tmp_path / kind.name, **common, where=rule, **more)
        merged, start = read_tensors(out), read_tensors(base)
        changed = {name: int(np.count_nonzero(merged[name] != start[name])) for name in start}
        assert changed[FIRST] <= 2  # ties keeps one entry of each delta
        assert changed[SECOND] > 600


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (linear, {"weights": "0.2..x"}, r"weights\.0: expected a number, or numbers joined by '\.\.'"),
        (slerp, {"t": "0..1.5"}, r"merge\.slerp\.t: expected shares from 0 to 1, found 0\.0\.\.1\.5"),
        (slerp, {"where": [{"layers": "0-7", "t": 0.1}]}, r"names layer 7, the model's layers are 0 to 1"),
        (slerp, {"where": [{"tensors": "self_atn", "t": 0.1}]}, r"tensors 'self_atn' is for no tensor"),
        (slerp, {"where": [{"tensors": "(", "t": 0.1}]}, r"where\.0\.tensors: not a regular expression"),
        (slerp, {"where": [{"layers": "a-b", "t": 0.1}]}, r"where\.0\.layers: expected layers such as 0-7"),
        (slerp, {"where": [{"layer": "0", "t": 0.1}]}, r"unknown key 'layer'; did you mean 'layers'"),
        (slerp, {"where": [{"layers": "0", "density": 0.1}]}, r"density is no parameter of this method, which has t"),
        (slerp, {"where": [{"layers": "0", "t": 1.1}]}, r"expected shares from 0 to 1, found 1\.1"),
        (slerp, {"where": [{"layers": "0"}]}, r"sets nothing; it can set t"),
        (linear, {"where": [{"layers": "0", "weights": [1, 2, 3]}]}, r"weights: 3 values for 2 models"),
        (linear, {"where": [{"layers": "0", "weights": [1, -1]}]}, r"weights \[1\.0, -1\.0\] sum to zero"),
        (model_stock, {"where": [{"layers": "0", "weights": 1}]}, r"weights is no parameter .* has none"),
        (ties, {"density": "0.1..0.2"}, r"one cut goes through each whole model"),
        (breadcrumbs, {"density": "0.2..0.9", "gamma": "0..0.2"}, r"gamma 0\.2 with density 0\.9"),
        (breadcrumbs, {"where": [{"tensors": "norm", "gamma": 0.6}]}, r"gamma 0\.6 with density 0\.5"),
        (della, {"where": [{"tensors": "norm", "epsilon": 0.6}]}, r"epsilon 0\.6 with density 0\.5"),
    ],
)
def test_bad_parameters_are_refused_before_the_work_begins(
    tmp_path: Path, kind: Any, fields: dict[str, Any], message: str
) -> None:
    base, experts = write_family(tmp_path, 2)
    with pytest.raises(UserError, match=message):
        kind(out=tmp_path / "out", base=base, models=experts, **fields)
    assert not (tmp_path / MAKING).exists()


def test_two_rules_that_are_good_alone_but_not_together_are_refused_with_the_tensor(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    rules = [{"tensors": "norm", "gamma": 0.4}, {"layers": "outside", "density": 0.8}]
    with pytest.raises(UserError, match=r"tensor model\.norm\.weight: gamma 0\.4 with density 0\.8"):
        breadcrumbs(out=tmp_path / "out", base=base, models=expert, density=0.5, where=rules)


def test_rules_and_gradients_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    rules = "[{tensors: up_proj, weights: [0.2..0.4, null]}]"
    command = [sys.executable, "-m", "polyclinic", "merge", "task_arithmetic", "--base", str(base)]
    command += ["--models", ",".join(map(str, experts)), "--weights", "0..0.5,0.1", "--where", rules]
    subprocess.run([*command, "--out", str(tmp_path / "door")], check=True, capture_output=True)
    python = task_arithmetic(
        out=tmp_path / "out", base=base, models=experts, weights=["0..0.5", 0.1],
        where=[{"tensors": "up_proj", "weights": ["0.2..0.4", None]}],
    )  # fmt: skip
    assert (tmp_path / "door" / "model.safetensors").read_bytes() == (python / "model.safetensors").read_bytes()


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(0, 1))
def test_a_gradient_stays_between_its_anchors_and_meets_its_ends(points: list[float], depth: float) -> None:
    text = Rule(weights=["..".join(map(repr, points))]).values()["weights"][0]
    assert text is not None
    value = amount_at(text, depth)
    assert min(points) - 1e-9 <= value <= max(points) + 1e-9
    assert amount_at(text, 0) == pytest.approx(points[0])
    assert amount_at(text, 1) == pytest.approx(points[-1])


def test_depth_goes_from_zero_before_the_layers_to_one_behind_them() -> None:
    names = ["model.embed_tokens.weight", *(f"model.layers.{i}.a.weight" for i in range(5)), "lm_head.weight"]
    assert [round(position.depth, 2) for position in positions(names).values()] == [0, 0, 0.25, 0.5, 0.75, 1, 1]
