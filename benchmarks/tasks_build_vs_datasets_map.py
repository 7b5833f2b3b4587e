"""tasks.build against the same build with Hugging Face `datasets.map`, side by side in one run.

All read the same multiple-choice rows (from jsonl and from Parquet), fill the same two templates and write the same
columns to Parquet (snappy, which is what `to_parquet` writes). Three ways to write it with `map`:

    templates   batched; the task's Jinja templates, compiled once: as tasks are data, what tasks.build has to do too
    row by row  a function of one row, templates rewritten by hand as f-strings: how most scripts are
    by hand     batched, templates rewritten by hand as f-strings, nothing checked: the least that map can do

Beside them stands `copy`: Arrow alone reads the rows and writes the finished columns of the same build, with nothing
in between; no way of building can be faster than that. tasks.build checks what it reads (empty items, letters that
are no option, lengths), fingerprints what it wrote and makes a manifest; the others do not.

Each build runs in a process of its own; they alternate. Counted are the CPU seconds of the build after all imports
(what the imports cost is printed below the table); of several repeats the best is taken. Peak memory is that of the
build, with the libraries in it.

    python benchmarks/tasks_build_vs_datasets_map.py --rows 200000 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TASK = """
title: Benchmark
category: Question Answering
domain: Exams
family: multiple_choice
builder: source
metric: accuracy
license: CC0-1.0
definition: Answer the question.
question: "{{ question }}"
prompt: "{{ question }}"
input: "Question: {{ question }}\\nOptions:\\n{{ lettered }}"
output: "The right answer is {{ letter }}: {{ answer }}"
source:
  name: Benchmark
  folder: set
  format: multiple_choice
  files: {train: NAME}
  answer_is: index
"""
WAYS = ("ours", "templates", "row by row", "by hand", "copy")
CONSTANTS: dict[str, Any] = {
    "task": "benchmark",
    "instruction": "Answer the question.",
    "subset": "",
    "document": "",
    "domain": "Exams",
    "language": "en",
    "source": "Benchmark",
    "license": "CC0-1.0",
    "author": "Benchmark",
    "metadata": json.dumps({"category": "Question Answering", "split": "train"}, sort_keys=True),
}


def write_rows(folder: Path, rows: int) -> None:
    """Write questions of some 60 words with four options as rows.jsonl and rows.parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = random.Random(0)
    words = [f"word{i}" for i in range(5000)]
    (folder / "set").mkdir(parents=True)
    schema = pa.schema([("question", pa.string()), ("options", pa.list_(pa.string())), ("answer", pa.int64())])
    with (
        (folder / "set" / "rows.jsonl").open("w") as stream,
        pq.ParquetWriter(folder / "set" / "rows.parquet", schema) as writer,
    ):
        for start in range(0, rows, 10_000):
            batch = [
                {
                    "question": " ".join(generator.choices(words, k=60)) + f" {start + i}?",
                    "options": [" ".join(generator.choices(words, k=5)) + f" {place}" for place in range(4)],
                    "answer": generator.randrange(4),
                }
                for i in range(min(10_000, rows - start))
            ]
            stream.writelines(json.dumps(row) + "\n" for row in batch)
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def build_here(folder: Path, name: str, out: Path) -> None:
    """Build with tasks.build."""
    from polyclinic import tasks

    catalog = folder / "catalog"
    catalog.mkdir(exist_ok=True)
    (catalog / "benchmark.yaml").write_text(TASK.replace("NAME", name))
    tasks.build(out=out, tasks="benchmark", data=folder, catalog=catalog)


def by_templates(name: str) -> Callable[..., dict[str, Any]]:
    """Return a function of a batch that fills the task's own templates."""
    import jinja2
    import yaml

    task = yaml.safe_load(TASK)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    fill_input, fill_output = (environment.from_string(task[key]).render for key in ("input", "output"))

    def make(batch: dict[str, list[Any]], numbers: list[int]) -> dict[str, Any]:
        inputs, outputs = [], []
        for question, options, right in zip(batch["question"], batch["options"], batch["answer"], strict=True):
            lettered = "\n".join([f"{letter}: {text}" for letter, text in zip("ABCD", options, strict=True)])
            fields = {"question": question, "lettered": lettered, "letter": "ABCD"[right], "answer": options[right]}
            inputs.append(fill_input(fields))
            outputs.append(fill_output(fields))
        return _columns(name, numbers, inputs, outputs)

    return make


def by_hand(name: str) -> Callable[..., dict[str, Any]]:
    """Return a function of a batch with the templates as f-strings."""

    def make(batch: dict[str, list[Any]], numbers: list[int]) -> dict[str, Any]:
        inputs, outputs = [], []
        for question, (a, b, c, d), right in zip(batch["question"], batch["options"], batch["answer"], strict=True):
            inputs.append(f"Question: {question}\nOptions:\nA: {a}\nB: {b}\nC: {c}\nD: {d}")
            outputs.append(f"The right answer is {'ABCD'[right]}: {(a, b, c, d)[right]}")
        return _columns(name, numbers, inputs, outputs)

    return make


