"""Merges the same random models with mergekit and with Polyclinic, in turn, and prints what each took.

    python -m venv /tmp/mergekit && /tmp/mergekit/bin/pip install torch==2.13.0 && \
        /tmp/mergekit/bin/pip install mergekit==0.1.5
    python benchmarks/merge_vs_mergekit.py --mergekit-python /tmp/mergekit/bin/python

The models are Llama-shaped, bfloat16, a base and fine-tunes of it, made in a temporary folder and removed afterwards.
Each merge is a process of its own, measured whole: CPU-seconds, wall time and peak memory as the kernel reports them.
The floor is reading every input and writing one output, in the same run and without any arithmetic.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

# name -> hidden size, inner size, layers, vocabulary (embeddings not tied)
SHAPES = {"tiny": (256, 704, 4, 8000), "140m": (1024, 2816, 6, 32_000), "374m": (1024, 2816, 24, 32_000),
          "1b": (2048, 5632, 20, 32_000)}  # fmt: skip
METHODS: dict[str, dict[str, float]] = {
    "linear": {},
    "task_arithmetic": {},
    "slerp": {"t": 0.3},
    "ties": {"density": 0.5},
    "breadcrumbs": {"density": 0.5, "gamma": 0.05},
    "dare_ties": {"density": 0.5},
    "della": {"density": 0.5, "epsilon": 0.15},
}
WITH_FLAVOURS = {"ties", "breadcrumbs", "dare_ties", "della"}
OURS = """
import json, sys
import polyclinic.merge
arguments = json.loads(sys.argv[2])
getattr(polyclinic.merge, sys.argv[1])(**arguments)
"""
FLOOR = """
import os, sys
block = bytearray(4 << 20)
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o644)
for index, name in enumerate(sys.argv[2:]):
    file = os.open(name, os.O_RDONLY)
    while count := os.readv(file, [block]):
        if index == 0:
            os.write(out, memoryview(block)[:count])
"""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def main() -> int:
    """Run the comparison; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mergekit-python", type=Path, help="a Python with mergekit 0.1.5; without it only ours run")
    parser.add_argument("--sizes", default="374m,1b", help=f"comma-separated, of {', '.join(SHAPES)}")
    parser.add_argument("--experts", type=int, default=3, help="fine-tunes that are merged (slerp takes one)")
    parser.add_argument("--methods", default=",".join(METHODS), help="comma-separated")
    parser.add_argument("--flavours", default="paper,mergekit", help="of our methods, where they have flavours")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the fastest counts")
    parser.add_argument("--folder", type=Path, help="where to put the temporary folder")
    parser.add_argument("--json", type=Path, help="write all figures here as well")
    arguments = parser.parse_args()
    rows = []
    for size in arguments.sizes.split(","):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            base, experts = make_models(Path(folder), size, arguments.experts)
            for method in arguments.methods.split(","):
                rows += compare(Path(folder), size, method, base, experts, arguments)
    print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def compare(
    folder: Path, size: str, method: str, base: Path, experts: list[Path], arguments: argparse.Namespace
) -> list[dict[str, object]]:
    """Return one row for mergekit, one for each flavour of ours, and one for the floor."""
    models = experts[:1] if method == "slerp" else experts
    flavours = arguments.flavours.split(",") if method in WITH_FLAVOURS else [""]
    candidates: dict[str, list[str]] = {
        f"polyclinic {flavour}".strip(): our_command(method, flavour, base, models, folder / "ours")
        for flavour in flavours
    }
    candidates["floor"] = [sys.executable, "-c", FLOOR, str(folder / "floor"),
                           *(str(path / "model.safetensors") for path in (base, *models))]  # fmt: skip
    if arguments.mergekit_python:
        candidates["mergekit"] = mergekit_command(arguments.mergekit_python, folder, method, base, models)
    costs: dict[str, list[Cost]] = {name: [] for name in candidates}
    for _ in range(arguments.repeat):
        for name, command in candidates.items():
            for left in ("ours", "theirs", "floor"):
                shutil.rmtree(folder / left, ignore_errors=True)
            (folder / "floor").unlink(missing_ok=True)
            costs[name].append(measure(command))
            print(size, method, name, costs[name][-1], file=sys.stderr)
    best = {
        name: Cost(
            min(cost.cpu_seconds for cost in found),
            min(cost.wall_seconds for cost in found),
            max(cost.peak_mib for cost in found),
        )
        for name, found in costs.items()
    }
    reference = best.get("mergekit")
    return [
        {
            "size": size,
            "method": method,
            "tool": name,
            "cpu_seconds": round(cost.cpu_seconds, 2),
            "wall_seconds": round(cost.wall_seconds, 2),
            "peak_mib": round(cost.peak_mib),
            "cpu_ratio": round(reference.cpu_seconds / cost.cpu_seconds, 1) if reference else None,
            "wall_ratio": round(reference.wall_seconds / cost.wall_seconds, 1) if reference else None,
        }
        for name, cost in best.items()
    ]


