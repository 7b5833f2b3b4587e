"""Peak memory of tasks.build, by the number of samples it makes.

Two tasks are built in one step, one from jsonl and one from Parquet, with all that could hold rows in memory: sources
without official splits (90 to 10 by document), ids of the data set's own that repeat, a limit shared out by weights
and an exponent, a cap for each task, worked examples for a tenth of the samples. Each build runs in a process of its
own; its peak is read from the kernel (VmHWM, libraries included). The rows are short, so that five million of them
are soon written; memory follows what is held at a time, at most some 64 MB of text in a row group.

    python benchmarks/tasks_build_memory.py --samples 50000 500000 5000000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TASK = """
title: {name}
category: Question Answering
domain: Exams
family: free_text
builder: source
metric: text_overlap
license: CC0-1.0
definition: Answer the question.
input: "{{{{ question }}}}"
output: "{{{{ answer }}}}"
source:
  name: {name}
  folder: set
  format: {format}
  files: {{all: "{files}"}}
  id: key
  document: patient
"""
PIECE = 50_000  # rows written at a time


def write_rows(folder: Path, rows: int) -> None:
    """Write two sources of `rows` rows each, in files of at most two million."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "set").mkdir(parents=True)
    (folder / "catalog").mkdir()
    for name, format_, files in (("lines", "json_rows", "*.jsonl"), ("table", "parquet_rows", "*.parquet")):
        text = TASK.format(name=name, format=format_, files=files)
        (folder / "catalog" / f"{name}.yaml").write_text(text)
    for first in range(0, rows, 2_000_000):
        last = min(rows, first + 2_000_000)
        number = first // 2_000_000
        with (folder / "set" / f"{number}.jsonl").open("w") as stream:
            for start in range(first, last, PIECE):
                stream.writelines(
                    f'{{"key": "k{i - i % 50}", "patient": {i // 3}, "question": "What is said of number {i} in the '
                    f'{i * 7919 % 10007}th book, and by whom?", "answer": "It is said that {i * 31 % 97}"}}\n'
                    for i in range(start, min(last, start + PIECE))
                )
        schema = pa.schema([(n, pa.string()) for n in ("key", "question", "answer")] + [("patient", pa.int64())])
        with pq.ParquetWriter(folder / "set" / f"{number}.parquet", schema) as writer:
            for start in range(first, last, PIECE):
                numbers = range(start, min(last, start + PIECE))
                columns = {
                    "key": [f"k{i - i % 50}" for i in numbers],
                    "question": [f"What is said of number {i} in the {i * 7919 % 10007}th book?" for i in numbers],
                    "answer": [f"It is said that {i * 31 % 97}" for i in numbers],
                    "patient": [i // 3 for i in numbers],
                }
                writer.write_table(pa.table(columns, schema=schema))


def child(folder: Path, samples: int) -> None:
    """Build, and print CPU seconds, peak memory and what was made."""
    from polyclinic import tasks

    before = time.process_time()
    out = tasks.build(
        out=folder / "out",
        tasks=["lines", "table"],
        data=folder,
        catalog=folder / "catalog",
        split="train",
        limit=samples,
        items=samples,
        weights={"table": 1.5},
        exponent=0.5,
        few_shot_share=0.1,
        shots=2,
        prompt="paper",
        skip_bad=True,
        seed=1,
    )
    cpu = time.process_time() - before
    manifest = json.loads((out / "manifest.json").read_text())
    made = {name: manifest["facts"][name] for name in ("lines", "table")}
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    size = (out / "records.parquet").stat().st_size / 1e6
    print(json.dumps({"cpu": cpu, "peak_mb": peak, "made": made, "file_mb": size}))


def main() -> None:
    """Print a row for each number of samples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[50_000, 500_000])
    parser.add_argument("--child", type=int)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.child:
        child(given.folder, given.child)
        return
    print("| samples | with worked examples | peak MB | CPU-s | samples per CPU-second | file MB |")
    print("|---|---|---|---|---|---|")
    for samples in given.samples:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_rows(folder, samples * 7 // 10)  # 90 % of two sources: a quarter more than is asked for
            command = [sys.executable, __file__, "--child", str(samples), "--folder", place]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
            found = json.loads(done.stdout.splitlines()[-1])
        items = sum(made["items"] for made in found["made"].values())
        few = sum(made["few_shot"] for made in found["made"].values())
        assert items == samples, found
        rate = items / found["cpu"]
        print(
            f"| {items:,} | {few:,} | {found['peak_mb']:.0f} | {found['cpu']:.0f} | {rate:,.0f} "
            f"| {found['file_mb']:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
