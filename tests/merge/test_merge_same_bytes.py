"""The same merge gives the same bytes on machines with other instruction sets and with other hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from tiny_parents import write_model

KINDS = ("slerp", "ties", "breadcrumbs", "dare_ties", "della", "model_stock", "karcher")
CODE = """
import sys
from pathlib import Path
import polyclinic.merge
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
for kind in sys.argv[3:]:
    models = [folder / "one", folder / "two"]
    getattr(polyclinic.merge, kind)(out=out / kind, base=folder / "base", models=models, seed=1)
"""


def test_neither_instruction_set_nor_hash_seed_changes_a_byte(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    base = {"model.embed_tokens.weight": generator.standard_normal((300, 401)), "model.norm.weight": np.ones(401)}
    folders = {"base": base}
    for name, distance in (("one", 0.02), ("two", 2.0)):
        folders[name] = {n: v + distance * generator.standard_normal(v.shape) for n, v in base.items()}
    for name, tensors in folders.items():
        write_model(tmp_path / name, {n: v.astype(np.float32) for n, v in tensors.items()})
    plain = " ".join(found_features())
    for out, environment in (("fast", {"PYTHONHASHSEED": "1"}), ("plain", {"PYTHONHASHSEED": "2"})):
        if out == "plain" and plain:
            environment["NPY_DISABLE_CPU_FEATURES"] = plain
        command = [sys.executable, "-c", CODE, str(tmp_path), str(tmp_path / out), *KINDS]
        subprocess.run(command, check=True, env={**os.environ, **environment})
    for kind in KINDS:
        for name in ("model.safetensors", "config.json", "tokenizer.json"):
            assert (tmp_path / "fast" / kind / name).read_bytes() == (tmp_path / "plain" / kind / name).read_bytes()


def found_features() -> list[str]:
    """Return the instruction sets beyond its build's that numpy uses on this machine, for it to be told not to."""
    code = "import numpy, json; print(json.dumps(numpy.show_config('dicts')['SIMD Extensions'].get('found', [])))"
    import json

    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    names: list[str] = json.loads(found)
    return names
