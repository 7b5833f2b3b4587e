"""Merges the same random models with mergekit and with Polyclinic, in turn, and prints what each took.

    python -m venv /tmp/mergekit && /tmp/mergekit/bin/pip install torch==2.13.0 && \
        /tmp/mergekit/bin/pip install mergekit==0.1.5
    python benchmarks/merge_vs_mergekit.py --mergekit-python /tmp/mergekit/bin/python

The models are Llama-shaped, bfloat16, a base and fine-tunes of it, made in a temporary folder and removed afterwards.
Each merge is one command, a process of its own, measured whole: CPU-seconds, wall time and peak memory as the system
reports them. The floor is reading every input and writing one output, in the same run and without any arithmetic;
`slerp` takes the base and one fine-tune. Medians; before each run all that was written is brought to the disk.

mergekit takes minutes for a costly method, so by default it runs where `COMPARED` says and the rest of the table has
our own cost alone; `--compare-all` runs it everywhere.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
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
GOALS = {"linear": 4, "task_arithmetic": 4, "slerp": 7, "ties": 12, "breadcrumbs": 12, "dare_ties": 10, "della": 12}
COSTLY = {"ties", "breadcrumbs", "dare_ties", "della"}  # mergekit takes minutes: once unless told otherwise
# Where mergekit runs by default, so that the whole table takes about 40 minutes on two idle cores.
COMPARED = {
    ("374m", 3): set(METHODS),
    ("374m", 5): {"linear", "ties", "dare_ties"},
    ("1b", 3): {"linear", "slerp", "ties"},
    ("1b", 5): {"linear"},
}
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


@dataclass(frozen=True)
class Row:
    """What one tool took for one merge: medians, and the largest peak."""

    size: str
    fine_tunes: int
    method: str
    tool: str
    runs: int
    cost: Cost


def main() -> int:
    """Run the comparison; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mergekit-python", type=Path, help="a Python with mergekit 0.1.5; without it only ours run")
    parser.add_argument("--sizes", default="374m,1b", help=f"comma-separated, of {', '.join(SHAPES)}")
    parser.add_argument("--fine-tunes", default="3,5", help="comma-separated: how many are merged (slerp takes one)")
    parser.add_argument("--methods", default=",".join(METHODS), help="comma-separated")
    parser.add_argument("--flavours", default="paper,mergekit", help="of our methods, where they have flavours")
    parser.add_argument("--repeats", type=int, default=3, help="runs of ours and of the floor")
    parser.add_argument(
        "--mergekit-repeats", type=int, default=0, help="runs of mergekit; 0: as ours, but costly methods once"
    )
    parser.add_argument("--compare-all", action="store_true", help="run mergekit in every row")
    parser.add_argument("--folder", type=Path, help="where to put the temporary folder")
    parser.add_argument("--json", type=Path, help="write all figures here as well")
    arguments = parser.parse_args()
    counts = sorted({int(count) for count in arguments.fine_tunes.split(",")})
    rows: list[Row] = []
    for size in arguments.sizes.split(","):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            base, models = make_models(Path(folder), size, max(counts))
            for count in counts:
                for method in arguments.methods.split(","):
                    if method != "slerp" or count == counts[0]:
                        rows += compare(Path(folder), size, method, base, models[:count], arguments)
    print_table(rows)
    if arguments.json:
        found = [{**vars(row), "cost": vars(row.cost)} for row in rows]
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def compare(
    folder: Path, size: str, method: str, base: Path, models: list[Path], arguments: argparse.Namespace
) -> list[Row]:
    """Return one row for the floor, one for each flavour of ours, and one for mergekit where it runs."""
    count = len(models)
    compared = arguments.compare_all or method in COMPARED.get((size, count), set(METHODS))
    models = models[:1] if method == "slerp" else models
    flavours = arguments.flavours.split(",") if method in WITH_FLAVOURS else [""]
    inputs = [str(path / "model.safetensors") for path in (base, *models)]
    commands = {"floor": [sys.executable, "-c", FLOOR, str(folder / "floor"), *inputs]}
    runs = {"floor": arguments.repeats}
    if arguments.mergekit_python and compared:
        commands["mergekit"] = mergekit_command(arguments.mergekit_python, folder, method, base, models)
        runs["mergekit"] = arguments.mergekit_repeats or (1 if method in COSTLY else arguments.repeats)
    for flavour in flavours:
        name = f"ours, {flavour}" if flavour else "ours"
        commands[name] = our_command(method, flavour, base, models, folder / "ours")
        runs[name] = arguments.repeats
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(max(runs.values())):
        for name, command in commands.items():
            if turn >= runs[name]:
                continue
            for left in ("ours", "theirs", "floor"):
                shutil.rmtree(folder / left, ignore_errors=True)
            (folder / "floor").unlink(missing_ok=True)
            os.sync()
            costs[name].append(measure(command))
            print(size, count, method, name, costs[name][-1], file=sys.stderr)
    return [
        Row(
            size,
            count,
            method,
            name,
            runs[name],
            Cost(
                statistics.median(cost.cpu_seconds for cost in found),
                statistics.median(cost.wall_seconds for cost in found),
                max(cost.peak_mib for cost in found),
            ),
        )
        for name, found in costs.items()
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
    settings: dict[str, object] = dict(METHODS[method]) | ({} if method == "slerp" else {"weights": 1 / len(models)})
    settings |= {"flavour": flavour} if flavour else {}
    flags = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
    return [sys.executable, "-m", "polyclinic", "merge", method,
            "--base", str(base), "--models", ",".join(map(str, models)), "--out", str(out), *flags]  # fmt: skip


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


def make_models(folder: Path, size: str, fine_tunes: int) -> tuple[Path, list[Path]]:
    """Write a random base and fine-tunes of it; returns their folders."""
    made = []
    for index, name in enumerate(["base", *(f"tune{i}" for i in range(1, fine_tunes + 1))]):
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


def print_table(rows: list[Row]) -> None:
    """Print the rows as a finished Markdown table, one line for each merge of ours."""
    print("| size | fine-tunes | method | ours: CPU-s, wall s, MiB | mergekit: CPU-s, wall s, MiB | CPU ratio "
          "| wall ratio | goal | floor: CPU-s, wall s | ours / floor: CPU, wall |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        if not row.tool.startswith("ours"):
            continue
        beside = {
            r.tool: r for r in rows if (r.size, r.fine_tunes, r.method) == (row.size, row.fine_tunes, row.method)
        }
        floor, theirs, cost = beside["floor"].cost, beside.get("mergekit"), row.cost
        flavour = row.tool.removeprefix("ours")
        found = [
            row.size,
            "1" if row.method == "slerp" else str(row.fine_tunes),
            f"{row.method}{flavour}",
            f"{_figures(cost)} ({row.runs})",
            f"{_figures(theirs.cost)} ({theirs.runs})" if theirs else "",
            f"{theirs.cost.cpu_seconds / cost.cpu_seconds:.1f}" if theirs else "",
            f"{theirs.cost.wall_seconds / cost.wall_seconds:.1f}" if theirs else "",
            str(GOALS[row.method]),
            f"{floor.cpu_seconds:.2f}, {floor.wall_seconds:.2f}",
            f"{cost.cpu_seconds / floor.cpu_seconds:.1f}, {cost.wall_seconds / floor.wall_seconds:.1f}",
        ]
        print("| " + " | ".join(found) + " |")
    print("\nIn brackets: how many runs. CPU-seconds and walls are medians, memory is the largest peak.")


def _figures(cost: Cost) -> str:
    return f"{cost.cpu_seconds:.1f}, {cost.wall_seconds:.1f}, {cost.peak_mib:.0f}"


if __name__ == "__main__":
    sys.exit(main())
