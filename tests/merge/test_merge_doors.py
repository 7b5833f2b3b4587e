"""Every kind through the command line, and a merge that is killed half way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_parents import write_family, write_model, write_safetensors
from typer.testing import CliRunner

from polyclinic.artifacts import MAKING
from polyclinic.cli import build_app
from polyclinic.steps import kinds_of

KINDS = kinds_of("merge")
LAYER = "model.layers.0.mlp.up_proj.weight"


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("merge.search", "merge.statistics")])
def test_the_command_makes_what_the_function_makes(tmp_path: Path, name: str) -> None:
    base, experts = write_family(tmp_path, 2)
    fields = {"base": str(base), "models": ",".join(map(str, experts))}
    if name in ("merge.fisher", "merge.regmean"):
        size = (40, 16) if name == "merge.fisher" else (16, 16)
        write_safetensors(tmp_path / "s.safetensors", {LAYER: np.eye(*size, dtype=np.float32)}, "F32")
        fields["statistics"] = f"{tmp_path / 's.safetensors'},{tmp_path / 's.safetensors'}"
    flags = [part for key, value in fields.items() for part in (f"--{key}", value)]
    command = ["merge", name.partition(".")[2], *flags, "--seed", "3", "--out", str(tmp_path / "door")]
    done = CliRunner().invoke(build_app("merge"), command, catch_exceptions=False)
    assert done.exit_code == 0
    function: dict[str, Any] = {key: value.split(",") if "," in value else value for key, value in fields.items()}
    out = KINDS[name](out=tmp_path / "function", seed=3, **function)
    for file in ("model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja"):
        assert (tmp_path / "door" / file).read_bytes() == (out / file).read_bytes()


def test_a_merge_that_is_killed_half_way_leaves_nothing_that_looks_whole_and_then_succeeds(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    shapes = {f"model.layers.{i}.mlp.up_proj.weight": (512, 512) for i in range(12)}
    base = {name: generator.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    expert = {n: (v + 0.01 * generator.standard_normal(v.shape)).astype(np.float32) for n, v in base.items()}
    folders = [write_model(tmp_path / "base", base), write_model(tmp_path / "expert", expert)]
    out = tmp_path / "out"
    command = [sys.executable, "-m", "polyclinic", "merge", "della", "--base", str(folders[0])]
    command += ["--models", str(folders[1]), "--threads", "1", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    weights = tmp_path / MAKING / "out" / "out" / "model.safetensors"
    while not weights.exists() and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert weights.exists()
    assert not out.exists()
    subprocess.run(command, check=True, capture_output=True)
    fresh = [*command[:-1], str(tmp_path / "fresh")]
    subprocess.run(fresh, check=True, capture_output=True)
    assert (out / "model.safetensors").read_bytes() == (tmp_path / "fresh" / "model.safetensors").read_bytes()
    assert not (tmp_path / MAKING).exists()