def _columns(name: str, numbers: list[int], inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {
        "id": [f"benchmark-{name}{number + 1}" for number in numbers],
        "input": inputs,
        "output": outputs,
        "options": [[]] * len(inputs),
        **{key: [value] * len(inputs) for key, value in CONSTANTS.items()},
    }


def row_by_row(name: str) -> Callable[..., dict[str, Any]]:
    """Return a function of a row with the templates as f-strings."""

    def make(row: dict[str, Any], number: int) -> dict[str, Any]:
        options, right = row["options"], row["answer"]
        shown = "".join(f"\n{'ABCD'[i]}: {option}" for i, option in enumerate(options))
        return {
            "id": f"benchmark-{name}{number + 1}",
            "input": f"Question: {row['question']}\nOptions:{shown}",
            "output": f"The right answer is {'ABCD'[right]}: {options[right]}",
            "options": [],
            **CONSTANTS,
        }

    return make


def build_with_map(folder: Path, name: str, out: Path, way: str) -> None:
    """Build with load_dataset, map and to_parquet."""
    import datasets

    datasets.disable_progress_bars()
    kind = "json" if name.endswith("jsonl") else "parquet"
    found = datasets.load_dataset(
        kind, data_files=str(folder / "set" / name), split="train", cache_dir=str(folder / f"cache-{way}")
    )
    function = {"templates": by_templates, "by hand": by_hand, "row by row": row_by_row}[way]
    before = f"{name}:" if kind == "json" else f"{name}, row "
    made = found.map(
        function(before), with_indices=True, batched=way != "row by row", remove_columns=found.column_names
    )
    out.mkdir()
    made.to_parquet(str(out / "records.parquet"))


def copy(folder: Path, name: str, out: Path) -> float:
    """Read the rows, and write the columns of our build; returns the CPU seconds that belong to neither."""
    import pyarrow.json as pj
    import pyarrow.parquet as pq

    source = folder / "set" / name
    if name.endswith("jsonl"):
        with pj.open_json(source, pj.ReadOptions(use_threads=False, block_size=1 << 20)) as reader:
            rows = sum(batch.num_rows for batch in reader)
    else:
        with pq.ParquetFile(source) as table:
            rows = sum(batch.num_rows for batch in table.iter_batches(4096, use_threads=False))
    started = time.process_time()
    finished = pq.read_table(folder / "out-ours" / "records.parquet").combine_chunks()
    assert rows == finished.num_rows
    batches = finished.to_batches(4096)
    uncounted = time.process_time() - started
    out.mkdir()
    with pq.ParquetWriter(out / "records.parquet", finished.schema, compression="snappy") as writer:
        for batch in batches:
            writer.write_batch(batch)
    return uncounted


def equal(folder: Path, way: str) -> bool:
    """Return whether a build has the same columns as ours."""
    import pyarrow.parquet as pq

    ours, other = (pq.read_table(folder / f"out-{one}" / "records.parquet") for one in ("ours", way))
    return bool(ours.equals(other.select(ours.column_names).cast(ours.schema)))


def measure(folder: Path, way: str, name: str) -> dict[str, float]:
    """Run one build in a process of its own."""
    command = [sys.executable, __file__, "--child", way, "--folder", str(folder), "--name", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def cpu_seconds() -> float:
    """Return the CPU seconds of this process, its threads and the kernel's work for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def child(folder: Path, way: str, name: str) -> None:
    """Do one build and print its CPU seconds and peak memory, and what the imports cost."""
    before = cpu_seconds()
    import pyarrow.compute
    import pyarrow.json
    import pyarrow.parquet  # noqa: F401

    if way == "ours":
        import jinja2
        import msgspec
        import numpy
        import yaml

        from polyclinic import tasks

        loaded: tuple[Any, ...] = (jinja2, msgspec, numpy, yaml, tasks)
    else:
        import datasets
        import jinja2
        import yaml

        loaded = (datasets, jinja2, yaml)
    assert all(loaded)
    imported = cpu_seconds()
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is that of the imports, or of the parent
    out = folder / f"out-{way}"
    uncounted = 0.0
    if way == "ours":
        build_here(folder, name, out)
    elif way == "copy":
        uncounted = copy(folder, name, out)
    else:
        build_with_map(folder, name, out, way)
    cpu = cpu_seconds() - imported - uncounted
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    print(json.dumps({"cpu": cpu, "imports": imported - before, "memory_mb": peak}))


def main() -> None:
    """Print a table of samples per CPU second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--child", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--name")
    given = parser.parse_args()
    if given.child:
        child(given.folder, given.child, given.name)
        return
    imports: dict[str, list[float]] = {way: [] for way in WAYS}
    print("| from | way | samples per CPU-second | ours against it | peak MB | same columns |")
    print("|---|---|---|---|---|---|")
    for name in ("rows.jsonl", "rows.parquet"):
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        same = dict.fromkeys(WAYS, True)
        for _ in range(given.repeats):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                write_rows(folder, given.rows)
                for way in WAYS:
                    runs[way].append(measure(folder, way, name))
                    imports[way].append(runs[way][-1]["imports"])
                    same[way] = same[way] and equal(folder, way)
        best = {way: min(run["cpu"] for run in runs[way]) for way in WAYS}
        for way in WAYS:
            peak = max(run["memory_mb"] for run in runs[way])
            ratio = best[way] / best["ours"]
            rate = given.rows / best[way]
            print(f"| {name} | {way} | {rate:,.0f} | {ratio:.1f} | {peak:.0f} | {same[way]} |", flush=True)
    print(f"imports, CPU-s: ours {min(imports['ours']):.2f}, with datasets {min(imports['by hand']):.2f}")


if __name__ == "__main__":
    main()
