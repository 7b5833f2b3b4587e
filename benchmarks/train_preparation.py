"""Tokenising and packing a corpus: train.dapt's preparation against `datasets.map`, side by side in one run.

Both read the same jsonl, use the same tokenizer (byte-level BPE of 8,192 tokens, trained on a part of it) on the same
two cores, put the end of a text behind each, and pack best-fit into rows of 512 without losing a token. The peer is
`map(batched=True, num_proc=2)` and TRL's `pack_dataset(strategy="bfd_split")`, as SFTTrainer prepares data. Each runs
in a process of its own; they alternate. Counted are CPU-seconds without imports, those of worker processes included;
of the repeats the best is taken. Peak memory is that of the largest process, above what it had before. `--times 4`
runs ours on four times the text as well, to see that its memory does not grow.

    python benchmarks/train_preparation.py --documents FILE --megabytes 20 --repeats 2
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LENGTH = 512


def cpu() -> float:
    """Return the CPU-seconds of this process and of those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def peak() -> float:
    """Return the peak memory of the largest process so far, in MiB."""
    return max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def ours(folder: Path, documents: Path) -> tuple[int, int]:
    """Tokenise and pack as train.dapt does; return tokens and rows."""
    from polyclinic.models import load_tokenizer
    from polyclinic.steps import Work
    from polyclinic.train.batches import BatchPlan
    from polyclinic.train.language_modeling import document_rows

    rows = document_rows(Work(folder, folder / "scratch", 0), load_tokenizer(folder / "tokenizer"), [documents])
    plan = BatchPlan(rows, packing="best_fit", max_length=LENGTH, batch_size=1, seed=0)
    return len(rows.tokens), plan.batches_per_epoch


def peer(folder: Path, documents: Path) -> tuple[int, int]:
    """Tokenise with datasets.map in two processes and pack with TRL; return tokens and rows."""
    from datasets import load_dataset
    from transformers import AutoTokenizer
    from trl.data_utils import pack_dataset

    tokenizer = AutoTokenizer.from_pretrained(str(folder / "tokenizer"))
    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")

    def encode(rows: dict[str, Any]) -> dict[str, Any]:
        found = tokenizer(rows["text"], add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return {"input_ids": [[*ids, end] for ids in found]}

    data = load_dataset("json", data_files=str(documents), split="train", cache_dir=str(folder / "cache"))
    data = data.map(encode, batched=True, num_proc=2, remove_columns=data.column_names)
    data = pack_dataset(data, LENGTH, "bfd_split")
    return sum(map(len, data["input_ids"])), len(data)


def one(way: str, folder: Path, documents: Path) -> None:
    """Run one way and print what it cost, as JSON."""
    import datasets
    import transformers  # noqa: F401  (imported before the clock starts)
    import trl.data_utils  # noqa: F401

    import polyclinic.train  # noqa: F401

    datasets.disable_progress_bars()
    before, begun, wall = peak(), cpu(), time.monotonic()
    tokens, rows = {"ours": ours, "datasets.map": peer}[way](folder, documents)
    found = {"seconds": cpu() - begun, "wall": time.monotonic() - wall, "peak": peak() - before}
    print(json.dumps({**found, "tokens": tokens, "rows": rows}))


def write_corpus(source: Path, target: Path, size: float) -> None:
    """Write `size` megabytes of the texts of a corpus, from its beginning again when it ends."""
    from polyclinic.records import Document, read_records

    def texts() -> Iterator[str]:
        while True:
            yield from (d.text for d in read_records(source, Document))

    written = 0
    with target.open("w", encoding="utf-8") as stream:
        for number, text in enumerate(texts()):
            written += stream.write(json.dumps({"id": str(number), "text": text}) + "\n")
            if written >= size * 1e6:
                return


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--way", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--corpus", type=Path)
    arguments = parser.parse_args()
    if arguments.way:
        one(arguments.way, arguments.folder, arguments.corpus)
        return
    import itertools

    from polyclinic.model.tokenizer import train_tokenizer
    from polyclinic.records import Document, read_records

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        texts = [d.text for d in itertools.islice(read_records(arguments.documents, Document), 500)]
        tokenizer = train_tokenizer(texts, vocabulary_size=8192, digits="runs", max_length=1 << 30)
        tokenizer.save_pretrained(folder / "tokenizer")
        sizes = {"once": 1.0, "more": float(arguments.times)}
        for name, times in sizes.items():
            write_corpus(arguments.documents, folder / f"{name}.jsonl", arguments.megabytes * times)
        best: dict[str, dict[str, Any]] = {}
        runs = [("ours", "once"), ("datasets.map", "once")] * arguments.repeats
        for way, corpus in [*runs, *([("ours", "more")] if arguments.times > 1 else [])]:
            subprocess.run(["rm", "-rf", str(folder / "scratch"), str(folder / "cache")], check=True)
            command = [sys.executable, __file__, *sys.argv[1:], "--way", way, "--folder", place]
            command += ["--corpus", str(folder / f"{corpus}.jsonl")]
            environment = {**os.environ, "TOKENIZERS_PARALLELISM": "true", "HF_DATASETS_CACHE": str(folder / "cache")}
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
            found = json.loads(done.stdout.strip().splitlines()[-1])
            label = way if corpus == "once" else f"{way}, {arguments.times} times the text"
            if label not in best or found["seconds"] < best[label]["seconds"]:
                best[label] = found
    print("way                          tokens      rows  CPU-s   wall-s  MiB above start  ratio of CPU-s")
    for label, found in best.items():
        ratio = f"{best['datasets.map']['seconds'] / found['seconds']:.2f}" if label == "ours" else ""
        print(
            f"{label:26} {found['tokens']:10,} {found['rows']:8,} {found['seconds']:6.1f} {found['wall']:8.1f} "
            f"{found['peak']:10,.0f}   {ratio}"
        )


if __name__ == "__main__":
    main()
