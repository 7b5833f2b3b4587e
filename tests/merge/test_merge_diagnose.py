"""What is said of models before they are merged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_parents import random_tensors, read_tensors, write_family, write_model

from polyclinic.merge import diagnose


def test_figures_are_those_of_the_formulas(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2, "F32")
    found = diagnose(base, experts)
    start, one, other = (read_tensors(folder) for folder in (base, *experts))
    flat = [np.concatenate([t[n].astype(np.float64).reshape(-1) for n in sorted(t)]) for t in (start, one, other)]
    deltas = [flat[1] - flat[0], flat[2] - flat[0]]
    norms = [np.linalg.norm(delta) for delta in deltas]
    pair = "expert0 and expert1"
    assert found.problems == []
    assert found.whole["cosine"][pair] == pytest.approx(deltas[0] @ deltas[1] / norms[0] / norms[1], abs=2e-6)
    assert found.whole["norm_ratio"]["expert0"] == pytest.approx(norms[0] / np.linalg.norm(flat[0]), abs=2e-6)
    assert found.whole["sign_agreement"][pair] == pytest.approx((deltas[0] * deltas[1] > 0).mean(), abs=1e-3)
    assert list(found.layers) == ["layer 0", "layer 1", "outside the layers"]


def test_a_model_of_another_base_is_told_from_a_child(tmp_path: Path) -> None:
    base, (child,) = write_family(tmp_path, 1)
    stranger = write_model(tmp_path / "stranger", random_tensors(99))
    warnings = diagnose(base, [child, stranger, base]).warnings
    assert any("stranger: its cosine with the base" in w and "not a child of this base" in w for w in warnings)
    assert any(w.startswith("base: is the base itself") for w in warnings)
    assert not any(w.startswith("expert0:") for w in warnings)


def test_every_tensor_with_nan_is_named_and_the_rest_is_measured(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    tensors = read_tensors(expert)
    tensors["model.norm.weight"][3] = np.nan
    tensors["lm_head.weight"][0, 1] = np.inf
    broken = write_model(tmp_path / "broken", tensors)
    found = diagnose(base, [broken])
    assert len(found.problems) == 2
    assert any("tensor model.norm.weight holds nan at flat index 3" in problem for problem in found.problems)
    assert found.whole["norm_ratio"]["broken"]


def test_what_would_stop_a_merge_is_a_problem_and_another_tokenizer_a_warning(tmp_path: Path) -> None:
    base, (expert,) = write_family(tmp_path, 1)
    tensors = read_tensors(expert)
    names = {f"token{i}": i for i in range(95)} | {"word": 95}
    other = write_model(tmp_path / "other", tensors, vocabulary=names)
    assert any("token 95 is 'word'" in warning for warning in diagnose(base, [other]).warnings)
    del tensors["model.norm.weight"]
    short = write_model(tmp_path / "short", tensors)
    assert "tensor model.norm.weight of the base" in diagnose(base, [short]).problems[0]


def test_the_command_prints_a_table_or_json_and_fails_on_problems(tmp_path: Path) -> None:
    base, experts = write_family(tmp_path, 2)
    command = [sys.executable, "-m", "polyclinic", "merge", "diagnose", "--base", str(base), "--models"]
    good = [*command, ",".join(map(str, experts))]
    told = json.loads(subprocess.run([*good, "--json"], capture_output=True, text=True, check=True).stdout)
    assert told["problems"] == []
    assert set(told["whole"]) == {"norm_ratio", "base_cosine", "cosine", "sign_agreement"}
    assert "layer 1" in subprocess.run(good, capture_output=True, text=True, check=True).stdout
    tensors = read_tensors(base)
    tensors["model.norm.weight"][3] = np.nan
    broken = write_model(tmp_path / "broken", tensors)
    bad = subprocess.run([*command, str(broken)], capture_output=True, text=True, check=False)
    assert bad.returncode == 2
    assert "holds nan" in bad.stderr