def measure(command: list[str]) -> Cost:
    """Run a command to its end and return what it took. Raises RuntimeError when it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{log.read().decode(errors='replace')[-3000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024)


def our_command(method: str, flavour: str, base: Path, models: list[Path], out: Path) -> list[str]:
    """Return the command that merges with Polyclinic."""
    settings: dict[str, object] = {"base": str(base), "models": [str(m) for m in models], "out": str(out)}
    settings |= METHODS[method] | ({} if method == "slerp" else {"weights": 1 / len(models)})
    settings |= {"flavour": flavour} if flavour else {}
    return [sys.executable, "-c", OURS, method, json.dumps(settings)]


def mergekit_command(python: Path, folder: Path, method: str, base: Path, models: list[Path]) -> list[str]:
    """Write mergekit's recipe for the same merge and return the command that runs it."""
    each = {name: value for name, value in METHODS[method].items() if name != "t"} | {"weight": 1 / len(models)}
    recipe: dict[str, object] = {"merge_method": method, "dtype": "bfloat16"}
    if method == "slerp":
        recipe |= {"models": [{"model": str(m)} for m in (base, *models)], "parameters": {"t": METHODS["slerp"]["t"]}}
    else:
        recipe |= {"models": [{"model": str(m), "parameters": each} for m in models]}
    if method != "linear":
        recipe["base_model"] = str(base)
    file = folder / f"{method}.yaml"
    file.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return [str(python), "-m", "mergekit.scripts.run_yaml", str(file), str(folder / "theirs"), "--lazy-unpickle",
            "--no-copy-tokenizer", "--random-seed", "0"]  # fmt: skip


def make_models(folder: Path, size: str, experts: int) -> tuple[Path, list[Path]]:
    """Write a random base and fine-tunes of it; returns their folders."""
    made = []
    for index, name in enumerate(["base", *(f"expert{i}" for i in range(1, experts + 1))]):
        made.append(folder / name)
        # In a process of its own: the kernel counts what a parent once held as its children's peak.
        code = (
            "import sys, pathlib, merge_vs_mergekit as m; m.write_model(pathlib.Path(sys.argv[1]), sys.argv[2], {})"
        )
        command = [sys.executable, "-c", code.format(index), str(made[-1].resolve()), size]
        subprocess.run(command, check=True, cwd=Path(__file__).parent)
    return made[0], made[1:]


def write_model(folder: Path, size: str, index: int) -> None:
    """Write a model: the base for index 0, else a fine-tune of it."""
    import numpy as np

    hidden, inner, layers, vocabulary = SHAPES[size]
    folder.mkdir()
    shapes = dict(tensor_shapes(hidden, inner, layers, vocabulary))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        count = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + count]}
        end += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for place, shape in enumerate(shapes.values()):
            values = np.random.default_rng(place).standard_normal(shape, dtype=np.float32) * np.float32(0.02)
            if index:
                generator = np.random.default_rng([index, place])
                values += generator.standard_normal(shape, dtype=np.float32) * np.float32(0.002)
            bits = values.view(np.uint32)
            stream.write(((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes())
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": hidden,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": hidden // 64,
        "num_key_value_heads": hidden // 64, "vocab_size": vocabulary, "rms_norm_eps": 1e-5, "hidden_act": "silu",
        "max_position_embeddings": 2048, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokens = {f"token{i}": i for i in range(vocabulary)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "model": {"type": "WordLevel", "vocab": tokens, "unk_token": "token0"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}', encoding="utf-8")


def tensor_shapes(hidden: int, inner: int, layers: int, vocabulary: int) -> Iterator[tuple[str, list[int]]]:
    """Yield the names and shapes of a Llama model's tensors."""
    yield "model.embed_tokens.weight", [vocabulary, hidden]
    for layer in range(layers):
        start = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            yield f"{start}self_attn.{name}.weight", [hidden, hidden]
        yield f"{start}mlp.gate_proj.weight", [inner, hidden]
        yield f"{start}mlp.up_proj.weight", [inner, hidden]
        yield f"{start}mlp.down_proj.weight", [hidden, inner]
        yield f"{start}input_layernorm.weight", [hidden]
        yield f"{start}post_attention_layernorm.weight", [hidden]
    yield "model.norm.weight", [hidden]
    yield "lm_head.weight", [vocabulary, hidden]


def print_table(rows: list[dict[str, object]]) -> None:
    """Print the rows as a Markdown table."""
    print("| size | method | tool | CPU-s | wall s | peak MiB | mergekit / this, CPU | wall |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join("" if value is None else str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    sys.exit(main())
