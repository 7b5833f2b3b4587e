"""tasks.build against the same build written with Hugging Face `datasets.map`, side by side in one run.

Both read the same multiple-choice rows (from jsonl and from Parquet), fill the same templates and write the same
columns to Parquet. Each runs in a process of its own; measured are CPU seconds, peak memory and that the inputs and
outputs are equal. `--memory N` builds N further samples with tasks.build alone, to see whether memory stays flat.

    python benchmarks/tasks_build_vs_datasets_map.py --rows 100000 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

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


def build_here(folder: Path, name: str) -> None:
    """Build with tasks.build."""
    from polyclinic import tasks

    catalog = folder / f"catalog-{Path(name).suffix[1:]}"
    catalog.mkdir(exist_ok=True)
    (catalog / "benchmark.yaml").write_text(TASK.replace("NAME", name))
    out = folder / f"ours-{Path(name).suffix[1:]}"
    tasks.build(out=out, tasks="benchmark", data=folder, catalog=catalog)


def build_with_map(folder: Path, name: str) -> None:
    """Build with load_dataset, map and to_parquet, as one would write it by hand."""
    import datasets

    datasets.disable_progress_bars()
    kind = "json" if name.endswith("jsonl") else "parquet"
    found = datasets.load_dataset(
        kind, data_files=str(folder / "set" / name), split="train", cache_dir=str(folder / f"cache-{kind}")
    )

    def make(row: dict[str, object], index: int) -> dict[str, object]:
        options: list[str] = row["options"]  # type: ignore[assignment]
        right: int = row["answer"]  # type: ignore[assignment]
        shown = "".join(f"\n{'ABCD'[i]}: {option}" for i, option in enumerate(options))
        return {
            "id": f"benchmark-{name}:{index + 1}",
            "task": "benchmark",
            "output": f"The right answer is {'ABCD'[right]}: {options[right]}",
            "input": f"Question: {row['question']}\nOptions:{shown}",
            "instruction": "Answer the question.",
            "options": [],
            "subset": "",
            "document": "",
            "domain": "Exams",
            "language": "en",
            "source": "Benchmark",
            "license": "CC0-1.0",
            "author": "Benchmark",
            "metadata": json.dumps({"category": "Question Answering", "split": "train"}, sort_keys=True),
        }

    made = found.map(make, with_indices=True, remove_columns=["question", "answer"])
    made.to_parquet(str(folder / f"map-{Path(name).suffix[1:]}.parquet"))


def equal(folder: Path, name: str) -> bool:
    """Return whether both builds have the same inputs and outputs."""
    import pyarrow.parquet as pq

    kind = Path(name).suffix[1:]
    columns = ["input", "output", "instruction"]
    ours = pq.read_table(folder / f"ours-{kind}" / "records.parquet", columns=columns)
    theirs = pq.read_table(folder / f"map-{kind}.parquet", columns=columns)
    return ours.to_pydict() == theirs.to_pydict()


def measure(folder: Path, which: str, name: str) -> dict[str, float]:
    """Run one build in a process of its own; the imports are not counted."""
    command = [sys.executable, __file__, "--child", which, "--folder", str(folder), "--name", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def child(folder: Path, which: str, name: str) -> None:
    """Do one build and print its CPU seconds and peak memory."""
    import datasets
    import pyarrow.parquet  # noqa: F401

    from polyclinic import tasks

    assert datasets
    assert tasks
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is that of the imports, or of the parent
    before = resource.getrusage(resource.RUSAGE_SELF)
    (build_here if which == "ours" else build_with_map)(folder, name)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    print(json.dumps({"cpu": cpu, "memory_mb": peak}))


def main() -> None:
    """Print a table of samples per CPU second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--child", choices=("ours", "map"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--name")
    given = parser.parse_args()
    if given.child:
        child(given.folder, given.child, given.name)
        return
    print("| from | tasks.build samples/CPU s | datasets.map samples/CPU s | ratio | peak MB | equal |")
    print("|---|---|---|---|---|---|")
    for name in ("rows.jsonl", "rows.parquet"):
        runs: dict[str, list[dict[str, float]]] = {"ours": [], "map": []}
        same = True
        for _ in range(given.repeats):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                write_rows(folder, given.rows)
                for which in runs:
                    runs[which].append(measure(folder, which, name))
                same = same and equal(folder, name)
        rates = {which: given.rows / min(run["cpu"] for run in found) for which, found in runs.items()}
        peaks = " / ".join(f"{max(run['memory_mb'] for run in found):.0f}" for found in runs.values())
        ratio = rates["ours"] / rates["map"]
        print(f"| {name} | {rates['ours']:,.0f} | {rates['map']:,.0f} | {ratio:.1f} | {peaks} | {same} |")
    if given.memory:
        with tempfile.TemporaryDirectory() as place:
            write_rows(Path(place), given.memory)
            found = measure(Path(place), "ours", "rows.jsonl")
            print(f"{given.memory:,} samples from jsonl: {found['cpu']:.1f} CPU s, peak {found['memory_mb']:.0f} MB")


if __name__ == "__main__":
    main()
